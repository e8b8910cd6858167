use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tai_ssh::capture::CaptureWriter;
use tai_ssh::{Ending, Host, Limits, Output, Policy, ReadOnlyCommand};

use crate::facts::{Asked, CLOCK, FIRST, GROUP, INSTEAD, read_facts};
use crate::follow::{first_targets, leads};
use crate::footprint::usage_command;
use crate::parse::{Parsed, complete, parse};
use crate::plan::{Situation, Spent, settle, wanted};
use crate::{
    Budget, Collected, Collectors, Cost, Error, Facts, Init, LeftOut, Plan, Planned, Reading, Refused, Report, STOPPED,
    Targets, Ticket, Unread, Until, Value, Window, traverse,
};

/// Commands that run at once: enough that a hanging one does not hold up the others, few enough for a host in trouble.
const CONCURRENT: usize = 4;
/// The first round, and two that follow up what it showed.
const ROUNDS: usize = 3;

/// What is known of the host before it is asked: what a capture's manifest says.
#[derive(Clone, Debug, Default)]
pub struct Background {
    /// When the outputs were collected, by the operator's clock, RFC 3339.
    pub collected_at: Option<String>,
    /// os-release(5), for a capture that does not hold the file.
    pub os_release: BTreeMap<String, String>,
}

/// What may be looked at, and for how much.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The collectors at hand.
    pub collectors: Collectors,
    /// Directories to look into, besides those that the ticket names: absolute paths.
    pub directories: Vec<String>,
    /// The most that it may cost the host.
    pub budget: Budget,
    /// What ends it sooner.
    pub until: Until,
}

/// How far collecting has come.
#[derive(Clone, Debug)]
pub enum Progress {
    /// So many more commands are to run.
    Planned(usize),
    /// The policy denies a command that was wanted.
    Denied {
        /// The command line.
        command: String,
        /// Why.
        reason: String,
    },
    /// A command runs.
    Started {
        /// The command line.
        command: String,
    },
    /// A command has ended.
    Finished {
        /// The command line.
        command: String,
        /// How.
        ending: Ending,
        /// Bytes of standard output.
        bytes: usize,
        /// Wall-clock time.
        duration: Duration,
    },
}

/// What would run first on a host: see [`preview`].
#[derive(Clone, Debug)]
pub struct Preview {
    /// What the operator wrote.
    pub ticket: Ticket,
    /// What the host is.
    pub facts: Facts,
    /// What is looked at in particular.
    pub targets: Targets,
    /// The time that the ticket speaks of.
    pub window: Option<Window>,
    /// The first round. Those that follow depend on its outputs.
    pub plan: Plan,
}

