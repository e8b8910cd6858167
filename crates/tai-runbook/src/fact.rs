use std::{collections::BTreeMap, fmt};

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

/// The fields a fact of this kind may have, or `None` where no collector makes such facts.
///
/// This is what `when` and `cause` of a signal are checked against.
pub fn fact_fields(kind: &str) -> Option<&'static [&'static str]> {
    FACTS.iter().find(|(name, _)| *name == kind).map(|(_, fields)| *fields)
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

const FACTS: &[(&str, &[&str])] = &[
    ("disk", &["source", "type", "size_bytes", "used_bytes", "available_bytes", "used_percent", "mount"]),
    ("inodes", &["source", "type", "total", "used", "available", "used_percent", "mount"]),
    ("memory", &["total_bytes", "available_bytes", "available_percent", "swap_total_bytes", "swap_free_bytes"]),
    ("unit", &["name", "load", "active", "sub", "description", "routine"]),
    ("exit", &["unit", "status", "last_words", "current", "routine"]),
];
