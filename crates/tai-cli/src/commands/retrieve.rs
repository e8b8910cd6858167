use std::sync::Arc;

use serde::Serialize;
use tai_engine::{Investigation, Options, Start};
use tai_rag::Evidence;
use tai_runbook::Library;

use super::{asked, completeness, embed, embed_ahead, issue, json_line};
use crate::args::{Format, Retrieve};
use crate::coming::{Coming, aside, meanwhile};
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, Looked};
use crate::output::Output;
use crate::progress::Screen;
use crate::wire::{ModelFlags, Opener, Place, WiredRankers};
use crate::{render, wire};

/// A chunk of one host among several.
#[derive(Serialize)]
struct OfHost<'a> {
    host: &'a str,
    #[serde(flatten)]
    evidence: &'a Evidence,
}

pub(crate) async fn retrieve(args: Retrieve, screen: Screen) -> Result<Exit, Failure> {
    let flags = wire::with_environment(args.where_to_look());
    let (words, flags) = asked(&args.issue, args.ticket.as_deref(), flags)?;
    let issue = issue(words)?;
    let policy = wire::logged_policy(flags.policy_log.as_deref(), &screen)?;
    let scope = wire::scope(&policy, &[])?;
    let fleet = &Fleet::new(&flags, &screen)?;
    let (args, persists, coming) = (&Arc::new(args), !flags.no_persist, Coming::default());
    let opened = rankers(Arc::clone(args), persists, coming.clone());
    let format = fleet.format(if args.json { Format::Json } else { Format::Text });
    let opener = Opener::new(flags, policy.clone(), &screen);
    let look = async |place: &Place| -> Result<Looked, Failure> {
        let line = fleet.line(place);
        let wired = opener.open(place, &line).await?;
        let later = coming.clone();
        let ahead = embed_ahead(&*wired.host, place, async move { later.get().await.embedder.clone() });
        let start = Start {
            host: ahead.as_ref().map_or(&*wired.host, |ahead| ahead),
            policy: &policy,
            runbooks: Library::new(),
            issue: &issue,
            background: wired.background,
            scope: scope.clone(),
            save: None,
            options: Options::default(),
        };
        let mut investigation = Investigation::start(start, &|event| line.show(event)).await?;
        let rankers = coming.get().await;
        let embedded = embed(&mut investigation, &issue, rankers, ahead.as_ref(), &line).await;
        if args.rag_debug {
            line.note(&render::ranking(&investigation.explain(&issue, args.top_k), &rankers.said));
        }
        let evidence = match args.full {
            true => investigation.retrieve_full(&issue, args.top_k),
            false => investigation.retrieve(&issue, args.top_k),
        };
        let host = place.name();
        let text = match format {
            Format::Text | Format::Markdown | Format::Html | Format::HtmlPart => render::evidence(&evidence),
            Format::Json => evidence.iter().map(json_line).collect::<Result<_, _>>()?,
            Format::JsonLines => {
                let line = |evidence| json_line(&OfHost { host: &host, evidence });
                evidence.iter().map(line).collect::<Result<_, _>>()?
            }
        };
        // What a capture could not be given when it was taken is told by `tai run`; here nothing was collected.
        let live = !matches!(place, Place::Replay(_));
        let exit = if live { completeness(investigation.report()) } else { Exit::Done };
        let gist = evidence.first().map(|best| best.command.to_string()).unwrap_or_default();
        Ok(Looked { exit: exit.max(embedded), text, gist })
    };
    meanwhile(opened, fleet.look(format, Output::Stdout, look)).await
}

async fn rankers(args: Arc<Retrieve>, persists: bool, coming: Coming<WiredRankers>) -> Result<(), Failure> {
    let opened = aside(async move || {
        let base_url = args.base_url.as_deref();
        let model = ModelFlags { base_url, allow_remote: args.allow_remote, ..ModelFlags::default() };
        wire::rankers(args.embedder.as_deref(), args.reranker.as_deref(), model, persists).await
    });
    coming.set(opened.await??);
    Ok(())
}
