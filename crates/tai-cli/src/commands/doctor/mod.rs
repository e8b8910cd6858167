//! `tai doctor`: one file for each area that is looked at.

mod kept;
mod models;
mod ssh;
mod surroundings;

use serde::Serialize;
use serde_json::json;

use super::json_line;
use crate::args::Doctor;
use crate::exit::{Exit, Failure};
use crate::progress::Screen;
use crate::render;

/// Something that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    /// `ssh`, `model`, `meaning`, `kept`, `tai`, `terminal`.
    pub(crate) area: &'static str,
    pub(crate) state: State,
    /// What there is, in a line.
    pub(crate) found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
    /// What it means for the exit code, where it is a problem.
    #[serde(skip)]
    exit: Exit,
}

/// How it is with something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Fine,
    /// tai works, and could do more.
    Warning,
    /// Something will fail.
    Problem,
}

impl Finding {
    fn fine(area: &'static str, found: impl Into<String>) -> Self {
        Finding { area, state: State::Fine, found: found.into(), fix: None, exit: Exit::Done }
    }

    fn warning(area: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Finding { state: State::Warning, fix: Some(fix.into()), ..Finding::fine(area, found) }
    }

    fn problem(area: &'static str, exit: Exit, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Finding { state: State::Problem, exit, ..Finding::warning(area, found, fix) }
    }

    fn failure(area: &'static str, failure: &Failure) -> Self {
        let fix = failure.hint.clone().unwrap_or_else(|| "correct what the message names".to_owned());
        Finding::problem(area, failure.exit, tai_ssh::visible_line(failure.causes().join(": ")), fix)
    }
}

pub(crate) async fn doctor(args: Doctor, screen: Screen) -> Result<Exit, Failure> {
    let line = screen.line(None);
    line.show_text("looking at SSH".to_owned());
    let mut findings = ssh::look(&args);
    if args.no_model {
        line.show_text("looking at models".to_owned());
        findings.extend(models::meaning(&args).await);
    } else {
        line.show_text("asking the model for one word".to_owned());
        let (model, meaning) = tokio::join!(models::chat(&args), models::meaning(&args));
        findings.extend(model.into_iter().chain(meaning));
    }
    findings.extend(models::directories());
    line.show_text("reading what is kept".to_owned());
    findings.extend(kept::look());
    findings.extend(surroundings::look());
    drop(line);
    let exit = findings.iter().map(|finding| finding.exit).max().unwrap_or(Exit::Done);
    screen.print(&if args.json {
        let version = env!("CARGO_PKG_VERSION");
        json_line(
            &json!({"schema": "tai.doctor/1", "version": version, "exit_code": exit.code(), "findings": findings}),
        )?
    } else {
        render::doctor(&findings)
    })?;
    Ok(exit)
}
