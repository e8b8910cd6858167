//! Numbers, times and ports as OpenSSH reads them (`strtol` and its relatives: white space and a sign may lead).

const LARGEST: i64 = i32::MAX as i64;

/// A whole number in decimal from `least` to `most`.
pub(super) fn whole(text: &str, least: i64, most: i64) -> Option<i64> {
    let (value, rest) = leading(text, 10)?;
    (rest.is_empty() && (least..=most).contains(&value)).then_some(value)
}

/// A number from 0 to 2^31-1.
pub(super) fn integer(text: &str) -> Option<i64> {
    whole(text, 0, LARGEST)
}

/// Seconds from `90`, `90s`, `1h30m`, `2w`; white space is let through before a number.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let mut total = 0_i64;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (value, after) = leading(rest, 10)?;
        let unit = match after.as_bytes().first() {
            None | Some(b's' | b'S') => 1,
            Some(b'm' | b'M') => 60,
            Some(b'h' | b'H') => 3600,
            Some(b'd' | b'D') => 86_400,
            Some(b'w' | b'W') => 604_800,
            Some(_) => return None,
        };
        if value < 0 || value > LARGEST / unit || total > LARGEST - value * unit {
            return None;
        }
        total += value * unit;
        rest = after.get(1..).unwrap_or_default();
    }
    Some(total)
}

/// A port from 0 to 65535, or the name of one of the services that a configuration may well name.
///
/// OpenSSH asks the services of the system for a name; here it is a short list, the same on every machine.
pub(super) fn port(text: &str) -> Option<u16> {
    const SERVICES: [(&str, u16); 12] = [
        ("domain", 53),
        ("ftp", 21),
        ("http", 80),
        ("https", 443),
        ("imaps", 993),
        ("ldaps", 636),
        ("rsync", 873),
        ("smtp", 25),
        ("socks", 1080),
        ("ssh", 22),
        ("telnet", 23),
        ("x11", 6000),
    ];
    match whole(text, 0, 65535) {
        Some(value) => u16::try_from(value).ok(),
        None => SERVICES.iter().find(|(name, _)| *name == text).map(|(_, port)| *port),
    }
}

/// A file mode in octal, at most 0777. What follows the digits is not looked at.
pub(super) fn mode(text: &str) -> Option<i64> {
    leading(text, 8).map(|(value, _)| value).filter(|value| (0..=0o777).contains(value))
}

/// A byte count with a unit: `1G`, `1.5M`, `512`. Fractions without a unit are dropped.
pub(super) fn scaled(text: &str) -> Option<i64> {
    const MOST_DIGITS: usize = 21;
    let text = text.trim_start_matches(is_space);
    let (negative, text) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (digits, fraction) = number.split_once('.').unwrap_or((number, ""));
    if digits.len() >= MOST_DIGITS || fraction.contains('.') {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(MOST_DIGITS - 3)];
    let whole: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let value = match unit.as_bytes() {
        [] => whole,
        [letter, rest @ ..] => {
            let power = b"BKMGTPE".iter().position(|unit| *unit == letter.to_ascii_uppercase())?;
            if rest.first().is_some_and(u8::is_ascii_alphanumeric) {
                return None;
            }
            let factor = 1_i128 << (10 * power);
            whole * factor + part * factor / 10_i128.pow(u32::try_from(fraction.len()).unwrap_or(0))
        }
    };
    i64::try_from(if negative { -value } else { value }).ok()
}

/// The type of service of `IPQoS`, by number or name.
pub(super) fn quality(text: &str) -> Option<i64> {
    if let Some((_, value)) = QUALITIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Some(*value);
    }
    let (value, rest) = leading(text, 0)?;
    (rest.is_empty() && (0..=255).contains(&value)).then_some(value)
}

/// The name of a type of service, or its number in hexadecimal.
pub(super) fn quality_name(value: i64) -> String {
    QUALITIES
        .iter()
        .find(|(_, known)| *known == value)
        .map_or_else(|| format!("0x{value:02x}"), |(name, _)| (*name).to_owned())
}

