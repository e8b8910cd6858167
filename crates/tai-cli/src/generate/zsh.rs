use std::fmt::Write;

use argh::{FlagInfo, FlagInfoKind};

use super::{Defined, Values, commands, gist, may_repeat, values};

const HEAD: &str = r#"#compdef tai
# Completion of tai for zsh; made by `tai completions zsh`.
_tai_hosts() {
    local -a names
    names=(${(f)"$(tai completions hosts 2>/dev/null)"})
    compadd -a names
}
_tai_models_here() {
    local -a names
    names=(${(f)"$(tai completions models 2>/dev/null)"})
    compadd -a names
}
"#;

const TAIL: &str = r#"if [[ ${funcstack[1]} == _tai ]]; then
    _tai "$@"
elif (( ${+functions[compdef]} )); then
    compdef _tai tai
fi
"#;

/// The script for zsh: a function for each command.
pub(crate) fn zsh() -> String {
    let mut script = HEAD.to_owned();
    for command in commands() {
        let name = command.name().replace('-', "_");
        let _ = writeln!(script, "_{name}() {{");
        let flags: String = command.flags().map(|flag| format!(" \\\n        {}", spec(flag))).collect();
        if command.info.commands.is_empty() {
            let words = match command.arguments() {
                Values::Unknown => "'*: : '".to_owned(),
                kind => format!("'*: :{}'", action(kind)),
            };
            let _ = writeln!(script, "    _arguments -S{flags} \\\n        {words}\n}}");
        } else {
            group(&mut script, &command, &name, &flags);
        }
    }
    script + TAIL
}

/// A command that has others below it.
fn group(script: &mut String, command: &Defined, name: &str, flags: &str) {
    *script += "    local -a commands\n    local line state curcontext=$curcontext\n    commands=(\n";
    for below in &command.info.commands {
        let _ = writeln!(script, "        '{}:{}'", below.name, quoted(&gist(below.command.description)));
    }
    let _ = write!(
        script,
        "    )\n    _arguments -C{flags} \\\n        '1: :->command' \\\n        '*:: :->below' && return\n    case $state in\n    \
         command) _describe command commands ;;\n    below)\n        case $line[1] in\n"
    );
    for below in &command.info.commands {
        let _ = writeln!(script, "        {}) _{name}_{} ;;", below.name, below.name);
    }
    *script += "        esac ;;\n    esac\n}\n";
}

fn spec(flag: &FlagInfo<'_>) -> String {
    let repeats = if may_repeat(flag) { "*" } else { "" };
    let about = quoted(&gist(flag.description)).replace('[', r"\[").replace(']', r"\]");
    let (equals, value) = match (&flag.kind, values(flag)) {
        (FlagInfoKind::Option { arg_name }, Some(kind)) => ("=", format!(":{arg_name}:{}", action(kind))),
        _ => ("", String::new()),
    };
    let long = format!("'{repeats}{}{equals}[{about}]{value}'", flag.long);
    let short = flag.short.map(|letter| format!(" '{repeats}-{letter}[{about}]{value}'"));
    long + &short.unwrap_or_default()
}

fn action(kind: Values) -> String {
    match kind {
        Values::Files => "_files".to_owned(),
        Values::Directories => "_files -/".to_owned(),
        Values::Hosts => "_tai_hosts".to_owned(),
        Values::Models => "_tai_models_here".to_owned(),
        Values::Words(words) => format!("({words})"),
        Values::Unknown => " ".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    text.replace('\'', r"'\''").replace(':', r"\:")
}
