use serde::Serialize;

use super::denied::Denied;
use super::kind::Kind;
use super::scan::Call;

/// One program of the table: what of it only reads, and is allowed.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) syntax: Syntax,
    /// Every flag that is allowed, before and between the operands.
    pub(super) flags: &'static [Flags],
    /// What may follow when the program has no verbs.
    pub(super) operands: Operands,
    /// Subcommands. One without words allows the program without a subcommand.
    pub(super) verbs: &'static [Verb],
    /// What the command must have or must not have, as a whole.
    pub(super) requirements: &'static [Requirement],
    /// Flags and verbs that are denied like any other that is not listed, with a better reason. A site file cannot add them.
    pub(super) refused: &'static [Refused],
    /// Words that alone, as the only argument, make the program say what it is: `--help --version`.
    pub(super) about: &'static str,
}

impl Program {
    /// A program without flags and operands, to build upon.
    pub(super) const PLAIN: Program = Program {
        name: "",
        summary: "",
        syntax: Syntax::Gnu,
        flags: &[],
        operands: Operands::None,
        verbs: &[],
        requirements: &[],
        refused: &[],
        about: "--help --version",
    };

    /// The name, by which alone it may be called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it shows, in a few words.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// Everything that is allowed, as text.
    pub fn describe(&self) -> Description {
        Description {
            name: self.name,
            summary: self.summary,
            flags: self.flags.iter().flat_map(Flags::describe).collect(),
            usage: match self.verbs {
                [] => vec![self.operands.describe()],
                verbs => verbs.iter().map(Verb::describe).collect(),
            },
            requirements: self.requirements.iter().map(Requirement::describe).collect(),
        }
    }
}

/// A program's rules as text, for a person and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description {
    /// The name of the program.
    pub name: &'static str,
    /// What it shows.
    pub summary: &'static str,
    /// Every flag, with the kind of its value: `-n <a number from 0 to 10>`.
    pub flags: Vec<String>,
    /// Every verb, with its operands; for a program without verbs one entry with its operands, empty when it takes none.
    pub usage: Vec<String>,
    /// What the command must have or must not have, as a whole.
    pub requirements: Vec<String>,
}

/// How a program reads its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// A flag is a whole word (`-maxdepth`, `-noout`) wherever it stands, and so are `( ) ! ,` where the table has them.
    Expression,
    /// As `getopt_long(3)`: clusters of short flags, long flags, `--` ends them, flags may follow operands. Words with `+` in front
    /// (lsof) are flags when the table has them, spelled out.
    Gnu,
    /// As `Gnu`, and what stands without a hyphen is a cluster of BSD flags or a number.
    Ps,
    /// A flag is a whole word (`-br`, `-4`), and stands before the first operand.
    Words,
}

/// Flags that take the same kind of value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flags {
    /// Names as they are written, with spaces between: `-n --lines`, `+L1`, `a` for a BSD flag, `-NUM` for a number behind a hyphen.
    pub(super) names: &'static str,
    pub(super) value: Value,
}

/// Whether a flag has a value, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    None,
    /// Attached or in the next word.
    Required(Kind),
    /// Attached or not at all.
    Attached(Kind),
    /// Attached, or in the next word when that is of the kind.
    Optional(Kind),
}

pub(super) const fn switches(names: &'static str) -> Flags {
    Flags { names, value: Value::None }
}

pub(super) const fn value(names: &'static str, kind: Kind) -> Flags {
    Flags { names, value: Value::Required(kind) }
}

pub(super) const fn attached(names: &'static str, kind: Kind) -> Flags {
    Flags { names, value: Value::Attached(kind) }
}

pub(super) const fn optional(names: &'static str, kind: Kind) -> Flags {
    Flags { names, value: Value::Optional(kind) }
}

impl Flags {
    fn describe(&self) -> impl Iterator<Item = String> + '_ {
        self.names.split_whitespace().map(|name| match self.value {
            Value::None => name.to_owned(),
            Value::Required(kind) => format!("{name} <{kind}>"),
            Value::Attached(kind) | Value::Optional(kind) => format!("{name} [<{kind}>]"),
        })
    }
}

/// A subcommand: levels with spaces between, spellings of one level with `|` between: `addr|address show|list`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verb {
    pub(super) words: &'static str,
    /// Flags that are allowed behind this verb only, before those of the program.
    pub(super) flags: &'static [Flags],
    pub(super) operands: Operands,
}

