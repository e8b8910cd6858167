//! The answer of a model, taken apart: models keep to a format roughly, so this reads what they write and not only what they were asked for.

/// The three parts of an answer as items, without bullets and numbers. Text before the first heading belongs to the root cause.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) root_cause: Vec<String>,
    pub(crate) evidence: Vec<String>,
    pub(crate) actions: Vec<String>,
}

#[derive(Clone, Copy)]
enum Section {
    RootCause,
    Evidence,
    Actions,
}

impl Answer {
    pub(crate) fn parse(text: &str) -> Self {
        let mut answer = Answer::default();
        let mut section = Section::RootCause;
        let mut in_fence = false;
        // The next line begins an item even without a bullet.
        let mut fresh = true;
        for line in text.lines().map(str::trim) {
            let is_fence = line.starts_with("```");
            in_fence ^= is_fence;
            if is_fence || line.is_empty() {
                fresh = true;
                continue;
            }
            if let Some((next, rest)) = heading(line).filter(|_| !in_fence) {
                section = next;
                fresh = rest.is_empty();
                answer.part(section).extend((!rest.is_empty()).then(|| rest.to_owned()));
                continue;
            }
            let (content, is_item) = if in_fence { (line, true) } else { without_marker(line) };
            match answer.part(section).last_mut() {
                Some(last) if !is_item && !fresh => *last = format!("{last} {content}"),
                _ => answer.part(section).push(content.to_owned()),
            }
            fresh = false;
        }
        answer
    }

    fn part(&mut self, section: Section) -> &mut Vec<String> {
        match section {
            Section::RootCause => &mut self.root_cause,
            Section::Evidence => &mut self.evidence,
            Section::Actions => &mut self.actions,
        }
    }
}

/// The section a line opens, and what stands behind the heading on the same line. `## Root Cause`, `**Evidence:**`, `3. Recommended actions`.
fn heading(line: &str) -> Option<(Section, &str)> {
    const NAMES: [(&str, Section); 5] = [
        ("root cause", Section::RootCause),
        ("evidence", Section::Evidence),
        ("recommended actions", Section::Actions),
        ("recommended action", Section::Actions),
        ("recommendations", Section::Actions),
    ];
    let decoration = |c: char| c == '#' || c == '*' || c == '_' || c.is_whitespace();
    let (unnumbered, is_item) = without_marker(line.trim_start_matches(decoration));
    let bare = unnumbered.trim_start_matches(decoration);
    let is_decorated = is_item || bare.len() < line.len();
    NAMES.into_iter().find_map(|(name, section)| {
        let start = bare.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name))?;
        let rest = &bare[start.len()..];
        let after = rest.trim_start_matches(|c| decoration(c) || c == ':');
        // "Evidence shows that …" is a sentence; "Evidence: …" and "**Evidence** …" are headings.
        let separated = rest.len() > after.len() && rest.trim_start().starts_with([':', '*', '_']);
        (rest.is_empty() || after.is_empty() || separated && (is_decorated || rest.starts_with(':')))
            .then_some((section, after))
    })
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

/// A part of a text that claims to be a quotation, with the byte range of what is between its marks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Quotation<'a> {
    pub(crate) text: &'a str,
    pub(crate) end: usize,
}

/// What stands between backticks or double quotes. A mark that is not closed quotes to the end of the text.
pub(crate) fn quotations(text: &str) -> Vec<Quotation<'_>> {
    const MARKS: [(char, char); 3] = [('`', '`'), ('"', '"'), ('“', '”')];
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((open_at, close)) = text[from..].char_indices().find_map(|(i, c)| {
        let (_, close) = MARKS.into_iter().find(|(open, _)| *open == c)?;
        Some((from + i, close))
    }) {
        let open_width = text[open_at..].chars().next().map_or(1, char::len_utf8);
        let start = open_at + open_width;
        let close_at = text[start..].find(close).map_or(text.len(), |i| start + i);
        from = (close_at + close.len_utf8()).min(text.len());
        if close_at > start {
            found.push(Quotation { text: &text[start..close_at], end: from });
        }
    }
    found
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
        check("### Evidence\n```\nline 1\nline 2\n```\n", &[], &["line 1", "line 2"], &[]);
        check("no heading at all", &["no heading at all"], &[], &[]);
        check("", &[], &[], &[]);
    }

    #[test]
    fn quotations_are_found() {
        let check = |text: &str, expect: &[&str]| {
            assert_eq!(quotations(text).iter().map(|q| q.text).collect::<Vec<_>>(), expect, "{text}");
        };
        check("it says `a b` and \"c\"", &["a b", "c"]);
        check("“curly” and ``", &["curly"]);
        check("open `to the end", &["to the end"]);
        check("none", &[]);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_broken(text in "\\PC{0,200}", lines in "([#*`\" 0-9.:a-zE\\n-]|Evidence|Root Cause){0,80}") {
            Answer::parse(&text);
            Answer::parse(&lines);
            for quotation in quotations(&text) {
                prop_assert!(text.is_char_boundary(quotation.end));
            }
        }
    }
}
