//! What programs do to a host, of those that tai never runs.

/// A program, the words of which one must be among its arguments (none: whatever they are), and what may happen.
type Row = (&'static str, &'static [&'static str], &'static str);

const SERVICE: &str = "interrupts a service";
const SYSTEMD: &str = "changes what systemd does";
const DELETES: &str = "deletes data";
const DISK: &str = "destroys what a disk holds";
const FILE_SYSTEM: &str = "changes a file system; have a backup";
const DOWN: &str = "takes the host down";
const PROCESSES: &str = "ends processes";
const PACKAGES: &str = "changes packages";
const RIGHTS: &str = "changes who may do what";
const FILES: &str = "changes files";
const KERNEL: &str = "changes what the kernel does";
const NETWORK: &str = "changes the network; may cut your own connection";
const ACCOUNTS: &str = "changes accounts";
const CONTAINERS: &str = "changes or interrupts containers";
const DATABASE: &str = "may change data in a database";
const CLOCK: &str = "changes the clock";
const LOGS: &str = "deletes logs, which are evidence";
const BOOT: &str = "changes how the host boots";

/// The risk of a program with these arguments; `None` where nothing is known.
pub(crate) fn risk(program: &str, arguments: &[String]) -> Option<&'static str> {
    let name = program.rsplit('/').next().unwrap_or(program);
    let is_meant = |(program, among, _): &&Row| {
        let is_program = program.strip_suffix('*').map_or(*program == name, |stem| name.starts_with(stem));
        let has = |word: &&str| {
            arguments.iter().any(|argument| {
                argument == word || word.strip_suffix('*').is_some_and(|stem| argument.starts_with(stem))
            })
        };
        is_program && (among.is_empty() || among.iter().any(|word| has(&word)))
    };
    RISKS.iter().find(is_meant).map(|(.., risk)| *risk)
}

/// Whether a program is one that [`risk`] knows.
pub(crate) fn is_known(program: &str) -> bool {
    RISKS.iter().any(|(name, ..)| name.strip_suffix('*').map_or(*name == program, |stem| program.starts_with(stem)))
}

/// Programs that only show what they read; tai does not run them because they need a terminal, do not end, or can be told to write.
pub(crate) const READERS: &[&str] = &[
    "awk", "cd", "column", "cut", "echo", "grep", "egrep", "zgrep", "head", "htop", "iftop", "iotop", "journalctl", "jq", "less", "man",
    "more", "most", "nl", "ping", "printf", "sed", "sort", "tail", "tcpdump", "test", "top", "tr", "true", "uniq", "watch", "wc", "which", "zcat", "zless",
];

/// What a sentence without a command tells to do, by its first word.
pub(crate) fn risk_of_verb(verb: &str) -> Option<&'static str> {
    Some(match verb.to_lowercase().as_str() {
        "restart" | "stop" | "reload" | "start" => SERVICE,
        "reboot" | "shutdown" => DOWN,
        "kill" | "terminate" => PROCESSES,
        "delete" | "remove" | "truncate" | "purge" | "drop" | "clear" | "wipe" | "format" | "free" => DELETES,
        "install" | "reinstall" | "upgrade" | "update" | "downgrade" | "uninstall" => PACKAGES,
        "edit" | "change" | "set" | "increase" | "decrease" | "raise" | "lower" | "add" | "replace" | "rename" | "move" | "fix" | "correct"
        | "restore" | "rotate" => FILES,
        "disable" | "enable" | "mask" | "unmask" => SYSTEMD,
        _ => return None,
    })
}

