//! Words of a line. OpenSSH splits the keyword (and `Match`) and the arguments of the others in two different ways.

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// The next word up to white space, a quote or one `=`, and what follows, `None` at the end of the line.
///
/// A quote anywhere in the word makes the next quote its end. A quote without its end gives no word.
pub(super) fn word(text: &str) -> Option<(String, Option<&str>)> {
    let Some(end) = text.find(|c| SPACE.contains(&c) || c == '"' || c == '=') else {
        return Some((text.to_owned(), None));
    };
    let (head, rest) = text.split_at(end);
    if let Some(quoted) = rest.strip_prefix('"') {
        let (inside, after) = quoted.split_once('"')?;
        return Some((format!("{head}{inside}"), Some(after.trim_start_matches(SPACE))));
    }
    let had_equals = rest.starts_with('=');
    let rest = rest[1..].trim_start_matches(SPACE);
    match rest.strip_prefix('=') {
        Some(after) if !had_equals => Some((head.to_owned(), Some(after.trim_start_matches(SPACE)))),
        _ => Some((head.to_owned(), Some(rest))),
    }
}

/// The arguments after a keyword: quotes of both kinds, a few escapes with `\`, and a comment at `#` where a word would begin.
///
/// `None` when a quote has no end.
pub(super) fn arguments(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&first) = chars.peek() {
        if first == ' ' || first == '\t' {
            chars.next();
            continue;
        }
        if first == '#' {
            break;
        }
        words.push(argument(&mut chars)?);
    }
    Some(words)
}

fn argument(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut word = String::new();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.peek() {
                Some(&next) if matches!(next, '\'' | '"' | '\\') || (quote.is_none() && next == ' ') => {
                    word.push(next);
                    chars.next();
                }
                _ => word.push(c),
            },
            ' ' | '\t' if quote.is_none() => return Some(word),
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            c => word.push(c),
        }
    }
    quote.is_none().then_some(word)
}

#[cfg(test)]
mod tests {
    use super::{arguments, word};

    #[test]
    fn keywords() {
        for (text, expect, rest) in [
            ("Port 22", "Port", Some("22")),
            ("Port=22", "Port", Some("22")),
            ("Port \t= 22", "Port", Some("22")),
            ("Port==22", "Port", Some("=22")),
            ("Port", "Port", None),
            ("Port ", "Port", Some("")),
            ("  Port 22", "", Some("Port 22")),
            ("\"Port\" 22", "Port", Some("22")),
        ] {
            assert_eq!(word(text), Some((expect.to_owned(), rest)), "{text:?}");
        }
        assert_eq!(word("\"Port 22"), None);
    }

    #[test]
    fn quoting() {
        for (text, expect) in [
            ("a b", Some(vec!["a", "b"])),
            ("\"a b\" c", Some(vec!["a b", "c"])),
            ("a\" \"b", Some(vec!["a b"])),
            (r"a\ b \q '\''", Some(vec!["a b", r"\q", "'"])),
            ("a # b", Some(vec!["a"])),
            ("a#b", Some(vec!["a#b"])),
            ("\"\"", Some(vec![""])),
            ("\"a", None),
        ] {
            let expect: Option<Vec<String>> = expect.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(arguments(text), expect, "{text:?}");
        }
    }
}
