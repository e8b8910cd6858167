//! Packages and updates.

use crate::Category::{General, Kernel, Packages, Service};
use crate::{Collector, Cost, Family, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "apt-history",
        categories: &[Packages, General],
        command: "tail -n 60 /var/log/apt/history.log",
        when: &[When::Family(Family::Debian), When::Program("dpkg")],
        value: 7,
        why: "what was installed, upgraded or removed last, by whom: what changed since it worked",
        ..USUAL
    },
    Collector {
        id: "dpkg-log",
        categories: &[Packages],
        command: "tail -n 300 /var/log/dpkg.log",
        when: &[When::Family(Family::Debian), When::Program("dpkg")],
        value: 6,
        why: "every step of every package with its time: half-configured, triggers",
        ..USUAL
    },
    Collector {
        id: "apt-terminal",
        categories: &[Packages],
        command: "tail -n 200 /var/log/apt/term.log",
        when: &[When::Family(Family::Debian), When::Program("dpkg")],
        as_root: true,
        value: 7,
        why: "errors of package scripts during the last updates",
        ..USUAL
    },
    Collector {
        id: "unattended-upgrades",
        categories: &[Packages],
        command: "tail -n 100 /var/log/unattended-upgrades/unattended-upgrades.log",
        when: &[When::Program("unattended-upgrade")],
        as_root: true,
        value: 6,
        why: "what automatic upgrades did, or why they failed",
        ..USUAL
    },
    Collector {
        id: "dpkg-audit",
        categories: &[Packages],
        command: "dpkg --audit",
        value: 8,
        why: "packages that are half installed or not configured",
        ..USUAL
    },
    Collector {
        id: "dpkg-packages",
        categories: &[Packages],
        command: "dpkg -l",
        value: 4,
        max_kib: 512,
        why: "every package with version and state: ii, iF, iU, rc",
        ..USUAL
    },
    Collector {
        id: "apt-held",
        categories: &[Packages],
        command: "apt-mark -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= showhold",
        value: 6,
        why: "packages that are held back",
        ..USUAL
    },
    Collector {
        id: "apt-sources",
        categories: &[Packages],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources \
                  /etc/apt/sources.list.d/ubuntu.sources",
        when: &[When::Family(Family::Debian), When::Program("dpkg")],
        value: 6,
        why: "repositories: a release that was moved or has no support, a mirror that is gone",
        ..USUAL
    },
    Collector {
        id: "apt-directories",
        categories: &[Packages],
        command: "ls -la --full-time /etc/apt/sources.list.d /etc/apt/preferences.d /etc/apt/trusted.gpg.d \
                  /etc/apt/keyrings /var/lib/apt/lists",
        when: &[When::Family(Family::Debian), When::Program("dpkg")],
        value: 4,
        why: "further repositories, pins and keys, and when the lists were loaded last",
        ..USUAL
    },
    // As root apt keeps what it worked out in files, unless these have no name.
    Collector {
        id: "apt-policy",
        categories: &[Packages],
        command: "apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= policy",
        value: 4,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "priorities of repositories",
        ..USUAL
    },
    Collector {
        id: "apt-upgradable",
        categories: &[Packages],
        command: "apt -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= list --upgradable",
        value: 3,
        cost: Cost::Medium,
        timeout_s: 20,
        max_kib: 256,
        why: "upgrades that wait",
        ..USUAL
    },
    Collector {
        id: "package-policy",
        categories: &[Packages],
        command: "apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= policy {package}",
        value: 8,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "installed and candidate version of the package, from which repository",
        ..USUAL
    },
    Collector {
        id: "package-state",
        categories: &[Packages],
        command: "dpkg -s {package}",
        value: 7,
        why: "state, version and dependencies of the package (Debian family)",
        ..USUAL
    },
    Collector {
        id: "package-history",
        categories: &[Packages],
        command: "grep -hs ' {package}:' /var/log/dpkg.log.1 /var/log/dpkg.log",
        when: &[When::Family(Family::Debian), When::Program("dpkg")],
        value: 7,
        why: "when the package was installed or upgraded, from which version",
        ..USUAL
    },
    Collector {
        id: "package-verify",
        categories: &[Packages],
        command: "dpkg -V {package}",
        cost: Cost::Medium,
        timeout_s: 20,
        why: "files of the package that were changed or are gone",
        ..USUAL
    },
    Collector {
        id: "package-managers",
        categories: &[Packages],
        command: "ps -C \
                  apt,apt-get,aptitude,dpkg,unattended-upgr,unattended-upgrade,packagekitd,yum,dnf,rpm,zypper,pacman \
                  -o pid,ppid,user,stat,lstart,args",
        when: &[When::Program("vmstat")],
        value: 7,
        why: "a package manager that still runs and holds the lock: could not get lock",
        ..USUAL
    },
    Collector {
        id: "update-journal",
        categories: &[Packages],
        command: "journalctl -u apt-daily -u apt-daily-upgrade -u unattended-upgrades -u packagekit -u dnf-automatic \
                  -u dnf-makecache -u yum-cron -n 200 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 6,
        timeout_s: 20,
        why: "what automatic updates did, or why they failed",
        ..USUAL
    },
    Collector {
        id: "reboot-required",
        categories: &[Packages, Kernel],
        command: "grep -Hs . /run/reboot-required /run/reboot-required.pkgs",
        when: &[When::Family(Family::Debian)],
        why: "an update that waits for a reboot",
        ..USUAL
    },
    Collector {
        id: "rpm-recent",
        categories: &[Packages, General],
        command: "rpm -qa --last",
        value: 7,
        cost: Cost::Medium,
        timeout_s: 20,
        max_kib: 16,
        why: "what was installed or upgraded last, the newest first: what changed since it worked",
        ..USUAL
    },
    Collector {
        id: "dnf-history",
        categories: &[Packages],
        command: "dnf history list",
        value: 7,
        cost: Cost::Medium,
        timeout_s: 30,
        max_kib: 64,
        why: "transactions of dnf: when, by whom, how many packages",
        ..USUAL
    },
    Collector {
        id: "dnf-last",
        categories: &[Packages],
        command: "dnf history info last",
        value: 6,
        cost: Cost::Medium,
        timeout_s: 30,
        max_kib: 128,
        why: "the last transaction of dnf with every package, and errors of its scripts",
        ..USUAL
    },
    Collector {
        id: "yum-history",
        categories: &[Packages],
        command: "yum history list",
        instead_of: Some("dnf-history"),
        as_root: true,
        value: 7,
        cost: Cost::Medium,
        timeout_s: 30,
        max_kib: 64,
        why: "transactions of yum: when, by whom, how many packages",
        ..USUAL
    },
    Collector {
        id: "dnf-log",
        categories: &[Packages],
        command: "tail -n 300 /var/log/dnf.log",
        when: &[When::Program("dnf")],
        as_root: true,
        value: 6,
        why: "what dnf did: errors of repositories, conflicts",
        ..USUAL
    },
    Collector {
        id: "dnf-rpm-log",
        categories: &[Packages],
        command: "tail -n 200 /var/log/dnf.rpm.log",
        when: &[When::Program("dnf")],
        as_root: true,
        value: 6,
        why: "packages that dnf installed or removed, and what their scripts printed",
        ..USUAL
    },
    Collector {
        id: "yum-log",
        categories: &[Packages],
        command: "tail -n 200 /var/log/yum.log",
        when: &[When::Program("yum"), When::NoProgram("dnf")],
        as_root: true,
        value: 7,
        why: "packages that yum installed, updated or erased, with times",
        ..USUAL
    },
    Collector {
        id: "rpm-settings",
        categories: &[Packages],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/dnf/dnf.conf /etc/yum.conf /etc/dnf/plugins/versionlock.list \
                  /etc/yum/pluginconf.d/versionlock.list",
        when: &[When::Family(Family::Redhat)],
        why: "what updates are told to exclude or to lock",
        ..USUAL
    },
    Collector {
        id: "rpm-repositories",
        categories: &[Packages],
        command: "ls -la --full-time /etc/yum.repos.d /etc/zypp/repos.d",
        when: &[When::Program("rpm")],
        why: "files of repositories, and when they were changed",
        ..USUAL
    },
    Collector {
        id: "dnf-repositories",
        categories: &[Packages],
        command: "dnf repolist",
        cost: Cost::Medium,
        timeout_s: 30,
        why: "repositories that are enabled",
        ..USUAL
    },
    Collector {
        id: "package-rpm",
        categories: &[Packages],
        command: "rpm -qi {package}",
        value: 7,
        why: "version, build and time of installation of the package (RPM)",
        ..USUAL
    },
    Collector {
        id: "needs-restart",
        categories: &[Packages],
        command: "needs-restarting -r",
        cost: Cost::Medium,
        timeout_s: 30,
        why: "whether updates wait for a reboot (RPM)",
        ..USUAL
    },
    Collector {
        id: "services-to-restart",
        categories: &[Packages, Service],
        command: "needs-restarting -s",
        as_root: true,
        value: 6,
        cost: Cost::Medium,
        timeout_s: 30,
        why: "services that still run with libraries from before an update (RPM)",
        ..USUAL
    },
    Collector {
        id: "zypper-log",
        categories: &[Packages],
        command: "tail -n 200 /var/log/zypp/history",
        when: &[When::Program("zypper")],
        as_root: true,
        value: 8,
        why: "packages that zypper installed or removed, with times and what their scripts printed",
        ..USUAL
    },
    Collector {
        id: "zypper-repositories",
        categories: &[Packages],
        command: "zypper --non-interactive repos -d",
        value: 6,
        timeout_s: 30,
        why: "repositories with priority and state",
        ..USUAL
    },
    Collector {
        id: "zypper-locks",
        categories: &[Packages],
        command: "zypper --non-interactive locks",
        timeout_s: 30,
        why: "packages that are locked",
        ..USUAL
    },
    Collector {
        id: "zypper-restart",
        categories: &[Packages, Service],
        command: "zypper --non-interactive ps -s",
        as_root: true,
        value: 6,
        cost: Cost::Medium,
        timeout_s: 30,
        why: "services that still run with files from before an update",
        ..USUAL
    },
    Collector {
        id: "zypper-patches",
        categories: &[Packages],
        command: "zypper --non-interactive --no-refresh patch-check",
        value: 3,
        cost: Cost::Medium,
        timeout_s: 30,
        why: "patches that wait, security ones among them",
        ..USUAL
    },
    Collector {
        id: "apk-world",
        categories: &[Packages],
        command: "grep -Hs . /etc/apk/world /etc/apk/repositories",
        when: &[When::Program("apk")],
        value: 6,
        why: "packages that are asked for, and the repositories they come from (Alpine)",
        ..USUAL
    },
    Collector {
        id: "apk-packages",
        categories: &[Packages],
        command: "apk info -v",
        value: 6,
        max_kib: 256,
        why: "every package with its version (Alpine)",
        ..USUAL
    },
    Collector {
        id: "apk-upgradable",
        categories: &[Packages],
        command: "apk version -v",
        value: 4,
        max_kib: 256,
        why: "packages that are older than in the repositories (Alpine)",
        ..USUAL
    },
    Collector {
        id: "apk-policy",
        categories: &[Packages],
        command: "apk policy {package}",
        value: 7,
        why: "versions of the package, and which repository has them (Alpine)",
        ..USUAL
    },
    Collector {
        id: "pacman-log",
        categories: &[Packages, General],
        command: "tail -n 200 /var/log/pacman.log",
        when: &[When::Program("pacman")],
        value: 7,
        why: "what was installed, upgraded or removed last (Arch)",
        ..USUAL
    },
    Collector {
        id: "pacman-package",
        categories: &[Packages],
        command: "pacman -Qi {package}",
        value: 7,
        why: "version and time of installation of the package (Arch)",
        ..USUAL
    },
    Collector {
        id: "pacman-check",
        categories: &[Packages],
        command: "pacman -Qkq",
        value: 4,
        cost: Cost::Heavy,
        timeout_s: 30,
        max_kib: 64,
        why: "packages with missing files (Arch): a partial upgrade",
        ..USUAL
    },
    Collector {
        id: "new-configuration",
        categories: &[Packages],
        command: "find /etc -xdev '(' -name '*.dpkg-dist' -o -name '*.dpkg-new' -o -name '*.ucf-dist' -o -name \
                  '*.rpmnew' -o -name '*.rpmsave' -o -name '*.pacnew' -o -name '*.apk-new' ')'",
        cost: Cost::Medium,
        why: "configuration of a new version that was not taken over",
        ..USUAL
    },
    Collector {
        id: "snap-changes",
        categories: &[Packages],
        command: "snap changes",
        timeout_s: 10,
        why: "what snapd refreshed last, and whether it failed",
        ..USUAL
    },
    Collector {
        id: "snaps",
        categories: &[Packages],
        command: "snap list",
        value: 3,
        timeout_s: 10,
        why: "snaps that are installed, with version and channel",
        ..USUAL
    },
];
