//! How much logs said, and how much of that was trouble, over time.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use tai_collect::Report;
use tai_engine::Diagnosis;
use tai_rag::severity;
use tai_runbook::{Clock, Observation, is_log};

use super::escaped;

/// Lines of this severity are errors.
const ERROR: f32 = 0.8;
/// Columns of the picture, at most.
const COLUMNS: i64 = 180;
/// Seconds that a column may stand for: a minute as long as they fit.
const STEPS: [i64; 11] = [60, 120, 300, 600, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400];
/// What is shown before the first sign of trouble.
const BEFORE: i64 = 1800;
/// How much earlier than the trouble a ticket's window begins: its cause is looked for there.
const MARGIN: SignedDuration = SignedDuration::from_hours(1);
/// The longest time that is shown.
const LONGEST: i64 = 60 * 86_400;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;

/// What happened in one column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Column {
    lines: u32,
    errors: u32,
}

/// The picture, with the numbers below it; empty where no line has a time.
pub(super) fn section(diagnosis: &Diagnosis, report: &Report) -> String {
    let Some(line) = TimeLine::of(diagnosis, report) else { return String::new() };
    line.html()
}

struct TimeLine {
    /// Seconds since 1970, a multiple of the step.
    start: i64,
    step: i64,
    columns: Vec<Column>,
    /// The time of the incident, in seconds since 1970.
    incident: Option<(i64, i64)>,
}

impl TimeLine {
    fn of(diagnosis: &Diagnosis, report: &Report) -> Option<Self> {
        let now = report.collected_at.as_deref().and_then(|at| at.parse().ok());
        let outputs: Vec<Observation<'_>> =
            report.evidence().map(|output| Observation { command: &output.command, text: &output.text }).collect();
        let clock = Clock::read(now, &outputs);
        let lines = times(&outputs, &clock);
        let (&first, &last) = (lines.keys().next()?, lines.keys().next_back()?);
        let incident = incident(diagnosis, report, &clock);
        let end = clock.now().map_or(last, Timestamp::as_second).max(last);
        let start = incident.map_or(last - 3 * 3600, |(from, _)| from - BEFORE).max(first).max(end - LONGEST).min(end);
        let step = STEPS.into_iter().find(|step| (end - start) / step < COLUMNS).unwrap_or(86_400);
        let start = start - start.rem_euclid(step);
        let count = usize::try_from((end - start) / step + 1).unwrap_or(1);
        let mut columns = vec![Column::default(); count];
        for (second, said) in lines.range(start..=end) {
            let Some(column) = usize::try_from((second - start) / step).ok().and_then(|i| columns.get_mut(i)) else {
                continue;
            };
            column.lines += said.lines;
            column.errors += said.errors;
        }
        Some(TimeLine { start, step, columns, incident })
    }

    fn html(&self) -> String {
        let TimeLine { step, columns, incident, .. } = self;
        let (lines, errors) = columns.iter().fold((0, 0), |(l, e), column| (l + column.lines, e + column.errors));
        let unit = match step {
            60 => "minute".to_owned(),
            step if *step < 3600 => format!("{} minutes", step / 60),
            3600 => "hour".to_owned(),
            step => format!("{} hours", step / 3600),
        };
        let label = format!(
            "{lines} lines of logs, {errors} of them errors, from {} to {}",
            self.when(0),
            self.when(columns.len())
        );
        let mut html = format!(
            "<section class=\"time\">\n<h2>Time Line</h2>\n<svg viewBox=\"0 0 {WIDTH} 150\" role=\"img\" aria-label=\"{}\">\n",
            escaped(&label)
        );
        if let Some((from, to)) = incident {
            let (x, end) = (self.x(*from), self.x(to + step));
            let _ = writeln!(
                html,
                "<rect class=\"incident\" x=\"{x:.1}\" y=\"0\" width=\"{:.1}\" height=\"{HEIGHT}\"/>",
                (end - x).max(2.0)
            );
        }
        let most = columns.iter().map(|column| column.lines).max().unwrap_or(0).max(1);
        let wide = WIDTH / columns.len() as f64;
        for (i, column) in columns.iter().enumerate().filter(|(_, column)| column.lines > 0) {
            let title = format!("{}: {} lines, {} errors", self.when(i), column.lines, column.errors);
            let _ = write!(html, "<g><title>{}</title>", escaped(&title));
            for (class, count) in [("volume", column.lines), ("errors", column.errors)] {
                // By square root: one error beside a thousand lines is seen.
                let high =
                    if count == 0 { 0.0 } else { (f64::from(count) / f64::from(most)).sqrt() * (HEIGHT - 4.0) + 2.0 };
                let (x, y, wide) = (i as f64 * wide, HEIGHT - high, (wide * 0.9).max(0.8));
                let _ = write!(
                    html,
                    "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.2}\" height=\"{high:.1}\"/>"
                );
            }
            html += "</g>\n";
        }
        let marks = [(0, "start"), (columns.len() / 2, "middle"), (columns.len(), "end")];
        // The middle of one column is its beginning.
        for (i, anchor) in marks.into_iter().filter(|(i, anchor)| *i > 0 || *anchor == "start") {
            let x = i as f64 * wide;
            let _ = writeln!(
                html,
                "<text x=\"{x:.1}\" y=\"142\" text-anchor=\"{anchor}\">{}</text>",
                escaped(&self.when(i))
            );
        }
        let incident = if incident.is_some() { " <span class=\"key incident\">incident</span>" } else { "" };
        let _ = write!(
            html,
            "</svg>\n<p class=\"legend\"><span class=\"key volume\">lines by {unit}, at most {most}</span> <span class=\"key errors\">errors: {errors}</span>{incident} \
             <small>Logs as far as they were collected; heights by square root; {}UTC.</small></p>\n",
            self.day().map(|day| format!("{day}, ")).unwrap_or_default()
        );
        html + &self.numbers() + "</section>\n"
    }

