//! `config.toml` in tai's folder.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use serde::Deserialize;
use tai_redact::{Options, Redactor, Secrets};

use super::{SETTINGS, home};
use crate::exit::{Attempt, Failure};
use crate::nearest::nearest;

/// What the operator set for good. Nothing is by default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// As `--model`.
    pub(crate) model: Option<String>,
    /// As `--base-url`.
    pub(crate) base_url: Option<String>,
    /// As `--api-key-file`.
    pub(crate) api_key_file: Option<String>,
    /// As `--ca-file`.
    pub(crate) ca_file: Option<String>,
    /// As `--embedder`.
    pub(crate) embedder: Option<String>,
    /// As `--reranker`.
    pub(crate) reranker: Option<String>,
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
    pub(super) emails: bool,
    pub(super) addresses: bool,
    /// Regular expressions, by kind.
    pub(super) patterns: BTreeMap<String, String>,
}

impl Config {
    /// Reads what `config.toml` holds.
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The keys that it may have, as the reader itself tells when it meets another.
    #[cfg(test)]
    pub(super) fn keys() -> Vec<&'static str> {
        let expected = |text: &str| expected(Config::parse(text).unwrap_err().message());
        let top = expected("x = 1").into_iter().filter(|key| key != "redact");
        let below = expected("[redact]\nx = 1").into_iter().map(|key| format!("redact.{key}"));
        top.chain(below).map(|key| &*key.leak()).collect()
    }
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
    Config::parse(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let hint = near_key(error.message()).map(|key| format!("did you mean {key}?"));
        Failure::usage(format!("{}:{line}: {}", file.display(), error.message()))
            .hint(hint.unwrap_or_else(|| "`tai config show` lists the keys of config.toml".to_owned()))
    })
}

/// The key that may have been meant, out of what serde says of an unknown one.
fn near_key(message: &str) -> Option<String> {
    let unknown = message.strip_prefix("unknown field `")?.split('`').next()?;
    let expected = expected(message);
    // A key of the other table is a slip as well.
    let below = SETTINGS.iter().map(|setting| setting.key);
    nearest(unknown, expected.iter().map(String::as_str).chain(below)).map(str::to_owned)
}

/// The keys that serde would have taken: ``unknown field `x`, expected one of `a`, `b` ``.
fn expected(message: &str) -> Vec<String> {
    let quoted = message.split_once(", expected").map_or("", |(_, rest)| rest).split('`').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
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
        let config = Config::parse(text).unwrap();
        assert_eq!((config.retain_days, config.audit_days, config.redact.emails), (Some(90), Some(365), true));
        let timeouts = (config.connect_timeout, config.first_token_timeout, config.answer_timeout);
        assert_eq!(timeouts, (Some(3), Some(60), Some(300)));
        assert_eq!(config.redact.patterns["ticket"], "INC-[0-9]+");
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_told_with_the_nearest() {
        let near = |text: &str| near_key(Config::parse(text).unwrap_err().message());
        assert_eq!(near("retain_day = 1").as_deref(), Some("retain_days"));
        assert_eq!(near("modle = 'x'").as_deref(), Some("model"));
        assert_eq!(near("[redact]\nemail = true").as_deref(), Some("emails"));
        assert_eq!(near("colour = 1"), None);
        assert_eq!(near("model = 1"), None);
    }
}
