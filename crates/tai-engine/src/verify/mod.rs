//! Holds a model's answer against what it was given. Everything here is mechanical: bytes, names and numbers are compared, nothing is understood.

mod advice;
mod denial;
mod errno;
mod grounds;
mod particular;
mod place;
mod problem;
mod quotation;
mod risk;
mod sentence;
mod shell;

use std::collections::BTreeSet;

use tai_rag::{Document, Evidence};
use tai_runbook::{Finding, Section};

pub(crate) use advice::Advisor;
pub use advice::{Advice, Effect};
use denial::{denials, dismisses, is_within};
use grounds::{Grounds, abstains};
use particular::particulars;
use place::{Place, find, find_in, is_telling};
pub use problem::Problem;
use quotation::Quotation;
pub(crate) use quotation::quotations;
pub(crate) use sentence::{citations, rename_citations};
use sentence::{
    refers_back, runbook_citations, sentences, session_citations, speaks_of_the_past, split_citations,
    without_citations,
};

use crate::answer::Answer;
use crate::diagnosis::{Action, Cause, Part, Quote, Unverified, Verdict};
use crate::quote::{push_distinct, quote};

/// Code of so many words in a recommendation is no setting.
const MIN_LINE_WORDS: usize = 5;

/// What a model was given.
pub(crate) struct Verifier<'a> {
    /// The chunks of the prompt, cited as `[E{rank}]`.
    pub(crate) sent: &'a [Evidence],
    pub(crate) documents: &'a [Document],
    pub(crate) findings: &'a [&'a Finding],
    pub(crate) sections: &'a [&'a Section],
    /// Past sessions, cited as `[P1]` and on.
    pub(crate) sessions: &'a [String],
    /// What may be said without a citation: the ticket, the host and its facts.
    pub(crate) facts: &'a str,
    /// What the operator asks.
    pub(crate) question: &'a str,
    /// What services are called, in lower case.
    pub(crate) names: &'a BTreeSet<String>,
    pub(crate) advisor: Advisor<'a>,
}

/// An answer of which each statement was looked at. Citations are still those of the prompt.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    pub(crate) root_cause: Vec<Cause>,
    pub(crate) evidence: Vec<Quote>,
    pub(crate) actions: Vec<Action>,
    pub(crate) unverified: Vec<Unverified>,
}

