//! What an investigation is at, as lines of text.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tai_collect::Progress;
use tai_ssh::{Ending, visible_line};

/// Terminals that are smaller get one line.
const MIN_COLUMNS: usize = 60;
const MIN_ROWS: usize = 16;
/// Commands that ended and are still shown.
const MAX_ENDED: usize = 3;
/// Commands that run and are shown.
const MAX_RUNNING: usize = 4;

/// What an investigation is at.
pub(super) struct Panel {
    what: What,
    planned: usize,
    running: Vec<(String, Instant)>,
    /// The last ones.
    ended: VecDeque<(String, &'static str, usize, Duration)>,
    done: usize,
    failed: usize,
    timed_out: usize,
    denied: usize,
    missing: usize,
    bytes: usize,
    since: Instant,
}

enum What {
    Text(String),
    Collecting,
    Embedding { done: usize, of: usize },
}

impl Panel {
    pub(super) fn new(now: Instant) -> Self {
        Panel {
            what: What::Text(String::new()),
            planned: 0,
            running: Vec::new(),
            ended: VecDeque::new(),
            done: 0,
            failed: 0,
            timed_out: 0,
            denied: 0,
            missing: 0,
            bytes: 0,
            since: now,
        }
    }

    pub(super) fn say(&mut self, text: String) {
        self.what = What::Text(visible_line(text));
    }

    /// The time is counted from `done` 0 on.
    pub(super) fn embedding(&mut self, done: usize, of: usize, now: Instant) {
        if done == 0 || !matches!(self.what, What::Embedding { .. }) {
            self.since = now;
        }
        self.what = What::Embedding { done, of };
    }

    pub(super) fn collecting(&mut self, progress: Progress, now: Instant) {
        if !matches!(self.what, What::Collecting) {
            self.what = What::Collecting;
            self.since = now;
        }
        match progress {
            Progress::Planned(more) => self.planned += more,
            Progress::Denied { .. } => self.denied += 1,
            Progress::Started { command } => self.running.push((visible_line(command), now)),
            Progress::Finished { command, ending, bytes, duration } => {
                let command = visible_line(command);
                if let Some(at) = self.running.iter().position(|(running, _)| *running == command) {
                    self.running.remove(at);
                }
                let (counter, state) = match ending {
                    Ending::Exited(_) => (&mut self.done, "done"),
                    Ending::TimedOut => (&mut self.timed_out, "timed out"),
                    Ending::NotCaptured => (&mut self.missing, "missing"),
                    Ending::Signalled(_) | Ending::NotStarted { .. } | Ending::Lost { .. } => {
                        (&mut self.failed, "failed")
                    }
                };
                *counter += 1;
                self.bytes += bytes;
                self.ended.push_back((command, state, bytes, duration));
                if self.ended.len() > MAX_ENDED {
                    self.ended.pop_front();
                }
            }
        }
    }

    /// What is shown on a terminal of this size: a line, and where there is room the commands below it.
    pub(super) fn text(&self, columns: usize, rows: usize, now: Instant) -> String {
        // A column is left free: some terminals go to the next line when the last one is written to.
        let most = columns.saturating_sub(1);
        let head = match &self.what {
            What::Text(text) => text.clone(),
            What::Embedding { done, of } => self.embedded(*done, *of, now),
            What::Collecting => return self.commands(most, columns >= MIN_COLUMNS && rows >= MIN_ROWS, now),
        };
        shortened(&head, most)
    }

    /// With rate and time left once they can be told.
    fn embedded(&self, done: usize, of: usize, now: Instant) -> String {
        let seconds = now.duration_since(self.since).as_secs_f64();
        if done == 0 || seconds < 1.0 {
            return format!("embedding {done}/{of} texts");
        }
        let rate = done as f64 / seconds;
        format!("embedding {done}/{of} texts, {rate:.0}/s, {:.0} s left", of.saturating_sub(done) as f64 / rate)
    }

