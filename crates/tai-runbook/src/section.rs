use std::collections::BTreeMap;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A heading of a runbook and the text below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading without its Markdown marks.
    pub title: String,
    /// How a report cites it: file name and GitHub's anchor, `nginx.md#port-already-in-use`.
    pub citation: String,
    /// 1 for `#`, 2 for `##`, up to 6.
    pub level: u8,
    /// The Markdown below the heading, trimmed: up to the next heading of this level or above, so deeper headings
    /// are part of it. A level 1 heading ends at the next heading of any level.
    pub text: String,
}

impl Section {
    /// What the section says to do, in order: the items of its numbered lists, or of its bullet lists where it has no
    /// numbered one. One line each, code in backquotes, other marks gone. Nested items belong to their outer one.
    pub fn actions(&self) -> Vec<String> {
        let (numbered, bullets) = list_items(&self.text);
        if numbered.is_empty() { bullets } else { numbered }
    }
}

/// The sections of a Markdown text in the order of the file.
pub(crate) fn sections(file: &str, markdown: &str) -> Vec<Section> {
    let headings = headings(markdown);
    let mut slugs = Slugs::default();
    headings
        .iter()
        .enumerate()
        .map(|(i, heading)| {
            let ends = |next: &&Heading| heading.level == 1 || next.level <= heading.level;
            let next = headings[i + 1..].iter().find(ends);
            let end = next.map_or(markdown.len(), |next| next.start);
            Section {
                title: heading.title.clone(),
                citation: format!("{file}#{}", slugs.next(&heading.title)),
                level: heading.level,
                text: markdown[heading.end..end].trim().to_owned(),
            }
        })
        .collect()
}

pub(crate) struct Heading {
    pub(crate) title: String,
    pub(crate) level: u8,
    /// Bytes from the beginning of the Markdown.
    pub(crate) start: usize,
    end: usize,
}

pub(crate) fn headings(markdown: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut open: Option<Heading> = None;
    for (event, range) in Parser::new_ext(markdown, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let (title, level) = (String::new(), level_number(level));
                open = Some(Heading { title, level, start: range.start, end: range.end });
            }
            Event::End(TagEnd::Heading(_)) => headings.extend(open.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut open {
                    heading.title.push_str(&text);
                }
            }
            _ => {}
        }
    }
    headings
}

fn level_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// GitHub's anchors: lower case, only letters, digits, `-` and `_` are kept, spaces become `-`, and a repeated one gets
/// `-1`, `-2` (github-slugger).
#[derive(Default)]
struct Slugs {
    used: BTreeMap<String, usize>,
}

impl Slugs {
    fn next(&mut self, title: &str) -> String {
        let base: String = title
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                '-' | '_' => Some(c),
                _ => c.is_alphanumeric().then_some(c),
            })
            .collect();
        let mut slug = base.clone();
        while self.used.contains_key(&slug) {
            let count = self.used.entry(base.clone()).or_default();
            *count += 1;
            slug = format!("{base}-{count}");
        }
        self.used.insert(slug.clone(), 0);
        slug
    }
}

/// Items of the outermost numbered lists, and of the outermost bullet lists.
fn list_items(markdown: &str) -> (Vec<String>, Vec<String>) {
    let (mut numbered, mut bullets) = (Vec::new(), Vec::new());
    let (mut depth, mut is_numbered, mut in_block) = (0_usize, false, false);
    let mut item = String::new();
    for event in Parser::new_ext(markdown, Options::empty()) {
        match event {
            Event::Start(Tag::List(first)) => {
                depth += 1;
                if depth == 1 {
                    is_numbered = first.is_some();
                }
            }
            Event::End(TagEnd::List(_)) => depth -= 1,
            Event::End(TagEnd::Item) if depth == 1 => {
                let text = item.split_whitespace().collect::<Vec<_>>().join(" ");
                if is_numbered { &mut numbered } else { &mut bullets }.push(text);
                item.clear();
            }
            Event::Start(Tag::CodeBlock(_)) => in_block = true,
            Event::End(TagEnd::CodeBlock) => in_block = false,
            _ if depth == 0 => {}
            Event::Text(text) if in_block => {
                item.extend(text.lines().map(|line| format!(" `{}`", line.trim())));
            }
            Event::Text(text) => item.push_str(&text),
            Event::Code(code) => item.push_str(&format!("`{code}`")),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph) => item.push(' '),
            Event::Start(Tag::Item) => item.push(' '),
            _ => {}
        }
    }
    (numbered, bullets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> Section {
        let sections = sections("x.md", &format!("## X\n\n{text}"));
        sections.into_iter().next().unwrap()
    }

    #[test]
    fn a_section_ends_at_its_level() {
        let all = sections("a.md", "# A\nintro\n## B\nb\n### C\nc\n## `D` [e](http://x)\nd\n");
        let shown: Vec<_> = all.iter().map(|s| (s.title.as_str(), s.level, s.text.as_str())).collect();
        assert_eq!(shown, [("A", 1, "intro"), ("B", 2, "b\n### C\nc"), ("C", 3, "c"), ("D e", 2, "d")]);
    }

    #[test]
    fn a_hash_in_code_is_no_heading() {
        assert_eq!(sections("a.md", "# A\n```\n# not one\n```\n").len(), 1);
    }

    #[test]
    fn anchors_are_githubs() {
        let mut slugs = Slugs::default();
        for (title, expect) in [
            ("Port already in use", "port-already-in-use"),
            ("`bind()` fails: why?", "bind-fails-why"),
            ("a & b", "a--b"),
            ("Ärger im_Haus 2.0", "ärger-im_haus-20"),
            ("again", "again"),
            ("again", "again-1"),
            ("again 1", "again-1-1"),
            ("again", "again-2"),
        ] {
            assert_eq!(slugs.next(title), expect);
        }
    }

    #[test]
    fn actions_are_the_numbered_items() {
        let text = "- look\n\n1. Run `df -h`\n   twice.\n2. **Stop** it:\n\n   ```sh\n   kill 1\n   ```\n3. Then\n   - this\n   - that\n";
        assert_eq!(section(text).actions(), ["Run `df -h` twice.", "Stop it: `kill 1`", "Then this that"]);
    }

    #[test]
    fn without_numbers_the_bullets() {
        assert_eq!(section("Text.\n\n* one\n* two `x`\n").actions(), ["one", "two `x`"]);
        assert!(section("Text only.").actions().is_empty());
    }
}