/// Verbs that take the same operands are written one after the other, each for itself.
pub(super) const fn verb(words: &'static str, operands: Operands) -> Verb {
    Verb { words, flags: &[], operands }
}

/// A verb with flags of its own. It is never the beginning of another verb.
pub(super) const fn verb_with(words: &'static str, flags: &'static [Flags], operands: Operands) -> Verb {
    Verb { words, flags, operands }
}

impl Verb {
    /// How many operands the words of the verb take, or none when they do not match.
    pub(super) fn matched(&self, operands: &[&str]) -> Option<usize> {
        let mut count = 0;
        for level in self.words.split_whitespace() {
            let operand = operands.get(count)?;
            level.split('|').find(|spelling| spelling == operand)?;
            count += 1;
        }
        Some(count)
    }

    fn describe(&self) -> String {
        let flags = self.flags.iter().flat_map(Flags::describe).map(|flag| format!("[{flag}]"));
        let parts = std::iter::once(self.words.to_owned()).chain(flags).chain([self.operands.describe()]);
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// What may follow the program or its verb.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operands {
    None,
    /// So many of one kind.
    Many {
        kind: Kind,
        min: usize,
        max: usize,
    },
    /// All of these in this order, or none.
    AllOrNone(&'static [Kind]),
    /// Any number of one kind, then none or both of an interval of 1 to 10 and a count of 1 to 10.
    Sampled(Kind),
    /// A pattern unless one of these flags gave it, then at least one file.
    PatternAndFiles {
        given_by: &'static str,
    },
    /// Words with or without a value, in any order, and what may stand by itself.
    Keywords {
        words: &'static [(&'static str, Option<Kind>)],
        bare: Option<Kind>,
    },
}

/// Exactly one of one kind.
pub(super) const fn one(kind: Kind) -> Operands {
    Operands::Many { kind, min: 1, max: 1 }
}

/// Any number of one kind.
pub(super) const fn any(kind: Kind) -> Operands {
    Operands::Many { kind, min: 0, max: usize::MAX }
}

/// One or more of one kind.
pub(super) const fn some(kind: Kind) -> Operands {
    Operands::Many { kind, min: 1, max: usize::MAX }
}

/// None or one of one kind.
pub(super) const fn maybe(kind: Kind) -> Operands {
    Operands::Many { kind, min: 0, max: 1 }
}

impl Operands {
    fn describe(self) -> String {
        match self {
            Operands::None => String::new(),
            Operands::Many { kind, min: 1, max: 1 } => format!("<{kind}>"),
            Operands::Many { kind, min: 0, max: 1 } => format!("[<{kind}>]"),
            Operands::Many { kind, min: 0, .. } => format!("[<{kind}> ...]"),
            Operands::Many { kind, .. } => format!("<{kind}> ..."),
            Operands::AllOrNone(kinds) => {
                let all: Vec<String> = kinds.iter().map(|kind| format!("<{kind}>")).collect();
                format!("[{}]", all.join(" "))
            }
            Operands::Sampled(kind) => format!("[<{kind}> ...] [<interval> <count>]"),
            Operands::PatternAndFiles { .. } => format!("<pattern> <{}> ...", Kind::File),
            Operands::Keywords { words, bare } => {
                let words = words.iter().map(|(word, value)| match value {
                    Some(kind) => format!("[{word} <{kind}>]"),
                    None => format!("[{word}]"),
                });
                bare.iter().map(|kind| format!("[<{kind}>]")).chain(words).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// What must hold of the command as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) enum Requirement {
    /// One of these flags is there.
    OneOf { flags: &'static str, why: &'static str },
    /// Where one of these flags is, one of those is too.
    With { flags: &'static str, needs: &'static str, why: &'static str },
    /// What only this program needs, in words and as a function.
    Special { what: &'static str, check: fn(&Call<'_>) -> Result<(), Denied> },
}

impl Requirement {
    fn describe(&self) -> String {
        match self {
            Requirement::OneOf { flags, why } => format!("needs one of {flags}: {why}"),
            Requirement::With { flags, needs, why } => format!("{flags} needs one of {needs}: {why}"),
            Requirement::Special { what, .. } => (*what).to_owned(),
        }
    }
}

/// Names that are denied, and why: `("-f --follow", "it never ends: use -n")`.
pub(super) type Refused = (&'static str, &'static str);