    fn commands(&self, most: usize, has_room: bool, now: Instant) -> String {
        let ended = self.done + self.failed + self.timed_out + self.missing;
        let waiting = self.planned.saturating_sub(ended + self.running.len());
        let mut head = format!("collecting {ended}/{}", self.planned);
        if !has_room {
            if let Some((command, _)) = self.running.last() {
                head += &format!(": {command}");
            }
            return shortened(&head, most);
        }
        let counts = [
            (self.running.len(), "running"),
            (waiting, "waiting"),
            (self.failed, "failed"),
            (self.timed_out, "timed out"),
            (self.denied, "denied"),
            (self.missing, "missing"),
        ];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            head += &format!(", {count} {what}");
        }
        let seconds = now.duration_since(self.since).as_secs_f64();
        head += &format!("; {}, {seconds:.1} s", size(self.bytes));
        let mut lines = vec![shortened(&head, most)];
        let ended = self.ended.iter().map(|(command, state, bytes, duration)| {
            format!("  {state:<9} {:>6.1} s {:>9}  {command}", duration.as_secs_f64(), size(*bytes))
        });
        let running = self.running.iter().take(MAX_RUNNING).map(|(command, since)| {
            format!("  {:<9} {:>6.1} s {:>9}  {command}", "running", now.duration_since(*since).as_secs_f64(), "")
        });
        lines.extend(ended.chain(running).map(|line| shortened(&line, most)));
        lines.join("\n")
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// The beginning of a text, of so many columns at most.
fn shortened(text: &str, columns: usize) -> String {
    if textwrap::core::display_width(text) <= columns {
        return text.to_owned();
    }
    let (mut short, mut used) = (String::new(), 1);
    for c in text.chars() {
        used += textwrap::core::display_width(c.encode_utf8(&mut [0; 4]));
        if used > columns {
            break;
        }
        short.push(c);
    }
    short + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(command: &str, ending: Ending) -> Progress {
        let (command, duration) = (command.to_owned(), Duration::from_millis(120));
        Progress::Finished { command, ending, bytes: 2_500, duration }
    }

    #[test]
    fn every_command_has_its_state() {
        let now = Instant::now();
        let mut panel = Panel::new(now);
        let started = |command: &str| Progress::Started { command: command.to_owned() };
        panel.collecting(Progress::Planned(6), now);
        panel.collecting(Progress::Denied { command: "cat /etc/shadow".into(), reason: "secret".into() }, now);
        for command in ["df -h", "dmesg", "smartctl -a /dev/sda", "journalctl -k"] {
            panel.collecting(started(command), now);
        }
        panel.collecting(finished("df -h", Ending::Exited(0)), now);
        panel.collecting(finished("dmesg", Ending::NotStarted { reason: "it is not there".into() }), now);
        panel.collecting(finished("smartctl -a /dev/sda", Ending::TimedOut), now);
        let later = now + Duration::from_secs(2);
        let expect = "collecting 3/6, 1 running, 2 waiting, 1 failed, 1 timed out, 1 denied; 7.5 kB, 2.0 s\n  \
                      done         0.1 s    2.5 kB  df -h\n  \
                      failed       0.1 s    2.5 kB  dmesg\n  \
                      timed out    0.1 s    2.5 kB  smartctl -a /dev/sda\n  \
                      running      2.0 s            journalctl -k";
        assert_eq!(panel.text(100, 24, later), expect);
        assert_eq!(panel.text(40, 24, later), "collecting 3/6: journalctl -k");
        assert_eq!(panel.text(100, 10, later), "collecting 3/6: journalctl -k");
        assert_eq!(panel.text(20, 10, later), "collecting 3/6: jo…");
        panel.embedding(0, 200, now);
        panel.embedding(100, 200, later);
        assert_eq!(panel.text(80, 24, later), "embedding 100/200 texts, 50/s, 2 s left");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let now = Instant::now();
        let mut panel = Panel::new(now);
        panel.collecting(Progress::Planned(1), now);
        panel.collecting(Progress::Started { command: "日本".repeat(60) + "\u{1b}[2J" }, now);
        for columns in [1, 2, 40, 80] {
            for line in panel.text(columns, 24, now).lines() {
                assert!(textwrap::core::display_width(line) <= columns, "{columns}: {line}");
                assert!(!line.contains('\u{1b}'));
            }
        }
    }
}
