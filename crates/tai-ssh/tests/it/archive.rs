//! Captures as one file, and sosreports.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::write::GzEncoder;
use tai_ssh::capture::{Capture, CaptureWriter, pack};
use tai_ssh::{CaptureError, Ending, Output};
use tempfile::TempDir;

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // Written by hand: the crate itself refuses names that lead outside.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn link(builder: &mut tar::Builder<Vec<u8>>, name: &str, target: &str) {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, name, target).unwrap();
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

async fn unpack(path: &Path) -> Result<Capture, CaptureError> {
    Capture::unpack(path, Path::new(env!("CARGO_TARGET_TMPDIR")), &|_| {}).await
}

fn commands(capture: &Capture) -> Vec<(&str, String)> {
    let texts = (0..).map(|i| String::from_utf8_lossy(&capture.output(i).stdout).into_owned());
    capture.manifest().commands.iter().map(|entry| entry.command.as_str()).zip(texts).collect()
}

const MANIFEST: &[u8] =
    br#"{"schema":"tai.capture/1","host":"web1","commands":[{"command":"uptime","file":"outputs/1"}]}"#;

#[tokio::test]
async fn a_packed_capture_is_the_same_capture() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::create(&dir.path().join("web1")).unwrap();
    let output = |stdout: &[u8]| Output {
        stdout: stdout.to_vec(),
        stderr: Vec::new(),
        ending: Ending::Exited(0),
        truncated: false,
        duration: Duration::from_millis(7),
    };
    writer.add("uptime", &output(b"up\n"));
    writer.add("cat /srv/ä", &output(b"\xff\0\n"));
    let written = writer.finish("web1", None, [].into()).unwrap();
    let to = dir.path().join("web1.tar.zst");
    pack(&written, &to).unwrap();
    assert!(matches!(pack(&written, &to), Err(CaptureError::AlreadyExists { .. })));
    let again = dir.path().join("again.tar.zst");
    pack(&written, &again).unwrap();
    assert_eq!(fs::read(&to).unwrap(), fs::read(&again).unwrap());
    assert_eq!(commands(&unpack(&to).await.unwrap()), commands(&Capture::open(&written).unwrap()));
}

#[tokio::test]
async fn every_packing_is_read_whatever_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let plain = tar(&[("web1/manifest.json", MANIFEST), ("web1/outputs/1", b"up 3 days\n")]);
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(&plain).unwrap();
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    for bytes in [plain.clone(), gzip.finish().unwrap(), xz.finish().unwrap(), zstd] {
        let capture = unpack(&write(dir.path(), "any.name", &bytes)).await.unwrap();
        assert_eq!((capture.name(), commands(&capture)), ("web1", vec![("uptime", "up 3 days\n".to_owned())]));
    }
    let flat = tar(&[("./manifest.json", MANIFEST), ("./outputs/1", b"up\n")]);
    assert_eq!(unpack(&write(dir.path(), "flat", &flat)).await.unwrap().name(), "web1");
}

#[tokio::test]
async fn what_is_no_capture_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let whole = zstd::encode_all(&tar(&[("web1/manifest.json", MANIFEST)])[..], 1).unwrap();
    let two = tar(&[("a/manifest.json", MANIFEST), ("b/manifest.json", MANIFEST)]);
    let cases: [(&[u8], &str); 6] = [
        (b"", "cannot unpack"),
        (b"hello\n", "cannot unpack"),
        (&whole[..whole.len() / 2], "cannot unpack"),
        (&tar(&[("a/b", b"c")]), "holds neither"),
        (&two, "holds neither"),
        (&tar(&[("a/manifest.json", b"{}")]), "malformed"),
    ];
    for (bytes, expect) in cases {
        let scratch = tempfile::tempdir().unwrap();
        let path = write(dir.path(), "case", bytes);
        let error = Capture::unpack(&path, scratch.path(), &|_| {}).await.unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
        assert!(fs::read_dir(scratch.path()).unwrap().next().is_none(), "{error}: something is left");
    }
}

#[tokio::test]
async fn nothing_leaves_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["../out", "web1/../../out", "/tmp/out"] {
        let bytes = tar(&[("web1/manifest.json", MANIFEST), (name, b"x")]);
        assert!(
            unpack(&write(dir.path(), "a", &bytes)).await.unwrap_err().to_string().contains("cannot unpack"),
            "{name}"
        );
    }
    // Links that lead elsewhere do not exist, so neither reading nor writing goes through them.
    let mut builder = tar::Builder::new(Vec::new());
    link(&mut builder, "web1/outputs", "/etc");
    link(&mut builder, "web1/up", "../..");
    link(&mut builder, "web1/var", "../sos_strings/x");
    let links = builder.into_inner().unwrap();
    let manifest = String::from_utf8_lossy(MANIFEST).replace("outputs/1", "outputs/hostname");
    let files = tar(&[("web1/manifest.json", manifest.as_bytes())]);
    let bytes = [&links[..links.len() - 1024], &files].concat();
    let capture = unpack(&write(dir.path(), "b", &bytes)).await.unwrap();
    assert!(matches!(capture.output(0).ending, Ending::NotStarted { .. }));
}

