use tai_engine::{Investigation, Options, Start};
use tai_runbook::Library;

use super::{completeness, issue, json_line};
use crate::args::Retrieve;
use crate::exit::{Exit, Failure};
use crate::progress::ProgressLine;
use crate::terminal::print;
use crate::wire::host_flags;
use crate::{render, wire};

pub(crate) async fn retrieve(args: Retrieve) -> Result<Exit, Failure> {
    let issue = issue(&args.issue)?;
    let policy = wire::policy()?;
    let progress = ProgressLine::new();
    let wired = wire::host(host_flags!(args), &progress).await?;
    let start = Start {
        host: &*wired.host,
        policy: &policy,
        runbooks: Library::new(),
        issue: &issue,
        background: wired.background,
        save: None,
        options: Options::default(),
    };
    let investigation = Investigation::start(start, &|event| progress.show(event)).await?;
    let evidence = investigation.retrieve(&issue, args.top_k);
    progress.clear();
    if args.json {
        print(&evidence.iter().map(json_line).collect::<Result<String, _>>()?)?;
    } else {
        print(&render::evidence(&evidence))?;
    }
    // What a capture could not be given when it was taken is told by `tai run`; here nothing was collected.
    Ok(if args.replay.is_none() { completeness(investigation.report()) } else { Exit::Done })
}