/// Collects from `host` what the ticket calls for: facts first, then the plan, then, twice at most, what the outputs point at. A host that is a capture adds
/// whatever else it holds. Every output is written to `save` as it comes, bytes unchanged.
///
/// # Errors
///
/// When the host is lost. A command that fails is part of the report, and `save` tells by itself what it could not write.
pub async fn collect(
    host: &dyn Host,
    policy: &Policy,
    ticket: Ticket,
    background: Background,
    scope: &Scope,
    save: Option<&mut CaptureWriter>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, Error> {
    let mut run = Run::new(host, policy, save, progress);
    run.collected_at.clone_from(&background.collected_at);
    let Preview { ticket, facts, targets, window, plan } = run.preview(ticket, &background, scope).await?;
    let mut course = Course { ticket, facts, targets, window, refused: Vec::new(), left_out: Vec::new() };
    run.rounds(plan, &mut course, scope).await?;
    if !scope.until.is_over() {
        run.ask_usage().await?;
    }
    run.recorded().await?;
    let Course { ticket, facts, targets, window, refused, left_out } = course;
    complete(&mut run.readings, &facts);
    Ok(Report {
        host: host.name().to_owned(),
        collected_at: background.collected_at,
        ticket,
        targets,
        window,
        facts,
        collected: run.collected,
        refused,
        left_out,
        readings: run.readings,
        unread: run.unread,
    })
}

/// Asks `host` what it is and plans, and runs nothing of the plan.
///
/// # Errors
///
/// When the host is lost.
pub async fn preview(
    host: &dyn Host,
    policy: &Policy,
    ticket: Ticket,
    background: &Background,
    scope: &Scope,
) -> Result<Preview, Error> {
    Run::new(host, policy, None, &|_| {}).preview(ticket, background, scope).await
}

/// Asks `host` what it is, and nothing more.
///
/// # Errors
///
/// When the host is lost. A fact that cannot be had is unknown.
pub async fn facts(host: &dyn Host, policy: &Policy, background: &Background) -> Result<Facts, Error> {
    Run::new(host, policy, None, &|_| {}).facts(background).await
}

/// What is looked for, and what came of it besides outputs.
pub(crate) struct Course {
    pub(crate) ticket: Ticket,
    pub(crate) facts: Facts,
    pub(crate) targets: Targets,
    pub(crate) window: Option<Window>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// One pass over a host.
pub(crate) struct Run<'a> {
    host: &'a dyn Host,
    policy: &'a Policy,
    save: Option<&'a mut CaptureWriter>,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    pub(crate) collected: Vec<Collected>,
    /// What ages are counted from.
    pub(crate) collected_at: Option<String>,
    /// Of what is in `collected`.
    pub(crate) readings: Vec<Reading>,
    pub(crate) unread: Vec<Unread>,
    /// The collectors that ran, by the command that they ran.
    ran: BTreeMap<String, &'static str>,
    spent: Spent,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        host: &'a dyn Host,
        policy: &'a Policy,
        save: Option<&'a mut CaptureWriter>,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Self {
        Run {
            host,
            policy,
            save,
            progress,
            collected: Vec::new(),
            collected_at: None,
            readings: Vec::new(),
            unread: Vec::new(),
            ran: BTreeMap::new(),
            spent: Spent::default(),
        }
    }

    async fn preview(&mut self, ticket: Ticket, background: &Background, scope: &Scope) -> Result<Preview, Error> {
        let facts = self.facts(background).await?;
        let ticket = ticket.with_directories(scope.directories.iter().cloned());
        let window = Window::find(&ticket.text, &facts);
        let targets = first_targets(&ticket, &facts);
        let situation = Situation {
            ticket: &ticket,
            targets: &targets,
            facts: &facts,
            window: window.as_ref(),
            shown: &[],
            missing: &BTreeSet::new(),
        };
        let plan = self.plan(&situation, scope, 0);
        Ok(Preview { ticket, facts, targets, window, plan })
    }

    /// Asks what every host is asked, all at once, and then for what is missing.
    async fn facts(&mut self, background: &Background) -> Result<Facts, Error> {
        let has_session = self.host.has_own_session();
        let first: Vec<Asked> = FIRST.into_iter().filter(|asked| has_session || asked.command != GROUP).collect();
        let mut answers = self.ask(&first).await?;
        let mut facts = facts_of(&answers, background);
        let instead: Vec<Asked> =
            INSTEAD.iter().filter(|(is_missing, _)| is_missing(&facts)).map(|(_, asked)| *asked).collect();
        if !instead.is_empty() {
            answers.extend(self.ask(&instead).await?);
            facts = facts_of(&answers, background);
        }
        if facts.os_release.is_empty() {
            facts.os_release.clone_from(&background.os_release);
        }
        for (asked, output) in answers {
            let is_elsewhere = asked.of_systemd && matches!(facts.init, Init::Other(_));
            let is_silent = !matches!(output.ending, Ending::Exited(_)) && output.stdout.is_empty();
            // A host without systemd misses nothing without systemctl, and a capture that was taken otherwise has it elsewhere.
            if !(is_silent && (is_elsewhere || output.ending == Ending::NotCaptured)) {
                self.add(asked.command.to_owned(), output, String::new(), String::new(), asked.is_evidence);
            }
        }
        let shown = self.collected.iter().find(|c| c.command == CLOCK).and_then(|c| c.text.lines().next());
        let skew = facts.clock.and_then(|clock| clock.skew_seconds);
        self.readings.extend(shown.zip(skew).map(|(line, skew)| clock_reading(line, skew)));
        Ok(facts)
    }

    async fn ask(&self, questions: &[Asked]) -> Result<Vec<(Asked, Output)>, Error> {
        (self.progress)(Progress::Planned(questions.len()));
        let (host, progress) = (self.host, self.progress);
        let questions = questions.iter().map(|asked| {
            let command =
                self.policy.check(asked.command).expect("the commands for facts are read-only: a test holds it");
            (*asked, command)
        });
        let answers: Vec<_> = stream::iter(questions.collect::<Vec<_>>())
            .map(|(asked, command)| async move {
                run_one(host, progress, &command, &Limits::default()).await.map(|output| (asked, output))
            })
            .buffered(FIRST.len())
            .collect()
            .await;
        answers.into_iter().collect()
    }

    /// Runs the plan of the first round, and makes and runs those that follow up what it showed.
    pub(crate) async fn rounds(&mut self, first: Plan, course: &mut Course, scope: &Scope) -> Result<(), Error> {
        let mut next = first;
        for round in 0..ROUNDS {
            if round > 0 {
                complete(&mut self.readings, &course.facts);
                let found = leads(&course.ticket, &course.targets, &course.facts, &self.collected, &self.readings);
                course.targets = found.targets;
                course.facts.file_systems.extend(self.file_systems());
                let missing = self.missing();
                let situation = Situation {
                    ticket: &course.ticket,
                    targets: &course.targets,
                    facts: &course.facts,
                    window: course.window.as_ref(),
                    shown: &found.shown,
                    missing: &missing,
                };
                next = self.plan(&situation, scope, round);
            }
            let Plan { planned, refused, left_out } = std::mem::take(&mut next);
            for refused in refused {
                if !course.refused.iter().any(|known| known.command == refused.command) {
                    let Refused { command, reason } = refused.clone();
                    (self.progress)(Progress::Denied { command, reason });
                    course.refused.push(refused);
                }
            }
            course.left_out = left_out;
            course.left_out.extend(self.run_all(planned, scope).await?);
            if scope.until.is_over() {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn plan(&self, situation: &Situation<'_>, scope: &Scope, round: usize) -> Plan {
        let mut wanted = wanted(&scope.collectors, situation);
        if round > 0 {
            let mut within = traverse::wanted(&self.collected, situation.window, situation.facts.clock.as_ref());
            within.retain(|w| situation.facts.may_have(w.line.split(' ').next().unwrap_or_default()));
            within.append(&mut wanted);
            wanted = within;
        }
        let done = self.collected.iter().map(|c| c.command.clone()).collect();
        settle(wanted, &done, self.spent.room(&scope.budget, round), self.policy)
    }

    /// Runs what is planned: the heavy ones last and one at a time. Gives what the budget left no room for, and what somebody stopped.
    async fn run_all(&mut self, planned: Vec<Planned>, scope: &Scope) -> Result<Vec<LeftOut>, Error> {
        (self.progress)(Progress::Planned(planned.len()));
        let (heavy, light): (Vec<_>, Vec<_>) = planned.into_iter().partition(|p| p.collector.cost == Cost::Heavy);
        let mut left_out = self.run_some(light, CONCURRENT, scope).await?;
        left_out.extend(self.run_some(heavy, 1, scope).await?);
        Ok(left_out)
    }

    async fn run_some(
        &mut self,
        planned: Vec<Planned>,
        at_once: usize,
        Scope { budget, until, .. }: &Scope,
    ) -> Result<Vec<LeftOut>, Error> {
        let (host, progress) = (self.host, self.progress);
        let mut queue = planned.into_iter();
        let mut left_out = Vec::new();
        let stopped = |command: String| LeftOut { command, reason: STOPPED.to_owned() };
        let mut running = stream::FuturesOrdered::new();
        loop {
            // Which commands start depends on those before them alone, not on who is first: a replay starts the same.
            while running.len() < at_once {
                let Some(Planned { command, limits, collector, reason }) = queue.next() else { break };
                if until.is_over() {
                    left_out.push(stopped(command.to_string()));
                    continue;
                }
                if let Some(reason) = self.spent.exhausts(budget) {
                    left_out.push(LeftOut { command: command.to_string(), reason: reason.to_owned() });
                    continue;
                }
                running.push_back(async move {
                    let output = until.first(run_one(host, progress, &command, &limits)).await;
                    (command, collector, reason, output)
                });
            }
            let Some((command, collector, reason, output)) = running.next().await else { return Ok(left_out) };
            let Some(output) = output.transpose()? else {
                left_out.push(stopped(command.to_string()));
                continue;
            };
            self.spent.add(output.stdout.len(), output.duration);
            self.ran.insert(command.to_string(), collector.id);
            self.add(command.to_string(), output, collector.why.to_owned(), reason, true);
        }
    }

    /// Asks what the session has used, when nothing else is left to run.
    async fn ask_usage(&mut self) -> Result<(), Error> {
        let line = usage_command(&self.collected).filter(|_| self.host.has_own_session());
        let Some(command) = line.and_then(|line| self.policy.check(&line).ok()) else { return Ok(()) };
        (self.progress)(Progress::Planned(1));
        let output = run_one(self.host, self.progress, &command, &Limits::default()).await?;
        if output.ending != Ending::NotCaptured {
            self.add(command.to_string(), output, String::new(), String::new(), false);
        }
        Ok(())
    }

    /// The collectors whose program turned out to be missing.
    fn missing(&self) -> BTreeSet<&'static str> {
        let not_started = |c: &&Collected| matches!(c.ending, Ending::NotStarted { .. });
        self.collected.iter().filter(not_started).filter_map(|c| self.ran.get(&c.command).copied()).collect()
    }

    /// Types of file systems, as the outputs show them.
    fn file_systems(&self) -> BTreeSet<String> {
        let rows = self.readings.iter().filter(|r| matches!(r.kind, "disk" | "mount"));
        rows.map(|r| r.text_of("type").to_owned()).filter(|kind| !kind.is_empty()).collect()
    }

    /// Adds what the host held already, but for what was asked of it by now.
    async fn recorded(&mut self) -> Result<(), Error> {
        let recorded = self.host.recorded().await.map_err(|source| self.lost(source))?;
        let mut asked: Vec<String> = self.collected.iter().map(|c| c.command.clone()).collect();
        for tai_ssh::Recorded { command, output } in recorded {
            match asked.iter().position(|known| *known == command) {
                // Once only: a capture may hold two outputs of one command.
                Some(index) => drop(asked.swap_remove(index)),
                None => self.add(command, output, String::new(), "the capture holds it".to_owned(), true),
            }
        }
        Ok(())
    }

    pub(crate) async fn run_one(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, Error> {
        run_one(self.host, self.progress, command, limits).await
    }

    pub(crate) fn add(&mut self, command: String, output: Output, about: String, reason: String, is_evidence: bool) {
        if let Some(writer) = &mut self.save {
            writer.add(&command, &output);
        }
        let shown = tai_ssh::visible_line(command);
        let collected = Collected::new(shown, output, about, is_evidence).because(reason);
        let text = collected.complete_lines();
        let Parsed { readings, unread: lines, left_out } =
            parse(&collected.command, text, self.collected_at.as_deref());
        if lines + left_out > 0 {
            self.unread.push(Unread { command: collected.command.clone(), lines, left_out });
        }
        self.readings.extend(readings);
        self.collected.push(collected);
    }

    fn lost(&self, source: tai_ssh::HostError) -> Error {
        Error::Host { host: self.host.name().to_owned(), source }
    }
}

fn facts_of(answers: &[(Asked, Output)], background: &Background) -> Facts {
    let texts: BTreeMap<&str, String> =
        answers.iter().map(|(asked, output)| (asked.command, tai_ssh::visible(output.stdout.clone()))).collect();
    let texts = texts.iter().map(|(command, text)| (*command, text.as_str())).collect();
    read_facts(&texts, background.collected_at.as_deref())
}

/// How far the host's clock is from the operator's, as a row that signals may use.
fn clock_reading(line: &str, skew: i64) -> Reading {
    let fields = BTreeMap::from([
        ("tool", Value::Text("date".to_owned())),
        ("offset_seconds", Value::Number(skew.unsigned_abs() as f64)),
    ]);
    Reading { kind: "clock", fields, command: CLOCK.to_owned(), line: 1, text: line.to_owned() }
}

async fn run_one(
    host: &dyn Host,
    progress: &(dyn Fn(Progress) + Send + Sync),
    command: &ReadOnlyCommand,
    limits: &Limits,
) -> Result<Output, Error> {
    progress(Progress::Started { command: command.to_string() });
    let output = host.run(command, limits).await;
    let output = output.map_err(|source| Error::Host { host: host.name().to_owned(), source })?;
    progress(Progress::Finished {
        command: command.to_string(),
        ending: output.ending.clone(),
        bytes: output.stdout.len(),
        duration: output.duration,
    });
    Ok(output)
}
