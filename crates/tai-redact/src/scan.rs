//! One pass over text: short literals that every secret has nearby are searched for with SIMD, and only what follows one is looked at.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::packed::{Config, MatchKind, Searcher};
use memchr::{memchr, memrchr};

use crate::detect::{Detector, TRIGGERS, token};
use crate::numbers::tag_length;

/// How far back a detector looks in a line.
const LOOK_BACK: usize = 1024;
/// How far ahead a detector looks for what decides whether something is a secret. The end of a secret may be farther.
const LOOK_AHEAD: usize = 2 << 10;

/// How many literals are searched for at once: more than these cost the fast search its speed.
const AT_ONCE: usize = 32;

/// A secret in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span<'k> {
    pub(crate) range: Range<usize>,
    pub(crate) kind: &'k str,
    /// What the tag stands for, when it is more than the range: a secret of several lines.
    pub(crate) whole: Option<Arc<[u8]>>,
}

/// A piece of text, and the secrets found in it so far.
pub(crate) struct Scan<'t> {
    pub(crate) text: &'t [u8],
    /// Up to here all is decided: the end of the last secret or tag.
    pub(crate) floor: usize,
    pub(crate) spans: Vec<Span<'static>>,
    /// Tags that are in the text already.
    pub(crate) tags: Vec<Range<usize>>,
    /// A name announced a secret, and its value should be in the line after this piece.
    pub(crate) announced: Option<&'static str>,
    /// Secrets that a detector saw farther on, with text between that others have to look at first.
    ahead: Vec<Span<'static>>,
    /// Up to here a detector of whole command lines has looked.
    pub(crate) commands_seen: usize,
}

impl<'t> Scan<'t> {
    /// Finds the secrets of `text`, which ends with a whole line. `folded` is memory to work in.
    pub(crate) fn run(text: &'t [u8], folded: &mut Vec<u8>, announced: Option<&'static str>) -> Self {
        let mut scan = Scan {
            text,
            floor: 0,
            spans: Vec::new(),
            tags: Vec::new(),
            ahead: Vec::new(),
            announced: None,
            commands_seen: 0,
        };
        if let Some(kind) = announced {
            crate::detect::announced_value(&mut scan, 0, kind);
        }
        fold(text, folded);
        let mut groups: Vec<Group<'_>> = finders().iter().map(|finder| Group::new(finder, folded)).collect();
        while let Some(group) = groups.iter_mut().filter(|group| group.next.is_some()).min_by_key(|g| g.start()) {
            let Some((hit, detector)) = group.next.clone() else { break };
            scan.arrive(hit.start);
            if hit.start >= scan.floor {
                detector(&mut scan, hit.clone());
            }
            // Triggers may overlap.
            group.advance(folded, scan.floor.max(hit.start + 1));
        }
        scan.arrive(text.len());
        scan
    }

    /// Marks a secret. What is before its end is decided.
    pub(crate) fn redact(&mut self, range: Range<usize>, kind: &'static str) {
        debug_assert!(self.floor <= range.start && range.start < range.end, "{range:?} after {}", self.floor);
        self.arrive(range.start);
        if range.start >= self.floor {
            self.floor = range.end;
            self.spans.push(Span { range, kind, whole: None });
        } else if range.end > self.floor {
            self.reach(range.end);
        }
    }

    /// Marks a secret that is not next: text before it is still undecided.
    pub(crate) fn redact_ahead(&mut self, range: Range<usize>, kind: &'static str) {
        self.insert_ahead(Span { range, kind, whole: None });
    }

    /// Whether `at` is in what was marked ahead last.
    pub(crate) fn is_marked_ahead(&self, at: usize) -> bool {
        self.ahead.iter().any(|span| span.range.contains(&at))
    }

    /// Takes what was seen ahead among the secrets, as far as it begins at `at` or before. What another secret reaches into becomes part of that.
    fn arrive(&mut self, at: usize) {
        while self.ahead.first().is_some_and(|span| span.range.start <= at) {
            let span = self.ahead.remove(0);
            if span.range.start >= self.floor {
                self.floor = span.range.end;
                self.spans.push(span);
            } else if span.range.end > self.floor {
                self.reach(span.range.end);
            }
        }
    }

    /// Makes what overlaps the last secret a part of it.
    fn reach(&mut self, end: usize) {
        if let Some(last) = self.spans.last_mut()
            && last.range.end == self.floor
        {
            last.range.end = end;
            self.floor = end;
        }
    }

    /// Marks a part of a secret that is `whole`, not next either.
    pub(crate) fn redact_part(&mut self, range: Range<usize>, kind: &'static str, whole: Arc<[u8]>) {
        self.insert_ahead(Span { range, kind, whole: Some(whole) });
    }

    fn insert_ahead(&mut self, span: Span<'static>) {
        if span.range.start >= self.floor
            && !span.range.is_empty()
            && tag_length(&self.text[span.range.start..]).is_none()
        {
            let place = self.ahead.partition_point(|other| other.range.start <= span.range.start);
            self.ahead.insert(place, span);
        }
    }

