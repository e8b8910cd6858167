//! What is kept, and how to be rid of it: by hand, and by the limits of the configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use tai_store::{AuditEntry, Stats};

use super::history::is_of;
use super::json_line;
use crate::args::Cleanup;
use crate::exit::{Attempt, Exit, Failure};
use crate::progress::Screen;
use crate::terminal::{confirm, is_interactive};
use crate::wire::Config;
use crate::{render, wire};

/// What is to go.
#[derive(Clone, Default)]
struct Scope {
    /// Only what is older, in milliseconds since 1970.
    before: Option<i64>,
    /// Only what is about this host.
    host: Option<String>,
    sessions: bool,
    runs: bool,
    reports: bool,
    typed: bool,
    vectors: bool,
    audit: bool,
}

/// Things of a kind that go, or would go.
#[derive(Serialize)]
pub(crate) struct Gone {
    pub(crate) what: &'static str,
    pub(crate) count: u64,
    /// In milliseconds since 1970.
    #[serde(rename = "oldest_ms")]
    pub(crate) oldest: Option<i64>,
    pub(crate) bytes: u64,
}

pub(crate) async fn cleanup(args: Cleanup, screen: Screen) -> Result<Exit, Failure> {
    let chosen = [args.retain_days.is_some(), args.host.is_some(), args.all];
    if chosen.iter().filter(|is_chosen| **is_chosen).count() != 1 {
        return Err(Failure::usage("name one of --retain-days N, --host HOST and --all")
            .hint("`tai cleanup --all --dry-run` shows everything that is kept"));
    }
    if !args.dry_run && !args.yes && !is_interactive() {
        return Err(Failure::usage("nobody can be asked").hint("--yes removes without asking, --dry-run only shows"));
    }
    if !args.dry_run {
        wire::must_persist()?;
    }
    let (now, both) = (wire::now(), !args.sessions && !args.logs);
    let logs = args.logs || both;
    let scope = Scope {
        before: args.retain_days.map(|days| crate::when::days_before(now, days)),
        host: args.host.clone(),
        sessions: args.sessions || both,
        runs: logs,
        reports: logs,
        typed: logs,
        vectors: logs,
        audit: args.audit,
    };
    let would = clean(&scope, true).await?;
    let is_any = would.iter().any(|gone| gone.count > 0);
    if !args.json {
        screen.print(&render::gone(&would, args.audit))?;
    }
    if args.dry_run || !is_any {
        if args.json {
            screen.print(&json_line(&would)?)?;
        }
        if !args.dry_run {
            give_space_back(&screen).await?;
        }
        return Ok(Exit::Done);
    }
    if !args.yes && !is_wanted(&screen).await? {
        screen.note("nothing was removed");
        return Ok(Exit::Done);
    }
    let gone = clean(&scope, false).await?;
    note_down(&scope, &gone, "cleanup", &screen);
    give_space_back(&screen).await?;
    if args.json {
        screen.print(&json_line(&gone)?)?;
    } else {
        screen.print("removed\n")?;
    }
    Ok(Exit::Done)
}

/// Takes out of the stores what later changes made void.
async fn give_space_back(screen: &Screen) -> Result<(), Failure> {
    for (name, directory) in wire::stores()? {
        let store = wire::open_store(&directory, None)?;
        let before = store.stats().await?;
        if before.dead > 0 {
            store.compact().await?;
            let bytes = |stats: &Stats| stats.files.values().sum::<u64>();
            let freed = bytes(&before).saturating_sub(bytes(&store.stats().await?));
            screen.note(&format!("{name}: {} given back", render::kilobytes(freed)));
        }
    }
    Ok(())
}

async fn is_wanted(screen: &Screen) -> Result<bool, Failure> {
    let screen = screen.clone();
    let asked = tokio::task::spawn_blocking(move || screen.pause(|| confirm("remove these?")));
    asked.await.map_err(|error| Failure::new(Exit::Bug, error))?
}

/// Removes what is older than the configuration says. A failure is told, and stops nothing.
pub(crate) async fn retain(config: &Config, screen: &Screen) {
    let before = |days: Option<u32>| days.map(|days| crate::when::days_before(wire::now(), days));
    let scopes = [
        Scope { before: before(config.retain_days), sessions: true, ..Scope::default() },
        Scope { before: before(config.log_days), runs: true, ..Scope::default() },
        Scope { before: before(config.report_days), reports: true, ..Scope::default() },
        Scope { before: before(config.audit_days), audit: true, ..Scope::default() },
    ];
    for scope in scopes.into_iter().filter(|scope| scope.before.is_some()) {
        match clean(&scope, false).await {
            Ok(gone) => note_down(&scope, &gone, "retention", screen),
            Err(failure) => screen.note(&format!("what is old stays\n{}", failure.message().trim_end())),
        }
    }
}

fn note_down(scope: &Scope, gone: &[Gone], action: &str, screen: &Screen) {
    let counts: Vec<_> = gone.iter().filter(|gone| gone.count > 0).collect();
    let Some(audit) = wire::Audit::new(wire::persists(), screen).filter(|_| !counts.is_empty()) else { return };
    // Where the host is to be forgotten here as well its name would be left by this very entry.
    let host = scope.host.as_deref().map(|host| if scope.audit { "one host" } else { host });
    let what = json!({"host": host, "before": scope.before.map(crate::when::rfc3339)});
    audit.add(AuditEntry::new(Timestamp::now(), action).with("scope", what).with("removed", json!(counts)));
}

