use super::denied::{Denied, Rule, shown};
use super::kind::Kind;
use super::path::{self, Access};
use super::program::{Flags, Program, Syntax, Value};

/// A command's words, told apart as the program itself would.
#[derive(Debug, Default)]
pub(super) struct Call<'a> {
    /// Every flag as the table spells it, with its value.
    pub(super) flags: Vec<(&'a str, Option<&'a str>)>,
    pub(super) operands: Vec<&'a str>,
    /// Words that came to be the value of the flag before them.
    pub(super) separate_values: Vec<&'a str>,
}

impl Call<'_> {
    /// Whether one of these flags, with spaces between, is there.
    pub(super) fn has(&self, names: &str) -> bool {
        names.split_whitespace().any(|name| self.flags.iter().any(|(flag, _)| *flag == name))
    }
}

/// Tells flags, their values and operands apart, and denies what is not in the table. Operands are not yet checked.
pub(super) fn scan<'a>(program: &Program, words: &'a [String]) -> Result<Call<'a>, Denied> {
    let mut scanner = Scanner { program, rest: words, call: Call::default() };
    while let Some(word) = scanner.next() {
        match program.syntax {
            Syntax::Expression if word.starts_with('-') || matches!(word, "(" | ")" | "!" | ",") => {
                scanner.whole(word)?;
            }
            Syntax::Expression => scanner.call.operands.push(word),
            Syntax::Words if word.starts_with('-') && scanner.call.operands.is_empty() => scanner.whole(word)?,
            Syntax::Words => scanner.call.operands.push(word),
            Syntax::Gnu | Syntax::Ps if word == "--" => {
                scanner.call.operands.extend(scanner.rest.iter().map(String::as_str));
                break;
            }
            Syntax::Gnu | Syntax::Ps if word.starts_with("--") => scanner.long(word)?,
            Syntax::Gnu | Syntax::Ps if word.starts_with('-') && word.len() > 1 => scanner.cluster(word, 1)?,
            Syntax::Gnu if word.starts_with('+') && scanner.has_plus_flags() => scanner.whole(word)?,
            Syntax::Ps if !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()) => {
                scanner.cluster(word, 0)?;
            }
            Syntax::Gnu | Syntax::Ps => scanner.call.operands.push(word),
        }
    }
    Ok(scanner.call)
}

struct Scanner<'a, 'p> {
    program: &'p Program,
    rest: &'a [String],
    call: Call<'a>,
}

