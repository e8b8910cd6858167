use std::sync::LazyLock;

use regex::Regex;

use super::json;
use super::quantity::{count, size};
use super::rows::{Fields, Line, Output, Rows};
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

/// Whether the failure of the unit seldom matters.
pub(super) fn is_routine(unit: &str) -> bool {
    ROUTINE.is_match(unit)
}

/// Reads `systemctl list-units` and `systemctl --failed`, plain and JSON: kind `unit`.
pub(super) fn list(output: &Output<'_>, rows: &mut Rows) {
    if let Some(value) = json::document(output.text) {
        for item in json::items(&value) {
            let text = |name: &str| json::text(item, name);
            let name = text("/unit");
            let line = output.line_with(&format!("\"{name}\""));
            rows.push(
                line,
                states(&name, &text("/load"), &text("/active"), &text("/sub"))
                    .text("description", &text("/description")),
            );
        }
        return;
    }
    for line in output.filled_lines() {
        match parse_unit(line.text) {
            Some(unit) => {
                let fields = states(&unit.name, &unit.load, &unit.active, &unit.sub);
                rows.push(line, fields.text("description", &unit.description));
            }
            None if is_legend(line) => {}
            None => rows.unread(),
        }
    }
}

fn is_legend(line: Line<'_>) -> bool {
    let text = line.text.trim();
    ["UNIT", "LOAD", "ACTIVE", "SUB", "JOB", "To show all", "Legend:", "Pass --all", "Filters"]
        .iter()
        .any(|word| text.starts_with(word))
        || text.contains(" units listed.")
        || text.starts_with(['→', '|', '└', '├'])
}

fn states(name: &str, load: &str, active: &str, sub: &str) -> Fields {
    let fields = Fields::of("unit").text("name", name).flag("routine", is_routine(name));
    fields.text("load", load).text("active", active).text("sub", sub)
}

/// Reads `systemctl status` of one or many units: kind `unit`, a row for each at its first line, and kind `system` for the host's own state at the head of `status` without a
/// unit.
pub(super) fn status(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, Fields)> = None;
    let mut system: Option<(Line<'_>, Fields)> = None;
    for line in output.filled_lines() {
        if let Some((name, description)) = header(line.text) {
            open.take().into_iter().for_each(|(line, fields)| rows.push(line, fields));
            let fields = Fields::of("unit").text("name", name).flag("routine", is_routine(name));
            open = Some((line, fields.text("description", description)));
            continue;
        }
        let Some((key, value)) = line.text.trim_start().split_once(": ") else { continue };
        match (key, &mut open, system.take()) {
            ("State", None, _) => system = Some((line, Fields::of("system").text("state", value))),
            ("Jobs", None, Some((line, fields))) => system = Some((line, fields.number("jobs", first_number(value)))),
            ("Failed", None, Some((line, fields))) => {
                system = Some((line, fields.number("failed_units", first_number(value))));
            }
            (key, Some((_, fields)), known) => {
                system = known;
                let old = std::mem::replace(fields, Fields::of("unit"));
                *fields = status_field(old, key, value);
            }
            (_, None, known) => system = known,
        }
    }
    open.into_iter().chain(system).for_each(|(line, fields)| rows.push(line, fields));
}

/// `● nginx.service - A web server`, with the mark of the state or in old versions without one.
fn header(line: &str) -> Option<(&str, &str)> {
    let is_marked = line.starts_with(['●', '○', '×', '↻', '*', '\u{fffd}']);
    let rest = line.trim_start_matches(['●', '○', '×', '↻', '*', '\u{fffd}', ' ']);
    let (name, description) = rest.split_once(" - ").unwrap_or((rest.trim_end(), ""));
    let kinds = [
        ".service",
        ".socket",
        ".mount",
        ".timer",
        ".target",
        ".path",
        ".slice",
        ".scope",
        ".device",
        ".swap",
        ".automount",
    ];
    let is_unit = !name.contains(char::is_whitespace) && kinds.iter().any(|kind| name.ends_with(kind));
    (is_unit && (is_marked || !line.starts_with(' '))).then_some((name, description))
}