/// Removes what the scope says; with `dry` only says what would go.
async fn clean(scope: &Scope, dry: bool) -> Result<Vec<Gone>, Failure> {
    let mut gone = Vec::new();
    if scope.sessions {
        gone.push(sessions(scope, dry).await?);
    }
    let home = wire::tai_home()?;
    let folders = [
        (scope.runs, "logs of runs", wire::run_logs()?),
        (scope.reports, "reports", home.join("reports")),
        (scope.typed, "files of lines that were typed", home.join("typed")),
        (scope.vectors, "files of cached vectors", home.join("cache/vectors")),
    ];
    for (_, what, folder) in folders.into_iter().filter(|(is_meant, ..)| *is_meant) {
        gone.push(files(what, &folder, scope, dry)?);
    }
    if scope.audit {
        gone.extend(audit(scope, dry)?);
    }
    Ok(gone)
}

async fn sessions(scope: &Scope, dry: bool) -> Result<Gone, Failure> {
    let remembered = wire::sessions(None, wire::Keep::by_environment())?;
    let mut meant = remembered.sessions.all().await?;
    meant.retain(|session| {
        scope.before.is_none_or(|before| session.at < before)
            && scope.host.as_ref().is_none_or(|host| is_of(&session.host, host))
    });
    let size = |session| json_line(&render::session_json(session)).map_or(0, |text| text.len() as u64);
    let gone = Gone {
        what: "sessions",
        count: meant.len() as u64,
        oldest: meant.iter().map(|session| session.at).min(),
        bytes: meant.iter().map(size).sum(),
    };
    if let (Some(journal), false) = (&remembered.journal, dry || meant.is_empty()) {
        let ids: Vec<String> = meant.into_iter().map(|session| session.id).collect();
        remembered.sessions.remove(&ids).await?;
        journal.compact().await?;
    }
    Ok(gone)
}

/// The files of a folder and those below it.
fn files(what: &'static str, folder: &Path, scope: &Scope, dry: bool) -> Result<Gone, Failure> {
    let mut gone = Gone { what, count: 0, oldest: None, bytes: 0 };
    for path in files_in(folder)? {
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let at = modified.and_then(|at| i64::try_from(at.as_millis()).ok());
        let is_meant = scope.before.is_none_or(|before| at.is_some_and(|at| at < before))
            && scope.host.as_ref().is_none_or(|host| is_about(what, &path, host));
        if !is_meant {
            continue;
        }
        gone.count += 1;
        gone.bytes += metadata.len();
        gone.oldest = [gone.oldest, at].into_iter().flatten().min();
        if !dry {
            fs::remove_file(&path).map_err(|source| {
                Failure::new(Exit::Store, Attempt { attempt: format!("cannot remove {}", path.display()), source })
            })?;
        }
    }
    Ok(gone)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable =
        |source| Failure::new(Exit::Store, Attempt { attempt: format!("cannot read {}", folder.display()), source });
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() && !path.is_symlink() { files.extend(files_in(&path)?) } else { files.push(path) }
    }
    files.sort();
    Ok(files)
}

/// A log names its host in its first line, a report and a line that was typed anywhere. Of which hosts vectors are nobody knows: they are made again when they are needed.
fn is_about(what: &str, path: &Path, host: &str) -> bool {
    let Ok(text) = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) else { return false };
    match what {
        "logs of runs" => {
            let first: Option<serde_json::Value> = text.lines().next().and_then(|line| serde_json::from_str(line).ok());
            first.is_some_and(|first| first["host"].as_str().is_some_and(|of| is_of(of, host)))
        }
        "reports" | "files of lines that were typed" => {
            let words = text.split(|c: char| !c.is_alphanumeric() && !"-._".contains(c));
            words.map(|word| word.trim_matches(['-', '.', '_'])).any(|word| word == host)
        }
        _ => true,
    }
}

fn audit(scope: &Scope, dry: bool) -> Result<Option<Gone>, Failure> {
    let Some(log) = wire::audit_log() else { return Ok(None) };
    let forgotten = match (&scope.host, scope.before) {
        (Some(host), _) => {
            log.take_out(|entry| entry.host.as_ref().is_some_and(|of| is_of(of, host)) || names(entry, host), dry)
        }
        (None, Some(before)) => log.prune(Timestamp::from_millisecond(before).unwrap_or(Timestamp::MIN), dry),
        (None, None) => log.prune(Timestamp::MAX, dry),
    };
    let forgotten = forgotten?;
    let oldest = forgotten.oldest.map(Timestamp::as_millisecond);
    Ok(Some(Gone { what: "entries of the audit log", count: forgotten.entries, oldest, bytes: forgotten.bytes }))
}

/// Whether an entry about something else, such as an export, names the host.
fn names(entry: &AuditEntry, host: &str) -> bool {
    entry.details.get("scope").is_some_and(|scope| scope["host"] == host)
}
