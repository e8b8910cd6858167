use std::fmt::Write;

use super::{Defined, Values, commands, values};

const HEAD: &str = r#"# Completion of tai for bash; made by `tai completions bash`.
_tai() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at=tai flags= words= i
    # bash makes three words of --flag=value.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$at ${COMP_WORDS[i]}" in
"#;

const TAIL: &str = r#"    if [[ $cur == -* ]]; then
        words=$flags
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _tai tai
"#;

/// The script for bash.
pub(crate) fn bash() -> String {
    let all = commands();
    let mut script = HEAD.to_owned();
    let below: Vec<String> = all.iter().skip(1).map(|command| format!("'{}'", command.line())).collect();
    let _ = write!(
        script,
        "        {}) at=\"$at ${{COMP_WORDS[i]}}\" ;;\n        esac\n    done\n    case \"$at $prev\" in\n",
        below.join(" | ")
    );
    for kind in [Values::Files, Values::Directories, Values::Hosts, Values::Unknown] {
        case(&mut script, &all, kind);
    }
    let mut lists: Vec<Values> = all.iter().flat_map(Defined::flags).filter_map(values).collect();
    lists.retain(|kind| matches!(kind, Values::Words(_)));
    for (i, kind) in lists.iter().enumerate() {
        if !lists[..i].contains(kind) {
            case(&mut script, &all, *kind);
        }
    }
    script += "    esac\n    case $at in\n";
    for command in &all {
        let flags: Vec<&str> = command.flags().map(|flag| flag.long).collect();
        let _ = write!(script, "    '{}') flags='{}'; ", command.line(), flags.join(" "));
        let names: Vec<&str> = command.info.commands.iter().map(|command| command.name).collect();
        script +=
            &if names.is_empty() { arguments(command.arguments()) } else { format!("words='{}'", names.join(" ")) };
        script += " ;;\n";
    }
    script + "    esac\n" + TAIL
}

/// The flags whose value is of a kind, and what completes it.
fn case(script: &mut String, all: &[Defined], kind: Values) {
    let of_command = |command: &Defined| {
        let line = command.line();
        let flags = command.flags().filter(|flag| values(flag) == Some(kind));
        let spelt = flags.flat_map(|flag| [Some(flag.long.to_owned()), flag.short.map(|letter| format!("-{letter}"))]);
        spelt.flatten().map(|flag| format!("'{line} {flag}'")).collect::<Vec<_>>()
    };
    let flags: Vec<String> = all.iter().flat_map(of_command).collect();
    if !flags.is_empty() {
        let _ = writeln!(script, "    {}) {} ;;", flags.join(" | "), reply(kind));
    }
}

fn reply(kind: Values) -> String {
    match kind {
        Values::Unknown => "return".to_owned(),
        Values::Files | Values::Directories => {
            let what = if kind == Values::Files { "-f" } else { "-d" };
            format!("compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen {what} -- \"$cur\"); return")
        }
        Values::Words(words) => format!("mapfile -t COMPREPLY < <(compgen -W '{words}' -- \"$cur\"); return"),
        Values::Hosts | Values::Models => {
            let what = if kind == Values::Hosts { "hosts" } else { "models" };
            // Names are words of letters: what else could be expanded is not printed.
            format!(
                "mapfile -t COMPREPLY < <(compgen -W \"$(tai completions {what} 2>/dev/null)\" -- \"$cur\"); return"
            )
        }
    }
}

/// What completes the words behind a command, unless they are flags.
fn arguments(kind: Values) -> String {
    match kind {
        Values::Unknown => "words=".to_owned(),
        kind => format!("if [[ $cur != -* ]]; then {}; fi", reply(kind)),
    }
}
