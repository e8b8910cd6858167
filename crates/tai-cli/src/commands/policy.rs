use std::io::{self, BufRead};

use serde_json::json;
use tai_ssh::Policy;
use tai_ssh::policy::Program;

use super::json_line;
use crate::args::{PolicyCheck, PolicyExplain, PolicyList};
use crate::exit::{Exit, Failure};
use crate::render;
use crate::terminal::print;
use crate::wire;

pub(crate) fn policy_check(args: &PolicyCheck) -> Result<Exit, Failure> {
    let policy = wire::policy()?;
    if args.stdin && !args.command.is_empty() {
        return Err(
            Failure::usage("--stdin and a command exclude each other").hint("give the command on standard input")
        );
    }
    if args.stdin {
        return check_lines(&policy, args.json);
    }
    if args.command.is_empty() {
        return Err(Failure::usage("no command was given").hint("`tai policy check -- ls -l /var/log`"));
    }
    check(&policy, &args.command.join(" "), args.json)
}

fn check_lines(policy: &Policy, json: bool) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for line in io::stdin().lock().split(b'\n') {
        let line = line.map_err(|error| Failure::usage(error).hint("standard input cannot be read"))?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let one = if json { check_json_string(policy, &line)? } else { check(policy, &line, false)? };
        exit = exit.max(one);
    }
    Ok(exit)
}

fn check_json_string(policy: &Policy, line: &str) -> Result<Exit, Failure> {
    match serde_json::from_str::<String>(line) {
        Ok(command) => check(policy, &command, true),
        Err(error) => {
            print(&json_line(
                &json!({ "allowed": false, "reason": format!("the line is not a JSON string: {error}") }),
            )?)?;
            Ok(Exit::Denied)
        }
    }
}

fn check(policy: &Policy, command: &str, json: bool) -> Result<Exit, Failure> {
    let (exit, reason, rule) = match policy.check(command) {
        Ok(allowed) => (Exit::Done, format!("{} is allowed with these arguments", allowed.program()), None),
        Err(denied) => (Exit::Denied, denied.to_string(), Some(denied.rule)),
    };
    let allowed = exit == Exit::Done;
    if json {
        print(&json_line(&json!({ "allowed": allowed, "reason": reason, "rule": rule }))?)?;
    } else {
        print(&format!("{}: {reason}\n", if allowed { "allowed" } else { "denied" }))?;
    }
    Ok(exit)
}

pub(crate) fn policy_explain(args: &PolicyExplain) -> Result<Exit, Failure> {
    if args.command.is_empty() {
        return Err(Failure::usage("no command was given").hint("`tai policy explain -- find / -delete`"));
    }
    let explanation = wire::policy()?.explain(&args.command.join(" "));
    print(&if args.json { json_line(&explanation)? } else { render::explanation(&explanation) })?;
    Ok(if explanation.allowed { Exit::Done } else { Exit::Denied })
}

pub(crate) fn policy_list(args: &PolicyList) -> Result<Exit, Failure> {
    let policy = wire::policy()?;
    let programs: Vec<_> = policy.programs().iter().map(Program::describe).collect();
    let text = if args.json { json_line(&programs)? } else { render::policy_table(&programs) };
    print(&text)?;
    Ok(Exit::Done)
}
