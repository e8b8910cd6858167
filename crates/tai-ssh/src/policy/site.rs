//! A site's own additions to the policy, in TOML: programs, and flags and verbs of programs that the table has.
//!
//! ```
//! let site = r#"
//! [[program]]                       # a program that the table does not have
//! name = "gluster"
//! summary = "volumes of GlusterFS"
//! switches = ["--xml"]              # flags without a value
//! values = { "--timeout" = "number 1..60" }   # flags with one, and its kind
//! verbs = { "volume info" = "name?", "volume status" = "name?", "peer status" = "none" }
//!
//! [[program]]                       # one that it has: only what is added
//! name = "df"
//! switches = ["--direct"]
//!
//! [[program]]
//! name = "appctl"
//! summary = "state of our own server"
//! operands = "file"                 # instead of verbs
//! "#;
//! let policy = tai_ssh::Policy::with_site(site, "policy.toml")?;
//! assert!(policy.check("gluster volume info data").is_ok());
//! assert!(policy.check("gluster volume stop data").is_err());
//! # Ok::<(), tai_ssh::policy::SiteError>(())
//! ```
//!
//! Kinds are `text`, `name` (no path), `path` (to list), `file` (to read, so held against the rules for secrets), `unit`,
//! `interface`, `host`, `address`, `time`, `disk`, `pids` and `number MIN..MAX`. Operands are `none`, a kind for exactly one, `KIND?`
//! for none or one, `KIND+` for one or more and `KIND*` for any number. Flags are read as `getopt_long(3)` does.
//!
//! A site adds and never relaxes: a program that starts others, waits for a person, interprets or changes things is an error, and so
//! is a flag or a verb that the table refuses by name, one that it has with another kind, and any key that is not named here. What
//! the file adds is trusted like the table: it must only read.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::check::Policy;
use super::error::SiteError;
use super::kind::Kind;
use super::program::{Flags, Operands, Program, Value, Verb};
use super::table;

