//! Text from elsewhere, made fit for a message.

/// `text` as one line of at most `limit` characters: white space becomes one space, control characters and those that change direction their `\u{…}` escapes.
pub(crate) fn visible(text: &str, limit: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let mut shown = String::new();
    for (count, character) in line.chars().enumerate() {
        if count == limit {
            shown.push('…');
            break;
        }
        if is_hidden(character) { shown.extend(character.escape_unicode()) } else { shown.push(character) }
    }
    shown
}

/// `url` without what may be secret in it: its credentials and its query, which signs a download.
pub(crate) fn shown_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let shown = match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        (None, Some((_, rest))) => format!("…@{rest}"),
        _ => url.to_owned(),
    };
    visible(&shown, 200)
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_visible_line() {
        for (text, expect) in [
            (" a\r\n\tb ", "a b"),
            ("a\u{1b}[31m", "a\\u{1b}[31m"),
            ("\u{202e}b", "\\u{202e}b"),
            ("12345678901", "1234567890…"),
        ] {
            assert_eq!(visible(text, 10), expect);
        }
    }

    #[test]
    fn urls_are_shown_without_secrets() {
        for (url, expect) in [
            ("https://cdn.example/a/b?Signature=s&x#y", "https://cdn.example/a/b"),
            ("http://me:pa@ss@host/x", "http://…@host/x"),
            ("me:pw@host", "…@host"),
        ] {
            assert_eq!(shown_url(url), expect);
        }
    }
}
