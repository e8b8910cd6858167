use tai_collect::Ticket;

use super::captures::Captures;
use super::{asked, completeness};
use crate::args::{Collect, Format};
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, Looked};
use crate::output::Output;
use crate::progress::Screen;
use crate::wire::{Opener, Place};
use crate::{render, wire};

pub(crate) async fn collect(args: Collect, screen: Screen) -> Result<Exit, Failure> {
    let flags = wire::with_environment(args.where_to_look());
    let (issue, flags) = asked(&args.issue, args.ticket.as_deref(), flags)?;
    let policy = wire::logged_policy(flags.policy_log.as_deref(), &screen)?;
    let scope = wire::scope(&policy, &args.dir)?;
    let fleet = &Fleet::new(&flags, &screen)?;
    let format = fleet.format(if args.json { Format::Json } else { Format::Text });
    let opener = Opener::new(flags, policy.clone(), &screen);
    let captures = Captures::to(Some(&args.out), args.raw, args.archive, fleet);
    let look = async |place: &Place| -> Result<Looked, Failure> {
        let mut capture = captures.writer(place)?;
        let line = fleet.line(place);
        let wired = opener.open(place, &line).await?;
        let show = |progress| line.show(tai_engine::Event::Collecting(progress));
        let ticket = Ticket::parse(&issue);
        let (host, to) = (&*wired.host, capture.as_mut());
        let report = tai_collect::collect(host, &policy, ticket, wired.background, &scope, to, &show).await?;
        let mut exit = completeness(&report);
        if let Some(mut writer) = capture {
            exit = exit.max(captures.save(&mut writer, &report, &line));
        }
        let gist = format!("{} commands, {} gaps", report.collected.len(), report.gaps().len());
        Ok(Looked { exit, text: render::collection(&report, format)?, gist })
    };
    fleet.look(format, Output::Stdout, look).await
}
