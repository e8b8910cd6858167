//! What is going on, on a terminal.

mod draft;
mod panel;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::style::ProgressTracker;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tai_engine::{Event, Outcome, Request};

use crate::exit::Failure;
use crate::interrupt::Interrupts;
use crate::render::Style;
use crate::terminal::{self, Look};
use crate::trace;
use draft::Draft;
use panel::Panel;

/// What is going on, on a terminal's standard error: one line for each host that is looked at, more for the only one. Nothing where that is no terminal.
#[derive(Clone)]
pub(crate) struct Screen {
    lines: MultiProgress,
    look: Look,
    interrupts: Interrupts,
    /// Held by whoever has taken the lines away.
    away: Arc<Mutex<()>>,
    /// How often something was written above the lines.
    written: Arc<AtomicUsize>,
}

impl Screen {
    pub(crate) fn new(look: Look) -> Self {
        let lines = MultiProgress::with_draw_target(target(look));
        Screen { lines, look, interrupts: Interrupts::default(), away: Arc::default(), written: Arc::default() }
    }

    /// The same, shown in another way.
    pub(crate) fn looking(self, look: Look) -> Self {
        self.lines.set_draw_target(target(look));
        Screen { look, ..self }
    }

    pub(crate) fn look(&self) -> Look {
        self.look
    }

    /// How standard output is painted.
    pub(crate) fn style(&self) -> Style {
        Style::new(self.look.colour)
    }

    /// Where a Ctrl-C goes.
    pub(crate) fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// One more line, for what `label` names; without a label for the only one, which may have lines of its commands below it.
    pub(crate) fn line(&self, label: Option<&str>) -> ProgressLine {
        let bar = self.lines.add(ProgressBar::no_length());
        let panel = Arc::new(Mutex::new(Panel::new(Instant::now())));
        let prefix = label.map(|label| format!("{label}: ")).unwrap_or_default();
        let drawn = Drawn { panel: Arc::clone(&panel), prefix, is_only: label.is_none() };
        let style = ProgressStyle::with_template("{spinner} {panel}").expect("a valid template");
        bar.set_style(style.with_key("panel", drawn));
        if self.look.redraws {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        ProgressLine { screen: self.clone(), bar, panel, streams: false, draft: Mutex::default() }
    }

    /// Prints to standard output, above the lines.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        self.written.fetch_add(1, Ordering::SeqCst);
        self.pause(|| terminal::print(text))
    }

    /// Writes a line for the operator to standard error, above the lines.
    pub(crate) fn note(&self, text: &str) {
        self.written.fetch_add(1, Ordering::SeqCst);
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
        self.lines.set_draw_target(target(self.look));
        done
    }

    /// Takes the lines away for good.
    pub(crate) fn close(&self) {
        // A terminal that is gone shows nothing anyway.
        drop(self.lines.clear());
        self.lines.set_draw_target(ProgressDrawTarget::hidden());
    }

    fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }

    /// Takes back the last rows that were printed.
    fn erase(&self, rows: usize) {
        // With standard output gone there is nothing to take back.
        drop(self.pause(|| terminal::print(&format!("\r\x1b[{rows}A\x1b[J"))));
    }
}

fn target(look: Look) -> ProgressDrawTarget {
    if look.redraws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}

/// What indicatif draws, each time anew.
#[derive(Clone)]
struct Drawn {
    panel: Arc<Mutex<Panel>>,
    prefix: String,
    is_only: bool,
}

impl ProgressTracker for Drawn {
    fn clone_box(&self) -> Box<dyn ProgressTracker> {
        Box::new(self.clone())
    }

    fn tick(&mut self, _: &ProgressState, _: Instant) {}

    fn reset(&mut self, _: &ProgressState, _: Instant) {}

