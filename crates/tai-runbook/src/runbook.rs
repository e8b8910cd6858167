use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    error::{Error, SignalError},
    section::{Section, sections},
    signal::{OneOrMore, Signal, SignalText},
};

/// A Markdown file that says how to find and repair trouble with a service.
#[derive(Debug, Clone)]
pub struct Runbook {
    /// File name, as cited: `nginx.md`.
    pub file: String,
    /// Services it is about.
    pub service: Vec<String>,
    /// What an operator would say is wrong.
    pub symptoms: Vec<String>,
    /// Further words to find it by.
    pub tags: Vec<String>,
    /// The headings, in the order of the file.
    pub sections: Vec<Section>,
    /// The signals, in the order of the file.
    pub signals: Vec<Signal>,
}

impl Runbook {
    /// Parses a runbook: YAML front matter between two `---` lines, then Markdown.
    ///
    /// # Errors
    ///
    /// [`Error`] names the file and the line. Whatever a signal names must exist: its section in the file, the names in
    /// `when` and `cause` in its pattern or fact. Keys that are not of the format are errors.
    pub fn parse(file: &str, source: &str) -> Result<Self, Error> {
        let Read { runbook, errors, .. } = read(file, source)?;
        errors.into_iter().next().map_or(Ok(runbook), Err)
    }

    /// The section that says what to do about a signal of this runbook.
    ///
    /// # Panics
    ///
    /// When the signal is another runbook's and this one has fewer sections.
    pub fn section_of(&self, signal: &Signal) -> &Section {
        &self.sections[signal.section]
    }
}

/// A runbook without the signals that are wrong.
pub(crate) struct Read<'a> {
    pub(crate) runbook: Runbook,
    /// What is wrong with those, in the order of the file.
    pub(crate) errors: Vec<Error>,
    /// The line of each signal of the runbook, from 1.
    pub(crate) lines: Vec<u64>,
    /// The Markdown behind the front matter.
    pub(crate) body: &'a str,
    /// The lines before it.
    pub(crate) body_starts: u64,
}

pub(crate) fn read<'a>(file: &str, source: &'a str) -> Result<Read<'a>, Error> {
    let source = source.trim_start_matches('\u{feff}');
    let (front, body) = split(file, source)?;
    let body_starts = source[..source.len() - body.len()].matches('\n').count() as u64;
    let front = front_matter(file, front)?;
    let sections = sections(file, body);
    let (mut signals, mut lines, mut errors) = (Vec::<Signal>::new(), Vec::new(), Vec::new());
    for text in front.signals {
        let (line, id) = (text.referenced.line(), text.value.id.clone());
        let is_second = signals.iter().any(|signal| signal.id == id);
        match text.value.compile(&sections) {
            Ok(signal) if !is_second => {
                signals.push(signal);
                lines.push(line);
            }
            compiled => {
                let source = compiled.err().unwrap_or(SignalError::DuplicateId);
                errors.push(Error::Signal { file: file.to_owned(), line, id, source });
            }
        }
    }
    let (service, symptoms, tags) = (front.service.into_vec(), front.symptoms, front.tags);
    let runbook = Runbook { file: file.to_owned(), service, symptoms, tags, sections, signals };
    Ok(Read { runbook, errors, lines, body, body_starts })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    service: OneOrMore<String>,
    symptoms: Vec<String>,
    tags: Vec<String>,
    #[serde(default)]
    signals: Vec<Spanned<SignalText>>,
}

/// The front matter with its opening `---`, which YAML allows and which keeps the line numbers those of the file, and
/// what follows the closing one.
fn split<'a>(file: &str, source: &'a str) -> Result<(&'a str, &'a str), Error> {
    let mut lines = source.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if first.trim_end() != "---" {
        return Err(Error::NoFrontMatter { file: file.to_owned() });
    }
    let mut end = first.len();
    for line in lines {
        if line.trim_end() == "---" {
            return Ok((&source[..end], &source[end + line.len()..]));
        }
        end += line.len();
    }
    Err(Error::UnclosedFrontMatter { file: file.to_owned() })
}

fn front_matter(file: &str, yaml: &str) -> Result<FrontMatter, Error> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(yaml, options).map_err(|source| Error::FrontMatter {
        file: file.to_owned(),
        line: source.location().map_or(1, |location| location.line()),
        source: Box::new(source),
    })
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;
    use crate::signal::{Severity, Source};

    const SIGNAL: &str = r#"service: [nginx]
