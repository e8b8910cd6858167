//! Past sessions that looked like this one.

use serde::Serialize;
use tai_ssh::visible_line;

/// A past session, as a model and the report are told of it. What came of it may help; what is the matter now is for the evidence to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriorSession {
    /// What it can be found by.
    pub id: String,
    /// What the operator called the host.
    pub host: String,
    /// When it was, for a person: `2 weeks ago`.
    pub when: String,
    /// What the operator wrote.
    pub issue: String,
    /// What was found, the most likely cause first.
    pub root_cause: Vec<String>,
    /// What was recommended.
    pub actions: Vec<String>,
    /// What the operator said came of it.
    pub outcome: Option<String>,
}

impl PriorSession {
    /// Safe to show: it quotes hosts, and was read from a file.
    pub(crate) fn visible(self) -> Self {
        let lines = |lines: Vec<String>| lines.into_iter().map(visible_line).collect();
        PriorSession {
            id: visible_line(self.id),
            host: visible_line(self.host),
            when: visible_line(self.when),
            issue: visible_line(self.issue),
            root_cause: lines(self.root_cause),
            actions: lines(self.actions),
            outcome: self.outcome.map(visible_line),
        }
    }

    /// All that it says, as one text.
    pub(crate) fn told(&self) -> String {
        let PriorSession { host, issue, root_cause, actions, outcome, .. } = self;
        let said = [host, issue].into_iter().chain(root_cause).chain(actions).chain(outcome);
        said.map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}
