//! The only place that names implementations and reads the environment: it turns what the operator said into hosts and a model.

mod audit;
mod config;
mod embedder;
mod endpoint;
mod hidden;
mod host;
mod look;
mod memory;
mod model;
mod models;
mod reranker;
mod run_log;
mod settings;
mod store;
mod traced;

pub(crate) use audit::{Audit, audit_log};
pub(crate) use config::{Config, config, redacted, secrets};
pub(crate) use embedder::{WiredRankers, computed, pack_weights, rankers};
pub(crate) use host::{
    Opener, Place, Way, default_config_files, host_names, known_hosts_file, of_home, resolve_options_of,
};
pub(crate) use look::look;
pub(crate) use memory::{
    ADDED, BUILT_IN, Keep, Remembered, Shelved, library, must_persist, now, persists, read_named, sessions, shelf,
    sync_built_in, tai_home, typed_lines, with_environment,
};
pub(crate) use model::{ModelFlags, Timeouts, WiredModel, keys, model};
pub(crate) use models::{hub, registry};
pub(crate) use run_log::{RunLog, run_logs};
pub(crate) use settings::{Effective, SETTINGS, effective};
pub(crate) use store::{STORES, WITH_VECTORS, embedder_id, open_store, store_directory, stores, write_down};

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError};

use jiff::Timestamp;
use nix::unistd::{User, geteuid};
use serde_json::json;
use tai_collect::{Collectors, Scope};
use tai_engine::Templates;
use tai_redact::Redactor;
use tai_ssh::Policy;

use crate::exit::{Attempt, Failure};
use crate::progress::Screen;

/// The policy: the built-in table, and what `policy.toml` in tai's folder adds to it.
pub(crate) fn policy() -> Result<Arc<Policy>, Failure> {
    read_policy().map(Arc::new)
}

fn read_policy() -> Result<Policy, Failure> {
    let Some(file) = home().map(|home| home.join("policy.toml")) else { return Ok(Policy::builtin()) };
    match std::fs::read_to_string(&file) {
        Ok(text) => Policy::with_site(&text, &file.to_string_lossy())
            .map_err(|error| Failure::usage(error).hint("a site file may add programs and flags, and relax nothing")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Policy::builtin()),
        Err(source) => Err(Failure::usage(Attempt { attempt: format!("cannot read {}", file.display()), source })),
    }
}

/// The policy, which appends each of its decisions to `log`: JSON, one a line. A decision that cannot be written is told once, and stops nothing.
pub(crate) fn logged_policy(log: Option<&Path>, screen: &Screen) -> Result<Arc<Policy>, Failure> {
    let policy = read_policy()?;
    let Some(path) = log else { return Ok(Arc::new(policy)) };
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    let attempt = || format!("cannot write the decisions of the policy to {}", path.display());
    let file = opened.map_err(|source| Failure::usage(Attempt { attempt: attempt(), source }))?;
    let (file, told, screen, attempt) = (Mutex::new(file), Once::new(), screen.clone(), attempt());
    Ok(Arc::new(policy.with_log(Arc::new(move |decision| {
        let line = json!({
            "time": Timestamp::now().to_string(),
            "command": decision.command,
            "allowed": decision.allowed,
            "rule": decision.rule,
            "reason": decision.reason,
        });
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        // In one write, so that lines of two processes do not mix.
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            told.call_once(|| screen.note(&format!("{attempt}: {error}")));
        }
    }))))
}

/// What is done to each text of a capture: secrets are taken out.
pub(crate) fn redactor() -> Result<impl FnMut(&[u8]) -> Vec<u8> + Send + Sync + 'static, Failure> {
    let mut secrets = secrets()?;
    Ok(move |text: &[u8]| secrets.redact(text))
}

/// What may be looked at: the collectors at hand, and the directories of `--dir`.
pub(crate) fn scope(policy: &Policy, directories: &[String]) -> Result<Scope, Failure> {
    if let Some(relative) = directories.iter().find(|dir| !dir.starts_with('/')) {
        return Err(Failure::usage(format!("{relative:?} is no absolute path"))
            .hint("--dir names a directory of the host, as in /srv/app"));
    }
    Ok(Scope { collectors: collectors(policy)?, directories: directories.to_vec(), ..Scope::default() })
}

/// The texts of a prompt: those built in, or the files of their names in `prompts` of tai's folder.
pub(crate) fn templates() -> Result<Templates, Failure> {
    let Some(folder) = home().map(|home| home.join("prompts")) else { return Ok(Templates::default()) };
    Templates::names().try_fold(Templates::default(), |templates, name| {
        let file = folder.join(name);
        match std::fs::read_to_string(&file) {
            Ok(text) => templates
                .with(name, &text)
                .map_err(|error| Failure::usage(error).hint(format!("correct {}, or take it away", file.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(templates),
            Err(source) => Err(Failure::usage(Attempt { attempt: format!("cannot read {}", file.display()), source })),
        }
    })
}

/// The collectors: those built in, and those of the files `*.toml` in `collectors.d` of tai's folder, in the order of their names.
pub(crate) fn collectors(policy: &Policy) -> Result<Collectors, Failure> {
    let Some(folder) = home().map(|home| home.join("collectors.d")) else { return Ok(Collectors::builtin()) };
    let unreadable = |path: &Path| {
        let attempt = format!("cannot read {}", path.display());
        move |source| Failure::usage(Attempt { attempt, source })
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(unreadable(&folder))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Collectors::builtin()),
        Err(error) => return Err(unreadable(&folder)(error)),
    };
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files.iter().try_fold(Collectors::builtin(), |collectors, file| {
        let text = std::fs::read_to_string(file).map_err(unreadable(file))?;
        let added = collectors.with_file(&text, &file.to_string_lossy(), policy);
        added.map_err(|error| {
            let hint = match error {
                tai_collect::Error::CollectorDenied { .. } => {
                    "`tai policy explain -- COMMAND` says what would be allowed instead"
                }
                _ => "`tai plan --list --json` shows the fields of those that are built in",
            };
            Failure::usage(error).hint(hint)
        })
    })
}

/// tai's folder: `TAI_HOME`, else `.tai` in the user's home. A container may run tai as a user who has none.
fn home() -> Option<PathBuf> {
    let home = || Some(account().ok()?.dir.join(".tai"));
    environment("TAI_HOME").map(PathBuf::from).or_else(home)
}

/// The user who runs tai. As for ssh, the home is that of the user database, not `$HOME`.
fn account() -> Result<User, Failure> {
    let account = User::from_uid(geteuid()).map_err(|error| Failure::usage(std::io::Error::from(error)))?;
    account.ok_or_else(|| Failure::usage("the user who runs tai is not in the user database"))
}

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// `TERM`.
pub(crate) fn terminal_kind() -> Option<String> {
    environment("TERM")
}

/// The locale that says how characters are written.
pub(crate) fn language() -> String {
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(environment).unwrap_or_else(|| "C".to_owned())
}

/// All of it, as far as it is UTF-8: `ssh_config` may name any variable.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn all_environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