#[tokio::test]
async fn unpacking_that_is_dropped_leaves_nothing() {
    let (dir, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let large = vec![0; 200 << 20];
    let bytes = tar(&[("web1/manifest.json", MANIFEST), ("web1/outputs/1", &large)]);
    let path = write(dir.path(), "a", &zstd::encode_all(&bytes[..], 1).unwrap());
    let unpacking = Capture::unpack(&path, scratch.path(), &|_| {});
    assert!(tokio::time::timeout(Duration::from_millis(1), unpacking).await.is_err());
    for _ in 0..600 {
        if fs::read_dir(scratch.path()).unwrap().next().is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("something is left");
}

/// A report as sos 4.0 makes it, cut down to one file of each kind. Names and manifest are as that version wrote them on Debian 12.
fn sosreport(with_manifest: bool) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("sosreport-db1-2026-11-21-abcdefg");
    let add = |name: &str, bytes: &[u8]| write(&root, name, bytes);
    if with_manifest {
        add(
            "sos_reports/manifest.json",
            br#"{"version":"4.0","components":{"report":{"plugins":{
                "process":{"commands":[{"command":"lsof","exec":"lsof -b +M -n -l -c ''","filepath":"sos_commands/process/lsof_-b_M_-n_-l_-c","return_code":1}]},
                "odd":{"commands":"none"}, "empty":null}}}}"#,
        );
    }
    add("sos_commands/process/lsof_-b_M_-n_-l_-c", b"COMMAND PID\n");
    add("sos_commands/block/blkid_-c_.dev.null", b"/dev/vda: TYPE=\"ext4\"\n");
    add("sos_commands/host/hostname", b"db1\n");
    add("sos_commands/date/date", b"Sat 21 Nov 2026 05:55:39 PM CET\n");
    add("sos_commands/date/date_--utc", b"Sat Nov 21 16:55:40 UTC 2026\n");
    add("etc/os-release", b"NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID='12'\n");
    add("etc/ssh/ssh_host_ed25519_key", b"generated\n");
    add("usr/lib/systemd/system/nginx.service", b"[Unit]\n");
    add("proc/meminfo", b"MemTotal: 1 kB\n");
    let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"an old line\n").unwrap();
    add("var/log/syslog.2.gz", &packed.finish().unwrap());
    add("var/log/empty.log", b"");
    add("sos_strings/logs/var.log.syslog.tailed", b"the end of a long log\n");
    std::os::unix::fs::symlink("../../sos_strings/logs/var.log.syslog.tailed", root.join("var/log/syslog")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root.join("var/log/elsewhere")).unwrap();
    dir
}

#[tokio::test]
async fn a_sosreport_is_a_capture() {
    for with_manifest in [true, false] {
        let dir = sosreport(with_manifest);
        let root = dir.path().join("sosreport-db1-2026-11-21-abcdefg");
        let capture = Capture::open(&root).unwrap();
        let manifest = capture.manifest();
        assert_eq!((capture.name(), manifest.collected_at.as_deref()), ("db1", Some("2026-11-21T17:55:39+01:00")));
        assert_eq!(manifest.os_release["ID"], "debian");
        assert_eq!(manifest.os_release["VERSION_ID"], "12");
        let lsof = if with_manifest { "lsof -b +M -n -l -c ''" } else { "lsof -b M -n -l -c" };
        let expect = [
            ("blkid -c /dev/null", "/dev/vda: TYPE=\"ext4\"\n"),
            ("date", "Sat 21 Nov 2026 05:55:39 PM CET\n"),
            ("date --utc", "Sat Nov 21 16:55:40 UTC 2026\n"),
            ("hostname", "db1\n"),
            (lsof, "COMMAND PID\n"),
            ("cat /etc/os-release", "NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID='12'\n"),
            ("cat /proc/meminfo", "MemTotal: 1 kB\n"),
            ("cat /var/log/syslog", "the end of a long log\n"),
            ("zcat /var/log/syslog.2.gz", "an old line\n"),
        ];
        assert_eq!(commands(&capture), expect.map(|(command, text)| (command, text.to_owned())));
        let cut: Vec<_> =
            manifest.commands.iter().filter(|entry| entry.truncated).map(|entry| &entry.command).collect();
        assert_eq!(cut, ["cat /var/log/syslog"]);
        assert_eq!(manifest.commands[4].exit_status, Some(i32::from(with_manifest)));

        // As RHEL, Debian and Ubuntu pack it.
        let archive = dir.path().join("report.tar.xz");
        let mut builder = tar::Builder::new(liblzma::write::XzEncoder::new(File::create(&archive).unwrap(), 1));
        builder.follow_symlinks(false);
        builder.append_dir_all("sosreport-db1-2026-11-21-abcdefg", &root).unwrap();
        builder.into_inner().unwrap().finish().unwrap();
        assert_eq!(commands(&unpack(&archive).await.unwrap()), commands(&capture));
    }
}
