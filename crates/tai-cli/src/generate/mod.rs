//! What is made of the definitions of the command line: completions for shells, and manual pages.

mod bash;
mod fish;
mod man;
mod zsh;

pub(crate) use bash::bash;
pub(crate) use fish::fish;
pub(crate) use man::man;
pub(crate) use zsh::zsh;

use argh::{ArgsInfo, CommandInfoWithArgs, FlagInfo, FlagInfoKind, Optionality};

use crate::args::Tai;

/// A command as it is defined.
pub(crate) struct Defined {
    /// The words behind `tai`: none for tai itself.
    pub(crate) path: Vec<&'static str>,
    pub(crate) info: CommandInfoWithArgs,
}

impl Defined {
    /// `tai models pull`.
    pub(crate) fn line(&self) -> String {
        [&["tai"], self.path.as_slice()].concat().join(" ")
    }

    /// The name of its page, and of functions for it: `tai-models-pull`.
    pub(crate) fn name(&self) -> String {
        self.line().replace(' ', "-")
    }

    /// The flags that are shown, those of tai itself last: they count behind every command.
    fn flags(&self) -> impl Iterator<Item = &'static FlagInfo<'static>> {
        let of_tai = if self.path.is_empty() { &[] } else { Tai::get_args_info().flags };
        // `--version` behind a command is understood, and nothing that anybody looks for there.
        let of_tai = of_tai.iter().filter(|flag| flag.long == "--debug");
        self.info.flags.iter().chain(of_tai).filter(|flag| !flag.hidden)
    }

    /// What the words behind it can be.
    fn arguments(&self) -> Values {
        match (self.path.as_slice(), self.info.positionals.first()) {
            (["completions"], _) => Values::Words("bash zsh fish"),
            (["models", "import"] | ["store", "export" | "import"], _) => Values::Files,
            (["models", _], Some(_)) => Values::Models,
            (["ssh", "resolve"], _) => Values::Hosts,
            (["eval"], _) => Values::Directories,
            _ => Values::Unknown,
        }
    }
}

/// tai itself and all commands, each before those below it.
pub(crate) fn commands() -> Vec<Defined> {
    let mut all = Vec::new();
    add(&mut all, Vec::new(), Tai::get_args_info());
    all
}

fn add(all: &mut Vec<Defined>, path: Vec<&'static str>, info: CommandInfoWithArgs) {
    let below = info.commands.clone();
    all.push(Defined { path: path.clone(), info });
    for command in below {
        add(all, [path.as_slice(), &[command.name]].concat(), command.command);
    }
}

/// What a value can be, as far as it can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    /// These, with spaces between.
    Words(&'static str),
    Files,
    Directories,
    Hosts,
    Models,
    Unknown,
}

/// What the value of a flag can be; `None` for a switch.
fn values(flag: &FlagInfo<'_>) -> Option<Values> {
    let FlagInfoKind::Option { arg_name } = flag.kind else { return None };
    Some(match arg_name {
        "FILE" | "PATH" => Values::Files,
        "DIR" => Values::Directories,
        "HOST" | "HOSTS" => Values::Hosts,
        "FORMAT" => Values::Words("text markdown json html"),
        "SOURCE" => Values::Words("auto hub package"),
        "EMBEDDER" => Values::Words("auto none candle"),
        "RERANKER" => Values::Words("auto none"),
        _ => Values::Unknown,
    })
}

fn may_repeat(flag: &FlagInfo<'_>) -> bool {
    flag.optionality == Optionality::Repeating
}

/// The beginning of a description, up to the first sentence or clause that ends.
fn gist(description: &str) -> String {
    let line = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = [". ", "; ", ": ", " ("].iter().filter_map(|mark| line.find(mark)).min().unwrap_or(line.len());
    line[..end].trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_there_once_and_each_flag_has_its_values() {
        let all = commands();
        let lines: Vec<String> = all.iter().map(Defined::line).collect();
        assert!(lines.len() > 35 && lines[0] == "tai" && lines.contains(&"tai models pull".to_owned()), "{lines:?}");
        let distinct: std::collections::BTreeSet<&String> = lines.iter().collect();
        assert_eq!(distinct.len(), lines.len());
        let run = all.iter().find(|command| command.path == ["run"]).unwrap();
        let of = |long: &str| values(run.flags().find(|flag| flag.long == long).unwrap());
        assert_eq!(of("--host"), Some(Values::Hosts));
        assert_eq!(of("--output-file"), Some(Values::Files));
        assert_eq!((of("--once"), of("--debug")), (None, None));
    }

    #[test]
    fn a_gist_is_the_beginning() {
        assert_eq!(gist("go through [USER@]HOST[:PORT], several"), "go through [USER@]HOST[:PORT], several");
        assert_eq!(gist("Look at a host.\n\nMore of it."), "Look at a host");
        assert_eq!(gist("how many (8)"), "how many");
    }
}
