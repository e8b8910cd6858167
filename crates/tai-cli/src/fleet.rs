//! Several hosts at once: each its own result, in the order in which they were named.

use std::collections::BTreeMap;
use std::fmt::Write;

use futures_util::{StreamExt, stream};
use serde_json::json;

use crate::args::{Format, HostFlags};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::progress::{ProgressLine, Screen};
use crate::render::html;
use crate::terminal::width;
use crate::wire::Place;

/// What was found at one place.
pub(crate) struct Looked {
    pub(crate) exit: Exit,
    /// As it is printed.
    pub(crate) text: String,
    /// What came of it, in a line: the first cause, for example.
    pub(crate) gist: String,
}

/// The places to look at, and how to show them.
pub(crate) struct Fleet {
    places: Vec<Place>,
    parallel: usize,
    screen: Screen,
}

impl Fleet {
    pub(crate) fn new(flags: &HostFlags, screen: &Screen) -> Result<Self, Failure> {
        if flags.parallel == 0 {
            return Err(Failure::usage("--parallel needs a number of at least 1"));
        }
        Ok(Fleet { places: Place::all(flags)?, parallel: flags.parallel, screen: screen.clone() })
    }

    /// The only place, where there is but one.
    pub(crate) fn only(&self) -> Option<&Place> {
        if let [place] = self.places.as_slice() { Some(place) } else { None }
    }

    /// Where a place stands among those that were named.
    pub(crate) fn position(&self, place: &Place) -> Option<usize> {
        self.places.iter().position(|known| known == place)
    }

    /// The format for all: JSON of several hosts is one object a line, HTML one page.
    pub(crate) fn format(&self, format: Format) -> Format {
        match format {
            Format::Json if self.only().is_none() => Format::JsonLines,
            Format::Html if self.only().is_none() => Format::HtmlPart,
            format => format,
        }
    }

    /// The progress line of a place.
    pub(crate) fn line(&self, place: &Place) -> ProgressLine {
        let label = if self.only().is_some() { None } else { Some(place.name()) };
        self.screen.line(label.as_deref())
    }

    /// Looks at all of them, some at once, and writes what is found. What fails at the only place fails the command; where there are several, the others go on.
    pub(crate) async fn look<'a, F>(
        &'a self,
        format: Format,
        mut output: Output<'_>,
        look: impl Fn(&'a Place) -> F,
    ) -> Result<Exit, Failure>
    where
        F: Future<Output = Result<Looked, Failure>> + Send,
    {
        if let Some(place) = self.only() {
            let looked = look(place).await?;
            output.write(&looked.text, &self.screen)?;
            output.finish()?;
            return Ok(looked.exit);
        }
        let look_at = |(i, place)| {
            let looking = look(place);
            async move { (i, looking.await) }
        };
        let all: Vec<_> = self.places.iter().enumerate().map(look_at).collect();
        let mut looking = stream::iter(all).buffer_unordered(self.parallel);
        let (mut done, mut rows) = (BTreeMap::new(), Vec::new());
        if format == Format::HtmlPart {
            output.write(&html::begin(&format!("tai: {} hosts", self.places.len())), &self.screen)?;
        }
        while let Some((i, looked)) = looking.next().await {
            done.insert(i, looked);
            while let Some(looked) = done.remove(&rows.len()) {
                let name = self.places[rows.len()].name();
                let (text, row) = section(name, looked, format);
                output.write(&text, &self.screen)?;
                rows.push(row);
            }
        }
        drop(looking);
        match format {
            Format::Text | Format::Markdown => output.write(&table(&rows, format), &self.screen)?,
            Format::Html | Format::HtmlPart => {
                let rows: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.exit, row.gist.as_str())).collect();
                output.write(&(html::table(&rows) + html::END), &self.screen)?;
            }
            Format::Json | Format::JsonLines => self.screen.note(table(&rows, Format::Text).trim_end()),
        }
        output.finish()?;
        Ok(rows.iter().map(|row| row.exit).max().unwrap_or(Exit::Done))
    }
}

/// A line of the table at the end.
struct Row {
    name: String,
    exit: Exit,
    gist: String,
}

/// What is printed of one place among several.
fn section(name: String, looked: Result<Looked, Failure>, format: Format) -> (String, Row) {
    let (exit, body, gist) = match looked {
        Ok(Looked { exit, text, gist }) => (exit, text, gist),
        Err(failure) => {
            let body = match format {
                Format::Text | Format::Markdown => failure.message(),
                Format::Html | Format::HtmlPart => html::failed(&name, &failure),
                Format::Json | Format::JsonLines => failure_json(&name, &failure),
            };
            (failure.exit, body, failure.gist())
        }
    };
    let text = match format {
        Format::Text => format!("==== {name} ====\n\n{}\n\n", body.trim_end()),
        Format::Markdown if body.starts_with("# ") => format!("{}\n\n---\n\n", body.trim_end()),
        Format::Markdown => format!("# {name}\n\n{}\n\n---\n\n", body.trim_end()),
        Format::Html | Format::HtmlPart | Format::Json | Format::JsonLines => body,
    };
    (text, Row { name, exit, gist })
}

fn failure_json(name: &str, failure: &Failure) -> String {
    let causes = failure.causes();
    let (error, causes) = causes.split_first().map_or((String::new(), &[][..]), |(first, rest)| (first.clone(), rest));
    let object = json!({
        "schema": "tai.failure/1", "host": name, "exit_code": failure.exit.code(), "error": error, "causes": causes,
        "hint": failure.hint,
    });
    format!("{object}\n")
}

fn table(rows: &[Row], format: Format) -> String {
    let mut text = String::new();
    if format == Format::Markdown {
        text += "| host | result | cause |\n|---|---|---|\n";
        for Row { name, exit, gist } in rows {
            let _ = writeln!(text, "| {name} | {} | {} |", exit.word(), gist.replace('|', "\\|"));
        }
        return text;
    }
    let longest = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0);
    let names = longest(&mut rows.iter().map(|row| row.name.chars().count())).max(4);
    let results = longest(&mut rows.iter().map(|row| row.exit.word().len())).max(6);
    let left = width().saturating_sub(names + results + 4).max(20);
    let mut line = |name: &str, result: &str, cause: &str| {
        let cause = if cause.chars().count() > left {
            cause.chars().take(left - 1).chain(['…']).collect()
        } else {
            cause.to_owned()
        };
        let _ = writeln!(text, "{}", format!("{name:<names$}  {result:<results$}  {cause}").trim_end());
    };
    line("HOST", "RESULT", "CAUSE");
    for Row { name, exit, gist } in rows {
        line(name, exit.word(), gist);
    }
    text
}
