//! What was asked and answered before, as a prompt tells it: the last answers as they were, older ones by what they established.

use std::fmt::Write;

use tai_llm::Message;

use crate::Diagnosis;
use crate::prompt::{beginning, count};

/// Causes of an older answer that are told, and quotations that prove them.
const MAX_CAUSES: usize = 2;
const MAX_PROOFS: usize = 3;

/// A question that a model has answered.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) question: String,
    /// As the model wrote it.
    answer: String,
    /// What of it was verified, and where that stands.
    established: String,
}

impl Exchange {
    pub(crate) fn of(question: &str, answer: String, diagnosis: &Diagnosis) -> Self {
        Exchange { question: question.to_owned(), answer, established: established(diagnosis) }
    }
}

/// What of a diagnosis holds, in lines: causes, each line that proves one with its command and number, runbooks.
///
/// The numbers of evidence are left out: another prompt numbers its evidence anew.
fn established(diagnosis: &Diagnosis) -> String {
    let mut told = String::new();
    let causes = &diagnosis.root_cause[..diagnosis.root_cause.len().min(MAX_CAUSES)];
    for cause in causes {
        let _ = writeln!(told, "found: {}", beginning(without_citations(&cause.text).trim()));
    }
    let cited = |id: &String| causes.iter().any(|cause| cause.evidence.contains(id));
    let (proofs, others): (Vec<_>, Vec<_>) = diagnosis.evidence.iter().partition(|quote| cited(&quote.id));
    for quote in proofs.into_iter().chain(others).take(MAX_PROOFS) {
        let line = quote.text.lines().next().unwrap_or_default();
        let _ =
            writeln!(told, "proved by line {} of {}: {}", quote.start_line, beginning(&quote.command), beginning(line));
    }
    if let Some(runbook) = causes.iter().find_map(|cause| cause.runbook.as_ref()) {
        let _ = writeln!(told, "runbook: {runbook}");
    }
    told
}

/// A statement without its `[E1]`, `[P1]`.
fn without_citations(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once('[') {
        let end = after.find(']').filter(|end| {
            let mut items = after[..*end].split([',', ' ']).filter(|item| !item.is_empty()).peekable();
            let is_number = |item: &str| {
                item.strip_prefix(['E', 'P']).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            };
            items.peek().is_some() && items.all(is_number)
        });
        match end {
            Some(end) => {
                kept.push_str(before.trim_end_matches(' '));
                rest = &after[end + 1..];
            }
            None => {
                let _ = write!(kept, "{before}[");
                rest = after;
            }
        }
    }
    kept + rest
}

/// The conversation so far, in so many tokens: the last questions with their answers as messages, and what older ones established, newest last.
pub(crate) fn history(exchanges: &[Exchange], budget: usize) -> (Vec<Message>, String) {
    let mut left = budget;
    let fits = |tokens: usize, left: &mut usize| {
        let fits = tokens <= *left;
        *left -= if fits { tokens } else { 0 };
        fits
    };
    let mut whole = 0;
    for Exchange { question, answer, .. } in exchanges.iter().rev() {
        if !fits(count(question) + count(answer), &mut left) {
            break;
        }
        whole += 1;
    }
    let (older, recent) = exchanges.split_at(exchanges.len() - whole);
    let mut told: Vec<String> = Vec::new();
    for Exchange { question, established, .. } in older.iter().rev() {
        let text = format!("asked: {}\n{established}", beginning(question));
        if !fits(count(&text), &mut left) {
            break;
        }
        told.push(text);
    }
    told.reverse();
    let messages = recent
        .iter()
        .flat_map(|Exchange { question, answer, .. }| [Message::user(question), Message::assistant(answer)]);
    (messages.collect(), told.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(question: &str, answer: &str, established: &str) -> Exchange {
        Exchange { question: question.into(), answer: answer.into(), established: established.into() }
    }

    #[test]
    fn the_last_answers_stay_and_older_ones_are_told_by_what_they_established() {
        let exchanges = [
            exchange("first?", &"long ".repeat(200), "found: a\n"),
            exchange("second?", &"long ".repeat(200), "found: b\n"),
            exchange("third?", "short", "found: c\n"),
        ];
        let (messages, told) = history(&exchanges, 60);
        assert_eq!(messages, [Message::user("third?"), Message::assistant("short")]);
        assert_eq!(told, "asked: first?\nfound: a\nasked: second?\nfound: b\n");
        assert_eq!(history(&exchanges, 10_000).0.len(), 6);
        assert_eq!(history(&exchanges, 0), (vec![], String::new()));
    }

    #[test]
    fn citations_of_another_prompt_are_left_out() {
        let cases = [
            ("The disk is full [E1].", "The disk is full."),
            ("a [E1, E2] [P1] b", "a b"),
            ("unit[2] has a [bracket", "unit[2] has a [bracket"),
            ("[]", "[]"),
        ];
        for (text, expect) in cases {
            assert_eq!(without_citations(text), expect);
        }
    }
}
