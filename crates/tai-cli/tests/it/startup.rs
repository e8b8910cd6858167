//! What tai touches before it has anything to do.

#![expect(clippy::disallowed_methods, reason = "the program itself is what is tested here")]

use std::fs;
use std::process::Command;

/// What the dynamic loader reads of every program, and Rust's runtime of every process: the size of its stack.
const OF_ANY_PROGRAM: [&str; 6] = ["/etc/ld.so.", "/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "/proc/self/maps"];

/// The paths that a run of tai names to the kernel, by strace, which `scripts/test.sh` installs. Its configuration is one that it could not use.
fn touched(args: &[&str]) -> (Option<i32>, Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("config.toml"), "no = such key").unwrap();
    let trace = home.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=%file,%network", "-o"]).arg(&trace).arg(env!("CARGO_BIN_EXE_tai")).args(args);
    strace.envs([("HOME", home.path()), ("TAI_HOME", home.path())]).env_remove("LD_LIBRARY_PATH");
    let output = strace.output().unwrap_or_else(|error| panic!("strace is needed for this test: {error}"));
    let text = fs::read_to_string(&trace).unwrap();
    let calls = text.lines().filter(|line| line.contains('(') && !line.contains("execve(\""));
    // A call that names no path is of a file that is open.
    let paths = calls.filter(|call| !call.contains("AT_EMPTY_PATH")).map(|call| {
        let path = call.split('"').nth(1);
        path.unwrap_or(call).to_owned()
    });
    (output.status.code(), paths.collect())
}

#[test]
fn version_and_help_touch_no_file() {
    for args in [&["--version"][..], &["version"], &["--help"], &["run", "--help"], &["store", "stats", "--help"]] {
        let (code, paths) = touched(args);
        assert_eq!(code, Some(0), "{args:?}");
        let own: Vec<_> =
            paths.iter().filter(|path| !OF_ANY_PROGRAM.iter().any(|known| path.starts_with(known))).collect();
        assert!(own.is_empty(), "{args:?}: {own:?}");
    }
    // What is looked for here is found where it is.
    let (code, paths) = touched(&["run", "--local", "--model", "none", "x"]);
    assert!(code == Some(2) && paths.iter().any(|path| path.ends_with("/config.toml")), "{code:?} {paths:?}");
}
