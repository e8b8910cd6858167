use std::fmt;
use std::sync::Arc;

use super::check::Policy;
use super::command::ReadOnlyCommand;
use super::denied::{Denied, Rule};

/// One decision of a policy, as [`Policy::with_log`] reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// What was asked for, as it was given; words with spaces between. It may hold control characters.
    pub command: &'a str,
    /// Whether it may run.
    pub allowed: bool,
    /// The rule that denied it.
    pub rule: Option<Rule>,
    /// Why it was denied: it names the flag, word or path. Empty when it is allowed.
    pub reason: &'a str,
}

type Recorder = dyn Fn(&Decision<'_>) + Send + Sync;

/// Who is told of decisions.
#[derive(Clone, Default)]
pub(super) struct Log(Option<Arc<Recorder>>);

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.0.is_some()).finish()
    }
}

impl Policy {
    /// Tells `recorder` of every decision that [`check`](Policy::check) and [`check_words`](Policy::check_words) make from now on,
    /// before they return. Clones of the policy tell the same recorder.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    ///
    /// let denied = Arc::new(Mutex::new(Vec::new()));
    /// let log = Arc::clone(&denied);
    /// let policy = tai_ssh::Policy::builtin().with_log(Arc::new(move |decision| {
    ///     if let Some(rule) = decision.rule {
    ///         log.lock().unwrap().push(format!("{rule}: {}", decision.command));
    ///     }
    /// }));
    /// assert!(policy.check("df -h").is_ok());
    /// assert!(policy.check("find / -delete").is_err());
    /// assert_eq!(*denied.lock().unwrap(), ["flag: find / -delete"]);
    /// ```
    #[must_use]
    pub fn with_log(mut self, recorder: Arc<dyn Fn(&Decision<'_>) + Send + Sync>) -> Policy {
        self.log = Log(Some(recorder));
        self
    }
}

impl Log {
    pub(super) fn tell(&self, command: impl AsRef<str>, result: &Result<ReadOnlyCommand, Denied>) {
        if let Some(recorder) = &self.0 {
            let denied = result.as_ref().err();
            recorder(&Decision {
                command: command.as_ref(),
                allowed: denied.is_none(),
                rule: denied.map(|denied| denied.rule),
                reason: denied.map_or("", |denied| &denied.reason),
            });
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.0.is_some()
    }
}
