use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, thread};

use tai_ssh::known_hosts::{Error, KnownHosts, Verdict, add};
use tempfile::tempdir;

use super::keys::{fill, key};

/// Set in the process that is killed: the file it adds to.
const VICTIM: &str = "TAI_TEST_KNOWN_HOSTS_VICTIM";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_new_file_and_its_directory_are_private() {
    let home = tempdir().unwrap();
    let file = home.path().join(".ssh/known_hosts");
    add(&file, "Web.Example", 22, &key("E1"), false).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), fill("web.example $E1\n"));
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert_eq!(names_in(file.parent().unwrap()), ["known_hosts"]);

    let deeper = home.path().join("a/b/known_hosts");
    assert!(matches!(add(&deeper, "web", 22, &key("E1"), false), Err(Error::Write { .. })));
}

#[test]
fn the_lines_that_were_there_stay_as_they_are() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    let check = |before: &[u8], host: &str, port: u16, line: &str| {
        fs::write(&file, before).unwrap();
        add(&file, host, port, &key("E1"), false).unwrap();
        let after = fs::read(&file).unwrap();
        assert_eq!(after.strip_prefix(before).map(String::from_utf8_lossy).as_deref(), Some(fill(line).as_str()));
    };
    check(b"", "web", 22, "web $E1\n");
    check(b"# remark\r\n\xff\xfe\0 junk\n\n", "web", 2222, "[web]:2222 $E1\n");
    check(b"db no-newline", "fe80::1", 22, "\nfe80::1 $E1\n");
    check(b"\n\n  ", "web", 0, "\nweb $E1\n");
}

#[test]
fn a_key_that_is_there_is_not_written_again() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    let check = |before: &str, host: &str, port: u16| {
        fs::write(&file, fill(before)).unwrap();
        for hash in [false, true] {
            add(&file, host, port, &key("E1"), hash).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), fill(before));
        }
        assert_eq!(names_in(directory.path()), ["known_hosts"]);
    };
    check("web $E1", "web", 22);
    check("$web $E1 remark\n", "WEB", 22);
    check("*.example $E1\n", "web.example", 22);
    check("db,[web]:2222 $E1\n", "web", 2222);
}

#[test]
fn a_file_that_contradicts_is_left_alone() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    for before in ["web $E2\n", "web $R1\n", "@revoked * $E1\n"] {
        fs::write(&file, fill(before)).unwrap();
        let error = add(&file, "web", 22, &key("E1"), false).unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), fill(before));
        assert_eq!(names_in(directory.path()), ["known_hosts"]);
    }
    assert!(matches!(add(Path::new("/dev/null"), "web", 22, &key("E1"), false), Err(Error::Write { .. })));
}

#[test]
fn a_hashed_name_shows_nothing_of_the_host() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    add(&file, "Secret.Example", 2222, &key("E1"), true).unwrap();
    add(&file, "other.example", 22, &key("E1"), true).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("example") && text.lines().all(|line| line.starts_with("|1|")), "{text}");
    let known = KnownHosts::load(std::slice::from_ref(&file)).unwrap();
    let verdict = known.verdict("secret.EXAMPLE", 2222, None, &key("E1"));
    assert_eq!(verdict, Verdict::Match { file, line: 1 });
}

#[test]
fn links_are_followed_and_modes_kept() {
    let directory = tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::create_dir(at("real")).unwrap();
    fs::write(at("real/hosts"), "# mine\n").unwrap();
    fs::set_permissions(at("real/hosts"), Permissions::from_mode(0o640)).unwrap();
    symlink("real/hosts", at("first")).unwrap();
    symlink(at("first"), at("second")).unwrap();
    add(&at("second"), "web", 22, &key("E1"), false).unwrap();
    assert!(at("first").is_symlink() && at("second").is_symlink());
    assert_eq!(fs::read_to_string(at("real/hosts")).unwrap(), fill("# mine\nweb $E1\n"));
    assert_eq!(mode(&at("real/hosts")), 0o640);

    symlink("real/later", at("dangling")).unwrap();
    add(&at("dangling"), "web", 22, &key("E1"), false).unwrap();
    assert_eq!(fs::read_to_string(at("real/later")).unwrap(), fill("web $E1\n"));

    symlink("round", at("round")).unwrap();
    assert!(matches!(add(&at("round"), "web", 22, &key("E1"), false), Err(Error::Write { .. })));
}

