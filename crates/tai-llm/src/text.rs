//! Text from servers, made fit for an error message.

/// `text` as one line of at most `limit` characters and an ellipsis: runs of white space become
/// one space, control and direction-changing characters their `\u{…}` escapes.
pub(crate) fn visible(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for (index, word) in text.split_whitespace().enumerate() {
        let space = (index > 0).then_some(' ');
        for character in space.into_iter().chain(word.chars()) {
            if length == limit {
                line.push('…');
                return line;
            }
            length += 1;
            if is_hidden(character) {
                line.extend(character.escape_unicode());
            } else {
                line.push(character);
            }
        }
    }
    line
}

/// `url` without what may be secret in it, its credentials and its query, fit for a message.
pub(crate) fn shown_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let url = match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        (None, Some((_, rest))) => format!("…@{rest}"),
        _ => url.to_owned(),
    };
    visible(&url, 200)
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_visible_line() {
        let cases = [
            ("plain", "plain"),
            ("", ""),
            (" \r\n <h1>Bad\tGateway</h1>\n\n", "<h1>Bad Gateway</h1>"),
            ("a\u{1b}[31mred\u{7}", "a\\u{1b}[31mred\\u{7}"),
            ("a\u{202e}b\u{9b}", "a\\u{202e}b\\u{9b}"),
            ("12345678901234567890", "12345678901234567890"),
            ("123456789012345678901", "12345678901234567890…"),
            ("é é é é é é é é é é é", "é é é é é é é é é é …"),
        ];
        for (text, expect) in cases {
            assert_eq!(visible(text, 20), expect);
        }
    }

    #[test]
    fn urls_are_shown_without_secrets() {
        let cases = [
            ("http://localhost:1/v1", "http://localhost:1/v1"),
            ("https://me:pa/ss@w@host/v1?key=k#f", "https://…@host/v1"),
            ("me:pass@host", "…@host"),
            ("http://\u{1b}]0;x", "http://\\u{1b}]0;x"),
        ];
        for (url, expect) in cases {
            assert_eq!(shown_url(url), expect);
        }
    }
}
