//! A real sshd on loopback, for one test.

use std::fs::{self, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tai_ssh::{Hop, Route, SshError, SshHost, SshOptions};
use tempfile::TempDir;

/// An sshd that ends with the test. The account is the one that runs the test, without its start-up files: a bash under sshd reads `.bashrc`.
pub(super) struct Server {
    pub(super) port: u16,
    dir: TempDir,
    account: String,
    sshd: Child,
}

/// The account of [`Server::for_ordinary_account`].
const ORDINARY: &str = "tai-test";
const PLAIN: &str = r#"exec /usr/sbin/sshd -D -e -f "$1/config""#;
/// Gives the server an `/etc` of its own, with one more account in it: nothing of that is seen outside, or is left when the server ends.
const OWN_ETC: &str = r#"
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
useradd --no-create-home --home-dir "$1/home" --shell /bin/sh --password '*' "$2"
install -d -o "$2" "$1/home"
mkdir -p /etc/sudoers.d
echo "$3" > /etc/sudoers.d/tai-test
exec /usr/sbin/sshd -D -e -f "$1/config"
"#;

impl Server {
    /// One with an Ed25519 host key and no setting of its own.
    pub(super) fn start() -> Self {
        Server::with(&["ed25519"], "")
    }

    /// One with these kinds of host keys and these lines of `sshd_config`, which take precedence.
    pub(super) fn with(host_keys: &[&str], settings: &str) -> Self {
        let (dir, port) = configured(host_keys, settings);
        let sshd = spawn(dir.path(), port, &["sh", "-ec", PLAIN, "sh", dir.path().to_str().unwrap()]);
        Server { port, dir, account: account(), sshd }
    }

    /// One whose account is not root, with this line of sudoers(5). Only root can set that up.
    pub(super) fn for_ordinary_account(sudoers: &str) -> Self {
        assert!(nix::unistd::getuid().is_root(), "only root can add an account for this test");
        let (dir, port) = configured(&["ed25519"], "");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let words = [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-ec",
            OWN_ETC,
            "sh",
            dir.path().to_str().unwrap(),
            ORDINARY,
            sudoers,
        ];
        let sshd = spawn(dir.path(), port, &words);
        Server { port, dir, account: ORDINARY.to_owned(), sshd }
    }

    /// Makes a file that only root can read.
    pub(super) fn root_file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Lets the owner of a key in.
    pub(super) fn admit(&self, key: &Path) -> &Self {
        let file = self.dir.path().join("authorized_keys");
        let known = fs::read_to_string(&file).unwrap();
        fs::write(file, known + &fs::read_to_string(public(key)).unwrap()).unwrap();
        self
    }

    /// The way to it for `client`, by a key that is admitted.
    pub(super) fn hop(&self, client: &Client) -> Hop {
        self.admit(&client.key);
        Hop {
            name: "web1".into(),
            port: self.port,
            identity_files: vec![client.key.clone()],
            known_hosts: vec![client.known_hosts.clone()],
            ..Hop::new("127.0.0.1", &self.account)
        }
    }

    /// The `.pub` file of a host key.
    pub(super) fn host_key(&self, kind: &str) -> PathBuf {
        self.dir.path().join(format!("host_{kind}.pub"))
    }

    /// Everything that runs below it.
    pub(super) fn processes(&self) -> Vec<i32> {
        descendants(i32::try_from(self.sshd.id()).unwrap())
    }

    /// Ends it and every session of it, as a crash would.
    pub(super) fn kill(&mut self) {
        let sessions = self.processes();
        let _dead = self.sshd.kill();
        for pid in sessions {
            let _gone = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let _status = self.sshd.wait().unwrap();
    }

    /// Ends the sessions, so that clients have to come again.
    pub(super) fn kill_sessions(&self) {
        for pid in self.processes() {
            let _gone = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }

    /// Starts again on the same port, with other host keys.
    pub(super) fn replace_host_key(&mut self, kind: &str) {
        self.kill();
        let _new = host_key_line(self.dir.path(), kind);
        self.sshd = spawn(self.dir.path(), self.port, &["sh", "-ec", PLAIN, "sh", self.dir.path().to_str().unwrap()]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Somebody with a key and a file of known hosts.
pub(super) struct Client {
    pub(super) dir: TempDir,
    pub(super) key: PathBuf,
    pub(super) known_hosts: PathBuf,
}

impl Client {
    pub(super) fn new() -> Self {
        Client::with_key(&["-t", "ed25519"], "")
    }

    /// With a key as `ssh-keygen` makes it from these options.
    pub(super) fn with_key(options: &[&str], passphrase: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = generate(dir.path(), "id", options, passphrase);
        let known_hosts = dir.path().join("known_hosts");
        Client { dir, key, known_hosts }
    }

    pub(super) fn known(&self) -> String {
        fs::read_to_string(&self.known_hosts).unwrap_or_default()
    }
}

pub(super) async fn connect(hops: impl IntoIterator<Item = Hop>) -> Result<SshHost, SshError> {
    connect_with(hops, SshOptions::default()).await
}

pub(super) async fn connect_with(
    hops: impl IntoIterator<Item = Hop>,
    options: SshOptions,
) -> Result<SshHost, SshError> {
    SshHost::connect(Route { hops: hops.into_iter().collect() }, options).await
}

/// Makes a key pair and gives the private half.
pub(super) fn generate(dir: &Path, name: &str, options: &[&str], passphrase: &str) -> PathBuf {
    let key = dir.join(name);
    for old in [key.clone(), public(&key)] {
        let _absent = fs::remove_file(old);
    }
    run("ssh-keygen", &[&["-q", "-N", passphrase, "-C", "test key", "-f", key.to_str().unwrap()], options].concat());
    key
}

pub(super) fn public(key: &Path) -> PathBuf {
    PathBuf::from(format!("{}.pub", key.display()))
}

pub(super) fn fingerprint(public: &Path) -> String {
    let line = run("ssh-keygen", &["-l", "-f", public.to_str().unwrap()]);
    line.split(' ').nth(1).unwrap().to_owned()
}

/// Processes below one.
fn descendants(of: i32) -> Vec<i32> {
    let mut found = vec![of];
    let mut i = 0;
    while i < found.len() {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", found[i])).unwrap_or_default();
        found.extend(children.split_whitespace().map(|pid| pid.parse::<i32>().unwrap()));
        i += 1;
    }
    found.split_off(1)
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(super) fn account() -> String {
    run("id", &["-un"]).trim().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "tests use the system's own programs")]
pub(super) fn run(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed (openssh-client): {error}"));
    assert!(output.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A directory with everything that an sshd needs, and the port it is to listen on.
fn configured(host_keys: &[&str], settings: &str) -> (TempDir, u16) {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let keys: String = host_keys.iter().map(|kind| host_key_line(dir.path(), kind)).collect();
    let config = format!(
        "{settings}\n{keys}ListenAddress 127.0.0.1:{port}\nAuthorizedKeysFile {0}/authorized_keys\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nPermitRootLogin yes\nPrintMotd no\n\
         SetEnv HOME={0}\n",
        dir.path().display()
    );
    fs::write(dir.path().join("config"), config).unwrap();
    fs::write(dir.path().join("authorized_keys"), "").unwrap();
    (dir, port)
}

fn host_key_line(dir: &Path, kind: &str) -> String {
    let (name, bits) = kind.split_once('-').unwrap_or((kind, ""));
    let bits = if bits.is_empty() { vec![] } else { vec!["-b", bits] };
    let key = generate(dir, &format!("host_{kind}"), &[&["-t", name], bits.as_slice()].concat(), "");
    format!("HostKey {}\n", key.display())
}

#[expect(clippy::disallowed_methods, reason = "tests use the system's own programs")]
fn spawn(dir: &Path, port: u16, words: &[&str]) -> Child {
    if nix::unistd::getuid().is_root() {
        fs::create_dir_all("/run/sshd").unwrap();
    }
    let log = fs::File::create(dir.join("log")).unwrap();
    let mut sshd = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("/usr/sbin/sshd is needed (openssh-server): {error}"));
    for _ in 0..500 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return sshd;
        }
        assert!(sshd.try_wait().unwrap().is_none(), "{}", fs::read_to_string(dir.join("log")).unwrap());
        sleep(Duration::from_millis(10));
    }
    panic!("sshd does not answer: {}", fs::read_to_string(dir.join("log")).unwrap())
}
