use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Reading, Value};
use crate::facts::parse_unit;

/// Units that fail on hosts where all is well: in containers, in virtual machines, without a network at boot, for want of hardware.
static ROUTINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(
        NetworkManager-wait-online | systemd-networkd-wait-online | systemd-modules-load | systemd-remount-fs |
        systemd-sysctl | systemd-udev[a-z-]* | systemd-binfmt | systemd-journald-audit | systemd-hwdb-update |
        systemd-vconsole-setup | systemd-update-utmp | systemd-tmpfiles-[a-z-]+ | apt-daily | apt-daily-upgrade |
        apt-news | esm-cache | motd-news | man-db | dnf-makecache | fwupd[a-z-]* | packagekit[a-z-]* | e2scrub[a-z_-]* |
        kdump | kdump-tools | mcelog | rngd? | rng-tools[a-z-]* | lm[_-]sensors | smartd | smartmontools | auditd |
        cloud-[a-z-]+ | ua-[a-z-]+ | ubuntu-advantage | getty@[^.]* | serial-getty@[^.]* | console-getty |
        container-getty@[^.]* | user@[0-9]+ | dev-hugepages | dev-mqueue | sys-[a-z-]+ | proc-sys-fs-binfmt_misc |
        run-[a-zA-Z0-9-]+ | session-[0-9]+
        )[.]",
    )
    .expect("a valid pattern")
});

/// 1 for a unit whose failure seldom matters, else 0.
pub(super) fn routine(unit: &str) -> Value {
    Value::Number(if ROUTINE.is_match(unit) { 1.0 } else { 0.0 })
}

/// Reads `systemctl list-units --failed`: `name`, `load`, `active`, `sub`, `description`, `routine` (1 for a unit whose failure seldom matters).
pub(super) fn failed(command: &str, text: &str) -> Vec<Reading> {
    let rows = text.lines().enumerate().filter_map(|(i, line)| Some((i, line, parse_unit(line)?)));
    rows.map(|(i, line, unit)| {
        let routine = routine(&unit.name);
        let fields = [
            ("name", unit.name),
            ("load", unit.load),
            ("active", unit.active),
            ("sub", unit.sub),
            ("description", unit.description),
        ];
        let fields = fields.into_iter().map(|(name, text)| (name, Value::Text(text)));
        let fields: BTreeMap<_, _> = fields.chain([("routine", routine)]).collect();
        Reading { kind: "unit", fields, command: command.to_owned(), line: i + 1, text: line.to_owned() }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_each_unit() {
        let text = "  UNIT          LOAD   ACTIVE SUB    DESCRIPTION\n● nginx.service loaded failed failed A web server\n\n1 loaded units listed.\n";
        let found = failed("systemctl --failed", text);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].text_of("name"), found[0].text_of("description"), found[0].line),
            ("nginx.service", "A web server", 2)
        );
        assert_eq!(found[0].number_of("routine"), Some(0.0));
    }

    #[test]
    fn what_fails_everywhere_is_routine() {
        let check = |unit: &str, expect: f64| assert_eq!(routine(unit), Value::Number(expect), "{unit}");
        check("systemd-networkd-wait-online.service", 1.0);
        check("getty@tty1.service", 1.0);
        check("motd-news.service", 1.0);
        check("nginx.service", 0.0);
        check("my-motd-news.service", 0.0);
        check("cloud.service", 0.0);
    }
}
