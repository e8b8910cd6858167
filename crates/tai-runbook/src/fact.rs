use std::{collections::BTreeMap, fmt};

use crate::kinds::FACT_KINDS;

/// A row that a collector parsed out of the output of a command, and where it stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Which table the row belongs to, see [`fact_fields`].
    pub kind: String,
    /// The columns. A column that the host did not show is absent.
    pub fields: BTreeMap<String, Value>,
    /// The command that printed the row.
    pub command: String,
    /// Line of its output, from 1.
    pub line: usize,
    /// That line, made safe to show.
    pub text: String,
}

/// The value of one field of a [`Fact`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number; names say the unit (`_bytes`, `_percent`).
    Number(f64),
    /// A text, made safe to show.
    Text(String),
}

/// The fields a fact of this kind may have, or `None` where no collector makes such facts: the names in [`FACT_KINDS`].
///
/// This is what `when` and `cause` of a signal are checked against.
pub fn fact_fields(kind: &str) -> Option<Vec<&'static str>> {
    let kind = FACT_KINDS.iter().find(|known| known.name == kind)?;
    Some(kind.fields.iter().map(|(name, _)| *name).collect())
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A number without a fraction is shown without one, others with one digit.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) if number.fract() == 0.0 => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number:.1}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
