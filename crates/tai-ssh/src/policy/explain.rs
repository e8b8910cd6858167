use serde::Serialize;

use super::check::Policy;
use super::denied::{Denied, Rule};
use super::instead;
use super::parse;

/// A decision and how it came about, for a person and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether the command may run.
    pub allowed: bool,
    /// The rule that denied it.
    pub rule: Option<Rule>,
    /// The program that it names, where the table has it.
    pub program: Option<&'static str>,
    /// The words as a shell would split them; none when a shell would act on the text.
    pub words: Vec<String>,
    /// What is wrong with it, or that nothing is.
    pub reason: String,
    /// What to do instead, or where to look for what is allowed.
    pub hint: Option<String>,
}

impl Policy {
    /// Decides as [`check`](Policy::check) does, and tells how.
    ///
    /// ```
    /// use tai_ssh::policy::Rule;
    ///
    /// let told = tai_ssh::Policy::builtin().explain("tail -f /var/log/syslog");
    /// assert!(!told.allowed);
    /// assert_eq!((told.rule, told.program), (Some(Rule::Flag), Some("tail")));
    /// ```
    pub fn explain(&self, command_line: &str) -> Explanation {
        let words = parse::split(command_line).unwrap_or_default();
        let program = words.first().and_then(|name| self.program(name)).map(|program| program.name);
        match self.decide(command_line) {
            Ok(command) => Explanation {
                allowed: true,
                rule: None,
                program,
                words,
                reason: format!("{} is allowed with these arguments", command.program()),
                hint: None,
            },
            Err(Denied { rule, reason }) => Explanation {
                allowed: false,
                rule: Some(rule),
                program,
                hint: Some(hint(rule, program, &words, &reason)),
                words,
                reason,
            },
        }
    }
}

fn hint(rule: Rule, program: Option<&str>, words: &[String], reason: &str) -> String {
    let known = match rule {
        Rule::ShellSyntax => instead::of_reason(reason),
        Rule::Secret | Rule::Device | Rule::Special | Rule::Reentry | Rule::Path => None,
        _ => instead::of_words(words),
    };
    if let Some(known) = known {
        return known.to_owned();
    }
    let text = match rule {
        Rule::Limit => "ask for less at once, in several commands",
        Rule::Character => "type the command anew, in ASCII",
        Rule::ShellSyntax | Rule::Quoting => "write one program with its arguments; single quotes protect a pattern",
        Rule::Environment => "leave the assignment out; tai sets LC_ALL=C and a fixed PATH",
        Rule::Program => "`tai policy list` shows the programs that may run; a site file may add one that only reads",
        Rule::Path => "write the whole path from /, without `..`",
        Rule::Secret => "tai never reads secrets; `ls -l` shows the owner, mode and time of such a file",
        Rule::Device => "lsblk, findmnt and smartctl tell about devices",
        Rule::Special | Rule::Reentry => "name an ordinary file, or ask ps, ss or lsof about the process",
        Rule::Flag | Rule::Value | Rule::Verb | Rule::Operand | Rule::Missing => {
            return match program {
                Some(program) => format!("`tai policy list` shows what of {program} is allowed"),
                None => "`tai policy list` shows what is allowed".to_owned(),
            };
        }
    };
    text.to_owned()
}
