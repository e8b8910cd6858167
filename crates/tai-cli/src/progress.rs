use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tai_collect::Progress;
use tai_engine::{Event, Request};

use crate::exit::Failure;
use crate::{terminal, trace};

/// What is going on, on a terminal's standard error: one line for each host that is looked at. Nothing where that is no terminal.
#[derive(Clone)]
pub(crate) struct Screen {
    lines: MultiProgress,
    /// Held by whoever has taken the lines away.
    away: Arc<Mutex<()>>,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Screen { lines: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()), away: Arc::default() }
    }

    /// One more line, for what `label` names; without a label for the only one.
    pub(crate) fn line(&self, label: Option<&str>) -> ProgressLine {
        let bar = self.lines.add(ProgressBar::no_length());
        let style = ProgressStyle::with_template("{spinner} {prefix}{wide_msg} {elapsed}").expect("a valid template");
        bar.set_style(style);
        bar.set_prefix(label.map(|label| format!("{label}: ")).unwrap_or_default());
        bar.enable_steady_tick(Duration::from_millis(120));
        ProgressLine { screen: self.clone(), bar, counts: Mutex::new((0, 0)), embedding: Mutex::new(Instant::now()) }
    }

    /// Prints to standard output, above the lines.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        self.pause(|| terminal::print(text))
    }

    /// Writes a line for the operator to standard error, above the lines.
    pub(crate) fn note(&self, text: &str) {
        self.pause(|| terminal::note(text));
    }

    /// Takes the lines away while something else is shown, or a person is asked.
    ///
    /// `MultiProgress::suspend` would do, but it panics when the terminal is gone, and holds a lock, so that a question could not be answered with Ctrl-C.
    pub(crate) fn pause<T>(&self, work: impl FnOnce() -> T) -> T {
        let _away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        // A terminal that is gone shows nothing anyway.
        drop(self.lines.clear());
        self.lines.set_draw_target(ProgressDrawTarget::hidden());
        let done = work();
        self.lines.set_draw_target(ProgressDrawTarget::stderr());
        done
    }

    /// Takes the lines away for good.
    pub(crate) fn close(&self) {
        // A terminal that is gone shows nothing anyway.
        drop(self.lines.clear());
        self.lines.set_draw_target(ProgressDrawTarget::hidden());
    }
}

/// One line of the [`Screen`]. It goes away with this.
pub(crate) struct ProgressLine {
    screen: Screen,
    bar: ProgressBar,
    counts: Mutex<(usize, usize)>,
    embedding: Mutex<Instant>,
}

impl ProgressLine {
    /// What it is a line of.
    pub(crate) fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Shows what is being done.
    pub(crate) fn show_text(&self, text: String) {
        self.bar.set_message(text);
    }

    /// Writes a line for the operator to standard error, above this one.
    pub(crate) fn note(&self, text: &str) {
        self.screen.note(text);
    }

    /// Shows what an investigation is at.
    pub(crate) fn show(&self, event: Event) {
        trace::event(&event);
        let message = match event {
            Event::Collecting(progress) => self.collecting(progress),
            Event::Indexing { bytes } => Some(format!("indexing {:.1} MB", bytes as f64 / 1e6)),
            Event::Embedding { done, of } => Some(self.embedding(done, of)),
            Event::EmbeddingFailed { reasons } => {
                self.note(&format!("the question is answered by its words alone: {}", reasons.join(": ")));
                None
            }
            Event::Asking { model, tokens } => Some(format!("asking {model}, about {tokens} tokens")),
            Event::Answering { model, tokens, .. } => Some(format!("{model} answers, {tokens} tokens so far")),
            Event::Repairing { model, statements } => {
                Some(format!("{statements} statements of {model} do not hold: asking again"))
            }
            Event::Requested(Request { command, outcome }) => {
                self.note(&format!("the model asked for {command}: {outcome}"));
                None
            }
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

    /// With rate and time left once they can be told.
    fn embedding(&self, done: usize, of: usize) -> String {
        // A poisoned start is a start all the same.
        let mut start = self.embedding.lock().unwrap_or_else(PoisonError::into_inner);
        if done == 0 {
            *start = Instant::now();
        }
        let seconds = start.elapsed().as_secs_f64();
        if done == 0 || seconds < 1.0 {
            return format!("embedding {done}/{of} texts");
        }
        let rate = done as f64 / seconds;
        format!("embedding {done}/{of} texts, {rate:.0}/s, {:.0} s left", (of - done) as f64 / rate)
    }

    fn collecting(&self, progress: Progress) -> Option<String> {
        // A poisoned count is a count all the same.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
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
        self.screen.lines.remove(&self.bar);
    }
}
