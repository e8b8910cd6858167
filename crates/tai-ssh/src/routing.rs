use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::{ConfigError, HostConfig, IdentityAgent, ResolveOptions, StrictHostKeyChecking, resolve};
use crate::{Hop, Route};

/// A chain of jump hosts that name each other is longer than this.
const MAX_HOPS: usize = 8;
/// Keys that are tried where nothing names any, below the user's `.ssh`.
const DEFAULT_KEYS: [&str; 2] = ["id_ed25519", "id_rsa"];

/// The way to a host, and what of the configuration tai does not follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// Every hop, the host itself last.
    pub route: Route,
    /// Each a sentence for the operator: a setting that would loosen host-key checking, for example.
    pub notes: Vec<String>,
    /// The files of the configuration that were read.
    pub files: Vec<PathBuf>,
}

/// Why the configuration gives no way to a host.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RoutingError {
    /// The configuration of a hop cannot be resolved.
    #[error("the ssh configuration of {host} cannot be used")]
    Config {
        /// The hop.
        host: String,
        /// Where and why.
        #[source]
        source: ConfigError,
    },
    /// A hop is reached through a program, which tai does not start.
    #[error("{host} is reached through a ProxyCommand, which tai does not run: {command:?}")]
    ProxyCommand {
        /// The hop.
        host: String,
        /// The command, expanded.
        command: String,
    },
    /// The jump hosts lead to each other.
    #[error("the way to {host} has more than {MAX_HOPS} hops")]
    TooLong {
        /// The host itself.
        host: String,
    },
}

impl Routing {
    /// Resolves the host of `options`, and each of its jump hosts as ssh would.
    ///
    /// Keys are those that the configuration or an override names; else `id_ed25519`, then `id_rsa`. Host-key checking may be tightened
    /// (`StrictHostKeyChecking yes`), never loosened: `no` and a file of known hosts that forgets are noted and not followed.
    ///
    /// # Errors
    ///
    /// When a configuration is wrong, names a `ProxyCommand`, or its jump hosts have no end.
    pub fn resolve(options: &ResolveOptions) -> Result<Self, RoutingError> {
        let mut routing = Routing { route: Route { hops: Vec::new() }, notes: Vec::new(), files: Vec::new() };
        routing.extend_to(options, &options.host, MAX_HOPS)?;
        routing.notes.dedup();
        Ok(routing)
    }

    /// Adds the way to the host of `options`, of at most `left` hops.
    fn extend_to(&mut self, options: &ResolveOptions, target: &str, left: usize) -> Result<(), RoutingError> {
        let failed = |source| RoutingError::Config { host: options.host.clone(), source };
        let config = resolve(options).map_err(failed)?;
        if let Some(command) = config.proxy_command().map_err(failed)? {
            return Err(RoutingError::ProxyCommand { host: options.host.clone(), command });
        }
        let jumps = config.proxy_jump().to_vec();
        let Some(left) = left.checked_sub(jumps.len() + 1) else {
            return Err(RoutingError::TooLong { host: target.to_owned() });
        };
        for (i, jump) in jumps.iter().enumerate() {
            let options = options.for_hop(jump, &jumps[..i]);
            if i == 0 {
                // Only the first may have jump hosts of its own: the others are reached through it.
                self.extend_to(&options, target, left + 1)?;
            } else {
                let config =
                    resolve(&options).map_err(|source| RoutingError::Config { host: jump.host.clone(), source })?;
                self.add_hop(&options, &config)?;
            }
        }
        self.add_hop(options, &config)
    }