/// The first that fits counts.
const RISKS: &[Row] = &[
    ("rm", &[], DELETES),
    ("rmdir", &[], DELETES),
    ("unlink", &[], DELETES),
    ("shred", &[], DELETES),
    ("truncate", &[], DELETES),
    ("find", &["-delete", "-exec", "-execdir", "-ok"], DELETES),
    ("dd", &[], DISK),
    ("mkfs*", &[], DISK),
    ("wipefs", &[], DISK),
    ("fdisk", &[], DISK),
    ("sfdisk", &[], DISK),
    ("gdisk", &[], DISK),
    ("sgdisk", &[], DISK),
    ("parted", &[], DISK),
    ("mkswap", &[], DISK),
    ("blkdiscard", &[], DISK),
    ("hdparm", &[], DISK),
    ("pvremove", &[], DISK),
    ("vgremove", &[], DISK),
    ("lvremove", &[], DISK),
    ("lvreduce", &[], DISK),
    ("pvcreate", &[], DISK),
    ("vgreduce", &[], DISK),
    ("cryptsetup", &[], DISK),
    ("mdadm", &["--detail", "-D", "--examine", "-E"], "reads only"),
    ("mdadm", &[], DISK),
    ("lvextend", &[], FILE_SYSTEM),
    ("lvresize", &[], FILE_SYSTEM),
    ("vgextend", &[], FILE_SYSTEM),
    ("fsck*", &[], FILE_SYSTEM),
    ("e2fsck", &[], FILE_SYSTEM),
    ("xfs_repair", &[], FILE_SYSTEM),
    ("xfs_growfs", &[], FILE_SYSTEM),
    ("resize2fs", &[], FILE_SYSTEM),
    ("tune2fs", &[], FILE_SYSTEM),
    ("btrfs", &[], FILE_SYSTEM),
    ("zpool", &[], FILE_SYSTEM),
    ("zfs", &[], FILE_SYSTEM),
    ("fstrim", &[], FILE_SYSTEM),
    ("reboot", &[], DOWN),
    ("shutdown", &[], DOWN),
    ("poweroff", &[], DOWN),
    ("halt", &[], DOWN),
    ("init", &[], DOWN),
    ("telinit", &[], DOWN),
    ("kexec", &[], DOWN),
    ("kill", &[], PROCESSES),
    ("pkill", &[], PROCESSES),
    ("killall", &[], PROCESSES),
    ("fuser", &["-k", "-km", "-mk"], PROCESSES),
    ("renice", &[], "changes how processes are scheduled"),
    ("systemctl", &["reboot", "poweroff", "halt", "kexec", "suspend", "rescue", "emergency", "isolate", "default"], DOWN),
    ("systemctl", &["stop", "restart", "try-restart", "kill", "reload-or-restart"], SERVICE),
    ("systemctl", &["start", "reload"], "starts or reloads a service"),
    ("systemctl", &[], SYSTEMD),
    ("service", &["status"], "reads only"),
    ("service", &[], SERVICE),
    ("rc-service", &[], SERVICE),
    ("/etc/init.d*", &[], SERVICE),
    ("apachectl", &[], SERVICE),
    ("apache2ctl", &[], SERVICE),
    ("nginx", &["-s"], SERVICE),
    ("supervisorctl", &[], SERVICE),
    ("pg_ctl*", &[], SERVICE),
    ("rc-update", &[], SYSTEMD),
    ("update-rc.d", &[], SYSTEMD),
    ("chkconfig", &[], SYSTEMD),
    ("loginctl", &[], "ends sessions"),
    ("journalctl", &["--vacuum*", "--rotate", "--flush", "--sync"], LOGS),
    ("logrotate", &[], LOGS),
    ("apt", &[], PACKAGES),
    ("apt-get", &[], PACKAGES),
    ("aptitude", &[], PACKAGES),
    ("dpkg", &[], PACKAGES),
    ("dnf", &[], PACKAGES),
    ("yum", &[], PACKAGES),
    ("zypper", &[], PACKAGES),
    ("apk", &[], PACKAGES),
    ("pacman", &[], PACKAGES),
    ("rpm", &[], PACKAGES),
    ("snap", &[], PACKAGES),
    ("flatpak", &[], PACKAGES),
    ("pip*", &[], PACKAGES),
    ("npm", &[], PACKAGES),
    ("gem", &[], PACKAGES),
    ("needrestart", &[], SERVICE),
    ("chmod", &[], RIGHTS),
    ("chown", &[], RIGHTS),
    ("chgrp", &[], RIGHTS),
    ("chattr", &[], RIGHTS),
    ("setfacl", &[], RIGHTS),
    ("setcap", &[], RIGHTS),
    ("restorecon", &[], RIGHTS),
    ("chcon", &[], RIGHTS),
    ("semanage", &[], RIGHTS),
    ("setsebool", &[], RIGHTS),
    ("setenforce", &[], RIGHTS),
    ("semodule", &[], RIGHTS),
    ("audit2allow", &[], RIGHTS),
    ("aa-complain", &[], RIGHTS),
    ("aa-enforce", &[], RIGHTS),
    ("aa-disable", &[], RIGHTS),
    ("apparmor_parser", &[], RIGHTS),
    ("visudo", &[], RIGHTS),
    ("sed", &["-i*", "--in-place*"], FILES),
    ("perl", &[], FILES),
    ("python*", &[], "runs a program of its own"),
    ("bash", &[], "runs a script"),
    ("sh", &[], "runs a script"),
    ("zsh", &[], "runs a script"),
    ("source", &[], "runs a script"),
    ("eval", &[], "runs a script"),
    ("mv", &[], FILES),
    ("cp", &[], FILES),
    ("ln", &[], FILES),
    ("tee", &[], FILES),
    ("touch", &[], FILES),
    ("mkdir", &[], FILES),
    ("install", &[], FILES),
    ("patch", &[], FILES),
    ("rsync", &[], FILES),
    ("scp", &[], FILES),
    ("tar", &[], FILES),
    ("gzip", &[], FILES),
    ("xz", &[], FILES),
    ("unzip", &[], FILES),
    ("vi", &[], FILES),
    ("vim", &[], FILES),
    ("nano", &[], FILES),
    ("emacs", &[], FILES),
    ("ed", &[], FILES),
    ("crontab", &[], FILES),
    ("at", &[], FILES),
    ("git", &[], FILES),
    ("ssh-keygen", &[], FILES),
    ("ssh-copy-id", &[], FILES),
    ("openssl", &["req", "genrsa", "genpkey", "ca"], FILES),
    ("certbot", &[], "asks for certificates and changes files"),
    ("postfix", &[], SERVICE),
    ("postsuper", &[], DELETES),
    ("postqueue", &[], "sends mail"),
    ("exim*", &[], "sends or deletes mail"),
    ("sysctl", &[], KERNEL),
    ("modprobe", &[], KERNEL),
    ("insmod", &[], KERNEL),
    ("rmmod", &[], KERNEL),
    ("swapon", &[], KERNEL),
    ("swapoff", &[], KERNEL),
    ("mount", &[], FILE_SYSTEM),
    ("umount", &[], FILE_SYSTEM),
    ("exportfs", &[], FILE_SYSTEM),
    ("losetup", &[], KERNEL),
    ("dmsetup", &[], KERNEL),
    ("cgset", &[], KERNEL),
    ("prlimit", &[], KERNEL),
    ("ulimit", &[], KERNEL),
    ("dmesg", &["-C", "-c", "--clear"], LOGS),
    ("iptables*", &[], NETWORK),
    ("ip6tables*", &[], NETWORK),
    ("nft", &[], NETWORK),
    ("ufw", &[], NETWORK),
    ("firewall-cmd", &[], NETWORK),
    ("fail2ban-client", &[], NETWORK),
    ("ip", &[], NETWORK),
    ("ifconfig", &[], NETWORK),
    ("ifup", &[], NETWORK),
    ("ifdown", &[], NETWORK),
    ("route", &[], NETWORK),
    ("tc", &[], NETWORK),
    ("ethtool", &[], NETWORK),
    ("nmcli", &[], NETWORK),
    ("netplan", &[], NETWORK),
    ("networkctl", &[], NETWORK),
    ("resolvectl", &[], NETWORK),
    ("hostnamectl", &[], NETWORK),
    ("dhclient", &[], NETWORK),
    ("wg*", &[], NETWORK),
    ("ipset", &[], NETWORK),
    ("conntrack", &[], NETWORK),
    ("useradd", &[], ACCOUNTS),
    ("userdel", &[], ACCOUNTS),
    ("usermod", &[], ACCOUNTS),
    ("adduser", &[], ACCOUNTS),
    ("deluser", &[], ACCOUNTS),
    ("groupadd", &[], ACCOUNTS),
    ("gpasswd", &[], ACCOUNTS),
    ("passwd", &[], ACCOUNTS),
    ("chpasswd", &[], ACCOUNTS),
    ("chage", &[], ACCOUNTS),
    ("faillock", &[], ACCOUNTS),
    ("docker*", &[], CONTAINERS),
    ("podman*", &[], CONTAINERS),
    ("crictl", &[], CONTAINERS),
    ("ctr", &[], CONTAINERS),
    ("nerdctl", &[], CONTAINERS),
    ("kubectl", &[], CONTAINERS),
    ("kubeadm", &[], CONTAINERS),
    ("helm", &[], CONTAINERS),
    ("virsh", &[], "changes or interrupts virtual machines"),
    ("psql", &[], DATABASE),
    ("mysql*", &[], DATABASE),
    ("mariadb*", &[], DATABASE),
    ("redis-cli", &[], DATABASE),
    ("mongo*", &[], DATABASE),
    ("sqlite3", &[], DATABASE),
    ("rabbitmqctl", &[], DATABASE),
    ("vacuumdb", &[], DATABASE),
    ("pg_resetwal", &[], DATABASE),
    ("etcdctl", &[], DATABASE),
    ("ceph", &[], DATABASE),
    ("timedatectl", &[], CLOCK),
    ("date", &[], CLOCK),
    ("hwclock", &[], CLOCK),
    ("ntpdate", &[], CLOCK),
    ("chronyc", &[], CLOCK),
    ("chronyd", &[], CLOCK),
    ("update-grub", &[], BOOT),
    ("grub*", &[], BOOT),
    ("update-initramfs", &[], BOOT),
    ("dracut", &[], BOOT),
    ("curl", &[], "sends a request"),
    ("wget", &[], "downloads a file"),
];
