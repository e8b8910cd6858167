//! The models that are asked: servers, files that are computed here, and scripts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tai_llm::{
    ApiKey, Chain, ChatModel, GgufModel, GgufOptions, OpenAiModel, OpenAiOptions, ProxyUrl, ScriptedModel, TrustedRoots,
};

use super::hidden::HiddenFrom;
use super::models::registry;
use super::settings::{BASE_URL, MODEL, set, set_path};
use super::traced::traced_model;
use super::{config, environment, secrets};
use crate::exit::{Attempt, Failure};

/// A model, and whether the operator asked for it.
pub(crate) struct WiredModel {
    pub(crate) model: Option<Box<dyn ChatModel>>,
    /// True when the operator named it: then its failure counts.
    pub(crate) by_name: bool,
}

/// What the flags say about the model.
#[derive(Clone, Copy, Default)]
pub(crate) struct ModelFlags<'a> {
    pub(crate) base_url: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
    /// Models to ask when that one fails.
    pub(crate) fallback: &'a [String],
    pub(crate) allow_remote: bool,
    pub(crate) ca_file: Option<&'a Path>,
    pub(crate) api_key_file: Option<&'a Path>,
    /// Whether the model gets no secrets, wherever it is.
    pub(crate) redact_prompt: bool,
    pub(crate) timeouts: Timeouts,
}

/// Seconds; what is not set is as the configuration says, or the client.
#[derive(Clone, Copy, Default)]
pub(crate) struct Timeouts {
    pub(crate) connect: Option<u64>,
    pub(crate) first_token: Option<u64>,
    pub(crate) answer: Option<u64>,
}

impl Timeouts {
    /// Those of the flags, else those of the configuration. None is nothing: with no time at all nothing answers.
    fn or_config(self) -> Result<Self, Failure> {
        let config = config()?;
        let timeouts = Timeouts {
            connect: self.connect.or(config.connect_timeout),
            first_token: self.first_token.or(config.first_token_timeout),
            answer: self.answer.or(config.answer_timeout),
        };
        if [timeouts.connect, timeouts.first_token, timeouts.answer].contains(&Some(0)) {
            return Err(Failure::usage("a time of 0 seconds lets no model answer")
                .hint("--connect-timeout, --first-token-timeout and --answer-timeout take seconds"));
        }
        Ok(timeouts)
    }
}

/// The model to ask: flags over environment over defaults.
pub(crate) fn model(flags: ModelFlags<'_>) -> Result<WiredModel, Failure> {
    if [flags.model, flags.base_url].contains(&Some("")) || flags.fallback.iter().any(String::is_empty) {
        let missing = Failure::usage("--model, --fallback and --base-url need a value");
        return Err(missing.hint("`--model none` asks no model"));
    }
    let named = set(flags.model, "model")?;
    let by_name = named.is_some() || !flags.fallback.is_empty();
    let name = named.unwrap_or_else(|| MODEL.to_owned());
    if name == "none" && flags.fallback.is_empty() {
        return Ok(WiredModel { model: None, by_name: false });
    }
    if name == "none" {
        return Err(Failure::usage("there is no model before that of --fallback").hint("--model names the first one"));
    }
    let first = named_model(&name, flags)?;
    let others = flags.fallback.iter().map(|name| named_model(name, flags)).collect::<Result<Vec<_>, _>>()?;
    let model = if others.is_empty() { first } else { Box::new(Chain::new(first, others)) };
    // Without --allow-remote no prompt leaves the private network.
    let is_redacted = flags.redact_prompt || config()?.redact_prompt.unwrap_or(flags.allow_remote);
    let model = if is_redacted { Box::new(HiddenFrom::new(model, secrets()?)) } else { model };
    Ok(WiredModel { model: Some(traced_model(model)), by_name })
}

/// `script:FILE`; `gguf:NAME` or `gguf:FILE`; `NAME` at the base URL; or `NAME@URL`, which does not get the key: it belongs to the base URL.
fn named_model(name: &str, flags: ModelFlags<'_>) -> Result<Box<dyn ChatModel>, Failure> {
    if let Some(file) = name.strip_prefix("script:") {
        return Ok(Box::new(script(Path::new(file))?));
    }
    if let Some(file) = name.strip_prefix("gguf:") {
        return Ok(Box::new(gguf(name, file, flags)?));
    }
    let Some(at) = name.find("@http://").or_else(|| name.find("@https://")) else {
        return Ok(Box::new(openai(name.to_owned(), flags)?));
    };
    Ok(Box::new(made(options(name[..at].to_owned(), name[at + 1..].to_owned(), flags)?)?))
}

fn script(file: &Path) -> Result<ScriptedModel, Failure> {
    let text = std::fs::read_to_string(file).map_err(|source| unreadable(file, source))?;
    ScriptedModel::parse(&text).map_err(|error| {
        Failure::usage(error).hint("a script has answers with a line %%% between them, or a JSON object a line")
    })
}

