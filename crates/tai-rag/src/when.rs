//! The day that a question speaks of.

use std::ops::Range;

/// Seconds of a day.
const DAY: u32 = 24 * 60 * 60;

/// The first day that is named in `question`, as [`seconds`](crate::header::seconds) counts: `4 February`, `Feb 4th`, `2022-02-04`.
pub(crate) fn day(question: &str) -> Option<Range<u32>> {
    let words: Vec<&str> = question.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
    let beside =
        |at: usize| [at.checked_sub(1), Some(at + 1)].into_iter().flatten().find_map(|at| day_of(words.get(at)?));
    let found =
        words.iter().enumerate().find_map(|(at, word)| date(word).or_else(|| Some((month(word)?, beside(at)?))));
    found.map(|(month, day)| (month * 31 + day) * DAY..(month * 31 + day + 1) * DAY)
}

/// Month from 0 and day of `2022-02-04`, also with a time of day behind.
fn date(word: &str) -> Option<(u32, u32)> {
    let mut parts = word.splitn(3, '-');
    let is_year = parts.next().is_some_and(|year| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()));
    let (month, day) = (parts.next()?.parse::<u32>().ok()?, parts.next()?.split('T').next()?.parse().ok()?);
    (is_year && (1..=12).contains(&month) && (1..=31).contains(&day)).then(|| (month - 1, day))
}

fn month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = word.to_lowercase();
    (lower.len() >= 3).then(|| MONTHS.iter().position(|month| month.starts_with(&lower)).map(|at| at as u32)).flatten()
}

fn day_of(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    digits.parse().ok().filter(|day| digits.len() <= 2 && (1..=31).contains(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_words_and_numbers() {
        let feb_4 = Some((31 + 4) * DAY..(31 + 5) * DAY);
        for question in ["on 4 February at ten", "since Feb 4th, all", "it began 2022-02-04.", "2022-02-04T10:00:00 it"]
        {
            assert_eq!(day(question), feb_4, "{question}");
        }
        for question in ["", "it may be slow", "in March", "4 replicas", "2022-13-04", "may 77 come"] {
            assert_eq!(day(question), None, "{question}");
        }
    }
}