symptoms: ["502"]
tags: []
signals:
  - id: port
    command: [journalctl, tail]
    pattern: 'bind\(\) to (?P<addr>\S+) failed \(98'
    when: "addr != 'x'"
    severity: critical
    cause: "{addr} is taken"
    section: "Port in use""#;

    fn parse(front: &str) -> Result<Runbook, Error> {
        Runbook::parse("n.md", &format!("---\n{front}\n---\n# Nginx\n\n## Port in use\n\n1. Look.\n"))
    }

    #[test]
    fn all_parts() {
        let runbook = parse(SIGNAL).unwrap();
        let signal = &runbook.signals[0];
        assert_eq!((runbook.file.as_str(), runbook.service[0].as_str()), ("n.md", "nginx"));
        assert_eq!((signal.id.as_str(), signal.severity), ("port", Severity::Critical));
        assert!(matches!(&signal.source, Source::Output { commands, .. } if commands.len() == 2));
        assert_eq!(runbook.section_of(signal).citation, "n.md#port-in-use");
    }

    #[test]
    fn windows_line_ends_and_a_byte_order_mark() {
        let source = format!("\u{feff}---\n{SIGNAL}\n---\n## Port in use\n").replace('\n', "\r\n");
        assert_eq!(Runbook::parse("n.md", &source).unwrap().signals.len(), 1);
    }

    #[test]
    fn a_service_may_be_one_word() {
        assert_eq!(parse("service: nginx\nsymptoms: []\ntags: []").unwrap().service, ["nginx"]);
    }

    #[test]
    fn signals_are_optional() {
        assert!(parse("service: []\nsymptoms: []\ntags: []").unwrap().signals.is_empty());
    }

    /// Replaces `from` in [`SIGNAL`] and compares the error and its source.
    fn check(from: &str, to: &str, error: &str, source: &str) {
        assert!(SIGNAL.contains(from), "{from}");
        let found = parse(&SIGNAL.replacen(from, to, 1)).unwrap_err();
        let cause = found.source().map(ToString::to_string).unwrap_or_default();
        assert_eq!((found.to_string().as_str(), cause.contains(source)), (error, true), "{to}: {cause}");
    }

    #[test]
    fn errors_of_the_front_matter_name_the_line() {
        check("tags: []", "tag: []", "n.md:4: front matter is not valid", "unknown field `tag`");
        check("tags: []\n", "", "n.md:4: front matter is not valid", "missing field `tags`");
        check("severity: critical", "severity: high", "n.md:10: front matter is not valid", "unknown variant `high`");
        check("cause:", "reason:", "n.md:11: front matter is not valid", "unknown field `reason`");
        check("[journalctl, tail]", "{a: 1}", "n.md:7: front matter is not valid", "one or a list of them");
        check("symptoms: [", "symptoms: [[", "n.md:4: front matter is not valid", "");
    }

    #[test]
    fn errors_of_a_signal_name_it() {
        const NOT_VALID: &str = "n.md:6: signal port is not valid";
        let signal = |from, to, source| check(from, to, NOT_VALID, source);
        signal("failed \\(98", "failed (98", "pattern does not compile");
        signal(r"bind\(\) to (?P<addr>\S+) failed \(98", r"(?P<addr>\S*)", "matches the empty line");
        signal("[journalctl, tail]", "['']", "command is empty");
        signal("[journalctl, tail]", "[]", "command is empty");
        signal("    command: [journalctl, tail]\n", "", "either command and pattern, or fact");
        signal("    command:", "    fact: disk\n    command:", "either command and pattern, or fact");
        signal("addr != 'x'", "addr <> 'x'", "when does not parse");
        signal("addr != 'x'", "port > 1", "when names \"port\", which is no capture group");
        signal("{addr} is", "{port} is", "cause names \"port\", which is no capture group");
        signal("\"Port in use\"", "Port", "section \"Port\" is no heading of this file");
    }

    #[test]
    fn errors_of_a_fact_signal() {
        let fact = |kind: &str, when: &str, cause: &str| {
            let head = "service: []\nsymptoms: []\ntags: []\nsignals:\n";
            let rest = "severity: info, section: Port in use";
            let front = format!("{head}  - {{id: full, fact: {kind}, {when} cause: '{cause}', {rest}}}");
            parse(&front).map_err(|e| e.source().unwrap().to_string())
        };
        assert!(fact("disk", "when: disk.used_percent >= 90,", "{mount}").is_ok());
        assert!(fact("disk", "when: used_percent >= 90,", "{used_percent} %").is_ok());
        let cases = [
            (fact("disc", "when: used_percent >= 90,", "x"), "there is no fact \"disc\""),
            (fact("disk", "", "x"), "give either command and pattern, or fact and when"),
            (fact("disk", "when: used > 1,", "x"), "when names \"used\", which is no field of the fact"),
            (fact("disk", "when: used_percent > 1,", "{x}"), "cause names \"x\", which is no field of the fact"),
            (fact("disk", "when: inodes.used > 1,", "x"), "when names \"inodes.used\", which is no field of the fact"),
        ];
        for (found, expect) in cases {
            assert_eq!(found.unwrap_err(), expect);
        }
    }

    #[test]
    fn ids_are_unique() {
        let second = SIGNAL.split_once("signals:\n").unwrap().1;
        let error = parse(&format!("{SIGNAL}\n{second}")).unwrap_err();
        assert_eq!(error.to_string(), "n.md:13: signal port is not valid");
    }

    #[test]
    fn front_matter_must_be_there() {
        for (source, expect) in [
            ("", "n.md:1: no front matter, the first line must be ---"),
            ("# N\n---\n", "n.md:1: no front matter, the first line must be ---"),
            ("---\nservice: []\n", "n.md:1: front matter does not end, a second line with --- is missing"),
        ] {
            assert_eq!(Runbook::parse("n.md", source).unwrap_err().to_string(), expect);
        }
    }
}
