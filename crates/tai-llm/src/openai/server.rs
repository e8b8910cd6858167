//! What kind of server it is, and how long its context is.

use serde_json::Value;

use super::exchange::Exchange;
use super::format;
use super::ollama::{self, Ollama};
use crate::Error;

impl Exchange {
    /// The model as Ollama describes it, if the server is Ollama. Asked once for each model.
    ///
    /// `/api/version` is Ollama's alone: llama.cpp's server also answers `/api/show`.
    pub(super) fn ollama(&self) -> Result<Option<&Ollama>, Error> {
        let known = &self.settings.ollama;
        if let Some(ollama) = known.get() {
            return Ok(ollama.as_ref());
        }
        let version = self.get(&self.settings.endpoint.join_own("api/version"));
        let is_ollama = match version.and_then(|body| format::parse(&body)) {
            Ok(reply) => reply.get("version").is_some_and(Value::is_string),
            Err(Error::Status { code: 400..500, .. } | Error::MalformedReply { .. } | Error::Redirected { .. }) => {
                false
            }
            Err(error @ (Error::Connect { .. } | Error::RemoteRefused { .. })) => return Err(error),
            // It may say so next time.
            Err(_) => return Ok(None),
        };
        let ollama = is_ollama.then(|| {
            let body = ollama::show_body(&self.settings.options.model);
            // A model that is not there is told when it is asked.
            self.post(&self.settings.endpoint.join_own("api/show"), &body)
                .map_or_else(|_| Ollama::default(), |reply| ollama::parse_show(&reply))
        });
        Ok(known.get_or_init(|| ollama).as_ref())
    }

    /// The most tokens that a conversation and its answer may have, as far as the server tells:
    /// Ollama in `/api/show`, llama.cpp's server in `/props`, vLLM and others in the list of models.
    pub(super) fn context_tokens(&self) -> Result<Option<u64>, Error> {
        if let Some(ollama) = self.ollama()? {
            return Ok(Some(ollama.limit(self.settings.options.longest_context)));
        }
        let known = &self.settings.context;
        if let Some(context) = known.get() {
            return Ok(Some(*context));
        }
        let endpoint = &self.settings.endpoint;
        let props = self.get(&endpoint.join_own("props")).ok().and_then(|body| format::props_context(&body));
        let context = props.or_else(|| {
            let list = self.get(&endpoint.join("models")).ok()?;
            format::listed_context(&list, &self.settings.options.model)
        });
        Ok(context.map(|context| *known.get_or_init(|| context)))
    }
}
