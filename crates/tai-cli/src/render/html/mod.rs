//! The report as one HTML file: no script, nothing from elsewhere, readable on paper and on a telephone.

mod bars;
mod evidence;
mod timeline;

use std::fmt::Write;

use tai_collect::Report;
use tai_engine::{Cause, Diagnosis, Verdict};
use tai_ssh::visible;

use super::{NO_ACTION, NO_CAUSE, PAST, UNVERIFIED, authorship, cost, doubts, effect, prior};
use crate::exit::{Exit, Failure};

const STYLE: &str = include_str!("style.css");
/// Nothing is loaded, and nothing runs, whatever the page holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The whole page of one host.
pub(super) fn page(diagnosis: &Diagnosis, report: &Report) -> String {
    let title = format!("{}: {}", diagnosis.host, diagnosis.question);
    begin(&title) + &article(diagnosis, report) + END
}

/// The beginning of a page, up to its first article.
pub(crate) fn begin(title: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escaped(title)
    )
}

/// The end of a page.
pub(crate) const END: &str = "</main>\n</body>\n</html>\n";

/// The part of one host.
pub(super) fn article(diagnosis: &Diagnosis, report: &Report) -> String {
    let mut html = String::from("<article>\n");
    head(&mut html, diagnosis);
    causes(&mut html, diagnosis);
    html += &timeline::section(diagnosis, report);
    evidence::section(&mut html, diagnosis, report);
    actions(&mut html, diagnosis);
    besides(&mut html, diagnosis);
    bars::section(&mut html, diagnosis, report);
    let _ = write!(
        html,
        "<footer>\n<p>{}</p>\n<p>Cost to the host: {}.</p>\n</footer>\n</article>\n",
        escaped(&authorship(diagnosis)),
        escaped(&cost(&diagnosis.footprint))
    );
    html
}

/// The part of a host that could not be looked at.
pub(crate) fn failed(name: &str, failure: &Failure) -> String {
    format!(
        "<article>\n<header>\n<h1>{}</h1>\n</header>\n<pre>{}</pre>\n</article>\n",
        escaped(name),
        escaped(&failure.message())
    )
}

/// The table of several hosts: name, how it ended, the first cause.
pub(crate) fn table(rows: &[(&str, Exit, &str)]) -> String {
    let mut html = String::from(
        "<section class=\"hosts\">\n<h2>All Hosts</h2>\n<table>\n<tr><th>Host</th><th>Result</th><th>Cause</th></tr>\n",
    );
    for (name, exit, gist) in rows {
        let _ = writeln!(html, "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", escaped(name), exit.word(), escaped(gist));
    }
    html + "</table>\n</section>\n"
}

fn head(html: &mut String, diagnosis: &Diagnosis) {
    let when = diagnosis.collected_at.as_deref().map(|at| format!(" · collected {}", escaped(at))).unwrap_or_default();
    let _ = write!(
        html,
        "<header>\n<p class=\"host\"><strong>{}</strong> · {}{when}</p>\n<h1>{}</h1>\n</header>\n",
        escaped(&diagnosis.host),
        escaped(&diagnosis.os),
        escaped(&diagnosis.question)
    );
}

fn causes(html: &mut String, diagnosis: &Diagnosis) {
    *html += "<section class=\"causes\">\n<h2>Root Cause</h2>\n";
    if diagnosis.root_cause.is_empty() {
        let _ = writeln!(html, "<p>{NO_CAUSE}</p>");
    } else {
        *html += "<ul>\n";
        diagnosis.root_cause.iter().for_each(|cause| self::cause(html, diagnosis, cause));
        *html += "</ul>\n";
    }
    *html += "</section>\n";
}

fn cause(html: &mut String, diagnosis: &Diagnosis, cause: &Cause) {
    let severity = cause.severity.map(|severity| severity.to_string());
    let class = severity.as_deref().unwrap_or("said");
    let badge = severity
        .as_ref()
        .map(|severity| format!("<span class=\"badge {class}\">{severity}</span> "))
        .unwrap_or_default();
    let past = if cause.verdict == Verdict::Past { format!(" <em>({PAST})</em>") } else { String::new() };
    let cited = cause.evidence.iter().filter(|id| diagnosis.evidence.iter().any(|quote| quote.id == **id));
    let links: String =
        cited.map(|id| format!(" <a class=\"cite\" href=\"#{}\">{}</a>", anchor(diagnosis, id), escaped(id))).collect();
    let _ = writeln!(html, "<li class=\"{class}\">{badge}{}{past}{links}</li>", inline(&cause.text));
}

