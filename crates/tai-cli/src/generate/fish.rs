use std::fmt::Write;

use super::{Values, commands, gist, values};

const HEAD: &str = r"# Completion of tai for fish; made by `tai completions fish`.
function __tai_at
    set -l at tai
    for word in (commandline -opc)[2..]
        switch $at' '$word
";

/// The script for fish.
pub(crate) fn fish() -> String {
    let all = commands();
    let below: Vec<String> = all.iter().skip(1).map(|command| format!("'{}'", command.line())).collect();
    let mut script = HEAD.to_owned();
    let _ = write!(
        script,
        "            case {}\n                set at $at' '$word\n        end\n    end\n    test $at = $argv[1]\nend\ncomplete -c tai -f\n",
        below.join(" ")
    );
    for command in &all {
        let at = format!("complete -c tai -n \"__tai_at '{}'\"", command.line());
        for below in &command.info.commands {
            let _ = writeln!(script, "{at} -a {} -d {}", below.name, quoted(&gist(below.command.description)));
        }
        for flag in command.flags() {
            let short = flag.short.map(|letter| format!(" -s {letter}")).unwrap_or_default();
            let long = flag.long.trim_start_matches('-');
            let value = values(flag).map(|kind| format!(" -r{}", answers(kind))).unwrap_or_default();
            let _ = writeln!(script, "{at}{short} -l {long}{value} -d {}", quoted(&gist(flag.description)));
        }
        if command.info.commands.is_empty() && command.arguments() != Values::Unknown {
            let _ = writeln!(script, "{at}{}", answers(command.arguments()));
        }
    }
    script
}

fn answers(kind: Values) -> String {
    match kind {
        Values::Files => " -F".to_owned(),
        Values::Directories => " -f -a '(__fish_complete_directories)'".to_owned(),
        Values::Hosts => " -f -a '(tai completions hosts 2>/dev/null)'".to_owned(),
        Values::Models => " -f -a '(tai completions models 2>/dev/null)'".to_owned(),
        Values::Words(words) => format!(" -f -a '{words}'"),
        Values::Unknown => " -f".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
