use std::collections::BTreeMap;

use super::{Reading, Value};

/// File systems that are full by design: images that are read-only and exactly as large as their contents.
const FULL_BY_DESIGN: &[&str] = &["squashfs", "iso9660", "erofs", "cramfs", "romfs", "udf"];

/// Reads `df -P` with or without `-T`, sizes in KiB: `source`, `type` (empty without `-T`), `size_bytes`, `used_bytes`, `available_bytes`,
/// `used_percent`, `mount`. Rows of a size of 0 and of images that are full by design are left out.
pub(super) fn disks(command: &str, text: &str) -> Vec<Reading> {
    rows(command, text, "disk", |row| {
        let kib = |value: u64| Value::Number(value as f64 * 1024.0);
        BTreeMap::from([
            ("size_bytes", kib(row.total)),
            ("used_bytes", kib(row.used)),
            ("available_bytes", kib(row.available)),
        ])
    })
}

/// Reads `df -Pi`: `source`, `total`, `used`, `available`, `used_percent`, `mount`. File systems without a fixed number of inodes are left out.
pub(super) fn inodes(command: &str, text: &str) -> Vec<Reading> {
    rows(command, text, "inodes", |row| {
        let count = |value: u64| Value::Number(value as f64);
        BTreeMap::from([("total", count(row.total)), ("used", count(row.used)), ("available", count(row.available))])
    })
}

struct Row {
    source: String,
    kind: String,
    total: u64,
    used: u64,
    available: u64,
    percent: u64,
    mount: String,
}

fn rows(
    command: &str,
    text: &str,
    kind: &'static str,
    amounts: impl Fn(&Row) -> BTreeMap<&'static str, Value>,
) -> Vec<Reading> {
    let numbered = text.lines().enumerate();
    let rows = numbered.filter_map(|(i, line)| Some((i, line, parse_row(line)?)));
    rows.filter(|(_, _, row)| row.total > 0 && !FULL_BY_DESIGN.contains(&row.kind.as_str()))
        .map(|(i, line, row)| {
            let mut fields = amounts(&row);
            fields.insert("used_percent", Value::Number(row.percent as f64));
            fields.extend(
                [("source", row.source), ("type", row.kind), ("mount", row.mount)].map(|(k, v)| (k, Value::Text(v))),
            );
            Reading { kind, fields, command: command.to_owned(), line: i + 1, text: line.to_owned() }
        })
        .collect()
}

/// `SOURCE [TYPE] TOTAL USED AVAILABLE PERCENT% MOUNT`, where source and mount may hold spaces: the numbers show where they end.
fn parse_row(line: &str) -> Option<Row> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = (3..words.len().checked_sub(1)?.max(3)).find(|&i| {
        words[i].strip_suffix('%').is_some_and(|p| p.parse::<u64>().is_ok())
            && words[i - 3..i].iter().all(|w| w.parse::<i64>().is_ok())
    });
    let at = at.filter(|&at| at > 3)?;
    let amount = |i: usize| words[i].parse::<u64>().unwrap_or(0);
    let names = &words[..at - 3];
    let is_type = |w: &str| w.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let (source, kind) = match names {
        [source] => ((*source).to_owned(), String::new()),
        [source @ .., kind] if is_type(kind) => (source.join(" "), (*kind).to_owned()),
        source => (source.join(" "), String::new()),
    };
    Some(Row {
        source,
        kind,
        total: amount(at - 3),
        used: amount(at - 2),
        available: amount(at - 1),
        percent: words[at].trim_end_matches('%').parse().ok()?,
        mount: words[at + 1..].join(" "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_every_shape() {
        let text = "\
Filesystem     Type     1024-blocks     Used Available Capacity Mounted on
/dev/vda1      ext4       263177624 10871436 252289804       5% /
tmpfs          tmpfs        2458000        0   2458000       0% /dev/shm
/dev/loop3     squashfs       65536    65536         0     100% /snap/core/1
host:/export/a b nfs4       1048576  1048576         0     100% /mnt/with space
none           proc               0        0         0       -  /proc
df: /run/user/1000/doc: Operation not permitted
/dev/vdb1      ext4          100      100      -20     100% /reserved
cut /dev/vdc1 ext4 100
";
        let found: Vec<(String, f64, usize)> = disks("df -PT", text)
            .iter()
            .map(|r| (r.text_of("mount").to_owned(), r.number_of("used_percent").unwrap(), r.line))
            .collect();
        let expect = [("/", 5.0, 2), ("/dev/shm", 0.0, 3), ("/mnt/with space", 100.0, 5), ("/reserved", 100.0, 8)];
        assert_eq!(found, expect.map(|(m, p, l)| (m.to_owned(), p, l)));
    }

    #[test]
    fn without_a_type_and_for_inodes() {
        let plain = disks("df -P", "/dev/sda1 100 60 40 60% /data\n");
        assert_eq!((plain[0].text_of("source"), plain[0].number_of("size_bytes")), ("/dev/sda1", Some(102_400.0)));
        let inodes = inodes("df -Pi", "/dev/sda1 1000 1000 0 100% /data\nvfat 0 0 0 - /boot\n");
        assert_eq!(inodes.len(), 1);
        assert_eq!((inodes[0].kind, inodes[0].number_of("used")), ("inodes", Some(1000.0)));
    }
}
