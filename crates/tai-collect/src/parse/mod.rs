//! Readings: rows of numbers and names, parsed out of what a command printed. Pure functions of text; what cannot be read is skipped.

mod df;
mod exits;
mod meminfo;
mod units;

use std::collections::BTreeMap;

/// A parsed row of one command's output. Signals of runbooks compare its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// `disk`, `inodes`, `memory`, `unit` or `exit`.
    pub kind: &'static str,
    /// The fields of the kind, each documented at its parser.
    pub fields: BTreeMap<&'static str, Value>,
    /// The command whose output it was read from.
    pub command: String,
    /// The line it was read from, from 1.
    pub line: usize,
    /// The line itself.
    pub text: String,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, in the unit that the field's name ends with.
    Number(f64),
    /// A name.
    Text(String),
}

impl Reading {
    /// The text of a field; empty when it is absent or a number.
    pub fn text_of(&self, field: &str) -> &str {
        match self.fields.get(field) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// The number of a field, when it is one.
    pub fn number_of(&self, field: &str) -> Option<f64> {
        match self.fields.get(field) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

/// Reads whatever is known to be in the output of `command`; nothing when no parser knows it.
pub(crate) fn readings(command: &str, text: &str) -> Vec<Reading> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["df", options @ ..] if has_flag(options, 'i') => df::inodes(command, text),
        ["df", ..] => df::disks(command, text),
        ["cat", "/proc/meminfo"] => meminfo::memory(command, text),
        ["journalctl", "-u", unit, ..] => exits::last_exit(command, unit, text),
        ["systemctl", rest @ ..] if rest.contains(&"--failed") => units::failed(command, text),
        _ => Vec::new(),
    }
}

fn has_flag(options: &[&str], flag: char) -> bool {
    options.iter().any(|o| o.starts_with('-') && !o.starts_with("--") && o.contains(flag))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_output_is_too_broken(text in "(\\PC|\n| ){0,300}", numbers in "([0-9%:/ -]|\n){0,300}") {
            for command in ["df -PT", "df -Pi", "cat /proc/meminfo", "systemctl list-units --failed", "journalctl -u a.service"] {
                readings(command, &text);
                readings(command, &numbers);
            }
        }
    }
}
