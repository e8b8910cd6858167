//! The verdicts compared with what the real ssh makes of a real sshd.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tai_ssh::known_hosts::{HostKey, KnownHosts, Verdict, add};
use tempfile::{TempDir, tempdir};

use super::keys::{fill, write_files};

/// One constellation: the files, the host, an alias or nothing, the server's key that is asked for, the verdict.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// `$HE`, `$HR`, `$HC` are the keys of the server, `$P` is its port; `hash:` has ssh-keygen hash the names.
#[rustfmt::skip]
const CASES: &[Case] = &[
    ("", "localhost", "", "HE", "new"),
    ("[localhost]:$P $HE\n", "localhost", "", "HE", "match"),
    ("[LOCALHOST]:$P $HE\n", "LocalHost", "", "HE", "match"),
    ("[localhost]:$P $HE", "localhost", "", "HE", "match"),
    ("[localhost]:$P $HE\r\n", "localhost", "", "HE", "match"),
    ("[localhost]:$P $E1\n", "localhost", "", "HE", "changed"),
    ("[localhost]:$P $HR\n", "localhost", "", "HE", "changed"),
    ("[localhost]:$P $HE\n", "localhost", "", "HR", "changed"),
    ("[localhost]:$P $HE\n", "localhost", "", "HC", "changed"),
    ("[localhost]:$P $HE\n[localhost]:$P $HR\n", "localhost", "", "HR", "match"),
    ("[localhost]:$P rsa-sha2-256 $bHR\n", "localhost", "", "HR", "match"),
    ("[localhost]:$P $HC\n", "localhost", "", "HC", "match"),
    ("[localhost]:$P $C1\n", "localhost", "", "HC", "changed"),
    ("[127.0.0.1]:$P $HE\n", "localhost", "", "HE", "new"),
    ("[127.0.0.*]:$P $HE\n", "127.0.0.1", "", "HE", "match"),
    ("localhost $HE\n", "localhost", "", "HE", "match"),
    ("localhost $E1\n", "localhost", "", "HE", "new"),
    ("localhost $HR\n", "localhost", "", "HE", "new"),
    ("localhost $HE\n[localhost]:$P $E1\n", "localhost", "", "HE", "changed"),
    ("[localhost]:1 $HE\n", "localhost", "", "HE", "new"),
    ("* $HE\n", "localhost", "", "HE", "match"),
    ("*,!\\[localhost]:$P $HE\n", "localhost", "", "HE", "match"),
    ("*,![localhost]:$P,!localhost $HE\n", "localhost", "", "HE", "new"),
    ("hash:[localhost]:$P $HE\n", "localhost", "", "HE", "match"),
    ("hash:[localhost]:$P $E1\n", "localhost", "", "HE", "changed"),
    ("hash:other $HE\n", "localhost", "", "HE", "new"),
    ("@revoked * $HE\n", "localhost", "", "HE", "revoked"),
    ("[localhost]:$P $HE\n@revoked * $HE\n", "localhost", "", "HE", "revoked"),
    ("[localhost]:$P $HE\n---\n@revoked [localhost]:$P $HE\n", "localhost", "", "HE", "revoked"),
    ("@revoked localhost $HE\n", "localhost", "", "HE", "revoked"),
    ("@revoked * $E1\n[localhost]:$P $HE\n", "localhost", "", "HE", "match"),
    ("@revoked other $HE\n", "localhost", "", "HE", "new"),
    ("@cert-authority * $HE\n", "localhost", "", "HE", "new"),
    ("@cert-authority * $HE\n[localhost]:$P $E1\n", "localhost", "", "HE", "changed"),
    ("@odd * $HE\n", "localhost", "", "HE", "new"),
    ("[localhost]:$P $E1\n---\n[localhost]:$P $HE\n", "localhost", "", "HE", "match"),
    ("[localhost]:$P ssh-rsa $bHE\n", "localhost", "", "HE", "new"),
    ("db $HE\n", "localhost", "db", "HE", "match"),
    ("db $E1\n", "localhost", "db", "HE", "changed"),
    ("[localhost]:$P $HE\n", "localhost", "db", "HE", "new"),
    ("hash:db $HE\n", "localhost", "db", "HE", "match"),
    ("hash:db $E1\n", "localhost", "DB", "HE", "changed"),
    ("[db]:$P $HE\n", "localhost", "db", "HE", "new"),
];

