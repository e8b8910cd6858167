use std::fmt::Write;
use std::ops::RangeInclusive;

use tai_collect::Report;
use tai_engine::{Diagnosis, Quote};

use super::super::{NO_EVIDENCE, place};
use super::{anchor, escaped};

/// Lines round a quotation that are shown as well.
const AROUND: usize = 3;
/// Quotations that are folded out at once.
const OPEN: usize = 3;

/// The quotations, each with its lines by number and those round it.
pub(super) fn section(html: &mut String, diagnosis: &Diagnosis, report: &Report) {
    *html += "<section class=\"evidence\">\n<h2>Evidence</h2>\n";
    if diagnosis.evidence.is_empty() {
        let _ = writeln!(html, "<p>{NO_EVIDENCE}</p>");
    }
    for (i, quote) in diagnosis.evidence.iter().enumerate() {
        let open = if i < OPEN { " open" } else { "" };
        let count = quote.count.map(|n| format!(" <small>the first of {n}</small>")).unwrap_or_default();
        let _ = write!(
            html,
            "<details{open} id=\"{}\">\n<summary><span class=\"cite\">{}</span> <code>{}</code>{count}</summary>\n<table class=\"lines\">\n",
            anchor(diagnosis, &quote.id),
            escaped(&quote.id),
            escaped(&place(quote))
        );
        lines(html, quote, report);
        *html += "</table>\n</details>\n";
    }
    *html += "</section>\n";
}

fn lines(html: &mut String, quote: &Quote, report: &Report) {
    let quoted = quote.start_line..=quote.end_line;
    let output = report.collected.iter().find(|collected| collected.command == quote.command);
    let Some(output) = output.filter(|output| holds(&output.text, quote)) else {
        // Standard error, or a command that ran twice.
        quote.text.lines().zip(quote.start_line..).for_each(|(line, number)| row(html, number, line, true));
        return;
    };
    let shown = around(&quoted);
    let numbered = output.text.lines().zip(1..);
    for (line, number) in numbered.skip(shown.start() - 1).take(shown.clone().count()) {
        row(html, number, line, quoted.contains(&number));
    }
}

fn holds(text: &str, quote: &Quote) -> bool {
    let first = quote.text.lines().next().unwrap_or_default().trim_end();
    text.lines().nth(quote.start_line.saturating_sub(1)).is_some_and(|line| line.trim_end() == first)
}

fn around(quoted: &RangeInclusive<usize>) -> RangeInclusive<usize> {
    quoted.start().saturating_sub(AROUND).max(1)..=quoted.end() + AROUND
}

fn row(html: &mut String, number: usize, line: &str, is_quoted: bool) {
    let class = if is_quoted { " class=\"quoted\"" } else { "" };
    let _ = writeln!(html, "<tr{class}><th>{number}</th><td>{}</td></tr>", escaped(line));
}
