//! From what the lines set to what holds: defaults, checks, tokens.

use sha1::{Digest, Sha1};

use super::error::Problem;
use super::expand::{Tokens, tilde};
use super::host_config::HostConfig;
use super::jump::Jump;
use super::keyword::{DEFAULTS, GLOBAL_KNOWN_HOSTS, LISTS, USER_KNOWN_HOSTS};
use super::options::ResolveOptions;
use super::settings::Settings;

/// The tokens of a connection to a host.
pub(super) fn tokens(options: &ResolveOptions, settings: &Settings, host: &str, user: &str) -> Tokens {
    let port = settings.get("port").unwrap_or("22");
    let alias = settings.get("hostkeyalias").unwrap_or(&options.host);
    let local = &options.local_hostname;
    let hash = Sha1::new().chain_update(local).chain_update(host).chain_update(port).chain_update(user).finalize();
    let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Tokens::new([
        ('C', hash),
        ('L', local.split('.').next().unwrap_or_default().to_owned()),
        ('i', options.uid.to_string()),
        ('k', alias.to_owned()),
        ('l', local.clone()),
        ('n', options.host.clone()),
        ('p', port.to_owned()),
        ('d', options.home.to_string_lossy().into_owned()),
        ('h', host.to_owned()),
        ('r', user.to_owned()),
        ('u', options.local_user.clone()),
    ])
}

/// Fills in what nobody set, refuses what ssh refuses, and expands what `ssh -G` expands.
pub(super) fn finish(options: &ResolveOptions, mut settings: Settings, host: &str) -> Result<HostConfig, Problem> {
    fill(&mut settings, options)?;
    if let Some(alias) = settings.one.get_mut("hostkeyalias") {
        alias.make_ascii_lowercase();
    }
    check(&mut settings, host)?;
    let user = settings.get("user").unwrap_or_default().to_owned();
    let expansion = Expansion { tokens: tokens(options, &settings, host, &user), options: options.clone() };
    expand(&mut settings, &expansion)?;
    Ok(HostConfig::new(settings, host, expansion))
}

/// All it takes to expand a path.
#[derive(Debug, Clone)]
pub(super) struct Expansion {
    pub(super) tokens: Tokens,
    pub(super) options: ResolveOptions,
}

impl Expansion {
    /// Expands `~`, then tokens and `${VARIABLE}`.
    pub(super) fn path(&self, text: &str) -> Result<String, Problem> {
        let path = tilde(text, &self.options.local_user, &self.options.home)?;
        self.tokens.expand_with(&path, &self.options.env)
    }
}

fn fill(settings: &mut Settings, options: &ResolveOptions) -> Result<(), Problem> {
    let interval = if settings.get("batchmode") == Some("yes") { "300" } else { "0" };
    settings.set("serveraliveinterval", interval);
    let asks_dns = settings.get("verifyhostkeydns").is_some_and(|answer| answer != "false");
    let has_own_files = !matches!(settings.list("userknownhostsfile"), [] | [_]);
    let has_own_file = settings.list("userknownhostsfile").first().is_some_and(|file| file != USER_KNOWN_HOSTS[0]);
    settings.set("updatehostkeys", if asks_dns || has_own_files || has_own_file { "false" } else { "true" });
    for (name, files) in [("userknownhostsfile", USER_KNOWN_HOSTS), ("globalknownhostsfile", GLOBAL_KNOWN_HOSTS)] {
        settings.many.entry(name).or_insert_with(|| files.map(str::to_owned).to_vec());
    }
    if settings.get("clearallforwardings") == Some("yes") {
        settings.local_forwards.clear();
        settings.remote_forwards.clear();
        settings.one.insert("tunnel", "false".to_owned());
    }
    for (name, value) in DEFAULTS {
        settings.set(name, *value);
    }
    for (name, family) in LISTS {
        let value = settings.get(name).unwrap_or_default().to_owned();
        let list = family.assemble(Some(&value)).ok_or(Problem::BadValue { keyword: name.to_owned(), value })?;
        settings.one.insert(name, list);
    }
    for name in [
        "localcommand",
        "remotecommand",
        "proxycommand",
        "controlpath",
        "revokedhostkeys",
        "pkcs11provider",
        "securitykeyprovider",
        "knownhostscommand",
    ] {
        if settings.get(name).is_some_and(|value| value.eq_ignore_ascii_case("none")) {
            settings.one.remove(name);
        }
    }
    settings.set("user", options.local_user.clone());
    Ok(())
}

/// What ssh refuses, and what it turns off, once all is known.
fn check(settings: &mut Settings, host: &str) -> Result<(), Problem> {
    if let Some(Jump::Through { last, .. }) = &settings.jump {
        let user = settings.get("user");
        let port = last.port.unwrap_or(22).to_string();
        if last.host == host
            && settings.get("port") == Some(&port)
            && (last.user.is_none() || last.user.as_deref() == user)
        {
            return Err(Problem::JumpLoop { host: host.to_owned() });
        }
        settings.one.insert("proxyusefdpass", "no".to_owned());
    }
    let is = |name, value| settings.get(name) == Some(value);
    if is("proxycommand", "-") && is("proxyusefdpass", "yes") {
        return Err(Problem::PassedProxy);
    }
    if is("connectionattempts", "0") {
        return Err(Problem::BadValue { keyword: "connectionattempts".to_owned(), value: "0".to_owned() });
    }
    let has_command = settings.get("remotecommand").is_some();
    if is("forkafterauthentication", "yes") && !has_command && !is("sessiontype", "none") {
        return Err(Problem::ForkWithoutCommand);
    }
    let persists = !is("controlpersist", "no") && settings.get("controlpath").is_some();
    let is_quiet = ["SILENT", "FATAL", "ERROR"].iter().any(|level| is("loglevel", level));
    if is("updatehostkeys", "ask") && (persists || has_command || is("requesttty", "false") || is_quiet) {
        settings.one.insert("updatehostkeys", "false".to_owned());
    }
    Ok(())
}

fn expand(settings: &mut Settings, expansion: &Expansion) -> Result<(), Problem> {
    if let Some(command) = settings.one.get_mut("remotecommand") {
        *command = expansion.tokens.expand(command)?;
    }
    for name in ["controlpath", "identityagent"] {
        if let Some(path) = settings.one.get_mut(name) {
            *path = expansion.path(path)?;
        }
    }
    if let Some(path) = &settings.agent_path {
        let path = expansion.path(path)?;
        if settings.get("exitonforwardfailure") == Some("yes") && std::fs::metadata(&path).is_err() {
            return Err(Problem::NoAgentSocket { path });
        }
        settings.one.insert("forwardagent", path);
    }
    for name in ["userknownhostsfile", "globalknownhostsfile"] {
        let files = settings.many.entry(name).or_default();
        if files.first().is_some_and(|file| file.eq_ignore_ascii_case("none")) {
            files.clear();
        }
        if name == "userknownhostsfile" {
            for file in files {
                *file = expansion.path(file)?;
            }
        }
    }
    for forward in settings.local_forwards.iter_mut().chain(&mut settings.remote_forwards) {
        forward.expand(&expansion.tokens)?;
    }
    Ok(())
}
