use std::fmt;

use serde::Serialize;
use thiserror::Error;

/// Why a command is not allowed.
///
/// It displays as the reason: a sentence or two that name the word, flag, character or path and, where there is one, the way to get
/// the same by reading. Text of the command appears in it with invisible characters escaped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct Denied {
    /// The rule that decided.
    pub rule: Rule,
    /// What is wrong, and what to do instead.
    pub reason: String,
}

impl Denied {
    pub(super) fn new(rule: Rule, reason: impl Into<String>) -> Self {
        Denied { rule, reason: reason.into() }
    }

    /// The same, with what it is about in front.
    pub(super) fn within(self, what: &str) -> Self {
        Denied { rule: self.rule, reason: format!("{what}: {}", self.reason) }
    }
}

/// The rule that denied a command. Its name in JSON and in text is the variant's in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// The command, a word or a list is too long.
    Limit,
    /// A control character, an invisible one, or one that looks like another.
    Character,
    /// A character that a shell acts on, outside quotes or in double quotes.
    ShellSyntax,
    /// A quote or a backslash without its end.
    Quoting,
    /// `NAME=value` before the program.
    Environment,
    /// A program that the table does not have, or one named by a path, or none.
    Program,
    /// A flag that the table does not permit for the program.
    Flag,
    /// The value of a permitted flag.
    Value,
    /// A subcommand that the table does not permit for the program.
    Verb,
    /// An operand of the wrong kind, or too many of them.
    Operand,
    /// Something that the program must have, or else it writes, waits or never ends.
    Missing,
    /// A path that is relative or has `..` in it.
    Path,
    /// A path that names a secret.
    Secret,
    /// A path that names a device.
    Device,
    /// A path whose reading waits, consumes, or reads memory.
    Special,
    /// A path that leads back into the file system under another name.
    Reentry,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rule::Limit => "limit",
            Rule::Character => "character",
            Rule::ShellSyntax => "shell-syntax",
            Rule::Quoting => "quoting",
            Rule::Environment => "environment",
            Rule::Program => "program",
            Rule::Flag => "flag",
            Rule::Value => "value",
            Rule::Verb => "verb",
            Rule::Operand => "operand",
            Rule::Missing => "missing",
            Rule::Path => "path",
            Rule::Secret => "secret",
            Rule::Device => "device",
            Rule::Special => "special",
            Rule::Reentry => "reentry",
        })
    }
}

/// Text of a command as it may stand in a reason: between backticks, what cannot be seen escaped, cut after 60 characters.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown = String::from("`");
    for c in text.chars().take(LONGEST) {
        if (c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric()) && !is_invisible_letter(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_unicode());
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

/// The characters that Unicode counts as letters or marks of letters and that are drawn as nothing (`Default_Ignorable_Code_Point`).
pub(super) fn is_invisible_letter(c: char) -> bool {
    matches!(c, '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}')
}
