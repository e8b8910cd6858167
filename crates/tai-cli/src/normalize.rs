use std::mem::take;

use argh::{ArgsInfo, CommandInfoWithArgs, FlagInfo, FlagInfoKind};

use crate::args::Tai;
use crate::exit::Failure;
use crate::nearest::nearest;

/// What stands for the word `help` where it is part of an issue: argh would take the word itself for a request.
const HELP: &str = "help\n";
/// Switches that may have a value all the same, and the option that takes it.
const WITH_OR_WITHOUT: [(&str, &str); 1] = [("--debug", "--debug-file")];

/// A word of an issue as the operator wrote it.
pub(crate) fn plain(word: &str) -> &str {
    if word == HELP { "help" } else { word }
}

/// Makes of the words of a command line what argh understands, up to a `--`: `--flag=value` and `-k5` become two words, flags of `tai` itself come to the front wherever
/// they are. What is no flag and no command is an error that names the nearest, and so is a value for a switch: it would become part of the issue.
pub(crate) fn normalize(words: Vec<String>) -> Result<Vec<String>, Failure> {
    let root = Tai::get_args_info();
    let mut line = Line { root: &root, at: &root, path: "tai".to_owned(), first: Vec::new(), rest: Vec::new() };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word == "--" {
            line.rest.push(word);
            line.rest.extend(words.by_ref());
        } else if word.starts_with("--") {
            line.long(&word, &mut words)?;
        } else if word.starts_with('-') && word.len() > 1 {
            line.short(&word, &mut words)?;
        } else {
            line.plain(word)?;
        }
    }
    let Line { mut first, rest, .. } = line;
    first.extend(rest);
    Ok(first)
}

struct Line<'a> {
    root: &'a CommandInfoWithArgs,
    /// The command so far.
    at: &'a CommandInfoWithArgs,
    path: String,
    /// Flags of `tai` itself.
    first: Vec<String>,
    rest: Vec<String>,
}

