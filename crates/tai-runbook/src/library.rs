use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    BUILTIN,
    fact::Fact,
    finding::{Finding, Observation, findings},
    runbook::Runbook,
    section::Section,
};

/// The runbooks at hand: those compiled in, and the operator's own.
#[derive(Debug, Clone, Default)]
pub struct Library {
    runbooks: Vec<Runbook>,
}

/// A section that may fit an issue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suggestion<'a> {
    /// The section.
    pub section: &'a Section,
    /// How much of the issue it covers, from 0 to 1: the share of the issue's words, rare words counting more, that
    /// occur in the section or in what its runbook says it is about; with its meaning, where that is known.
    pub score: f64,
}

impl Library {
    /// No runbook.
    pub fn new() -> Self {
        Self::default()
    }

    /// The runbooks that are compiled in.
    pub fn builtin() -> Self {
        let mut library = Self::new();
        for (file, source) in BUILTIN {
            library.add(Runbook::parse(file, source).expect("a test parses each of them"));
        }
        library
    }

    /// Adds a runbook; it takes the place of one with the same file name.
    pub fn add(&mut self, runbook: Runbook) {
        match self.runbooks.binary_search_by(|other| other.file.cmp(&runbook.file)) {
            Ok(at) => self.runbooks[at] = runbook,
            Err(at) => self.runbooks.insert(at, runbook),
        }
    }

    /// The runbooks by file name.
    pub fn runbooks(&self) -> &[Runbook] {
        &self.runbooks
    }

    /// What the sections are about, for an embedder, by their citations: the runbook and its heading, and how the text
    /// begins; of a runbook's first section the symptoms.
    pub fn passages(&self) -> BTreeMap<String, String> {
        let of = |runbook: &Runbook| {
            let top = runbook.sections.iter().find(|section| section.level == 1).map(|section| section.title.clone());
            let (name, symptoms) = (top.unwrap_or_else(|| runbook.file.clone()), runbook.symptoms.join("\n"));
            let passage = move |section: &Section| {
                let text = match section.level {
                    1 => format!("{name}\n{symptoms}"),
                    _ => format!("{name}: {}\n{}", section.title, beginning(&section.text)),
                };
                (section.citation.clone(), text)
            };
            searched(runbook).map(passage).collect::<Vec<_>>()
        };
        self.runbooks.iter().flat_map(of).collect()
    }

    /// The [`findings`] of all runbooks.
    pub fn findings(&self, observations: &[Observation<'_>], facts: &[Fact], now: Option<Timestamp>) -> Vec<Finding> {
        findings(&self.runbooks, observations, facts, now)
    }

    /// The sections that fit an issue best, best first, at most `limit` and none that covers less than a quarter of it.
    ///
    /// `hints` are words that somebody worked out of the issue, such as its category and the services it names; they
    /// count as words of the issue. Only `#` and `##` sections are looked at: deeper ones are part of those.
    /// Sections of the same score stand in the order of the library.
    pub fn matching(&self, issue: &str, hints: &[&str], limit: usize) -> Vec<Suggestion<'_>> {
        self.matching_by_meaning(issue, hints, &BTreeMap::new(), limit)
    }

    /// As [`matching`](Self::matching), by meaning as well: `cosines` says how near [`passages`](Self::passages) are to the
    /// issue, by their citations. One that is not in it is compared by words alone.
    pub fn matching_by_meaning(
        &self,
        issue: &str,
        hints: &[&str],
        cosines: &BTreeMap<String, f32>,
        limit: usize,
    ) -> Vec<Suggestion<'_>> {
        let query: BTreeSet<String> = words(issue).chain(hints.iter().flat_map(|hint| words(hint))).collect();
        let entries: Vec<Entry<'_>> = self.runbooks.iter().flat_map(entries).collect();
        let weights: Vec<(&str, f64)> = query.iter().map(|word| (word.as_str(), rarity(word, &entries))).collect();
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let mut suggestions: Vec<Suggestion<'_>> = entries
            .iter()
            .map(|entry| {
                let covered: f64 = weights.iter().map(|(word, weight)| weight * entry.coverage(word)).sum();
                let words = if total > 0.0 { covered / total } else { 0.0 };
                let meaning = cosines.get(&entry.section.citation).map_or(0.0, |cosine| meant(f64::from(*cosine)));
                Suggestion { section: entry.section, score: both(words, meaning) }
            })
            .filter(|suggestion| suggestion.score >= LEAST_SCORE)
            .collect();
        suggestions.sort_by(|a, b| b.score.total_cmp(&a.score));
        suggestions.truncate(limit);
        suggestions
    }
}

const LEAST_SCORE: f64 = 0.25;
/// Cosines of a section that has nothing to do with an issue, and of one that is about it: between them what is meant
/// grows from 0 to 1. For all-MiniLM-L6-v2.
const COSINES: (f64, f64) = (0.3, 0.8);

/// How much a word counts by where it stands.
const IN_SERVICE_OR_TITLE: f64 = 1.0;
const IN_SYMPTOMS_OR_TAGS: f64 = 0.8;
const IN_TEXT: f64 = 0.5;

/// A section with its words, each with its best place.
struct Entry<'a> {
    section: &'a Section,
    places: BTreeMap<String, f64>,
}

impl Entry<'_> {
    fn coverage(&self, word: &str) -> f64 {
        self.places.get(word).copied().unwrap_or(0.0)
    }
}

