use std::fmt::Write;

use serde_json::{Value, json};
use tai_ssh::visible_line;
use tai_store::Session;
use textwrap::fill;

use crate::terminal::width;
use crate::when::{ago, minute, rfc3339};

/// A session as an object, schema `tai.session/1`.
pub(crate) fn session_json(session: &Session) -> Value {
    let outcome = session.outcome.as_ref();
    json!({
        "schema": "tai.session/1", "id": session.id, "time": rfc3339(session.at), "host": session.host,
        "issue": session.issue, "categories": session.categories, "root_cause": session.root_cause,
        "evidence": session.evidence, "actions": session.actions, "model": session.model,
        "outcome": outcome.map(|it| json!({"fixed": it.fixed, "note": it.note, "time": rfc3339(it.at)})),
    })
}

/// A table of sessions; `of` is how many there are in all.
pub(crate) fn sessions(sessions: &[Session], of: usize, now: i64) -> String {
    if of == 0 {
        return "no session\n".to_owned();
    }
    let mut rows = vec![["ID", "WHEN", "HOST", "OUTCOME", "ISSUE: CAUSE"].map(str::to_owned)];
    rows.extend(sessions.iter().map(|session| {
        let outcome = session.outcome.as_ref().map_or("-", |it| if it.fixed { "fixed" } else { "not fixed" });
        let cause = session.root_cause.first().map_or("no cause was found", String::as_str);
        [
            session.id.clone(),
            ago(session.at, now),
            visible_line(session.host.clone()),
            outcome.to_owned(),
            visible_line(format!("{}: {cause}", session.issue)),
        ]
    }));
    let longest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [id, when, host, outcome] = std::array::from_fn(longest);
    let left = width().saturating_sub(id + when + host + outcome + 8).max(30);
    let mut text = String::new();
    for [a, b, c, d, gist] in &rows {
        let gist = match gist.char_indices().nth(left) {
            Some(_) => gist.chars().take(left - 1).chain(['…']).collect(),
            None => gist.clone(),
        };
        let _ = writeln!(text, "{a:<id$}  {b:<when$}  {c:<host$}  {d:<outcome$}  {gist}");
    }
    if of > sessions.len() {
        let _ = writeln!(text, "and {} more; --limit {of} shows all", of - sessions.len());
    }
    text
}

/// All that is kept of a session.
pub(crate) fn session(session: &Session, now: i64) -> String {
    let line = |text: &str| visible_line(text.to_owned());
    let mut text = format!("{}, {} UTC, {}\n", session.id, minute(session.at), ago(session.at, now));
    let _ = writeln!(text, "{}", fill(&format!("Host: {}", line(&session.host)), width()));
    let _ = writeln!(text, "{}", fill(&format!("Issue: {}", line(&session.issue)), width()));
    if !session.categories.is_empty() {
        let _ = writeln!(text, "Categories: {}", session.categories.join(", "));
    }
    let by = session.model.as_ref().map_or("no model".to_owned(), |model| line(model));
    let _ = writeln!(text, "Answered by: {by}");
    let outcome = session.outcome.as_ref().map(crate::commands::outcome);
    let _ = writeln!(text, "Outcome: {}", outcome.map_or("not said".to_owned(), |outcome| line(&outcome)));
    for (title, items) in parts(session) {
        let _ = writeln!(text, "\n{title}");
        for item in items {
            let options = textwrap::Options::new(width()).initial_indent("  - ").subsequent_indent("    ");
            let _ = writeln!(text, "{}", fill(&line(item), options.break_words(false)));
        }
    }
    text
}

/// Sessions as a report in Markdown.
pub(crate) fn sessions_markdown(sessions: &[Session]) -> String {
    let mut text = format!("# Sessions ({})\n", sessions.len());
    for session in sessions {
        let _ = write!(text, "\n## {}: {}\n\n", plain(&session.host), plain(&session.issue));
        let _ = writeln!(text, "- Id: {}, {} UTC", session.id, minute(session.at));
        let _ = writeln!(text, "- Categories: {}", session.categories.join(", "));
        let _ =
            writeln!(text, "- Answered by: {}", session.model.as_ref().map_or("no model".to_owned(), |it| plain(it)));
        let outcome = session.outcome.as_ref().map(crate::commands::outcome);
        let _ = writeln!(text, "- Outcome: {}", outcome.map_or("not said".to_owned(), |outcome| plain(&outcome)));
        for (title, items) in parts(session) {
            let _ = write!(text, "\n### {title}\n\n");
            for item in items {
                let _ = writeln!(text, "- {}", plain(item));
            }
        }
    }
    text
}

/// Text of a host on one line, in which no Markdown means anything.
fn plain(text: &str) -> String {
    super::markdown::plain(&visible_line(text.to_owned()))
}

fn parts(session: &Session) -> impl Iterator<Item = (&'static str, &Vec<String>)> {
    let parts = [
        ("Root Cause", &session.root_cause),
        ("Evidence", &session.evidence),
        ("Recommended Actions", &session.actions),
    ];
    parts.into_iter().filter(|(_, items)| !items.is_empty())
}
