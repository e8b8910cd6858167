//! What is told of a bug of tai, and how the terminal is left then.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

use crate::terminal::note;

/// What the last panic said. Some are caught where they may happen, as of a damaged index, and nobody is to read of those.
static LAST: Mutex<Option<String>> = Mutex::new(None);
/// How the terminal was found.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

/// Cursor on, bracketed paste off, attributes off.
const PLAIN: &[u8] = b"\x1b[?25h\x1b[?2004l\x1b[0m";
/// Where a bug is told, if the package says so.
const TRACKER: &str = env!("CARGO_PKG_REPOSITORY");

/// From here on a panic prints nothing by itself: [`report`] does, when it was the end of tai.
pub(crate) fn watch() {
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(panic = %panic, "bug");
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(told(panic));
    }));
    *FOUND.lock().unwrap_or_else(PoisonError::into_inner) = tcgetattr(std::io::stdin()).ok();
}

/// Says what the panic was that was the end, and where to send it; `false` where there was none. The terminal is usable again.
pub(crate) fn report() -> bool {
    restore_terminal();
    let Some(told) = LAST.lock().unwrap_or_else(PoisonError::into_inner).take() else { return false };
    note(&told);
    let whom = if TRACKER.is_empty() { "the maintainers of tai" } else { TRACKER };
    note(&format!(
        "  hint: please report it to {whom}, with the command line; --debug=FILE writes what happened before, without secrets"
    ));
    true
}

/// As tai found it: a thread that read a line may have left it raw.
pub(crate) fn restore_terminal() {
    let Some(found) = FOUND.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    // A terminal that is gone needs nothing.
    tcsetattr(std::io::stdin(), SetArg::TCSANOW, &found).ok();
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        drop(stderr.write_all(PLAIN));
    }
}

fn told(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("a panic without a message").to_owned();
    let place = panic.location().map(|at| format!("{}:{}, ", at.file(), at.line())).unwrap_or_default();
    let (version, os, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    let mut text =
        format!("error: a bug of tai: {}\n  at {place}tai {version}, {os} {arch}", tai_ssh::visible_line(message));
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        text += &format!("\n{trace}");
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a process of its own is what is tested here")]

    use std::process::{Command, ExitCode};

    use crate::cli::guarded;
    use crate::exit::{Exit, Failure};

    /// Run in a process of its own by the test below.
    #[test]
    fn panics() {
        match std::env::var("TAI_TEST_PANIC").as_deref() {
            Ok("here") => end(guarded(|| panic!("the \u{1b}[31mtable has no row"))),
            Ok("task") => end(guarded(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let done = runtime.block_on(async { tokio::spawn(async { panic!("the task has no row") }).await });
                Err::<Exit, _>(Failure::new(Exit::Bug, done.unwrap_err()))
            })),
            Ok("caught") => end(guarded(|| {
                drop(std::panic::catch_unwind(|| panic!("a damaged index")));
                Ok(Exit::Done)
            })),
            _ => {}
        }
    }

    #[expect(clippy::exit, reason = "the process is this test's own")]
    fn end(code: ExitCode) {
        std::process::exit(if code == ExitCode::SUCCESS {
            0
        } else if code == ExitCode::from(70) {
            70
        } else {
            1
        });
    }

    #[test]
    fn a_panic_is_told_in_short_and_ends_with_70() {
        let run = |how: &str| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "bug::tests::panics", "--nocapture"]).env("TAI_TEST_PANIC", how);
            let output = command.env_remove("RUST_BACKTRACE").output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        for (how, message) in [("here", "the table has no row"), ("task", "the task has no row")] {
            let (code, said) = run(how);
            assert_eq!(code, Some(70), "{said}");
            assert!(
                said.contains(&format!("error: a bug of tai: {message}\n  at crates/tai-cli/src/bug.rs:")),
                "{said}"
            );
            assert!(said.contains("please report it to ") && !said.contains("RUST_BACKTRACE"), "{said}");
        }
        let (code, said) = run("caught");
        assert_eq!((code, said.as_str()), (Some(0), ""));
    }
}