/// An sshd of the current user on a free port of the loopback, with keys of its own that die with it.
struct Server {
    directory: TempDir,
    port: u16,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Server {
    fn start() -> Self {
        let directory = tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).display().to_string();
        for (name, kind) in [("HE", "ed25519"), ("HR", "rsa"), ("HC", "ecdsa")] {
            let status = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f", &at(name)]).status();
            assert!(status.expect("ssh-keygen is needed (Debian: openssh-client)").success());
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nHostKey {}\nHostKey {}\nPidFile none\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nAuthorizedKeysFile none\n",
            at("HE"),
            at("HR"),
            at("HC")
        );
        fs::write(at("sshd_config"), config).unwrap();
        // Started by root, sshd wants its empty directory; the boot makes it, and a container has none.
        drop(fs::create_dir_all("/run/sshd"));
        let process = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &at("sshd_config")])
            .stderr(Stdio::null())
            .spawn()
            .expect("sshd is needed (Debian: openssh-server)");
        let mut server = Self { directory, port, process };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.process.try_wait().unwrap().is_none(), "sshd ended at its start");
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn key(&self, name: &str) -> HostKey {
        HostKey::parse(&fs::read_to_string(self.directory.path().join(format!("{name}.pub"))).unwrap()).unwrap()
    }

    /// Puts the server's keys and port where their placeholders are, the made-up keys too.
    fn fill(&self, text: &str) -> String {
        let mut text = text.replace("$P", &self.port.to_string());
        for name in ["HE", "HR", "HC"] {
            let key = self.key(name).to_openssh();
            text =
                text.replace(&format!("${name}"), &key).replace(&format!("$b{name}"), key.split(' ').nth(1).unwrap());
        }
        fill(&text)
    }

    /// What ssh writes to standard error when it connects with these files.
    fn ssh(&self, files: &[PathBuf], host: &str, options: &[&str]) -> String {
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        let output = Command::new("ssh")
            .args(["-F", "/dev/null", "-p", &self.port.to_string(), "-o", "AddressFamily=inet", "-o", "BatchMode=yes"])
            .args(["-o", "IdentityAgent=none", "-o", "IdentityFile=/dev/null", "-o", "GlobalKnownHostsFile=/dev/null"])
            .args(["-o", &format!("UserKnownHostsFile={}", files.join(" "))])
            .args(options)
            .args([host, "true"])
            .output()
            .expect("ssh is needed (Debian: openssh-client)");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

/// The verdict that ssh's messages tell.
fn verdict_of_ssh(messages: &str) -> &'static str {
    let has = |text: &str| messages.contains(text);
    match () {
        () if has("REVOKED HOST KEY DETECTED") => "revoked",
        () if has("REMOTE HOST IDENTIFICATION HAS CHANGED") => "changed",
        () if has("host key is known for") => "new",
        () if has("Permission denied (") => "match",
        () => panic!("ssh says something else: {messages}"),
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Match { .. } => "match",
        Verdict::New => "new",
        Verdict::Changed { .. } => "changed",
        Verdict::Revoked { .. } => "revoked",
    }
}

fn hash_names(file: &Path) {
    let output = Command::new("ssh-keygen").arg("-H").arg("-f").arg(file).output().unwrap();
    assert!(output.status.success(), "ssh-keygen -H failed");
}

