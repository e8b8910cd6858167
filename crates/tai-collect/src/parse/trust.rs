use jiff::Timestamp;

use super::quantity::{count, number, openssl_time};
use super::rows::{Fields, Line, Output, Rows};

/// Reads `openssl x509` with `-dates`, `-enddate`, `-text` and their like, `openssl s_client` too: kind `certificate`, a row for each end date.
pub(super) fn openssl(output: &Output<'_>, rows: &mut Rows) {
    let path = output.args().skip_while(|arg| *arg != "-in").nth(1).unwrap_or_default();
    let mut certificate = Fields::of("certificate");
    let mut begins: Option<Timestamp> = None;
    for line in output.filled_lines() {
        let text = line.text.trim();
        let value = |names: &[&str]| names.iter().find_map(|name| text.strip_prefix(name)).map(str::trim);
        if let Some(subject) = value(&["subject=", "Subject:"]) {
            certificate = certificate.text("subject", subject);
        } else if let Some(issuer) = value(&["issuer=", "Issuer:"]) {
            certificate = certificate.text("issuer", issuer);
        } else if let Some(time) = value(&["notBefore=", "Not Before:"]) {
            begins = openssl_time(time);
        } else if let Some(time) = value(&["notAfter=", "Not After :", "Not After:"]) {
            let Some(ends) = openssl_time(time) else {
                rows.unread();
                continue;
            };
            let fields = std::mem::replace(&mut certificate, Fields::of("certificate"));
            rows.push(line, dates(fields.text("path", path), begins.take(), ends, output.at));
        }
    }
    // With `-subject` after the dates it comes below them.
    let late = (certificate.text_of("subject").to_owned(), certificate.text_of("issuer").to_owned());
    if let Some(row) = rows.rows.last_mut() {
        for (name, text) in [("subject", late.0), ("issuer", late.1)] {
            if !text.is_empty() {
                row.fields.entry(name).or_insert(super::Value::Text(text));
            }
        }
    }
}

fn dates(fields: Fields, begins: Option<Timestamp>, ends: Timestamp, at: Option<Timestamp>) -> Fields {
    let days = |time: Timestamp| at.map(|at| (time.as_second() - at.as_second()) as f64 / 86_400.0);
    fields
        .text("not_before", &begins.map_or(String::new(), |time| time.to_string()))
        .text("not_after", &ends.to_string())
        .number("days_left", days(ends).map(f64::floor))
        .number("days_until_valid", begins.and_then(days).map(|days| days.max(0.0).ceil()))
}

/// Reads `certbot certificates`: kind `certificate`. The days are those that certbot counted.
pub(super) fn certbot(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, Fields)> = None;
    for line in output.filled_lines() {
        let Some((key, value)) = line.text.trim().split_once(':') else { continue };
        match (key, open.take()) {
            ("Domains", _) => open = Some((line, Fields::of("certificate").text("subject", value))),
            ("Expiry Date", Some((_, fields))) => {
                let state = value.rsplit_once('(').map_or("", |(_, state)| state);
                let days = state.strip_prefix("VALID: ").and_then(|rest| number(rest.split(' ').next()?));
                let days = days.or(state.starts_with("INVALID: EXPIRED").then_some(-1.0));
                open = Some((line, fields.number("days_left", days)));
            }
            ("Certificate Path", Some((line, fields))) => rows.push(line, fields.text("path", value)),
            (_, known) => open = known,
        }
    }
}

/// Reads `kubeadm certs check-expiration`: kind `certificate`. `NAME  Jan 02, 2027 10:00 UTC  364d  ca  no`; expired ones say `<invalid>`.
pub(super) fn kubeadm(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let Some(at) = words.iter().position(|word| *word == "UTC") else { continue };
        let left = words.get(at + 1).copied().unwrap_or_default();
        let days = match left.strip_suffix('d') {
            Some(days) => count(days),
            None if left.starts_with("<invalid>") => Some(-1.0),
            None if left.ends_with('y') => count(left.trim_end_matches('y')).map(|years| years * 365.0),
            None if left.ends_with(['h', 'm', 's']) => Some(0.0),
            None => None,
        };
        rows.push(
            line,
            Fields::of("certificate").text("path", words[0]).text("subject", words[0]).number("days_left", days),
        );
    }
}

/// Reads getenforce: kind `security`.
pub(super) fn getenforce(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines().take(1) {
        let mode = line.text.trim().to_lowercase();
        let known = matches!(mode.as_str(), "enforcing" | "permissive" | "disabled");
        let fields =
            Fields::of("security").text("system", "selinux").flag("is_enabled", mode != "disabled").text("mode", &mode);
        rows.push_or_unread(line, known.then_some(fields));
    }
}

/// Reads sestatus: kind `security`.
pub(super) fn sestatus(output: &Output<'_>, rows: &mut Rows) {
    let value = |key: &str| {
        let line = output.lines().find(|line| line.text.starts_with(key))?;
        Some((line, line.text.split_once(':')?.1.trim()))
    };
    let Some((line, status)) = value("SELinux status") else {
        rows.unread += output.filled_lines().count();
        return;
    };
    let text = |key: &str| value(key).map_or("", |(_, value)| value);
    let is_enabled = status == "enabled";
    let fields = Fields::of("security").text("system", "selinux").flag("is_enabled", is_enabled);
    let fields = fields.text("mode", if is_enabled { text("Current mode") } else { "disabled" });
    let policy = if text("Loaded policy name").is_empty() {
        text("Policy from config file")
    } else {
        text("Loaded policy name")
    };
    rows.push(line, fields.text("config_mode", text("Mode from config file")).text("policy", policy));
}

/// Reads aa-status (`apparmor_status)`: kind `security`.
pub(super) fn aa_status(output: &Output<'_>, rows: &mut Rows) {
    let line_with = |words: &str| output.lines().find(|line| line.text.contains(words));
    let number = |words: &str| line_with(words).and_then(|line| count(line.text.split(' ').next()?));
    let Some(line) = line_with("apparmor module is").or_else(|| line_with("apparmor not present")) else {
        rows.unread += output.filled_lines().count();
        return;
    };
    let fields = Fields::of("security").text("system", "apparmor").flag("is_enabled", line.text.contains("is loaded"));
    rows.push(
        line,
        fields
            .number("enforced", number("profiles are in enforce mode"))
            .number("complaining", number("profiles are in complain mode")),
    );
}
