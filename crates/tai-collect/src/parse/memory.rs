use std::collections::BTreeMap;

use super::quantity::{count, size};
use super::rows::{Fields, Output, Rows};

/// Reads /proc/meminfo (`proc_meminfo(5)`): kind `memory`, one row at the line of `MemAvailable`. Kernels before 3.14 (RHEL 6) have none: then what is free and cached
/// stands for it, at the line of `MemFree`.
pub(super) fn meminfo(output: &Output<'_>, rows: &mut Rows) {
    let mut values = BTreeMap::new();
    for line in output.filled_lines() {
        let value = line.text.split_once(':').and_then(|(name, value)| {
            let bytes = match value.trim().strip_suffix("kB") {
                Some(kib) => count(kib)? * 1024.0,
                None => count(value)?,
            };
            Some((name.trim(), (line, bytes)))
        });
        match value {
            Some((name, value)) => drop(values.insert(name, value)),
            None => rows.unread(),
        }
    }
    let get = |name: &str| values.get(name).map(|(_, bytes)| *bytes);
    let estimate = || Some(get("MemFree")? + get("Buffers").unwrap_or(0.0) + get("Cached")?);
    let line = values.get("MemAvailable").or_else(|| values.get("MemFree")).map(|(line, _)| *line);
    let (Some(line), Some(total), Some(available)) = (line, get("MemTotal"), get("MemAvailable").or_else(estimate))
    else {
        return;
    };
    let slab = get("Slab");
    let huge = get("HugePages_Total").zip(get("Hugepagesize")).map(|(pages, size)| pages * size);
    let fields = amounts(total, Some(available), get("SwapTotal"), get("SwapFree"))
        .number("free_bytes", get("MemFree"))
        .number("cached_bytes", get("Cached"))
        .number("slab_bytes", slab)
        .share("slab_percent", slab, Some(total))
        .number("shared_bytes", get("Shmem"))
        .number("dirty_bytes", get("Dirty"))
        .share("committed_percent", get("Committed_AS"), get("CommitLimit"))
        .number("huge_pages_total", get("HugePages_Total"))
        .number("huge_pages_free", get("HugePages_Free"));
    rows.push(line, fields.number("huge_pages_bytes", huge));
}

/// Reads free, of procps old (RHEL 6: `-/+ buffers/cache`) and new and of busybox, in any unit: kind `memory`, one row.
pub(super) fn free(output: &Output<'_>, rows: &mut Rows) {
    let unit = match () {
        () if output.has_flag('b') || output.has("--bytes") => 1.0,
        () if output.has_flag('m') || output.has("--mebi") => 1_048_576.0,
        () if output.has_flag('g') || output.has("--gibi") => 1_073_741_824.0,
        () => 1024.0,
    };
    let amount = |word: &&str| count(word).map(|n| n * unit).or_else(|| size(word));
    let (mut memory, mut swap, mut really_free) = (None, None, None);
    let mut heading: Vec<&str> = Vec::new();
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let values: Vec<f64> = words.iter().filter_map(amount).collect();
        match words[0] {
            "total" => heading = words,
            "Mem:" => memory = Some((line, values)),
            "Swap:" => swap = Some(values),
            "-/+" => really_free = values.last().copied(),
            "Total:" | "Low:" | "High:" | "Comm:" => {}
            _ => rows.unread(),
        }
    }
    let Some((line, values)) = memory else { return };
    let column = |name: &str| heading.iter().position(|column| *column == name).and_then(|i| values.get(i).copied());
    let Some(total) = values.first().copied() else { return };
    let available = column("available").or(really_free);
    let of_swap = |i: usize| swap.as_ref().and_then(|swap: &Vec<f64>| swap.get(i).copied());
    let fields = amounts(total, available, of_swap(0), of_swap(2)).number("free_bytes", column("free"));
    rows.push(
        line,
        fields
            .number("shared_bytes", column("shared"))
            .number("cached_bytes", column("buff/cache").or(column("cached"))),
    );
}

fn amounts(total: f64, available: Option<f64>, swap_total: Option<f64>, swap_free: Option<f64>) -> Fields {
    let swap_used = swap_total.zip(swap_free).map(|(total, free)| total - free);
    Fields::of("memory")
        .number("total_bytes", total)
        .number("available_bytes", available)
        .share("available_percent", available, Some(total))
        .number("swap_total_bytes", swap_total)
        .number("swap_free_bytes", swap_free)
        .share("swap_used_percent", swap_used, swap_total)
}

#[cfg(test)]
mod tests {
    use crate::parse::testing::check;

    #[test]
    fn the_share_that_is_available() {
        let text = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\nSwapTotal:         0 kB\nSwapFree:          0 kB\n";
        check(
            "cat /proc/meminfo",
            text,
            "memory",
            "available_percent swap_total_bytes swap_used_percent",
            &["3: 25 0 "],
            0,
        );
        check("cat /proc/meminfo", "MemTotal: 1000 kB\nMemFree: 1 kB\n", "memory", "", &[], 0);
        let old = "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 150 kB\ncut";
        check("cat /proc/meminfo", old, "memory", "available_percent", &["2: 30"], 1);
    }
}