fn status_field(fields: Fields, key: &str, value: &str) -> Fields {
    match key {
        "Loaded" => {
            let inner = value.split_once('(').map_or("", |(_, inner)| inner);
            let enabled = inner.split([';', ')']).nth(1).unwrap_or_default();
            fields.text("load", value.split_whitespace().next().unwrap_or_default()).text("enabled", enabled)
        }
        // `failed (Result: exit-code) since …`, `activating (auto-restart) (Result: exit-code) since …`, `active (running) since …`
        "Active" => {
            let active = value.split_whitespace().next().unwrap_or_default();
            let groups: Vec<&str> = value.split('(').skip(1).filter_map(|part| Some(part.split_once(')')?.0)).collect();
            let result = groups.iter().find_map(|group| group.strip_prefix("Result: "));
            let sub = groups.iter().find(|group| !group.contains(' ')).copied();
            let sub = sub.or((active == "failed").then_some("failed"));
            fields
                .text("active", active)
                .text("sub", sub.unwrap_or_default())
                .text("result", result.unwrap_or_default())
        }
        // `Process: 1 ExecStart=/x (code=exited, status=1/FAILURE)`; that of the main process comes last.
        "Process" | "Main PID" => {
            let code = value.split_once("code=").map(|(_, rest)| rest.split([',', ')']).next().unwrap_or_default());
            let status = value
                .split_once("status=")
                .map(|(_, rest)| rest.split(['/', ')', ' ', ',']).next().unwrap_or_default());
            let fields =
                fields.text("exit_code", code.unwrap_or_default()).number("exit_status", status.and_then(count));
            let is_main = key == "Main PID" && code.is_none();
            fields.number("main_pid", is_main.then(|| first_number(value)).flatten())
        }
        "Tasks" => {
            let limit = value.split_once("limit: ").and_then(|(_, rest)| count(rest.split(')').next()?));
            let tasks = first_number(value);
            fields.number("tasks", tasks).number("tasks_max", limit).share("tasks_percent", tasks, limit)
        }
        "Memory" => {
            let bytes = value.split_whitespace().next().and_then(size);
            let limit = value.split_once("(max: ").or_else(|| value.split_once("(limit: "));
            let limit = limit.and_then(|(_, rest)| size(rest.split([')', ' ']).next()?));
            fields.number("memory_bytes", bytes).number("memory_max_bytes", limit).share("memory_percent", bytes, limit)
        }
        "Warning" => fields.flag("needs_reload", value.contains("changed on disk").then_some(true)),
        _ => fields,
    }
}

fn first_number(text: &str) -> Option<f64> {
    text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty()).and_then(count)
}

