//! sosreports of Red Hat, as a directory and as the archive that is sent around.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use tai_collect::{Background, Family, Report, Scope, Ticket, collect};
use tai_ssh::{Policy, ReplayHost};

const NAME: &str = "sosreport-web7-2018-09-21-abcdefg";

/// Files of a report as sos 3 names them on RHEL 7; the names are those of `sos_archive` in RedHatInsights/insights-core (Apache-2.0).
fn red_hat(root: &Path) {
    let journal = "-- Logs begin at Fri 2018-09-21 06:00:00 UTC, end at Fri 2018-09-21 08:12:00 UTC. --\n\
        Sep 21 08:11:58 web7 httpd[812]: AH00112: Warning: DocumentRoot [/srv/www] does not exist\n";
    let files = [
        ("sos_commands/general/hostname", "web7\n"),
        ("sos_commands/general/date", "Fri Sep 21 08:12:01 UTC 2018\n"),
        (
            "etc/os-release",
            "NAME=\"Red Hat Enterprise Linux Server\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"7.5\"\n",
        ),
        (
            "sos_commands/filesys/df_-al",
            "Filesystem 1K-blocks     Used Available Use% Mounted on\n/dev/vda1   20960256 20960000       256 100% /\n",
        ),
        ("sos_commands/logs/journalctl_--no-pager_--boot", journal),
        (
            "var/log/messages",
            "Sep 21 08:11:59 web7 kernel: Killed process 812 (httpd) total-vm:2500000kB, anon-rss:1900000kB, file-rss:0kB, shmem-rss:0kB\n",
        ),
        (
            "proc/swaps",
            "Filename\tType\t\tSize\tUsed\tPriority\n/dev/dm-1                               partition\t2097148\t2097148\t-2\n",
        ),
    ];
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    // Of a long log the end is kept elsewhere, and a link leads there.
    fs::create_dir_all(root.join("sos_strings/logs")).unwrap();
    fs::write(
        root.join("sos_strings/logs/var.log.secure.tailed"),
        "Sep 21 08:11:57 web7 sshd[901]: Connection closed\n",
    )
    .unwrap();
    std::os::unix::fs::symlink("../../sos_strings/logs/var.log.secure.tailed", root.join("var/log/secure")).unwrap();
}

async fn report(host: &ReplayHost) -> Report {
    let manifest = host.capture().manifest().clone();
    let background = Background { collected_at: manifest.collected_at, os_release: manifest.os_release };
    let ticket = Ticket::parse("the web server is slow");
    collect(host, &Policy::builtin(), ticket, background, &Scope::default(), None, &|_| {}).await.unwrap()
}

#[tokio::test]
async fn a_sosreport_of_red_hat_is_read_as_that_host() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join(NAME);
    red_hat(&root);
    let report = report(&ReplayHost::open(&root).unwrap()).await;
    assert_eq!((report.host.as_str(), report.collected_at.as_deref()), ("web7", Some("2018-09-21T08:12:01Z")));
    assert_eq!(report.facts.family(), Some(Family::Redhat));
    let commands: Vec<_> = report.evidence().map(|collected| collected.command.as_str()).collect();
    for command in
        ["df -al", "journalctl --no-pager --boot", "cat /var/log/messages", "cat /var/log/secure", "cat /proc/swaps"]
    {
        assert!(commands.contains(&command), "{command} is not among {commands:?}");
    }
    let kinds: BTreeSet<_> = report.readings.iter().map(|reading| reading.kind).collect();
    for kind in ["disk", "kernel_event", "log", "swap"] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
}

#[tokio::test]
async fn its_tar_xz_gives_the_same_report() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join(NAME);
    red_hat(&root);
    // As `sos report` packs it: all below one folder, named without its time in the archive of RHEL 7.
    let archive = dir.path().join("sosreport-web7-2018-09-21-abcdefg.tar.xz");
    let mut builder = tar::Builder::new(liblzma::write::XzEncoder::new(File::create(&archive).unwrap(), 1));
    builder.follow_symlinks(false);
    builder.append_dir_all(NAME, &root).unwrap();
    builder.into_inner().unwrap().finish().unwrap();
    let unpacked = ReplayHost::unpack(&archive, Path::new(env!("CARGO_TARGET_TMPDIR")), &|_| {}).await.unwrap();
    let (packed, open) = (report(&unpacked).await, report(&ReplayHost::open(&root).unwrap()).await);
    let essence = |report: &Report| {
        let outputs = report.collected.iter().map(|c| (c.command.clone(), c.text.clone(), c.ending.clone()));
        (report.host.clone(), report.facts.clone(), outputs.collect::<Vec<_>>(), report.gaps())
    };
    assert_eq!(essence(&packed), essence(&open));
    assert!(packed.evidence().any(|c| c.command == "cat /var/log/secure" && c.text.contains("Connection closed")));
}
