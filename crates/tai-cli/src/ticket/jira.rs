use serde_json::Value;

use super::Written;

/// Comments that are read, the last ones.
const COMMENTS: usize = 3;

/// Title and text of an issue of Jira, as its REST interface (versions 2 and 3) and its webhooks give it, or of the like of another tracker; `None` for what is no JSON
/// object.
pub(super) fn parse(bytes: &[u8]) -> Option<Written> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let issue = value.pointer("/issues/0").or_else(|| value.get("issue")).or_else(|| value.get(0)).unwrap_or(&value);
    let issue = issue.as_object()?;
    let fields = issue.get("fields").and_then(Value::as_object).unwrap_or(issue);
    let first =
        |names: &[&str]| names.iter().find_map(|name| Some(text(fields.get(*name)?)).filter(|text| !text.is_empty()));
    let title = first(&["summary", "title", "subject", "short_description"]).unwrap_or_default();
    let mut parts: Vec<String> = first(&["description", "body", "text", "message"]).into_iter().collect();
    parts.extend(first(&["environment"]).map(|text| format!("Environment: {text}")));
    for name in ["host", "hostname", "server", "components", "labels"] {
        parts
            .extend(fields.get(name).map(listed).filter(|text| !text.is_empty()).map(|text| format!("{name}: {text}")));
    }
    let comments = fields.get("comment").and_then(|comment| comment.get("comments")).and_then(Value::as_array);
    let comments = comments.map(Vec::as_slice).unwrap_or_default();
    let last = &comments[comments.len().saturating_sub(COMMENTS)..];
    parts.extend(last.iter().filter_map(|comment| comment.get("body")).map(text));
    parts.retain(|part| !part.trim().is_empty());
    Some(Written { title, text: parts.join("\n\n") })
}

/// Text, or a document in Atlassian's format: its texts, a line for each block.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Object(node) => {
            let mut found = node.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
            let kind = node.get("type").and_then(Value::as_str).unwrap_or_default();
            for child in node.get("content").and_then(Value::as_array).into_iter().flatten() {
                found += &text(child);
            }
            let is_block =
                matches!(kind, "paragraph" | "heading" | "codeBlock" | "listItem" | "tableRow" | "hardBreak");
            if is_block && !found.ends_with('\n') {
                found.push('\n');
            }
            if kind == "doc" { found.trim().to_owned() } else { found }
        }
        _ => String::new(),
    }
}

/// Names, of a list of texts or of objects that have one.
fn listed(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(listed).collect::<Vec<_>>().join(" "),
        Value::Object(item) => item.get("name").map(listed).unwrap_or_default(),
        Value::String(text) => text.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_versions_of_the_interface() {
        let check = |value: Value, title: &str, expect: &str| {
            let written = parse(value.to_string().as_bytes()).unwrap();
            assert_eq!((written.title.as_str(), written.text.as_str()), (title, expect));
        };
        let paragraph = |text: &str| json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
        let document = json!({"type": "doc", "version": 1, "content": [paragraph("The shop is down."), paragraph("See /var/log/nginx.")]});
        let fields = json!({
            "summary": "502", "description": document, "environment": "web1", "components": [{"name": "shop"}], "labels": [],
            "comment": {"comments": [{"body": "old"}, {"body": "b"}, {"body": "c"}, {"body": "since 14:00"}]}
        });
        let expect =
            "The shop is down.\nSee /var/log/nginx.\n\nEnvironment: web1\n\ncomponents: shop\n\nb\n\nc\n\nsince 14:00";
        check(json!({"key": "OPS-1", "fields": fields}), "502", expect);
        check(json!({"webhookEvent": "x", "issue": {"fields": {"summary": "a", "description": "b"}}}), "a", "b");
        check(json!({"issues": [{"fields": {"summary": "first"}}]}), "first", "");
        check(json!({"title": "other tracker", "body": "text"}), "other tracker", "text");
        assert_eq!(parse(b"[]"), None);
        assert_eq!(parse(b"{broken"), None);
    }
}
