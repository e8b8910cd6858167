//! What Tab completes, and how a line is shown while it is typed.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};
use tai_collect::Category;

use super::table::{Argument, TABLE, command};
use crate::render::Style;
use crate::terminal::Look;

/// What a line is asked for, and so what can be completed in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A question or a slash command.
    Anything,
    /// The name of a host.
    Host,
    /// Words.
    Text,
}

/// The names at hand, which change as things are found out.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<Mutex<Names>>);

#[derive(Default)]
struct Names {
    hosts: Vec<String>,
    citations: Vec<String>,
    models: Vec<String>,
}

impl Known {
    pub(crate) fn new(hosts: Vec<String>) -> Self {
        Known(Arc::new(Mutex::new(Names { hosts, ..Names::default() })))
    }

    pub(crate) fn add_host(&self, host: &str) {
        add(&mut self.names().hosts, host);
    }

    pub(crate) fn add_model(&self, model: &str) {
        add(&mut self.names().models, model);
    }

    pub(crate) fn cite(&self, citations: Vec<String>) {
        self.names().citations = citations;
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

/// What rustyline asks while a line is typed.
pub(super) struct Words {
    known: Known,
    files: FilenameCompleter,
    style: Style,
    pub(super) wanted: Wanted,
}

impl Words {
    pub(super) fn new(known: Known, look: Look) -> Self {
        Words { known, files: FilenameCompleter::new(), style: Style::new(look.colour), wanted: Wanted::Anything }
    }

    /// What the word at the end of the line may become, and where that word begins; `None` for files.
    fn candidates(&self, line: &str) -> Option<(usize, Vec<String>)> {
        let host = || self.known.names().hosts.clone();
        if self.wanted == Wanted::Host {
            return Some((0, host()));
        }
        if self.wanted == Wanted::Text || !line.starts_with('/') {
            return Some((line.len(), Vec::new()));
        }
        let Some((name, rest)) = line.split_once(' ') else {
            return Some((0, TABLE.iter().map(|command| command.name.to_owned()).collect()));
        };
        let at = line.len() - rest.rsplit(' ').next().unwrap_or_default().len();
        let is_first = !rest.contains(' ');
        let names: Vec<String> = match command(name).map(|command| command.argument) {
            Some(Argument::File) => return None,
            Some(Argument::Host) => host(),
            Some(Argument::Evidence) => self.known.names().citations.clone(),
            Some(Argument::Model) => self.known.names().models.clone(),
            Some(Argument::OneOf(names)) if is_first => names.iter().map(|name| (*name).to_owned()).collect(),
            Some(Argument::Category) if is_first => Category::ALL.iter().map(ToString::to_string).collect(),
            Some(Argument::Command) if is_first => TABLE.iter().map(|command| command.name.to_owned()).collect(),
            _ => Vec::new(),
        };
        Some((at, names))
    }
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = &line[..at];
        let Some((start, names)) = self.candidates(before) else { return self.files.complete_path(line, at) };
        let begun = &before[start..];
        let mut fitting: Vec<String> = names.into_iter().filter(|name| name.starts_with(begun)).collect();
        fitting.sort();
        fitting.dedup();
        let is_only = fitting.len() == 1;
        let pair =
            |name: String| Pair { replacement: if is_only { name.clone() + " " } else { name.clone() }, display: name };
        Ok((start, fitting.into_iter().map(pair).collect()))
    }
}

impl Hinter for Words {
    type Hint = String;

    /// What may follow a command, where it can be told from what was typed.
    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<String> {
        let is_coloured = self.style != Style::PLAIN && self.wanted == Wanted::Anything;
        let name = line.trim_end();
        let arguments = command(name).filter(|_| is_coloured && at == line.len())?.arguments;
        let space = if line.ends_with(' ') { "" } else { " " };
        (!arguments.is_empty()).then(|| format!("{space}{arguments}"))
    }
}

impl Highlighter for Words {
    /// Control characters of a paste are shown as pictures; they are as wide as rustyline takes them for.
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        let is_control = |c: char| c.is_control() && c != '\n' && c != '\t';
        if line.contains(is_control) { Cow::Owned(line.replace(is_control, "\u{fffd}")) } else { Cow::Borrowed(line) }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(self.style.heading(prompt))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.style.faint(hint))
    }

    fn highlight_char(&self, line: &str, _: usize, kind: CmdKind) -> bool {
        kind == CmdKind::Other && line.contains(|c: char| c.is_control() && c != '\n' && c != '\t')
    }
}

impl Validator for Words {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let goes_on = context.input().ends_with('\\');
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Helper for Words {}

#[cfg(test)]
mod tests {
    use rustyline::history::MemHistory;

    use super::*;

    #[test]
    fn tab_knows_commands_hosts_topics_and_citations() {
        let known = Known::new(vec!["web2".into(), "db1".into()]);
        known.add_host("web1");
        known.cite(vec!["E1".into(), "E12".into()]);
        let mut words = Words::new(known, Look::PLAIN);
        let history = MemHistory::new();
        let mut check = |wanted, line: &str, start: usize, expect: &[&str]| {
            words.wanted = wanted;
            let (at, pairs) = words.complete(line, line.len(), &Context::new(&history)).unwrap();
            let names: Vec<&str> = pairs.iter().map(|pair| pair.replacement.as_str()).collect();
            assert_eq!((at, names.as_slice()), (start, expect), "{line:?}");
        };
        check(Wanted::Host, "we", 0, &["web1", "web2"]);
        check(Wanted::Anything, "/ho", 0, &["/host "]);
        check(Wanted::Anything, "/h", 0, &["/help", "/history", "/host"]);
        check(Wanted::Anything, "/host d", 6, &["db1 "]);
        check(Wanted::Anything, "/show fin", 6, &["findings "]);
        check(Wanted::Anything, "/evidence E1", 10, &["E1", "E12"]);
        check(Wanted::Anything, "/collect netw", 9, &["network "]);
        check(Wanted::Anything, "/outcome f", 9, &["fixed "]);
        check(Wanted::Anything, "/outcome fixed f", 15, &[]);
        check(Wanted::Anything, "why is we", 9, &[]);
        check(Wanted::Text, "/he", 3, &[]);
    }
}
