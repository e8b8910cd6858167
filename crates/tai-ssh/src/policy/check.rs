use super::command::ReadOnlyCommand;
use super::denied::{Denied, Rule, shown};
use super::kind::Kind;
use super::log::Log;
use super::parse;
use super::program::{Operands, Program, Requirement, Verb};
use super::scan::{Call, scan};
use super::table;

/// The table of programs, and the only maker of a [`ReadOnlyCommand`].
#[derive(Clone, Debug)]
pub struct Policy {
    programs: Vec<Program>,
    pub(super) log: Log,
}

impl Policy {
    /// The table that is compiled in.
    pub fn builtin() -> Policy {
        Policy::of(table::programs())
    }

    pub(super) fn of(programs: Vec<Program>) -> Policy {
        Policy { programs, log: Log::default() }
    }

    pub(super) fn program(&self, name: &str) -> Option<&Program> {
        self.programs.iter().find(|program| program.name == name)
    }

    /// Every program that may run, by name.
    pub fn programs(&self) -> &[Program] {
        &self.programs
    }

    /// Splits a command line as a POSIX shell would, and allows it when it is one program of the table, and every word of it is
    /// one that the table permits there.
    ///
    /// It takes time in proportion to the length of the line, and looks at nothing but the line.
    ///
    /// # Errors
    ///
    /// [`Denied`], with the rule and the reason.
    pub fn check(&self, command_line: &str) -> Result<ReadOnlyCommand, Denied> {
        let result = self.decide(command_line);
        self.log.tell(command_line, &result);
        result
    }

    /// The same, which nobody is told of.
    pub(super) fn decide(&self, command_line: &str) -> Result<ReadOnlyCommand, Denied> {
        self.allow(parse::split(command_line)?)
    }

    /// The same for words that are already split. What quoting would protect is plain text here; characters that are not printable
    /// are denied as they are in a command line.
    ///
    /// # Errors
    ///
    /// As for [`check`](Policy::check).
    pub fn check_words(&self, words: &[impl AsRef<str>]) -> Result<ReadOnlyCommand, Denied> {
        let result = parse::verify(words).and_then(|words| self.allow(words));
        if self.log.is_kept() {
            let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
            self.log.tell(words.join(" "), &result);
        }
        result
    }

    /// Whether these words would be allowed. It is no decision: no log is told of it.
    pub fn permits(&self, words: &[impl AsRef<str>]) -> bool {
        parse::verify(words).and_then(|words| self.allow(words)).is_ok()
    }

    fn allow(&self, words: Vec<String>) -> Result<ReadOnlyCommand, Denied> {
        let (name, arguments) =
            words.split_first().ok_or_else(|| Denied::new(Rule::Program, "there is no command: name a program"))?;
        let program = self.program(name).ok_or_else(|| unlisted(name))?;
        if let [only] = arguments
            && program.about.split_whitespace().any(|word| word == only)
        {
            return Ok(ReadOnlyCommand::proven(words));
        }
        let call = scan(program, arguments)?;
        check_operands(program, &call)?;
        program.requirements.iter().try_for_each(|requirement| check_requirement(program, requirement, &call))?;
        Ok(ReadOnlyCommand::proven(words))
    }
}