/// Reads `systemctl show`: kind `unit`, a row for each block of properties. A block without a name belongs to the unit that the command asks for.
pub(super) fn show(output: &Output<'_>, rows: &mut Rows) {
    let mut names = output.operands().skip(1).filter(|word| word.contains('.') || !word.contains('='));
    let mut block: Vec<(Line<'_>, &str, &str)> = Vec::new();
    let end = Line { number: 0, text: "" };
    for line in output.lines().chain([end]) {
        match line.text.split_once('=') {
            Some((key, value)) => block.push((line, key, value)),
            None if line.text.is_empty() && !block.is_empty() => {
                show_block(&std::mem::take(&mut block), names.next(), rows);
            }
            // The second line of a value, such as a script.
            None => {}
        }
    }
}

fn show_block(block: &[(Line<'_>, &str, &str)], name: Option<&str>, rows: &mut Rows) {
    let get = |key: &str| block.iter().find(|(_, known, _)| *known == key).map_or("", |(_, _, value)| *value);
    // A number of all ones is how systemd says that there is no limit or no value.
    let amount = |key: &str| count(get(key)).filter(|n| *n < 1.8e19);
    let name = match (get("Id"), name) {
        ("", None) => return,
        ("", Some(name)) => name,
        (id, _) => id,
    };
    let shown = ["Result", "ActiveState", "ExecMainStatus", "NRestarts", "Id"];
    let line = shown.iter().find_map(|key| block.iter().find(|(_, known, _)| known == key)).or(block.first());
    let Some((line, _, _)) = line else { return };
    let code = match get("ExecMainCode") {
        "1" | "exited" => "exited",
        "2" | "killed" => "killed",
        "3" | "dumped" => "dumped",
        _ => "",
    };
    let (memory, memory_max) = (amount("MemoryCurrent"), amount("MemoryMax").or_else(|| amount("MemoryLimit")));
    let (tasks, tasks_max) = (amount("TasksCurrent"), amount("TasksMax"));
    let fields = states(name, get("LoadState"), get("ActiveState"), get("SubState"))
        .text("description", get("Description"))
        .text("result", get("Result"))
        .text("exit_code", code)
        .number("exit_status", amount("ExecMainStatus"))
        .number("restarts", amount("NRestarts"))
        .text("enabled", get("UnitFileState"))
        .text("protect_system", Some(get("ProtectSystem")).filter(|value| *value != "no").unwrap_or_default())
        .number("main_pid", amount("MainPID"))
        .number("memory_bytes", memory)
        .number("memory_max_bytes", memory_max)
        .share("memory_percent", memory, memory_max)
        .number("tasks", tasks)
        .number("tasks_max", tasks_max)
        .share("tasks_percent", tasks, tasks_max);
    rows.push(
        *line,
        fields.flag("needs_reload", Some(get("NeedDaemonReload")).filter(|v| !v.is_empty()).map(|v| v == "yes")),
    );
}

/// Reads `systemctl is-active`, one state for each unit of the command: kind `unit`.
pub(super) fn is_active(output: &Output<'_>, rows: &mut Rows) {
    for (line, name) in output.filled_lines().zip(output.operands().skip(1)) {
        let fields = Fields::of("unit").text("name", name).flag("routine", is_routine(name));
        rows.push(line, fields.text("active", line.text));
    }
}

/// Reads `systemctl is-system-running`: kind `system`.
pub(super) fn is_system_running(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines().take(1) {
        rows.push(line, Fields::of("system").text("state", line.text));
    }
}

/// Reads `rc-status` of `OpenRC`: ` sshd   [  started  ]`. Kind `unit`.
pub(super) fn rc_status(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let Some((name, state)) = line.text.split_once('[') else {
            if !line.text.contains("unlevel:") && !line.text.starts_with("Dynamic") {
                rows.unread();
            }
            continue;
        };
        let state = state.split([']', ' ']).find(|word| !word.is_empty()).unwrap_or_default();
        let active = match state {
            "started" => "active",
            "crashed" => "failed",
            "starting" => "activating",
            "stopping" => "deactivating",
            _ => "inactive",
        };
        let fields = Fields::of("unit").text("name", name).flag("routine", false);
        rows.push(line, fields.text("active", active).text("sub", state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::testing::check;

    #[test]
    fn a_row_for_each_unit() {
        let text = "  UNIT          LOAD   ACTIVE SUB    DESCRIPTION\n● nginx.service loaded failed failed A web server\n\n1 loaded units listed.\n";
        check(
            "systemctl --failed",
            text,
            "unit",
            "name active description routine",
            &["2: nginx.service failed A web server 0"],
            0,
        );
    }

    #[test]
    fn what_fails_everywhere_is_routine() {
        let check = |unit: &str, expect: bool| assert_eq!(is_routine(unit), expect, "{unit}");
        check("systemd-networkd-wait-online.service", true);
        check("getty@tty1.service", true);
        check("motd-news.service", true);
        check("nginx.service", false);
        check("my-motd-news.service", false);
        check("cloud.service", false);
    }
}
