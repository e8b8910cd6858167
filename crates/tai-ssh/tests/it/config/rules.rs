//! What the comparison with ssh cannot show: errors with their place, typed values, the two files, what is refused here alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use tai_ssh::config::{
    AddressFamily, ConfigError, ConfigFiles, HostConfig, IdentityAgent, ResolveOptions, StrictHostKeyChecking, quote,
    resolve,
};

fn options(dir: &Path) -> ResolveOptions {
    ResolveOptions {
        host: "web1".to_owned(),
        files: ConfigFiles::Default { user: Some(dir.join("user")), system: Some(dir.join("system")) },
        local_user: "me".to_owned(),
        uid: nix::unistd::getuid().as_raw(),
        home: "/home/me".into(),
        local_hostname: "here.example.com".to_owned(),
        ..ResolveOptions::default()
    }
}

fn resolve_text(text: &str) -> Result<HostConfig, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("user"), text).unwrap();
    resolve(&options(dir.path()))
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[test]
fn errors_name_file_line_and_reason() {
    for (text, expect) in [
        ("Port 22\nFoo bar\n", "user line 2: bad configuration option: foo"),
        ("Port x\n", "user line 1: bad value \"x\" for port"),
        ("Port\n", "user line 1: no argument after keyword \"port\""),
        ("Port 22 23\n", "user line 1: keyword port has extra arguments at the end of the line"),
        ("User \"x\n", "user line 1: invalid quotes"),
        ("Match tagged x\n", "user line 1: bad Match condition: tagged"),
        ("Match localnetwork 10.0.0.0/8\n", "user line 1: bad Match condition: localnetwork"),
        // ssh prints an error here and goes on with half of its defaults.
        ("PubkeyAcceptedAlgorithms rsa\n", "web1 is unusable: bad value \"rsa\" for pubkeyacceptedalgorithms"),
        ("Hostname %x\n", "the configuration of web1 is unusable: unknown or incomplete token in \"%x\": %x"),
        ("ProxyJump web1\n", "the configuration of web1 is unusable: the jump host web1 is the host itself"),
    ] {
        let found = chain(&resolve_text(text).unwrap_err());
        assert!(found.ends_with(expect), "{text:?}: {found}");
    }
}

