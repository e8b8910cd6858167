//! What a sentence says is not there.

use std::ops::Range;

/// How a clause says that something was looked for and not found. What follows is named as absent, so it need not be in the evidence.
const PHRASES: &[&str] = &[
    "does not contain",
    "does not include",
    "does not mention",
    "does not point to",
    "does not show",
    "do not contain",
    "do not include",
    "do not mention",
    "do not point to",
    "do not show",
    "neither",
    "no evidence",
    "no hint",
    "no indication",
    "no mention",
    "no sign",
    "no trace",
    "nothing here points",
    "nothing here suggests",
    "nothing in it points",
    "nothing points",
    "nothing speaks for",
    "nothing suggests",
    "rules out",
];

/// What ends a clause: what stands behind it is no longer denied.
const BREAKS: &[&str] = &[
    ",",
    ";",
    ":",
    "—",
    "–",
    ". ",
    " although ",
    " because ",
    " but ",
    " hence ",
    " since ",
    " so ",
    " therefore ",
    " though ",
    " while ",
    " yet ",
];

/// The parts of a sentence that tell what is not there: from a phrase that says so to the end of its clause.
pub(super) fn denials(sentence: &str) -> Vec<Range<usize>> {
    let lower = sentence.to_ascii_lowercase();
    let begin =
        |phrase: &&'static str| lower.match_indices(*phrase).map(|(at, phrase)| at + phrase.len()).collect::<Vec<_>>();
    let clause = |from: usize| {
        let rest = &lower[from..];
        from..from + BREAKS.iter().filter_map(|mark| rest.find(mark)).min().unwrap_or(rest.len())
    };
    PHRASES.iter().flat_map(begin).map(clause).collect()
}

/// Whether a sentence sets something aside: it says of it that it is no cause, so it claims nothing but that it was seen.
pub(super) fn dismisses(sentence: &str) -> bool {
    const PHRASES: &[&str] = &[
        "does not explain",
        "has no bearing",
        "has nothing to do",
        "have no bearing",
        "have nothing to do",
        "is a separate",
        "is not related",
        "is unrelated",
        "not the cause",
        "another application",
        "another matter",
    ];
    let lower = sentence.to_ascii_lowercase();
    PHRASES.iter().any(|phrase| lower.contains(phrase))
}

/// Whether `part`, which is a piece of `whole`, lies in one of the ranges.
pub(super) fn is_within(part: &str, whole: &str, ranges: &[Range<usize>]) -> bool {
    let at = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    ranges.iter().any(|range| range.contains(&at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_ends_with_its_clause() {
        let check = |sentence: &str, expect: &[&str]| {
            let found: Vec<&str> = denials(sentence).into_iter().map(|range| sentence[range].trim()).collect();
            assert_eq!(found, expect, "{sentence}");
        };
        check("The evidence does not include `/etc/x`, so it stays open", &["`/etc/x`"]);
        check("Nothing here points to AppArmor or SELinux.", &["to AppArmor or SELinux."]);
        check("There is no sign of malware, but a firewall drops it", &["of malware"]);
        check("It is a firewall", &[]);
        assert!(dismisses("The failed backup has nothing to do with it.") && !dismisses("The backup failed."));
        let text = "no sign of malware";
        assert!(is_within(&text[11..], text, &denials(text)) && !is_within(&text[..2], text, &denials(text)));
    }
}
