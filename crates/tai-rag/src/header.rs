//! What a log puts before a message: the time, the host, the program.

/// The parts of a line of a log. Of a line that is none, everything is `message`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    /// The time stamp as it stands, without marks around it.
    pub(crate) time: Option<&'a str>,
    /// The program that wrote the line, without its number: `nginx` of `nginx[12]:`.
    pub(crate) program: Option<&'a str>,
    /// The rest, with the white space that it begins with beyond one blank.
    pub(crate) message: &'a str,
}

impl<'a> Header<'a> {
    /// Reads the header of a line. Known are the times of syslog and the journal (`Feb 09 22:34:05`), ISO 8601 with its relatives (`2022/02/09 22:34:05,123`), the
    /// kernel's ring (`[    5.123456]`, `[Wed Feb  9 22:34:05 2022]`) and klog (`E0209 22:34:05.123456`).
    pub(crate) fn of(line: &'a str) -> Self {
        let line = line.trim_end_matches(['\n', '\r']);
        let Some(stamp) = stamp(line) else { return Self { time: None, program: None, message: line } };
        let time = Some(&line[stamp.from..stamp.to]);
        let rest = &line[stamp.end..];
        let (program, message) = if stamp.is_bracketed { (None, rest) } else { origin(rest, stamp.is_syslog) };
        Self { time, program, message: message.strip_prefix(' ').unwrap_or(message) }
    }
}

/// Seconds of a time stamp since the beginning of its year, as if every month had 31 days: years are often left out of logs, so they do not count.
/// `None` for seconds since the boot.
pub(crate) fn seconds(time: &str) -> Option<u32> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let bytes = time.as_bytes();
    let number = |at: usize| {
        let digit = |byte: Option<&u8>| byte.filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'));
        Some(digit(bytes.get(at)).unwrap_or(0) * 10 + digit(bytes.get(at + 1))?)
    };
    let month_of = |at: usize| MONTHS.find(time.get(at..at + 3)?).map(|at| at as u32 / 3);
    let (month, day, clock) = match bytes.first()? {
        b'0'..=b'9' if bytes.len() >= 19 => (number(5)?.checked_sub(1)?, number(8)?, 11),
        b'E' | b'F' | b'I' | b'W' if is(bytes, 1, "dddd ") => (number(1)?.checked_sub(1)?, number(3)?, 6),
        _ if bytes.get(7) == Some(&b' ') => (month_of(4)?, number(8)?, 11),
        _ => (month_of(0)?, number(4)?, 7),
    };
    let day = month * 31 + day;
    Some(((day * 24 + number(clock)?) * 60 + number(clock + 3)?) * 60 + number(clock + 6)?)
}

/// Where a time stamp is in a line.
struct Stamp {
    from: usize,
    to: usize,
    /// Where the line goes on.
    end: usize,
    is_bracketed: bool,
    is_syslog: bool,
}

fn stamp(line: &str) -> Option<Stamp> {
    let bytes = line.as_bytes();
    let plain = |to: usize, is_syslog| Some(Stamp { from: 0, to, end: to, is_bracketed: false, is_syslog });
    match bytes.first()? {
        b'0'..=b'9' => plain(iso(bytes, 0)?, false),
        b'I' | b'W' | b'E' | b'F' if is(bytes, 1, "dddd dd:dd:dd") => {
            let to = fraction(bytes, 14);
            // The number of the thread and the place in the source.
            let place = bytes[to..].iter().take(80).position(|&byte| byte == b']').map_or(0, |at| at + 1);
            Some(Stamp { from: 0, to, end: to + place, is_bracketed: true, is_syslog: false })
        }
        b'A' | b'D' | b'F' | b'J' | b'M' | b'N' | b'O' | b'S' if is(bytes, 0, "aaa nd dd:dd:dd") => {
            plain(fraction(bytes, 15), true)
        }
        b'[' => bracketed(bytes),
        b't' => {
            let from = ["time=\"", "ts=", "time="].iter().find(|key| line.starts_with(**key))?.len();
            let to = iso(bytes, from)?;
            Some(Stamp {
                from,
                to,
                end: to + usize::from(bytes.get(to) == Some(&b'"')),
                is_bracketed: true,
                is_syslog: false,
            })
        }
        _ => None,
    }
}

fn bracketed(bytes: &[u8]) -> Option<Stamp> {
    let stamp = |from, to| {
        (bytes.get(to) == Some(&b']')).then_some(Stamp { from, to, end: to + 1, is_bracketed: true, is_syslog: false })
    };
    if let Some(to) = iso(bytes, 1) {
        return stamp(1, to);
    }
    if is(bytes, 1, "aaa aaa nd dd:dd:dd") {
        let end = bytes.iter().take(48).position(|&byte| byte == b']')?;
        return stamp(1, end);
    }
    let from = 1 + bytes[1..].iter().take(12).take_while(|byte| **byte == b' ').count();
    let whole = digits(bytes, from);
    let to = fraction(bytes, whole);
    (whole > from && to > whole).then(|| stamp(from, to)).flatten()
}

/// The end of `2022-02-09T22:34:05`, with a fraction and a zone where there are such.
fn iso(bytes: &[u8], from: usize) -> Option<usize> {
    let is_date = is(bytes, from, "dddd-dd-dd") || is(bytes, from, "dddd/dd/dd");
    if !is_date || !matches!(bytes.get(from + 10), Some(b'T' | b' ')) || !is(bytes, from + 11, "dd:dd:dd") {
        return None;
    }
    let end = fraction(bytes, from + 19);
    Some(match bytes.get(end) {
        Some(b'Z') => end + 1,
        Some(b'+' | b'-') if is(bytes, end + 1, "dd:dd") => end + 6,
        Some(b'+' | b'-') if is(bytes, end + 1, "dddd") => end + 5,
        Some(b' ') if is(bytes, end + 1, "UTC") => end + 4,
        _ => end,
    })
}