impl Verifier<'_> {
    /// Tells what of an answer holds. What does not is in [`Verified::unverified`] and nowhere else.
    pub(crate) fn verify(&self, answer: &Answer) -> Verified {
        let mut verified = Verified::default();
        let mut doubt = |part, text: &str, problems| {
            verified.unverified.push(Unverified { part, text: text.to_owned(), problems });
        };
        let mut evidence: Vec<Quote> = Vec::new();
        let mut proven = BTreeSet::new();
        for item in &answer.evidence {
            match self.evidence(item) {
                Ok((quotes, numbers)) => {
                    proven.extend(numbers);
                    quotes.into_iter().for_each(|quote| push_distinct(&mut evidence, quote));
                }
                Err(problems) => doubt(Part::Evidence, item, problems),
            }
        }
        let mut root_cause = Vec::new();
        for paragraph in &answer.root_cause {
            let mut kept: Vec<&str> = Vec::new();
            let mut verdict = Verdict::Verified;
            for sentence in sentences(paragraph) {
                // `They are …` is about what the sentence before it is about.
                let continues =
                    kept.last().is_some_and(|last| is_next(paragraph, last, sentence)) && refers_back(sentence);
                match self.statement(sentence, &proven, continues) {
                    Ok(Verdict::Past) => (verdict, kept) = (Verdict::Past, [kept, vec![sentence]].concat()),
                    Ok(_) => kept.push(sentence),
                    Err(problems) => doubt(Part::RootCause, sentence, problems),
                }
            }
            if !kept.is_empty() {
                root_cause.push(Cause { verdict, ..Cause::of_model(kept.join(" ")) });
            }
        }
        let mut actions = Vec::new();
        for text in &answer.actions {
            match self.action(text) {
                Ok(action) => actions.push(action),
                Err(problems) => doubt(Part::RecommendedActions, text, problems),
            }
        }
        Verified { root_cause, evidence, actions, ..verified }
    }

    /// The lines that an item of evidence quotes, and the chunks in which they stand. All that it quotes must be in what it cites; without a citation it may be anywhere in what was collected, since its
    /// place is known all the same.
    fn evidence(&self, item: &str) -> Result<(Vec<Quote>, BTreeSet<usize>), Vec<Problem>> {
        let (numbers, plain) = split_citations(item);
        let cited = self.chunks(&numbers)?;
        let marked: Vec<String> = quotations(&plain).iter().map(|q| q.text.trim().to_owned()).collect();
        let mut found = Vec::new();
        let mut problems = Vec::new();
        if marked.is_empty() {
            let after_colon = plain.match_indices(": ").map(|(at, colon)| &plain[at + colon.len()..]);
            let candidates: Vec<&str> =
                std::iter::once(plain.as_str()).chain(after_colon.take(4)).filter(|text| is_telling(text)).collect();
            let placed: Vec<Result<Place, Problem>> = candidates.iter().map(|text| self.place(text, &cited)).collect();
            match placed.iter().position(Result::is_ok) {
                Some(at) => found.extend(placed.into_iter().nth(at).and_then(Result::ok)),
                // The one that stands elsewhere tells more than the one that stands nowhere.
                None => problems.extend(
                    placed.into_iter().filter_map(Result::err).max_by_key(|p| matches!(p, Problem::Misplaced { .. })),
                ),
            }
        }
        for text in &marked {
            if is_telling(text) {
                match self.place(text, &cited) {
                    Ok(place) => found.push(place),
                    Err(_) if self.names_command(text, &cited) => {}
                    Err(problem) => problems.push(problem),
                }
            } else if !self.grounds(&cited).hold(text) {
                problems.push(Problem::NotInEvidence { quote: text.clone() });
            }
        }
        if found.is_empty() && problems.is_empty() {
            problems.push(Problem::NothingQuoted);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let holds = |place: &Place, chunk: &&Evidence| {
            chunk.document == place.document && chunk.start_line <= place.start_line && place.end_line <= chunk.end_line
        };
        let chunks = found.iter().flat_map(|place| self.sent.iter().filter(move |chunk| holds(place, chunk)));
        let chunks = chunks.map(|chunk| chunk.rank).collect();
        let quoted = |place: &Place| {
            quote(&self.documents[place.document].command, place.start_line, place.end_line, &place.text)
        };
        Ok((found.iter().map(quoted).collect(), chunks))
    }

    /// Whether a sentence of the root cause holds: all that it quotes, and each number, path, unit, address and code in it, is in what it cites (in what the answer's evidence proved, where it cites nothing), in a finding
    /// or in the facts. What it says is not there need not be. One that `continues` a sentence that holds is about the same.
    fn statement(&self, sentence: &str, proven: &BTreeSet<usize>, continues: bool) -> Result<Verdict, Vec<Problem>> {
        let numbers: Vec<usize> = citations(sentence).into_iter().map(|(_, number)| number).collect();
        let cited = match numbers.is_empty() {
            true if dismisses(sentence) => self.sent.iter().collect(),
            true => self.sent.iter().filter(|chunk| proven.contains(&chunk.rank)).collect(),
            false => self.chunks(&numbers)?,
        };
        let (mut problems, past) = self.references(sentence);
        let mut grounds = self.grounds(&cited);
        grounds.texts.extend(past.iter().map(|session| session.as_str()));
        let (quoted, rest) = (quotations(sentence), without_quotations(&without_citations(sentence)));
        let denied = denials(sentence);
        for quotation in &quoted {
            let text = quotation.text.trim();
            if !grounds.hold(text) && !self.names_command(text, &cited) {
                let problem = self.missing(text);
                let is_absent = is_within(quotation.text, sentence, &denied);
                problems.extend((!is_absent || !matches!(problem, Problem::NotInEvidence { .. })).then_some(problem));
            }
        }
        let denied = denials(&rest);
        let names_runbook = |word: &str| runbook_citations(sentence).any(|citation| citation == word);
        let found = particulars(&rest, sentence, &grounds.texts, self.names);
        let is_claimed = |word: &&str| !names_runbook(word) && !is_within(word, &rest, &denied);
        let missing = found.missing.into_iter().filter(is_claimed);
        problems.extend(missing.map(|what| Problem::Unsupported { what: what.to_owned() }));
        let grounds = Grounds { texts: grounds.texts.split_off(1) };
        // The name of the host and its facts are in every sentence's reach: they tie none to what it cites.
        let is_tied = !quoted.is_empty() || particulars(&rest, sentence, &grounds.texts, self.names).supported > 0;
        let unheard = grounds.unheard_of(&rest).into_iter().filter(is_claimed);
        problems.extend(unheard.map(|what| Problem::Unsupported { what: what.to_owned() }));
        if problems.is_empty() && !abstains(sentence) && denied.is_empty() && past.is_empty() {
            let of_findings = Grounds { texts: self.findings.iter().map(|finding| finding.cause.as_str()).collect() };
            if cited.is_empty() && (self.findings.is_empty() || !of_findings.are_related(sentence, self.question)) {
                problems.push(Problem::NoEvidence);
            } else if !is_tied && !continues && !grounds.are_related(&rest, self.question) {
                problems.push(Problem::Unrelated);
            }
        }
        match problems.is_empty() {
            true => Ok(if past.is_empty() { Verdict::Verified } else { Verdict::Past }),
            false => Err(problems),
        }
    }

    /// Whether a recommendation may stand: what it quotes was collected (code is a command to run, unless the text cites evidence), and what it would run names nothing that nobody spoke of.
    fn action(&self, text: &str) -> Result<Action, Vec<Problem>> {
        let numbers: Vec<usize> = citations(text).into_iter().map(|(_, number)| number).collect();
        self.chunks(&numbers)?;
        let (mut problems, _) = self.references(text);
        let (commands, of_commands) = self.advisor.judge(text);
        problems.extend(of_commands);
        let is_command =
            |code: &str| commands.iter().any(|advice| !advice.command.is_empty() && code.contains(&advice.command));
        let grounds = self.grounds(&self.sent.iter().collect::<Vec<_>>());
        let quoted = quotations(text);
        // Code is a command to run, in which quotation marks are the shell's, or a setting of a few words; what is longer is a line that somebody wrote.
        let is_setting = |code: &str| numbers.is_empty() && code.split_whitespace().count() < MIN_LINE_WORDS;
        let is_advice = |code: &Quotation<'_>| code.is_code && (is_setting(code.text) || is_command(code.text.trim()));
        let advised: Vec<_> = quoted.iter().filter(|code| is_advice(code)).map(|code| code.range(text)).collect();
        for quotation in &quoted {
            let (said, range) = (quotation.text.trim(), quotation.range(text));
            let is_advised = advised.iter().any(|code| code.start <= range.start && range.end <= code.end);
            let is_said = grounds.hold(said)
                || self.advisor.input.iter().any(|text| text.contains(said))
                || self.names_command(said, &[]);
            if !is_advised && !is_said && find(said, self.documents).is_none() {
                problems.push(Problem::NotInEvidence { quote: said.to_owned() });
            }
        }
        match problems.is_empty() {
            true => Ok(Action { text: text.to_owned(), runbook: None, commands }),
            false => Err(problems),
        }
    }

    /// What is wrong with the runbooks and past sessions that a text cites, and the sessions.
    fn references(&self, text: &str) -> (Vec<Problem>, Vec<&String>) {
        let is_given = |citation: &str| self.sections.iter().any(|section| section.citation == citation);
        let unknown = runbook_citations(text).filter(|citation| !is_given(citation));
        let mut problems: Vec<Problem> =
            unknown.map(|citation| Problem::NoSuchRunbook { citation: citation.to_owned() }).collect();
        let mut past = Vec::new();
        if speaks_of_the_past(text) && session_citations(text).is_empty() {
            problems.push(Problem::UncitedSession);
        }
        for (_, number) in session_citations(text) {
            match number.checked_sub(1).and_then(|index| self.sessions.get(index)) {
                Some(session) => past.push(session),
                None => problems.push(Problem::NoSuchSession { number }),
            }
        }
        (problems, past)
    }

    fn chunks(&self, numbers: &[usize]) -> Result<Vec<&Evidence>, Vec<Problem>> {
        let chunk = |&number: &usize| self.sent.iter().find(|chunk| chunk.rank == number);
        let unknown: Vec<Problem> = numbers
            .iter()
            .filter(|number| chunk(number).is_none())
            .map(|&number| Problem::NoSuchEvidence { number })
            .collect();
        if unknown.is_empty() { Ok(numbers.iter().filter_map(chunk).collect()) } else { Err(unknown) }
    }

    /// Where a quotation stands in the chunks that are cited; anywhere, when none is.
    fn place(&self, text: &str, cited: &[&Evidence]) -> Result<Place, Problem> {
        let in_chunk = |chunk: &Evidence| find_in(text, chunk, self.documents);
        let found = match cited.is_empty() {
            true => self.sent.iter().find_map(in_chunk).or_else(|| find(text, self.documents)),
            false => cited.iter().find_map(|chunk| in_chunk(chunk)),
        };
        found.ok_or_else(|| self.missing(text))
    }

    /// Why a quotation does not count: it stands elsewhere, or nowhere.
    fn missing(&self, text: &str) -> Problem {
        let quote = text.to_owned();
        match find(text, self.documents) {
            Some(place) => {
                let command = self.documents[place.document].command.clone();
                Problem::Misplaced { quote, command, line: place.start_line }
            }
            None => Problem::NotInEvidence { quote },
        }
    }

    /// Whether a text is a command that was run, of what is cited or of all that was sent.
    fn names_command(&self, text: &str, cited: &[&Evidence]) -> bool {
        let is_beginning = |chunk: &Evidence| chunk.command.starts_with(text);
        if cited.is_empty() {
            self.sent.iter().any(is_beginning)
        } else {
            cited.iter().any(|chunk| is_beginning(chunk))
        }
    }

    /// What a statement that cites these chunks may lean on: their lines, those included that were left out because they repeat others.
    fn grounds(&self, cited: &[&Evidence]) -> Grounds<'_> {
        let mut grounds = Grounds { texts: vec![self.facts] };
        for chunk in cited {
            let Some(chunk) = self.sent.iter().find(|sent| sent.rank == chunk.rank) else { continue };
            let document = &self.documents[chunk.document];
            grounds.texts.extend([
                chunk.text.as_str(),
                document.command.as_str(),
                lines(&document.text, chunk.start_line, chunk.end_line),
            ]);
        }
        for finding in self.findings {
            grounds.texts.push(&finding.cause);
            grounds.texts.extend(finding.evidence.iter().map(|proof| proof.text.as_str()));
        }
        grounds
    }
}

/// Whether `next` follows `last` in a paragraph of which both are pieces, with nothing but white space between them.
fn is_next(paragraph: &str, last: &str, next: &str) -> bool {
    let at = |piece: &str| (piece.as_ptr() as usize).wrapping_sub(paragraph.as_ptr() as usize);
    paragraph.get(at(last) + last.len()..at(next)).is_some_and(|between| between.trim().is_empty())
}

/// Lines `first` to `last` of a text, counted from 1.
fn lines(text: &str, first: usize, last: usize) -> &str {
    let mut starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts.nth(first.saturating_sub(1)).unwrap_or(text.len());
    let end = starts.nth(last.saturating_sub(first)).unwrap_or(text.len());
    text.get(start..end).unwrap_or_default()
}

/// The text without what stands in quotations.
fn without_quotations(text: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut copied = 0;
    for range in quotations(text).iter().map(|quotation| quotation.range(text)) {
        rest.push_str(text.get(copied..range.start).unwrap_or_default());
        rest.push(' ');
        copied = copied.max(range.end);
    }
    rest + &text[copied..]
}
