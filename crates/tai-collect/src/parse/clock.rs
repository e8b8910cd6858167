use super::quantity::{count, number, seconds};
use super::rows::{Fields, Line, Output, Rows};

/// Reads timedatectl of every version, `timedatectl show`, and `timedatectl timesync-status`: kind `clock`, one row.
pub(super) fn timedatectl(output: &Output<'_>, rows: &mut Rows) {
    let mut first = None;
    let mut fields = Fields::of("clock").text("tool", "timedatectl");
    for line in output.filled_lines() {
        let Some((key, value)) = line.text.split_once(": ").or_else(|| line.text.split_once('=')) else { continue };
        let (key, value) = (key.trim(), value.trim());
        let yes = matches!(value, "yes" | "active");
        fields = match key {
            "System clock synchronized" | "NTP synchronized" | "NTPSynchronized" => {
                first = Some(line);
                fields.flag("synchronized", yes)
            }
            "NTP service" | "Network time on" | "NTP enabled" | "systemd-timesyncd.service active" | "NTP" => {
                fields.flag("ntp_active", (value != "n/a").then_some(yes))
            }
            "Time zone" | "Timezone" => fields.text("time_zone", value.split(' ').next().unwrap_or_default()),
            "RTC in local TZ" | "LocalRTC" => fields.flag("rtc_in_local_time", yes),
            "Server" => {
                first = first.or(Some(line));
                fields.text("source", value)
            }
            "Stratum" => fields.number("stratum", count(value)),
            "Offset" => fields.number("offset_seconds", seconds(value).map(f64::abs)),
            _ => fields,
        };
    }
    match first {
        Some(line) => rows.push(line, fields),
        None => rows.unread += output.filled_lines().count(),
    }
}

/// Reads `chronyc tracking`: kind `clock`, at the line of `Leap status`.
pub(super) fn chrony_tracking(output: &Output<'_>, rows: &mut Rows) {
    let value = |key: &str| {
        let line = output.lines().find(|line| line.text.starts_with(key))?;
        Some((line, line.text.split_once(':')?.1.trim()))
    };
    let Some((line, leap)) = value("Leap status") else {
        rows.unread += output.filled_lines().count();
        return;
    };
    let first_word = |key: &str| value(key).and_then(|(_, value)| number(value.split(' ').next()?));
    let source = value("Reference ID")
        .map_or("", |(_, id)| id.split_once('(').map_or(id, |(_, name)| name.trim_end_matches(')')));
    let synchronized = leap != "Not synchronised";
    let offset = first_word("System time").filter(|_| synchronized);
    let fields =
        Fields::of("clock").text("tool", "chronyc").flag("synchronized", synchronized).flag("ntp_active", true);
    let fields =
        fields.text("source", source).number("stratum", first_word("Stratum")).number("offset_seconds", offset);
    rows.push(line, fields.number("root_dispersion_seconds", first_word("Root dispersion")));
}

/// Reads `chronyc sources`: kind `time_source`. `^* NAME STRATUM POLL REACH LASTRX ADJUSTED[MEASURED] +/- ERROR`.
pub(super) fn chrony_sources(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let mut marks = line.text.chars();
        let (mode, state) = (marks.next().unwrap_or(' '), marks.next().unwrap_or(' '));
        if !"^=#".contains(mode) || line.text.starts_with("==") {
            let is_legend =
                line.text.starts_with(['.', '/', '|', ' ', 'M', '=']) || line.text.contains("umber of sources");
            rows.unread += usize::from(!is_legend);
            continue;
        }
        let state = match state {
            '*' => "selected",
            '+' => "combined",
            '-' => "excluded",
            '?' => "unreachable",
            'x' => "falseticker",
            '~' => "variable",
            _ => "unusable",
        };
        let words: Vec<&str> = marks.as_str().split_whitespace().collect();
        let fields = (words.len() >= 4).then(|| {
            let offset = words.get(5).and_then(|word| seconds(word.split('[').next()?)).map(f64::abs);
            source(words[0], state, count(words[1]), words[3])
                .number("offset_seconds", offset.filter(|_| state != "unreachable"))
        });
        rows.push_or_unread(line, fields);
    }
}

/// Reads `ntpq -p`: kind `time_source`, and `clock` from the source that is followed. Offsets are milliseconds.
pub(super) fn ntpq(output: &Output<'_>, rows: &mut Rows) {
    let mut selected: Option<(Line<'_>, Fields)> = None;
    let mut first = None;
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        if words[0] == "remote" || line.text.starts_with('=') {
            first = first.or(Some(line));
            continue;
        }
        let [name, _, stratum, _, _, _, reach, _, offset, ..] = words[..] else {
            rows.unread();
            continue;
        };
        let state = match name.chars().next() {
            Some('*' | 'o') => "selected",
            Some('+') => "combined",
            Some('-') => "excluded",
            Some('x') => "falseticker",
            _ if reach == "0" => "unreachable",
            _ => "candidate",
        };
        let name = name.trim_start_matches(['*', '+', '-', 'x', '#', '.', ' ']);
        let offset = number(offset).map(|ms| ms.abs() / 1000.0);
        if state == "selected" {
            let fields = Fields::of("clock").text("tool", "ntpq").flag("synchronized", true).flag("ntp_active", true);
            selected = Some((
                line,
                fields
                    .text("source", name)
                    .number("stratum", count(stratum).map(|n| n + 1.0))
                    .number("offset_seconds", offset),
            ));
        }
        rows.push(
            line,
            source(name, state, count(stratum), reach).number("offset_seconds", offset.filter(|_| reach != "0")),
        );
    }
    let unsynchronised = || {
        first.map(|line| {
            (line, Fields::of("clock").text("tool", "ntpq").flag("synchronized", false).flag("ntp_active", true))
        })
    };
    selected.or_else(unsynchronised).into_iter().for_each(|(line, fields)| rows.push(line, fields));
}

/// `reach` is octal: a bit for each of the last eight polls.
fn source(name: &str, state: &str, stratum: Option<f64>, reach: &str) -> Fields {
    let answered = u32::from_str_radix(reach, 8).ok().map(|bits| f64::from(bits.count_ones()));
    Fields::of("time_source")
        .text("name", name)
        .text("state", state)
        .number("stratum", stratum)
        .number("reach", answered)
}
