//! What the lines read so far have set.

use std::collections::BTreeMap;

use super::error::Problem;
use super::forward::Forward;
use super::jump::Jump;

/// Values as `ssh -G` prints them, before defaults and tokens. For nearly all keywords the first value stays.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    /// Keywords with one value.
    pub(super) one: BTreeMap<&'static str, String>,
    /// Keywords with several.
    pub(super) many: BTreeMap<&'static str, Vec<String>>,
    /// Identity and certificate files with whether a file of the user named them: twice the same is one within a source.
    pub(super) files: BTreeMap<&'static str, Vec<(bool, String)>>,
    pub(super) local_forwards: Vec<Forward>,
    pub(super) remote_forwards: Vec<Forward>,
    pub(super) jump: Option<Jump>,
    /// The path of `ForwardAgent`, which stays apart from its yes and no.
    pub(super) agent_path: Option<String>,
    pub(super) rekey_seconds: Option<i64>,
}

impl Settings {
    /// Sets a keyword that nobody has set yet.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.one.entry(name).or_insert_with(|| value.into());
    }

    /// The value of a keyword.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.one.get(name).map(String::as_str)
    }

    /// The values of a keyword.
    pub(super) fn list(&self, name: &str) -> &[String] {
        self.many.get(name).map_or(&[], Vec::as_slice)
    }

    /// Adds a file that is not there yet, at most 100.
    pub(super) fn add_file(&mut self, name: &'static str, from_user: bool, path: String) -> Result<(), Problem> {
        const MOST: usize = 100;
        let files = self.files.entry(name).or_default();
        if files.len() >= MOST {
            return Err(Problem::TooMany { keyword: name.to_owned(), most: MOST });
        }
        let file = (from_user, path);
        if !files.contains(&file) {
            files.push(file);
        }
        Ok(())
    }

    /// Adds a forwarding that is not there yet.
    pub(super) fn add_forward(&mut self, remote: bool, forward: Forward) {
        let forwards = if remote { &mut self.remote_forwards } else { &mut self.local_forwards };
        if !forwards.contains(&forward) {
            forwards.push(forward);
        }
    }
}