#[test]
fn match_exec_is_refused_and_never_run() {
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("ran");
    let command = format!("exec \"touch {}\"", marker.display());
    for text in [
        format!("Match {command}\n"),
        format!("\n# x\nMatch !{command}\n"),
        format!("Match host web1 {command}\nPort 1\n"),
        format!("Match {command} host other\n"),
        format!("Match final {command}\n"),
    ] {
        let line = text.lines().position(|line| line.starts_with("Match")).unwrap() + 1;
        match resolve_text(&text) {
            Err(ConfigError::MatchExec { file, line: found }) => {
                assert_eq!((file.ends_with("user"), found), (true, line));
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    // Where ssh would not run it either, the answer does not depend on it.
    let config = resolve_text(&format!("Match host other {command}\n  Port 1\nMatch all\n  Port 2\n")).unwrap();
    assert_eq!(config.port(), 2);
    assert!(!marker.exists());
}

#[test]
fn the_users_file_stands_before_the_systems() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("user"), "Host web1\n  Port 1\nIdentityFile ~/a\nIdentityFile ~/c\n").unwrap();
    fs::write(dir.path().join("system"), "Port 2\nUser ops\nIdentityFile ~/b\nIdentityFile ~/a\n").unwrap();
    let config = resolve(&options(dir.path())).unwrap();
    assert_eq!((config.port(), config.user()), (1, "ops"));
    let files: Vec<_> = ["a", "c", "b", "a"].iter().map(|name| PathBuf::from(format!("/home/me/{name}"))).collect();
    assert_eq!(config.identity_files().unwrap(), files);
    fs::write(dir.path().join("system"), "Include ~/x\n").unwrap();
    assert!(chain(&resolve(&options(dir.path())).unwrap_err()).ends_with("bad value \"~/x\" for include"));
    fs::remove_file(dir.path().join("user")).unwrap();
    fs::remove_file(dir.path().join("system")).unwrap();
    assert_eq!(resolve(&options(dir.path())).unwrap().port(), 22);
}

#[test]
fn a_file_that_others_may_write_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (name, mode, good) in
        [("user", 0o644, true), ("user", 0o646, false), ("user", 0o600, true), ("system", 0o666, true)]
    {
        let path = dir.path().join(name);
        fs::write(&path, "Port 1\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = resolve(&options(dir.path()));
        assert_eq!(found.is_ok(), good, "{name} {mode:o}");
        assert!(good || matches!(found, Err(ConfigError::Permissions { .. })));
    }
    let stranger = ResolveOptions { uid: 12345, ..options(dir.path()) };
    let is_root = nix::unistd::getuid().is_root();
    assert_eq!(resolve(&stranger).is_ok(), is_root, "a file of root is good for everybody, another's is not");
}

#[test]
fn typed_values() {
    let config = resolve_text(
        "Hostname db.example.com\nPort 2222\nUser ops\nIdentityFile ~/k-%h\nIdentityFile none\nIdentitiesOnly yes\n\
         IdentityAgent ~/agent\nProxyJump a@b:3,c\nUserKnownHostsFile ~/k1 \"/k 2\"\nStrictHostKeyChecking accept-new\n\
         HostKeyAlias Alias\nHostKeyAlgorithms ssh-ed25519,rsa-sha2-256\nConnectTimeout 1m\nServerAliveInterval 5\n\
         HashKnownHosts yes\nCheckHostIP yes\nCompression yes\nConnectionAttempts 2\nAddressFamily inet\nBindAddress 10.0.0.1\n",
    )
    .unwrap();
    assert_eq!((config.hostname(), config.port(), config.user()), ("db.example.com", 2222, "ops"));
    assert_eq!(config.identity_files().unwrap(), [PathBuf::from("/home/me/k-db.example.com")]);
    assert!(config.has_identity_files() && config.identities_only());
    assert_eq!(config.identity_agent(), IdentityAgent::Socket("/home/me/agent".into()));
    let hops: Vec<_> =
        config.proxy_jump().iter().map(|hop| (hop.user.as_deref(), hop.host.as_str(), hop.port)).collect();
    assert_eq!(hops, [(Some("a"), "b", Some(3)), (None, "c", None)]);
    assert_eq!(config.user_known_hosts_files(), [PathBuf::from("/home/me/k1"), PathBuf::from("/k 2")]);
    assert_eq!(config.global_known_hosts_files().unwrap().len(), 2);
    assert_eq!(config.strict_host_key_checking(), StrictHostKeyChecking::AcceptNew);
    assert_eq!(config.host_key_alias(), Some("alias"));
    assert_eq!(config.host_key_algorithms().collect::<Vec<_>>(), ["ssh-ed25519", "rsa-sha2-256"]);
    assert_eq!(config.connect_timeout(), Some(Duration::from_secs(60)));
    assert_eq!(config.server_alive_interval(), Some(Duration::from_secs(5)));
    assert!(config.hash_known_hosts() && config.check_host_ip() && config.compression());
    assert_eq!((config.connection_attempts(), config.address_family()), (2, AddressFamily::Inet));
    assert_eq!(config.bind_address(), Some("10.0.0.1"));
}

#[test]
fn defaults_and_json() {
    let config = resolve_text("ProxyCommand nc -x %% %h %p %r\nCompressionLevel 9\n").unwrap();
    assert!(!config.has_identity_files());
    assert_eq!(config.identity_files().unwrap()[3], PathBuf::from("/home/me/.ssh/id_ed25519"));
    assert_eq!(config.identity_agent(), IdentityAgent::Environment);
    assert_eq!(config.proxy_command().unwrap().as_deref(), Some("nc -x % web1 22 me"));
    assert_eq!((config.connect_timeout(), config.server_alive_interval()), (None, None));
    assert_eq!(config.warnings()[0].line, 2);
    let json = config.to_json();
    assert_eq!(json["identityfile"].as_array().unwrap().len(), 7);
    assert_eq!((json["port"].as_str(), json.get("certificatefile")), (Some("22"), None));
    assert_eq!(serde_json::to_value(&config).unwrap(), json);
}

#[test]
fn overrides_stand_before_files_and_hops_start_anew() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("user"), "User ops\nPort 1\nHost bastion\n  Hostname b.example.com\n").unwrap();
    let mut options = options(dir.path());
    options.overrides = vec![
        ("User".to_owned(), quote("a b")),
        ("IdentityFile".to_owned(), quote(r#"/k "1"\"#)),
        ("ProxyJump".to_owned(), "x,me@bastion:7".to_owned()),
    ];
    let config = resolve(&options).unwrap();
    assert_eq!((config.user(), config.port()), ("a b", 1));
    assert_eq!(config.get("identityfile"), Some(r#"/k "1"\"#));
    let (before, hop) = (&config.proxy_jump()[..1], &config.proxy_jump()[1]);
    let bastion = resolve(&options.for_hop(hop, before)).unwrap();
    assert_eq!((bastion.hostname(), bastion.user(), bastion.port()), ("b.example.com", "me", 7));
    assert_eq!(bastion.proxy_jump().len(), 1);
    assert!(!bastion.has_identity_files());
    for (keyword, value) in
        [("Host", "x"), ("Match", "all"), ("Include", "x"), ("User", "-x"), ("User", "\"a;b\""), ("Nope", "x")]
    {
        options.overrides = vec![(keyword.to_owned(), value.to_owned())];
        assert!(resolve(&options).is_err(), "{keyword} {value}");
    }
}

#[test]
fn hosts_that_ssh_refuses() {
    for host in ["", "-oProxyCommand=x", "a b", "a;b", "a,b", "a\nb", "$(x)", "a\\b"] {
        let options = ResolveOptions { host: host.to_owned(), ..ResolveOptions::default() };
        assert!(matches!(resolve(&options), Err(ConfigError::InvalidHost { .. })), "{host:?}");
    }
}

#[test]
fn includes_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("user");
    fs::write(&path, format!("Include {}\n", path.display())).unwrap();
    assert!(matches!(resolve(&options(dir.path())), Err(ConfigError::TooDeep { .. })));
    let missing = ResolveOptions { files: ConfigFiles::Only(dir.path().join("missing")), ..options(dir.path()) };
    assert!(matches!(resolve(&missing), Err(ConfigError::Read { .. })));
    let none = ResolveOptions { files: ConfigFiles::Nothing, ..options(dir.path()) };
    assert_eq!(resolve(&none).unwrap().hostname(), "web1");
}

#[test]
fn names_that_need_dns_are_left_with_a_warning() {
    let config =
        resolve_text("CanonicalizeHostname yes\nCanonicalDomains example.invalid\nMatch canonical all\nPort 7\n")
            .unwrap();
    assert_eq!((config.hostname(), config.port(), config.warnings().len()), ("web1", 7, 1));
    let strict = "CanonicalizeHostname yes\nCanonicalDomains example.invalid\nCanonicalizeFallbackLocal no\n";
    assert!(resolve_text(strict).is_err());
}

proptest! {
    #[test]
    fn never_panics(text in prop::collection::vec(any::<u8>(), 0..200), host in "\\PC{0,12}") {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("user"), text).unwrap();
        drop(resolve(&ResolveOptions { host, ..options(dir.path()) }));
    }

    #[test]
    fn values_never_panic(
        keyword in prop::sample::select(vec![
            "Match", "Host", "Hostname", "ProxyJump", "LocalForward", "RekeyLimit", "ControlPath", "IPQoS", "EscapeChar", "Ciphers",
            "PermitRemoteOpen", "CanonicalDomains", "ConnectTimeout", "TunnelDevice", "IdentityAgent", "SetEnv",
        ]),
        value in "\\PC{0,40}|[0-9a-z%$\\{\\}:/.,\\[\\]@!*\\\\\"' -]{0,40}",
    ) {
        drop(resolve_text(&format!("{keyword} {value}\n")));
    }
}
