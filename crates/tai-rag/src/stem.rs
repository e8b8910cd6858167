//! Light stemming: enough that "restarting" finds "restarted" and "connection" finds "connect".

/// `word` (lower-case) without the endings of plurals, participles, past tenses, and of nouns in
/// -ion and -ment.
///
/// It cuts other words and identifiers too. That does no harm, because query and documents are cut
/// alike. Measured on diag-dev, Porter's full algorithm (the `rust-stemmers` crate) ranks no better
/// and indexes at less than half the speed.
pub(crate) fn stem(word: &str) -> &str {
    let bytes = word.as_bytes();
    if bytes.len() < 4 || !bytes.iter().all(u8::is_ascii_lowercase) {
        return word;
    }
    let stem = without_noun_ending(without_inflection(bytes));
    let end = if let [stem @ .., b'e' | b'y' | b'i'] = stem { stem.len() } else { stem.len() };
    &word[..end]
}

// Patterns of bytes, since the standard library's search for an ending is a call each time.

fn without_inflection(word: &[u8]) -> &[u8] {
    if let [stem @ .., b'i', b'n', b'g'] | [stem @ .., b'e', b'd'] = word
        && stem.len() >= 3
        && stem.iter().any(|byte| matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y'))
    {
        return without_double(stem);
    }
    match word {
        [.., b's' | b'u' | b'i', b's'] => word,
        [stem @ .., b'e', b's'] | [stem @ .., b's'] => stem,
        _ => word,
    }
}

fn without_noun_ending(word: &[u8]) -> &[u8] {
    let stem = match word {
        [stem @ .., b'i', b'o', b'n'] if matches!(stem, [.., b's' | b't']) => stem,
        [stem @ .., b'm', b'e', b'n', b't'] => stem,
        _ => word,
    };
    if stem.len() >= 4 { stem } else { word }
}

/// "stopp" becomes "stop"; "fall", "miss" and "buzz" stay.
fn without_double(stem: &[u8]) -> &[u8] {
    match stem {
        [.., before, last] if before == last && !b"aeiouylsz".contains(last) => &stem[..stem.len() - 1],
        _ => stem,
    }
}

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
