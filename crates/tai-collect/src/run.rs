use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tai_ssh::capture::CaptureWriter;
use tai_ssh::{Ending, Host, Limits, Output, Policy, ReadOnlyCommand};

use crate::facts::{parse_init, parse_os_release, parse_programs, parse_units};
use crate::parse::readings;
use crate::plan::{Planned, plan};
use crate::ticket::distinct;
use crate::{Category, Collected, Error, Facts, Init, Reading, Refused, Report, Targets, Ticket};

/// Commands that run at once: enough that a hanging one does not hold up the others, few enough for a host in trouble.
const CONCURRENT: usize = 4;
/// From here on a file system counts as full, and what fills it is looked at.
const FULL_PERCENT: f64 = 90.0;

/// What is known of the host before it is asked: what a capture's manifest says.
#[derive(Clone, Debug, Default)]
pub struct Background {
    /// When the outputs were collected, RFC 3339.
    pub collected_at: Option<String>,
    /// os-release(5), for a capture that does not hold the file.
    pub os_release: BTreeMap<String, String>,
}

/// How far collecting has come.
#[derive(Clone, Debug)]
pub enum Progress {
    /// So many more commands are to run.
    Planned(usize),
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

/// Collects from `host` what the ticket calls for: facts first, then the plan, then what the first outputs point at. A host that is a capture adds
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
    save: Option<&mut CaptureWriter>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, Error> {
    let mut run = Run { host, policy, save, progress, collected: Vec::new(), readings: Vec::new() };
    let mut facts = run.facts().await?;
    if facts.os_release.is_empty() {
        facts.os_release = background.os_release;
    }
    let troubled = facts.units.iter().filter(|unit| unit.is_troubled()).map(|unit| unit.name.clone());
    let mut targets = ticket.targets.clone();
    targets.units = distinct(ticket.units_named(&facts).into_iter().chain(troubled));

    let refused = run.plan(&ticket, &targets, &facts).await?;
    targets.mounts = mounts_to_look_at(&run.readings, &ticket);
    let mut refused_later = run.plan(&ticket, &targets, &facts).await?;
    refused_later.retain(|r| !refused.contains(r));
    run.recorded().await?;

    Ok(Report {
        host: host.name().to_owned(),
        collected_at: background.collected_at,
        ticket,
        targets,
        facts,
        collected: run.collected,
        refused: [refused, refused_later].concat(),
        readings: run.readings,
    })
}

/// Asks `host` what it is, and nothing more.
///
/// # Errors
///
/// When the host is lost. A fact that cannot be had is unknown.
pub async fn facts(host: &dyn Host, policy: &Policy) -> Result<Facts, Error> {
    Run { host, policy, save: None, progress: &|_| {}, collected: Vec::new(), readings: Vec::new() }.facts().await
}

/// The file systems whose contents matter: those that the ticket names, and the full ones; where there is none, and the trouble is with a disk, the fullest.
fn mounts_to_look_at(readings: &[Reading], ticket: &Ticket) -> Vec<String> {
    let percent = |r: &Reading| r.number_of("used_percent").unwrap_or(0.0);
    let in_memory = |r: &Reading| matches!(r.text_of("type"), "tmpfs" | "devtmpfs" | "efivarfs");
    let mut disks: Vec<&Reading> = readings.iter().filter(|r| r.kind == "disk" && !in_memory(r)).collect();
    disks.sort_by(|a, b| percent(b).partial_cmp(&percent(a)).unwrap_or(Ordering::Equal));
    let is_named = |r: &&&Reading| ticket.targets.paths.iter().any(|path| path == r.text_of("mount"));
    let full = disks.iter().take_while(|r| percent(r) >= FULL_PERCENT);
    let mut wanted: Vec<&Reading> = disks.iter().filter(is_named).chain(full).copied().collect();
    if wanted.is_empty() && ticket.categories.contains(&Category::Disk) {
        wanted.extend(disks.first());
    }
    distinct(wanted.into_iter().map(|r| r.text_of("mount").to_owned()))
}

/// One pass over a host.
struct Run<'a> {
    host: &'a dyn Host,
    policy: &'a Policy,
    save: Option<&'a mut CaptureWriter>,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    collected: Vec<Collected>,
    /// Of what is in `collected`.
    readings: Vec<Reading>,
}

impl Run<'_> {
    async fn facts(&mut self) -> Result<Facts, Error> {
        (self.progress)(Progress::Planned(4));
        let os_release = self.fact(Facts::OS_RELEASE, true).await?;
        let init = parse_init(&self.fact(Facts::INIT, true).await?);
        let account = Some(self.fact(Facts::ACCOUNT, true).await?.trim().to_owned()).filter(|id| !id.is_empty());
        let programs = parse_programs(&self.fact(Facts::PROGRAMS, false).await?);
        let units = match init {
            Init::Other(_) => Vec::new(),
            Init::Systemd | Init::Unknown => {
                (self.progress)(Progress::Planned(1));
                parse_units(&self.fact(Facts::UNITS, true).await?)
            }
        };
        let os_release = parse_os_release(&os_release);
        Ok(Facts { os_release, init, account, programs, units, ..Facts::default() })
    }

    /// Runs one command of ours and gives its text. Whether there is any is up to the caller.
    async fn fact(&mut self, line: &str, is_evidence: bool) -> Result<Arc<str>, Error> {
        let command = self.policy.check(line).expect("the commands for facts are read-only: a test holds it");
        let output = run_one(self.host, self.progress, &command, &Limits::default()).await?;
        self.add(command.to_string(), output, String::new(), is_evidence);
        Ok(self.collected.last().map_or_else(|| "".into(), |collected| Arc::clone(&collected.text)))
    }

    /// Runs what is planned and did not run yet.
    async fn plan(&mut self, ticket: &Ticket, targets: &Targets, facts: &Facts) -> Result<Vec<Refused>, Error> {
        let (mut planned, refused) = plan(ticket, targets, facts, self.policy);
        planned.retain(|p| self.collected.iter().all(|c| c.command != p.command.to_string()));
        (self.progress)(Progress::Planned(planned.len()));
        let (host, progress) = (self.host, self.progress);
        let mut outputs = stream::iter(planned)
            .map(|Planned { command, limits, collector }| async move {
                let output = run_one(host, progress, &command, &limits).await;
                (command, collector.why.to_owned(), output)
            })
            .buffered(CONCURRENT);
        while let Some((command, about, output)) = outputs.next().await {
            self.add(command.to_string(), output?, about, true);
        }
        Ok(refused)
    }

    /// Adds what the host held already, but for what was asked of it by now.
    async fn recorded(&mut self) -> Result<(), Error> {
        let recorded = self.host.recorded().await.map_err(|source| self.lost(source))?;
        let mut asked: Vec<String> = self.collected.iter().map(|c| c.command.clone()).collect();
        for tai_ssh::Recorded { command, output } in recorded {
            match asked.iter().position(|known| *known == command) {
                // Once only: a capture may hold two outputs of one command.
                Some(index) => drop(asked.swap_remove(index)),
                None => self.add(command, output, String::new(), true),
            }
        }
        Ok(())
    }

    fn add(&mut self, command: String, output: Output, about: String, is_evidence: bool) {
        if let Some(writer) = &mut self.save {
            writer.add(&command, &output);
        }
        let shown = tai_ssh::visible_line(command);
        let collected = Collected::new(shown, output, about, is_evidence);
        self.readings.extend(readings(&collected.command, &collected.text));
        self.collected.push(collected);
    }

    fn lost(&self, source: tai_ssh::HostError) -> Error {
        Error::Host { host: self.host.name().to_owned(), source }
    }
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
