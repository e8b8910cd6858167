use serde_json::json;
use tai_rag::Role;
use tai_store::{AuditEntry, Outcome, Resemblance, Session, Sessions};

use super::json_line;
use crate::args::History;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::progress::Screen;
use crate::when::since;
use crate::wire::{Keep, Remembered};
use crate::{render, wire};

const DEFAULT_LIMIT: usize = 20;

pub(crate) async fn history(args: History, screen: Screen) -> Result<Exit, Failure> {
    let mut remembered = wire::sessions(None, Keep::by_environment())?;
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["show", rest @ ..] => {
            let [id] = rest else {
                return Err(Failure::usage("show takes the id of one session").hint("`tai history` lists them"));
            };
            shown(&remembered.sessions.get(id).await?, args.json, &screen)
        }
        ["outcome", rest @ ..] => outcome(&remembered.sessions, rest, args.json, &screen).await,
        _ => {
            if !words.is_empty() {
                let (flags, persists) = (wire::ModelFlags::default(), wire::persists());
                let embedder = wire::rankers(args.embedder.as_deref(), Some("none"), flags, persists).await?.embedder;
                remembered = wire::sessions(embedder, Keep::by_environment())?;
            }
            let (found, limit) = matching(&remembered, &args, &words.join(" ")).await?;
            match &args.export {
                Some(file) => export(file, &found, &args, &screen),
                None if args.json => {
                    let all: Vec<_> = found.iter().take(limit).map(render::session_json).collect();
                    screen.print(&json_line(&all)?)?;
                    Ok(Exit::Done)
                }
                None => {
                    let text = render::sessions(&found[..found.len().min(limit)], found.len(), wire::now());
                    let is_narrowed = args.host.is_some() || args.since.is_some() || args.category.is_some();
                    let nothing_fits = found.is_empty() && (is_narrowed || !words.is_empty());
                    let hint = if nothing_fits { "`tai history` alone lists all\n" } else { "" };
                    screen.print(&(text + hint))?;
                    Ok(Exit::Done)
                }
            }
        }
    }
}

/// The sessions that are asked for, the newest first, or with words the most alike; and how many are to be shown.
async fn matching(remembered: &Remembered, args: &History, words: &str) -> Result<(Vec<Session>, usize), Failure> {
    let sessions = &remembered.sessions;
    let now = wire::now();
    let after = args.since.as_deref().map(|text| since(text, now)).transpose()?;
    if let Some(category) = &args.category {
        known_category(category)?;
    }
    let mut found = if words.is_empty() {
        sessions.all().await?
    } else {
        let vector = super::recall::vector(remembered, words, Role::Query).await;
        let question = words.to_owned();
        let asked = Resemblance { question, vector, now, limit: usize::MAX, ..Resemblance::default() };
        sessions.similar(&asked).await?.into_iter().map(|similar| similar.session).collect()
    };
    found.retain(|session| {
        args.host.as_ref().is_none_or(|host| is_of(&session.host, host))
            && after.is_none_or(|after| session.at >= after)
            && args.category.as_ref().is_none_or(|category| session.categories.contains(category))
    });
    let all = if args.export.is_some() { usize::MAX } else { DEFAULT_LIMIT };
    Ok((found, args.limit.unwrap_or(all)))
}

/// Whether a host that is written `[USER@]NAME[:PORT]` is the one that is meant by `wanted`.
pub(super) fn is_of(host: &str, wanted: &str) -> bool {
    let name = host.rsplit_once('@').map_or(host, |(_, name)| name);
    let bare = name.split_once(':').map_or(name, |(bare, _)| bare);
    [host, name, bare].contains(&wanted)
}

fn known_category(name: &str) -> Result<(), Failure> {
    let known: Vec<String> = tai_collect::Category::ALL.iter().map(ToString::to_string).collect();
    if known.iter().any(|category| category == name) {
        return Ok(());
    }
    Err(Failure::usage(format!("there is no category {name:?}")).hint(format!("one of {}", known.join(", "))))
}

async fn outcome(sessions: &Sessions, words: &[&str], json: bool, screen: &Screen) -> Result<Exit, Failure> {
    wire::must_persist()?;
    let hint = "tai history outcome ID fixed|not-fixed [NOTE]";
    let [id, word, note @ ..] = words else {
        return Err(Failure::usage("outcome takes the id of a session, and fixed or not-fixed").hint(hint));
    };
    let fixed = match *word {
        "fixed" => true,
        "not-fixed" => false,
        _ => return Err(Failure::usage(format!("{word:?} is neither fixed nor not-fixed")).hint(hint)),
    };
    let note = wire::redacted(&mut wire::secrets()?, &note.join(" "));
    let session = sessions.conclude(id, Outcome { fixed, note, at: wire::now() }).await?;
    if json {
        screen.print(&json_line(&render::session_json(&session))?)?;
    } else {
        let outcome = session.outcome.as_ref().map(super::recall::outcome).unwrap_or_default();
        screen.print(&format!("{}: {outcome}\n", session.id))?;
    }
    Ok(Exit::Done)
}

fn shown(session: &Session, json: bool, screen: &Screen) -> Result<Exit, Failure> {
    screen.print(&if json {
        json_line(&render::session_json(session))?
    } else {
        render::session(session, wire::now())
    })?;
    Ok(Exit::Done)
}

fn export(file: &std::path::Path, found: &[Session], args: &History, screen: &Screen) -> Result<Exit, Failure> {
    let found = &found[..found.len().min(args.limit.unwrap_or(usize::MAX))];
    let is_json = file.extension().is_some_and(|extension| extension == "jsonl" || extension == "json");
    let text = if is_json {
        found.iter().map(|session| json_line(&render::session_json(session))).collect::<Result<String, _>>()?
    } else {
        render::sessions_markdown(found)
    };
    let mut output = Output::to(Some(file))?;
    output.write(&text, screen)?;
    output.finish()?;
    if let Some(audit) = wire::Audit::new(wire::persists(), screen) {
        let scope = json!({"words": args.words, "host": args.host, "since": args.since, "category": args.category});
        let entry = AuditEntry::new(jiff::Timestamp::now(), "export").with("what", "sessions").with("scope", scope);
        audit.add(entry.with("count", found.len()).with("file", file.display().to_string()));
    }
    Ok(Exit::Done)
}
