use super::denied::{Denied, Rule, is_invisible_letter};

/// The longest command line and the longest list of words.
const MAX_BYTES: usize = 64 << 10;
const MAX_WORDS: usize = 512;

/// Splits a command line into words as a POSIX shell would (POSIX.1-2017, XCU 2.2 and 2.3), and denies everything on which a shell
/// would act. One pass over the text.
pub(super) fn split(line: &str) -> Result<Vec<String>, Denied> {
    limit(line.len())?;
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        character(c)?;
        match c {
            ' ' => words.extend(word.take()),
            '\'' => single_quoted(&mut chars, word.get_or_insert_default())?,
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            '\\' => {
                let next = chars.next().ok_or_else(|| Denied::new(Rule::Quoting, "the command ends in a backslash"))?;
                character(next)?;
                word.get_or_insert_default().push(next);
            }
            // No shell reads history into this one, and field selectors are full of it.
            '!' if word.as_ref().is_some_and(|word| !word.is_empty()) && chars.as_str().starts_with('=') => {
                word.get_or_insert_default().push(c);
            }
            _ => {
                unquoted(c)?;
                word.get_or_insert_default().push(c);
            }
        }
    }
    words.extend(word);
    count(words.len())?;
    words.iter().try_for_each(|word| one_script(word))?;
    Ok(words)
}

/// The same limits and the same characters for words that are already split.
pub(super) fn verify(words: &[impl AsRef<str>]) -> Result<Vec<String>, Denied> {
    limit(words.iter().map(|word| word.as_ref().len()).sum())?;
    count(words.len())?;
    words
        .iter()
        .map(AsRef::as_ref)
        .map(|word| {
            word.chars().try_for_each(character)?;
            one_script(word)?;
            Ok(word.to_owned())
        })
        .collect()
}

fn single_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), Denied> {
    for c in chars {
        character(c)?;
        if c == '\'' {
            return Ok(());
        }
        word.push(c);
    }
    Err(Denied::new(Rule::Quoting, "a single quote `'` is opened and never closed"))
}

fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), Denied> {
    let acts = |c: char, why: &str| {
        let reason = format!(
            "`{c}` inside double quotes is not allowed, {why}: use single quotes, in which it stands for itself"
        );
        Err(Denied::new(Rule::ShellSyntax, reason))
    };
    while let Some(c) = chars.next() {
        character(c)?;
        match c {
            '"' => return Ok(()),
            '$' | '`' => return acts(c, "a shell would substitute"),
            '!' => return acts(c, "an interactive shell would read it as history"),
            '\\' if chars.as_str().starts_with(['$', '`', '"', '\\', '\n']) => {
                return acts(c, "it escapes what follows");
            }
            _ => word.push(c),
        }
    }
    Err(Denied::new(Rule::Quoting, "a double quote `\"` is opened and never closed"))
}

fn unquoted(c: char) -> Result<(), Denied> {
    let why = match c {
        '|' => "tai runs one program, without a pipe: ask it for less (grep takes files, journalctl has -g and -n)",
        ';' => "tai runs one program: give each command by itself",
        '&' => "tai runs one program, and waits for it: give each command by itself",
        '<' => "tai redirects nothing: name the file as an operand",
        '>' => "tai writes no file on a host, and error output is kept anyway: leave the redirection out",
        '(' | ')' => "tai has no subshells: quote it where it is part of a pattern",
        '{' | '}' | '[' | ']' | '*' | '?' => {
            "tai expands no patterns: name the files, or quote it for a program that reads patterns itself"
        }
        '!' | '#' => "a shell acts on it: quote it where it is part of a pattern",
        '$' => "tai substitutes no variables and no commands: write the value itself",
        '`' => "tai substitutes no commands: run that command first and write its result",
        '~' => "tai expands no home directory: write the path from /",
        _ => return Ok(()),
    };
    Err(Denied::new(Rule::ShellSyntax, format!("`{c}` is not allowed outside quotes: {why}")))
}

/// Printable ASCII, and the letters and digits of other scripts. Everything else that Unicode has is invisible, changes the order of
/// what is shown, combines with its neighbour, or is a look-alike of ASCII punctuation: no unit and hardly a file needs it.
fn character(c: char) -> Result<(), Denied> {
    if c == ' '
        || c.is_ascii_graphic()
        || (!c.is_ascii() && c.is_alphanumeric() && !is_invisible_letter(c) && !is_form_of_ascii(c))
    {
        return Ok(());
    }
    let reason = match c {
        '\n' => "a newline (U+000A) is not allowed: tai runs one program, so give each command by itself".to_owned(),
        '\0' => "the character NUL (U+0000) is not allowed: no argument can hold it".to_owned(),
        '\t' => "a tab (U+0009) is not allowed: use a space, or \\t in a pattern".to_owned(),
        _ if c.is_control() => format!("the control character U+{:04X} is not allowed", c as u32),
        _ => format!(
            "the character U+{:04X} is not allowed, it is invisible or looks like another: write it in ASCII",
            c as u32
        ),
    };
    Err(Denied::new(Rule::Character, reason))
}

