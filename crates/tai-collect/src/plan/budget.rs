use std::time::Duration;

use serde::Serialize;

/// The most that an investigation may cost the host, over all its rounds. What asks the host who it is does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// Commands.
    pub commands: usize,
    /// Bytes of output.
    pub bytes: usize,
    /// Seconds that the commands run, added up.
    pub seconds: u64,
}

impl Default for Budget {
    /// 120 commands, 64 MiB, 5 minutes.
    fn default() -> Self {
        Budget { commands: 120, bytes: 64 << 20, seconds: 300 }
    }
}

/// What was spent of a budget.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) commands: usize,
    pub(crate) bytes: usize,
    pub(crate) millis: u64,
}

impl Spent {
    pub(crate) fn add(&mut self, bytes: usize, duration: Duration) {
        self.commands += 1;
        self.bytes += bytes;
        // As a capture records it, so that a replay spends the same.
        self.millis += duration.as_millis() as u64;
    }

    /// Which part of the budget is used up, if one is.
    pub(crate) fn exhausts(&self, budget: &Budget) -> Option<&'static str> {
        if self.bytes >= budget.bytes {
            Some("the budget of bytes is used up")
        } else if self.millis >= budget.seconds.saturating_mul(1000) {
            Some("the budget of seconds is used up")
        } else {
            None
        }
    }

    /// Commands that a round may plan. The first leaves a quarter to those that follow up.
    pub(crate) fn room(&self, budget: &Budget, round: usize) -> usize {
        let reserve = if round == 0 { budget.commands / 4 } else { 0 };
        budget.commands.saturating_sub(self.commands + reserve)
    }
}
