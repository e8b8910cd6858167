use std::collections::BTreeSet;

use tai_ssh::{Ending, Host, Limits, Policy};

use crate::follow::first_targets;
use crate::parse::complete;
use crate::plan::Situation;
use crate::run::{Course, Progress, Run, Scope};
use crate::{Collected, Error, Report, Ticket, Window};

/// Bytes of a line that are read as a command: nobody asks for a longer one in earnest.
const MAX_BYTES: usize = 4096;

/// What came of a command that somebody asked for besides the plan.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "state", content = "reason", rename_all = "snake_case")]
pub enum Asked {
    /// It ran; what came of it is in the report.
    Ran,
    /// It was asked, and gave nothing or not all: why.
    Missing(String),
    /// It had run before.
    Known,
    /// The policy denies it: why, and what to do instead.
    Denied(String),
}

/// Runs a command that nobody planned, if the policy allows it, and adds what comes of it to the report. `reason` is what the report says of why it ran.
///
/// # Errors
///
/// When the host is lost. A command that fails is part of the report.
pub async fn look_further(
    host: &dyn Host,
    policy: &Policy,
    report: &mut Report,
    line: &str,
    reason: &str,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Asked, Error> {
    let line = line.trim();
    if line.len() > MAX_BYTES {
        return Ok(Asked::Denied(format!("a command of more than {MAX_BYTES} bytes")));
    }
    let command = match policy.check(line) {
        Ok(command) => command,
        Err(denied) => {
            let hint = policy.explain(line).hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            return Ok(Asked::Denied(format!("{denied}{hint}")));
        }
    };
    let shown = tai_ssh::visible_line(command.to_string());
    // What the connection broke off is asked anew.
    let is_lost = |c: &Collected| c.command == shown && matches!(c.ending, Ending::Lost { .. });
    if report.collected.iter().any(is_lost) {
        report.collected.retain(|c| !is_lost(c));
        report.readings.retain(|reading| reading.command != shown);
        report.unread.retain(|unread| unread.command != shown);
    }
    if report.collected.iter().any(|collected| collected.command == shown) {
        return Ok(Asked::Known);
    }
    let mut run = Run::new(host, policy, None, progress);
    run.collected_at.clone_from(&report.collected_at);
    progress(Progress::Planned(1));
    let output = run.run_one(&command, &Limits::default()).await?;
    run.add(command.to_string(), output, String::new(), reason.to_owned(), true);
    let gap = run.collected.last().and_then(Collected::gap);
    report.collected.append(&mut run.collected);
    report.readings.append(&mut run.readings);
    report.unread.append(&mut run.unread);
    Ok(gap.map_or(Asked::Ran, Asked::Missing))
}

/// The report with everything besides that a further ticket calls for: what ran before does not run again. The report itself stays as it is, so giving this up loses
/// nothing.
///
/// # Errors
///
/// When the host is lost.
pub async fn collect_further(
    host: &dyn Host,
    policy: &Policy,
    report: &Report,
    ticket: Ticket,
    scope: &Scope,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, Error> {
    let mut run = Run::new(host, policy, None, progress);
    run.collected_at.clone_from(&report.collected_at);
    run.collected.clone_from(&report.collected);
    run.readings.clone_from(&report.readings);
    run.unread.clone_from(&report.unread);
    let mut course = Course {
        facts: report.facts.clone(),
        targets: first_targets(&ticket, &report.facts),
        window: Window::find(&ticket.text, &report.facts).or_else(|| report.window.clone()),
        refused: report.refused.clone(),
        left_out: Vec::new(),
        ticket,
    };
    let situation = Situation {
        ticket: &course.ticket,
        targets: &course.targets,
        facts: &course.facts,
        window: course.window.as_ref(),
        shown: &[],
        missing: &BTreeSet::new(),
    };
    let plan = run.plan(&situation, scope, 0);
    run.rounds(plan, &mut course, scope).await?;
    complete(&mut run.readings, &course.facts);
    Ok(Report {
        facts: course.facts,
        collected: run.collected,
        refused: course.refused,
        left_out: course.left_out,
        readings: run.readings,
        unread: run.unread,
        ..report.clone()
    })
}
