//! What may run: one block per program, as data. `flags`, `verbs` and `operands` name what is allowed; `refused` only words a
//! better reason for what is denied anyway. Sources: the manual pages and sources of coreutils 9, util-linux 2.39, procps 4,
//! systemd 254, iproute2 6, net-tools 2, lsof 4.95, smartmontools 7, nginx 1.24, sysstat 12, findutils 4.9, gzip 1.12, bind 9.18,
//! iptables 1.8, nftables 1.0, LVM 2.03, mdadm 4.2, nvme-cli 2, audit 3, chrony 4, dpkg 1.21, apt 2.6, rpm 4.18; for docker, podman,
//! crictl, kubectl, dnf, zypper, apk, pacman and ZFS what their documentation says. Where a doubt was left, it is denied.

mod cluster;
mod containers;
mod diagnosis;
mod disk;
mod files;
mod firewall;
mod hardware;
mod kernel;
mod kubernetes;
mod network;
mod packages;
mod process;
mod recursion;
mod sampling;
mod security;
mod servers;
mod services;
mod storage;
mod systemd;
mod time;
mod users;

use super::program::{Program, Refused};

/// Every program, by name.
pub(super) fn programs() -> Vec<Program> {
    let mut programs = [
        cluster::PROGRAMS,
        containers::PROGRAMS,
        diagnosis::PROGRAMS,
        disk::PROGRAMS,
        files::PROGRAMS,
        firewall::PROGRAMS,
        hardware::PROGRAMS,
        kernel::PROGRAMS,
        kubernetes::PROGRAMS,
        network::PROGRAMS,
        packages::PROGRAMS,
        process::PROGRAMS,
        sampling::PROGRAMS,
        security::PROGRAMS,
        servers::PROGRAMS,
        services::PROGRAMS,
        storage::PROGRAMS,
        systemd::PROGRAMS,
        time::PROGRAMS,
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
        "less more most pg view vi vim nvim nano emacs pico man info htop atop",
        "it waits for a person; use cat, head, tail or ps",
    ),
    (
        "rm mv cp ln dd tee touch mkdir rmdir chmod chown chgrp truncate shred install mkfs mkswap fsck umount swapoff kill killall \
         pkill reboot shutdown halt poweroff init telinit service modprobe insmod rmmod useradd userdel usermod passwd at \
         apt-get logger fallocate wipefs chattr setfacl",
        "it changes the host, or can; tai only reads",
    ),
    (
        "curl wget nc ncat netcat socat telnet ssh scp sftp rsync ftp tftp mail sendmail nmap",
        "it sends data elsewhere; ask ss, ip, getent and dig about the network",
    ),
    ("echo printf true false test yes sleep wait", "it says nothing about the host"),
];

/// Programs that a site file cannot add, besides those above.
pub(super) const NEVER: &[Refused] = &[
    (
        "run0 sudoedit visudo su-exec gosu setarch linux64 linux32 entr at batch screen tmux ssh-agent dbus-run-session fakeroot \
         proot bwrap firejail runc crun ctr nerdctl buildah lxc lxc-attach lxc-execute machinectl start-stop-daemon daemonize runit chpst \
         unbuffer rlwrap socat ssh-copy-id sshpass ansible salt puppet mosh parallel-ssh pssh pdsh clush kexec",
        "it starts other programs, or leads to another host",
    ),
    (
        "sh rbash busybox toybox elvish nu xonsh mksh oksh rc powershell irb ipython pypy jython groovy java javac jshell scala kotlin \
         erl elixir iex ocaml ghci guile racket sbcl clisp emacsclient julia octave R Rscript tcl wish m4 gcc cc clang ld as go rustc cargo \
         gdb lldb bpftrace stap perf sqlite sqlite3 psql mysql mariadb mongo mongosh jq yq xmllint xsltproc dc bc units column",
        "it interprets a program of its own",
    ),
    (
        "vimdiff rvim rview view ex ed red joe jed mcedit mc micro helix hx kak gvim gedit sensible-editor editor sensible-pager pager",
        "it waits for a person",
    ),
    (
        "tar cpio zip unzip gzip gunzip bzip2 xz zstd 7z ar split csplit sort uniq shred sync rename patch git svn hg tcpdump tshark \
         dumpcap ftp lftp rclone aws gcloud az helm terraform openvpn wg ip6tables-restore iptables-restore nft-restore modprobe \
         ldconfig ldd update-alternatives systemd-tmpfiles systemd-sysusers sysctl-write setsebool restorecon chcon setenforce",
        "it writes, loads code, or sends data",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::program::{Flags, Program, Syntax};

    fn names(flags: &'static [Flags]) -> impl Iterator<Item = &'static str> {
        flags.iter().flat_map(|flags| flags.names.split_whitespace())
    }

    fn every_flag(program: &Program) -> Vec<&'static str> {
        names(program.flags).chain(program.verbs.iter().flat_map(|verb| names(verb.flags))).collect()
    }

    #[test]
    fn every_program_and_every_flag_is_there_once() {
        let programs = programs();
        for pair in programs.windows(2) {
            assert_ne!(pair[0].name, pair[1].name);
        }
        for program in &programs {
            let mut own: Vec<_> = names(program.flags).collect();
            own.sort_unstable();
            assert!(own.windows(2).all(|pair| pair[0] != pair[1]), "{}: {own:?}", program.name);
        }
    }

    #[test]
    fn flags_are_written_as_the_syntax_reads_them() {
        for program in programs().iter().filter(|program| program.syntax == Syntax::Gnu) {
            for flag in every_flag(program) {
                let short = flag.len() == 2 && flag.starts_with('-');
                let written = short || flag.starts_with("--") || flag.starts_with('+') || flag == "-NUM";
                assert!(written, "{} {flag}", program.name);
            }
        }
    }

    #[test]
    fn nothing_that_is_refused_is_allowed() {
        for program in programs() {
            let words =
                program.verbs.iter().flat_map(|verb| verb.words.split(' ').take(1)).flat_map(|word| word.split('|'));
            let alone: Vec<_> =
                program.verbs.iter().filter(|verb| !verb.words.contains(' ')).map(|verb| verb.words).collect();
            let own: Vec<_> = names(program.flags).chain(words.filter(|word| alone.contains(word))).collect();
            for (refused, _) in program.refused {
                for word in refused.split_whitespace() {
                    assert!(!own.contains(&word), "{} {word}", program.name);
                }
            }
        }
    }

    /// The flags of a verb are looked up while the words are read, when the end of a longer verb is not yet known.
    #[test]
    fn a_verb_with_flags_of_its_own_begins_no_other() {
        for program in programs() {
            for verb in program.verbs.iter().filter(|verb| !verb.flags.is_empty()) {
                let first: Vec<&str> = verb.words.split(' ').map(|level| level.split('|').next().unwrap()).collect();
                let alike = program.verbs.iter().filter(|other| {
                    let levels: Vec<&str> = other.words.split(' ').collect();
                    levels.len() > first.len()
                        && first.iter().zip(&levels).all(|(word, level)| level.split('|').any(|known| known == *word))
                });
                assert_eq!(alike.count(), 0, "{} {}", program.name, verb.words);
            }
        }
    }

    #[test]
    fn nothing_that_is_unlisted_is_listed() {
        for program in programs() {
            for (names, _) in UNLISTED.iter().chain(NEVER) {
                assert!(!names.split_whitespace().any(|name| name == program.name), "{}", program.name);
            }
        }
    }
}
