//! Which hosts, and the way to each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use nix::unistd::gethostname;
use tai_collect::Background;
use tai_ssh::config::{ConfigFiles, ResolveOptions, quote};
use tai_ssh::known_hosts::KnownHosts;
use tai_ssh::{
    HopReport, Host, HostKeyStatus, LocalHost, OnAsked, Passphrase, Policy, ReplayHost, Route, Routing, SshHost,
    SshOptions, visible_line,
};
use tracing::debug;

use super::traced::traced_host;
use super::{Audit, account, all_environment};
use crate::args::HostFlags;
use crate::exit::{Attempt, Failure};
use crate::progress::{ProgressLine, Screen};
use crate::terminal::is_interactive;

/// A host, and what is known of it beforehand.
pub(crate) struct Wired {
    pub(crate) host: Box<dyn Host>,
    pub(crate) background: Background,
    /// How it is reached; `None` for what is not reached over SSH.
    pub(crate) way: Option<Way>,
}

/// The way to a host over SSH.
pub(crate) struct Way {
    pub(crate) route: Route,
    pub(crate) hops: Vec<HopReport>,
    /// What of the configuration is not followed.
    pub(crate) notes: Vec<String>,
    /// The files of the configuration that were read.
    pub(crate) files: Vec<PathBuf>,
}

/// Somewhere to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Ssh(Target),
    Local,
    Replay(PathBuf),
}

/// `[USER@]HOST[:PORT]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// As the operator wrote it.
    name: String,
    user: Option<String>,
    host: String,
    port: Option<u16>,
}

impl Place {
    /// What the operator calls it.
    pub(crate) fn name(&self) -> String {
        match self {
            Place::Ssh(target) => visible_line(target.name.clone()),
            Place::Local => "this machine".to_owned(),
            Place::Replay(dir) => visible_line(dir.display().to_string()),
        }
    }

    /// All that the flags name, each once, in their order.
    pub(crate) fn all(flags: &HostFlags) -> Result<Vec<Place>, Failure> {
        let mut targets: Vec<Target> = flags.host.iter().map(|name| Target::parse(name)).collect::<Result<_, _>>()?;
        if let Some(file) = &flags.hosts_file {
            targets.extend(targets_in(file)?);
        }
        let named = usize::from(flags.host.is_empty() && flags.hosts_file.is_none());
        match (named == 0, flags.local, &flags.replay) {
            (true, false, None) => {
                let mut places: Vec<Place> = Vec::new();
                for place in targets.into_iter().map(Place::Ssh) {
                    if !places.contains(&place) {
                        places.push(place);
                    }
                }
                Ok(places)
            }
            (false, true, None) => Ok(vec![Place::Local]),
            (false, false, Some(dir)) => Ok(vec![Place::Replay(dir.clone())]),
            (false, false, None) => Err(Failure::usage("no host to look at")
                .hint("--host NAME looks at a host over SSH, --local at this machine, --replay PATH at a capture or a sosreport")),
            _ => Err(Failure::usage("--host, --local and --replay exclude each other")
                .hint("name hosts, or one other place to look at")),
        }
    }
}

impl Place {
    /// A host over SSH, as an operator writes it.
    pub(crate) fn of_host(name: &str) -> Result<Place, Failure> {
        Target::parse(name).map(Place::Ssh)
    }
}

impl Target {
    fn parse(name: &str) -> Result<Self, Failure> {
        let wrong = || Failure::usage(format!("{name:?} is no host")).hint("a host is written [USER@]NAME[:PORT]");
        let (user, rest) = match name.rsplit_once('@') {
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, name),
        };
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(wrong)?)),
            // More than one colon is an IPv6 address.
            None => match rest.split_once(':') {
                Some((host, port)) if !port.contains(':') => (host, Some(port)),
                _ => (rest, None),
            },
        };
        let port = port.map(str::parse).transpose().map_err(|_| wrong())?;
        let is_path = matches!(host, "." | "..") || host.contains('/');
        if host.is_empty() || host.starts_with('-') || is_path || user.as_deref() == Some("") || port == Some(0) {
            return Err(wrong());
        }
        Ok(Target { name: name.to_owned(), user, host: host.to_owned(), port })
    }
}

/// The hosts of a file: one a line, `#` begins a comment.
fn targets_in(file: &Path) -> Result<Vec<Target>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|source| {
        Failure::usage(Attempt { attempt: format!("cannot read the hosts in {}", file.display()), source })
    })?;
    let lines = text.lines().zip(1..).map(|(line, number)| (line.split('#').next().unwrap_or_default().trim(), number));
    let targets = lines.filter(|(line, _)| !line.is_empty()).map(|(line, number)| {
        Target::parse(line).map_err(|failure| {
            let reason = format!("{}:{number}: {}", file.display(), failure.source);
            Failure::usage(reason).hint("each line names one host: [USER@]NAME[:PORT]")
        })
    });
    let targets: Vec<Target> = targets.collect::<Result<_, _>>()?;
    if targets.is_empty() {
        return Err(Failure::usage(format!("{} names no host", file.display())));
    }
    Ok(targets)
}

