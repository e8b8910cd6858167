use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tai_collect::Progress;
use tai_engine::Event;

use crate::terminal::note;

/// One line on a terminal's standard error that says what is going on; nothing where that is no terminal.
pub(crate) struct ProgressLine {
    bar: ProgressBar,
    counts: Mutex<(usize, usize)>,
}

impl ProgressLine {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").expect("a valid template");
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(120));
        ProgressLine { bar, counts: Mutex::new((0, 0)) }
    }

    /// Shows what is being done.
    pub(crate) fn show_text(&self, text: String) {
        self.bar.set_message(text);
    }

    /// Writes a line for the operator to standard error, above this one.
    pub(crate) fn note(&self, text: &str) {
        self.bar.suspend(|| note(text));
    }

    /// What takes the line away while it asks a person something.
    pub(crate) fn pause(&self) -> impl Fn(&dyn Fn() -> Option<String>) -> Option<String> + Send + Sync + 'static {
        let bar = self.bar.clone();
        move |ask| bar.suspend(ask)
    }

    /// Shows what an investigation is at.
    pub(crate) fn show(&self, event: Event) {
        let message = match event {
            Event::Collecting(progress) => self.collecting(progress),
            Event::Indexing { bytes } => Some(format!("indexing {:.1} MB", bytes as f64 / 1e6)),
            Event::Asking { model, tokens } => Some(format!("asking {model}, about {tokens} tokens")),
        };
        if let Some(message) = message {
            self.bar.set_message(message);
        }
    }

    /// Shows how many of a number of things are done.
    pub(crate) fn show_count(&self, what: &str, done: usize, of: usize) {
        self.bar.set_message(format!("{what} {done}/{of}"));
    }

    /// Takes the line away, before anything else is printed.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn collecting(&self, progress: Progress) -> Option<String> {
        // A poisoned count is a count all the same.
        let mut counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match progress {
            Progress::Planned(more) => counts.1 += more,
            Progress::Finished { .. } => counts.0 += 1,
            Progress::Started { command } => {
                return Some(format!("collecting {}/{}: {command}", counts.0 + 1, counts.1));
            }
        }
        None
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}
