use super::quantity::{number, size};
use super::rows::{Fields, Line, Output, Rows};

/// File systems that are full by design: images that are read-only and exactly as large as their contents.
pub(super) const FULL_BY_DESIGN: &[&str] =
    &["squashfs", "iso9660", "erofs", "cramfs", "romfs", "udf", "fuse.snapfuse", "squashfuse", "fuse.squashfuse"];

/// Reads df in all its forms, `-i` too: kinds `disk` and `inodes`. The unit is that of the heading. Rows of a size of 0 and of images that are full by design
/// are left out, as far as the type is shown; [`super::complete`] knows the others. A row that is broken after its source, as df does without `-P`, is put together.
pub(super) fn read(output: &Output<'_>, rows: &mut Rows) {
    let is_inodes = output.has_flag('i') || output.has("--inodes");
    let mut unit = 1024.0;
    let mut has_type = None;
    let mut source: Option<String> = None;
    for line in output.filled_lines() {
        if let Some(block) = line.text.split_whitespace().nth(if line.text.contains(" Type ") { 2 } else { 1 })
            && let Some(found) = block_size(line.text, block)
        {
            unit = found;
            has_type = Some(line.text.contains(" Type "));
            continue;
        }
        let joined = source.take().map(|source| format!("{source} {}", line.text.trim()));
        match parse_row(joined.as_deref().unwrap_or(line.text), has_type) {
            Some(row) => push(rows, line, &row, if is_inodes { None } else { Some(unit) }),
            None if is_header_or_pseudo(line) => {}
            None if joined.is_none() && line.text.split_whitespace().count() == 1 => {
                source = Some(line.text.to_owned());
            }
            None => rows.unread(),
        }
    }
    if source.is_some() {
        rows.unread();
    }
}

struct Row {
    source: String,
    kind: String,
    amounts: [f64; 3],
    percent: f64,
    mount: String,
}

/// The unit of sizes, when the line is a heading.
fn block_size(line: &str, block: &str) -> Option<f64> {
    if !line.contains('%') && !line.contains("Capacity") {
        return None;
    }
    match block {
        "Size" | "Inodes" => Some(1.0),
        _ => size(block.strip_suffix("-blocks")?),
    }
}

fn push(rows: &mut Rows, line: Line<'_>, row: &Row, unit: Option<f64>) {
    let Row { source, kind, amounts: [total, used, available], percent, mount } = row;
    if *total <= 0.0 || FULL_BY_DESIGN.contains(&kind.as_str()) {
        return;
    }
    let (fields, [total_name, used_name, available_name]) = match unit {
        Some(_) => (Fields::of("disk"), ["size_bytes", "used_bytes", "available_bytes"]),
        None => (Fields::of("inodes"), ["total", "used", "available"]),
    };
    let unit = unit.unwrap_or(1.0);
    let fields = fields
        .number(total_name, total * unit)
        .number(used_name, used * unit)
        .number(available_name, available * unit)
        .number("used_percent", *percent);
    rows.push(line, fields.text("source", source).text_or_empty("type", kind).text("mount", mount));
}

/// `SOURCE [TYPE] TOTAL USED AVAILABLE PERCENT% MOUNT`, where source and mount may hold spaces: the numbers show where they end.
fn parse_row(line: &str, has_type: Option<bool>) -> Option<Row> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_percent = |word: &str| word.strip_suffix('%').is_some_and(|p| p.parse::<u64>().is_ok());
    let amount = |word: &str| if word.starts_with('-') { number(word) } else { size(word) };
    let at = (4..words.len().saturating_sub(1))
        .find(|&i| is_percent(words[i]) && words[i - 3..i].iter().all(|word| amount(word).is_some()))?;
    let names = &words[..at - 3];
    let is_type =
        |w: &str| has_type != Some(false) && w.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let (source, kind) = match names {
        [source] => ((*source).to_owned(), String::new()),
        [source @ .., kind] if is_type(kind) => (source.join(" "), (*kind).to_owned()),
        source => (source.join(" "), String::new()),
    };
    let amounts = [at - 3, at - 2, at - 1].map(|i| amount(words[i]).unwrap_or(0.0).max(0.0));
    Some(Row { source, kind, amounts, percent: number(words[at])?, mount: words[at + 1..].join(" ") })
}

/// The heading in any language, and file systems without a size, whose use is `-`.
fn is_header_or_pseudo(line: Line<'_>) -> bool {
    let words: Vec<&str> = line.text.split_whitespace().collect();
    line.number == 1 && words.len() > 4 || words.len() > 4 && words.contains(&"-")
}

#[cfg(test)]
mod tests {
    use crate::parse::testing::check;

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
        let expect = ["2: / 5", "3: /dev/shm 0", "5: /mnt/with space 100", "8: /reserved 100"];
        check("df -PT", text, "disk", "mount used_percent", &expect, 2);
    }

    #[test]
    fn without_a_type_for_inodes_and_for_people() {
        check("df -P", "/dev/sda1 100 60 40 60% /data\n", "disk", "source size_bytes", &["1: /dev/sda1 102400"], 0);
        let text =
            "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sda1 1000 1000 0 100% /data\nvfat 0 0 0 - /boot\n";
        check("df -ali", text, "inodes", "mount used", &["2: /data 1000"], 0);
        let text = "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1       1.5G  1.2G  300M  80% /\n";
        check("/usr/bin/df -h", text, "disk", "source type size_bytes", &["2: /dev/sda1  1610612736"], 0);
    }

    #[test]
    fn rows_broken_after_the_source_and_in_other_words() {
        let text = "Dateisystem    1K-Blöcke    Benutzt Verfügbar Verw% Eingehängt auf\n/dev/mapper/rhel_host--with--a--long--name-root\n                51474912  6345132  45129780  13% /\n";
        check("df -k", text, "disk", "mount source", &["3: / /dev/mapper/rhel_host--with--a--long--name-root"], 0);
    }
}
