use argh::{FlagInfoKind, Optionality};
use roff::{Inline, Roff, bold, italic, roman};

use super::{Defined, gist, may_repeat};

/// The manual page of a command, section 1.
pub(crate) fn man(command: &Defined) -> String {
    let (name, info) = (command.name(), &command.info);
    let mut page = Roff::new();
    // In the place of a date: the same sources give the same pages.
    let version = concat!("tai ", env!("CARGO_PKG_VERSION"));
    page.control("TH", [name.to_uppercase().as_str(), "1", version, "tai", "User Commands"]);
    page.control("SH", ["NAME"]).text([roman(format!("{name} - {}", lower(&gist(info.description))))]);
    page.control("SH", ["SYNOPSIS"]).text(synopsis(command));
    page.control("SH", ["DESCRIPTION"]);
    for (i, paragraph) in info.description.split("\n\n").enumerate() {
        if i > 0 {
            page.control("PP", []);
        }
        page.text([roman(one_line(paragraph))]);
    }
    entries(
        &mut page,
        "COMMANDS",
        info.commands.iter().map(|below| (vec![bold(below.name)], gist(below.command.description))),
    );
    let arguments = info.positionals.iter().filter(|argument| !argument.hidden);
    entries(
        &mut page,
        "ARGUMENTS",
        arguments.map(|argument| (vec![italic(argument.name)], one_line(argument.description))),
    );
    entries(
        &mut page,
        "OPTIONS",
        command.flags().map(|flag| {
            let mut tag: Vec<Inline> =
                flag.short.map(|letter| vec![bold(format!("-{letter}")), roman(", ")]).unwrap_or_default();
            tag.push(bold(flag.long));
            if let FlagInfoKind::Option { arg_name } = flag.kind {
                tag.extend([roman(" "), italic(arg_name)]);
            }
            if may_repeat(flag) {
                tag.push(roman(" ..."));
            }
            (tag, one_line(flag.description))
        }),
    );
    paragraphs(&mut page, "NOTES", &info.notes.iter().map(|note| named(note, command)).collect::<Vec<_>>());
    if !info.examples.is_empty() {
        page.control("SH", ["EXAMPLES"]).control("nf", []);
        for example in info.examples {
            page.text([roman(named(example, command))]);
        }
        page.control("fi", []);
    }
    let codes = info.error_codes.iter().map(|error| (vec![bold(error.code.to_string())], error.description.to_owned()));
    entries(&mut page, "EXIT STATUS", codes);
    if command.path.is_empty() {
        files(&mut page);
    } else {
        page.control("SH", ["SEE ALSO"]).text([bold("tai"), roman("(1)")]);
    }
    page.render()
}

fn synopsis(command: &Defined) -> Vec<Inline> {
    let mut line = vec![bold(command.line())];
    if !command.info.flags.is_empty() {
        line.push(roman(" [OPTIONS]"));
    }
    if !command.info.commands.is_empty() {
        line.extend([roman(" "), italic("COMMAND")]);
    }
    for argument in command.info.positionals {
        let (open, close) = match argument.optionality {
            Optionality::Required => ("", ""),
            Optionality::Optional => ("[", "]"),
            Optionality::Repeating | Optionality::Greedy => ("[", " ...]"),
        };
        line.extend([roman(format!(" {open}")), italic(argument.name), roman(close)]);
    }
    line
}

fn entries(page: &mut Roff, heading: &str, entries: impl Iterator<Item = (Vec<Inline>, String)>) {
    let mut entries = entries.peekable();
    if entries.peek().is_some() {
        page.control("SH", [heading]);
    }
    for (tag, text) in entries {
        page.control("TP", []).text(tag).text([roman(text)]);
    }
}

fn paragraphs(page: &mut Roff, heading: &str, texts: &[String]) {
    for (i, text) in texts.iter().enumerate() {
        if i == 0 {
            page.control("SH", [heading])
        } else {
            page.control("PP", [])
        };
        page.text([roman(text.as_str())]);
    }
}

fn files(page: &mut Roff) {
    let rows = [
        ("~/.tai/config.toml", "settings; `tai config show` lists them"),
        ("~/.tai/policy.toml", "programs and flags of your own that may run on hosts"),
        (
            "~/.tai/runbooks, ~/.tai/sessions, ~/.tai/models, ~/.tai/logs",
            "what tai keeps; TAI_HOME names another folder",
        ),
    ];
    entries(page, "FILES", rows.into_iter().map(|(file, about)| (vec![italic(file)], about.to_owned())));
}

fn named(text: &str, command: &Defined) -> String {
    text.replace("{command_name}", &command.line())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As the line of a manual page begins.
fn lower(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