    fn write(&self, _: &ProgressState, w: &mut dyn fmt::Write) {
        let (columns, rows) = terminal::size();
        // The spinner and a space stand before it.
        let columns = columns.saturating_sub(2 + textwrap::core::display_width(&self.prefix));
        let text = lock(&self.panel).text(columns, if self.is_only { rows } else { 0 }, Instant::now());
        // It goes to a string.
        let _ = write!(w, "{}{text}", self.prefix);
    }
}

/// One line of the [`Screen`]. It goes away with this.
pub(crate) struct ProgressLine {
    screen: Screen,
    bar: ProgressBar,
    panel: Arc<Mutex<Panel>>,
    /// Whether answers are shown while they come.
    streams: bool,
    draft: Mutex<Option<Draft>>,
}

impl ProgressLine {
    /// Shows answers while they come, where they can be taken back.
    pub(crate) fn streaming(mut self, streams: bool) -> Self {
        self.streams = streams && self.screen.look.redraws;
        self
    }

    /// What it is a line of.
    pub(crate) fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Shows what is being done.
    pub(crate) fn show_text(&self, text: String) {
        lock(&self.panel).say(text);
    }

    /// Writes a line for the operator to standard error, above this one.
    pub(crate) fn note(&self, text: &str) {
        self.screen.note(text);
    }

    /// Shows what an investigation is at.
    pub(crate) fn show(&self, event: Event) {
        trace::event(&event);
        match event {
            Event::Collecting(progress) => lock(&self.panel).collecting(progress, Instant::now()),
            Event::Indexing { bytes } => self.show_text(format!("indexing {:.1} MB", bytes as f64 / 1e6)),
            Event::Embedding { done, of } => lock(&self.panel).embedding(done, of, Instant::now()),
            Event::EmbeddingFailed { reasons } => {
                self.note(&format!("the question is answered by its words alone: {}", reasons.join(": ")));
            }
            Event::Asking { model, tokens } => self.phase(format!("asking {model}, about {tokens} tokens")),
            Event::Answering { model, tokens, text, begins } => self.answering(&model, tokens, &text, begins),
            Event::Repairing { model, statements } => {
                self.end_draft("(Some of that does not hold. What it says instead follows.)");
                self.phase(format!("{statements} statements of {model} do not hold: asking again"));
            }
            Event::Requested(request) => self.requested(&request),
        }
    }

    /// Shows how many of a number of things are done.
    pub(crate) fn show_count(&self, what: &str, done: usize, of: usize) {
        self.show_text(format!("{what} {done}/{of}"));
    }

    /// Takes the line away, and an answer that came, before anything else is printed.
    pub(crate) fn clear(&self) {
        self.end_draft("(That was not checked. What holds of it follows.)");
        self.bar.finish_and_clear();
    }

    /// What takes minutes is told even where nothing can be drawn over, on a terminal.
    fn phase(&self, text: String) {
        if !self.screen.look.redraws && terminal::is_interactive() {
            self.note(&format!("{text} …"));
        }
        self.show_text(text);
    }

    fn requested(&self, Request { command, outcome }: &Request) {
        self.end_draft("(It asks for more before it answers.)");
        let mark = if matches!(outcome, Outcome::Ran | Outcome::Known) { "" } else { "! " };
        self.note(&format!("{mark}the model asked for {command}: {outcome}"));
    }

    fn answering(&self, model: &str, tokens: u64, text: &str, begins: bool) {
        if begins {
            self.end_draft("(It begins anew.)");
        }
        let mut told = format!("{model} answers, {tokens} tokens so far");
        let mut draft = lock(&self.draft);
        if self.streams && !text.is_empty() {
            draft.get_or_insert_with(|| Draft::new(&self.screen, model)).push(text);
        }
        if let Some(draft) = &*draft
            && !draft.line().trim().is_empty()
        {
            told = format!("({tokens}) {}", draft.line());
        }
        self.show_text(told);
    }

    fn end_draft(&self, why: &str) {
        if let Some(draft) = lock(&self.draft).take() {
            draft.end(why);
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
        self.screen.lines.remove(&self.bar);
    }
}

/// What a thread left that panicked is shown all the same.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