impl<'a> Scanner<'a, '_> {
    fn next(&mut self) -> Option<&'a str> {
        let (word, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(word)
    }

    /// A flag that is a word by itself, with its value in the next, or behind `=` (`+time=2`).
    fn whole(&mut self, word: &'a str) -> Result<(), Denied> {
        if let Some((name, value)) = word.split_once('=')
            && let Some(Flags { value: allowed @ Value::Attached(_), .. }) = self.find(name)
        {
            return self.push(name, *allowed, Some(value));
        }
        let flags = self.find(word).ok_or_else(|| self.unknown(word, word))?;
        let value = match flags.value {
            Value::Required(_) => Some(self.following(word)?),
            Value::Optional(kind) => self.following_of(kind),
            Value::None | Value::Attached(_) => None,
        };
        self.push(word, flags.value, value)
    }

    /// `--flag`, `--flag=value` or `--flag value`, spelled out.
    fn long(&mut self, word: &'a str) -> Result<(), Denied> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let flags = self.find(name).ok_or_else(|| self.unknown(name, word))?;
        let value = match (flags.value, value) {
            (Value::None, Some(_)) => {
                let reason = format!("{} of {} takes no value", shown(name), self.program.name);
                return Err(Denied::new(Rule::Value, reason));
            }
            (Value::Required(_), None) => Some(self.following(name)?),
            (Value::Optional(kind), None) => self.following_of(kind),
            (_, value) => value,
        };
        self.push(name, flags.value, value)
    }

    /// `-abc`, `-n5`, `-n 5`, `-5`; with `prefix` 0 the same of ps without a hyphen.
    fn cluster(&mut self, word: &'a str, prefix: usize) -> Result<(), Denied> {
        let number = prefix == 1 && word[1..].bytes().all(|b| b.is_ascii_digit());
        if let (true, Some(flags)) = (number, self.find("-NUM")) {
            return self.push("-NUM", flags.value, Some(&word[1..]));
        }
        for (at, c) in word.char_indices().skip(prefix) {
            let written = if prefix == 1 { format!("-{c}") } else { c.to_string() };
            let (name, flags) = self.find_short(&written).ok_or_else(|| self.unknown(&written, word))?;
            let attached = &word[at + c.len_utf8()..];
            let value = match flags.value {
                Value::None => None,
                _ if !attached.is_empty() => Some(attached),
                Value::Required(_) => Some(self.following(name)?),
                Value::Optional(kind) => self.following_of(kind),
                Value::Attached(_) => None,
            };
            self.push(name, flags.value, value)?;
            if flags.value != Value::None {
                break;
            }
        }
        Ok(())
    }

    /// The next word, whatever it is, as the value of a flag.
    ///
    /// A program that stops at its first operand (POSIX, musl) would read it as one more operand, so after an operand a path must
    /// be one that may be read.
    fn following(&mut self, name: &str) -> Result<&'a str, Denied> {
        let value = self.next().ok_or_else(|| {
            Denied::new(Rule::Value, format!("{} of {} needs a value", shown(name), self.program.name))
        })?;
        let stops_early = self.program.syntax != Syntax::Expression && self.program.verbs.is_empty();
        if value.starts_with('/') && !self.call.operands.is_empty() && stops_early {
            path::check(value, Access::Read)?;
        }
        self.call.separate_values.push(value);
        Ok(value)
    }

    fn following_of(&mut self, kind: Kind) -> Option<&'a str> {
        let (word, rest) = self.rest.split_first()?;
        kind.check(word).ok()?;
        self.rest = rest;
        self.call.separate_values.push(word);
        Some(word)
    }

    fn push(&mut self, name: &'a str, allowed: Value, value: Option<&'a str>) -> Result<(), Denied> {
        if let (Value::Required(kind) | Value::Attached(kind) | Value::Optional(kind), Some(value)) = (allowed, value) {
            kind.check(value).map_err(|denied| denied.within(&format!("{} of {}", shown(name), self.program.name)))?;
        }
        self.call.flags.push((name, value));
        Ok(())
    }

    fn has_plus_flags(&self) -> bool {
        self.program.flags.iter().any(|flags| flags.names.contains('+'))
    }

    fn find(&self, name: &str) -> Option<&'static Flags> {
        self.flags().find(|flags| flags.names.split_whitespace().any(|known| known == name))
    }

    /// The flags of the verb so far, then those of the program.
    fn flags(&self) -> impl Iterator<Item = &'static Flags> {
        let verbs = self.program.verbs.iter().filter(|verb| !verb.flags.is_empty());
        let own = verbs.filter(|verb| verb.matched(&self.call.operands).is_some()).flat_map(|verb| verb.flags);
        own.chain(self.program.flags)
    }

    /// The flag with the table's own spelling, which outlives the one that was put together here.
    fn find_short(&self, name: &str) -> Option<(&'static str, &'static Flags)> {
        let names = |flags: &'static Flags| flags.names.split_whitespace().find(|known| *known == name);
        self.flags().find_map(|flags| Some((names(flags)?, flags)))
    }

    fn unknown(&self, name: &str, word: &str) -> Denied {
        let program = self.program.name;
        let within = if word.len() > name.len() && !word.starts_with("--") {
            format!(" in {}", shown(word))
        } else {
            String::new()
        };
        let refused =
            self.program.refused.iter().find(|(names, _)| names.split_whitespace().any(|known| known == name));
        let reason = match refused {
            Some((_, why)) => format!("{}{within} of {program} is not allowed: {why}", shown(name)),
            None if name.starts_with("--") => {
                format!("{} is not a flag of {program} that tai allows; long flags must be spelled out", shown(name))
            }
            None => format!("{}{within} is not a flag of {program} that tai allows", shown(name)),
        };
        Denied::new(Rule::Flag, reason)
    }
}
