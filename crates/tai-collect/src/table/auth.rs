//! Logins, accounts, SSH, permissions, and what else denies access.

use crate::Category::{Auth, Certificates, Databases, Kernel, Service, Web};
use crate::{Collector, Cost, Family, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "sshd-config",
        categories: &[Auth],
        command: "cat /etc/ssh/sshd_config",
        when: &[When::Program("sshd")],
        as_root: true,
        value: 8,
        why: "who may log in how",
        ..USUAL
    },
    Collector {
        id: "sshd-config-parts",
        categories: &[Auth],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/ssh/sshd_config.d/50-cloud-init.conf \
                  /etc/ssh/sshd_config.d/50-redhat.conf /etc/ssh/sshd_config.d/01-permitrootlogin.conf \
                  /etc/ssh/sshd_config.d/99-custom.conf",
        when: &[When::Program("sshd")],
        as_root: true,
        value: 7,
        why: "parts of the configuration of sshd that win over the main file",
        ..USUAL
    },
    Collector {
        id: "sshd-effective",
        categories: &[Auth],
        command: "sshd -T",
        as_root: true,
        value: 8,
        why: "what sshd does with all its configuration: methods, users, limits, ciphers",
        ..USUAL
    },
    Collector {
        id: "ssh-files",
        categories: &[Auth],
        command: "ls -la /etc/ssh /etc/ssh/sshd_config.d",
        when: &[When::Program("sshd")],
        value: 6,
        why: "host keys that are missing or readable by all, and when the configuration changed",
        ..USUAL
    },
    Collector {
        id: "ssh-journal",
        categories: &[Auth],
        command: "journalctl -t sshd -t sshd-session -n 300 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 9,
        timeout_s: 20,
        why: "why a login by ssh was refused: publickey, not allowed because, too many failures, bad ownership, \
                  locked",
        ..USUAL
    },
    Collector {
        id: "auth-log",
        categories: &[Auth],
        command: "tail -n 500 /var/log/auth.log",
        instead_of: Some("ssh-journal"),
        as_root: true,
        value: 9,
        why: "logins, sudo and PAM where there is no journal (Debian family, Alpine)",
        ..USUAL
    },
    Collector {
        id: "secure-log",
        categories: &[Auth],
        command: "tail -n 500 /var/log/secure",
        instead_of: Some("ssh-journal"),
        as_root: true,
        value: 9,
        why: "logins, sudo and PAM where there is no journal (Red Hat family)",
        ..USUAL
    },
    Collector {
        id: "auth-journal",
        categories: &[Auth],
        command: "journalctl SYSLOG_FACILITY=4 + SYSLOG_FACILITY=10 -n 500 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 8,
        timeout_s: 20,
        why: "every login, sudo, su and PAM failure: account expired, locked, authentication failure",
        ..USUAL
    },
    Collector {
        id: "ssh-sessions",
        categories: &[Auth],
        command: "ss -tn state established sport = :22",
        value: 4,
        why: "how many connections ssh has: MaxStartups, a flood of attempts",
        ..USUAL
    },
    Collector {
        id: "logged-in",
        categories: &[Auth],
        command: "who",
        value: 4,
        why: "who is logged in, and from where",
        ..USUAL
    },
    Collector {
        id: "sessions",
        categories: &[Auth],
        command: "loginctl list-sessions --no-pager",
        when: &[When::Systemd],
        value: 3,
        timeout_s: 10,
        why: "sessions as systemd sees them: closing, abandoned",
        ..USUAL
    },
    Collector {
        id: "last-logins",
        categories: &[Auth],
        command: "last -F -w -n 50",
        when: &[When::Program("lastb")],
        why: "who logged in when, and from where",
        ..USUAL
    },
    Collector {
        id: "failed-logins",
        categories: &[Auth],
        command: "lastb -F -w -n 100",
        as_root: true,
        value: 7,
        why: "logins that failed: which account, from where",
        ..USUAL
    },
    Collector {
        id: "locked-accounts",
        categories: &[Auth],
        command: "faillock",
        as_root: true,
        value: 7,
        why: "accounts that are locked after failed logins",
        ..USUAL
    },
    Collector {
        id: "accounts",
        categories: &[Auth],
        command: "getent passwd",
        why: "accounts with their shell and home: nologin, a home that is missing",
        ..USUAL
    },
    Collector {
        id: "groups",
        categories: &[Auth],
        command: "getent group",
        value: 3,
        why: "who is in which group: sudo, wheel, docker",
        ..USUAL
    },
    Collector {
        id: "account-expiry",
        categories: &[Auth],
        command: "chage -l root",
        as_root: true,
        value: 3,
        why: "whether the password of root has expired, which stops cron and ssh",
        ..USUAL
    },
    Collector {
        id: "no-logins",
        categories: &[Auth],
        command: "find /etc /run -maxdepth 1 -name nologin",
        value: 6,
        why: "a file nologin, which keeps everybody but root out",
        ..USUAL
    },
    Collector {
        id: "pam",
        categories: &[Auth],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/pam.d/sshd /etc/pam.d/login /etc/pam.d/sudo /etc/pam.d/su \
                  /etc/pam.d/common-auth /etc/pam.d/common-account /etc/pam.d/common-session /etc/pam.d/system-auth \
                  /etc/pam.d/password-auth",
        value: 6,
        why: "the modules that a login goes through: access, faillock, sss, limits",
        ..USUAL
    },
    Collector {
        id: "access-settings",
        categories: &[Auth],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/security/access.conf /etc/security/faillock.conf \
                  /etc/security/time.conf /etc/security/pwquality.conf /etc/login.defs",
        why: "who may log in from where, when an account is locked, how passwords must be",
        ..USUAL
    },
    Collector {
        id: "sudo-files",
        categories: &[Auth],
        command: "ls -la /etc/sudoers.d",
        as_root: true,
        value: 4,
        why: "files of sudo with a wrong mode or name, which sudo ignores or refuses",
        ..USUAL
    },
    Collector {
        id: "home-directories",
        categories: &[Auth],
        command: "ls -la /home /root/.ssh",
        why: "owners and modes of homes: ssh refuses keys where they are too open",
        ..USUAL
    },
    Collector {
        id: "path-permissions",
        categories: &[Auth, Web],
        command: "namei -l {path}",
        value: 7,
        why: "which directory on the way to the path denies access: permission denied",
        ..USUAL
    },
    Collector {
        id: "path-acl",
        categories: &[Auth],
        command: "getfacl -p {path}",
        why: "access control lists of the path, which its mode does not show",
        ..USUAL
    },
    Collector {
        id: "path-label",
        categories: &[Auth, Web],
        command: "ls -laZ {path}",
        when: &[When::Program("getenforce")],
        value: 6,
        why: "SELinux labels of the path: a file that was moved keeps the wrong one",
        ..USUAL
    },
    Collector {
        id: "directory-journal",
        categories: &[Auth],
        command: "journalctl -u sssd -u winbind -u winbindd -u nslcd -u nscd -u realmd -u oddjobd -n 200 -o short-iso \
                  --no-pager",
        when: &[When::Systemd],
        value: 7,
        timeout_s: 20,
        why: "directories of users: server offline, cannot contact KDC, clock skew too great",
        ..USUAL
    },
    Collector {
        id: "sssd-log",
        categories: &[Auth],
        command: "tail -n 200 /var/log/sssd/sssd.log",
        when: &[When::Program("sssd")],
        as_root: true,
        value: 6,
        why: "what sssd says: domain offline, backend killed by watchdog",
        ..USUAL
    },
    Collector {
        id: "kerberos-settings",
        categories: &[Auth],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/krb5.conf /etc/realmd.conf /etc/ldap/ldap.conf \
                  /etc/openldap/ldap.conf",
        why: "realms and servers of Kerberos and LDAP",
        ..USUAL
    },
    Collector {
        id: "joined-domains",
        categories: &[Auth],
        command: "realm list",
        timeout_s: 10,
        why: "which domain the host is joined to, and who may log in",
        ..USUAL
    },
    Collector {
        id: "sssd-domains",
        categories: &[Auth],
        command: "sssctl domain-list",
        as_root: true,
        value: 3,
        timeout_s: 10,
        why: "domains that sssd serves",
        ..USUAL
    },
    Collector {
        id: "selinux-mode",
        categories: &[Auth, Service, Web, Databases],
        command: "getenforce",
        value: 6,
        why: "whether SELinux is enforcing",
        ..USUAL
    },
    Collector {
        id: "selinux-status",
        categories: &[Auth],
        command: "sestatus",
        value: 4,
        why: "mode and policy of SELinux, now and after a reboot",
        ..USUAL
    },
    Collector {
        id: "selinux-denials",
        categories: &[Auth, Service, Web, Databases],
        // Without --input-logs it reads standard input wherever that is a pipe, and finds nothing.
        command: "ausearch --input-logs -m AVC,USER_AVC,SELINUX_ERR -ts today -i",
        when: &[When::Program("getenforce")],
        as_root: true,
        value: 8,
        cost: Cost::Medium,
        timeout_s: 20,
        max_kib: 512,
        why: "what SELinux denied today: which program, which file or port, which label",
        ..USUAL
    },
    Collector {
        id: "audit-log",
        categories: &[Auth],
        command: "tail -n 300 /var/log/audit/audit.log",
        when: &[When::Program("auditctl")],
        as_root: true,
        value: 6,
        why: "denials and logins as auditd recorded them",
        ..USUAL
    },
    Collector {
        id: "audit-state",
        categories: &[Auth, Kernel],
        command: "auditctl -s",
        as_root: true,
        value: 3,
        why: "whether auditing lost records or fills its queue, which slows the host",
        ..USUAL
    },
    Collector {
        id: "selinux-ports",
        categories: &[Auth, Web],
        command: "semanage port -l",
        as_root: true,
        value: 4,
        cost: Cost::Medium,
        why: "ports that SELinux lets a service bind to",
        ..USUAL
    },
    Collector {
        id: "selinux-switches",
        categories: &[Auth, Web],
        command: "getsebool -a",
        value: 4,
        why: "switches of SELinux: httpd_can_network_connect and the like",
        ..USUAL
    },
    Collector {
        id: "apparmor-denials",
        categories: &[Auth, Service, Web, Databases],
        command: "journalctl _TRANSPORT=audit + _TRANSPORT=kernel -g 'apparmor=.DENIED' -n 200 -o short-iso --no-pager",
        when: &[When::Systemd, When::Program("systemd-id128"), When::Program("aa-status")],
        value: 7,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "what AppArmor denied: which profile, which file",
        ..USUAL
    },
    Collector {
        id: "apparmor-denials-logs",
        categories: &[Auth, Service, Web, Databases],
        command: "grep -HsE 'apparmor=.DENIED' /var/log/kern.log /var/log/syslog /var/log/audit/audit.log",
        when: &[When::Program("aa-status")],
        instead_of: Some("apparmor-denials"),
        as_root: true,
        value: 7,
        cost: Cost::Medium,
        max_kib: 512,
        why: "what AppArmor denied, in the log files",
        ..USUAL
    },
    Collector {
        id: "apparmor-profiles",
        categories: &[Auth],
        command: "aa-status",
        as_root: true,
        value: 4,
        why: "profiles of AppArmor that are enforced, and for which processes",
        ..USUAL
    },
    Collector {
        id: "crypto-policy",
        categories: &[Auth, Certificates],
        command: "grep -Hs . /etc/crypto-policies/config /etc/crypto-policies/state/current \
                  /proc/sys/crypto/fips_enabled",
        when: &[When::Family(Family::Redhat)],
        value: 6,
        why: "which ciphers and key types the whole host refuses (Red Hat family): no matching host key type",
        ..USUAL
    },
];
