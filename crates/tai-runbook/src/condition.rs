use regex::Regex;

use crate::error::ConditionError;

/// A `when` expression: comparisons joined by `and`, all of which must hold.
///
/// ```text
/// condition  = comparison *( "and" comparison )
/// comparison = name op literal
/// name       = a capture group, or a field of the fact with or without its kind (disk.used_percent)
/// op         = ">=" | "<=" | ">" | "<" | "==" | "!="      number or text
///            | "=~" | "!~"                                 text that is a regular expression
/// literal    = number | "text" | 'text'
/// ```
///
/// A text holds everything up to the next quotation mark of its kind; there are no escapes. Sizes are compared of
/// numbers only; a captured text counts as a number when it reads as one, with or without a `%` behind it.
/// A comparison with something that is absent, or not of the literal's type, does not hold.
#[derive(Debug, Clone)]
pub struct Condition {
    comparisons: Vec<Comparison>,
}

/// What a name stands for when a condition is tested.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operand<'a> {
    Number(f64),
    Text(&'a str),
}

#[derive(Debug, Clone)]
struct Comparison {
    name: String,
    op: Op,
    literal: Literal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Ge,
    Le,
    Gt,
    Lt,
    Eq,
    Ne,
    Match,
    NoMatch,
}

#[derive(Debug, Clone)]
enum Literal {
    Number(f64),
    Text(String),
    Pattern(Regex),
}

impl Condition {
    /// Parses an expression. `kind` is the prefix that names may carry (`disk` in `disk.used_percent`).
    pub(crate) fn parse(text: &str, kind: Option<&str>) -> Result<Self, ConditionError> {
        let mut parser = Parser { text, at: 0 };
        let mut comparisons = vec![parser.comparison(kind)?];
        while !parser.at_end() {
            parser.keyword("and")?;
            comparisons.push(parser.comparison(kind)?);
        }
        Ok(Self { comparisons })
    }

    /// The names the expression uses, without the kind.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.comparisons.iter().map(|comparison| comparison.name.as_str())
    }

    /// Whether every comparison holds for the values that `lookup` knows.
    pub(crate) fn holds<'a>(&self, lookup: impl Fn(&str) -> Option<Operand<'a>>) -> bool {
        self.comparisons.iter().all(|comparison| lookup(&comparison.name).is_some_and(|value| comparison.holds(value)))
    }
}

impl Comparison {
    fn holds(&self, value: Operand<'_>) -> bool {
        match (&self.literal, value) {
            (Literal::Number(right), value) => value.number().is_some_and(|left| compare(left, self.op, *right)),
            (Literal::Text(right), Operand::Text(left)) => (left == right) == (self.op == Op::Eq),
            (Literal::Pattern(regex), Operand::Text(left)) => regex.is_match(left) == (self.op == Op::Match),
            (Literal::Text(_) | Literal::Pattern(_), Operand::Number(_)) => false,
        }
    }
}

impl Operand<'_> {
    fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => text.trim().trim_end_matches('%').parse().ok(),
        }
    }
}

