//! Keys, agent, configuration and known hosts: what a connection would take, without one.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tai_ssh::config::ConfigFiles;
use tai_ssh::known_hosts::KnownHosts;
use tai_ssh::{Hop, Routing, visible_line};

use super::Finding;
use crate::args::Doctor;
use crate::exit::{Exit, Failure};
use crate::wire;

const AREA: &str = "ssh";
/// A name that no configuration has: it is what counts for hosts that are not named there.
const ANY: &str = "host.invalid";
/// How long an agent may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn look(args: &Doctor) -> Vec<Finding> {
    let any = [ANY.to_owned()];
    let hosts = if args.host.is_empty() { &any[..] } else { &args.host };
    let mut findings = Vec::new();
    for host in hosts {
        match route(args, host) {
            Err(failure) => findings.push(Finding::failure(AREA, &failure)),
            Ok(routing) => findings.extend(of_route(host, &routing)),
        }
    }
    findings
}

fn route(args: &Doctor, host: &str) -> Result<Routing, Failure> {
    let files = match &args.ssh_config {
        Some(file) => ConfigFiles::Only(file.clone()),
        None => wire::default_config_files()?,
    };
    Ok(Routing::resolve(&wire::resolve_options_of(host, files)?)?)
}

fn of_route(host: &str, routing: &Routing) -> Vec<Finding> {
    let mut findings = Vec::new();
    let files: Vec<String> = routing.files.iter().map(|file| file.display().to_string()).collect();
    let read = if files.is_empty() { "no file".to_owned() } else { files.join(", ") };
    let way: Vec<String> =
        routing.route.hops.iter().map(|hop| format!("{}@{}:{}", hop.user, hop.hostname, hop.port)).collect();
    let way = if host == ANY { String::new() } else { format!("; the way to {host} is {}", way.join(", then ")) };
    findings.push(Finding::fine(AREA, visible_line(format!("configuration: {read}{way}"))));
    for note in &routing.notes {
        let fix = "nothing need be done; `tai ssh resolve HOST` shows what counts";
        findings.push(Finding::warning(AREA, visible_line(note.clone()), fix));
    }
    for hop in &routing.route.hops {
        let agent = agent(hop);
        findings.extend(keys(hop, matches!(agent, Some(Ok(1..)))));
        findings.extend(agent.map(|keys| of_agent(hop, keys)));
        findings.push(known_hosts(&hop.known_hosts));
    }
    findings
}

/// The keys that would be offered. One is enough, and so is an agent with keys.
fn keys(hop: &Hop, agent_has_keys: bool) -> Vec<Finding> {
    let (there, missing): (Vec<&PathBuf>, Vec<&PathBuf>) = hop.identity_files.iter().partition(|file| file.exists());
    let mut findings = Vec::new();
    if hop.explicit_identities {
        let lost = |file: &&PathBuf| {
            let fix = "correct IdentityFile in the ssh configuration, or put the key there";
            Finding::warning(AREA, format!("key {}: there is no such file", file.display()), fix)
        };
        findings.extend(missing.iter().map(lost));
    }
    findings.extend(there.iter().map(|file| key(file, agent_has_keys)));
    if there.is_empty() && !agent_has_keys {
        let found =
            format!("no key to log in with: {} is not there, and no agent has one", listed(&hop.identity_files));
        let fix = "make one with `ssh-keygen -t ed25519`, and put its .pub into ~/.ssh/authorized_keys of the host; or name one with --identity-file";
        findings.push(Finding::problem(AREA, Exit::Usage, found, fix));
    }
    findings
}

fn key(file: &Path, agent_has_keys: bool) -> Finding {
    let name = file.display();
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            return Finding::problem(
                AREA,
                Exit::Usage,
                format!("key {name}: {error}"),
                format!("chown and chmod 600 {name}"),
            );
        }
    };
    let mode = fs::metadata(file).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        let found = format!("key {name}: others of this machine may read it (mode {mode:o})");
        return Finding::warning(AREA, found, format!("chmod 600 {name}"));
    }
    if !text.contains("PRIVATE KEY-----") {
        let fix = "name the private key, not the .pub file; a key of PuTTY is turned into one by `puttygen KEY -O private-openssh`";
        return Finding::problem(AREA, Exit::Usage, format!("key {name}: it is no private key"), fix);
    }
    if is_encrypted(&text) && !agent_has_keys {
        let found = format!(
            "key {name}: it has a passphrase, and no agent has a key: tai asks on a terminal, and cannot elsewhere"
        );
        return Finding::warning(AREA, found, format!("ssh-add {name}"));
    }
    Finding::fine(AREA, format!("key {name}"))
}