#[test]
fn a_link_in_place_of_the_new_file_is_not_followed() {
    let directory = tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("precious"), "keep\n").unwrap();
    symlink("precious", at("known_hosts.tai-new")).unwrap();
    assert!(matches!(add(&at("known_hosts"), "web", 22, &key("E1"), false), Err(Error::Write { .. })));
    assert_eq!(fs::read_to_string(at("precious")).unwrap(), "keep\n");
}

#[test]
fn what_a_crash_left_behind_is_taken_over() {
    let directory = tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("known_hosts.tai-new"), "half a line that is longer than what is written ".repeat(100)).unwrap();
    fs::set_permissions(at("known_hosts.tai-new"), Permissions::from_mode(0o666)).unwrap();
    add(&at("known_hosts"), "web", 22, &key("E1"), false).unwrap();
    assert_eq!(fs::read_to_string(at("known_hosts")).unwrap(), fill("web $E1\n"));
    assert_eq!((names_in(directory.path()), mode(&at("known_hosts"))), (vec!["known_hosts".to_owned()], 0o600));
}

#[test]
fn names_that_could_not_be_found_again_are_refused() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    for host in
        ["", "a b", "a\nb", "a\tb", "a\0b", "a,b", "*", "w?b", "!web", "#web", "@revoked", "|1|x|y", "a\u{2028}b"]
    {
        let error = add(&file, host, 22, &key("E1"), false).unwrap_err();
        assert!(matches!(error, Error::UnwritableHost { .. }), "{host:?}: {error}");
    }
    assert!(matches!(add(&file, &"x".repeat(2000), 22, &key("E1"), false), Err(Error::UnwritableHost { .. })));
    assert!(!file.exists());
}

#[test]
fn writers_at_once_lose_nothing() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    thread::scope(|scope| {
        for writer in 0..8 {
            let file = &file;
            scope.spawn(move || {
                for turn in 0..10 {
                    add(file, &format!("host-{writer}-{turn}"), 22, &key("E1"), turn % 2 == 0).unwrap();
                    add(file, "shared", 22, &key("E1"), false).unwrap();
                }
            });
        }
    });
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 81);
    assert_eq!(names_in(directory.path()), ["known_hosts"]);
}

/// Adds `host-N`, `host-N+1`, … until it is killed, or lets itself be killed: the test binary is its own victim.
#[test]
fn a_kill_leaves_the_old_file_or_the_new_one() {
    if let Some(file) = env::var_os(VICTIM) {
        add_for_ever(Path::new(&file));
    }
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    let start = format!("# {}\n", "old ".repeat(50_000));
    fs::write(&file, &start).unwrap();
    for round in 0..50 {
        let mut victim = spawn_victim(&file);
        let before = fs::metadata(&file).unwrap().len();
        while fs::metadata(&file).unwrap().len() == before {
            assert!(victim.try_wait().unwrap().is_none(), "the victim ended by itself");
            thread::sleep(Duration::from_micros(200));
        }
        thread::sleep(Duration::from_micros(round * 137));
        victim.kill().unwrap();
        victim.wait().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.strip_prefix(&start).unwrap().lines().count();
        let expect: String = (0..lines).map(|number| fill(&format!("host-{number} $E1\n"))).collect();
        assert!(text[start.len()..] == expect, "the file is neither the old nor the new one after kill {round}");
    }
    assert!(names_in(directory.path()).len() <= 2);
    add(&file, "after", 22, &key("E1"), false).unwrap();
    assert_eq!(names_in(directory.path()), ["known_hosts"]);
}

fn spawn_victim(file: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "known_hosts::add::a_kill_leaves_the_old_file_or_the_new_one"])
        .env(VICTIM, file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn add_for_ever(file: &Path) -> ! {
    let written = fs::read_to_string(file).unwrap().lines().count() - 1;
    for number in written.. {
        add(file, &format!("host-{number}"), 22, &key("E1"), false).unwrap();
    }
    unreachable!("the numbers do not end")
}
