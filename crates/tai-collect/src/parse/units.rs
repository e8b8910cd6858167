use std::collections::BTreeMap;

use super::{Reading, Value};
use crate::facts::parse_unit;

/// Reads `systemctl list-units --failed`: `name`, `load`, `active`, `sub`, `description`.
pub(super) fn failed(command: &str, text: &str) -> Vec<Reading> {
    let rows = text.lines().enumerate().filter_map(|(i, line)| Some((i, line, parse_unit(line)?)));
    rows.map(|(i, line, unit)| {
        let fields = BTreeMap::from([
            ("name", unit.name),
            ("load", unit.load),
            ("active", unit.active),
            ("sub", unit.sub),
            ("description", unit.description),
        ]);
        let fields = fields.into_iter().map(|(name, text)| (name, Value::Text(text))).collect();
        Reading { kind: "unit", fields, command: command.to_owned(), line: i + 1, text: line.to_owned() }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_each_unit() {
        let text = "  UNIT          LOAD   ACTIVE SUB    DESCRIPTION\n● nginx.service loaded failed failed A web server\n\n1 loaded units listed.\n";
        let found = failed("systemctl --failed", text);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].text_of("name"), found[0].text_of("description"), found[0].line),
            ("nginx.service", "A web server", 2)
        );
    }
}