fn unlisted(name: &str) -> Denied {
    let assignment = name.split_once('=').is_some_and(|(variable, _)| {
        !variable.is_empty() && variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    if assignment {
        let reason = format!("{} sets a variable: tai sets the environment of a command, leave it out", shown(name));
        return Denied::new(Rule::Environment, reason);
    }
    let bare = name.rsplit('/').next().unwrap_or(name);
    let reason = if name.contains('/') {
        format!("{} is a path: name the program alone, as in {}", shown(name), shown(bare))
    } else if name.is_empty() {
        "`''` is no program: name one".to_owned()
    } else if let Some((_, why)) =
        table::UNLISTED.iter().find(|(names, _)| names.split_whitespace().any(|known| known == name))
    {
        format!("{} is not allowed: {why}", shown(name))
    } else {
        format!("{} is not a program that tai runs: `tai policy list` shows those that it does", shown(name))
    };
    Denied::new(Rule::Program, reason)
}

fn check_operands(program: &Program, call: &Call<'_>) -> Result<(), Denied> {
    if program.verbs.is_empty() {
        return matches_operands(program, program.operands, call, &call.operands);
    }
    let verb = program
        .verbs
        .iter()
        .filter_map(|verb| Some((verb.matched(&call.operands)?, verb)))
        .max_by_key(|(words, _)| *words);
    match (verb, call.operands.first()) {
        (Some((words, _)), _) if words < call.operands.len() && goes_on(program, &call.operands[..words]) => {
            Err(unknown_verb(program, &call.operands[..=words]))
        }
        (Some((words, verb)), first) if words > 0 || first.is_none() => {
            matches_operands(program, verb.operands, call, &call.operands[words..])
        }
        (_, Some(first)) => Err(unknown_verb(program, &[first])),
        (_, None) => Err(Denied::new(Rule::Verb, format!("{} needs a subcommand: {}", program.name, verbs(program)))),
    }
}

/// Whether these operands, which are a verb, are also the beginning of a longer one that alone takes more.
fn goes_on(program: &Program, operands: &[&str]) -> bool {
    !operands.is_empty()
        && program.verbs.iter().any(|verb| {
            let mut levels = verb.words.split_whitespace();
            let begins = operands
                .iter()
                .all(|operand| levels.next().is_some_and(|level| level.split('|').any(|known| known == *operand)));
            begins && levels.next().is_some()
        })
}

fn unknown_verb(program: &Program, words: &[&str]) -> Denied {
    let name = program.name;
    let refused = program.refused.iter().find(|(names, _)| names.split_whitespace().any(|known| words == [known]));
    let reason = match refused {
        Some((_, why)) => format!("{} is not allowed: {why}", shown(&format!("{name} {}", words.join(" ")))),
        None => {
            format!("{} is not a subcommand of {name} that tai allows: {}", shown(&words.join(" ")), verbs(program))
        }
    };
    Denied::new(Rule::Verb, reason)
}

/// The verbs as a person writes them, each once: `addr, addr show, link`.
fn verbs(program: &Program) -> String {
    let first_spelling = |level: &'static str| level.split('|').next().unwrap_or(level);
    let written = |verb: &Verb| verb.words.split_whitespace().map(first_spelling).collect::<Vec<_>>().join(" ");
    program.verbs.iter().map(written).filter(|verb| !verb.is_empty()).collect::<Vec<_>>().join(", ")
}

fn matches_operands(program: &Program, allowed: Operands, call: &Call<'_>, operands: &[&str]) -> Result<(), Denied> {
    let name = program.name;
    let each = |kind: Kind, operands: &[&str]| operands.iter().try_for_each(|operand| operand_of(name, kind, operand));
    let missing = |what: &str| {
        Denied::new(Rule::Missing, format!("{name} needs {what}: without it, it would wait for input or act"))
    };
    match allowed {
        Operands::None => match operands.first() {
            None => Ok(()),
            Some(operand) => Err(Denied::new(
                Rule::Operand,
                format!("{} is one word too many: {name} takes none here", shown(operand)),
            )),
        },
        Operands::Many { kind, min, .. } if operands.len() < min => Err(missing(&kind.to_string())),
        Operands::Many { kind, max, .. } => match operands.get(max) {
            Some(operand) => {
                Err(Denied::new(Rule::Operand, format!("{} is one operand too many for {name}", shown(operand))))
            }
            None => each(kind, operands),
        },
        Operands::AllOrNone(kinds) => {
            operands.iter().zip(kinds).try_for_each(|(operand, kind)| operand_of(name, *kind, operand))?;
            match operands.len() {
                0 => Ok(()),
                n if n == kinds.len() => Ok(()),
                n if n < kinds.len() => Err(Denied::new(
                    Rule::Missing,
                    format!("{name} with {n} of {} numbers never ends: give all", kinds.len()),
                )),
                _ => Err(Denied::new(Rule::Operand, format!("{name} takes {} operands and no more", kinds.len()))),
            }
        }
        Operands::Sampled(kind) => {
            let numbers = operands.iter().position(|operand| operand.bytes().all(|b| b.is_ascii_digit()));
            let (first, numbers) = operands.split_at(numbers.unwrap_or(operands.len()));
            each(kind, first)?;
            matches_operands(program, Operands::AllOrNone(SAMPLES), call, numbers)
        }
        Operands::PatternAndFiles { given_by } => {
            let files = if call.has(given_by) { operands } else { operands.get(1..).unwrap_or_default() };
            if files.is_empty() { Err(missing("a pattern and a file")) } else { each(Kind::File, files) }
        }
        Operands::Keywords { words, bare } => keywords(name, words, bare, operands),
    }
}

const SAMPLES: &[Kind] = &[Kind::Number(1, 10), Kind::Number(1, 10)];

fn keywords(name: &str, words: &[(&str, Option<Kind>)], bare: Option<Kind>, operands: &[&str]) -> Result<(), Denied> {
    let mut operands = operands.iter();
    while let Some(operand) = operands.next() {
        match (words.iter().find(|(word, _)| word == operand), bare) {
            (Some((_, None)), _) => {}
            (Some((word, Some(kind))), _) => {
                let value = operands
                    .next()
                    .ok_or_else(|| Denied::new(Rule::Operand, format!("`{word}` of {name} needs a value")))?;
                operand_of(name, *kind, value)?;
            }
            (None, Some(kind)) => operand_of(name, kind, operand)?,
            (None, None) => {
                return Err(Denied::new(
                    Rule::Operand,
                    format!("{} is not a word of {name} that tai allows there", shown(operand)),
                ));
            }
        }
    }
    Ok(())
}

fn operand_of(name: &str, kind: Kind, operand: &str) -> Result<(), Denied> {
    kind.check(operand).map_err(|mut denied| {
        if denied.rule == Rule::Value {
            denied.rule = Rule::Operand;
        }
        denied.within(name)
    })
}

fn check_requirement(program: &Program, requirement: &Requirement, call: &Call<'_>) -> Result<(), Denied> {
    let name = program.name;
    match requirement {
        Requirement::OneOf { flags, why } if !call.has(flags) => {
            Err(Denied::new(Rule::Missing, format!("{name} needs one of {flags}: {why}")))
        }
        Requirement::With { flags, needs, why } if call.has(flags) && !call.has(needs) => {
            Err(Denied::new(Rule::Missing, format!("{flags} of {name} needs one of {needs}: {why}")))
        }
        Requirement::Special { check, .. } => check(call),
        Requirement::OneOf { .. } | Requirement::With { .. } => Ok(()),
    }
}
