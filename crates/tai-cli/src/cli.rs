use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use argh::FromArgs;

use crate::args::{Command, PolicyCommand, Tai};
use crate::commands;
use crate::exit::{Exit, Failure};
use crate::normalize::normalize;
use crate::terminal::{note, print, width};

/// Runs `tai` with the words of a command line, without the program's own name, and gives its exit code. A word that is not UTF-8 is taken with
/// U+FFFD in place of what is not.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words = normalize(words.into_iter().map(|word| word.to_string_lossy().into_owned()));
    let exit = catch_unwind(AssertUnwindSafe(|| run(&words))).unwrap_or_else(|_panic| {
        note("error: a bug of tai, see the message above\n  hint: please report it, with the command line");
        Exit::Bug
    });
    ExitCode::from(exit.code())
}

fn run(words: &[String]) -> Exit {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match Tai::from_args(&["tai"], &words) {
        Ok(tai) => dispatch(tai),
        Err(early) if early.status.is_ok() => print(&wrapped(&early.output)).map(|()| Exit::Done),
        Err(early) => {
            Err(Failure::usage(early.output.trim_end().to_owned()).hint("`tai --help`, or --help after the command"))
        }
    };
    done.unwrap_or_else(|failure| {
        note(failure.message().trim_end());
        failure.exit
    })
}

/// Help text with its long lines wrapped, each at its own indentation. Examples stay whole: they are there to be copied.
fn wrapped(help: &str) -> String {
    let wrap = |line: &str| {
        let indent = " ".repeat(line.len() - line.trim_start().len());
        if line.trim_start().starts_with("tai ") {
            return format!("{line}\n");
        }
        let options =
            textwrap::Options::new(width()).initial_indent(&indent).subsequent_indent(&indent).break_words(false);
        textwrap::fill(line.trim_start(), options) + "\n"
    };
    help.lines().map(wrap).collect()
}

fn dispatch(tai: Tai) -> Result<Exit, Failure> {
    match tai.command {
        _ if tai.version => commands::version(false),
        None => Err(Failure::usage("no command was given").hint("`tai --help` lists the commands")),
        Some(Command::Version(args)) => commands::version(args.json),
        Some(Command::Policy(policy)) => match policy.command {
            PolicyCommand::Check(args) => commands::policy_check(&args),
            PolicyCommand::List(args) => commands::policy_list(&args),
        },
        Some(Command::Run(args)) => until_interrupted(commands::run(args)),
        Some(Command::Retrieve(args)) => until_interrupted(commands::retrieve(args)),
        Some(Command::Eval(args)) => until_interrupted(commands::eval(args)),
    }
}

/// Runs a command to its end, or to a Ctrl-C, SIGTERM or SIGHUP: then it is dropped, which kills what it started and removes what it wrote half.
fn until_interrupted(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Bug, error))?;
    let done = runtime.block_on(async {
        tokio::select! {
            done = command => done,
            signal = interruption() => signal.and(Err(Failure::new(Exit::Interrupted, "interrupted"))),
        }
    });
    // A read that still waits for a model must not hold up the end.
    runtime.shutdown_background();
    done
}

async fn interruption() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| Failure::new(Exit::Bug, error));
    let mut signals =
        [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?];
    let [interrupt, terminate, hangup] = &mut signals;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}
