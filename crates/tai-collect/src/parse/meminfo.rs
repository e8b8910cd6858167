use std::collections::BTreeMap;

use super::{Reading, Value};

/// Reads /proc/meminfo (`proc_meminfo(5)`): `total_bytes`, `available_bytes`, `available_percent`, `swap_total_bytes`, `swap_free_bytes`. One reading, at
/// the line of `MemAvailable`; none when that or `MemTotal` is missing.
pub(super) fn memory(command: &str, text: &str) -> Vec<Reading> {
    let value = |name: &str| {
        let (i, line) = text.lines().enumerate().find(|(_, line)| line.starts_with(name))?;
        let kib: f64 = line.strip_prefix(name)?.strip_prefix(':')?.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some((i, line, kib * 1024.0))
    };
    let (Some((_, _, total)), Some((i, line, available))) = (value("MemTotal"), value("MemAvailable")) else {
        return Vec::new();
    };
    let mut fields = BTreeMap::from([("total_bytes", total), ("available_bytes", available)]);
    if total > 0.0 {
        fields.insert("available_percent", available / total * 100.0);
    }
    fields.extend(value("SwapTotal").map(|(_, _, bytes)| ("swap_total_bytes", bytes)));
    fields.extend(value("SwapFree").map(|(_, _, bytes)| ("swap_free_bytes", bytes)));
    let fields = fields.into_iter().map(|(name, number)| (name, Value::Number(number))).collect();
    vec![Reading { kind: "memory", fields, command: command.to_owned(), line: i + 1, text: line.to_owned() }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_is_available() {
        let text = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\nSwapTotal:         0 kB\nSwapFree:          0 kB\n";
        let found = memory("cat /proc/meminfo", text);
        assert_eq!(found[0].number_of("available_percent"), Some(25.0));
        assert_eq!(found[0].number_of("swap_total_bytes"), Some(0.0));
        assert_eq!((found[0].line, found[0].text.as_str()), (3, "MemAvailable:    250 kB"));
        assert_eq!(memory("cat /proc/meminfo", "MemTotal: 1000 kB\nMemFree: 1 kB\n"), vec![]);
    }
}
