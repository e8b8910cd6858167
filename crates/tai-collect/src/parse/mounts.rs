use super::df::FULL_BY_DESIGN;
use super::json;
use super::quantity::size;
use super::rows::{Fields, Line, Output, Rows};
use super::table::{Heading, pairs};

/// Reads findmnt (tree, list, pairs, JSON): kind `mount`.
pub(super) fn findmnt(output: &Output<'_>, rows: &mut Rows) {
    if let Some(value) = json::document(output.text) {
        json::each_object(&value, &mut |object| {
            if let Some(target) = object.get("target").and_then(|target| target.as_str()) {
                let text = |name: &str| object.get(name).and_then(|value| value.as_str()).unwrap_or_default();
                let line = output.line_with(&format!("\"{target}\""));
                rows.push(line, mount(text("source"), target, text("fstype"), text("options")));
            }
        });
        return;
    }
    let mut lines = output.filled_lines();
    let Some(first) = lines.next() else { return };
    if !pairs(first.text).is_empty() {
        for line in output.filled_lines() {
            let pairs = pairs(line.text);
            let get = |name: &str| pairs.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value);
            rows.push_or_unread(line, mount_if_named(get("SOURCE"), get("TARGET"), get("FSTYPE"), get("OPTIONS")));
        }
        return;
    }
    let heading = Heading::new(first.text, 1);
    if !heading.has("TARGET") {
        rows.unread += output.filled_lines().count();
        return;
    }
    for line in lines {
        let text = line.text.trim_start_matches(|c: char| c.is_whitespace() || "│├└─|`-".contains(c));
        let cells = heading.cells_by_word(Line { text, ..line });
        rows.push_or_unread(
            line,
            cells.and_then(|cells| {
                mount_if_named(
                    cells.get(&["SOURCE"]),
                    cells.get(&["TARGET"]),
                    cells.get(&["FSTYPE"]),
                    cells.get(&["OPTIONS"]),
                )
            }),
        );
    }
}

/// Reads `mount`: `SOURCE on MOUNT type TYPE (OPTIONS) [LABEL]`.
pub(super) fn mount_program(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let parts = || {
            let (source, rest) = line.text.split_once(" on ")?;
            let (target, rest) = rest.rsplit_once(" type ")?;
            let (kind, rest) = rest.split_once(" (")?;
            Some(mount(source, target, kind, rest.split_once(')')?.0))
        };
        rows.push_or_unread(line, parts());
    }
}

/// Reads /proc/mounts and /etc/mtab.
pub(super) fn proc_mounts(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let fields = match words[..] {
            [source, target, kind, options, _, _] => Some(mount(source, &unescape(target), kind, options)),
            _ => None,
        };
        rows.push_or_unread(line, fields);
    }
}

/// Reads /proc/PID/mountinfo: the file system's own options count as well as those of the mount.
pub(super) fn mountinfo(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let parts = || {
            let (left, right) = line.text.split_once(" - ")?;
            let left: Vec<&str> = left.split_whitespace().collect();
            let right: Vec<&str> = right.split_whitespace().collect();
            let (target, options) = (left.get(4)?, left.get(5)?);
            let [kind, source, own] = right[..] else { return None };
            Some(mount(source, &unescape(target), kind, &format!("{options},{own}")))
        };
        rows.push_or_unread(line, parts());
    }
}

/// Reads `nfsstat -m`: `MOUNT from SOURCE`, then `Flags:` in a line of its own.
pub(super) fn nfsstat_mounts(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, &str, &str)> = None;
    for line in output.filled_lines() {
        let text = line.text.trim();
        match (text.split_once(" from "), open, text.strip_prefix("Flags:")) {
            (Some((target, source)), _, _) => open = Some((line, source, target)),
            (_, Some((line, source, target)), Some(options)) => {
                rows.push(line, mount(source, target, "nfs", options.trim()));
            }
            _ => rows.unread(),
        }
    }
}

/// Reads /proc/swaps and `swapon --show` or `-s`: kind `swap`. Sizes are KiB, or have their unit.
pub(super) fn swaps(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines().filter(|line| !is_swap_heading(line.text)) {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let fields = || {
            let at = words.iter().position(|word| matches!(*word, "partition" | "file"))?;
            let amount = |word: &str| {
                if word.ends_with(char::is_alphabetic) { size(word) } else { size(word).map(|n| n * 1024.0) }
            };
            let (total, used) = (amount(words.get(at + 1)?)?, amount(words.get(at + 2)?)?);
            Some(
                Fields::of("swap")
                    .text("name", &words[..at].join(" "))
                    .text("type", words[at])
                    .number("size_bytes", total)
                    .number("used_bytes", used)
                    .share("used_percent", Some(used), Some(total)),
            )
        };
        rows.push_or_unread(line, fields());
    }
}

fn is_swap_heading(line: &str) -> bool {
    line.starts_with("Filename") || line.starts_with("NAME")
}

fn mount_if_named(source: &str, target: &str, kind: &str, options: &str) -> Option<Fields> {
    target.starts_with('/').then(|| mount(source, target, kind, options))
}

fn mount(source: &str, target: &str, kind: &str, options: &str) -> Fields {
    let is_network =
        ["nfs", "cifs", "smb3", "ceph", "fuse.ceph", "fuse.glusterfs", "fuse.sshfs", "9p", "lustre", "beegfs"]
            .iter()
            .any(|network| kind == *network || *network == "nfs" && matches!(kind, "nfs4" | "nfs3"));
    let is_image =
        FULL_BY_DESIGN.contains(&kind) || ["/dev/loop", "/dev/sr"].iter().any(|device| source.starts_with(device));
    let is_read_only = (!options.is_empty()).then(|| options.split(',').any(|option| option.trim() == "ro"));
    Fields::of("mount")
        .text("source", source)
        .text("mount", target)
        .text("type", kind)
        .text("options", options)
        .flag("is_read_only", is_read_only)
        .flag("is_network", is_network)
        .flag("is_disk", source.starts_with("/dev/") && !is_image)
}

/// `\040` and its like, as the kernel writes spaces, tabs, line feeds and backslashes.
fn unescape(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", " "), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
