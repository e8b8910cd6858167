//! Which trees may be walked: those that hold no secrets when their content is read, and those that are not the whole host.

use crate::policy::denied::{Denied, Rule, shown};
use crate::policy::path::{self, Access};
use crate::policy::scan::Call;

/// Trees whose files are logs or plain settings, below the root.
const PLAIN: &[&[&str]] = &[
    &["var", "log"],
    &["etc", "systemd"],
    &["usr", "lib", "systemd"],
    &["lib", "systemd"],
    &["etc", "sysctl.d"],
    &["etc", "modprobe.d"],
    &["etc", "udev"],
    &["etc", "logrotate.d"],
    &["etc", "rsyslog.d"],
    &["etc", "cron.d"],
    &["etc", "cron.daily"],
    &["etc", "cron.hourly"],
    &["etc", "cron.weekly"],
    &["etc", "cron.monthly"],
    &["etc", "security", "limits.d"],
    &["etc", "pam.d"],
    &["etc", "profile.d"],
    &["etc", "apt", "sources.list.d"],
    &["etc", "yum.repos.d"],
    &["etc", "audit"],
    &["etc", "nginx", "sites-enabled"],
    &["etc", "nginx", "sites-available"],
    &["etc", "nginx", "conf.d"],
    &["etc", "apache2", "sites-enabled"],
    &["etc", "apache2", "sites-available"],
    &["etc", "apache2", "conf-enabled"],
    &["etc", "apache2", "mods-enabled"],
    &["etc", "httpd", "conf"],
    &["etc", "httpd", "conf.d"],
    &["etc", "httpd", "conf.modules.d"],
];

/// Directories of `/etc` where keys lie beside settings: their settings may be read, named by their endings.
const WITH_SETTINGS: &str =
    "nginx apache2 httpd php php.d php-fpm.d haproxy default sysconfig ssh chrony tuned apt dnf yum fail2ban";
const SETTINGS: &str = "conf cfg ini list repo sources rules service timer socket path target mount vhost";
const LOGS: &str = "log out err";

/// For `grep -r`.
pub(super) fn plain_trees(call: &Call<'_>) -> Result<(), Denied> {
    if !call.has("-r --recursive") {
        return Ok(());
    }
    let files = if call.has("-e --regexp") { &call.operands[..] } else { call.operands.get(1..).unwrap_or_default() };
    let includes: Vec<&str> =
        call.flags.iter().filter(|(name, _)| *name == "--include").filter_map(|(_, value)| *value).collect();
    files.iter().try_for_each(|file| {
        path::check(file, Access::Read)?;
        let parts = parts(file);
        if is_plain(&parts) || is_included(&parts, &includes) {
            return Ok(());
        }
        Err(Denied::new(
            Rule::Flag,
            format!(
                "`-r` in {} is not allowed: it reads the secrets of a tree along with the rest; walk /var/log, a directory of plain \
                 settings, or add --include='*.conf' or --include='*.log' (find names the files)",
                shown(file)
            ),
        ))
    })
}

/// For `ls -R`: a directory below one of the root's, so that it ends soon.
pub(super) fn deep(call: &Call<'_>) -> Result<(), Denied> {
    if !call.has("-R --recursive") {
        return Ok(());
    }
    let is_deep = |path: &&str| {
        let parts = parts(path);
        parts.len() >= 2 && !matches!(parts[0], "proc" | "sys" | "dev")
    };
    if !call.operands.is_empty() && call.operands.iter().all(is_deep) {
        return Ok(());
    }
    Err(Denied::new(
        Rule::Flag,
        "`-R` of ls walks a tree without a limit: name a directory such as /etc/nginx, or use du -d",
    ))
}

/// For `lsof +D`: not the root, and not what the kernel makes up.
pub(super) fn not_the_root(call: &Call<'_>) -> Result<(), Denied> {
    let trees = call.flags.iter().filter(|(name, _)| matches!(*name, "+D" | "+d")).filter_map(|(_, value)| *value);
    for tree in trees {
        if matches!(parts(tree)[..], [] | ["proc" | "sys" | "dev", ..]) {
            return Err(Denied::new(
                Rule::Value,
                format!("{} is too much for lsof to walk: name a directory in it", shown(tree)),
            ));
        }
    }
    Ok(())
}

fn is_plain(parts: &[&str]) -> bool {
    PLAIN.iter().any(|tree| parts.starts_with(tree))
}

/// grep takes the endings of the last name only, and with `--include` alone nothing else.
fn is_included(parts: &[&str], includes: &[&str]) -> bool {
    let among = |endings: &str| {
        let known = |include: &&str| {
            include.strip_prefix("*.").is_some_and(|ending| endings.split(' ').any(|known| known == ending))
        };
        !includes.is_empty() && includes.iter().all(known)
    };
    match parts {
        [] | ["proc" | "sys" | "dev" | "run", ..] => false,
        ["etc", directory, ..] if WITH_SETTINGS.split(' ').any(|known| known == *directory) => {
            among(&format!("{SETTINGS} {LOGS}"))
        }
        ["etc", ..] => false,
        _ => among(LOGS),
    }
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !matches!(*part, "" | ".")).collect()
}