const QUALITIES: [(&str, i64); 26] = [
    ("none", LARGEST),
    ("af11", 0x28),
    ("af12", 0x30),
    ("af13", 0x38),
    ("af21", 0x48),
    ("af22", 0x50),
    ("af23", 0x58),
    ("af31", 0x68),
    ("af32", 0x70),
    ("af33", 0x78),
    ("af41", 0x88),
    ("af42", 0x90),
    ("af43", 0x98),
    ("cs0", 0x00),
    ("cs1", 0x20),
    ("cs2", 0x40),
    ("cs3", 0x60),
    ("cs4", 0x80),
    ("cs5", 0xa0),
    ("cs6", 0xc0),
    ("cs7", 0xe0),
    ("ef", 0xb8),
    ("le", 0x04),
    ("lowdelay", 0x10),
    ("throughput", 0x08),
    ("reliability", 0x04),
];

/// A tunnel device: `any` or a number, and the one at the other end after `:`.
pub(super) fn tunnel(text: &str) -> Option<String> {
    let device = |text: &str| match text.eq_ignore_ascii_case("any") {
        true => Some("any".to_owned()),
        false => whole(text, 0, LARGEST - 2).map(|number| number.to_string()),
    };
    let (local, remote) = text.split_once(':').unwrap_or((text, "any"));
    Some(format!("{}:{}", device(local)?, device(remote)?))
}

/// An IPv4 address in any form `inet_aton` takes: one to four parts, decimal, octal or hexadecimal.
pub(super) fn ipv4(text: &str) -> Option<std::net::Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(unsigned).collect::<Option<_>>()?;
    let (last, heads) = parts.split_last()?;
    if heads.len() > 3 || heads.iter().any(|&head| head > 255) {
        return None;
    }
    let room = 32 - 8 * u32::try_from(heads.len()).ok()?;
    if room < 32 && *last >= 1 << room {
        return None;
    }
    let head = heads.iter().enumerate().fold(0, |sum, (at, part)| sum | part << (24 - 8 * at));
    Some(std::net::Ipv4Addr::from(head | last))
}

fn unsigned(text: &str) -> Option<u32> {
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let (value, rest) = leading(text, 0)?;
    if rest.is_empty() { u32::try_from(value).ok() } else { None }
}

/// The number at the beginning, saturated, and what follows it; base 0 takes it from `0x` or `0`.
fn leading(text: &str, base: u32) -> Option<(i64, &str)> {
    let text = text.trim_start_matches(is_space);
    let (sign, text) = match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    };
    let hexadecimal = text.len() > 2 && text.starts_with('0') && matches!(text.as_bytes()[1], b'x' | b'X');
    let (base, digits) = match base {
        0 if hexadecimal && text.as_bytes()[2].is_ascii_hexdigit() => (16, &text[2..]),
        0 if text.starts_with('0') => (8, text),
        0 => (10, text),
        base => (base, text),
    };
    let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
    let mut value = 0_i64;
    for digit in digits[..end].chars().filter_map(|c| c.to_digit(base)) {
        value = value.saturating_mul(i64::from(base)).saturating_add(i64::from(digit));
    }
    (end > 0).then(|| (sign * value, &digits[end..]))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::{ipv4, mode, port, scaled, seconds, tunnel};

    #[test]
    fn times() {
        for (text, expect) in [
            ("90", Some(90)),
            ("1h30m", Some(5400)),
            ("1H 30M", Some(5400)),
            ("2w", Some(1_209_600)),
            ("", None),
            ("m", None),
            ("-1", None),
            ("5x", None),
            ("99999999999", None),
        ] {
            assert_eq!(seconds(text), expect, "{text:?}");
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(port("+22"), Some(22));
        assert_eq!(port("65536"), None);
        assert_eq!(port("https"), Some(443));
        assert_eq!(mode("0177"), Some(0o177));
        assert_eq!(mode("8"), None);
        assert_eq!(scaled("1.5K"), Some(1536));
        assert_eq!(scaled("1G"), Some(1 << 30));
        assert_eq!(scaled("1GB"), None);
        assert_eq!(scaled("9999999999E"), None);
        assert_eq!(tunnel("3:any").as_deref(), Some("3:any"));
        assert_eq!(tunnel("x"), None);
    }

    #[test]
    fn addresses() {
        for (text, expect) in [
            ("127.1", Some("127.0.0.1")),
            ("10", Some("0.0.0.10")),
            ("0x7f.1", Some("127.0.0.1")),
            ("1.2.3.256", None),
            ("1.2.3.4.5", None),
            ("web", None),
            ("", None),
        ] {
            assert_eq!(ipv4(text).map(|address| address.to_string()).as_deref(), expect, "{text:?}");
        }
    }
}
