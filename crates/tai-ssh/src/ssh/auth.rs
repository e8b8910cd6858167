use std::path::Path;
use std::time::Duration;

use ssh2::{Agent, ErrorCode, PublicKey};

use super::identity::{KeyFile, Unusable, public_half};
use super::link::{Link, is_timeout};
use super::{Hop, SshError, SshOptions, Step, Tried};

/// How often a person is asked for the passphrase of one key, as ssh does.
const PASSPHRASE_ATTEMPTS: usize = 3;

/// How long a person may take to type it.
const PATIENCE: Duration = Duration::from_secs(600);

/// Logs in by key, and says by which. In this order: keys of the agent that are also listed as files, files without a passphrase, the agent's
/// other keys, and at last, since it asks a person, files with a passphrase.
pub(super) fn log_in(link: &Link, hop: &Hop, options: &SshOptions) -> Result<String, SshError> {
    let mut login = Login { link, hop, options, tried: Vec::new() };
    match login.any_key()? {
        Some(key) => Ok(key),
        None => {
            link.allow(options.timeouts.authentication);
            let methods = link.session.auth_methods(&hop.user).unwrap_or_default();
            let methods = methods.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Err(SshError::Authentication {
                host: hop.name.clone(),
                user: hop.user.clone(),
                tried: login.tried,
                methods,
            })
        }
    }
}

struct Login<'a> {
    link: &'a Link,
    hop: &'a Hop,
    options: &'a SshOptions,
    tried: Vec<Tried>,
}

impl Login<'_> {
    fn any_key(&mut self) -> Result<Option<String>, SshError> {
        let (mut agent, identities) = self.agent_keys();
        let listed: Vec<_> = self.hop.identity_files.iter().filter_map(|path| public_half(path)).collect();
        let (listed, others): (Vec<_>, Vec<_>) =
            identities.into_iter().partition(|identity| listed.iter().any(|blob| blob == identity.blob()));
        if let Some(key) = self.try_agent(agent.as_mut(), &listed)? {
            return Ok(Some(key));
        }
        let (plain, encrypted): (Vec<_>, Vec<_>) = self.read_files().into_iter().partition(|file| !file.encrypted);
        for file in &plain {
            if self.try_file(file, None)? {
                return Ok(Some(file.path.display().to_string()));
            }
        }
        if !self.hop.identities_only
            && let Some(key) = self.try_agent(agent.as_mut(), &others)?
        {
            return Ok(Some(key));
        }
        for file in &encrypted {
            if self.try_encrypted(file)? {
                return Ok(Some(file.path.display().to_string()));
            }
        }
        Ok(None)
    }

    /// The agent and its keys. One that does not answer is no reason to give up.
    fn agent_keys(&mut self) -> (Option<Agent>, Vec<PublicKey>) {
        let Some(path) = &self.hop.agent_socket else { return (None, Vec::new()) };
        match connect_agent(self.link, path) {
            Ok((agent, identities)) => (Some(agent), identities),
            Err(error) => {
                self.note(&format!("agent at {}", path.display()), format!("not used: {}", error.message()));
                (None, Vec::new())
            }
        }
    }

    fn try_agent(&mut self, agent: Option<&mut Agent>, identities: &[PublicKey]) -> Result<Option<String>, SshError> {
        let Some(agent) = agent else { return Ok(None) };
        for identity in identities {
            let name = format!("{} (agent)", identity.comment());
            self.link.allow(self.options.timeouts.authentication);
            match agent.userauth(&self.hop.user, identity) {
                Ok(()) => return Ok(Some(name)),
                Err(error) => self.refused(&name, &error)?,
            }
        }
        Ok(None)
    }

    /// The keys of the files that may be used. A file that nobody asked for by name may be missing.
    fn read_files(&mut self) -> Vec<KeyFile> {
        let mut files = Vec::new();
        for path in &self.hop.identity_files {
            match KeyFile::read(path) {
                Ok(file) => files.push(file),
                Err(Unusable::Missing) if !self.hop.explicit_identities => {}
                Err(why) => self.note(&path.display().to_string(), why.to_string()),
            }
        }
        files
    }

    fn try_encrypted(&mut self, file: &KeyFile) -> Result<bool, SshError> {
        let name = file.path.display().to_string();
        let Some(ask) = &self.options.passphrase else {
            self.note(
                &name,
                format!("encrypted, and nobody to ask for its passphrase: `ssh-add {name}` gives it to an agent"),
            );
            return Ok(false);
        };
        for _ in 0..PASSPHRASE_ATTEMPTS {
            self.link.allow(PATIENCE);
            let Some(passphrase) = ask(&file.path) else {
                self.note(&name, format!("encrypted, and no passphrase given: `ssh-add {name}` gives it to an agent"));
                return Ok(false);
            };
            if self.try_file(file, Some(&passphrase))? {
                return Ok(true);
            }
            match self.tried.last_mut() {
                Some(last) if last.outcome != NOT_ACCEPTED => last.outcome = "not opened by its passphrase".to_owned(),
                _ => break,
            }
        }
        Ok(false)
    }

    fn try_file(&mut self, file: &KeyFile, passphrase: Option<&str>) -> Result<bool, SshError> {
        self.link.allow(self.options.timeouts.authentication);
        match self.link.session.userauth_pubkey_memory(&self.hop.user, None, &file.text, passphrase) {
            Ok(()) => Ok(true),
            Err(error) => self.refused(&file.path.display().to_string(), &error).map(|()| false),
        }
    }

    /// Notes why a key did not work, or fails when no other can work either.
    fn refused(&mut self, key: &str, error: &ssh2::Error) -> Result<(), SshError> {
        if is_timeout(error) {
            return Err(self.link.timed_out(Step::Authentication, self.options.timeouts.authentication));
        }
        let outcome = match error.code() {
            ErrorCode::Session(AUTHENTICATION_FAILED | PUBLICKEY_UNVERIFIED) => NOT_ACCEPTED.to_owned(),
            _ => format!("cannot be used: {}", error.message()),
        };
        self.note(key, outcome);
        Ok(())
    }

    fn note(&mut self, key: &str, outcome: String) {
        self.tried.push(Tried { key: key.to_owned(), outcome });
    }
}

fn connect_agent(link: &Link, path: &Path) -> Result<(Agent, Vec<PublicKey>), ssh2::Error> {
    let mut agent = link.session.agent()?;
    agent.set_identity_path(path)?;
    agent.connect()?;
    agent.list_identities()?;
    let identities = agent.identities()?;
    Ok((agent, identities))
}

const NOT_ACCEPTED: &str = "not accepted";

// Codes of libssh2.h.
const AUTHENTICATION_FAILED: i32 = -18;
const PUBLICKEY_UNVERIFIED: i32 = -19;
