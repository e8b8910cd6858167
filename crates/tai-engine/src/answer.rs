//! The answer of a model, taken apart: models keep to a format roughly, so this reads what they write and not only what they were asked for.

use crate::verify::quotations;

/// The parts of an answer as items, without bullets and numbers. Text before the first heading belongs to the root cause.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) root_cause: Vec<String>,
    pub(crate) evidence: Vec<String>,
    pub(crate) actions: Vec<String>,
    /// Commands that the model wants to be run before it answers.
    pub(crate) requests: Vec<String>,
}

#[derive(Clone, Copy)]
enum Section {
    RootCause,
    Evidence,
    Actions,
    Requests,
    /// A heading that nobody asked for.
    Other,
}

/// Items of each part, at most: what a model says beyond that is no answer to a person.
const MAX_ITEMS: usize = 32;

/// The commands that an answer asks for in its text, under `## More Evidence`; as the model wrote them.
pub fn commands_asked_for(text: &str) -> Vec<String> {
    Answer::parse(&tai_ssh::visible(text.as_bytes().to_vec())).commands().collect()
}

impl Answer {
    pub(crate) fn parse(text: &str) -> Self {
        let mut answer = Answer::default();
        let mut other = Vec::new();
        let mut section = Section::RootCause;
        let mut in_fence = false;
        // The next line begins an item even without a bullet.
        let mut fresh = true;
        for line in text.lines().map(str::trim) {
            let is_fence = line.starts_with("```") || line.starts_with("~~~");
            in_fence ^= is_fence;
            if is_fence || line.is_empty() {
                fresh = true;
                continue;
            }
            if let Some((next, rest)) = heading(line).filter(|_| !in_fence) {
                section = next;
                fresh = rest.is_empty();
                answer.part(section, &mut other).extend((!rest.is_empty()).then(|| rest.to_owned()));
                continue;
            }
            let (content, is_item) = content(line, in_fence);
            match answer.part(section, &mut other).last_mut() {
                Some(last) if !is_item && !fresh => *last = format!("{last} {content}"),
                _ => answer.part(section, &mut other).push(content),
            }
            fresh = false;
        }
        if answer.root_cause.is_empty() && answer.requests.is_empty() {
            answer.root_cause = other;
        }
        for part in [&mut answer.root_cause, &mut answer.evidence, &mut answer.actions, &mut answer.requests] {
            part.truncate(MAX_ITEMS);
        }
        answer
    }

    /// The commands that it asks for, as they are to be run.
    pub(crate) fn commands(&self) -> impl Iterator<Item = String> {
        let code = |item: &String| {
            quotations(item).into_iter().find(|q| q.is_code).map_or(item.as_str(), |q| q.text).trim().to_owned()
        };
        self.requests.iter().map(code).filter(|command| !command.is_empty() && !command.eq_ignore_ascii_case("none"))
    }

    fn part<'a>(&'a mut self, section: Section, other: &'a mut Vec<String>) -> &'a mut Vec<String> {
        match section {
            Section::RootCause => &mut self.root_cause,
            Section::Evidence => &mut self.evidence,
            Section::Actions => &mut self.actions,
            Section::Requests => &mut self.requests,
            Section::Other => other,
        }
    }
}

/// The text of a line, and whether it is an item of its own. What Markdown shows as quoted, in a fence or behind `>`, becomes a quotation in backticks.
fn content(line: &str, in_fence: bool) -> (String, bool) {
    if let Some(quoted) = if in_fence { Some(line) } else { line.strip_prefix('>') } {
        let marks = "`".repeat(quoted.split(|c| c != '`').map(str::len).max().unwrap_or(0) + 1);
        return (format!("{marks} {} {marks}", quoted.trim()), true);
    }
    let (content, is_item) = without_marker(line);
    (content.to_owned(), is_item)
}

