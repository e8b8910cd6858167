//! The slash commands: help, completion and documentation are read off this table.

use futures_util::future::BoxFuture;

use super::{Repl, Then};
use crate::exit::Failure;
use crate::nearest::nearest;

/// A slash command.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// What may follow, as in a usage line.
    pub(super) arguments: &'static str,
    pub(super) help: &'static str,
    pub(super) argument: Argument,
    pub(super) run: Handler,
}

/// Is given what stands behind the name, trimmed.
type Handler = for<'r> fn(&'r mut Repl<'_>, &'r str) -> BoxFuture<'r, Result<Then, Failure>>;

/// What can be completed behind a name.
#[derive(Clone, Copy)]
pub(super) enum Argument {
    None,
    File,
    Host,
    Evidence,
    Model,
    Category,
    Command,
    OneOf(&'static [&'static str]),
}

/// What `/show` shows.
pub(super) const TOPICS: &[&str] = &["evidence", "facts", "findings", "logs", "plan", "prompt", "runbooks"];

/// All of them, as `/help` lists them.
pub(super) const TABLE: &[Command] = &[
    Command {
        name: "/collect",
        arguments: "[CATEGORY|COMMAND]",
        help: "collect more: what the last question calls for, a category (network, disk, …), or one read-only command, which goes through the policy",
        argument: Argument::Category,
        run: |repl, words| Box::pin(repl.collect(words)),
    },
    Command {
        name: "/show",
        arguments: "TOPIC [WORDS]",
        help: "show logs, evidence, plan, prompt, facts, findings or runbooks; `logs WORDS` prints the outputs of commands that have the words",
        argument: Argument::OneOf(TOPICS),
        run: |repl, words| Box::pin(repl.show(words)),
    },
    Command {
        name: "/evidence",
        arguments: "E3",
        help: "show a quotation of the last report among its neighbours",
        argument: Argument::Evidence,
        run: |repl, words| Box::pin(repl.evidence(words)),
    },
    Command {
        name: "/runbooks",
        arguments: "[WORDS|NAME.md#SECTION]",
        help: "list the sections of runbooks that fit the question or the words; show the one that is named",
        argument: Argument::None,
        run: |repl, words| Box::pin(repl.runbooks(words)),
    },
    Command {
        name: "/history",
        arguments: "[WORDS]",
        help: "list past sessions, or those that are like the words",
        argument: Argument::None,
        run: |repl, words| Box::pin(repl.history(words)),
    },
    Command {
        name: "/host",
        arguments: "[NAME]",
        help: "list the hosts at hand; switch to one, or look at a further one for the same issue. Each has its own evidence",
        argument: Argument::Host,
        run: |repl, words| Box::pin(repl.host(words)),
    },
    Command {
        name: "/model",
        arguments: "[NAME]",
        help: "say which model is asked, or ask another from here on: as --model names it; none asks nobody",
        argument: Argument::Model,
        run: |repl, words| Box::pin(repl.model(words)),
    },
    Command {
        name: "/redo",
        arguments: "",
        help: "ask the last question again: after /collect or /model",
        argument: Argument::None,
        run: |repl, _| Box::pin(repl.redo()),
    },
    Command {
        name: "/save",
        arguments: "FILE",
        help: "write the last report to a file; its name says the format: .md, .html, .json, else text",
        argument: Argument::File,
        run: |repl, words| Box::pin(repl.save(words)),
    },
    Command {
        name: "/outcome",
        arguments: "fixed|not-fixed [NOTE]",
        help: "note what came of it, for sessions to come",
        argument: Argument::OneOf(&["fixed", "not-fixed"]),
        run: |repl, words| Box::pin(repl.outcome(words)),
    },
    Command {
        name: "/clear",
        arguments: "",
        help: "clear the screen, and forget the questions and answers so far; what was collected stays",
        argument: Argument::None,
        run: |repl, _| Box::pin(repl.clear()),
    },
    Command {
        name: "/help",
        arguments: "[COMMAND]",
        help: "list the commands, or explain one",
        argument: Argument::Command,
        run: |repl, words| repl.help(words),
    },
    Command {
        name: "/quit",
        arguments: "",
        help: "leave, as Ctrl-D does",
        argument: Argument::None,
        run: |_, _| Box::pin(async { Ok(Then::Leave) }),
    },
];

/// The command of a name, with its slash.
pub(super) fn command(name: &str) -> Option<&'static Command> {
    let name = if matches!(name, "/exit" | "/q") { "/quit" } else { name };
    TABLE.iter().find(|command| command.name == name)
}

/// What to say of a name that is none.
pub(super) fn unknown(name: &str) -> Failure {
    // The beginning of one is near whatever is missing.
    let begun = || TABLE.iter().map(|command| command.name).find(|known| name.len() > 1 && known.starts_with(name));
    let meant = begun().or_else(|| nearest(name, TABLE.iter().map(|command| command.name)));
    let hint = match meant {
        Some(known) => format!("do you mean {known}? A question that begins with a slash has a space before it"),
        None => "/help lists the commands; a question that begins with a slash has a space before it".to_owned(),
    };
    Failure::usage(format!("there is no command {name}")).hint(hint)
}

/// The command as it is typed.
pub(super) fn usage(command: &Command) -> String {
    format!("{} {}", command.name, command.arguments).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_the_commands() {
        let readme = include_str!("../../README.md");
        for command in TABLE {
            let row = format!("| `{}` | {} |", usage(command).replace('|', "\\|"), command.help);
            assert!(readme.contains(&row), "README.md of tai-cli is to have the row\n{row}");
        }
    }

    #[test]
    fn unknown_names_get_the_nearest() {
        let hint = |name: &str| unknown(name).hint.unwrap();
        assert!(hint("/colect").starts_with("do you mean /collect?"));
        assert!(hint("/ev").starts_with("do you mean /evidence?"));
        assert!(hint("/hsot").starts_with("do you mean /host?"));
        assert!(hint("/frobnicate").starts_with("/help lists"));
        assert!(command("/exit").is_some_and(|command| command.name == "/quit"));
    }
}