/// The verdicts of ssh and of tai on one constellation, and what ssh says.
fn both(server: &Server, directory: &Path, (text, host, alias, asked): (&str, &str, &str, &str)) -> [String; 3] {
    let (text, hash) = text.strip_prefix("hash:").map_or((text, false), |text| (text, true));
    let files = write_files(directory, &server.fill(text));
    if hash {
        hash_names(&files[0]);
    }
    let key = server.key(asked);
    let algorithms = match key.kind.as_str() {
        "ssh-rsa" => "HostKeyAlgorithms=rsa-sha2-512".to_owned(),
        kind => format!("HostKeyAlgorithms={kind}"),
    };
    let alias = Some(alias).filter(|alias| !alias.is_empty());
    let alias_option = alias.map(|alias| format!("HostKeyAlias={alias}"));
    let mut options = vec!["-o", "StrictHostKeyChecking=yes", "-o", &algorithms];
    options.extend(alias_option.iter().flat_map(|option| ["-o", option.as_str()]));
    let messages = server.ssh(&files, host, &options);
    let ours = KnownHosts::load(&files).unwrap().verdict(host, server.port, alias, &key);
    [verdict_of_ssh(&messages).to_owned(), word(&ours).to_owned(), messages]
}

#[test]
fn verdicts_are_those_of_ssh() {
    let server = Server::start();
    let directory = tempdir().unwrap();
    for (text, host, alias, asked, expect) in CASES {
        let [ssh, tai, messages] = both(&server, directory.path(), (text, host, alias, asked));
        assert_eq!(ssh, *expect, "ssh on {text:?}: {messages}");
        assert_eq!(tai, *expect, "tai on {text:?}");
    }
}

/// The differences that the documentation of the module owns up to: file, verdict of ssh, verdict of tai.
#[test]
fn verdicts_differ_from_ssh_only_on_the_safe_side() {
    let server = Server::start();
    let directory = tempdir().unwrap();
    for (text, ssh_says, tai_says) in
        [("@revoked\t*\t$HE\n", "new", "revoked"), ("[localhost]:$P $HE\n@revoked\t* $HE\n", "match", "revoked")]
    {
        let [ssh, tai, messages] = both(&server, directory.path(), (text, "localhost", "", "HE"));
        assert_eq!((ssh.as_str(), tai.as_str()), (ssh_says, tai_says), "{text:?}: {messages}");
    }
}

#[test]
fn ssh_asks_for_the_kind_that_is_known() {
    let server = Server::start();
    let directory = tempdir().unwrap();
    for name in ["HE", "HR", "HC"] {
        let files = write_files(directory.path(), &server.fill(&format!("[localhost]:$P ${name}\n")));
        let messages = server.ssh(&files, "localhost", &["-v", "-o", "StrictHostKeyChecking=yes"]);
        let key = server.key(name);
        assert_eq!(KnownHosts::load(&files).unwrap().known_kinds("localhost", server.port, None), [key.kind.as_str()]);
        let line = format!("Server host key: {} {}", key.kind, key.fingerprint());
        assert!(messages.contains(&line), "{line}: {messages}");
    }
}

#[test]
fn what_is_added_is_what_ssh_adds() {
    let server = Server::start();
    let directory = tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let options =
        ["-o", "StrictHostKeyChecking=accept-new", "-o", "HostKeyAlgorithms=ssh-ed25519", "-o", "UpdateHostKeys=no"];
    for before in ["", "# remark\n", "db $E1\n\n"] {
        fs::write(at("ssh"), fill(before)).unwrap();
        fs::write(at("tai"), fill(before)).unwrap();
        assert_eq!(verdict_of_ssh(&server.ssh(&[at("ssh")], "LocalHost", &options)), "match");
        add(&at("tai"), "LocalHost", server.port, &server.key("HE"), false).unwrap();
        assert_eq!(fs::read_to_string(at("tai")).unwrap(), fs::read_to_string(at("ssh")).unwrap());
    }
    fs::remove_file(at("tai")).unwrap();
    add(&at("tai"), "localhost", server.port, &server.key("HE"), true).unwrap();
    let strict = ["-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlgorithms=ssh-ed25519"];
    assert_eq!(verdict_of_ssh(&server.ssh(&[at("tai")], "localhost", &strict)), "match");
}
