use std::fmt;

/// A command that the policy allowed: one program and its arguments, run without a shell.
///
/// Only [`Policy::check`](super::Policy::check) and [`Policy::check_words`](super::Policy::check_words) make one, so whoever holds
/// one holds the proof. There is no other way to construct it:
///
/// ```compile_fail,E0451
/// let forged = tai_ssh::ReadOnlyCommand { words: vec!["reboot".to_owned()] };
/// ```
///
/// It displays as a command line that any POSIX shell, and [`Policy::check`](super::Policy::check), splits into the same words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReadOnlyCommand {
    words: Vec<String>,
}

impl ReadOnlyCommand {
    /// Only for `check.rs`: the words have passed the policy and begin with a program.
    pub(super) fn proven(words: Vec<String>) -> Self {
        ReadOnlyCommand { words }
    }

    /// The program and its arguments. Never empty.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The name of the program, without a path.
    pub fn program(&self) -> &str {
        &self.words[0]
    }
}

impl fmt::Display for ReadOnlyCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, word) in self.words.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write_quoted(f, word)?;
        }
        Ok(())
    }
}

/// Writes one word, quoted only where sh, bash, dash, ksh, zsh, csh or fish would otherwise read something into it.
///
/// Within single quotes fish reads a backslash, and csh an exclamation mark, so these two and the quote itself stand outside,
/// behind a backslash. A leading `=` or `%` means something to zsh and to old fish.
fn write_quoted(f: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with(['=', '%']) {
        return f.write_str(word);
    }
    if word.is_empty() {
        return f.write_str("''");
    }
    let mut quoted = false;
    for c in word.chars() {
        let outside = matches!(c, '\'' | '\\' | '!');
        if outside == quoted {
            f.write_str("'")?;
            quoted = !quoted;
        }
        if outside {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    if quoted {
        f.write_str("'")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        let check = |words: &[&str], expect: &str| {
            let command = ReadOnlyCommand::proven(words.iter().map(ToString::to_string).collect());
            assert_eq!(command.to_string(), expect);
        };
        check(&["df", "-PT", "/var"], "df -PT /var");
        check(&["journalctl", "--since", "2 hours ago"], "journalctl --since '2 hours ago'");
        check(&["grep", "", "/etc/fstab"], "grep '' /etc/fstab");
        check(&["grep", "it's", "/etc/fstab"], r"grep 'it'\''s' /etc/fstab");
        check(&["grep", r"a\b!", "/etc/fstab"], r"grep 'a'\\'b'\! /etc/fstab");
        check(&["grep", "=x", "/etc/fstab"], "grep '=x' /etc/fstab");
        check(&["date", "+%F %T"], "date '+%F %T'");
        check(&["cat", "/srv/größe"], "cat '/srv/größe'");
    }
}