fn actions(html: &mut String, diagnosis: &Diagnosis) {
    *html += "<section>\n<h2>Recommended Actions</h2>\n";
    if diagnosis.recommended_actions.is_empty() {
        let _ = writeln!(html, "<p>{NO_ACTION}</p>\n</section>");
        return;
    }
    *html += "<ol>\n";
    for action in &diagnosis.recommended_actions {
        let effect = effect(action).map(|effect| {
            let class = if effect.starts_with("only") { "reads" } else { "changes" };
            format!(" <span class=\"badge {class}\">{}</span>", escaped(&effect))
        });
        let runbook = action.runbook.as_ref().map(|runbook| format!(" <small>{}</small>", escaped(runbook)));
        let _ = writeln!(
            html,
            "<li>{}{}{}</li>",
            inline(&action.text),
            effect.unwrap_or_default(),
            runbook.unwrap_or_default()
        );
    }
    *html += "</ol>\n</section>\n";
}

/// What is beside the answer: what does not hold, what was asked for, what was found another time, what is missing.
fn besides(html: &mut String, diagnosis: &Diagnosis) {
    let mut list = |heading: &str, note: &str, is_open: bool, items: Vec<String>| {
        if items.is_empty() {
            return;
        }
        let open = if is_open { " open" } else { "" };
        let _ = writeln!(
            html,
            "<section>\n<details{open}>\n<summary><h2>{heading}</h2> <small>{}</small></summary>",
            items.len()
        );
        if !note.is_empty() {
            let _ = writeln!(html, "<p class=\"warning\">{note}</p>");
        }
        let items: String = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
        let _ = writeln!(html, "<ul>\n{items}</ul>\n</details>\n</section>");
    };
    let unverified = diagnosis.unverified.iter().map(|statement| {
        format!(
            "<em>{}:</em> {} <small>(why: {})</small>",
            statement.part,
            inline(&statement.text),
            escaped(&doubts(statement))
        )
    });
    list("Unverified", UNVERIFIED, true, unverified.collect());
    let requests = diagnosis.requests.iter();
    let requests = requests.map(|request| {
        format!("<code>{}</code>: {}", escaped(&request.command), escaped(&request.outcome.to_string()))
    });
    list("Asked for by the Model", "", false, requests.collect());
    list(
        "Prior Sessions",
        "",
        false,
        diagnosis.prior_sessions.iter().map(|session| escaped(&prior(session))).collect(),
    );
    let gaps =
        diagnosis.gaps.iter().map(|gap| format!("<code>{}</code>: {}", escaped(&gap.command), escaped(&gap.reason)));
    list("Not Collected", "", false, gaps.collect());
}

/// The place of a quotation on the page, which may have several hosts.
fn anchor(diagnosis: &Diagnosis, id: &str) -> String {
    let host: String = diagnosis.host.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    escaped(&format!("{host}-{id}"))
}

/// Text with its code spans; all else of Markdown stays as it is written.
fn inline(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('`') {
        let marks = 1 + behind.len() - behind.trim_start_matches('`').len();
        let (fence, behind) = ("`".repeat(marks), &behind[marks - 1..]);
        let Some((code, after)) = behind.split_once(fence.as_str()) else { break };
        let _ = write!(html, "{}<code>{}</code>", escaped(before), escaped(code.trim()));
        rest = after;
    }
    html + &escaped(rest)
}

/// Text of a host, a model or a person as text, wherever it stands in a page. Nothing in it is markup, and what cannot be seen is shown.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in visible(text.as_bytes().to_vec()).chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("<script>'\"&\u{1b}[31m\u{202e}"), "&lt;script&gt;&#39;&quot;&amp;\u{fffd}");
        assert_eq!(
            inline("run `a <b>` & ``c ` d`` or ` e"),
            "run <code>a &lt;b&gt;</code> &amp; <code>c ` d</code> or ` e"
        );
        assert_eq!(inline("`</code><script>`"), "<code>&lt;/code&gt;&lt;script&gt;</code>");
        assert_eq!(inline("```"), "```");
    }
}
