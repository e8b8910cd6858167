//! Quotations: of findings, of chunks, of a model.

use tai_runbook::Finding;

use crate::diagnosis::{Quote, Verdict};
use crate::prompt::Prompt;
use crate::verify::{Source, find_item};

/// The first and the last line that prove each finding.
pub(crate) fn proofs(findings: &[&Finding]) -> Vec<Quote> {
    let mut quotes = Vec::new();
    for finding in findings {
        let shown = finding.evidence.len().min(2);
        let ends = finding.evidence.first().into_iter().chain(finding.evidence.get(1..).and_then(<[_]>::last));
        for (i, proof) in ends.enumerate() {
            let mut quoted = quote(&proof.command, proof.line, proof.line, &proof.text);
            quoted.count = (i == 0 && finding.count > shown).then_some(finding.count);
            push_distinct(&mut quotes, quoted);
        }
    }
    quotes
}

/// A quotation that is where it says.
pub(crate) fn quote(command: &str, start_line: usize, end_line: usize, text: &str) -> Quote {
    Quote {
        id: String::new(),
        command: Some(command.to_owned()),
        start_line: Some(start_line),
        end_line: Some(end_line),
        text: text.to_owned(),
        count: None,
        verdict: Verdict::Verified,
    }
}

/// An item of a model's evidence, with its place; as the model wrote it when it has none.
pub(crate) fn quote_of(item: &str, sources: &[Source]) -> Quote {
    match find_item(item, sources) {
        Some(place) => quote(&sources[place.source].command, place.start_line, place.end_line, &place.text),
        None => Quote {
            id: String::new(),
            command: None,
            start_line: None,
            end_line: None,
            text: item.to_owned(),
            count: None,
            verdict: Verdict::NotFound,
        },
    }
}

/// What a model's citation of the prompt's chunk of this number becomes: the report's quotation that lies in the chunk, else the place of the chunk.
pub(crate) fn cited(number: usize, prompt: &Prompt, quotes: &[Quote]) -> String {
    let Some(chunk) = prompt.evidence.iter().find(|chunk| chunk.rank == number) else {
        return "[no such evidence]".to_owned();
    };
    let lines = chunk.start_line..=chunk.end_line;
    let lies_in = |quote: &Quote| {
        quote.command.as_ref() == Some(&chunk.command) && quote.start_line.is_some_and(|line| lines.contains(&line))
    };
    match quotes.iter().position(lies_in) {
        Some(index) => format!("[E{}]", index + 1),
        None => format!("[{}, lines {} to {}]", chunk.command, chunk.start_line, chunk.end_line),
    }
}

/// Adds a quotation unless the same message is there: the same place, or text that differs only in digits, in spaces, and in what a log puts before it (`TIME HOST PROGRAM[PID]: `).
pub(crate) fn push_distinct(quotes: &mut Vec<Quote>, quote: Quote) {
    let message = |q: &Quote| {
        let said = q.text.split_once("]: ").map_or(q.text.as_str(), |(_, said)| said);
        said.chars().filter(|c| !c.is_ascii_digit() && !c.is_whitespace()).collect::<String>()
    };
    let same_place = |q: &Quote| q.command == quote.command && q.start_line == quote.start_line;
    if !quotes.iter().any(|q| same_place(q) || message(q) == message(&quote)) {
        quotes.push(quote);
    }
}
