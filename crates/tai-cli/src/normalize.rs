/// Makes of the words of a command line what argh understands: `--flag=value` becomes two words, up to a `--`.
pub(crate) fn normalize(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut normal = Vec::new();
    let mut options_ended = false;
    for word in words {
        options_ended |= word == "--";
        match word.split_once('=') {
            Some((flag, value)) if !options_ended && is_long_flag(flag) => {
                normal.extend([flag.to_owned(), value.to_owned()]);
            }
            _ => normal.push(word),
        }
    }
    normal
}

fn is_long_flag(word: &str) -> bool {
    let name = word.strip_prefix("--").unwrap_or_default();
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_off_before_the_double_dash() {
        let check = |words: &[&str], expect: &[&str]| {
            assert_eq!(normalize(words.iter().map(|w| (*w).to_owned())), expect, "{words:?}");
        };
        check(&["run", "--replay=a=b", "x=y"], &["run", "--replay", "a=b", "x=y"]);
        check(&["--model=", "-k=1"], &["--model", "", "-k=1"]);
        check(&["check", "--", "ls", "--sort=size"], &["check", "--", "ls", "--sort=size"]);
        check(&["a --b=c", "--b c=d"], &["a --b=c", "--b c=d"]);
    }
}