impl Policy {
    /// The built-in table and what a site file adds to it. `file` is the name for messages; the text was read by the caller. The format
    /// is described [here](crate::policy::site).
    ///
    /// What the file adds lives as long as the process: it is meant to be read once.
    ///
    /// # Errors
    ///
    /// [`SiteError`] names the file and the line of the first thing that may not be there.
    pub fn with_site(text: &str, file: &str) -> Result<Policy, SiteError> {
        let site: Site = toml::from_str(text).map_err(|source| SiteError::Format {
            file: file.to_owned(),
            line: line(text, source.span().map_or(0, |span| span.start)),
            source,
        })?;
        let place = Place { text, file };
        let mut programs = table::programs();
        for addition in &site.program {
            let name = addition.name.get_ref().as_str();
            let known = programs.iter().position(|program| program.name == name);
            match known {
                Some(at) => programs[at] = place.extend(programs[at], addition)?,
                None => programs.push(place.extend(place.new_program(addition)?, addition)?),
            }
        }
        programs.sort_by_key(|program| program.name);
        Ok(Policy::of(programs))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    #[serde(default)]
    program: Vec<Addition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Addition {
    name: Spanned<String>,
    summary: Option<String>,
    #[serde(default)]
    switches: Vec<Spanned<String>>,
    #[serde(default)]
    values: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    verbs: BTreeMap<Spanned<String>, Spanned<String>>,
    operands: Option<Spanned<String>>,
}

/// Where errors are reported.
struct Place<'a> {
    text: &'a str,
    file: &'a str,
}

impl Place<'_> {
    fn new_program(&self, addition: &Addition) -> Result<Program, SiteError> {
        let name = addition.name.get_ref();
        let refused = |why| {
            Err(SiteError::Program {
                file: self.file.to_owned(),
                line: self.line(&addition.name),
                program: name.escape_debug().to_string(),
                why,
            })
        };
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c));
        if !plain || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return refused("a program is named by letters, digits and . _ + -, without a path");
        }
        if let Some(why) = forbidden(name) {
            return refused(why);
        }
        if addition.summary.is_none() {
            return refused("a new program needs a summary, which says what it shows");
        }
        Ok(Program {
            name: keep(name),
            summary: addition.summary.as_deref().map_or("", keep),
            about: "",
            ..Program::PLAIN
        })
    }

    fn extend(&self, program: Program, addition: &Addition) -> Result<Program, SiteError> {
        let mut flags = program.flags.to_vec();
        for name in &addition.switches {
            self.add_flag(&program, &mut flags, name, Value::None)?;
        }
        for (name, kind) in &addition.values {
            let value = Value::Required(self.kind(kind)?);
            self.add_flag(&program, &mut flags, name, value)?;
        }
        let mut verbs = program.verbs.to_vec();
        for (words, operands) in &addition.verbs {
            let operands = self.operands(operands)?;
            self.add_verb(&program, &mut verbs, words, operands)?;
        }
        let mut operands = program.operands;
        if let Some(text) = &addition.operands {
            let why = "the operands of a program in the table stay as they are, and one with verbs has none of its own";
            if table::programs().iter().any(|known| known.name == program.name) || !verbs.is_empty() {
                return Err(self.word(&program, text, why));
            }
            operands = self.operands(text)?;
        }
        Ok(Program { flags: flags.leak(), verbs: verbs.leak(), operands, ..program })
    }

    fn add_flag(
        &self,
        program: &Program,
        flags: &mut Vec<Flags>,
        name: &Spanned<String>,
        value: Value,
    ) -> Result<(), SiteError> {
        let text = name.get_ref().as_str();
        let body = text.trim_start_matches('-');
        let short = text.starts_with('-') && !text.starts_with("--") && text.len() == 2;
        let long = text.starts_with("--") && body.len() > 1;
        if !(short || long) || !body.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
            return Err(self.word(program, name, "a flag is `-x` or `--long-name`"));
        }
        if refuses(program, text) {
            return Err(self.word(program, name, "the built-in table refuses it"));
        }
        let of_verbs = program.verbs.iter().flat_map(|verb| verb.flags);
        let known = flags.iter().chain(of_verbs).find(|flags| has_word(flags.names, text));
        match known {
            Some(known) if known.value == value => Ok(()),
            Some(_) => Err(self.word(program, name, "the table has it with another meaning")),
            None => {
                flags.push(Flags { names: keep(text), value });
                Ok(())
            }
        }
    }

    fn add_verb(
        &self,
        program: &Program,
        verbs: &mut Vec<Verb>,
        words: &Spanned<String>,
        operands: Operands,
    ) -> Result<(), SiteError> {
        let text = words.get_ref().as_str();
        let levels: Vec<&str> = text.split(' ').collect();
        let plain = |level: &&str| {
            level.starts_with(|c: char| c.is_ascii_alphanumeric())
                && level.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        };
        if !levels.iter().all(plain) {
            return Err(self.word(program, words, "a verb is one or more words of letters, digits, _ and -"));
        }
        if levels.iter().any(|level| refuses(program, level)) {
            return Err(self.word(program, words, "the built-in table refuses it"));
        }
        let built_in = table::programs().iter().any(|known| known.name == program.name);
        if built_in && program.verbs.is_empty() {
            return Err(self.word(program, words, "the program of the table has no verbs"));
        }
        if program.verbs.iter().any(|verb| overlaps(verb, &levels)) {
            return Err(self.word(
                program,
                words,
                "the table has it, or a verb that begins alike, with another meaning",
            ));
        }
        verbs.push(Verb { words: keep(text), flags: &[], operands });
        Ok(())
    }

    fn kind(&self, text: &Spanned<String>) -> Result<Kind, SiteError> {
        self.named_kind(text, text.get_ref())
    }

    fn operands(&self, text: &Spanned<String>) -> Result<Operands, SiteError> {
        let written = text.get_ref().as_str();
        if written == "none" {
            return Ok(Operands::None);
        }
        let (name, min, max) = match written.strip_suffix(['?', '+', '*']) {
            Some(name) if written.ends_with('?') => (name, 0, 1),
            Some(name) if written.ends_with('+') => (name, 1, usize::MAX),
            Some(name) => (name, 0, usize::MAX),
            None => (written, 1, 1),
        };
        Ok(Operands::Many { kind: self.named_kind(text, name)?, min, max })
    }

    fn named_kind(&self, at: &Spanned<String>, name: &str) -> Result<Kind, SiteError> {
        let range = name.strip_prefix("number ").and_then(|range| range.split_once(".."));
        let number = range.and_then(|(min, max)| Some(Kind::Number(min.parse().ok()?, max.parse().ok()?)));
        let named = KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        number.or(named).ok_or_else(|| SiteError::Kind {
            file: self.file.to_owned(),
            line: self.line(at),
            text: name.escape_debug().to_string(),
            known: "text, name, path, file, unit, interface, host, address, time, disk, pids",
        })
    }

    fn word(&self, program: &Program, word: &Spanned<String>, why: &'static str) -> SiteError {
        SiteError::Word {
            file: self.file.to_owned(),
            line: self.line(word),
            program: program.name.to_owned(),
            word: word.get_ref().escape_debug().to_string(),
            why,
        }
    }

    fn line(&self, at: &Spanned<String>) -> usize {
        line(self.text, at.span().start)
    }
}

const KINDS: &[(&str, Kind)] = &[
    ("text", Kind::Label),
    ("name", Kind::Named),
    ("path", Kind::Listed),
    ("file", Kind::File),
    ("unit", Kind::Unit),
    ("interface", Kind::Interface),
    ("host", Kind::Host),
    ("address", Kind::Address),
    ("time", Kind::Time),
    ("disk", Kind::Disk),
    ("pids", Kind::Pids),
];

/// Why a program may not be added: it is refused by name, with or without a version (`python3.12`), or as a shape of one (`mkfs.ext4`).
fn forbidden(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let unversioned = lower.trim_end_matches(|c: char| c.is_ascii_digit() || ".-".contains(c));
    let family = lower.split(['.', '-']).next().unwrap_or(&lower);
    let spellings = [lower.as_str(), unversioned, family];
    let mut lists = table::UNLISTED.iter().chain(table::NEVER);
    lists.find(|(names, _)| spellings.iter().any(|spelling| has_word(names, spelling))).map(|(_, why)| *why)
}

fn refuses(program: &Program, word: &str) -> bool {
    program.refused.iter().any(|(names, _)| has_word(names, word))
}

fn has_word(names: &str, word: &str) -> bool {
    names.split_whitespace().any(|known| known == word)
}

/// Whether one of the two begins as the other does.
fn overlaps(verb: &Verb, levels: &[&str]) -> bool {
    !verb.words.is_empty()
        && verb
            .words
            .split_whitespace()
            .zip(levels)
            .all(|(level, written)| level.split('|').any(|known| known == *written))
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn keep(text: &str) -> &'static str {
    String::from(text).leak()
}
