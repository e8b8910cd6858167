//! The only place that names implementations and reads the environment: it turns what the operator said into a host and a model.

use std::path::Path;

use tai_collect::Background;
use tai_llm::{ApiKey, ChatModel, OpenAiModel, OpenAiOptions};
use tai_ssh::{Host, LocalHost, ReplayHost};

use crate::exit::Failure;

const DEFAULT_BASE_URL: &str = "http://localhost:11434/v1";
const DEFAULT_MODEL: &str = "gemma3:4b";

/// A host, and what is known of it beforehand.
pub(crate) struct Wired {
    pub(crate) host: Box<dyn Host>,
    pub(crate) background: Background,
}

/// The host that `--local` or `--replay` names.
pub(crate) fn host(local: bool, replay: Option<&Path>) -> Result<Wired, Failure> {
    match (local, replay) {
        (true, None) => {
            let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let background = Background { collected_at: Some(now), ..Background::default() };
            Ok(Wired { host: Box::new(LocalHost::new()), background })
        }
        (false, Some(dir)) => {
            let host = ReplayHost::open(dir)?;
            let manifest = host.capture().manifest();
            let background =
                Background { collected_at: manifest.collected_at.clone(), os_release: manifest.os_release.clone() };
            Ok(Wired { host: Box::new(host), background })
        }
        (true, Some(_)) => {
            Err(Failure::usage("--local and --replay exclude each other").hint("name one place to look at"))
        }
        (false, None) => {
            Err(Failure::usage("no host to look at").hint("--local looks at this machine, --replay DIR at a capture"))
        }
    }
}

/// A model, and whether the operator asked for it.
pub(crate) struct WiredModel {
    pub(crate) model: Option<Box<dyn ChatModel>>,
    /// True when the operator named it: then its failure counts.
    pub(crate) by_name: bool,
}

/// What the flags say about the model.
#[derive(Clone, Copy)]
pub(crate) struct ModelFlags<'a> {
    pub(crate) base_url: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
    pub(crate) allow_remote: bool,
}

/// The model to ask: flags over environment over defaults.
pub(crate) fn model(flags: ModelFlags<'_>) -> Result<WiredModel, Failure> {
    if flags.model == Some("") || flags.base_url == Some("") {
        return Err(Failure::usage("--model and --base-url need a value").hint("`--model none` asks no model"));
    }
    let named = flags.model.map(str::to_owned).or_else(|| environment("TAI_MODEL"));
    let by_name = named.is_some();
    let name = named.unwrap_or_else(|| DEFAULT_MODEL.to_owned());
    if name == "none" {
        return Ok(WiredModel { model: None, by_name: false });
    }
    let base_url = flags.base_url.map(str::to_owned).or_else(|| environment("TAI_BASE_URL"));
    let mut options = OpenAiOptions::new(base_url.unwrap_or_else(|| DEFAULT_BASE_URL.to_owned()), name);
    let key = environment("TAI_API_KEY").map(|key| ApiKey::new(&key)).transpose();
    options.api_key = key.map_err(|error| Failure::usage(error).hint("the key is in the variable TAI_API_KEY"))?;
    options.allow_remote = flags.allow_remote;
    let model = OpenAiModel::new(options).map_err(|error| {
        let is_remote = matches!(error, tai_llm::Error::RemoteRefused { .. });
        let failure = Failure::usage(error);
        if is_remote {
            failure.hint("evidence would leave your network; --allow-remote says that this is intended")
        } else {
            failure.hint("a base URL looks like http://localhost:11434/v1")
        }
    })?;
    Ok(WiredModel { model: Some(Box::new(model)), by_name })
}

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
