//! Colours, where there are any. Whatever they say is said by marks and words as well.

use std::borrow::Cow;

/// How text is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// Not at all.
    pub(crate) const PLAIN: Style = Style { colour: false };

    pub(crate) fn new(colour: bool) -> Self {
        Style { colour }
    }

    pub(crate) fn heading(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What is ours, beside what matters.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// What nobody should rely on.
    pub(crate) fn doubt(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// What is broken, or would break something.
    pub(crate) fn alarm(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(crate) fn code(self, text: &str) -> String {
        self.paint("36", text)
    }

    /// The text with its citations, such as `[E3]`, painted.
    pub(crate) fn cited(self, text: &str) -> Cow<'_, str> {
        if !self.colour || !text.contains("[E") {
            return Cow::Borrowed(text);
        }
        let (mut painted, mut rest) = (String::with_capacity(text.len() + 16), text);
        while let Some(at) = rest.find("[E") {
            let length = citation(&rest[at..]);
            painted += &rest[..at];
            match length {
                Some(length) => painted += &self.paint("1;36", &rest[at..at + length]),
                None => painted += "[E",
            }
            rest = &rest[at + length.unwrap_or(2)..];
        }
        Cow::Owned(painted + rest)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// How long the citation is that the text begins with: `[E3]`, `[E1, E4]`.
fn citation(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?.split_once(']')?.0;
    let is_id = |id: &str| {
        id.strip_prefix('E').is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    inside.split([',', ';']).all(|id| is_id(id.trim())).then_some(inside.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_painted_and_nothing_else() {
        let style = Style::new(true);
        assert_eq!(style.cited("full [E3] and [E1, E4]."), "full \x1b[1;36m[E3]\x1b[0m and \x1b[1;36m[E1, E4]\x1b[0m.");
        for text in ["[Ex] [E] [E1", "[ERROR] no", "none", ""] {
            assert_eq!(style.cited(text), text);
        }
        assert_eq!(Style::PLAIN.cited("[E1]"), "[E1]");
        assert_eq!((Style::PLAIN.heading("a"), style.heading("")), ("a".to_owned(), String::new()));
    }
}
