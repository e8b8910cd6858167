/// The name that is most like what was written, where one is like it at all.
pub(crate) fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The dashes of a flag are no part of its name.
    let most = ((written.trim_start_matches('-').chars().count() + 1) / 3).max(1);
    let near = names.into_iter().map(|name| (strsim::osa_distance(written, name), name));
    near.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let names = ["--host", "--hosts-file", "--local", "--k"];
        for (written, expect) in [
            ("--hsot", Some("--host")),
            ("--lcoal", Some("--local")),
            ("--hosts-fiel", Some("--hosts-file")),
            ("--verbose", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, names), expect, "{written}");
        }
    }
}
