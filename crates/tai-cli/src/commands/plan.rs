use tai_collect::Ticket;

use super::{asked, issue, json_line};
use crate::args::{Format, Plan};
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, Looked};
use crate::output::Output;
use crate::progress::Screen;
use crate::wire::{Opener, Place};
use crate::{render, wire};

pub(crate) async fn plan(args: Plan, screen: Screen) -> Result<Exit, Failure> {
    if args.list {
        return list(args.json, &screen);
    }
    let flags = wire::with_environment(args.where_to_look());
    let (words, flags) = asked(&args.issue, args.ticket.as_deref(), flags)?;
    let issue = issue(words)?;
    let policy = wire::logged_policy(flags.policy_log.as_deref(), &screen)?;
    let scope = wire::scope(&policy, &args.dir)?;
    let fleet = &Fleet::new(&flags, &screen)?;
    let format = fleet.format(if args.json { Format::Json } else { Format::Text });
    let opener = Opener::new(flags, policy.clone(), &screen);
    let look = async |place: &Place| -> Result<Looked, Failure> {
        let line = fleet.line(place);
        let wired = opener.open(place, &line).await?;
        let ticket = Ticket::parse(&issue);
        let preview = tai_collect::preview(&*wired.host, &policy, ticket, &wired.background, &scope).await?;
        let text = render::plan(&place.name(), &preview, format)?;
        Ok(Looked { exit: Exit::Done, text, gist: format!("{} commands", preview.plan.planned.len()) })
    };
    fleet.look(format, Output::Stdout, look).await
}

fn list(json: bool, screen: &Screen) -> Result<Exit, Failure> {
    let table = wire::collectors(&*wire::policy()?)?;
    let collectors: Vec<_> = table.iter().collect();
    screen.print(&if json { json_line(&collectors)? } else { render::collectors(&collectors) })?;
    Ok(Exit::Done)
}
