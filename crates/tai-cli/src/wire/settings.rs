//! Settings: each with its flag, its variable, its key of `config.toml` and its default.

use std::path::{Path, PathBuf};

use super::{Config, account, config, environment, home};
use crate::exit::Failure;

/// What can be set, for `tai config show`.
pub(crate) struct Setting {
    /// As in `config.toml`; what stands there under a table has a dot.
    pub(crate) key: &'static str,
    pub(crate) flag: Option<&'static str>,
    pub(crate) variable: Option<&'static str>,
    /// What counts where nobody says anything, as it is shown.
    pub(crate) default: &'static str,
    pub(crate) about: &'static str,
    /// Whether `config.toml` may have it.
    pub(crate) is_in_file: bool,
    /// Of a secret it is shown only that there is one.
    pub(crate) is_secret: bool,
}

macro_rules! settings {
    ($($key:literal, $flag:expr, $variable:expr, $default:literal, $file:literal, $secret:literal, $about:literal;)*) => {
        &[$(Setting {
            key: $key, flag: $flag, variable: $variable, default: $default, about: $about, is_in_file: $file, is_secret: $secret,
        }),*]
    };
}

pub(super) const BASE_URL: &str = "http://localhost:11434/v1";
pub(super) const MODEL: &str = "gemma3:4b";

/// All settings, in the order in which they are shown.
pub(crate) const SETTINGS: &[Setting] = settings! {
    "home", None, Some("TAI_HOME"), "~/.tai", false, false, "the folder of all that tai keeps";
    "model", Some("--model"), Some("TAI_MODEL"), "gemma3:4b", true, false, "the model that is asked";
    "base_url", Some("--base-url"), Some("TAI_BASE_URL"), "http://localhost:11434/v1", true, false, "where it is served";
    "api_key", None, Some("TAI_API_KEY"), "none", false, true, "the key of the base URL";
    "api_key_file", Some("--api-key-file"), Some("TAI_API_KEY_FILE"), "none", true, false, "a file with that key";
    "ca_file", Some("--ca-file"), Some("TAI_CA_FILE"), "none", true, false, "certificates that are trusted besides Mozilla's";
    "proxy", None, Some("TAI_PROXY"), "none", false, true, "a proxy for public addresses";
    "connect_timeout", Some("--connect-timeout"), None, "5", true, false, "how long to connect to the model's server, in seconds";
    "first_token_timeout", Some("--first-token-timeout"), None, "600", true, false, "how long until its answer begins";
    "answer_timeout", Some("--answer-timeout"), None, "1800", true, false, "how long for all of its answer";
    "embedder", Some("--embedder"), Some("TAI_EMBEDDER"), "auto", true, false, "what compares meaning";
    "embedder_precision", None, Some("TAI_EMBEDDER_PRECISION"), "f32", true, false, "f32, bf16 or int8: how it computes";
    "embedder_kernel", None, Some("TAI_EMBEDDER_KERNEL"), "best", true, false, "which instructions of the processor it uses";
    "reranker", Some("--reranker"), Some("TAI_RERANKER"), "auto", true, false, "what reads the best chunks once more";
    "no_persist", Some("--no-persist"), Some("TAI_NO_PERSIST"), "false", false, false, "whether nothing is kept";
    "redact_prompt", Some("--redact-prompt"), None, "where the prompt leaves the private network", true, false, "whether the model gets no secrets";
    "redact.emails", None, None, "false", true, false, "whether addresses of mail are secrets";
    "redact.addresses", None, None, "false", true, false, "whether IP addresses are";
    "redact.patterns", None, None, "none", true, false, "what else is a secret, by kind";
    "retain_days", None, None, "for ever", true, false, "how long sessions are kept, in days";
    "log_days", None, None, "for ever", true, false, "how long logs of runs are";
    "report_days", None, None, "for ever", true, false, "how long reports in ~/.tai/reports are";
    "audit_days", None, None, "for ever", true, false, "how long entries of the audit log are";
};

/// What counts of a setting that a flag may set: the flag, else the environment, else `config.toml`.
pub(super) fn set(flag: Option<&str>, key: &str) -> Result<Option<String>, Failure> {
    match flag.map(str::to_owned).or_else(|| variable(key)) {
        Some(value) => Ok(Some(value)),
        None => Ok(in_file(&config()?, key)),
    }
}

/// The same for the path of a file. In `config.toml` `~` is the user's home, and what is not absolute is in tai's folder.
pub(super) fn set_path(flag: Option<&Path>, key: &str) -> Result<Option<PathBuf>, Failure> {
    match flag.map(Path::to_owned).or_else(|| variable(key).map(PathBuf::from)) {
        Some(path) => Ok(Some(path)),
        None => in_file(&config()?, key).map(|path| expanded(Path::new(&path))).transpose(),
    }
}

fn variable(key: &str) -> Option<String> {
    SETTINGS.iter().find(|setting| setting.key == key).and_then(|setting| setting.variable).and_then(environment)
}

