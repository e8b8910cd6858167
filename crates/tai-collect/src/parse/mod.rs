//! Readings: rows of numbers and names, parsed out of what a command printed. Pure functions of text. What cannot be read is counted, never an error.

mod activity;
mod block;
mod clock;
mod complete;
mod containers;
mod df;
mod dispatch;
mod firewall;
mod interfaces;
mod jobs;
mod json;
mod kernel_events;
mod kernel_settings;
mod kube;
mod load;
mod logs;
mod lvm;
mod memory;
mod mounts;
mod network_services;
mod packages;
mod pools;
mod ps;
mod quantity;
mod raid;
mod routes;
mod rows;
mod smart;
mod sockets;
mod table;
mod trust;
mod units;
mod usage;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use complete::complete;
use rows::{Output, Row, Rows};

/// A parsed row of one command's output. Signals of runbooks compare its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// `disk`, `memory`, `unit`, `socket`, …: the kinds of facts that `tai-runbook` lists.
    pub kind: &'static str,
    /// The fields of the kind. What the host did not show is absent.
    pub fields: BTreeMap<&'static str, Value>,
    /// The command whose output it was read from.
    pub command: String,
    /// The line it was read from, from 1. Of a row that several lines make, the one that says most.
    pub line: usize,
    /// The line itself, or the beginning of a very long one.
    pub text: String,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, in the unit that the field's name ends with. Yes and no are 1 and 0.
    Number(f64),
    /// A name.
    Text(String),
}

/// What was read of one output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The rows, in the order of the output where it is a table.
    pub readings: Vec<Reading>,
    /// Lines that are not blank and that the parser could make nothing of. Logs, which are searched and not read line by line, have none.
    pub unread: usize,
    /// Rows that were understood and left out, because there were too many.
    pub left_out: usize,
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

/// Reads whatever is known to be in the output of `command`; nothing when no parser knows it. `collected_at` (RFC 3339) is what ages are counted from; without it
/// they are absent.
pub fn parse(command: &str, text: &str, collected_at: Option<&str>) -> Parsed {
    let words = dispatch::words(command);
    let at: Option<Timestamp> = collected_at.and_then(|at| at.parse().ok());
    let mut rows = Rows::default();
    dispatch::read(&Output { words: &words, text, at }, &mut rows);
    let Rows { rows, unread, left_out } = rows;
    let reading =
        |Row { kind, fields, line, text }: Row| Reading { kind, fields, command: command.to_owned(), line, text };
    Parsed { readings: rows.into_iter().map(reading).collect(), unread, left_out }
}

#[cfg(test)]
mod testing {
    use super::{Value, parse};

    /// Compares the rows of one kind, each as `LINE: VALUE VALUE …` of the fields that are named, and the number of unread lines.
    pub(super) fn check(command: &str, text: &str, kind: &str, fields: &str, expect: &[&str], unread: usize) {
        let parsed = parse(command, text, Some("2026-05-05T12:00:00Z"));
        let value = |value: Option<&Value>| match value {
            None => String::new(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Text(text)) => text.clone(),
        };
        let found: Vec<String> = parsed
            .readings
            .iter()
            .filter(|reading| reading.kind == kind)
            .map(|reading| {
                let values: Vec<String> =
                    fields.split_whitespace().map(|field| value(reading.fields.get(field))).collect();
                format!("{}: {}", reading.line, values.join(" "))
            })
            .collect();
        assert_eq!(found, expect, "{command}");
        assert_eq!(parsed.unread, unread, "{command}: unread lines");
    }
}