fn compare(left: f64, op: Op, right: f64) -> bool {
    match op {
        Op::Ge => left >= right,
        Op::Le => left <= right,
        Op::Gt => left > right,
        Op::Lt => left < right,
        Op::Eq => left == right,
        Op::Ne => left != right,
        Op::Match | Op::NoMatch => false,
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    const OPS: [(&'static str, Op); 8] = [
        (">=", Op::Ge),
        ("<=", Op::Le),
        ("==", Op::Eq),
        ("!=", Op::Ne),
        ("=~", Op::Match),
        ("!~", Op::NoMatch),
        (">", Op::Gt),
        ("<", Op::Lt),
    ];

    fn comparison(&mut self, kind: Option<&str>) -> Result<Comparison, ConditionError> {
        let name = self.name(kind)?;
        let op = self.op()?;
        let literal = self.literal(op)?;
        Ok(Comparison { name, op, literal })
    }

    fn name(&mut self, kind: Option<&str>) -> Result<String, ConditionError> {
        let word = self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        if word.is_empty() {
            return Err(self.expected("a name"));
        }
        let prefix = kind.and_then(|kind| word.strip_prefix(kind)?.strip_prefix('.'));
        Ok(prefix.unwrap_or(word).to_owned())
    }

    fn op(&mut self) -> Result<Op, ConditionError> {
        let rest = self.rest();
        for (symbol, op) in Self::OPS {
            if rest.starts_with(symbol) {
                self.at += symbol.len();
                return Ok(op);
            }
        }
        Err(self.expected("one of >= <= > < == != =~ !~"))
    }

    fn literal(&mut self, op: Op) -> Result<Literal, ConditionError> {
        let rest = self.rest();
        let offset = self.at;
        if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let inner = &rest[1..];
            let end = inner.find(quote).ok_or(ConditionError::UnclosedText { offset })?;
            self.at += end + 2;
            return text_literal(&inner[..end], op, offset);
        }
        let word = self.take(|c| !c.is_whitespace());
        match word.trim_end_matches('%').parse::<f64>() {
            Ok(number) if number.is_finite() && !matches!(op, Op::Match | Op::NoMatch) => Ok(Literal::Number(number)),
            _ => Err(ConditionError::Expected { expected: "a number or a quoted text", offset }),
        }
    }

    fn keyword(&mut self, word: &'static str) -> Result<(), ConditionError> {
        let offset = self.at;
        if self.take(char::is_alphanumeric) == word {
            Ok(())
        } else {
            Err(ConditionError::Expected { expected: "and", offset })
        }
    }

    fn at_end(&mut self) -> bool {
        self.rest().is_empty()
    }

    fn take(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn expected(&self, expected: &'static str) -> ConditionError {
        ConditionError::Expected { expected, offset: self.at }
    }
}

fn text_literal(text: &str, op: Op, offset: usize) -> Result<Literal, ConditionError> {
    match op {
        Op::Eq | Op::Ne => Ok(Literal::Text(text.to_owned())),
        Op::Match | Op::NoMatch => Regex::new(text)
            .map(Literal::Pattern)
            .map_err(|source| ConditionError::Pattern { offset, source: Box::new(source) }),
        Op::Ge | Op::Le | Op::Gt | Op::Lt => Err(ConditionError::TextOrder { offset }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(condition: &str, fields: &[(&str, &str)], expect: bool) {
        let condition = Condition::parse(condition, Some("disk")).unwrap();
        let lookup = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| Operand::Text(value));
        assert_eq!(condition.holds(lookup), expect, "{condition:?}");
    }

    #[test]
    fn comparisons() {
        for (condition, value, expect) in [
            ("used >= 90", "90", true),
            ("used>=90", "89.9", false),
            ("used <= 90", "90", true),
            ("used > 90", "90", false),
            ("used < 90%", "9%", true),
            ("used == 90", "90.0", true),
            ("used != 90", "91 ", true),
            ("used >= 90", "full", false),
            ("disk.used >= 90", "97%", true),
            ("used == \"90\"", "90", true),
            ("used != 'a and b'", "a and b", false),
            ("used =~ '^9.$'", "95", true),
            ("used !~ '^9.$'", "95", false),
            ("used !~ '^9.$'", "85", true),
            ("other >= 1", "95", false),
            ("used >= 90 and used < 98", "97", true),
            ("used >= 90 and used < 98", "98", false),
            ("used >= 90 and used < 98 and used != 95", "95", false),
        ] {
            check(condition, &[("used", value)], expect);
        }
    }

    #[test]
    fn a_number_is_never_a_text() {
        let condition = Condition::parse("used == '90'", None).unwrap();
        assert!(!condition.holds(|_| Some(Operand::Number(90.0))));
    }

    #[test]
    fn what_does_not_parse() {
        for (condition, expect) in [
            ("", "expected a name at offset 0"),
            ("used", "expected one of >= <= > < == != =~ !~ at offset 4"),
            ("used = 90", "expected one of >= <= > < == != =~ !~ at offset 5"),
            ("used >= ", "expected a number or a quoted text at offset 8"),
            ("used >= ninety", "expected a number or a quoted text at offset 8"),
            ("used >= inf", "expected a number or a quoted text at offset 8"),
            ("used =~ 90", "expected a number or a quoted text at offset 8"),
            ("used == 'x", "quotation mark at offset 8 is not closed"),
            ("used > 'x'", "a text can only be compared with ==, !=, =~ or !~ (offset 7)"),
            ("used =~ '('", "regular expression at offset 8 does not compile"),
            ("used > 1 or used < 0", "expected and at offset 9"),
            ("used > 1 and", "expected a name at offset 12"),
        ] {
            let error = Condition::parse(condition, None).unwrap_err();
            assert_eq!(error.to_string(), expect, "{condition:?}");
        }
    }
}
