use crate::args::SWITCHES;
use crate::exit::Failure;

/// Makes of the words of a command line what argh understands: `--flag=value` becomes two words, up to a `--`. A value for a switch, which takes none, is an error: it would become
/// part of the issue.
pub(crate) fn normalize(words: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut normal = Vec::new();
    let mut options_ended = false;
    for word in words {
        options_ended |= word == "--";
        match word.split_once('=').filter(|(flag, _)| !options_ended && is_long_flag(flag)) {
            Some((flag, value)) if SWITCHES.contains(&flag) => {
                let hint = format!("{flag} is on when it is there and off when it is not");
                return Err(Failure::usage(format!("{flag} takes no value, and got {value:?}")).hint(hint));
            }
            Some((flag, value)) => normal.extend([flag.to_owned(), value.to_owned()]),
            None => normal.push(word),
        }
    }
    Ok(normal)
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
            let words = words.iter().map(|w| (*w).to_owned()).collect();
            assert_eq!(normalize(words).unwrap(), expect);
        };
        check(&["run", "--replay=a=b", "x=y"], &["run", "--replay", "a=b", "x=y"]);
        check(&["--model=", "-k=1"], &["--model", "", "-k=1"]);
        check(&["check", "--", "ls", "--sort=size"], &["check", "--", "ls", "--sort=size"]);
        check(&["a --b=c", "--b c=d"], &["a --b=c", "--b c=d"]);
    }

    #[test]
    fn a_switch_takes_no_value() {
        assert!(normalize(vec!["--once=no".into()]).is_err());
    }
}
