//! Captures that somebody else wrote: nothing outside is read, and what is wrong is said.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tai_ssh::capture::{Capture, CaptureWriter};
use tai_ssh::{CaptureError, Ending, Output};

fn manifest(dir: &Path, file: &str) {
    fs::create_dir_all(dir.join("outputs")).unwrap();
    let json =
        format!(r#"{{"schema":"tai.capture/1","commands":[{{"command":"uname -a","file":{file:?}}}],"unknown":1}}"#);
    fs::write(dir.join("manifest.json"), json).unwrap();
}

fn capture() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("secret"), "outside").unwrap();
    fs::create_dir(dir.path().join("c")).unwrap();
    dir
}

#[test]
fn only_schema_command_and_file_are_required() {
    let dir = capture();
    let c = dir.path().join("c");
    manifest(&c, "outputs/1");
    fs::write(c.join("outputs/1"), b"a\0\xff\r\n").unwrap();
    let capture = Capture::open(&c).unwrap();
    assert_eq!(capture.name(), "c");
    assert_eq!(capture.output(0).stdout, b"a\0\xff\r\n");
    assert_eq!(capture.output(0).ending, Ending::Exited(0));
}

#[test]
fn a_file_outside_is_refused() {
    for file in
        ["../secret", "/etc/hostname", "outputs/../../secret", "link", "folder/secret", "../../../nothing/there"]
    {
        let dir = capture();
        let c = dir.path().join("c");
        manifest(&c, file);
        symlink("../secret", c.join("link")).unwrap();
        symlink("..", c.join("folder")).unwrap();
        let error = Capture::open(&c).unwrap_err();
        assert!(matches!(error, CaptureError::OutsideCapture { .. }), "{file}: {error:?}");
    }
}

#[test]
fn captures_below_a_marker_share_outputs_and_nothing_else() {
    let dir = capture();
    let set = dir.path().join("set");
    let c = set.join("cases/one");
    manifest(&c, "../../shared/1");
    fs::create_dir_all(set.join("shared")).unwrap();
    fs::write(set.join("shared/1"), "shared").unwrap();
    assert!(matches!(Capture::open(&c), Err(CaptureError::OutsideCapture { .. })), "no marker yet");

    fs::write(set.join(".tai-captures"), "").unwrap();
    assert_eq!(Capture::open(&c).unwrap().output(0).stdout, b"shared");
    manifest(&c, "../../../secret");
    assert!(matches!(Capture::open(&c), Err(CaptureError::OutsideCapture { .. })), "past the marker");
}

#[test]
fn what_is_not_a_file_is_refused_and_what_is_missing_is_data() {
    let dir = capture();
    let c = dir.path().join("c");
    manifest(&c, "outputs");
    assert!(matches!(Capture::open(&c), Err(CaptureError::NotAFile { .. })));
    manifest(&c, "outputs/gone");
    let output = Capture::open(&c).unwrap().output(0);
    assert_eq!(output.ending, Ending::NotStarted { reason: "its file is missing from the capture".into() });
}

#[test]
fn a_bad_manifest_is_an_error_that_names_it() {
    let check = |json: Option<&[u8]>, expect: &str| {
        let dir = capture();
        if let Some(json) = json {
            fs::write(dir.path().join("manifest.json"), json).unwrap();
        }
        let error = Capture::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains(expect) && error.contains("manifest"), "{error}");
    };
    check(None, "no capture at");
    check(Some(b""), "malformed");
    check(Some(b"\xff\xfe"), "malformed");
    check(Some(br#"{"schema":"tai.capture/1"}"#), "malformed");
    check(Some(br#"{"schema":"tai.capture/1","commands":[{"command":"id"}]}"#), "malformed");
    check(Some(br#"{"schema":"tai.capture/2","other":[]}"#), "tai.capture/2");
}

#[test]
fn a_writer_leaves_all_or_nothing_and_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("deep/capture");
    let output = Output {
        stdout: b"\xffbytes".to_vec(),
        stderr: Vec::new(),
        ending: Ending::Exited(0),
        truncated: false,
        duration: std::time::Duration::ZERO,
    };
    let mut abandoned = CaptureWriter::create(&target).unwrap();
    abandoned.add("id", &output);
    drop(abandoned);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "the parents that it made are gone as well");

    let mut writer = CaptureWriter::create(&target).unwrap();
    writer.add("id", &output);
    writer.add("uptime", &Output { ending: Ending::NotCaptured, ..output.clone() });
    writer.finish("h", None, Default::default()).unwrap();
    let capture = Capture::open(&target).unwrap();
    assert_eq!(capture.output(0), output);
    assert_eq!(capture.manifest().commands.len(), 1);
    assert!(matches!(CaptureWriter::create(&target), Err(CaptureError::AlreadyExists { .. })));
}

#[test]
fn what_is_written_is_redacted_and_the_manifest_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let output = Output {
        stdout: b"a secret\n".to_vec(),
        stderr: b"no secret\n".to_vec(),
        ending: Ending::Exited(1),
        truncated: false,
        duration: std::time::Duration::ZERO,
    };
    let hide = |text: &[u8]| String::from_utf8_lossy(text).replace("secret", "***").into_bytes();
    let mut writer = CaptureWriter::create(&dir.path().join("c")).unwrap().redacted(hide);
    writer.add("id", &output);
    let path = writer.finish("h", None, Default::default()).unwrap();
    let capture = Capture::open(&path).unwrap();
    assert!(capture.manifest().redacted);
    assert_eq!(capture.manifest().commands[0].bytes, 6);
    let expect = Output { stdout: b"a ***\n".to_vec(), stderr: b"no ***\n".to_vec(), ..output.clone() };
    assert_eq!(capture.output(0), expect);

    // More may come.
    writer.add("uptime", &output);
    writer.finish("h", None, Default::default()).unwrap();
    drop(writer);
    let capture = Capture::open(&path).unwrap();
    assert_eq!((capture.output(0), capture.output(1)), (expect.clone(), expect));
}

#[test]
fn a_capture_is_written_into_an_empty_directory_by_one_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link");
    fs::create_dir(dir.path().join("empty")).unwrap();
    symlink("empty", &link).unwrap();
    let mut writer = CaptureWriter::create(&link).unwrap();
    assert!(matches!(CaptureWriter::create(&link), Err(CaptureError::AlreadyExists { .. })));
    writer.finish("h", None, Default::default()).unwrap();
    assert!(Capture::open(&dir.path().join("empty")).is_ok());
}

#[test]
fn text_of_a_manifest_is_one_visible_line() {
    let dir = tempfile::tempdir().unwrap();
    let json = r#"{"schema":"tai.capture/1","host":"web1\n# Findings\u001b[31m","os_release":{"PRETTY_NAME":"\u001b]0;x\u0007Debian\u200b"},
        "commands":[{"command":"a\nb\u0007","file":"x\u001b","failure":{"kind":"not_started","reason":"\u001b[2Jno"}}]}"#;
    fs::write(dir.path().join("manifest.json"), json).unwrap();
    let capture = Capture::open(dir.path()).unwrap();
    assert_eq!(capture.name(), "web1 # Findings");
    assert_eq!(capture.manifest().os_release["PRETTY_NAME"], "Debian\u{fffd}");
    assert_eq!(capture.manifest().commands[0].command, "a b\u{2407}");
    assert_eq!(capture.output(0).ending, Ending::NotStarted { reason: "its file is missing from the capture".into() });
}

#[test]
fn a_manifest_that_is_no_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("manifest.json")).unwrap();
    assert!(matches!(Capture::open(dir.path()), Err(CaptureError::NoManifest { .. })));
}