    /// The columns with errors as a table, for whoever cannot see the picture.
    fn numbers(&self) -> String {
        let rows: String = (0..).zip(&self.columns).filter(|(_, column)| column.errors > 0).fold(
            String::new(),
            |mut rows, (i, column)| {
                let _ = writeln!(
                    rows,
                    "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                    escaped(&self.when(i)),
                    column.lines,
                    column.errors
                );
                rows
            },
        );
        if rows.is_empty() {
            return rows;
        }
        format!(
            "<details>\n<summary>Times with errors</summary>\n<table class=\"numbers\">\n<tr><th>from</th><th>lines</th><th>errors</th></tr>\n{rows}</table>\n</details>\n"
        )
    }

    fn x(&self, second: i64) -> f64 {
        let whole = self.step as f64 * self.columns.len() as f64;
        ((second - self.start) as f64 / whole * WIDTH).clamp(0.0, WIDTH)
    }

    /// The time at which a column begins, with the day where there are several.
    fn when(&self, column: usize) -> String {
        let format = if self.day().is_some() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        self.at(column).strftime(format).to_string()
    }

    /// The day of all columns, where that is one.
    fn day(&self) -> Option<String> {
        let day = |column: usize| self.at(column).strftime("%Y-%m-%d").to_string();
        Some(day(0)).filter(|first| *first == day(self.columns.len()))
    }

    /// When a column begins.
    fn at(&self, column: usize) -> Timestamp {
        Timestamp::from_second(self.start + self.step * i64::try_from(column).unwrap_or(0)).unwrap_or_default()
    }
}

/// What logs said at each second. A line that several commands print is counted once.
fn times(outputs: &[Observation<'_>], clock: &Clock) -> BTreeMap<i64, Column> {
    let mut said: BTreeMap<i64, Column> = BTreeMap::new();
    let mut seen = HashSet::new();
    for line in outputs.iter().filter(|output| is_log(output.command)).flat_map(|output| output.text.lines()) {
        if !seen.insert(line) {
            continue;
        }
        let Some(at) = clock.time_of(line) else { continue };
        let column = said.entry(at.as_second()).or_default();
        column.lines += 1;
        column.errors += u32::from(severity(line) >= ERROR);
    }
    said
}

/// The time that the ticket speaks of; else that of the lines which the causes rest on.
fn incident(diagnosis: &Diagnosis, report: &Report, clock: &Clock) -> Option<(i64, i64)> {
    if let Some(window) = &report.window {
        let since = window.since.checked_add(MARGIN).ok()?;
        let until = window.until.or(clock.now())?;
        return Some((since.as_second(), until.max(since).as_second()));
    }
    let cited = |id: &String| diagnosis.root_cause.iter().any(|cause| cause.evidence.contains(id));
    let quotes = diagnosis.evidence.iter().filter(|quote| cited(&quote.id));
    let seconds = quotes.flat_map(|quote| quote.text.lines()).filter_map(|line| clock.time_of(line));
    let seconds: Vec<i64> = seconds.map(Timestamp::as_second).collect();
    Some((*seconds.iter().min()?, *seconds.iter().max()?))
}
