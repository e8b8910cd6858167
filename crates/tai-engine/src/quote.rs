//! Quotations: of findings, of chunks, of a model.

use tai_rag::Evidence;
use tai_runbook::Finding;

use crate::diagnosis::{Quote, Verdict};
use crate::prompt::Prompt;
use crate::verify::citations;

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
        command: command.to_owned(),
        start_line,
        end_line,
        text: text.to_owned(),
        count: None,
        verdict: Verdict::Verified,
        bytes: None,
        sha256: None,
    }
}

/// What a model's citation of the prompt's chunk of this number becomes: the report's quotation that lies in the chunk, else the place of the chunk.
pub(crate) fn cited(number: usize, prompt: &Prompt, quotes: &[Quote]) -> String {
    let Some(chunk) = prompt.evidence.iter().find(|chunk| chunk.rank == number) else {
        return "[no such evidence]".to_owned();
    };
    match quotes.iter().position(|quote| lies_in(quote, chunk)) {
        Some(index) => format!("[E{}]", index + 1),
        None => format!("[{}, lines {} to {}]", chunk.command, chunk.start_line, chunk.end_line),
    }
}

/// The ids of the quotations that lie in the chunks that a text cites.
pub(crate) fn citing(text: &str, prompt: &Prompt, quotes: &[Quote]) -> Vec<String> {
    let chunks: Vec<&Evidence> = citations(text)
        .into_iter()
        .filter_map(|(_, number)| prompt.evidence.iter().find(|chunk| chunk.rank == number))
        .collect();
    let is_cited = |quote: &&Quote| chunks.iter().any(|chunk| lies_in(quote, chunk));
    quotes.iter().filter(is_cited).map(|quote| quote.id.clone()).collect()
}

fn lies_in(quote: &Quote, chunk: &Evidence) -> bool {
    quote.command == chunk.command && (chunk.start_line..=chunk.end_line).contains(&quote.start_line)
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
