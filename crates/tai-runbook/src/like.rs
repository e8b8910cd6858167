//! Facts that have to do with what a signal found: those with the same values in some of their fields.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    condition::{Condition, Operand},
    error::SignalError,
    fact::{Fact, Value, fact_fields},
    signal::Names,
    template::Template,
};

/// A fact with the same values.
#[derive(Debug, Clone)]
pub(crate) struct Like {
    fact: String,
    /// Names of the signal, each with the field that must have the same value.
    same: BTreeMap<String, String>,
    when: Option<Condition>,
}

/// A part of the cause that comes from such a fact: who has the port that a line names.
#[derive(Debug, Clone)]
pub(crate) struct Also {
    like: Like,
    say: Template,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LikeText {
    fact: String,
    same: BTreeMap<String, String>,
    when: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlsoText {
    fact: String,
    same: BTreeMap<String, String>,
    when: Option<String>,
    say: String,
}

impl Like {
    /// The first such fact, where `lookup` knows what the signal found.
    pub(crate) fn find<'a>(&self, lookup: impl Fn(&str) -> Option<Value>, facts: &'a [Fact]) -> Option<&'a Fact> {
        let is_same = |fact: &Fact, name: &str, field: &str| match (lookup(name), fact.fields.get(field)) {
            (Some(left), Some(right)) => is_same(&left.to_string(), &right.to_string()),
            _ => false,
        };
        facts.iter().filter(|fact| fact.kind == self.fact).find(|fact| {
            self.same.iter().all(|(name, field)| is_same(fact, name, field))
                && self.when.as_ref().is_none_or(|when| when.holds(|name| operand(fact, name)))
        })
    }
}

impl Also {
    pub(crate) fn said(&self, lookup: impl Fn(&str) -> Option<Value>, facts: &[Fact]) -> String {
        let fact = self.like.find(lookup, facts);
        fact.map(|fact| self.say.fill(|name| fact.fields.get(name).cloned())).unwrap_or_default()
    }
}

impl LikeText {
    /// Checks the names against those of the signal and the fields of the fact.
    pub(crate) fn compile(self, names: &Names<'_>) -> Result<Like, SignalError> {
        let Self { fact, same, when } = self;
        let fields = fields(&fact)?;
        names.check("same", same.keys().map(String::as_str))?;
        fields.check("same", same.values().map(String::as_str))?;
        let parse = |text: String| {
            Condition::parse(&text, Some(&fact)).map_err(|source| SignalError::Condition { text, source })
        };
        let when = when.map(parse).transpose()?;
        fields.check("when", when.iter().flat_map(Condition::names))?;
        Ok(Like { fact, same, when })
    }
}

impl AlsoText {
    pub(crate) fn compile(self, names: &Names<'_>) -> Result<Also, SignalError> {
        let Self { fact, same, when, say } = self;
        let say = Template::parse(&say);
        fields(&fact)?.check("say", say.names())?;
        Ok(Also { like: LikeText { fact, same, when }.compile(names)?, say })
    }
}

/// A field of a fact, to compare with.
pub(crate) fn operand<'a>(fact: &'a Fact, name: &str) -> Option<Operand<'a>> {
    Some(match fact.fields.get(name)? {
        Value::Number(number) => Operand::Number(*number),
        Value::Text(text) => Operand::Text(text),
    })
}

fn fields(kind: &str) -> Result<Names<'static>, SignalError> {
    let known = fact_fields(kind).ok_or_else(|| SignalError::UnknownFact { kind: kind.to_owned() })?;
    Ok(Names { known, what: "field of the fact" })
}

/// Whether a value of a line is that of a fact's field. A socket that is bound to `*` has every address, and this host has several names for itself.
fn is_same(found: &str, field: &str) -> bool {
    found == field || field == "*" || (is_this_host(found) && is_this_host(field))
}

fn is_this_host(address: &str) -> bool {
    matches!(address.trim_matches(['[', ']']), "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_by_meaning() {
        for (found, field, expect) in [
            ("6379", "6379", true),
            ("6379", "6380", false),
            ("localhost", "127.0.0.1", true),
            ("[::1]", "127.0.0.1", true),
            ("10.0.0.1", "*", true),
            ("127.0.0.1", "10.0.0.1", false),
        ] {
            assert_eq!(is_same(found, field), expect, "{found} {field}");
        }
    }
}