/// Opens places, with what all of them share.
pub(crate) struct Opener {
    flags: HostFlags,
    policy: Arc<Policy>,
    passphrase: Option<Passphrase>,
    /// What runs on a host is written down; a capture is none.
    audit: Option<Audit>,
}

impl Opener {
    pub(crate) fn new(flags: HostFlags, policy: Arc<Policy>, screen: &Screen) -> Self {
        let audit = Audit::new(!flags.no_persist, screen);
        Opener { flags, policy, passphrase: passphrase(screen), audit }
    }

    fn audited(&self, host: impl Host + 'static) -> Box<dyn Host> {
        let host = traced_host(Box::new(host));
        if let Some(audit) = self.audit.clone() { audit.of(host) } else { host }
    }

    /// Writes down what is asked of the host of this name before a command under sudo.
    fn on_asked(&self, host: &str) -> Option<OnAsked> {
        self.audit.clone().map(|audit| audit.on_asked(host))
    }

    /// The place, connected.
    pub(crate) async fn open(&self, place: &Place, line: &ProgressLine) -> Result<Wired, Failure> {
        // Once the connection is there: the host's clock is compared with it.
        let now = || jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let live = || Background { collected_at: Some(now()), ..Background::default() };
        match place {
            Place::Ssh(target) => {
                let (host, way) = self.connect(target, line).await?;
                Ok(Wired { host: self.audited(host), background: live(), way: Some(way) })
            }
            Place::Local => {
                let host = LocalHost::new();
                let asked = self.on_asked(host.name());
                let host = if self.flags.sudo { host.with_sudo(Arc::clone(&self.policy), asked) } else { host };
                Ok(Wired { host: self.audited(host), background: live(), way: None })
            }
            Place::Replay(path) => {
                let shown = |bytes| line.show_text(format!("unpacking {:.1} MB", bytes as f64 / 1e6));
                let host = match path.is_file() {
                    true => ReplayHost::unpack(path, &std::env::temp_dir(), &shown).await?,
                    false => ReplayHost::open(path)?,
                };
                let manifest = host.capture().manifest();
                let background =
                    Background { collected_at: manifest.collected_at.clone(), os_release: manifest.os_release.clone() };
                Ok(Wired { host: traced_host(Box::new(host)), background, way: None })
            }
        }
    }

    async fn connect(&self, target: &Target, line: &ProgressLine) -> Result<(SshHost, Way), Failure> {
        let Routing { route, notes, files } = Routing::resolve(&self.options(target)?)?;
        for text in &notes {
            line.note(&format!("note: {}", visible_line(text.clone())));
        }
        let ssh = SshOptions {
            persist_known_hosts: !self.flags.no_persist,
            passphrase: self.passphrase.clone(),
            sudo: self.flags.sudo.then(|| Arc::clone(&self.policy)),
            on_asked: self.on_asked(route.hops.last().map_or("", |hop| &hop.name)),
            ..SshOptions::default()
        };
        let way: Vec<String> = route.hops.iter().map(|hop| visible_line(hop.name.clone())).collect();
        line.show_text(format!("connecting to {}", way.join(", then ")));
        debug!(way = way.join(", then "), config = ?files, "connecting");
        let start = Instant::now();
        let host = SshHost::connect(route.clone(), ssh).await.inspect_err(|_| line.clear())?;
        let hops = host.hops().await;
        debug!(took = ?start.elapsed(), ?hops, "connected");
        for hop in hops.iter().filter(|hop| hop.host_key_status == HostKeyStatus::Added) {
            let name = visible_line(hop.name.clone());
            line.note(&format!("note: {name} is new: its key {} is now known", hop.host_key));
        }
        Ok((host, Way { route, hops, notes, files }))
    }

    /// What the configuration is asked, with the flags over it.
    fn options(&self, target: &Target) -> Result<ResolveOptions, Failure> {
        let flags = &self.flags;
        let files = match (flags.ignore_ssh_config, &flags.ssh_config) {
            (true, Some(_)) => return Err(Failure::usage("--ssh-config and --ignore-ssh-config exclude each other")),
            (true, None) => ConfigFiles::Nothing,
            (false, Some(file)) => ConfigFiles::Only(file.clone()),
            (false, None) => default_config_files()?,
        };
        let mut options = resolve_options(&target.host, files)?;
        let user = one_of(target, "user", target.user.as_ref(), flags.user.as_ref())?;
        let port = one_of(target, "port", target.port.as_ref(), flags.port.as_ref())?;
        let identity = flags.identity_file.as_ref().map(|file| file.to_string_lossy().into_owned());
        let over = [("User", user.cloned()), ("Port", port.map(u16::to_string)), ("IdentityFile", identity)];
        let over = over.into_iter().filter_map(|(keyword, value)| Some((keyword.to_owned(), quote(&value?))));
        options.overrides.extend(over);
        // A list of hosts is no quoted word.
        options.overrides.extend(flags.jump_host.iter().map(|hosts| ("ProxyJump".to_owned(), hosts.clone())));
        Ok(options)
    }
}

