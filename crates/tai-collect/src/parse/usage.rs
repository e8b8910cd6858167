use super::quantity::{count, size};
use super::rows::{Fields, Output, Rows};
use super::table::Heading;

/// Reads du: kind `directory_size`. The unit follows from the options: KiB, unless `-b`, `-m` or `-h`.
pub(super) fn du(output: &Output<'_>, rows: &mut Rows) {
    let unit = match () {
        () if output.has_flag('b') || output.has("--bytes") || output.has_option_with("block-size=1") => 1.0,
        () if output.has_flag('m') => 1_048_576.0,
        () => 1024.0,
    };
    for line in output.filled_lines() {
        let fields = line.text.split_once('\t').or_else(|| line.text.split_once(' ')).and_then(|(amount, path)| {
            let bytes = count(amount).map(|n| n * unit).or_else(|| size(amount))?;
            Some(Fields::of("directory_size").text("path", path).number("size_bytes", bytes))
        });
        rows.push_or_unread(line, fields);
    }
}

/// Reads lsof, of which the deleted files: those with a link count of 0, or marked `(deleted)`. Kind `deleted_file`.
pub(super) fn lsof(output: &Output<'_>, rows: &mut Rows) {
    let mut lines = output.filled_lines().skip_while(|line| !line.text.trim_start().starts_with("COMMAND"));
    let Some(first) = lines.next() else {
        rows.unread += output.filled_lines().count();
        return;
    };
    let has_links = Heading::new(first.text, 1).has("NLINK");
    for line in lines {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        // DEVICE SIZE/OFF [NLINK] NODE NAME, after COMMAND PID [TID TASKCMD] USER FD TYPE.
        let Some(device) = words.iter().position(|word| is_device(word)) else {
            if words.len() < 5 {
                rows.unread();
            }
            continue;
        };
        let name_at = device + if has_links { 4 } else { 3 };
        let (Some(amount), Some(name)) = (words.get(device + 1), words.get(name_at..)) else {
            rows.unread();
            continue;
        };
        let name = name.join(" ");
        let is_deleted = name.ends_with("(deleted)") || has_links && words.get(device + 2) == Some(&"0");
        if is_deleted && count(amount).is_some() {
            let path = name.trim_end_matches("(deleted)").trim();
            let is_anonymous = ["/memfd:", "/dev/shm/", "/SYSV", "/dev/zero", "/[aio]", "/i915", "/drm"]
                .iter()
                .any(|p| path.starts_with(p));
            let fields = Fields::of("deleted_file").text("path", path).number("size_bytes", count(amount));
            rows.push(
                line,
                fields.text("process", words[0]).number("pid", count(words[1])).flag("is_anonymous", is_anonymous),
            );
        }
    }
}

fn is_device(word: &str) -> bool {
    word.split_once(',').is_some_and(|(major, minor)| count(major).is_some() && count(minor).is_some())
}
