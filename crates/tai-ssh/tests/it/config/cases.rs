//! Runs the resolver and the real ssh over the same configuration, and the cases kept as data.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use nix::unistd::{User, gethostname, getuid};
use tai_ssh::config::{ConfigError, ConfigFiles, HostConfig, ResolveOptions, resolve};

/// Files below a home directory (`config` is the one given with `-F`), and what is asked of them.
#[derive(Debug, Default, Clone)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) host: String,
    /// `-o` settings: keyword and value.
    pub(super) overrides: Vec<(String, String)>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) files: Vec<(String, String)>,
    /// Modes of files, where they are not 600.
    pub(super) modes: BTreeMap<String, u32>,
}

/// All keys and values, sorted; `None` when the configuration is refused.
type Answer = Option<Vec<(String, String)>>;

/// Whether both accept the configuration, or in what they differ.
pub(super) fn compare(case: &Case) -> Result<bool, String> {
    let dir = tempfile::tempdir().unwrap();
    write(case, dir.path());
    let (theirs, message) = ask_ssh(case, dir.path());
    let ours = ask_resolver(case, dir.path());
    let answer = ours.as_ref().ok().map(|config| {
        let mut pairs: Vec<_> = config.entries().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        pairs.sort();
        pairs
    });
    let found = difference(&answer, &theirs);
    if found.is_empty() {
        return Ok(answer.is_some());
    }
    let ours = ours.as_ref().err();
    Err(format!("{} (+ ours, - ssh): {found:#?}\n{:#?}\nssh says: {message}we say: {ours:?}", case.name, case.files))
}

/// Resolves a case in a directory that holds its files.
pub(super) fn ask_resolver(case: &Case, dir: &Path) -> Result<HostConfig, ConfigError> {
    let user = User::from_uid(getuid()).unwrap().unwrap();
    let mut env = case.env.clone();
    env.insert("HOME".to_owned(), dir.display().to_string());
    resolve(&ResolveOptions {
        host: case.host.clone(),
        files: ConfigFiles::Only(dir.join("config")),
        overrides: case.overrides.clone(),
        local_user: user.name,
        uid: getuid().as_raw(),
        home: user.dir,
        local_hostname: gethostname().unwrap().into_string().unwrap(),
        env,
    })
}

/// Writes the files of a case. `{dir}` stands for the directory, `␀`, `␉`, `␌`, `␍` for bytes that do not show.
pub(super) fn write(case: &Case, dir: &Path) {
    for (name, text) in &case.files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = text.replace("{dir}", &dir.display().to_string());
        let text = text.replace('␀', "\0").replace('␉', "\t").replace('␌', "\x0c").replace('␍', "\r");
        fs::write(&path, text).unwrap();
        let mode = case.modes.get(name).copied().unwrap_or(0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "the measure is ssh itself")]
fn ask_ssh(case: &Case, dir: &Path) -> (Answer, String) {
    require_version();
    let mut command = Command::new("ssh");
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", dir)
        .envs(&case.env)
        .arg("-G")
        .arg("-F")
        .arg(dir.join("config"));
    for (keyword, value) in &case.overrides {
        command.arg("-o").arg(format!("{keyword} {value}"));
    }
    let output = command.arg("--").arg(&case.host).output().unwrap();
    let mut pairs: Vec<_> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .map(|(key, value)| (key.to_lowercase(), value.to_owned()))
        .collect();
    pairs.sort();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    // On a list of algorithms that leaves none ssh prints this error and goes on without half of its defaults.
    let is_broken = message.contains("fill_default_options: ");
    ((output.status.success() && !is_broken).then_some(pairs), message)
}

#[expect(clippy::disallowed_methods, reason = "the measure is ssh itself")]
fn require_version() {
    static VERSION: OnceLock<String> = OnceLock::new();
    let version = VERSION.get_or_init(|| {
        let output = Command::new("ssh").arg("-V").output();
        let output = output.expect("these tests compare with ssh: install the Debian package openssh-client");
        String::from_utf8_lossy(&output.stderr).into_owned()
    });
    assert!(version.starts_with("OpenSSH_9.2"), "these tests compare with OpenSSH 9.2 of Debian 12, this is {version}");
}

fn difference(ours: &Answer, theirs: &Answer) -> Vec<String> {
    match (ours, theirs) {
        (None, None) => Vec::new(),
        (Some(_), None) => vec!["ssh refuses it, we do not".to_owned()],
        (None, Some(_)) => vec!["we refuse it, ssh does not".to_owned()],
        (Some(ours), Some(theirs)) => {
            let more = ours.iter().filter(|pair| !theirs.contains(pair)).map(|(key, value)| format!("+ {key} {value}"));
            let less = theirs.iter().filter(|pair| !ours.contains(pair)).map(|(key, value)| format!("- {key} {value}"));
            let count = (ours.len() != theirs.len()).then(|| format!("{} pairs, ssh has {}", ours.len(), theirs.len()));
            more.chain(less).chain(count).collect()
        }
    }
}

/// The cases of a file: `== name`, then `-- host`, `-- set`, `-- env`, `-- mode` and `-- file` lines, and text.
fn read_cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            let files = vec![("config".to_owned(), String::new())];
            cases.push(Case { name: name.to_owned(), host: "web1".to_owned(), files, ..Case::default() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        let Some((what, rest)) = line.strip_prefix("-- ").map(|line| line.split_once(' ').unwrap_or((line, ""))) else {
            let (_, text) = case.files.last_mut().unwrap();
            *text += line;
            *text += "\n";
            continue;
        };
        let pair = || rest.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())).unwrap();
        match what {
            "host" => case.host = rest.to_owned(),
            "set" => case.overrides.push(pair()),
            "env" => case.env.extend([pair()]),
            "mode" => case.modes.extend([pair()].map(|(name, mode)| (name, u32::from_str_radix(&mode, 8).unwrap()))),
            "file" => case.files.push((rest.to_owned(), String::new())),
            other => panic!("{other} is no part of a case"),
        }
    }
    cases
}

/// Compares all, and gives back how many are accepted.
fn compare_all(cases: &[Case]) -> usize {
    let outcomes: Vec<_> = cases.iter().map(compare).collect();
    let failures: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err().map(String::as_str)).collect();
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), cases.len(), failures.join("\n"));
    outcomes.into_iter().filter(|outcome| *outcome == Ok(true)).count()
}

#[test]
fn agrees_with_ssh_on_files() {
    let cases = read_cases(include_str!("cases.txt"));
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let accepted = compare_all(&cases);
    assert!(accepted * 3 > cases.len() * 2, "{accepted} of {} accepted: the cases have become one-sided", cases.len());
}

#[test]
fn agrees_with_ssh_on_single_lines() {
    let lines = include_str!("lines.txt").lines().filter(|line| !line.is_empty());
    let cases: Vec<_> = lines
        .map(|line| {
            let files = vec![("config".to_owned(), format!("{line}\n"))];
            Case { name: line.to_owned(), host: "web1".to_owned(), files, ..Case::default() }
        })
        .collect();
    assert!(cases.len() >= 400, "{} lines", cases.len());
    compare_all(&cases);
}
