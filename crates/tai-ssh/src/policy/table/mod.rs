//! What may run: one block per program, as data. `flags`, `verbs` and `operands` name what is allowed; `refused` only words a
//! better reason for what is denied anyway. Sources: the manual pages and sources of coreutils 9, util-linux 2.39, procps 4,
//! systemd 254, iproute2 6, net-tools 2, lsof 4.95, smartmontools 7, nginx 1.24.

mod disk;
mod files;
mod kernel;
mod network;
mod process;
mod servers;
mod systemd;
mod users;

use super::program::{Program, Refused};

/// Every program, by name.
pub(super) fn programs() -> Vec<Program> {
    let mut programs = [
        disk::PROGRAMS,
        files::PROGRAMS,
        kernel::PROGRAMS,
        network::PROGRAMS,
        process::PROGRAMS,
        servers::PROGRAMS,
        systemd::PROGRAMS,
        users::PROGRAMS,
    ]
    .concat();
    programs.sort_by_key(|program| program.name);
    programs
}

/// Reasons for programs that are denied by not being in the table, where there is more to say than that.
pub(super) const UNLISTED: &[Refused] = &[
    (
        "sudo su doas pkexec runuser setpriv env nice ionice timeout xargs nohup setsid stdbuf time watch chroot unshare nsenter \
         exec eval command builtin parallel strace ltrace gdb script flock taskset chrt systemd-run busybox toybox",
        "it starts other programs; give the program itself (tai adds its own time limit, and sudo when asked to)",
    ),
    (
        "sh bash dash ash zsh ksh csh tcsh fish python python2 python3 perl ruby lua node php awk gawk mawk nawk sed ed tclsh expect \
         osascript pwsh make bc dc jq",
        "it interprets a program of its own; tai takes whole output, so ask the source of it (cat, grep, journalctl -g)",
    ),
    (
        "less more most pg view vi vim nvim nano emacs pico man info top htop atop",
        "it waits for a person; use cat, head, tail or ps",
    ),
    (
        "rm mv cp ln dd tee touch mkdir rmdir chmod chown chgrp truncate shred install mkfs mkswap fsck umount swapoff kill killall \
         pkill reboot shutdown halt poweroff init telinit service modprobe insmod rmmod useradd userdel usermod passwd crontab at apt \
         apt-get dpkg yum dnf rpm snap logger fallocate wipefs parted fdisk chattr setfacl",
        "it changes the host, or can; tai only reads",
    ),
    (
        "curl wget nc ncat netcat socat telnet ssh scp sftp rsync ftp tftp mail sendmail nslookup nmap",
        "it sends data elsewhere; ask ss, ip and getent about the network",
    ),
    ("echo printf true false test yes sleep wait", "it says nothing about the host"),
];
