//! As much of URLs as redirects and the hub's paths need.

/// Scheme and authority, lower case, with the default port left out.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (scheme, rest) = (scheme.to_ascii_lowercase(), rest.split(['/', '?', '#']).next()?);
    let authority = rest.rsplit('@').next()?.to_ascii_lowercase();
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let host = authority.strip_suffix(default_port).unwrap_or(&authority);
    (!host.is_empty()).then(|| format!("{scheme}://{host}"))
}

/// Whether two URLs are of one scheme, host and port.
pub(super) fn is_same_origin(left: &str, right: &str) -> bool {
    origin(left).is_some_and(|left| Some(left) == origin(right))
}

/// The URL that `location` means in an answer from `url`.
pub(super) fn joined(url: &str, location: &str) -> Option<String> {
    let location = location.split('#').next().unwrap_or_default();
    let (scheme, _) = url.split_once("://")?;
    if location.starts_with("http://") || location.starts_with("https://") {
        return Some(location.to_owned());
    }
    if location.is_empty() || location.split(['/', '?']).next()?.contains(':') {
        return None;
    }
    if let Some(rest) = location.strip_prefix("//") {
        return Some(format!("{scheme}://{rest}"));
    }
    let authority = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let base = format!("{scheme}://{authority}");
    if location.starts_with('/') {
        return Some(format!("{base}{location}"));
    }
    let path = url.strip_prefix(&base)?.split(['?', '#']).next()?;
    if location.starts_with('?') {
        return Some(format!("{base}{path}{location}"));
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(format!("{base}{folder}/{location}"))
}

/// `text` as part of a path: what has a meaning in URLs is escaped, slashes only unless they are to stay.
pub(super) fn path_encoded(text: &str, keep_slashes: bool) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (keep_slashes && byte == b'/') {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_scheme_host_and_port() {
        for (left, right, expect) in [
            ("https://hub.example/a", "https://HUB.example:443", true),
            ("http://hub.example/a", "https://hub.example/a", false),
            ("https://hub.example", "https://hub.example.evil.example", false),
            ("https://hub.example@evil.example/", "https://hub.example", false),
            ("https://hub.example:8443", "https://hub.example", false),
            ("nonsense", "nonsense", false),
        ] {
            assert_eq!(is_same_origin(left, right), expect, "{left} {right}");
        }
    }

    #[test]
    fn redirects_are_resolved() {
        let from = "https://hub.example/a/b?x=1";
        for (location, expect) in [
            ("https://cdn.example/f?s=1", Some("https://cdn.example/f?s=1")),
            ("//cdn.example/f", Some("https://cdn.example/f")),
            ("/c?y=2", Some("https://hub.example/c?y=2")),
            ("c", Some("https://hub.example/a/c")),
            ("?y", Some("https://hub.example/a/b?y")),
            ("ftp://x/y", None),
            ("javascript:x", None),
            ("", None),
        ] {
            assert_eq!(joined(from, location).as_deref(), expect, "{location}");
        }
    }

    #[test]
    fn paths_are_escaped() {
        assert_eq!(path_encoded("refs/pr/1", false), "refs%2Fpr%2F1");
        assert_eq!(path_encoded("1_Pooling/a b?.json", true), "1_Pooling/a%20b%3F.json");
    }
}
