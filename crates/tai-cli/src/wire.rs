//! The only place that names implementations and reads the environment: it turns what the operator said into a host and a model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::unistd::{User, geteuid, gethostname};
use tai_collect::Background;
use tai_llm::{ApiKey, ChatModel, OpenAiModel, OpenAiOptions};
use tai_ssh::config::{ConfigFiles, ResolveOptions, quote};
use tai_ssh::{
    HopReport, Host, HostKeyStatus, LocalHost, Passphrase, Policy, ReplayHost, Routing, SshHost, SshOptions,
    visible_line,
};

use crate::exit::{Attempt, Failure};
use crate::progress::ProgressLine;
use crate::terminal::is_interactive;

const DEFAULT_BASE_URL: &str = "http://localhost:11434/v1";
const DEFAULT_MODEL: &str = "gemma3:4b";

/// A host, and what is known of it beforehand.
pub(crate) struct Wired {
    pub(crate) host: Box<dyn Host>,
    pub(crate) background: Background,
    /// How each hop was reached; empty for what is not reached over SSH.
    pub(crate) hops: Vec<HopReport>,
}

/// What the flags say about where to look.
pub(crate) struct HostFlags<'a> {
    pub(crate) host: Option<&'a str>,
    pub(crate) local: bool,
    pub(crate) replay: Option<&'a Path>,
    pub(crate) user: Option<&'a str>,
    pub(crate) port: Option<u16>,
    pub(crate) identity_file: Option<&'a Path>,
    pub(crate) jump_host: Option<&'a str>,
    pub(crate) ssh_config: Option<&'a Path>,
    pub(crate) ignore_ssh_config: bool,
    pub(crate) no_persist: bool,
}

/// The [`HostFlags`] of a command: argh has no flags that several commands share, so that each repeats the fields.
macro_rules! host_flags {
    ($args:expr) => {
        $crate::wire::HostFlags {
            host: $args.host.as_deref(),
            local: $args.local,
            replay: $args.replay.as_deref(),
            user: $args.user.as_deref(),
            port: $args.port,
            identity_file: $args.identity_file.as_deref(),
            jump_host: $args.jump_host.as_deref(),
            ssh_config: $args.ssh_config.as_deref(),
            ignore_ssh_config: $args.ignore_ssh_config,
            no_persist: $args.no_persist,
        }
    };
}
pub(crate) use host_flags;

/// The host that `--host`, `--local` or `--replay` names, connected.
pub(crate) async fn host(flags: HostFlags<'_>, progress: &ProgressLine) -> Result<Wired, Failure> {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let live = Background { collected_at: Some(now), ..Background::default() };
    match (flags.host, flags.local, flags.replay) {
        (Some(name), false, None) => {
            let host = connect(name, &flags, progress).await?;
            let hops = host.hops().await;
            Ok(Wired { host: Box::new(host), background: live, hops })
        }
        (None, true, None) => Ok(Wired { host: Box::new(LocalHost::new()), background: live, hops: Vec::new() }),
        (None, false, Some(dir)) => {
            let host = ReplayHost::open(dir)?;
            let manifest = host.capture().manifest();
            let background =
                Background { collected_at: manifest.collected_at.clone(), os_release: manifest.os_release.clone() };
            Ok(Wired { host: Box::new(host), background, hops: Vec::new() })
        }
        (None, false, None) => Err(Failure::usage("no host to look at")
            .hint("--host NAME looks at a host over SSH, --local at this machine, --replay DIR at a capture")),
        _ => Err(Failure::usage("--host, --local and --replay exclude each other").hint("name one place to look at")),
    }
}

async fn connect(name: &str, flags: &HostFlags<'_>, progress: &ProgressLine) -> Result<SshHost, Failure> {
    let files = match (flags.ignore_ssh_config, flags.ssh_config) {
        (true, Some(_)) => return Err(Failure::usage("--ssh-config and --ignore-ssh-config exclude each other")),
        (true, None) => ConfigFiles::Nothing,
        (false, Some(file)) => ConfigFiles::Only(file.to_owned()),
        (false, None) => default_config_files()?,
    };
    let mut options = resolve_options(name, files)?;
    let mut over = |keyword: &str, value: Option<String>| {
        options.overrides.extend(value.map(|value| (keyword.to_owned(), quote(&value))));
    };
    over("User", flags.user.map(str::to_owned));
    over("Port", flags.port.map(|port| port.to_string()));
    over("IdentityFile", flags.identity_file.map(|file| file.to_string_lossy().into_owned()));
    // A list of hosts is no quoted word.
    options.overrides.extend(flags.jump_host.map(|hosts| ("ProxyJump".to_owned(), hosts.to_owned())));
    let Routing { route, notes } = Routing::resolve(&options)?;
    for text in notes {
        progress.note(&format!("note: {}", visible_line(text)));
    }
    let ssh = SshOptions {
        persist_known_hosts: !flags.no_persist,
        passphrase: passphrase(progress),
        ..SshOptions::default()
    };
    let way: Vec<String> = route.hops.iter().map(|hop| visible_line(hop.name.clone())).collect();
    progress.show_text(format!("connecting to {}", way.join(", then ")));
    let host = SshHost::connect(route, ssh).await.inspect_err(|_| progress.clear())?;
    for hop in host.hops().await.iter().filter(|hop| hop.host_key_status == HostKeyStatus::Added) {
        progress.note(&format!(
            "note: {} is new: its key {} is now known",
            visible_line(hop.name.clone()),
            hop.host_key
        ));
    }
    Ok(host)
}

