use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::error::{ConfigError, Problem};
use super::expand::tilde;
use super::finish::Expansion;
use super::forward::{Forward, Kind};
use super::jump::{Hop, Jump};
use super::keyword::IDENTITY_FILES;
use super::reader::Warning;
use super::settings::Settings;

/// What the configuration says of one host: all that `ssh -G` prints, and what a connection needs in its own types.
///
/// As JSON it is one object of lower-case keys; keys that `ssh -G` may print more than once are arrays.
#[derive(Debug, Clone)]
pub struct HostConfig {
    entries: BTreeMap<&'static str, Entry>,
    hops: Vec<Hop>,
    has_identity_files: bool,
    user_known_hosts: Vec<String>,
    global_known_hosts: Vec<String>,
    expansion: Expansion,
    pub(super) warnings: Vec<Warning>,
    pub(super) files: Vec<PathBuf>,
}

/// What to do with the key of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StrictHostKeyChecking {
    /// `yes`: only known keys.
    Yes,
    /// `accept-new`: a new host is taken, a changed key is not.
    AcceptNew,
    /// `ask`, the default.
    Ask,
    /// `no` or `off`: any key.
    No,
}

/// Which addresses of a name to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressFamily {
    /// All of them.
    Any,
    /// IPv4 only.
    Inet,
    /// IPv6 only.
    Inet6,
}

