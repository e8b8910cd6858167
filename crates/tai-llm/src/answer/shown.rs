//! What may be shown of an answer that is still coming.

use super::{CLOSE, OPEN};
use crate::secret::HIDDEN;

/// Turns the pieces of an answer into text that may be shown: without reasoning in tags, without
/// the API key, without white space at both ends.
///
/// What is shown, put together, is `without_reasoning` of the whole,
/// trimmed, unless a `</think>` comes before any `<think>`: what went before was shown by then.
#[derive(Debug)]
pub(crate) struct Shown {
    reasoning: Reasoning,
    secret: Secret,
    /// White space that is shown if more text follows.
    blanks: String,
    is_begun: bool,
}

impl Shown {
    /// `secret` is what must not be shown; it is not empty.
    pub(crate) fn new(secret: Option<String>) -> Self {
        let secret = Secret { secret, held: String::new() };
        Self { reasoning: Reasoning::default(), secret, blanks: String::new(), is_begun: false }
    }

    /// What may be shown now that `piece` came.
    pub(crate) fn push(&mut self, piece: &str) -> String {
        let text = self.reasoning.push(piece);
        let text = self.secret.push(&text);
        self.without_ends(&text)
    }

    /// What is left to be shown at the end.
    pub(crate) fn finish(mut self) -> String {
        let text = std::mem::take(&mut self.reasoning).finish();
        let text = self.secret.push(&text) + &std::mem::take(&mut self.secret.held);
        self.without_ends(&text)
    }

    fn without_ends(&mut self, text: &str) -> String {
        let text = if self.is_begun { text } else { text.trim_start() };
        let end = text.trim_end();
        if end.is_empty() {
            self.blanks.push_str(text);
            return String::new();
        }
        self.is_begun = true;
        let shown = std::mem::take(&mut self.blanks) + end;
        self.blanks.push_str(&text[end.len()..]);
        shown
    }
}

/// Takes `<think>…</think>` out.
#[derive(Debug, Default)]
struct Reasoning {
    state: State,
    /// What came and is neither shown nor known to be reasoning.
    held: String,
    /// Bytes of `held` in which no closing tag begins.
    searched: usize,
    /// A block has been left out.
    has_closed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing but white space so far.
    #[default]
    Beginning,
    Text,
    /// After an opening tag at the very beginning: reasoning, closed or not.
    Thinking,
    /// After a later one: reasoning if it is closed, ordinary text if not.
    PerhapsThinking,
}

impl Reasoning {
    fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let mut shown = String::new();
        while self.step(&mut shown) {}
        shown
    }

    /// Does what can be done with what is held; false if more must come first.
    fn step(&mut self, shown: &mut String) -> bool {
        match self.state {
            State::Beginning => {
                let blanks = self.held.len() - self.held.trim_start().len();
                shown.push_str(&self.held[..blanks]);
                self.held.drain(..blanks);
                let is_open = self.held.starts_with(OPEN);
                if !is_open && OPEN.starts_with(&*self.held) {
                    return false;
                }
                self.state = match (is_open, self.has_closed) {
                    (false, _) => State::Text,
                    (true, false) => State::Thinking,
                    (true, true) => State::PerhapsThinking,
                };
                true
            }
            State::Text => {
                let open = self.held.find(OPEN);
                let end = open.unwrap_or_else(|| self.held.len() - partial(&self.held, OPEN));
                shown.push_str(&self.held[..end]);
                self.held.drain(..end);
                if open.is_some() {
                    self.state = State::PerhapsThinking;
                }
                open.is_some()
            }
            State::Thinking | State::PerhapsThinking => self.think(),
        }
    }

    fn think(&mut self) -> bool {
        if let Some(close) = self.held[self.searched..].find(CLOSE) {
            self.held.drain(..self.searched + close + CLOSE.len());
            (self.searched, self.has_closed) = (0, true);
            self.state = if self.state == State::Thinking { State::Beginning } else { State::Text };
            return true;
        }
        self.searched = self.held.len() - partial(&self.held, CLOSE);
        if self.state == State::Thinking {
            self.held.drain(..self.searched);
            self.searched = 0;
        }
        false
    }

    fn finish(self) -> String {
        if self.state == State::Thinking { String::new() } else { self.held }
    }
}

/// Replaces what must not be shown.
#[derive(Debug)]
struct Secret {
    secret: Option<String>,
    /// The end of what came, which may be the beginning of the secret.
    held: String,
}

impl Secret {
    fn push(&mut self, piece: &str) -> String {
        let Some(secret) = &self.secret else { return piece.to_owned() };
        self.held.push_str(piece);
        let clean = self.held.replace(secret, HIDDEN);
        let end = clean.len() - partial(&clean, secret);
        self.held = clean[end..].to_owned();
        clean[..end].to_owned()
    }
}

/// Bytes at the end of `text` that are a beginning of `word`, and not all of it.
fn partial(text: &str, word: &str) -> usize {
    let ends = word.char_indices().map(|(end, _)| end).rev();
    ends.into_iter().find(|end| text.ends_with(&word[..*end])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::without_reasoning;
    use super::*;

    fn shown(pieces: &[&str], secret: Option<&str>) -> String {
        let mut shown = Shown::new(secret.map(str::to_owned));
        let mut text: String = pieces.iter().map(|piece| shown.push(piece)).collect();
        text += &shown.finish();
        text
    }

    #[test]
    fn text_is_shown_as_soon_as_it_may_be() {
        let mut shown = Shown::new(Some("sk-key".to_owned()));
        let pieces = [
            (" \n<thi", ""),
            ("nk>hm", ""),
            ("</think>", ""),
            ("\n It", "It"),
            (" ", ""),
            ("is <", " is"),
            ("b> s", " <b>"),
            ("k-ke", ""),
            ("y!", " [api key]!"),
            ("<think>no</think> \n", ""),
        ];
        for (piece, expect) in pieces {
            assert_eq!(shown.push(piece), expect, "{piece:?}");
        }
        assert_eq!(shown.finish(), "");
    }

    #[test]
    fn what_is_held_comes_at_the_end() {
        assert_eq!(shown(&["a <thi"], None), "a <thi");
        assert_eq!(shown(&["a <think>b "], None), "a <think>b");
        assert_eq!(shown(&["<think>b"], None), "");
        assert_eq!(shown(&["a sk-", "k"], Some("sk-key")), "a sk-k");
    }

    proptest! {
        #[test]
        fn pieces_make_the_answer(pieces in proptest::collection::vec("(<think>|</think>|<th|ink>|</|[a-zé ]{0,3}){0,3}", 0..9)) {
            let raw = pieces.concat();
            let ends_untagged = raw.find(CLOSE).is_some_and(|close| raw.find(OPEN).is_none_or(|open| close < open));
            prop_assume!(!ends_untagged);
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            let answer = without_reasoning(&raw);
            prop_assert_eq!(shown(&pieces, None), answer.trim());
        }

        #[test]
        fn a_secret_is_never_shown(text in "[ab<th ]{0,12}", cuts in proptest::collection::vec(0_usize..20, 0..6)) {
            let secret = "abab";
            let raw = format!("{text}{secret}{text}");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(raw.len())).chain([0, raw.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<&str> = cuts.windows(2).map(|cut| &raw[cut[0]..cut[1]]).collect();
            prop_assert!(!shown(&pieces, Some(secret)).contains(secret));
        }
    }
}