/// Denies letters of scripts that have look-alikes of ASCII where they stand beside ASCII letters, as in `sh` and a Cyrillic `а`.
fn one_script(word: &str) -> Result<(), Denied> {
    if word.is_ascii() {
        return Ok(());
    }
    let look_alike = |c: &char| matches!(*c, '\u{370}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{2c80}'..='\u{2cff}' | '\u{a4d0}'..='\u{a4ff}' | '\u{ab30}'..='\u{abbf}');
    for run in word.split(|c: char| !c.is_alphanumeric()).filter(|run| run.contains(|c: char| c.is_ascii_alphabetic()))
    {
        if let Some(c) = run.chars().find(look_alike) {
            let reason = format!(
                "the character U+{:04X} is not allowed beside ASCII letters: it looks like one of them",
                c as u32
            );
            return Err(Denied::new(Rule::Character, reason));
        }
    }
    Ok(())
}

/// Letters and digits that Unicode keeps as other forms of ASCII ones: full width, mathematical, circled, raised, phonetic.
fn is_form_of_ascii(c: char) -> bool {
    matches!(
        c,
        '\u{131}'
            | '\u{17f}'
            | '\u{250}'..='\u{2af}'
            | '\u{1d00}'..='\u{1dbf}'
            | '\u{2070}'..='\u{209f}'
            | '\u{2100}'..='\u{218f}'
            | '\u{2460}'..='\u{24ff}'
            | '\u{ff00}'..='\u{ffef}'
            | '\u{1d400}'..='\u{1d7ff}'
            | '\u{1f100}'..='\u{1f1ff}'
    )
}

fn limit(bytes: usize) -> Result<(), Denied> {
    if bytes > MAX_BYTES {
        return Err(Denied::new(
            Rule::Limit,
            format!("the command has {bytes} bytes, more than {MAX_BYTES}: split it"),
        ));
    }
    Ok(())
}

fn count(words: usize) -> Result<(), Denied> {
    if words > MAX_WORDS {
        return Err(Denied::new(
            Rule::Limit,
            format!("the command has {words} words, more than {MAX_WORDS}: split it"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_posix_shell() {
        let check = |line: &str, expect: &[&str]| assert_eq!(split(line).unwrap(), expect, "{line}");
        check("", &[]);
        check("   ", &[]);
        check("  df   -h ", &["df", "-h"]);
        check("a'b c'd", &["ab cd"]);
        check(r#"a"b c"d"#, &["ab cd"]);
        check(r#"'' """#, &["", ""]);
        check(r"a\ b \\ \' \|", &["a b", r"\", "'", "|"]);
        check(r#"'a\b' "a\b" "it's""#, &[r"a\b", r"a\b", "it's"]);
        check("'|&;<>(){}[]*?!#$`~\"'", &["|&;<>(){}[]*?!#$`~\""]);
        check("a=b ^x c%d", &["a=b", "^x", "c%d"]);
        check("größe 日志", &["größe", "日志"]);
    }

    #[test]
    fn what_a_shell_acts_on_is_denied() {
        let check = |line: &str, rule: Rule| assert_eq!(split(line).unwrap_err().rule, rule, "{line:?}");
        for c in "|&;<>(){}[]*?!#$`~".chars() {
            check(&format!("a{c}b"), Rule::ShellSyntax);
        }
        for c in ["\"$a\"", "\"`a\"", "\"a!\"", r#""\$""#, r#""\"""#] {
            check(c, Rule::ShellSyntax);
        }
        for line in ["'a", "\"a", "a\\", "'a\"", "\"a'"] {
            check(line, Rule::Quoting);
        }
        let controls = "\0\t\n\r\u{b}\u{1b}\u{7f}\u{85}\u{a0}\u{ad}\u{200b}\u{202e}\u{2013}\u{2028}";
        let unseen = "\u{3164}\u{feff}\u{ff0f}\u{ff5c}\u{e0041}\u{301}";
        for c in controls.chars().chain(unseen.chars()) {
            check(&format!("a{c}b"), Rule::Character);
            check(&format!("'a{c}b'"), Rule::Character);
            check(&format!("\"a{c}b\""), Rule::Character);
            check(&format!("a\\{c}b"), Rule::Character);
        }
    }
}
