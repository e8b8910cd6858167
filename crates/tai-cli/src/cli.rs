use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Duration;

use argh::FromArgs;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::{Colour, Command, ConfigCommand, ModelsCommand, PolicyCommand, SshCommand, StoreCommand, Tai};
use crate::exit::{Exit, Failure};
use crate::normalize::normalize;
use crate::progress::Screen;
use crate::terminal::{note, print, width};
use crate::{bug, commands, trace, wire};

/// How long an interrupted command has to kill what it started and to remove what it wrote.
const TIME_TO_DROP: Duration = Duration::from_secs(1);

/// Runs `tai` with the words of a command line, without the program's own name, and gives its exit code.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    guarded(|| run(words))
}

/// Runs it to its end, which may be a panic, and says how that was.
pub(crate) fn guarded(run: impl FnOnce() -> Result<Exit, Failure>) -> ExitCode {
    bug::watch();
    let done = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_panic| Err(Failure::new(Exit::Bug, "panicked")));
    let exit = done.unwrap_or_else(|failure| {
        match failure.exit {
            Exit::Done => {}
            Exit::Bug if bug::report() => {}
            _ => note(failure.message().trim_end()),
        }
        failure.exit
    });
    if exit == Exit::Interrupted {
        bug::restore_terminal();
    }
    ExitCode::from(exit.code())
}

fn run(words: impl IntoIterator<Item = OsString>) -> Result<Exit, Failure> {
    match parse(words)? {
        Parsed::Help(text) => print(&wrapped(&text)).map(|()| Exit::Done),
        Parsed::Command(tai) => {
            trace::start(tai.debug, tai.debug_file.as_deref())?;
            dispatch(*tai)
        }
    }
}

/// Says whether these words, without the program's own name, are a command line of tai. Nothing is done.
///
/// # Errors
///
/// What `tai` would say of them.
pub fn check(words: impl IntoIterator<Item = OsString>) -> Result<(), String> {
    parse(words).map(drop).map_err(|failure| failure.message())
}

enum Parsed {
    Command(Box<Tai>),
    Help(String),
}

fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Parsed, Failure> {
    let utf8 = |word: OsString| {
        word.into_string()
            .map_err(|word| Failure::usage(format!("an argument is not UTF-8: {}", word.to_string_lossy())))
    };
    let words = normalize(words.into_iter().map(utf8).collect::<Result<Vec<_>, _>>()?)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match Tai::from_args(&["tai"], &words) {
        Ok(tai) => Ok(Parsed::Command(Box::new(tai))),
        Err(early) if early.status.is_ok() => Ok(Parsed::Help(early.output)),
        Err(early) => {
            Err(Failure::usage(early.output.trim_end().to_owned()).hint("`tai --help`, or --help after the command"))
        }
    }
}

/// Help text with its long lines wrapped, each at its own indentation. Examples stay whole: they are there to be copied.
fn wrapped(help: &str) -> String {
    let wrap = |line: &str| {
        let indent = " ".repeat(line.len() - line.trim_start().len());
        if line.trim_start().starts_with("tai ") {
            return format!("{line}\n");
        }
        let options = textwrap::Options::new(width()).initial_indent(&indent).subsequent_indent(&indent);
        // A flag stays whole.
        let options = options.break_words(false).word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(line.trim_start(), options) + "\n"
    };
    help.lines().map(wrap).collect()
}