    /// Passes a tag that is in the text already.
    pub(crate) fn pass_tag(&mut self, start: usize) -> bool {
        let Some(length) = tag_length(&self.text[start..]) else { return false };
        self.arrive(start);
        if start >= self.floor {
            self.tags.push(start..start + length);
            self.floor = start + length;
        }
        true
    }

    /// The byte before `at`. A secret ends as its tag does, so that text and redacted text are read alike.
    pub(crate) fn before(&self, at: usize) -> Option<u8> {
        if at == 0 {
            None
        } else if at == self.floor {
            Some(b']')
        } else {
            Some(self.text[at - 1])
        }
    }

    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    /// Whether no word goes on over `at` from before.
    pub(crate) fn begins_word(&self, at: usize) -> bool {
        self.before(at).is_none_or(|b| !b.is_ascii_alphanumeric() && b != b'_')
    }

    /// Where the run of bytes of `class` that begins at `at` ends, at most `most` bytes on.
    pub(crate) fn run_end(&self, at: usize, most: usize, class: impl Fn(u8) -> bool) -> usize {
        let end = self.text.len().min(at.saturating_add(most));
        at + self.text[at..end].iter().take_while(|b| class(**b)).count()
    }

    /// The undecided part of the line before `at`, as far as detectors look back.
    pub(crate) fn line_before(&self, at: usize) -> &'t [u8] {
        let from = self.floor.max(at.saturating_sub(LOOK_BACK)).min(at);
        let head = &self.text[from..at];
        memrchr(b'\n', head).map_or(head, |newline| &head[newline + 1..])
    }

    /// Whether `before`, which ends at `at`, is all that the line has before it.
    pub(crate) fn is_whole(&self, before: &[u8], at: usize) -> bool {
        let start = at - before.len();
        start == 0 || self.text[start - 1] == b'\n'
    }

    /// The rest of the line from `at`, as far as detectors look ahead.
    pub(crate) fn line_after(&self, at: usize) -> &'t [u8] {
        let tail = &self.text[at..self.text.len().min(at + LOOK_AHEAD)];
        memchr(b'\n', tail).map_or(tail, |newline| &tail[..newline])
    }

    /// Where the line of `at` ends, before its newline.
    pub(crate) fn line_end(&self, at: usize) -> usize {
        memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |newline| at + newline)
    }
}

/// A set of triggers, few enough for the SIMD search.
struct Finder {
    searcher: Searcher,
    detectors: Vec<Detector>,
}

/// A search in progress.
struct Group<'f> {
    finder: &'f Finder,
    next: Option<(Range<usize>, Detector)>,
}

impl<'f> Group<'f> {
    fn new(finder: &'f Finder, folded: &[u8]) -> Self {
        let mut group = Group { finder, next: None };
        group.advance(folded, 0);
        group
    }

    fn start(&self) -> usize {
        self.next.as_ref().map_or(usize::MAX, |(hit, _)| hit.start)
    }

    fn advance(&mut self, folded: &[u8], from: usize) {
        let found = self.finder.searcher.find_in(folded, aho_corasick::Span { start: from, end: folded.len() });
        self.next = found.map(|m| (m.start()..m.end(), self.finder.detectors[m.pattern().as_usize()]));
    }
}

fn finders() -> &'static [Finder] {
    static FINDERS: OnceLock<Vec<Finder>> = OnceLock::new();
    FINDERS.get_or_init(|| {
        let fixed = TRIGGERS.iter().map(|(literal, detector)| ((*literal).to_owned(), *detector));
        let mut triggers: Vec<_> = fixed.chain(token::triggers()).collect();
        // Those of three bytes apart from longer ones, which are looked for with a longer mask.
        triggers.sort_by_key(|(literal, _)| literal.len().min(4));
        let three = triggers.partition_point(|(literal, _)| literal.len() < 4);
        let longer = triggers.split_off(three);
        triggers.chunks(AT_ONCE).chain(longer.chunks(AT_ONCE)).map(finder).collect()
    })
}

fn finder(triggers: &[(String, Detector)]) -> Finder {
    let literals = || triggers.iter().map(|(literal, _)| literal);
    let config = || Config::new().match_kind(MatchKind::LeftmostFirst).clone();
    // Without SIMD the slow searcher is correct as well.
    let searcher = config().builder().extend(literals()).build();
    let searcher = searcher.or_else(|| config().only_rabin_karp(true).builder().extend(literals()).build());
    let searcher = searcher.expect("the triggers are a constant that a test builds");
    Finder { searcher, detectors: triggers.iter().map(|(_, detector)| *detector).collect() }
}

/// Lower case, and 0 for every digit, so that a trigger stands for its variants. Written without branches, for the vectoriser.
pub(crate) fn fold(text: &[u8], folded: &mut Vec<u8>) {
    folded.resize(text.len(), 0);
    for (to, from) in folded.iter_mut().zip(text) {
        let is_upper = u8::from(from.wrapping_sub(b'A') < 26);
        let lower = from | (is_upper << 5);
        let digit = lower.wrapping_sub(b'0');
        *to = lower.wrapping_sub(digit & 0_u8.wrapping_sub(u8::from(digit < 10)));
    }
}