    fn add_hop(&mut self, options: &ResolveOptions, config: &HostConfig) -> Result<(), RoutingError> {
        let failed = |source| RoutingError::Config { host: options.host.clone(), source };
        let new = config.files().iter().filter(|file| !self.files.contains(file));
        let new: Vec<PathBuf> = new.cloned().collect();
        self.files.extend(new);
        let mut hop = Hop::new(config.hostname(), config.user());
        hop.name.clone_from(&options.host);
        hop.port = config.port();
        hop.explicit_identities = config.has_identity_files();
        hop.identity_files = if hop.explicit_identities {
            config.identity_files().map_err(failed)?
        } else {
            DEFAULT_KEYS.iter().map(|key| options.home.join(".ssh").join(key)).collect()
        };
        hop.identities_only = config.identities_only();
        hop.agent_socket = match config.identity_agent() {
            IdentityAgent::Environment => options.env.get("SSH_AUTH_SOCK").map(PathBuf::from),
            IdentityAgent::Socket(socket) => Some(socket),
            IdentityAgent::Off => None,
        };
        hop.known_hosts = self.known_hosts(options, config).map_err(failed)?;
        hop.host_key_alias = config.host_key_alias().map(str::to_owned);
        hop.hash_known_hosts = config.hash_known_hosts();
        hop.strict = config.strict_host_key_checking() == StrictHostKeyChecking::Yes;
        hop.connect_timeout = config.connect_timeout();
        if config.strict_host_key_checking() == StrictHostKeyChecking::No {
            self.note(options, "StrictHostKeyChecking no is not followed: a changed host key is always refused");
        }
        self.route.hops.push(hop);
        Ok(())
    }

    fn known_hosts(&mut self, options: &ResolveOptions, config: &HostConfig) -> Result<Vec<PathBuf>, ConfigError> {
        let forgets = |file: &PathBuf| file == Path::new("/dev/null") || file == Path::new("none");
        let (forgetful, mut files): (Vec<_>, Vec<_>) = config.user_known_hosts_files().into_iter().partition(forgets);
        if !forgetful.is_empty() {
            self.note(options, "a UserKnownHostsFile that keeps nothing is not followed: ~/.ssh/known_hosts is used");
        }
        if files.is_empty() {
            files.push(options.home.join(".ssh/known_hosts"));
        }
        files.extend(config.global_known_hosts_files()?.into_iter().filter(|file| !forgets(file)));
        Ok(files)
    }

    fn note(&mut self, options: &ResolveOptions, what: &str) {
        self.notes.push(format!("{}: {what}", options.host));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigFiles;

    fn routing(config: &str, host: &str) -> Result<Routing, RoutingError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        std::fs::write(&file, config).unwrap();
        Routing::resolve(&ResolveOptions {
            host: host.into(),
            files: ConfigFiles::Only(file),
            local_user: "me".into(),
            home: "/h".into(),
            ..ResolveOptions::default()
        })
    }

    fn check(config: &str, host: &str, expect: &[&str]) {
        let hops = routing(config, host).unwrap().route.hops;
        let hops: Vec<String> =
            hops.iter().map(|hop| format!("{} {}@{}:{}", hop.name, hop.user, hop.hostname, hop.port)).collect();
        assert_eq!(hops, expect, "{config}");
    }

    #[test]
    fn jump_hosts_are_resolved_by_the_configuration() {
        check("", "web1", &["web1 me@web1:22"]);
        let config = "Host web*\n HostName 10.0.0.1\n User ops\n ProxyJump gate,other@inner:2200\nHost gate\n Port 2022\n ProxyJump outer\n";
        check(
            config,
            "web1",
            &["outer me@outer:22", "gate me@gate:2022", "inner other@inner:2200", "web1 ops@10.0.0.1:22"],
        );
    }

    #[test]
    fn keys_are_the_named_ones_or_the_two_defaults() {
        let hops = routing("Host a\n IdentityFile /keys/a\n", "a").unwrap().route.hops;
        assert_eq!((hops[0].identity_files.clone(), hops[0].explicit_identities), (vec!["/keys/a".into()], true));
        let hops = routing("", "a").unwrap().route.hops;
        assert_eq!(hops[0].identity_files, [PathBuf::from("/h/.ssh/id_ed25519"), "/h/.ssh/id_rsa".into()]);
    }

    #[test]
    fn host_key_checking_may_be_tightened_and_not_loosened() {
        assert!(routing("StrictHostKeyChecking yes\n", "a").unwrap().route.hops[0].strict);
        let loose = routing("StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n", "a").unwrap();
        assert_eq!(loose.notes.len(), 2);
        assert!(!loose.route.hops[0].strict && loose.route.hops[0].known_hosts[0] == Path::new("/h/.ssh/known_hosts"));
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        assert!(matches!(routing("ProxyCommand nc %h %p\n", "a"), Err(RoutingError::ProxyCommand { .. })));
        let circle = routing("Host a\n ProxyJump b\nHost b\n ProxyJump a\n", "a");
        assert!(matches!(circle, Err(RoutingError::TooLong { host }) if host == "a"));
    }
}
