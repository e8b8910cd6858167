//! The criteria of `Match`.

use super::error::Problem;
use super::expand::Tokens;
use super::line::word;
use super::pattern::{Verdict, match_host, match_list};

/// What the criteria are asked of.
pub(super) struct Subject<'a> {
    /// The host after `Hostname`.
    pub(super) host: &'a str,
    /// As it was typed.
    pub(super) original: &'a str,
    /// The user at the other end.
    pub(super) user: &'a str,
    pub(super) local_user: &'a str,
    /// Whether this is the second pass.
    pub(super) final_pass: bool,
    pub(super) tokens: &'a Tokens,
}

/// What a line of criteria says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) matches: bool,
    /// The second pass is asked for.
    pub(super) wants_final: bool,
    /// A command would have to be run to know.
    pub(super) needs_command: bool,
    /// Something is left after the criteria.
    pub(super) has_rest: bool,
}

/// Reads the criteria and asks them, in order. None of them runs anything.
pub(super) fn decide(text: &str, subject: &Subject<'_>) -> Result<Decision, Problem> {
    let mut decision = Decision { matches: true, ..Decision::default() };
    let mut rest = Some(text);
    let mut count = 0;
    while let Some(criterion) = next(&mut rest).filter(|criterion| !criterion.is_empty()) {
        if criterion.starts_with('#') {
            rest = None;
            break;
        }
        let (negated, name) = criterion.strip_prefix('!').map_or((false, &*criterion), |name| (true, name));
        if name.eq_ignore_ascii_case("all") {
            let after = next(&mut rest).unwrap_or_default();
            if count > 1 || !(after.is_empty() || after.starts_with('#')) {
                return Err(Problem::BadMatch { criterion });
            }
            if after.starts_with('#') {
                rest = None;
            }
            decision.matches &= !negated;
            count += 1;
            break;
        }
        count += 1;
        let found = match name.to_ascii_lowercase().as_str() {
            "canonical" => subject.final_pass,
            "final" => {
                decision.wants_final = true;
                subject.final_pass
            }
            name => {
                let value = next(&mut rest).filter(|value| !(value.is_empty() || value.starts_with('#')));
                let value = value.ok_or_else(|| Problem::BadMatch { criterion: criterion.clone() })?;
                match name {
                    "host" => match_host(subject.host, &value),
                    "originalhost" => match_host(subject.original, &value),
                    "user" => match_list(subject.user, &value, false) == Verdict::Matches,
                    "localuser" => match_list(subject.local_user, &value, false) == Verdict::Matches,
                    "exec" => {
                        subject.tokens.expand(&value)?;
                        if decision.matches {
                            decision.needs_command = true;
                            return Ok(decision);
                        }
                        continue;
                    }
                    _ => return Err(Problem::BadMatch { criterion }),
                }
            }
        };
        decision.matches &= found != negated;
    }
    if count == 0 {
        return Err(Problem::BadMatch { criterion: String::new() });
    }
    decision.has_rest = rest.is_some_and(|rest| !rest.is_empty());
    Ok(decision)
}

fn next(rest: &mut Option<&str>) -> Option<String> {
    let (found, after) = word((*rest)?).unzip();
    *rest = after.flatten();
    found
}
