use tai_runbook::{Finding, Severity};

use crate::cases::findings;

fn check(command: &str, text: &str) {
    let alarms: Vec<Finding> = findings(command, text).into_iter().filter(|f| f.severity > Severity::Info).collect();
    assert_eq!(alarms, [], "{command}");
}

/// What hosts print that work: routine complaints at boot, scanners at the door, an update that failed once.
#[test]
fn a_healthy_host_raises_no_alarm() {
    for command in ["journalctl -n 500 -o short-iso --no-pager", "tail -n 1000 /var/log/syslog", "dmesg --ctime"] {
        check(command, include_str!("healthy.log"));
    }
    check(
        "findmnt -l",
        "/  /dev/vda1 ext4 rw,relatime,errors=remount-ro\n/snap/x /dev/loop0 squashfs ro,nodev,relatime\n",
    );
    check(
        "cat /proc/mounts",
        "/dev/vda1 / ext4 rw,relatime,errors=remount-ro 0 0\n/dev/loop0 /snap/x squashfs ro 0 0\n",
    );
    check(
        "cat /proc/pressure/io",
        "some avg10=3.11 avg60=1.20 avg300=0.50 total=1\nfull avg10=2.11 avg60=0.90 avg300=0.3 total=1\n",
    );
    check(
        "cat /proc/pressure/memory",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    );
    check(
        "lsof -nP +L1",
        "COMMAND PID USER FD TYPE DEVICE SIZE/OFF NLINK NODE NAME\nmariadbd 700 mysql 5u REG 253,1 0 0 1310 /tmp/ibabc (deleted)\nfirewalld 600 root 8u REG 0,1 4096 0 1031 /memfd:libffi (deleted)\n",
    );
    check("systemctl show a.service", "Id=a.service\nResult=success\nNRestarts=0\nExecMainStatus=0\n");
    check(
        "systemctl status a.service --full",
        "● a.service - A\n     Active: active (running) since Mon 2026-05-04 09:12:44 UTC; 5min ago\n   Main PID: 700 (a)\n",
    );
}

#[test]
fn ordinary_facts_raise_no_alarm() {
    for (kind, fields) in [
        ("disk", "mount=/; used_percent=89; available_bytes=100"),
        ("inodes", "mount=/; used_percent=40"),
        ("memory", "available_percent=40; swap_total_bytes=0; swap_free_bytes=0"),
        ("memory", "available_percent=30; swap_total_bytes=100; swap_free_bytes=0"),
        ("unit", "name=systemd-networkd-wait-online.service; active=failed; routine=1"),
        ("unit", "name=nginx.service; active=active; routine=0"),
        ("exit", "unit=motd-news.service; status=1/FAILURE; last_words=no network; current=1; routine=1"),
        ("exit", "unit=nginx.service; status=1/FAILURE; last_words=no network; current=0; routine=0"),
    ] {
        check(&format!("fact {kind}"), fields);
    }
}
