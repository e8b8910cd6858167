//! `config.toml` in tai's folder.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use serde::Deserialize;
use tai_redact::{Options, Redactor, Secrets};

use super::home;
use crate::exit::{Attempt, Failure};

/// What the operator set for good. Nothing is by default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Sessions that are older are removed at the end of a run.
    pub(crate) retain_days: Option<u32>,
    /// So are logs of runs.
    pub(crate) log_days: Option<u32>,
    /// And reports in `reports`.
    pub(crate) report_days: Option<u32>,
    /// And entries of the audit log.
    pub(crate) audit_days: Option<u32>,
    /// Whether a prompt is redacted; else only where it leaves the private network.
    pub(crate) redact_prompt: Option<bool>,
    /// Seconds: the longest times to connect to a model's server, until an answer begins, and for all of it.
    pub(crate) connect_timeout: Option<u64>,
    pub(crate) first_token_timeout: Option<u64>,
    pub(crate) answer_timeout: Option<u64>,
    /// `f32`, `bf16` or `int8`: in what an embedding model in this process computes on a CPU.
    pub(crate) embedder_precision: Option<String>,
    /// The instructions for that: the best unless one is named. Or `candle`.
    pub(crate) embedder_kernel: Option<String>,
    pub(crate) redact: RedactConfig,
}

/// What counts as a secret beside what always does.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RedactConfig {
    emails: bool,
    addresses: bool,
    /// Regular expressions, by kind.
    patterns: BTreeMap<String, String>,
}

/// The configuration; as if it were empty where there is none.
pub(crate) fn config() -> Result<Config, Failure> {
    let Some(file) = home().map(|home| home.join("config.toml")) else { return Ok(Config::default()) };
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Config::default()),
        Err(source) => {
            return Err(Failure::usage(Attempt { attempt: format!("cannot read {}", file.display()), source }));
        }
    };
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Failure::usage(format!("{}:{line}: {}", file.display(), error.message()))
            .hint("README.md lists the keys of config.toml")
    })
}

/// What takes secrets out of what is stored: tai's own rules, and those of the configuration.
pub(crate) fn secrets() -> Result<Secrets, Failure> {
    let RedactConfig { emails, addresses, patterns } = config()?.redact;
    let options = Options { emails, addresses, patterns: patterns.into_iter().collect() };
    Secrets::new(&options).map_err(|error| {
        Failure::usage(error).hint("patterns of [redact.patterns] in config.toml are KIND = 'REGULAR EXPRESSION'")
    })
}

/// A text without its secrets.
pub(crate) fn redacted(secrets: &mut Secrets, text: &str) -> String {
    String::from_utf8_lossy(&secrets.redact(text.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys() {
        let text = "retain_days = 90\nlog_days = 30\nreport_days = 30\naudit_days = 365\nredact_prompt = true\nconnect_timeout = 3\nfirst_token_timeout = 60\nanswer_timeout = 300\nembedder_precision = \"f32\"\nembedder_kernel = \"avx2\"\n[redact]\nemails = true\n[redact.patterns]\nticket = 'INC-[0-9]+'\n";
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!((config.retain_days, config.audit_days, config.redact.emails), (Some(90), Some(365), true));
        let timeouts = (config.connect_timeout, config.first_token_timeout, config.answer_timeout);
        assert_eq!(timeouts, (Some(3), Some(60), Some(300)));
        assert_eq!(config.redact.patterns["ticket"], "INC-[0-9]+");
        assert_eq!(toml::from_str::<Config>("").unwrap(), Config::default());
        assert!(toml::from_str::<Config>("retain_day = 1").is_err());
    }
}