fn expanded(path: &Path) -> Result<PathBuf, Failure> {
    Ok(match (path.strip_prefix("~"), home()) {
        (Ok(rest), _) => account()?.dir.join(rest),
        (Err(_), Some(home)) => home.join(path),
        (Err(_), None) => path.to_owned(),
    })
}

/// What the file says of a setting, as it is shown.
fn in_file(config: &Config, key: &str) -> Option<String> {
    let days = |days: Option<u32>| days.map(|days| days.to_string());
    let on = |on: bool| on.then(|| "true".to_owned());
    match key {
        "model" => config.model.clone(),
        "base_url" => config.base_url.clone(),
        "api_key_file" => config.api_key_file.clone(),
        "ca_file" => config.ca_file.clone(),
        "embedder" => config.embedder.clone(),
        "reranker" => config.reranker.clone(),
        "connect_timeout" => config.connect_timeout.map(|seconds| seconds.to_string()),
        "first_token_timeout" => config.first_token_timeout.map(|seconds| seconds.to_string()),
        "answer_timeout" => config.answer_timeout.map(|seconds| seconds.to_string()),
        "embedder_precision" => config.embedder_precision.clone(),
        "embedder_kernel" => config.embedder_kernel.clone(),
        "redact_prompt" => config.redact_prompt.map(|is_on| is_on.to_string()),
        "redact.emails" => on(config.redact.emails),
        "redact.addresses" => on(config.redact.addresses),
        "redact.patterns" => {
            let kinds: Vec<&str> = config.redact.patterns.keys().map(String::as_str).collect();
            (!kinds.is_empty()).then(|| kinds.join(", "))
        }
        "retain_days" => days(config.retain_days),
        "log_days" => days(config.log_days),
        "report_days" => days(config.report_days),
        "audit_days" => days(config.audit_days),
        _ => None,
    }
}

/// A setting, its value, and where that comes from.
pub(crate) struct Effective {
    pub(crate) setting: &'static Setting,
    pub(crate) value: String,
    /// `--model`, `TAI_MODEL`, `config.toml` or `default`.
    pub(crate) source: &'static str,
}

/// All settings as they count, where a flag has a value as in `flags`, by key.
pub(crate) fn effective(flags: &[(&str, Option<String>)]) -> Result<Vec<Effective>, Failure> {
    let config = config()?;
    let of = |setting: &'static Setting| {
        let flag = flags.iter().find(|(key, _)| *key == setting.key).and_then(|(_, value)| value.clone());
        let variable =
            setting.variable.and_then(environment).filter(|value| setting.key != "no_persist" || value != "0");
        let file = in_file(&config, setting.key);
        let (value, source) = match (flag, variable, file) {
            (Some(value), ..) => (value, setting.flag.unwrap_or_default()),
            (None, Some(value), _) => (value, setting.variable.unwrap_or_default()),
            (None, None, Some(value)) => (value, "config.toml"),
            (None, None, None) => (default(setting), "default"),
        };
        let value = if setting.is_secret && source != "default" { "(set, not shown)".to_owned() } else { value };
        Effective { setting, value, source }
    };
    Ok(SETTINGS.iter().map(of).collect())
}

fn default(setting: &Setting) -> String {
    match setting.key {
        "home" => home().map_or_else(|| "none".to_owned(), |home| home.display().to_string()),
        _ => setting.default.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_of_the_file_is_a_setting_and_the_other_way_round() {
        let shown: Vec<&str> = SETTINGS.iter().filter(|s| s.is_in_file).map(|s| s.key).collect();
        let mut keys: Vec<&str> = Config::keys();
        let mut expect = shown.clone();
        keys.sort_unstable();
        expect.sort_unstable();
        assert_eq!(keys, expect);
        let text = "model = 'm'\nbase_url = 'u'\napi_key_file = 'k'\nca_file = 'c'\nembedder = 'e'\nreranker = 'r'\nconnect_timeout = 1\nfirst_token_timeout = 1\nanswer_timeout = 1\nembedder_precision = 'f32'\nembedder_kernel = 'avx2'\n\
                    redact_prompt = false\n\
                    retain_days = 1\nlog_days = 2\nreport_days = 3\naudit_days = 4\n[redact]\nemails = true\naddresses = true\npatterns.x = 'y'\n";
        let config = Config::parse(text).unwrap();
        for key in shown {
            assert!(in_file(&config, key).is_some(), "{key}");
        }
    }

    #[test]
    fn the_table_names_the_defaults_that_count() {
        let default = |key: &str| SETTINGS.iter().find(|setting| setting.key == key).unwrap().default;
        assert_eq!((default("model"), default("base_url")), (MODEL, BASE_URL));
    }

    #[test]
    fn paths_of_the_file_are_in_a_folder() {
        let home = account().unwrap().dir;
        assert_eq!(expanded(Path::new("~/keys/k")).unwrap(), home.join("keys/k"));
        assert_eq!(expanded(Path::new("/etc/k")).unwrap(), Path::new("/etc/k"));
    }
}
