//! The models on this machine, and the hub they come from.

use tai_models::{Hub, HubOptions, Registry, Token};

use super::{environment, home};
use crate::exit::Failure;

/// Never behind a proxy: a mirror on this machine.
const THIS_MACHINE: &str = "localhost,127.0.0.1,::1";

/// The registry in tai's folder.
pub(crate) fn registry() -> Result<Registry, Failure> {
    let home = home().ok_or_else(|| {
        Failure::usage("the user who runs tai has no home").hint("TAI_HOME names the folder that holds models")
    })?;
    Ok(Registry::new(&home.join("models")))
}

/// The hub, as the variables say that its own programs read.
pub(crate) fn hub() -> Result<Hub, Failure> {
    let mut options = HubOptions::default();
    if let Some(endpoint) = environment("HF_ENDPOINT") {
        options.endpoint = endpoint;
    }
    options.token = environment("HF_TOKEN")
        .map(|token| Token::new(&token))
        .transpose()
        .map_err(|error| Failure::from(error).hint("the token is in the variable HF_TOKEN"))?;
    let is_set = |value: String| matches!(value.to_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE");
    options.offline = environment("HF_HUB_OFFLINE").is_some_and(is_set);
    let either = |upper: &str| environment(&upper.to_lowercase()).or_else(|| environment(upper));
    let own = if options.endpoint.starts_with("https") { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    options.proxy = either(own).or_else(|| either("ALL_PROXY"));
    options.no_proxy =
        Some(either("NO_PROXY").map_or(THIS_MACHINE.to_owned(), |hosts| format!("{hosts},{THIS_MACHINE}")));
    Ok(Hub::new(options)?)
}