/// Asks on the terminal, where there is one.
fn passphrase(progress: &ProgressLine) -> Option<Passphrase> {
    let pause = progress.pause();
    let ask = move |file: &Path| {
        let prompt = format!("Passphrase for {}: ", visible_line(file.display().to_string()));
        pause(&|| rpassword::prompt_password(&prompt).ok())
    };
    is_interactive().then(|| Arc::new(ask) as Passphrase)
}

/// What a configuration is resolved for and with: `[USER@]HOST`, the user who runs tai, and the environment.
pub(crate) fn resolve_options(name: &str, files: ConfigFiles) -> Result<ResolveOptions, Failure> {
    let (user, host) = match name.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, name),
    };
    if host.is_empty() || host.starts_with('-') || user == Some("") {
        return Err(Failure::usage(format!("{name:?} is no host")).hint("a host is written [USER@]NAME"));
    }
    let account = account()?;
    Ok(ResolveOptions {
        host: host.to_owned(),
        files,
        overrides: user.map(|user| ("User".to_owned(), quote(user))).into_iter().collect(),
        local_user: account.name,
        uid: account.uid.as_raw(),
        home: account.dir,
        local_hostname: gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        env: all_environment(),
    })
}

/// `~/.ssh/config` and the system's.
pub(crate) fn default_config_files() -> Result<ConfigFiles, Failure> {
    let user = account()?.dir.join(".ssh/config");
    Ok(ConfigFiles::Default { user: Some(user), system: Some("/etc/ssh/ssh_config".into()) })
}

/// The user's file of known host keys.
pub(crate) fn known_hosts_file() -> Result<PathBuf, Failure> {
    Ok(account()?.dir.join(".ssh/known_hosts"))
}

/// The user who runs tai. As for ssh, the home is that of the user database, not `$HOME`.
fn account() -> Result<User, Failure> {
    let account = User::from_uid(geteuid()).map_err(|error| Failure::usage(std::io::Error::from(error)))?;
    account.ok_or_else(|| Failure::usage("the user who runs tai is not in the user database"))
}

/// The policy: the built-in table, and what `policy.toml` in tai's folder adds to it.
pub(crate) fn policy() -> Result<Policy, Failure> {
    let Some(file) = home().map(|home| home.join("policy.toml")) else { return Ok(Policy::builtin()) };
    match std::fs::read_to_string(&file) {
        Ok(text) => Policy::with_site(&text, &file.to_string_lossy())
            .map_err(|error| Failure::usage(error).hint("a site file may add programs and flags, and relax nothing")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Policy::builtin()),
        Err(source) => Err(Failure::usage(Attempt { attempt: format!("cannot read {}", file.display()), source })),
    }
}

/// tai's folder: `TAI_HOME`, else `.tai` in the user's home. A container may run tai as a user who has none.
fn home() -> Option<PathBuf> {
    let home = || Some(account().ok()?.dir.join(".tai"));
    environment("TAI_HOME").map(PathBuf::from).or_else(home)
}

/// A model, and whether the operator asked for it.
pub(crate) struct WiredModel {
    pub(crate) model: Option<Box<dyn ChatModel>>,
    /// True when the operator named it: then its failure counts.
    pub(crate) by_name: bool,
}

/// What the flags say about the model.
#[derive(Clone, Copy)]
pub(crate) struct ModelFlags<'a> {
    pub(crate) base_url: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
    pub(crate) allow_remote: bool,
}

/// The model to ask: flags over environment over defaults.
pub(crate) fn model(flags: ModelFlags<'_>) -> Result<WiredModel, Failure> {
    if flags.model == Some("") || flags.base_url == Some("") {
        return Err(Failure::usage("--model and --base-url need a value").hint("`--model none` asks no model"));
    }
    let named = flags.model.map(str::to_owned).or_else(|| environment("TAI_MODEL"));
    let by_name = named.is_some();
    let name = named.unwrap_or_else(|| DEFAULT_MODEL.to_owned());
    if name == "none" {
        return Ok(WiredModel { model: None, by_name: false });
    }
    let base_url = flags.base_url.map(str::to_owned).or_else(|| environment("TAI_BASE_URL"));
    let mut options = OpenAiOptions::new(base_url.unwrap_or_else(|| DEFAULT_BASE_URL.to_owned()), name);
    let key = environment("TAI_API_KEY").map(|key| ApiKey::new(&key)).transpose();
    options.api_key = key.map_err(|error| Failure::usage(error).hint("the key is in the variable TAI_API_KEY"))?;
    options.allow_remote = flags.allow_remote;
    let model = OpenAiModel::new(options).map_err(|error| {
        let is_remote = matches!(error, tai_llm::Error::RemoteRefused { .. });
        let failure = Failure::usage(error);
        if is_remote {
            failure.hint("evidence would leave your network; --allow-remote says that this is intended")
        } else {
            failure.hint("a base URL looks like http://localhost:11434/v1")
        }
    })?;
    Ok(WiredModel { model: Some(Box::new(model)), by_name })
}

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// All of it, as far as it is UTF-8: `ssh_config` may name any variable.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn all_environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
