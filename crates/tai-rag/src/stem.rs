//! Light stemming: enough that "restarting" finds "restarted" and "connection" finds "connect".

/// `word` (lower-case) without the endings of plurals, participles, past tenses, and of nouns in
/// -ion and -ment.
///
/// It cuts other words and identifiers too. That does no harm, because query and documents are cut
/// alike. Measured on diag-dev, Porter's full algorithm (the `rust-stemmers` crate) ranks no better
/// and indexes at less than half the speed.
pub(crate) fn stem(word: &str) -> &str {
    if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word;
    }
    let stem = without_noun_ending(without_inflection(word));
    stem.strip_suffix(['e', 'y', 'i']).unwrap_or(stem)
}

fn without_inflection(word: &str) -> &str {
    let verb = word.strip_suffix("ing").or_else(|| word.strip_suffix("ed"));
    if let Some(stem) = verb.filter(|stem| stem.len() >= 3 && stem.contains(VOWELS)) {
        return without_double(stem);
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem.strip_suffix('e').unwrap_or(stem),
        _ => word,
    }
}

fn without_noun_ending(word: &str) -> &str {
    word.strip_suffix("ion")
        .filter(|stem| stem.ends_with(['s', 't']))
        .or_else(|| word.strip_suffix("ment"))
        .filter(|stem| stem.len() >= 4)
        .unwrap_or(word)
}

/// "stopp" becomes "stop"; "fall", "miss" and "buzz" stay.
fn without_double(stem: &str) -> &str {
    let mut ending = stem.bytes().rev();
    match (ending.next(), ending.next()) {
        (Some(last), Some(before)) if last == before && !b"aeiouylsz".contains(&last) => &stem[..stem.len() - 1],
        _ => stem,
    }
}

const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn forms_of_a_word_meet() {
        for forms in [
            &["fail", "fails", "failed", "failing"][..],
            &["stop", "stops", "stopped", "stopping"],
            &["restart", "restarts", "restarted", "restarting"],
            &["service", "services"],
            &["process", "processes", "processed"],
            &["retry", "retries", "retried", "retrying"],
            &["initialize", "initializes", "initialized", "initializing"],
            &["miss", "missed", "missing"],
            &["connect", "connection", "connections", "connected"],
            &["allocate", "allocation", "allocated"],
            &["deploy", "deployment", "deployments"],
        ] {
            for form in forms {
                assert_eq!(stem(form), stem(forms[0]), "{form}");
            }
        }
    }

    #[test]
    fn short_words_and_names_stay() {
        for word in ["dns", "tls", "red", "ring", "status", "eth0s", "größed"] {
            assert_eq!(stem(word), word);
        }
    }
}