/// Host, program and message of what follows a time.
fn origin(rest: &str, is_syslog: bool) -> (Option<&str>, &str) {
    let whole = (None, rest);
    let Some(rest) = rest.strip_prefix(' ') else { return whole };
    let Some((host, after)) = rest.split_once(' ') else { return whole };
    let end = after.bytes().take(64).position(|byte| byte == b' ' || byte == b':').unwrap_or(0);
    if host.is_empty() || end == 0 || after.as_bytes()[end] != b':' || !is_name(host) {
        return whole;
    }
    let program = &after[..end];
    let (name, number) = program.split_once('[').map_or((program, None), |(name, number)| (name, Some(number)));
    // An application's own log may have `2022-02-09 22:34:05 ERROR module: message`.
    let is_origin = is_syslog || number.is_some_and(is_number) || name == "kernel";
    if is_origin && !name.is_empty() { (Some(name), &after[end + 1..]) } else { whole }
}

/// Whether it is `12]`.
fn is_number(text: &str) -> bool {
    text.strip_suffix(']').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_name(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
}

/// Whether `bytes` have this form at `from`: `d` is a digit, `n` a digit or a blank, `a` a letter, and all else itself.
fn is(bytes: &[u8], from: usize, form: &str) -> bool {
    let Some(part) = bytes.get(from..from + form.len()) else { return false };
    part.iter().zip(form.bytes()).all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        b'n' => byte.is_ascii_digit() || *byte == b' ',
        b'a' => byte.is_ascii_alphabetic(),
        _ => *byte == form,
    })
}

fn digits(bytes: &[u8], from: usize) -> usize {
    from + bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Past `.123` or `,123` at `from`, if that is there.
fn fraction(bytes: &[u8], from: usize) -> usize {
    if !matches!(bytes.get(from), Some(b'.' | b',')) {
        return from;
    }
    let end = digits(bytes, from + 1);
    if end > from + 1 { end } else { from }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(line: &str, time: &str, program: &str, message: &str) {
        let given = |text: &'static str| (!text.is_empty()).then_some(text);
        let (time, program) = (time.to_owned().leak() as &'static str, program.to_owned().leak() as &'static str);
        assert_eq!(Header::of(line), Header { time: given(time), program: given(program), message }, "{line}");
    }

    #[test]
    fn headers_of_the_usual_logs() {
        check("Feb 09 22:34:05 web1 nginx[12]: it failed\n", "Feb 09 22:34:05", "nginx", "it failed");
        check("Feb  9 22:34:05 web1 kernel: [    5.1] oops", "Feb  9 22:34:05", "kernel", "[    5.1] oops");
        check("2022-02-09T22:34:05+0000 web1 app[3]:   at x", "2022-02-09T22:34:05+0000", "app", "  at x");
        check("2022-02-09 22:34:05,651 - util.py[DEBUG]: no", "2022-02-09 22:34:05,651", "", "- util.py[DEBUG]: no");
        check("2022-02-09 22:34:05.6 UTC [7] LOG:  ready", "2022-02-09 22:34:05.6 UTC", "", "[7] LOG:  ready");
        check("2022/02/09 22:34:05 [emerg] 7#7: no", "2022/02/09 22:34:05", "", "[emerg] 7#7: no");
        check("2022-02-09T22:34:05Z ERROR db: no", "2022-02-09T22:34:05Z", "", "ERROR db: no");
        check("[    5.123456] EXT4-fs error", "5.123456", "", "EXT4-fs error");
        check("[Wed Feb  9 22:34:05.123 2022] [core:error] no", "Wed Feb  9 22:34:05.123 2022", "", "[core:error] no");
        check("[2022-02-09T22:34:05] no", "2022-02-09T22:34:05", "", "no");
        check("E0209 22:34:05.123456    7 x.go:1] no", "E0209 22:34:05.123456", "", "no");
        check("time=\"2022-02-09T22:34:05Z\" level=error", "2022-02-09T22:34:05Z", "", "level=error");
    }

    #[test]
    fn what_has_no_header_is_a_message() {
        for line in
            ["", "[", "[12", "[ 12]", "Feb", "2022-02-09", "E0209 it", "  at x", "[  OK  ] Started", "1.2.3.4 - -"]
        {
            check(line, "", "", line);
        }
    }

    #[test]
    fn times_of_all_forms_compare() {
        for time in [
            "Feb 09 22:34:05",
            "Feb  9 22:34:05.1",
            "2022-02-09T22:34:05+0000",
            "2022/02/09 22:34:05",
            "Wed Feb  9 22:34:05 2022",
            "E0209 22:34:05.123456",
        ] {
            assert_eq!(seconds(time), Some((((31 + 9) * 24 + 22) * 60 + 34) * 60 + 5), "{time}");
        }
        assert_eq!(seconds("5.123456"), None);
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in "\\PC{0,60}", cut in 0..60usize) {
            Header::of(&line).time.map(seconds);
            seconds(&line);
            let log = format!("2022-02-09T22:34:05.123456+00:00 é{line}[1]: x");
            let end = (0..=cut.min(log.len())).rfind(|&end| log.is_char_boundary(end)).unwrap_or(0);
            Header::of(&log[..end]).time.map(seconds);
        }
    }
}
