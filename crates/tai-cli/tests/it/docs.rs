//! What the documentation says is there: files and headings that it links to, command lines, tests that it names.

#![expect(clippy::disallowed_methods, reason = "tests start tai")]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;
use tai_collect::Category;

/// A Markdown file of this repository, taken apart.
#[derive(Default)]
struct Page {
    file: PathBuf,
    links: Vec<String>,
    anchors: BTreeSet<String>,
    /// Lines of blocks of shell commands or transcripts.
    shell: Vec<String>,
    /// Code within sentences.
    inline: Vec<String>,
}

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    let mut broken = Vec::new();
    for page in &pages {
        // What has two colons leads elsewhere, or to an item of rustdoc's, which looks itself.
        for link in page.links.iter().filter(|link| !link.contains("://") && !link.contains("::")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = page.file.parent().unwrap().join(path);
            let target = if path.is_empty() { page.file.clone() } else { target };
            let Ok(target) = target.canonicalize() else {
                broken.push(format!("{}: {link} is not there", page.file.display()));
                continue;
            };
            let known = pages.iter().find(|other| other.file == target);
            if !anchor.is_empty() && known.is_none_or(|other| !other.anchors.contains(anchor)) {
                broken.push(format!("{}: {link} names no heading", page.file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn command_lines_are_ones_that_tai_takes() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for page in pages().iter().filter(|page| !page.file.ends_with("CHANGELOG.md")) {
        let whole = page.shell.iter().filter_map(|line| words_of(line, false));
        let parts = page.inline.iter().filter_map(|code| words_of(code, true));
        for words in whole.chain(parts) {
            checked += 1;
            let line = words.join(" ");
            if let Err(why) = tai_cli::check(words.into_iter().map(OsString::from)) {
                wrong.push(format!("{}: tai {line}: {why}", page.file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 100, "only {checked} command lines were found");
}

/// `docs/parity.md` names, in the last column, the tests that prove a line: `crate::module::name`, or a transcript `name.toml`.
#[test]
fn tests_that_are_named_are_there() {
    let parity = fs::read_to_string(root().join("docs/parity.md")).unwrap();
    let (mut missing, mut named) = (Vec::new(), 0);
    for row in parity.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what")) {
        let cell = row.trim_end_matches(['|', ' ']).rsplit(" | ").next().unwrap();
        let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        if names.is_empty() && !["not built", "by its nature", "later"].iter().any(|reason| cell.contains(reason)) {
            missing.push(format!("no test and no reason: {row}"));
        }
        named += names.len();
        missing.extend(names.into_iter().filter(|name| !is_there(name)).map(|name| format!("no test {name}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(named > 50, "only {named} tests were found");
}

/// `docs/scope.md` has a heading for each kind of trouble and a link to each runbook.
#[test]
fn the_scope_names_every_category_and_runbook() {
    let pages = pages();
    let scope = pages.iter().find(|page| page.file.ends_with("docs/scope.md")).unwrap();
    for category in Category::ALL {
        assert!(scope.anchors.contains(&category.to_string()), "no heading {category}");
    }
    walk(&root().join("runbooks"), "md", &mut |file| {
        let link = format!("../runbooks/{}", file.file_name().unwrap().to_str().unwrap());
        assert!(link.ends_with("README.md") || scope.links.contains(&link), "no link to {link}");
    });
}

/// The guide explains each slash command, and the reference of the configuration each setting.
#[test]
fn what_can_be_typed_is_explained() {
    let guide = fs::read_to_string(root().join("docs/guide.md")).unwrap();
    let table = fs::read_to_string(root().join("crates/tai-cli/src/repl/table.rs")).unwrap();
    let names: Vec<&str> = table.split("name: \"").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]).collect();
    assert!(names.len() > 10, "{names:?}");
    names.iter().for_each(|name| assert!(guide.contains(&format!("`{name}")), "docs/guide.md: no {name}"));

    let reference = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let tai = Command::new(env!("CARGO_BIN_EXE_tai")).args(["config", "show", "--json"]).output().unwrap();
    let settings: Vec<Value> = serde_json::from_slice(&tai.stdout).unwrap();
    assert!(settings.len() > 5, "{settings:?}");
    for setting in &settings {
        for name in ["key", "variable", "flag"].iter().filter_map(|name| setting[*name].as_str()) {
            assert!(reference.contains(&format!("`{name}`")), "docs/configuration.md: no {name}");
        }
    }
}

/// The words after `tai` in a line of a shell block, or in code within a sentence, which may stand for a longer line.
fn words_of(line: &str, is_part: bool) -> Option<Vec<String>> {
    let line = line.strip_prefix("$ ").unwrap_or(line).strip_prefix("tai ")?;
    if line.contains(['…', '{']) || line.contains("...\"") && is_part {
        return None;
    }
    let mut words = Vec::new();
    for word in shell_words::split(line).ok()? {
        if word.starts_with(['#', '<', '>', '|', '&']) {
            break;
        }
        match word.strip_suffix(';') {
            Some(last) => {
                words.push(last.to_owned());
                break;
            }
            None => words.push(word),
        }
    }
    if is_part && words.last().is_none_or(|word| word != "--version") {
        words.push("--help".to_owned());
    }
    Some(words)
}

fn is_there(name: &str) -> bool {
    if name.ends_with(".toml") {
        return root().join("crates/tai-cli/tests/cmd").join(name).is_file();
    }
    let parts: Vec<&str> = name.split("::").collect();
    let [member, modules @ .., function] = parts.as_slice() else { return false };
    let mut found = false;
    for folder in ["src", "tests"] {
        walk(&root().join("crates").join(member).join(folder), "rs", &mut |file| {
            let is_of = |module: &&str| file.with_extension("").components().any(|part| part.as_os_str() == *module);
            found |= modules.iter().all(is_of) && has_test(&fs::read_to_string(file).unwrap(), function);
        });
    }
    found
}

/// Whether a file has a test of this name: a function below an attribute that says so.
fn has_test(text: &str, function: &str) -> bool {
    let declaration = format!("fn {function}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_above = |line: &&&str| line.starts_with("#[") || line.starts_with("//");
    lines.iter().enumerate().filter(|(_, line)| line.contains(&declaration)).any(|(at, _)| {
        let mut above = lines[..at].iter().rev().take_while(is_above);
        above.any(|line| line.contains("test]") || line.contains("::test("))
    })
}

fn pages() -> Vec<Page> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.extension().is_some_and(|ending| ending == "md") {
            files.push(path);
        }
    }
    for folder in ["docs", "runbooks"] {
        walk(&root().join(folder), "md", &mut |file| files.push(file.to_owned()));
    }
    files.push(root().join("fixtures/README.md"));
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        files.extend(Some(entry.unwrap().path().join("README.md")).filter(|file| file.is_file()));
    }
    files.sort();
    files.into_iter().map(read).collect()
}

fn read(file: PathBuf) -> Page {
    let text = fs::read_to_string(&file).unwrap();
    let mut page = Page { file: file.canonicalize().unwrap(), ..Page::default() };
    let (mut heading, mut in_shell) = (None::<String>, false);
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => page.anchors.extend(heading.take().map(|title| slug(&title))),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                in_shell = ["sh", "console", "bash"].contains(&&*language);
            }
            Event::End(TagEnd::CodeBlock) => in_shell = false,
            Event::Text(text) if in_shell => page.shell.extend(text.lines().map(str::to_owned)),
            Event::Text(text) => heading.iter_mut().for_each(|title| title.push_str(&text)),
            Event::Code(code) => {
                heading.iter_mut().for_each(|title| title.push_str(&code));
                page.inline.push(code.into_string());
            }
            _ => {}
        }
    }
    page
}

/// The anchor of a heading as GitHub makes it.
fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn walk(folder: &Path, ending: &str, visit: &mut dyn FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, ending, visit);
        } else if path.extension().is_some_and(|e| e == ending) {
            visit(&path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
