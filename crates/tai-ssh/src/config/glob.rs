//! File names by pattern, as `glob(3)` finds them for `Include`.

use std::fs;
use std::path::{Path, PathBuf};

/// The files that an absolute pattern names, in byte order.
///
/// A hidden file matches only a pattern that begins with a dot. A directory that cannot be read has no files.
pub(super) fn find(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let plain = literal(part);
        found = found
            .into_iter()
            .flat_map(|dir| match &plain {
                Some(name) => vec![dir.join(name)].into_iter().filter(|path| path.symlink_metadata().is_ok()).collect(),
                None => children(&dir, part),
            })
            .collect();
    }
    found.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    found
}

/// The name that a part stands for when it holds no wildcard.
fn literal(part: &str) -> Option<String> {
    let mut name = String::new();
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => return None,
            '[' if chars.as_str().contains(']') => return None,
            '\\' => name.push(chars.next().unwrap_or('\\')),
            c => name.push(c),
        }
    }
    Some(name)
}

fn children(dir: &Path, pattern: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let pattern: Vec<char> = pattern.chars().collect();
    let names = entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|name| name.starts_with('.') <= (pattern.first() == Some(&'.')))
        .filter(|name| matches(&name.chars().collect::<Vec<_>>(), &pattern))
        .map(|name| dir.join(name))
        .collect()
}

fn matches(name: &[char], pattern: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut star = None;
    while at < name.len() {
        if pattern.get(next) == Some(&'*') {
            star = Some((at, next));
            next += 1;
        } else if let Some(width) = one(name[at], &pattern[next..]) {
            at += 1;
            next += width;
        } else if let Some((from, position)) = star {
            star = Some((from + 1, position));
            at = from + 1;
            next = position + 1;
        } else {
            return false;
        }
    }
    pattern[next..].iter().all(|c| *c == '*')
}

/// How much of the pattern stands for this one character; `None` when it does not match.
fn one(c: char, pattern: &[char]) -> Option<usize> {
    match pattern {
        [] => None,
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == c).then_some(2),
        ['[', rest @ ..] => {
            let negated = matches!(rest.first(), Some('!' | '^'));
            let start = usize::from(negated);
            // A bracket right at the beginning belongs to the set.
            let Some(end) = rest.iter().skip(start + 1).position(|c| *c == ']').map(|end| end + start + 1) else {
                return (c == '[').then_some(1);
            };
            (is_in(c, &rest[start..end]) != negated).then_some(end + 2)
        }
        [plain, ..] => (*plain == c).then_some(1),
    }
}

fn is_in(c: char, mut set: &[char]) -> bool {
    loop {
        set = match set {
            [low, '-', high, rest @ ..] if !(*low..=*high).contains(&c) => rest,
            [one, rest @ ..] if *one != c && rest.first() != Some(&'-') => rest,
            [one, '-'] if *one != c => &set[1..],
            [] => return false,
            _ => return true,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn names() {
        for (name, pattern, expect) in [
            ("a.conf", "*.conf", true),
            ("a.conf", "[a-c].conf", true),
            ("d.conf", "[a-c].conf", false),
            ("d.conf", "[!a-c].conf", true),
            ("]", "[]]", true),
            ("[", "[", true),
            ("*", r"\*", true),
            ("a", r"\*", false),
            ("abc", "?b?", true),
        ] {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(matches(&chars(name), &chars(pattern)), expect, "{name} {pattern}");
        }
    }
}