/// Whether a passphrase is needed. An OpenSSH key begins with `openssh-key-v1`, NUL, and the length and name of the cipher: these are `none`, in base64.
fn is_encrypted(text: &str) -> bool {
    const PLAIN: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU";
    match text.split_once("BEGIN OPENSSH PRIVATE KEY-----") {
        Some((_, body)) => !body.trim_start().starts_with(PLAIN),
        None => text.contains("ENCRYPTED"),
    }
}

/// How many keys the agent of a hop has; `None` where there is no agent.
fn agent(hop: &Hop) -> Option<std::io::Result<u32>> {
    Some(identities(hop.agent_socket.as_ref()?))
}

/// The number of keys: request 11 and answer 12 of the agent protocol (draft-ietf-sshm-ssh-agent).
fn identities(socket: &Path) -> std::io::Result<u32> {
    let mut agent = UnixStream::connect(socket)?;
    agent.set_read_timeout(Some(PATIENCE))?;
    agent.set_write_timeout(Some(PATIENCE))?;
    agent.write_all(&[0, 0, 0, 1, 11])?;
    let mut head = [0; 9];
    agent.read_exact(&mut head)?;
    match head {
        [_, _, _, _, 12, count @ ..] => Ok(u32::from_be_bytes(count)),
        _ => Err(std::io::Error::other("it is no agent, or refuses")),
    }
}

fn of_agent(hop: &Hop, keys: std::io::Result<u32>) -> Finding {
    let socket = hop.agent_socket.as_deref().unwrap_or(Path::new("")).display();
    match keys {
        Ok(0) => Finding::warning(
            AREA,
            format!("agent at {socket}: it has no keys"),
            "ssh-add, or leave it: key files do without",
        ),
        Ok(keys) => Finding::fine(AREA, format!("agent at {socket}: keys: {keys}")),
        Err(error) => Finding::warning(
            AREA,
            format!("agent at {socket}: {error}"),
            "start one with `eval \"$(ssh-agent)\"`, or unset SSH_AUTH_SOCK: key files do without",
        ),
    }
}

fn known_hosts(files: &[PathBuf]) -> Finding {
    match KnownHosts::load(files) {
        Err(error) => {
            let failure =
                Failure::usage(error).hint("it may hold a revoked key, so nothing is connected to: make it readable");
            Finding::failure(AREA, &failure)
        }
        Ok(known) => match known.warnings() {
            [] => Finding::fine(AREA, format!("known hosts: {}", listed(files))),
            [first, rest @ ..] => Finding::warning(
                AREA,
                format!(
                    "known hosts: {}:{}: {} ({} lines are not understood)",
                    first.file.display(),
                    first.line,
                    first.reason,
                    rest.len() + 1
                ),
                "correct or remove these lines: no host is known by them",
            ),
        },
    }
}

fn listed(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "OpenSSH is what is compared with")]

    use std::process::Command;

    use super::*;

    fn keygen(file: &Path, args: &[&str]) {
        let done = Command::new("ssh-keygen").args(["-q", "-f"]).arg(file).args(args).status().unwrap();
        assert!(done.success());
    }

    #[test]
    fn keys_of_openssh_are_known_by_their_passphrase() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, args: &[&str], expect: bool| {
            let file = folder.path().join(name);
            keygen(&file, args);
            assert_eq!(is_encrypted(&fs::read_to_string(&file).unwrap()), expect, "{name}");
            file
        };
        let open = check("open", &["-t", "ed25519", "-N", ""], false);
        let shut = check("shut", &["-t", "ed25519", "-N", "long enough"], true);
        check("pem", &["-t", "rsa", "-m", "PEM", "-N", ""], false);
        check("shut-pem", &["-t", "rsa", "-m", "PEM", "-N", "long enough"], true);
        assert_eq!(key(&open, false).state, super::super::State::Fine);
        assert!(key(&shut, false).fix.unwrap().starts_with("ssh-add "));
        assert!(key(&open.with_extension("pub"), false).found.contains("others of this machine may read it"));
        fs::set_permissions(open.with_extension("pub"), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(key(&open.with_extension("pub"), false).found.contains("no private key"));
    }

    #[test]
    fn an_agent_says_how_many_keys_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let (socket, file) = (folder.path().join("agent"), folder.path().join("key"));
        keygen(&file, &["-t", "ed25519", "-N", ""]);
        let mut agent = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..200 {
            if socket.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(identities(&socket).unwrap(), 0);
        let added = Command::new("ssh-add").arg("-q").arg(&file).env("SSH_AUTH_SOCK", &socket).status().unwrap();
        assert!(added.success());
        assert_eq!(identities(&socket).unwrap(), 1);
        agent.kill().unwrap();
        agent.wait().unwrap();
        assert!(identities(&socket).is_err());
    }
}