/// Deeper sections are part of these.
fn searched(runbook: &Runbook) -> impl Iterator<Item = &Section> {
    runbook.sections.iter().filter(|section| section.level <= 2)
}

fn entries(runbook: &Runbook) -> impl Iterator<Item = Entry<'_>> {
    searched(runbook).map(|section| {
        let about = runbook.symptoms.iter().chain(&runbook.tags).map(|text| (text, IN_SYMPTOMS_OR_TAGS));
        let names = runbook.service.iter().chain([&section.title]).map(|text| (text, IN_SERVICE_OR_TITLE));
        let mut places = BTreeMap::new();
        for (text, place) in [(&section.text, IN_TEXT)].into_iter().chain(about).chain(names) {
            places.extend(words(text).map(|word| (word, place)));
        }
        Entry { section, places }
    })
}

/// As much as says what a text is about: what comes later are commands.
fn beginning(text: &str) -> &str {
    const CHARS: usize = 300;
    text.char_indices().nth(CHARS).map_or(text, |(end, _)| &text[..end])
}

/// What a cosine says, from 0 to 1.
fn meant(cosine: f64) -> f64 {
    ((cosine - COSINES.0) / (COSINES.1 - COSINES.0)).clamp(0.0, 1.0)
}

/// Either may find what the other does not see, and what both see is likelier.
fn both(words: f64, meaning: f64) -> f64 {
    words + meaning - words * meaning
}

/// Inverse document frequency over the sections; a word that none has is as rare as one that a single section has.
fn rarity(word: &str, entries: &[Entry<'_>]) -> f64 {
    let having = entries.iter().filter(|entry| entry.places.contains_key(word)).count().max(1);
    (1.0 + entries.len() as f64 / having as f64).ln()
}

/// Lower-case words without the commonest ones, their endings cut so that `fills`, `filling` and `filled` are alike.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() > 1 && !COMMON.contains(&word.as_str()))
        .map(|word| stem(&word).to_owned())
}

fn stem(word: &str) -> &str {
    let cut = |ending: &str| word.strip_suffix(ending).filter(|stem| stem.chars().count() >= 3);
    let endings = ["ing", "ed", "es", "s"];
    endings.into_iter().find_map(cut).unwrap_or(word)
}

const COMMON: &[&str] = &[
    "about",
    "after",
    "again",
    "all",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "been",
    "but",
    "by",
    "can",
    "cannot",
    "could",
    "did",
    "do",
    "does",
    "for",
    "from",
    "get",
    "gets",
    "had",
    "has",
    "have",
    "host",
    "how",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "just",
    "machine",
    "me",
    "more",
    "morning",
    "my",
    "no",
    "not",
    "now",
    "of",
    "on",
    "or",
    "our",
    "please",
    "server",
    "since",
    "so",
    "some",
    "still",
    "than",
    "that",
    "the",
    "their",
    "then",
    "there",
    "these",
    "they",
    "this",
    "to",
    "today",
    "up",
    "was",
    "we",
    "were",
    "what",
    "when",
    "which",
    "while",
    "why",
    "will",
    "with",
    "yesterday",
    "you",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(issue: &str, hints: &[&str], expect: Option<&str>) {
        let library = Library::builtin();
        let found = library.matching(issue, hints, 3);
        let best = found.first().map(|suggestion| suggestion.section.citation.as_str());
        assert!(
            match expect {
                Some(expect) => best.is_some_and(|best| best.starts_with(expect)),
                None => best.is_none(),
            },
            "{issue}: {:?}",
            found.iter().map(|s| (&s.section.citation, s.score)).collect::<Vec<_>>()
        );
        assert!(found.iter().all(|s| (LEAST_SCORE..=1.0).contains(&s.score)));
        assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
    }

    #[test]
    fn the_runbook_that_fits() {
        check("the disk is filling up", &[], Some("disk.md"));
        check("no space left on device on /var", &[], Some("disk.md"));
        check("nginx does not start, address already in use", &["nginx"], Some("nginx.md#port-already-in-use"));
        check("java gets killed, out of memory", &[], Some("memory.md"));
        check("502 bad gateway since this morning", &[], Some("nginx.md"));
        check("I cannot log in over ssh: permission denied (publickey)", &[], Some("ssh.md"));
        check("the service keeps restarting", &[], Some("systemd.md"));
    }

    #[test]
    fn nothing_rather_than_something_unrelated() {
        check("printer toner low on third floor", &[], None);
        check("", &[], None);
        check("the", &[], None);
    }

    #[test]
    fn hints_count_as_words() {
        check("checkout is slow", &[], None);
        check("checkout is slow", &["memory"], Some("memory.md"));
    }

    #[test]
    fn a_runbook_takes_the_place_of_its_namesake() {
        let own = "---\nservice: [disk]\nsymptoms: []\ntags: []\n---\n# Ours\n";
        let mut library = Library::builtin();
        let count = library.runbooks().len();
        library.add(Runbook::parse("disk.md", own).unwrap());
        library.add(Runbook::parse("a.md", own).unwrap());
        assert_eq!(library.runbooks().len(), count + 1);
        assert_eq!(library.runbooks()[0].file, "a.md");
        let disk = library.runbooks().iter().find(|runbook| runbook.file == "disk.md");
        assert_eq!(disk.unwrap().sections[0].title, "Ours");
    }
}