impl Line<'_> {
    fn long(&mut self, word: &str, words: &mut impl Iterator<Item = String>) -> Result<(), Failure> {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value.to_owned())));
        let instead = WITH_OR_WITHOUT.iter().find(|(switch, _)| value.is_some() && *switch == name);
        let name = instead.map_or(name, |(_, option)| option);
        let Some(flag) = self.flag(|flag| flag.long == name) else { return Err(self.unknown(name)) };
        let FlagInfoKind::Option { .. } = flag.kind else {
            let Some(value) = value else {
                self.push(flag, [name.to_owned()]);
                return Ok(());
            };
            let hint = format!("{name} is on when it is there and off when it is not");
            return Err(Failure::usage(format!("{name} takes no value, and got {value:?}")).hint(hint));
        };
        let value = value.or_else(|| words.next());
        self.push(flag, std::iter::once(name.to_owned()).chain(value));
        Ok(())
    }

    fn short(&mut self, word: &str, words: &mut impl Iterator<Item = String>) -> Result<(), Failure> {
        let mut characters = word[1..].chars();
        let letter = characters.next();
        let value = characters.as_str();
        let name = || word.chars().take(2).collect::<String>();
        let Some(flag) = self.flag(|flag| flag.short == letter) else {
            if word == "-h" {
                self.rest.push("--help".to_owned());
                return Ok(());
            }
            return Err(self.unknown(word));
        };
        let value = match (&flag.kind, value) {
            (FlagInfoKind::Switch, "") => None,
            (FlagInfoKind::Switch, _) => return Err(self.unknown(word)),
            (FlagInfoKind::Option { .. }, "") => words.next(),
            (FlagInfoKind::Option { .. }, value) => Some(value.strip_prefix('=').unwrap_or(value).to_owned()),
        };
        self.push(flag, std::iter::once(name()).chain(value));
        Ok(())
    }

    /// A word that is no flag: the next command, or an argument.
    fn plain(&mut self, word: String) -> Result<(), Failure> {
        if let Some(command) = self.at.commands.iter().find(|command| command.name == word) {
            self.at = &command.command;
            self.path = format!("{} {word}", self.path);
        } else if !self.at.commands.is_empty() && word != "help" {
            let names = self.at.commands.iter().map(|command| command.name);
            let hint = nearest(&word, names).map(|name| format!("did you mean `{} {name}`?", self.path));
            let hint = hint.unwrap_or_else(|| format!("`{} --help` lists the commands", self.path));
            return Err(Failure::usage(format!("{} has no command {word:?}", self.path)).hint(hint));
        }
        let takes_issue = self.at.positionals.iter().any(|positional| positional.name == "issue");
        // Right behind the command it asks for help.
        let is_request = self.rest.last().is_some_and(|last| Some(last.as_str()) == self.path.split(' ').next_back());
        let is_help = word == "help" && takes_issue && !is_request;
        self.rest.push(if is_help { HELP.to_owned() } else { word });
        Ok(())
    }

    /// A flag of the command, or of `tai` itself.
    fn flag(&self, is_it: impl Fn(&FlagInfo<'static>) -> bool) -> Option<&'static FlagInfo<'static>> {
        let find = |flags: &'static [FlagInfo<'static>]| flags.iter().find(|flag| is_it(flag));
        find(self.at.flags).or_else(|| find(self.root.flags))
    }

    fn push(&mut self, flag: &FlagInfo<'_>, words: impl IntoIterator<Item = String>) {
        let is_of = |command: &CommandInfoWithArgs| command.flags.iter().any(|of| of.long == flag.long);
        let is_own = is_of(self.at) || !is_of(self.root);
        if is_own { self.rest.extend(words) } else { self.first.extend(words) }
    }

    fn unknown(&mut self, written: &str) -> Failure {
        let flags = self.at.flags.iter().chain(self.root.flags).filter(|flag| !flag.hidden).map(|flag| flag.long);
        let path = take(&mut self.path);
        let near = nearest(written, flags).map(|flag| format!("did you mean {flag}? "));
        let more = format!(
            "{}`{path} --help` lists the flags; what begins with - and is none goes after --",
            near.unwrap_or_default()
        );
        Failure::usage(format!("{path} has no flag {written}")).hint(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(line: &str) -> Result<Vec<String>, Failure> {
        normalize(line.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn values_are_split_off_before_the_double_dash() {
        let check = |line: &str, expect: &[&str]| assert_eq!(normal(line).unwrap(), expect, "{line}");
        check("run --replay=a=b x=y", &["run", "--replay", "a=b", "x=y"]);
        check("run --model= --host -x", &["run", "--model", "", "--host", "-x"]);
        check("retrieve -k5 -k=6 -k 7", &["retrieve", "-k", "5", "-k", "6", "-k", "7"]);
        check("history -n5 disk", &["history", "-n", "5", "disk"]);
        check("policy check -- ls --sort=size", &["policy", "check", "--", "ls", "--sort=size"]);
        check("run -h", &["run", "--help"]);
        check("help run", &["help", "run"]);
    }

    #[test]
    fn flags_of_tai_itself_may_stand_anywhere() {
        let check = |line: &str, expect: &[&str]| assert_eq!(normal(line).unwrap(), expect, "{line}");
        check("run --local --debug x", &["--debug", "run", "--local", "x"]);
        check("models list --debug=trace.log", &["--debug-file", "trace.log", "models", "list"]);
        check("run --host --debug x", &["run", "--host", "--debug", "x"]);
        check("run --version", &["--version", "run"]);
    }

    #[test]
    fn an_issue_may_be_the_word_help() {
        let check = |line: &str, expect: &str| {
            let words = normal(line).unwrap();
            assert_eq!(words.last().unwrap(), expect, "{line}");
            assert_eq!(plain(words.last().unwrap()), "help");
        };
        check("run --local help", HELP);
        check("run --model x help", HELP);
        check("run --model help", "help");
        check("run help", "help");
        check("policy check help", "help");
        check("run -- help", "help");
    }

    #[test]
    fn what_is_neither_flag_nor_command_is_told_with_the_nearest() {
        let check = |line: &str, what: &str, hint: &str| {
            let failure = normal(line).unwrap_err();
            assert_eq!(failure.causes()[0], what, "{line}");
            assert!(failure.hint.as_ref().unwrap().starts_with(hint), "{line}: {failure:?}");
        };
        check("run --once=no", "--once takes no value, and got \"no\"", "--once is on");
        check("run --lcoal x", "tai run has no flag --lcoal", "did you mean --local?");
        check("run --out x", "tai run has no flag --out", "`tai run --help`");
        check("models lst", "tai models has no command \"lst\"", "did you mean `tai models list`?");
        check("rnu x", "tai has no command \"rnu\"", "did you mean `tai run`?");
        check("run -z", "tai run has no flag -z", "`tai run --help`");
    }
}
