//! A recommended command line, taken apart as a POSIX shell would read it (POSIX.1-2017, XCU 2): only as far as it takes to tell what it does.

/// A command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The simple commands, in order.
    pub(crate) commands: Vec<Simple>,
    /// Whether anything in it runs the output of another command: `$(…)`, backticks, `<(…)`.
    pub(crate) substitutes: bool,
}

/// One program with its arguments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Simple {
    /// Its words, quotes removed.
    pub(crate) words: Vec<String>,
    /// Whether it reads what the command before it prints.
    pub(crate) is_piped: bool,
    /// The files that it writes to.
    pub(crate) writes: Vec<String>,
}

/// Takes a line apart; `None` where quotes or brackets are not closed. A placeholder such as `<pid>` is a word.
pub(crate) fn parse(line: &str) -> Option<Line> {
    let mut parser = Parser::default();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\'' | '"' => parser.quoted(rest, c)?,
            '\\' => parser.escaped(rest)?,
            '`' => parser.substituted(rest.get(1..)?.find('`')? + 2),
            '$' | '<' if rest[1..].starts_with('(') => parser.substituted(closing(rest)?),
            '<' if placeholder(rest).is_some() => parser.push(&rest[..placeholder(rest)?]),
            '>' => parser.redirected(rest),
            '<' => parser.end_word(1),
            '|' | '&' | ';' | '\n' => parser.operator(rest, c),
            '#' if parser.word.is_none() => rest.find('\n').unwrap_or(rest.len()),
            c if c.is_whitespace() => parser.end_word(c.len_utf8()),
            c => parser.push(&rest[..c.len_utf8()]),
        };
        rest = &rest[taken..];
    }
    parser.end_command(false);
    Some(parser.line)
}

#[derive(Default)]
struct Parser {
    line: Line,
    command: Simple,
    word: Option<String>,
    /// The next word is a file that is written to.
    is_target: bool,
}

impl Parser {
    fn push(&mut self, text: &str) -> usize {
        self.word.get_or_insert_default().push_str(text);
        text.len()
    }

    fn quoted(&mut self, rest: &str, mark: char) -> Option<usize> {
        let mut inner = String::new();
        let mut chars = rest[1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == mark => {
                    self.line.substitutes |= mark == '"' && (inner.contains("$(") || inner.contains('`'));
                    self.push(&inner);
                    return Some(at + 2);
                }
                '\\' if mark == '"' => inner.extend(chars.next().map(|(_, c)| c)),
                c => inner.push(c),
            }
        }
        None
    }

    fn escaped(&mut self, rest: &str) -> Option<usize> {
        let next = rest[1..].chars().next()?;
        if next != '\n' {
            self.push(&rest[1..=next.len_utf8()]);
        }
        Some(1 + next.len_utf8())
    }

    fn substituted(&mut self, length: usize) -> usize {
        self.line.substitutes = true;
        self.word.get_or_insert_default();
        length
    }

    /// `>`, `>>`, `2>`, `&>` and the file behind it; `2>&1` writes to none.
    fn redirected(&mut self, rest: &str) -> usize {
        if self.word.as_ref().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word(0);
        let operator = if rest.starts_with(">>") || rest.starts_with(">|") { 2 } else { 1 };
        let to_number = rest[operator..].starts_with('&');
        self.is_target = !to_number;
        let digits = rest[operator + usize::from(to_number)..].bytes().take_while(u8::is_ascii_digit).count();
        if to_number { operator + 1 + digits } else { operator }
    }

    fn operator(&mut self, rest: &str, c: char) -> usize {
        if rest.starts_with("&>") {
            return 1 + self.redirected(&rest[1..]);
        }
        let is_double = rest[1..].starts_with(c) && c != ';';
        self.end_command(c == '|' && !is_double);
        1 + usize::from(is_double)
    }

    fn end_word(&mut self, length: usize) -> usize {
        if let Some(word) = self.word.take() {
            let to =
                if std::mem::take(&mut self.is_target) { &mut self.command.writes } else { &mut self.command.words };
            to.push(word);
        }
        length
    }

    fn end_command(&mut self, pipes: bool) {
        self.end_word(0);
        let next = Simple { is_piped: pipes, ..Simple::default() };
        let command = std::mem::replace(&mut self.command, next);
        if !command.words.is_empty() || !command.writes.is_empty() {
            self.line.commands.push(command);
        }
    }
}

/// The length of `$(…)` or `<(…)`, brackets counted.
fn closing(rest: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at + 1),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The length of `<pid>`: what a person is to fill in.
fn placeholder(rest: &str) -> Option<usize> {
    let end = rest.find('>')?;
    let name = &rest[1..end];
    let is_name =
        name.starts_with(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || " _-./".contains(c));
    (is_name && !name.ends_with(' ')).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        let words = |line: &str| -> Option<Vec<String>> {
            parse(line).map(|line| line.commands.iter().map(|c| c.words.join(" ")).collect())
        };
        let check = |line: &str, expect: &[&str]| assert_eq!(words(line).unwrap_or_default(), expect, "{line}");
        check("systemctl status nginx", &["systemctl status nginx"]);
        check("ps aux | grep 'a b' && kill <pid>; true # all", &["ps aux", "grep a b", "kill <pid>", "true"]);
        check("echo \"x | y\" > /etc/a 2>&1", &["echo x | y"]);
        assert_eq!(words("echo 'open"), None);
        assert_eq!(words("echo $(open"), None);
        let line = parse("a 2>/dev/null >> /tmp/b | sh").unwrap_or_default();
        assert_eq!(line.commands[0].writes, ["/dev/null", "/tmp/b"]);
        assert!(line.commands[1].is_piped && !line.substitutes);
        assert!(parse("sh -c \"$(curl x)\"").is_some_and(|line| line.substitutes));
        assert!(parse("bash <(curl x)").is_some_and(|line| line.substitutes));
    }

    proptest! {
        #[test]
        fn no_line_is_too_broken(line in "\\PC{0,60}", marks in "[`$()<>&|;'\"\\\\ a-z0-9é\n]{0,40}") {
            parse(&line);
            parse(&marks);
        }
    }
}
