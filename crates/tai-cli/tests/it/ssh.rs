//! The program against real sshds on loopback, each with a key and a configuration of its own.

#![expect(clippy::disallowed_methods, reason = "sshd and the program itself are what is tested here")]

mod conversation;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A directory with keys, a configuration for the client, and the servers that it names.
struct Lab {
    dir: TempDir,
    servers: Vec<Child>,
}

impl Lab {
    fn new() -> Self {
        let lab = Lab { dir: tempfile::tempdir().unwrap(), servers: Vec::new() };
        lab.keygen("user");
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn keygen(&self, name: &str) {
        let status =
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(self.path(name)).status();
        assert!(status.expect("ssh-keygen of openssh-client").success());
    }

    /// Starts an sshd that is `name` to the client.
    fn serve(&mut self, name: &str, client: &str) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host_key = format!("{name}_key");
        self.keygen(&host_key);
        let (dir, key) = (self.dir.path().display(), self.path(&host_key).display().to_string());
        let server = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {key}\nAuthorizedKeysFile {dir}/user.pub\nStrictModes no\nUsePAM no\nPidFile none\n"
        );
        fs::write(self.path(name), server).unwrap();
        let account = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        let mut config = fs::read_to_string(self.path("config")).unwrap_or_default();
        config += &format!(
            "Host {name}\n HostName 127.0.0.1\n Port {port}\n User {}\n IdentityFile {dir}/user\n UserKnownHostsFile {dir}/known\n {client}\n",
            account.trim()
        );
        fs::write(self.path("config"), config).unwrap();
        // Privilege separation of a server that root starts.
        drop(fs::create_dir("/run/sshd"));
        let sshd =
            Command::new("/usr/sbin/sshd").args(["-D", "-e", "-f"]).arg(self.path(name)).stderr(Stdio::null()).spawn();
        self.servers.push(sshd.expect("sshd of openssh-server"));
        for _ in 0..250 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("sshd did not start within five seconds");
    }

    fn tai(&self, command: &str, host: &str, args: &[&str]) -> Output {
        self.tai_at(command, &["--host", host], args)
    }

    fn tai_at(&self, command: &str, hosts: &[&str], args: &[&str]) -> Output {
        let config = self.path("config");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut tai = Command::new(env!("CARGO_BIN_EXE_tai"));
        tai.arg(command).args(hosts).args(["--ssh-config", config.to_str().unwrap()]).args(args);
        tai.env("TAI_HOME", self.path("home")).env_remove("TAI_NO_PERSIST");
        tai.env_remove("SSH_AUTH_SOCK").current_dir(root).stdin(Stdio::null()).output().unwrap()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for server in &mut self.servers {
            drop(server.kill());
            drop(server.wait());
        }
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_host_is_investigated_and_its_key_kept() {
    let mut lab = Lab::new();
    lab.serve("web1", "");
    let report = lab.tai("run", "web1", &["--model", "none", "--json", "the disk is filling up"]);
    assert!(matches!(report.status.code(), Some(0 | 1)), "{}", text(&report));
    let json: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(json["host"], "web1");
    let verified = |quote: &serde_json::Value| quote["verdict"] == "verified" && quote["command"].is_string();
    assert!(
        json["evidence"].as_array().is_some_and(|quotes| !quotes.is_empty() && quotes.iter().all(verified)),
        "{json}"
    );
    assert!(fs::read_to_string(lab.path("known")).unwrap().contains("ssh-ed25519"));
    assert!(!text(&lab.tai("probe", "web1", &[])).contains("is new"));
}

#[test]
fn a_live_host_and_its_capture_give_the_same_report() {
    let mut lab = Lab::new();
    lab.serve("web1", "");
    let capture = lab.path("capture");
    let args = ["--model", "none", "--json", "is the memory full?"];
    let live = lab.tai("run", "web1", &[&args[..], &["--raw", "--save-capture", capture.to_str().unwrap()]].concat());
    let replay = Command::new(env!("CARGO_BIN_EXE_tai"))
        .args(["run", "--replay", capture.to_str().unwrap()])
        .args(args)
        .envs([("TAI_HOME", "/nonexistent"), ("TAI_NO_PERSIST", "1")])
        .output();
    assert_eq!(
        String::from_utf8_lossy(&live.stdout),
        String::from_utf8_lossy(&replay.unwrap().stdout),
        "{}",
        text(&live)
    );
}

#[test]
fn a_bastion_is_gone_through() {
    let mut lab = Lab::new();
    lab.serve("gate", "");
    lab.serve("web1", "ProxyJump gate");
    lab.serve("web2", "");
    for (host, args) in [("web1", &["--json"][..]), ("web2", &["--json", "--jump-host", "gate"])] {
        let probe = lab.tai("probe", host, args);
        let json: serde_json::Value =
            serde_json::from_slice(&probe.stdout).unwrap_or_else(|_| panic!("{}", text(&probe)));
        let names: Vec<_> = json["hops"].as_array().unwrap().iter().map(|hop| hop["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["gate", host]);
    }
}

#[test]
fn a_changed_key_is_a_hard_stop_and_a_closed_door_another() {
    let mut lab = Lab::new();
    lab.serve("web1", "");
    assert_eq!(lab.tai("probe", "web1", &[]).status.code(), Some(0));
    let known = fs::read_to_string(lab.path("known")).unwrap();
    lab.keygen("other");
    let other = fs::read_to_string(lab.path("other.pub")).unwrap();
    let name = known.split(' ').next().unwrap();
    fs::write(lab.path("known"), format!("{name} {other}")).unwrap();
    let changed = lab.tai("run", "web1", &["--model", "none", "x"]);
    assert_eq!((changed.status.code(), changed.stdout.as_slice()), (Some(5), &b""[..]), "{}", text(&changed));
    assert!(text(&changed).contains("known:1") && text(&changed).matches("SHA256:").count() == 2, "{}", text(&changed));

    fs::write(lab.path("known"), known).unwrap();
    let other = lab.path("other");
    let config = fs::read_to_string(lab.path("config")).unwrap().replace("/user\n", "/other\n");
    fs::write(lab.path("config"), config).unwrap();
    let refused = lab.tai("probe", "web1", &[]);
    assert_eq!(refused.status.code(), Some(4), "{}", text(&refused));
    assert!(text(&refused).contains(other.to_str().unwrap()), "{}", text(&refused));
}

#[test]
fn several_hosts_have_a_result_each_and_one_that_fails_hurts_no_other() {
    let mut lab = Lab::new();
    lab.serve("web1", "");
    lab.serve("web2", "");
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let file = lab.path("hosts");
    fs::write(&file, format!("# the web servers\nweb2\n\n127.0.0.1:{dead} # switched off\nweb1\n")).unwrap();
    let captures = lab.path("captures");
    let hosts = ["--host", "web1", "--hosts-file", file.to_str().unwrap()];
    let args = ["--model", "none", "--save-capture", captures.to_str().unwrap(), "is the memory full?"];

    let report = lab.tai_at("run", &hosts, &args);
    assert_eq!(report.status.code(), Some(4), "{}", text(&report));
    let shown = String::from_utf8(report.stdout).unwrap();
    let dead_name = format!("127.0.0.1:{dead}");
    let headings: Vec<&str> =
        shown.lines().filter_map(|line| line.strip_prefix("==== ")?.strip_suffix(" ====")).collect();
    assert_eq!(headings, ["web1", "web2", &dead_name], "once each, in their order");
    assert_eq!(shown.matches("Root Cause").count(), 2, "{shown}");
    let table: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("HOST ")).collect();
    assert!(table.len() == 4 && table[3].starts_with(&dead_name) && table[3].contains("unreachable"), "{shown}");
    let mut saved: Vec<_> = fs::read_dir(&captures).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    saved.sort();
    assert_eq!(saved, ["web1", "web2"], "nothing is left of a host that failed");

    for (command, args) in [("probe", &["--json"][..]), ("retrieve", &["--json", "-k", "1", "is the memory full?"])] {
        let lines = lab.tai_at(command, &[&hosts[..], &["--parallel", "1"]].concat(), args);
        assert_eq!(lines.status.code(), Some(4), "{}", text(&lines));
        let hosts: Vec<String> = String::from_utf8(lines.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["host"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(hosts, ["web1", "web2", &dead_name], "{command}");
    }
}

#[test]
fn an_interrupt_leaves_nothing_of_several_hosts() {
    let mut lab = Lab::new();
    lab.serve("web1", "");
    lab.serve("web2", "");
    let (config, captures) = (lab.path("config"), lab.path("captures"));
    let mut tai = Command::new(env!("CARGO_BIN_EXE_tai"));
    tai.args(["collect", "--host", "web1", "--host", "web2", "--ssh-config", config.to_str().unwrap(), "memory leak"]);
    tai.args(["--out", captures.to_str().unwrap()]).env_remove("SSH_AUTH_SOCK").stdin(Stdio::null());
    tai.env("TAI_HOME", captures.with_extension("home"));
    let mut child = tai.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let outputs = |host: &str| fs::read_dir(captures.join(host).join("outputs")).map_or(0, Iterator::count);
    for _ in 0..500 {
        if outputs("web1") > 0 && outputs("web2") > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!captures.exists());
}
