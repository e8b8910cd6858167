use std::borrow::Cow;

/// Turns bytes of a host into text that may be shown, chunked and quoted.
///
/// Lines stay lines, so a line number of the text is a line number of the bytes. A carriage return before a line feed and ANSI
/// escape sequences (ECMA-48 CSI and OSC) are left out; every other control character but tab becomes its picture (U+2400 block, `␀` for NUL), bytes that are not
/// UTF-8 become U+FFFD, and so do invisible characters: those that change the direction of text, join or separate without a trace, or carry hidden tags.
/// Text that needs none of this is not copied.
pub fn visible(bytes: Vec<u8>) -> String {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    match sanitize(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(clean) => clean,
    }
}

/// [`visible`], and the bytes themselves where the text is not just them.
pub fn visible_and_raw(bytes: Vec<u8>) -> (String, Option<Vec<u8>>) {
    match String::from_utf8(bytes) {
        Ok(text) => match sanitize(&text) {
            Cow::Borrowed(_) => (text, None),
            Cow::Owned(clean) => (clean, Some(text.into_bytes())),
        },
        Err(error) => (visible(error.as_bytes().to_vec()), Some(error.into_bytes())),
    }
}

/// [`visible`] for what must stay on one line, such as a name or a reason: line feeds and tabs become spaces.
pub fn visible_line(text: String) -> String {
    visible(text.into_bytes()).replace(['\n', '\t'], " ")
}

fn sanitize(text: &str) -> Cow<'_, str> {
    let Some((first, _)) = text.char_indices().find(|&(_, c)| needs_care(c)) else {
        return Cow::Borrowed(text);
    };
    let mut clean = String::with_capacity(text.len());
    clean.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\u{1b}' => escape_sequence(rest),
            '\r' if rest[1..].starts_with('\n') => 1,
            _ => {
                clean.push(picture(c));
                c.len_utf8()
            }
        };
        if c == '\u{1b}' && length == 0 {
            clean.push(picture(c));
            rest = &rest[1..];
        } else {
            rest = &rest[length..];
        }
    }
    Cow::Owned(clean)
}

fn needs_care(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || is_invisible(c)
}

/// Format characters and separators (Unicode categories Cf, Zl, Zp) but for the joiners that scripts need.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

fn picture(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        c if c.is_control() || is_invisible(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// The length of the escape sequence at the start of `text`, 0 when it is not a whole one. It never takes a line feed, so a
/// sequence that was cut off cannot swallow a line.
fn escape_sequence(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(1) {
        Some(b'[') => {
            let body = bytes[2..].iter().take_while(|b| (0x20..=0x3f).contains(*b)).count();
            match bytes.get(2 + body) {
                Some(0x40..=0x7e) => 3 + body,
                _ => 0,
            }
        }
        Some(b']') => {
            let body = bytes[2..].iter().take_while(|b| !matches!(b, 0x07 | 0x1b | b'\n')).count();
            match &bytes[2 + body..] {
                [0x07, ..] => 3 + body,
                [0x1b, b'\\', ..] => 4 + body,
                _ => 0,
            }
        }
        Some(b'(' | b')') if bytes.get(2).is_some_and(u8::is_ascii_alphanumeric) => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_of_a_host_becomes_visible() {
        let check = |input: &[u8], expect: &str| assert_eq!(visible(input.to_vec()), expect, "{input:?}");
        check(b"plain\ttext\n", "plain\ttext\n");
        check(b"dos\r\nline\r\n", "dos\nline\n");
        check(b"progress 1%\rprogress 2%\n", "progress 1%\u{240d}progress 2%\n");
        check(b"a\0b", "a\u{2400}b");
        check(b"\x1b[31mred\x1b[0m", "red");
        check(b"\x1b]0;title\x07text", "text");
        check(b"\x1b]8;;http://x\x1b\\text", "text");
        check(b"cut \x1b[31\nnext", "cut \u{241b}[31\nnext");
        check(b"open \x1b]0;title\nnext", "open \u{241b}]0;title\nnext");
        check(b"\xff\xfe", "\u{fffd}\u{fffd}");
        check("evil \u{202e}txt".as_bytes(), "evil \u{fffd}txt");
        check("hid\u{200b}den \u{e0041}tag".as_bytes(), "hid\u{fffd}den \u{fffd}tag");
        check("c1 \u{9b}31m".as_bytes(), "c1 \u{fffd}31m");
        check("größe".as_bytes(), "größe");
    }

    proptest! {
        #[test]
        fn lines_stay_lines_and_nothing_invisible_is_left(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let lines = bytes.iter().filter(|b| **b == b'\n').count();
            let text = visible(bytes);
            prop_assert_eq!(text.matches('\n').count(), lines);
            prop_assert!(!text.chars().any(needs_care));
        }
    }
}