fn dispatch(tai: Tai) -> Result<Exit, Failure> {
    match tai.command {
        _ if tai.version => commands::version(false),
        None => Err(Failure::usage("no command was given").hint("`tai --help` lists the commands")),
        Some(Command::Version(args)) => commands::version(args.json),
        Some(Command::Config(config)) => match config.command {
            ConfigCommand::Show(args) => commands::config_show(&args),
            ConfigCommand::Path(args) => commands::config_path(&args),
            ConfigCommand::Check(args) => commands::config_check(&args),
        },
        Some(Command::Doctor(args)) => until_interrupted(|screen| commands::doctor(args, screen)),
        Some(Command::Completions(args)) => commands::completions(&args),
        Some(Command::Man(args)) => commands::man(&args),
        Some(Command::Policy(policy)) => match policy.command {
            PolicyCommand::Check(args) => commands::policy_check(&args),
            PolicyCommand::Explain(args) => commands::policy_explain(&args),
            PolicyCommand::List(args) => commands::policy_list(&args),
        },
        Some(Command::History(args)) => until_interrupted(|screen| commands::history(args, screen)),
        Some(Command::Runbooks(args)) => until_interrupted(|screen| commands::runbooks(args, screen)),
        Some(Command::Audit(args)) => commands::audit(&args),
        Some(Command::Cleanup(args)) => until_interrupted(|screen| commands::cleanup(args, screen)),
        Some(Command::Redact(args)) => commands::redact(&args),
        Some(Command::Ssh(ssh)) => match ssh.command {
            SshCommand::Resolve(args) => commands::ssh_resolve(&args),
            SshCommand::HostKey(args) => commands::ssh_host_key(&args),
        },
        Some(Command::Models(models)) => match models.command {
            ModelsCommand::List(args) => commands::models_list(&args),
            ModelsCommand::Info(args) => commands::models_info(&args),
            ModelsCommand::Path(args) => commands::models_path(&args),
            ModelsCommand::Remove(args) => commands::models_remove(&args),
            ModelsCommand::Prune(args) => commands::models_prune(&args),
            ModelsCommand::Quantize(args) => commands::models_quantize(&args),
            ModelsCommand::Pull(args) => until_interrupted(|screen| commands::models_pull(args, screen)),
            ModelsCommand::Import(args) => until_interrupted(|screen| commands::models_import(args, screen)),
            ModelsCommand::Verify(args) => until_interrupted(|screen| commands::models_verify(args, screen)),
            ModelsCommand::Export(args) => until_interrupted(|screen| commands::models_export(args, screen)),
        },
        Some(Command::Store(store)) => match store.command {
            StoreCommand::Stats(args) => until_interrupted(|screen| commands::store_stats(args, screen)),
            StoreCommand::Verify(args) => commands::store_verify(&args),
            StoreCommand::Repair(args) => commands::store_repair(&args),
            StoreCommand::Reindex(args) => until_interrupted(|screen| commands::store_reindex(args, screen)),
            StoreCommand::Export(args) => until_interrupted(|screen| commands::store_export(args, screen)),
            StoreCommand::Import(args) => until_interrupted(|screen| commands::store_import(args, screen)),
        },
        Some(Command::Probe(args)) => until_interrupted(|screen| commands::probe(args, screen)),
        Some(Command::Run(args)) => until_interrupted(|screen| commands::run(args, screen)),
        Some(Command::Collect(args)) => until_interrupted(|screen| commands::collect(args, screen)),
        Some(Command::Plan(args)) => until_interrupted(|screen| commands::plan(args, screen)),
        Some(Command::Retrieve(args)) => until_interrupted(|screen| commands::retrieve(args, screen)),
        Some(Command::Eval(args)) => until_interrupted(|screen| commands::eval(args, screen)),
    }
}

/// Runs a command to its end, or to a Ctrl-C that nobody [holds](crate::interrupt::Interrupts), SIGTERM or SIGHUP: then it is dropped, which kills what it started and removes what it wrote half. It runs on a
/// thread of its own, so that a signal is answered while it computes.
fn until_interrupted<F>(command: impl FnOnce(Screen) -> F) -> Result<Exit, Failure>
where
    F: Future<Output = Result<Exit, Failure>> + Send + 'static,
{
    let screen = Screen::new(wire::look(Colour::Auto, false));
    let command = command(screen.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Bug, error))?;
    let done = runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let mut command = tokio::spawn(command);
        loop {
            tokio::select! {
                done = &mut command => break done.unwrap_or_else(|error| Err(Failure::new(Exit::Bug, error))),
                is_interrupt = signals.next() => {
                    if is_interrupt && screen.interrupts().press() {
                        continue;
                    }
                    command.abort();
                    // What it holds is dropped at its next pause; one that computes on is left behind.
                    drop(tokio::time::timeout(TIME_TO_DROP, command).await);
                    break Err(Failure::new(Exit::Interrupted, "interrupted"));
                }
            }
        }
    });
    screen.close();
    // A read that still waits for a model must not hold up the end.
    // What was interrupted on a thread of its own gets a moment to clear up.
    runtime.shutdown_timeout(Duration::from_millis(500));
    done
}

/// The signals that end a command in order.
struct Signals([Signal; 3]);

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::new(Exit::Bug, error));
        Ok(Signals([listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]))
    }

    /// Waits for one; true for a Ctrl-C.
    async fn next(&mut self) -> bool {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => true,
            _ = terminate.recv() => false,
            _ = hangup.recv() => false,
        }
    }
}