/// The section a line opens, and what stands behind the heading on the same line. `## Root Cause`, `**Evidence:**`, `3. Recommended actions`, `### Next steps`.
fn heading(line: &str) -> Option<(Section, &str)> {
    let (unnumbered, is_item) = without_marker(line.trim_start_matches(['#', ' ']));
    let marked = line.starts_with('#');
    if let Some(bold) = unnumbered.strip_prefix("**").and_then(|rest| rest.split_once("**")) {
        let (title, rest) = (bold.0.trim_end_matches(':'), bold.1.trim_start_matches([':', ' ']));
        let is_alone = rest.is_empty() && (!is_item || named(title).is_some());
        return match named(title) {
            Some(section) if rest.is_empty() || title.split_whitespace().count() <= 3 => Some((section, rest)),
            _ => is_alone.then_some((Section::Other, rest)),
        };
    }
    if marked {
        let title = unnumbered.split_once(':').map_or(unnumbered, |(title, _)| title);
        let rest = unnumbered[title.len()..].trim_start_matches([':', ' ']);
        return Some((named(title).unwrap_or(Section::Other), rest));
    }
    // Without a mark only the very words are a heading: "Evidence shows that …" is a sentence.
    let (title, rest) = unnumbered.split_once(':').unwrap_or((unnumbered, ""));
    let is_exact = ["root cause", "evidence", "recommended actions", "recommended action", "recommendations"]
        .iter()
        .any(|name| title.trim().eq_ignore_ascii_case(name));
    named(title).filter(|_| is_exact).map(|section| (section, rest.trim_start()))
}

/// The section that the words of a heading mean.
fn named(title: &str) -> Option<Section> {
    const WORDS: [(&str, Section); 11] = [
        // Before `evidence`.
        ("more evidence", Section::Requests),
        ("further evidence", Section::Requests),
        ("root cause", Section::RootCause),
        ("likely cause", Section::RootCause),
        ("diagnosis", Section::RootCause),
        ("evidence", Section::Evidence),
        ("action", Section::Actions),
        ("recommend", Section::Actions),
        ("next step", Section::Actions),
        ("remediation", Section::Actions),
        ("solution", Section::Actions),
    ];
    let lower = title.to_lowercase();
    WORDS.into_iter().find_map(|(word, section)| lower.contains(word).then_some(section))
}

/// The line without a bullet or number before it, and whether there was one.
fn without_marker(line: &str) -> (&str, bool) {
    let bullet = ["- ", "* ", "+ ", "• "].iter().find_map(|marker| line.strip_prefix(marker));
    let numbered = || {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        (1..=2).contains(&digits).then(|| line[digits..].strip_prefix(['.', ')']))?.filter(|rest| rest.starts_with(' '))
    };
    match bullet.or_else(numbered) {
        Some(rest) => (rest.trim_start(), true),
        None => (line, false),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, root_cause: &[&str], evidence: &[&str], actions: &[&str]) {
        let answer = Answer::parse(text);
        assert_eq!(answer.root_cause, root_cause, "{text}");
        assert_eq!(answer.evidence, evidence, "{text}");
        assert_eq!(answer.actions, actions, "{text}");
    }

    #[test]
    fn answers_as_models_write_them() {
        check(
            "## Root Cause\nA.\n\n## Evidence\n- one\n- two\n\n## Recommended Actions\n1. do\n2. check",
            &["A."],
            &["one", "two"],
            &["do", "check"],
        );
        check(
            "**Root Cause:** The port\nis taken.\n**Evidence**\n* `x`\n\n**Recommended Actions:**\n1) stop it\n",
            &["The port is taken."],
            &["`x`"],
            &["stop it"],
        );
        check("1. Root Cause: A\n2. Evidence:\n   - e\n3. Recommended Actions\n   - a", &["A"], &["e"], &["a"]);
        check(
            "Evidence shows that it broke.\nRoot causes are many.",
            &["Evidence shows that it broke. Root causes are many."],
            &[],
            &[],
        );
        check("### Evidence\n```\nline 1\nline 2\n```\n", &[], &["` line 1 `", "` line 2 `"], &[]);
        check(
            "## Root Cause Analysis\nA\n> quoted\n## Supporting Evidence\n- e\n### Next Steps\n1. a",
            &["A", "` quoted `"],
            &["e"],
            &["a"],
        );
        check("## Summary\nS\n## Root Cause\nA\n## Confidence\nhigh", &["A"], &[], &[]);
        check("## Summary\nS", &["S"], &[], &[]);
        check("- **nginx** is down\n**Actions**\n- **restart** it", &["**nginx** is down"], &[], &["**restart** it"]);
        let asks = Answer::parse("I need more.\n## More Evidence\n- `ss -tlnp`\n```\nip addr\n```\n- `none`\n- df -h");
        assert_eq!(asks.commands().collect::<Vec<_>>(), ["ss -tlnp", "ip addr", "df -h"]);
        check("no heading at all", &["no heading at all"], &[], &[]);
        check("", &[], &[], &[]);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_broken(text in "\\PC{0,200}", lines in "([#*`\" 0-9.:a-zE\\n-]|Evidence|Root Cause){0,80}") {
            Answer::parse(&text);
            Answer::parse(&lines);
        }
    }
}
