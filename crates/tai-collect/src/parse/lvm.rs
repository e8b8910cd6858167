use super::quantity::{number, size};
use super::rows::{Fields, Line, Output, Rows};
use super::table::{Cells, Heading};

/// Reads vgs: kind `volume_group`.
pub(super) fn vgs(output: &Output<'_>, rows: &mut Rows) {
    table(output, rows, "VG", |cells| {
        let (total, free) = (size(cells.get(&["VSize"])), size(cells.get(&["VFree"])));
        Fields::of("volume_group")
            .text("name", cells.get(&["VG"]))
            .number("size_bytes", total)
            .number("free_bytes", free)
            .share("free_percent", free, total)
            .flag("is_partial", letter(cells.get(&["Attr"]), 3).map(|letter| letter == 'p'))
    });
}

/// Reads vgdisplay: kind `volume_group`.
pub(super) fn vgdisplay(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, &str, Option<f64>)> = None;
    for line in output.filled_lines() {
        let text = line.text.trim();
        if let Some(name) = text.strip_prefix("VG Name") {
            open = Some((line, name.trim(), None));
        } else if let (Some(value), Some(open)) = (text.strip_prefix("VG Size"), open.as_mut()) {
            open.2 = size(&value.replace(' ', ""));
        } else if let (Some((_, value)), Some((line, name, total))) = (text.split_once("Free  PE / Size"), open) {
            let free = value.split_once('/').and_then(|(_, free)| size(&free.replace(' ', "")));
            let fields = Fields::of("volume_group").text("name", name).number("size_bytes", total);
            rows.push(line, fields.number("free_bytes", free).share("free_percent", free, total));
        }
    }
}

/// Reads lvs: kind `logical_volume`.
pub(super) fn lvs(output: &Output<'_>, rows: &mut Rows) {
    table(output, rows, "LV", |cells| {
        let attributes = cells.get(&["Attr"]);
        let is = |place: usize, letters: &'static str| letter(attributes, place).map(|letter| letters.contains(letter));
        let is_invalid = is(4, "ISM").zip(is(8, "FDMrmX")).map(|(state, health)| state || health);
        Fields::of("logical_volume")
            .text("name", cells.get(&["LV"]).trim_matches(['[', ']']))
            .text("group", cells.get(&["VG"]))
            .number("size_bytes", size(cells.get(&["LSize"])))
            .text("attributes", attributes)
            .flag("is_active", is(4, "aSsMmd"))
            .flag("is_partial", is(8, "p"))
            .flag("is_invalid", is_invalid)
            .flag("is_thin_pool", is(0, "t"))
            .flag("is_snapshot", is(0, "sS"))
            .number("data_percent", number(cells.get(&["Data%", "Snap%"])))
            .number("metadata_percent", number(cells.get(&["Meta%"])))
    });
}

/// Reads pvs: kind `physical_volume`. Devices that are none, which `-a` lists, are left out.
pub(super) fn pvs(output: &Output<'_>, rows: &mut Rows) {
    table(output, rows, "PV", |cells| {
        let (name, attributes) = (cells.get(&["PV"]), cells.get(&["Attr"]));
        if attributes.starts_with("---") {
            return Fields::of("physical_volume");
        }
        Fields::of("physical_volume")
            .text("name", name)
            .text("group", cells.get(&["VG"]))
            .number("size_bytes", size(cells.get(&["PSize"])))
            .number("free_bytes", size(cells.get(&["PFree"])))
            .flag("is_missing", attributes.contains('m') || name == "[unknown]" || name == "unknown device")
    });
}

fn table(output: &Output<'_>, rows: &mut Rows, first: &str, read: impl Fn(&Cells) -> Fields) {
    let mut lines = output.filled_lines().skip_while(|line| line.text.split_whitespace().next() != Some(first));
    let Some(heading) = lines.next() else {
        rows.unread += output.filled_lines().filter(|line| !is_chatter(line.text)).count();
        return;
    };
    let heading = Heading::new(heading.text, 1);
    for line in lines.filter(|line| !is_chatter(line.text)) {
        let fields = read(&heading.cells_under(line));
        if !fields.is_empty() {
            rows.push(line, fields);
        }
    }
}

/// What LVM's tools say besides their table.
fn is_chatter(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("WARNING")
        || line.starts_with("Couldn't find device")
        || line.starts_with("Wiping")
        || line.starts_with("Reloading config")
        || line.ends_with('.')
}

fn letter(attributes: &str, place: usize) -> Option<char> {
    attributes.chars().nth(place)
}
