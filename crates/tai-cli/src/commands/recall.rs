//! What is remembered of past sessions while `tai run` works, and what is remembered of this one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tai_engine::{Diagnosis, Investigation, ModelUse, PriorSession, Quote};
use tai_rag::Role;
use tai_redact::Secrets;
use tai_store::{Outcome, Resemblance, Session, Similar};

use crate::args::Run;
use crate::exit::Failure;
use crate::progress::Screen;
use crate::terminal::{confirm, is_interactive};
use crate::when::ago;
use crate::wire::{self, Keep, Remembered, WiredRankers};

/// Sessions that are offered where nothing else is said.
const DEFAULT_PRIOR: usize = 2;
/// Characters of a cause in a question.
const MAX_CAUSE_CHARS: usize = 80;
/// Evidence and actions that are kept of a session.
const MAX_KEPT: usize = 8;

/// Past sessions, for one command.
pub(crate) struct Recall {
    /// None where they cannot be read, or nobody wants them.
    remembered: Option<Remembered>,
    keeps: bool,
    limit: usize,
    /// Whether each is asked about, with what was answered before.
    asks: Option<Mutex<BTreeMap<String, bool>>>,
    screen: Screen,
}

impl Recall {
    /// As the flags say. That sessions cannot be read or written is told, and stops nothing.
    pub(crate) fn new(args: &Run, persists: bool, is_single: bool, rankers: &WiredRankers, screen: &Screen) -> Self {
        let limit = if args.no_prior { 0 } else { args.prior.unwrap_or(DEFAULT_PRIOR) };
        let keeps = persists && !args.show_prompt;
        let opened = match limit > 0 || keeps {
            true if persists && !keeps => wire::sessions(rankers.embedder.clone(), Keep::Use).map(Some),
            true => wire::sessions(rankers.embedder.clone(), Keep::if_it(keeps)).map(Some),
            false => Ok(None),
        };
        let remembered = opened.unwrap_or_else(|failure| {
            if persists {
                screen.note(&format!("sessions are not remembered\n{}", failure.message().trim_end()));
            }
            None
        });
        let asks = (is_single && args.prior.is_none() && is_interactive()).then(Mutex::default);
        Recall { remembered, keeps, limit, asks, screen: screen.clone() }
    }

    /// The past sessions that the operator wants for a question; on a terminal each is asked about once. `current` is not among them.
    pub(crate) async fn for_question(&self, question: &str, host: &str, current: Option<&str>) -> Vec<PriorSession> {
        let Some(remembered) = self.remembered.as_ref().filter(|_| self.limit > 0) else { return Vec::new() };
        let now = wire::now();
        let vector = vector(remembered, question, Role::Query).await;
        let asked = Resemblance {
            question: question.to_owned(),
            host: host.to_owned(),
            vector,
            now,
            limit: self.limit + usize::from(current.is_some()),
        };
        let similar = remembered.sessions.similar(&asked).await.unwrap_or_else(|error| {
            self.screen.note(&format!("past sessions cannot be read\n{}", Failure::from(error).message().trim_end()));
            Vec::new()
        });
        let mut prior = Vec::new();
        let others = similar.into_iter().filter(|similar| current != Some(similar.session.id.as_str()));
        for Similar { session, .. } in others.take(self.limit) {
            if self.wants(&session, now).await {
                prior.push(told(session, now));
            }
        }
        prior
    }

