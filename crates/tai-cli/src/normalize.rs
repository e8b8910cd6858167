use crate::args::SWITCHES;
use crate::exit::Failure;

/// What stands for the word `help` where it is part of an issue: argh would take the word itself for a request.
const HELP: &str = "help\n";
/// The commands that are given an issue.
const WITH_ISSUE: [&str; 4] = ["run", "collect", "plan", "retrieve"];

/// A word of an issue as the operator wrote it.
pub(crate) fn plain(word: &str) -> &str {
    if word == HELP { "help" } else { word }
}

/// Makes of the words of a command line what argh understands: `--flag=value` becomes two words, up to a `--`. A value for a switch, which takes none, is an error: it would become
/// part of the issue.
pub(crate) fn normalize(words: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut normal = Vec::new();
    let mut options_ended = false;
    let mut awaits_value = false;
    let has_issue = words.first().is_some_and(|command| WITH_ISSUE.contains(&command.as_str()));
    for (i, word) in words.into_iter().enumerate() {
        let is_value = awaits_value;
        awaits_value = !options_ended && is_long_flag(&word) && !SWITCHES.contains(&word.as_str());
        options_ended |= word == "--";
        match word.split_once('=').filter(|(flag, _)| !options_ended && is_long_flag(flag)) {
            Some((flag, value)) if SWITCHES.contains(&flag) => {
                let hint = format!("{flag} is on when it is there and off when it is not");
                return Err(Failure::usage(format!("{flag} takes no value, and got {value:?}")).hint(hint));
            }
            Some((flag, value)) => normal.extend([flag.to_owned(), value.to_owned()]),
            None if word == "help" && has_issue && i > 1 && !is_value && !options_ended => normal.push(HELP.to_owned()),
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
    fn an_issue_may_be_the_word_help() {
        let check = |words: &[&str], expect: &str| {
            let words = normalize(words.iter().map(|w| (*w).to_owned()).collect()).unwrap();
            assert_eq!(words.last().unwrap(), expect);
            assert_eq!(plain(words.last().unwrap()), "help");
        };
        check(&["run", "--local", "help"], HELP);
        check(&["run", "--model", "x", "help"], HELP);
        check(&["run", "--model", "help"], "help");
        check(&["run", "help"], "help");
        check(&["policy", "check", "help"], "help");
        check(&["run", "--", "help"], "help");
    }

    #[test]
    fn a_switch_takes_no_value() {
        assert!(normalize(vec!["--once=no".into()]).is_err());
    }
}