/// Which agent to ask for keys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityAgent {
    /// The one of the environment, `SSH_AUTH_SOCK`.
    Environment,
    /// None.
    Off,
    /// The one behind this socket.
    Socket(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Entry {
    One(String),
    Many(Vec<String>),
}

impl HostConfig {
    /// All keys with their values, a key once for each of its values, in the order of the alphabet.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().flat_map(|(name, entry)| entry.values().iter().map(|value| (*name, value.as_str())))
    }

    /// The value of a key in lower case; the first where there are several.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).and_then(|entry| entry.values().first()).map(String::as_str)
    }

    /// One JSON object.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.entries
            .iter()
            .map(|(name, entry)| match entry {
                Entry::One(value) => ((*name).to_owned(), value.clone().into()),
                Entry::Many(values) => ((*name).to_owned(), values.clone().into()),
            })
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// Lines that ssh would complain about, and parts of the configuration that are not applied.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The files that were read, included ones too, in the order in which they were met.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The name or address to connect to.
    #[must_use]
    pub fn hostname(&self) -> &str {
        self.get("hostname").unwrap_or_default()
    }

    /// The port, 22 when nobody says another.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.get("port").and_then(|port| port.parse().ok()).unwrap_or(22)
    }

    /// The user at the other end.
    #[must_use]
    pub fn user(&self) -> &str {
        self.get("user").unwrap_or_default()
    }

    /// The files of private keys to try, expanded; those of ssh's own list when the configuration names none
    /// (see [`has_identity_files`](Self::has_identity_files)).
    ///
    /// # Errors
    ///
    /// A name holds an unknown token, an unset variable or an unknown user.
    pub fn identity_files(&self) -> Result<Vec<PathBuf>, ConfigError> {
        self.paths("identityfile")
    }

    /// Whether the configuration or an override names identity files.
    #[must_use]
    pub fn has_identity_files(&self) -> bool {
        self.has_identity_files
    }

    /// The files of certificates, expanded.
    ///
    /// # Errors
    ///
    /// As those of [`identity_files`](Self::identity_files).
    pub fn certificate_files(&self) -> Result<Vec<PathBuf>, ConfigError> {
        self.paths("certificatefile")
    }

    /// Whether only the keys of the identity files are to be tried.
    #[must_use]
    pub fn identities_only(&self) -> bool {
        self.is_yes("identitiesonly")
    }

    /// The agent to ask.
    #[must_use]
    pub fn identity_agent(&self) -> IdentityAgent {
        match self.get("identityagent") {
            None | Some("SSH_AUTH_SOCK") => IdentityAgent::Environment,
            Some("none") => IdentityAgent::Off,
            Some(path) => match path.strip_prefix('$').filter(|name| !name.starts_with('{')) {
                None => IdentityAgent::Socket(path.into()),
                Some(name) => {
                    let path = self.expansion.options.env.get(name);
                    path.map_or(IdentityAgent::Off, |path| IdentityAgent::Socket(path.into()))
                }
            },
        }
    }

    /// The hosts to go through, the nearest first. Each is a name that the configuration may say more of:
    /// see [`ResolveOptions::for_hop`](super::ResolveOptions::for_hop).
    #[must_use]
    pub fn proxy_jump(&self) -> &[Hop] {
        &self.hops
    }

    /// The command that makes the connection, its tokens expanded, for a shell.
    ///
    /// # Errors
    ///
    /// It holds an unknown token.
    pub fn proxy_command(&self) -> Result<Option<String>, ConfigError> {
        let tokens = self.expansion.tokens.only("hknpr");
        self.get("proxycommand").map(|text| tokens.expand(text)).transpose().map_err(|problem| self.unusable(problem))
    }

    /// The user's files of known host keys, expanded.
    #[must_use]
    pub fn user_known_hosts_files(&self) -> Vec<PathBuf> {
        self.user_known_hosts.iter().map(PathBuf::from).collect()
    }

    /// The system's files of known host keys.
    ///
    /// # Errors
    ///
    /// A name begins with `~` and an unknown user.
    pub fn global_known_hosts_files(&self) -> Result<Vec<PathBuf>, ConfigError> {
        let options = &self.expansion.options;
        let paths = self.global_known_hosts.iter().map(|file| tilde(file, &options.local_user, &options.home));
        paths.map(|path| path.map(PathBuf::from).map_err(|problem| self.unusable(problem))).collect()
    }

    /// What to do with the key of the host.
    #[must_use]
    pub fn strict_host_key_checking(&self) -> StrictHostKeyChecking {
        match self.get("stricthostkeychecking") {
            Some("true") => StrictHostKeyChecking::Yes,
            Some("false") => StrictHostKeyChecking::No,
            Some("accept-new") => StrictHostKeyChecking::AcceptNew,
            _ => StrictHostKeyChecking::Ask,
        }
    }

    /// The name under which the key of the host is known, in lower case, when it is another.
    #[must_use]
    pub fn host_key_alias(&self) -> Option<&str> {
        self.get("hostkeyalias")
    }

    /// The algorithms of host keys, best first.
    pub fn host_key_algorithms(&self) -> impl Iterator<Item = &str> {
        self.get("hostkeyalgorithms").unwrap_or_default().split(',')
    }

    /// How long connecting may take; `None` is as long as the system lets it.
    #[must_use]
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.seconds("connecttimeout")
    }

    /// After what silence to ask the server whether it is there; `None` is never.
    #[must_use]
    pub fn server_alive_interval(&self) -> Option<Duration> {
        self.seconds("serveraliveinterval").filter(|interval| !interval.is_zero())
    }

    /// How often to try to connect, at least once.
    #[must_use]
    pub fn connection_attempts(&self) -> u32 {
        self.get("connectionattempts").and_then(|count| count.parse().ok()).unwrap_or(1)
    }

    /// Whether names are written to known hosts as hashes.
    #[must_use]
    pub fn hash_known_hosts(&self) -> bool {
        self.is_yes("hashknownhosts")
    }

    /// Whether the key is looked up under the address as well.
    #[must_use]
    pub fn check_host_ip(&self) -> bool {
        self.is_yes("checkhostip")
    }

    /// Whether to compress.
    #[must_use]
    pub fn compression(&self) -> bool {
        self.is_yes("compression")
    }

    /// Which addresses to try.
    #[must_use]
    pub fn address_family(&self) -> AddressFamily {
        match self.get("addressfamily") {
            Some("inet") => AddressFamily::Inet,
            Some("inet6") => AddressFamily::Inet6,
            _ => AddressFamily::Any,
        }
    }

    /// The local address to connect from.
    #[must_use]
    pub fn bind_address(&self) -> Option<&str> {
        self.get("bindaddress")
    }

    pub(super) fn new(mut settings: Settings, host: &str, expansion: Expansion) -> Self {
        let hops = settings.jump.as_ref().map(Jump::hops).unwrap_or_default();
        let has_identity_files = settings.files.contains_key("identityfile");
        settings
            .files
            .entry("identityfile")
            .or_insert_with(|| IDENTITY_FILES.map(|file| (false, file.to_owned())).to_vec());
        let mut entries = several(&settings);
        for (name, empty) in [
            ("canonicaldomains", "none"),
            ("globalknownhostsfile", "none"),
            ("logverbose", "none"),
            ("permitremoteopen", "any"),
            ("userknownhostsfile", "none"),
        ] {
            entries.insert(name, Entry::One(joined(settings.list(name), empty)));
        }
        let mut rules = settings.list("canonicalizepermittedcnames").to_vec();
        rules.retain(|rule| rule.contains(':'));
        entries.insert("canonicalizepermittedcnames", Entry::One(joined(&rules, "none")));
        if let Some(jump) = settings.jump.as_ref().and_then(Jump::printed) {
            entries.insert("proxyjump", Entry::One(jump));
        }
        let limit = settings.get("rekeylimit").unwrap_or("0");
        let limit = format!("{limit} {}", settings.rekey_seconds.unwrap_or(0));
        settings.one.insert("rekeylimit", limit);
        settings.one.insert("host", expansion.options.host.clone());
        settings.one.insert("hostname", host.to_owned());
        entries.extend(settings.one.into_iter().map(|(name, value)| (name, Entry::One(value))));
        let user_known_hosts = settings.many.remove("userknownhostsfile").unwrap_or_default();
        let global_known_hosts = settings.many.remove("globalknownhostsfile").unwrap_or_default();
        let (warnings, files) = (Vec::new(), Vec::new());
        Self { entries, hops, has_identity_files, user_known_hosts, global_known_hosts, expansion, warnings, files }
    }

    fn paths(&self, name: &str) -> Result<Vec<PathBuf>, ConfigError> {
        let files = self.entries.get(name).map_or(&[][..], Entry::values);
        let files = files.iter().filter(|file| !file.eq_ignore_ascii_case("none"));
        files
            .map(|file| self.expansion.path(file).map(PathBuf::from).map_err(|problem| self.unusable(problem)))
            .collect()
    }

    fn unusable(&self, problem: Problem) -> ConfigError {
        ConfigError::Outcome { host: self.expansion.options.host.clone(), problem }
    }

    fn is_yes(&self, key: &str) -> bool {
        self.get(key) == Some("yes")
    }

    fn seconds(&self, key: &str) -> Option<Duration> {
        self.get(key).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs)
    }
}

impl Serialize for HostConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries.serialize(serializer)
    }
}

impl Entry {
    fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// The keys that may be printed more than once; those without a value are absent.
fn several(settings: &Settings) -> BTreeMap<&'static str, Entry> {
    let files = |name| settings.files.get(name).into_iter().flatten().map(|(_, file)| file.clone()).collect();
    let printed = |kind, forwards: &[Forward]| forwards.iter().filter_map(|forward| forward.printed(kind)).collect();
    let values: [(&str, Vec<String>); 7] = [
        ("certificatefile", files("certificatefile")),
        ("dynamicforward", printed(Kind::Dynamic, &settings.local_forwards)),
        ("identityfile", files("identityfile")),
        ("localforward", printed(Kind::Local, &settings.local_forwards)),
        ("remoteforward", printed(Kind::Remote, &settings.remote_forwards)),
        ("sendenv", settings.list("sendenv").to_vec()),
        ("setenv", settings.list("setenv").to_vec()),
    ];
    values
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(name, values)| (name, Entry::Many(values)))
        .collect()
}

fn joined(values: &[String], empty: &str) -> String {
    if values.is_empty() { empty.to_owned() } else { values.join(" ") }
}