    async fn wants(&self, session: &Session, now: i64) -> bool {
        let Some(answers) = &self.asks else { return true };
        let lock = || answers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&session.id).copied();
        if let Some(answer) = known {
            return answer;
        }
        let gist = session.root_cause.first().unwrap_or(&session.issue);
        let question = format!(
            "Similar issue on {}, {} ({}): load it as context?",
            session.host,
            ago(session.at, now),
            shortened(gist)
        );
        let screen = self.screen.clone();
        let asked = tokio::task::spawn_blocking(move || screen.pause(|| confirm(&question))).await;
        let answer = asked.is_ok_and(|answer| answer.unwrap_or(false));
        lock().insert(session.id.clone(), answer);
        answer
    }

    /// Keeps what was found, without secrets. From here on it survives whatever ends this program. Gives what is kept.
    pub(crate) async fn keep(&self, investigation: &Investigation, diagnosis: &Diagnosis) -> Option<Session> {
        let session = session_of(investigation, diagnosis, &mut wire::secrets().ok()?);
        self.save(&session).await.then_some(session)
    }

    /// Keeps the answer to a further question, where the first one found no cause.
    pub(crate) async fn amend(&self, session: &mut Session, diagnosis: &Diagnosis) {
        if !session.root_cause.is_empty() || diagnosis.root_cause.is_empty() {
            return;
        }
        let Ok(mut secrets) = wire::secrets() else { return };
        let answered = found(diagnosis, &mut secrets);
        (session.root_cause, session.evidence, session.actions) =
            (answered.root_cause, answered.evidence, answered.actions);
        self.save(session).await;
    }

    /// Past sessions, the newest first; with words those that are like them, the most alike first.
    pub(crate) async fn past(&self, words: &str) -> Result<Vec<Session>, Failure> {
        let opened = if self.remembered.is_none() { Some(wire::sessions(None, Keep::by_environment())?) } else { None };
        let Some(Remembered { sessions, .. }) = self.remembered.as_ref().or(opened.as_ref()) else {
            return Ok(Vec::new());
        };
        if words.is_empty() {
            return Ok(sessions.all().await?);
        }
        let asked =
            Resemblance { question: words.to_owned(), now: wire::now(), limit: usize::MAX, ..Resemblance::default() };
        Ok(sessions.similar(&asked).await?.into_iter().map(|similar| similar.session).collect())
    }

    /// Notes what came of a session, without secrets.
    pub(crate) async fn conclude(&self, id: &str, fixed: bool, note: &str) -> Result<Session, Failure> {
        let remembered = self.remembered.as_ref().ok_or_else(|| Failure::usage("no session is kept"))?;
        let note = wire::redacted(&mut wire::secrets()?, note);
        Ok(remembered.sessions.conclude(id, Outcome { fixed, note, at: wire::now() }).await?)
    }

    async fn save(&self, session: &Session) -> bool {
        let Some(remembered) = self.remembered.as_ref().filter(|_| self.keeps) else { return false };
        let vector = vector(remembered, &session.text(), Role::Document).await;
        match remembered.sessions.save(session, vector).await {
            Ok(()) => true,
            Err(error) => {
                let message = Failure::from(error).message();
                self.screen.note(&format!("this session is not remembered\n{}", message.trim_end()));
                false
            }
        }
    }
}

/// The vector of a text; `None` without an embedder, or when it fails: words do then.
pub(super) async fn vector(remembered: &Remembered, text: &str, role: Role) -> Option<Vec<f32>> {
    let embedder = remembered.embedder.as_ref()?;
    embedder.embed(&[text.to_owned()], role).await.ok()?.pop()
}

fn session_of(investigation: &Investigation, diagnosis: &Diagnosis, secrets: &mut Secrets) -> Session {
    let report = investigation.report();
    let at = wire::now();
    Session {
        id: new_id(at, &report.host, &diagnosis.question),
        host: report.host.clone(),
        issue: wire::redacted(secrets, &diagnosis.question),
        categories: report.ticket.categories.iter().map(ToString::to_string).collect(),
        model: match &diagnosis.model {
            ModelUse::Answered { name, .. } => Some(name.clone()),
            ModelUse::NotAsked | ModelUse::Failed { .. } => None,
        },
        at,
        ..found(diagnosis, secrets)
    }
}

/// What was found and recommended, without secrets.
fn found(diagnosis: &Diagnosis, secrets: &mut Secrets) -> Session {
    let citation = |quote: &Quote| {
        let (start, end) = (quote.start_line, quote.end_line);
        let lines = if start == end { format!("line {start}") } else { format!("lines {start} to {end}") };
        format!("{}, {lines}", quote.command)
    };
    let evidence: Vec<String> = diagnosis.evidence.iter().map(citation).take(MAX_KEPT).collect();
    let action = |action: &tai_engine::Action| match &action.runbook {
        Some(runbook) => format!("{} ({runbook})", action.text),
        None => action.text.clone(),
    };
    let actions: Vec<String> = diagnosis.recommended_actions.iter().map(action).take(MAX_KEPT).collect();
    let mut redacted = |text: &str| wire::redacted(secrets, text);
    Session {
        root_cause: diagnosis.root_cause.iter().map(|cause| redacted(&cause.text)).collect(),
        evidence: evidence.iter().map(|text| redacted(text)).collect(),
        actions: actions.iter().map(|text| redacted(text)).collect(),
        ..Session::default()
    }
}

/// The time, and some digits that no other session of that second has.
fn new_id(at: i64, host: &str, issue: &str) -> String {
    use std::hash::BuildHasher;
    let second = Timestamp::from_millisecond(at).map(|at| at.strftime("%Y%m%d-%H%M%S").to_string()).unwrap_or_default();
    // Keyed anew in every process and for every call.
    let digits = std::collections::hash_map::RandomState::new().hash_one((at, host, issue)) & 0xff_ffff;
    format!("{second}-{digits:06x}")
}

fn told(session: Session, now: i64) -> PriorSession {
    let outcome = session.outcome.as_ref().map(outcome);
    let when = ago(session.at, now);
    let Session { id, host, issue, root_cause, actions, .. } = session;
    PriorSession { id, host, when, issue, root_cause, actions, outcome }
}

/// What came of a session, in a few words.
pub(crate) fn outcome(outcome: &Outcome) -> String {
    let word = if outcome.fixed { "fixed" } else { "not fixed" };
    if outcome.note.is_empty() { word.to_owned() } else { format!("{word}: {}", outcome.note) }
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(MAX_CAUSE_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