/// A model that is computed in this process: `file` is one, or the name of a model that was pulled or imported.
fn gguf(name: &str, file: &str, flags: ModelFlags<'_>) -> Result<GgufModel, Failure> {
    let is_path = file.contains('/') || file.ends_with(".gguf");
    let path = if is_path { PathBuf::from(file) } else { only_gguf(&registry()?.path(file)?)? };
    let mut options = GgufOptions::new(path, name);
    if let Some(seconds) = flags.timeouts.or_config()?.answer {
        options.answer_timeout = Duration::from_secs(seconds);
    }
    GgufModel::open(options).map_err(|error| {
        Failure::usage(error).hint(
            "gemma3, llama, phi3, qwen2 and qwen3 models made for conversations can be used; others need a server",
        )
    })
}

/// The model in a directory of models.
fn only_gguf(directory: &Path) -> Result<PathBuf, Failure> {
    let entries = std::fs::read_dir(directory).map_err(|source| unreadable(directory, source))?;
    let is_gguf = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "gguf");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_gguf).collect();
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file),
        (found, _) => {
            let what = if found.is_some() { "several GGUF files" } else { "no GGUF file" };
            Err(Failure::usage(format!("{} has {what}", directory.display()))
                .hint("`gguf:FILE` names one; `tai models list` shows the models that are there"))
        }
    }
}

/// A model of an OpenAI-compatible server, at the base URL of the flag, the environment, or this machine.
pub(super) fn openai(name: String, flags: ModelFlags<'_>) -> Result<OpenAiModel, Failure> {
    let base_url = set(flags.base_url, "base_url")?;
    let mut options = options(name, base_url.unwrap_or_else(|| BASE_URL.to_owned()), flags)?;
    options.api_key = api_key(flags)?;
    made(options)
}

fn options(name: String, base_url: String, flags: ModelFlags<'_>) -> Result<OpenAiOptions, Failure> {
    let mut options = OpenAiOptions::new(base_url, name);
    options.allow_remote = flags.allow_remote;
    let Timeouts { connect, first_token, answer } = flags.timeouts.or_config()?;
    let within = |seconds: Option<u64>, limit: &mut Duration| {
        seconds.into_iter().for_each(|seconds| *limit = Duration::from_secs(seconds));
    };
    within(connect, &mut options.connect_timeout);
    within(first_token, &mut options.first_token_timeout);
    within(answer, &mut options.answer_timeout);
    if let Some(file) = set_path(flags.ca_file, "ca_file")? {
        let pem = std::fs::read(&file).map_err(|source| unreadable(&file, source))?;
        let roots = TrustedRoots::with_pem(&pem).map_err(|error| {
            Failure::usage(error).hint(format!("{} is to hold certificates in PEM format", file.display()))
        })?;
        options.trusted_roots = Some(roots);
    }
    let proxy = environment("TAI_PROXY").map(|url| ProxyUrl::parse(&url)).transpose();
    options.proxy = proxy.map_err(|error| Failure::usage(error).hint("the proxy is in the variable TAI_PROXY"))?;
    Ok(options)
}

/// The key, of a file or of a variable: what is on a command line is seen by all users of the machine.
fn api_key(flags: ModelFlags<'_>) -> Result<Option<ApiKey>, Failure> {
    let invalid = |place: String| move |error| Failure::usage(error).hint(place);
    let in_file = |file: &Path| {
        let key = std::fs::read_to_string(file).map_err(|source| unreadable(file, source))?;
        ApiKey::new(&key).map(Some).map_err(invalid(format!("the key is in {}", file.display())))
    };
    match (flags.api_key_file, environment("TAI_API_KEY"), set_path(None, "api_key_file")?) {
        (Some(file), ..) => in_file(file),
        (None, Some(key), _) => {
            ApiKey::new(&key).map(Some).map_err(invalid("the key is in the variable TAI_API_KEY".to_owned()))
        }
        (None, None, Some(file)) => in_file(&file),
        (None, None, None) => Ok(None),
    }
}

/// Keys that are known without a command line, to be left out of what is written. Few letters are a word of anything.
pub(crate) fn keys() -> Vec<String> {
    let of_file = set_path(None, "api_key_file").ok().flatten().and_then(|file| std::fs::read_to_string(file).ok());
    let keys = [environment("TAI_API_KEY"), environment("HF_TOKEN"), of_file].into_iter().flatten();
    keys.map(|key| key.trim().to_owned()).filter(|key| key.len() > 3).collect()
}

fn made(options: OpenAiOptions) -> Result<OpenAiModel, Failure> {
    OpenAiModel::new(options).map_err(|error| {
        let is_remote = matches!(error, tai_llm::Error::RemoteRefused { .. });
        let failure = Failure::usage(error);
        if is_remote {
            failure.hint("evidence would leave your network; --allow-remote says that this is intended")
        } else {
            failure.hint("a base URL looks like http://localhost:11434/v1")
        }
    })
}

fn unreadable(file: &Path, source: std::io::Error) -> Failure {
    Failure::usage(Attempt { attempt: format!("cannot read {}", file.display()), source })
}
