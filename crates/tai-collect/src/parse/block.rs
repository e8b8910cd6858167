use serde_json::Value;

use super::json;
use super::quantity::{number, size};
use super::rows::{Fields, Output, Rows};
use super::table::{Heading, pairs};

/// Reads lsblk (tree, list, pairs, JSON): kind `block_device`.
pub(super) fn lsblk(output: &Output<'_>, rows: &mut Rows) {
    if let Some(value) = json::document(output.text) {
        json::each_object(&value, &mut |object| {
            let text = |name: &str| match object.get(name) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Bool(yes)) => u8::from(*yes).to_string(),
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::Array(texts)) => texts.iter().find_map(Value::as_str).unwrap_or_default().to_owned(),
                _ => String::new(),
            };
            let name = text("name");
            if !name.is_empty() {
                let line = output.line_with(&format!("\"{name}\""));
                rows.push(
                    line,
                    device(|key| {
                        if key == "MOUNTPOINT" {
                            text("mountpoint") + &text("mountpoints")
                        } else {
                            text(&key.to_lowercase())
                        }
                    }),
                );
            }
        });
        return;
    }
    let mut lines = output.filled_lines();
    let Some(first) = lines.next() else { return };
    if !pairs(first.text).is_empty() {
        for line in output.filled_lines() {
            let pairs = pairs(line.text);
            let get = |name: &str| {
                let plural = format!("{name}S");
                let is_it = |key: &str| key == name || key == plural || key.replace('_', "%") == name;
                pairs.iter().find(|(key, _)| is_it(key)).map_or(String::new(), |(_, value)| (*value).to_owned())
            };
            rows.push_or_unread(line, (!get("NAME").is_empty()).then(|| device(get)));
        }
        return;
    }
    let heading = Heading::new(first.text, 1);
    if !heading.has("NAME") {
        rows.unread += output.filled_lines().count();
        return;
    }
    for line in lines {
        let cells = heading.cells_under(line);
        // A further mount of the device above stands alone in its line.
        if !cells.get(&["NAME"]).trim_start_matches(|c: char| "│├└─|`- ".contains(c)).is_empty() {
            rows.push(line, device(|name| cells.get(&[name, &format!("{name}S")]).to_owned()));
        }
    }
}

fn device(get: impl Fn(&str) -> String) -> Fields {
    let read_only = get("RO");
    Fields::of("block_device")
        .text("name", get("NAME").trim_start_matches(|c: char| "│├└─|`- ".contains(c)))
        .text("type", &get("TYPE"))
        .number("size_bytes", size(&get("SIZE")))
        .text("fstype", &get("FSTYPE"))
        .text("mount", &get("MOUNTPOINT"))
        .flag("is_read_only", (!read_only.is_empty()).then_some(read_only == "1"))
        .text("model", &get("MODEL"))
        .text("state", &get("STATE"))
        .number("used_percent", number(&get("FSUSE%")))
}