/// What the host's name or a flag says; an error where both do and differ: `ssh` takes the first of the line, which hides a slip.
fn one_of<'a, T: PartialEq + std::fmt::Display>(
    target: &Target,
    what: &str,
    name: Option<&'a T>,
    flag: Option<&'a T>,
) -> Result<Option<&'a T>, Failure> {
    match (name, flag) {
        (Some(name), Some(flag)) if name != flag => {
            let reason = format!("two values for the {what}: {:?} names {name}, and --{what} {flag}", target.name);
            Err(Failure::usage(reason).hint("say it once"))
        }
        (name, flag) => Ok(name.or(flag)),
    }
}

/// Asks on the terminal, where there is one: once for each key, and one question at a time.
fn passphrase(screen: &Screen) -> Option<Passphrase> {
    let screen = screen.clone();
    let answers: Mutex<BTreeMap<PathBuf, Option<String>>> = Mutex::default();
    let ask = move |file: &Path| {
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        let prompt = format!("Passphrase for {}: ", visible_line(file.display().to_string()));
        let ask = || screen.pause(|| rpassword::prompt_password(&prompt).ok());
        answers.entry(file.to_owned()).or_insert_with(ask).clone()
    };
    is_interactive().then(|| Arc::new(ask) as Passphrase)
}

/// What a configuration is resolved for and with: the host, the user who runs tai, and the environment.
pub(crate) fn resolve_options(host: &str, files: ConfigFiles) -> Result<ResolveOptions, Failure> {
    let account = account()?;
    Ok(ResolveOptions {
        host: host.to_owned(),
        files,
        overrides: Vec::new(),
        local_user: account.name,
        uid: account.uid.as_raw(),
        home: account.dir,
        local_hostname: gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        env: all_environment(),
    })
}

/// The same for a host that `ssh` would be given: `[USER@]HOST`.
pub(crate) fn resolve_options_of(name: &str, files: ConfigFiles) -> Result<ResolveOptions, Failure> {
    let (user, host) = match name.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, name),
    };
    if host.is_empty() || host.starts_with('-') || user == Some("") {
        return Err(Failure::usage(format!("{name:?} is no host")).hint("a host is written [USER@]NAME"));
    }
    let mut options = resolve_options(host, files)?;
    options.overrides.extend(user.map(|user| ("User".to_owned(), quote(user))));
    Ok(options)
}

/// `~/.ssh/config` and the system's.
pub(crate) fn default_config_files() -> Result<ConfigFiles, Failure> {
    let user = account()?.dir.join(".ssh/config");
    Ok(ConfigFiles::Default { user: Some(user), system: Some("/etc/ssh/ssh_config".into()) })
}

/// The hosts that the ssh configuration and the user's known hosts name, for completion. What cannot be read names none.
pub(crate) fn host_names(flags: &HostFlags) -> Vec<String> {
    let files = match (flags.ignore_ssh_config, &flags.ssh_config) {
        (true, _) => Ok(ConfigFiles::Nothing),
        (false, Some(file)) => Ok(ConfigFiles::Only(file.clone())),
        (false, None) => default_config_files(),
    };
    let options = files.and_then(|files| resolve_options("", files));
    let mut names = options.map(|options| tai_ssh::config::host_names(&options)).unwrap_or_default();
    let known = known_hosts_file().ok().and_then(|file| KnownHosts::load(&[file]).ok());
    names.extend(known.map(|known| known.names()).unwrap_or_default());
    names.into_iter().map(visible_line).collect()
}

/// A path as a shell would take it: `~/` is the user's home.
pub(crate) fn of_home(path: &str) -> PathBuf {
    let in_home = path.strip_prefix("~/").and_then(|rest| Some(account().ok()?.dir.join(rest)));
    in_home.unwrap_or_else(|| PathBuf::from(path))
}

/// The user's file of known host keys.
pub(crate) fn known_hosts_file() -> Result<PathBuf, Failure> {
    Ok(account()?.dir.join(".ssh/known_hosts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_host_with_or_without_user_and_port() {
        let check = |name: &str, expect: Option<(Option<&str>, &str, Option<u16>)>| {
            let target = Target::parse(name).ok();
            let got = target.as_ref().map(|target| (target.user.as_deref(), target.host.as_str(), target.port));
            assert_eq!(got, expect, "{name}");
        };
        check("web1", Some((None, "web1", None)));
        check("ops@web1:2222", Some((Some("ops"), "web1", Some(2222))));
        check("a@b@web1", Some((Some("a@b"), "web1", None)));
        check("2001:db8::7", Some((None, "2001:db8::7", None)));
        check("ops@[2001:db8::7]:22", Some((Some("ops"), "2001:db8::7", Some(22))));
        check("[::1]", Some((None, "::1", None)));
        for wrong in
            ["", "@web1", "ops@", "-oProxyCommand=x", "web1:", "web1:x", "web1:0", "web1:70000", "..", "a/b", "[::1]x"]
        {
            check(wrong, None);
        }
    }
}
