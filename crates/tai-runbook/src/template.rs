use crate::fact::Value;

/// A `cause`: text in which `{name}` stands for a capture group or a field.
///
/// Braces around anything but a name are text. A name that ends in `_bytes` is shown in binary units (`1.5 GiB`),
/// and every value is cut at 160 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

impl Template {
    /// Reads a template; every text is one.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_name(rest) {
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Name(name.to_owned()));
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Self { parts }
    }

    /// The names the text uses.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with the values that `lookup` knows; `…` where it knows none.
    pub(crate) fn fill(&self, lookup: impl Fn(&str) -> Option<Value>) -> String {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Name(name) => match lookup(name) {
                    Some(value) => push_value(&mut filled, name, &value),
                    None => filled.push('…'),
                },
            }
        }
        filled
    }
}

fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(open, _)| {
        let inner = &text[open + 1..];
        let close = inner.find('}')?;
        let name = &inner[..close];
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| (&text[..open], name, &inner[close + 1..]))
    })
}

const VALUE_CHARS: usize = 160;

fn push_value(filled: &mut String, name: &str, value: &Value) {
    let text = match value {
        _ if !name.ends_with("_bytes") => value.to_string(),
        Value::Number(bytes) => binary_units(*bytes),
        Value::Text(text) => text.parse().map_or_else(|_| text.clone(), binary_units),
    };
    match text.char_indices().nth(VALUE_CHARS) {
        Some((end, _)) => {
            filled.push_str(&text[..end]);
            filled.push('…');
        }
        None => filled.push_str(&text),
    }
}

fn binary_units(bytes: f64) -> String {
    let mut value = bytes;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return format!("{} {unit}", Value::Number(value));
        }
        value /= 1024.0;
    }
    format!("{} TiB", Value::Number(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, value: Value, expect: &str) {
        let filled = Template::parse(template).fill(|name| (name != "none").then(|| value.clone()));
        assert_eq!(filled, expect);
    }

    #[test]
    fn fills_names_only() {
        check("{mount} is full", "/var".into(), "/var is full");
        check("{a}{b}", "x".into(), "xx");
        check("no {none} here", "x".into(), "no … here");
        check("{} { a } {unclosed {name}", "x".into(), "{} { a } {unclosed x");
        check("{", "x".into(), "{");
    }

    #[test]
    fn shows_numbers_and_sizes() {
        check("{used_percent} %", 97.0.into(), "97 %");
        check("{used_percent} %", 2.54.into(), "2.5 %");
        check("{avail_bytes}", 0.0.into(), "0 bytes");
        check("{avail_bytes}", 1_610_612_736.0.into(), "1.5 GiB");
        check("{size_bytes}", "2097152".into(), "2 MiB");
        check("{size_bytes}", "much".into(), "much");
    }

    #[test]
    fn cuts_long_values() {
        check("{x}", Value::Text("ä".repeat(161)), &format!("{}…", "ä".repeat(160)));
    }
}
