use super::canonical;
use super::error::{ConfigError, Problem};
use super::finish::finish;
use super::host_config::HostConfig;
use super::jump::Jump;
use super::options::ResolveOptions;
use super::reader::Reader;
use super::settings::Settings;

/// Resolves the configuration of a host.
///
/// ```
/// use tai_ssh::config::{ConfigFiles, ResolveOptions, resolve};
///
/// let dir = tempfile::tempdir()?;
/// let file = dir.path().join("config");
/// std::fs::write(&file, "Host web*\n  ProxyJump ops@bastion\n  Hostname %h.example.com\n")?;
/// let config = resolve(&ResolveOptions {
///     host: "web1".to_owned(),
///     files: ConfigFiles::Only(file),
///     local_user: "me".to_owned(),
///     ..ResolveOptions::default()
/// })?;
/// assert_eq!((config.hostname(), config.port(), config.user()), ("web1.example.com", 22, "me"));
/// assert_eq!(config.proxy_jump()[0].host, "bastion");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Whatever makes `ssh -G` fail: a malformed line anywhere in the files (with its file and number), a file that others
/// may write, an outcome that cannot be; and `Match exec` where the outcome depends on it.
pub fn resolve(options: &ResolveOptions) -> Result<HostConfig, ConfigError> {
    if !is_valid_host(&options.host) {
        return Err(ConfigError::InvalidHost { host: options.host.clone() });
    }
    let mut reader = Reader {
        options,
        settings: Settings::default(),
        warnings: Vec::new(),
        files: Vec::new(),
        host: options.host.clone(),
        final_pass: false,
        wants_final: false,
    };
    reader.read_overrides()?;
    check_overrides(&reader.settings)?;
    reader.read_files()?;
    let unusable = |problem: Problem| ConfigError::Outcome { host: options.host.clone(), problem };
    let host = canonical::name(&mut reader).map_err(unusable)?;
    // OpenSSH takes these three as set before the second pass.
    for (name, value) in
        [("canonicalizehostname", "false"), ("canonicalizemaxdots", "1"), ("canonicalizefallbacklocal", "yes")]
    {
        reader.settings.set(name, value);
    }
    let canonicalises = reader.settings.get("canonicalizehostname").is_some_and(|mode| mode != "false");
    if reader.wants_final || canonicalises {
        reader.settings.one.insert("hostname", host.clone());
        reader.host.clone_from(&host);
        reader.final_pass = true;
        reader.read_files()?;
    }
    let mut config = finish(options, reader.settings, &host).map_err(unusable)?;
    config.warnings = reader.warnings;
    config.files = reader.files;
    Ok(config)
}

/// Names from outside end up in commands of the configuration, so ssh takes fewer of them than from a file.
fn check_overrides(settings: &Settings) -> Result<(), ConfigError> {
    let hops = settings.jump.as_ref().map(Jump::hops).unwrap_or_default();
    if let Some(hop) = hops.iter().find(|hop| !is_valid_host(&hop.host)) {
        return Err(ConfigError::InvalidHost { host: hop.host.clone() });
    }
    let mut users = hops.iter().filter_map(|hop| hop.user.as_deref()).chain(settings.get("user"));
    match users.find(|user| !is_valid_user(user)) {
        Some(user) => Err(ConfigError::InvalidUser { user: user.to_owned() }),
        None => Ok(()),
    }
}

fn is_valid_host(host: &str) -> bool {
    let is_bad = |c: char| "'`\"$\\;&<>|(){},".contains(c) || c.is_ascii_whitespace() || c.is_ascii_control();
    !host.is_empty() && !host.starts_with('-') && !host.contains(is_bad)
}

fn is_valid_user(user: &str) -> bool {
    let is_bad = |c: char| "'`\";&<>|(){}".contains(c) || c.is_ascii_control();
    !user.starts_with('-') && !user.contains(is_bad) && !user.contains(" -") && !user.ends_with('\\')
}
