use std::cmp::Ordering;

use crate::{Record, Value};

/// A test of one value of a record's metadata. A record without the key fails all but [`Test::IsNot`].
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The key.
    pub key: String,
    /// What its value must be.
    pub test: Test,
}

/// What a value must be. Values of different kinds are never equal, and neither is above the other; texts are ordered by their bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// This.
    Is(Value),
    /// Anything else, or absent.
    IsNot(Value),
    /// One of these.
    OneOf(Vec<Value>),
    /// This or more.
    AtLeast(Value),
    /// This or less.
    AtMost(Value),
}

impl Filter {
    /// The value of `key` is `value`.
    #[must_use]
    pub fn is(key: &str, value: Value) -> Self {
        Filter { key: key.to_owned(), test: Test::Is(value) }
    }

    /// Whether a record passes.
    #[must_use]
    pub fn passes(&self, record: &Record) -> bool {
        let value = record.metadata.get(&self.key);
        let compare = |other| value.and_then(|value| order(value, other));
        match &self.test {
            Test::Is(wanted) => value == Some(wanted),
            Test::IsNot(unwanted) => value != Some(unwanted),
            Test::OneOf(wanted) => value.is_some_and(|value| wanted.contains(value)),
            Test::AtLeast(least) => compare(least).is_some_and(Ordering::is_ge),
            Test::AtMost(most) => compare(most).is_some_and(Ordering::is_le),
        }
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        (Value::Real(left), Value::Real(right)) => left.partial_cmp(right),
        (Value::Flag(left), Value::Flag(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
