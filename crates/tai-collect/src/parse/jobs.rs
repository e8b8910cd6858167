use super::quantity::{count, iso_time, log_time};
use super::rows::{Fields, Output, Rows};
use super::table::Heading;

/// Reads `systemctl list-timers`: kind `timer`. Times may hold anything, so the columns are cut at the places of the heading.
pub(super) fn timers(output: &Output<'_>, rows: &mut Rows) {
    let mut lines = output.filled_lines().skip_while(|line| !line.text.starts_with("NEXT"));
    let Some(first) = lines.next() else {
        rows.unread += output.filled_lines().filter(|line| !line.text.contains("timers listed")).count();
        return;
    };
    let heading = Heading::new(first.text, 1);
    for line in lines {
        if line.text.contains(" timers listed.") || line.text.starts_with("Pass --all") {
            continue;
        }
        let cells = heading.cells_between(line);
        let (name, activates) = (cells.get(&["UNIT"]), cells.get(&["ACTIVATES"]));
        if !name.ends_with(".timer") {
            rows.unread();
            continue;
        }
        let time = |name: &str| cells.get(&[name]).trim_matches('-').replace("n/a", "");
        let (next, last) = (time("NEXT"), time("LAST"));
        let fields =
            Fields::of("timer").text("name", name).text("activates", activates).text("next", &next).text("last", &last);
        rows.push(line, fields.flag("is_scheduled", !next.is_empty()).flag("has_run", !last.is_empty()));
    }
}

/// Reads `systemctl list-jobs`: kind `job`.
pub(super) fn jobs(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        match words[..] {
            [id, unit, kind, state] if count(id).is_some() => {
                rows.push(line, Fields::of("job").text("unit", unit).text("type", kind).text("state", state));
            }
            ["JOB", ..] | ["No", "jobs", ..] => {}
            [_, "jobs", "listed."] => {}
            _ => rows.unread(),
        }
    }
}

/// Reads `coredumpctl list`: kind `coredump`. `TIME PID UID GID SIG COREFILE EXE [SIZE]`, the time of four words.
pub(super) fn coredumps(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        if words[0] == "TIME" || line.text.starts_with("No coredumps") {
            continue;
        }
        let fields = || {
            let clock = words.iter().position(|word| word.contains(':'))?;
            let pid = words.iter().skip(clock).position(|word| count(word).is_some())? + clock;
            let (time, day) = (words[..pid].join(" "), words.get(clock.checked_sub(1)?)?);
            let seconds = iso_time(&format!("{day}T{}", words[clock])).or_else(|| log_time(&time, output.at));
            let fields = Fields::of("coredump").text("time", &time).number("pid", count(words[pid]));
            let fields = fields
                .text("signal", signal_name(words.get(pid + 3)?))
                .number("age_hours", output.hours_since(seconds));
            let rest = &words[pid + 4..];
            let executable = rest.iter().find(|word| word.starts_with('/')).copied().unwrap_or_default();
            let file = rest.first().filter(|word| !word.starts_with('/')).copied().unwrap_or_default();
            Some(fields.text("file", if file == "*" { "present" } else { file }).text("executable", executable))
        };
        rows.push_or_unread(line, fields());
    }
}

/// Old versions print numbers.
fn signal_name(text: &str) -> &str {
    match text {
        "4" => "SIGILL",
        "5" => "SIGTRAP",
        "6" => "SIGABRT",
        "7" => "SIGBUS",
        "8" => "SIGFPE",
        "11" => "SIGSEGV",
        name => name,
    }
}
