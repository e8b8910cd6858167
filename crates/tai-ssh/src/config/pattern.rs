//! Patterns as `ssh_config(5)` has them: `*`, `?`, lists with commas, `!` for what is left out.

/// Whether a pattern of `*` and `?` matches the whole text. Both count in bytes, as in OpenSSH; time is at most quadratic.
pub(super) fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut at, mut next) = (0, 0);
    let mut star = None;
    while at < text.len() {
        match pattern.get(next) {
            Some(b'*') => {
                star = Some((at, next));
                next += 1;
            }
            Some(&expect) if expect == b'?' || expect == text[at] => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((from, position)) = star else { return false };
                star = Some((from + 1, position));
                at = from + 1;
                next = position + 1;
            }
        }
    }
    pattern[next..].iter().all(|&byte| byte == b'*')
}

/// What a list of patterns says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Matches,
    /// A pattern with `!` matches: this outweighs all others.
    Excluded,
    Unknown,
}

/// Matches a list with commas. `lower` makes the patterns lower case, never the text.
pub(super) fn match_list(text: &str, list: &str, lower: bool) -> Verdict {
    const LONGEST: usize = 1022;
    let mut verdict = Verdict::Unknown;
    // A comma at the end ends the last pattern, it begins no empty one.
    let list = list.strip_suffix(',').unwrap_or(list);
    if list.is_empty() {
        return verdict;
    }
    for pattern in list.split(',') {
        let (negated, pattern) = pattern.strip_prefix('!').map_or((false, pattern), |rest| (true, rest));
        if pattern.len() > LONGEST {
            return Verdict::Unknown;
        }
        let found = if lower { matches(text, &pattern.to_ascii_lowercase()) } else { matches(text, pattern) };
        match (found, negated) {
            (true, true) => return Verdict::Excluded,
            (true, false) => verdict = Verdict::Matches,
            (false, _) => {}
        }
    }
    verdict
}

/// Matches a host against a list, both in lower case.
pub(super) fn match_host(host: &str, list: &str) -> bool {
    match_list(&host.to_ascii_lowercase(), list, true) == Verdict::Matches
}

#[cfg(test)]
mod tests {
    use super::{Verdict, match_host, match_list, matches};

    #[test]
    fn wildcards() {
        for (text, pattern, expect) in [
            ("web1", "web?", true),
            ("web", "web?", false),
            ("web12", "web?", false),
            ("", "*", true),
            ("", "", true),
            ("a", "", false),
            ("a.b.c", "*.c", true),
            ("abcabc", "a*c", true),
            ("abcabd", "a*c", false),
            ("aXbXc", "a*b*c", true),
            ("é", "?", false),
            ("é", "??", true),
            ("Web", "web", false),
        ] {
            assert_eq!(matches(text, pattern), expect, "{text} {pattern}");
        }
        assert!(!matches(&"a".repeat(2000), &("*a".repeat(1000) + "b")));
    }

    #[test]
    fn lists() {
        assert_eq!(match_list("a", "a,!a", false), Verdict::Excluded);
        assert_eq!(match_list("a", "!b", false), Verdict::Unknown);
        assert_eq!(match_list("a", "b,a", false), Verdict::Matches);
        assert_eq!(match_list("", "", false), Verdict::Unknown);
        assert!(match_host("WEB1", "Web*"));
    }
}
