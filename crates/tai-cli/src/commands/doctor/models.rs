//! The model that is asked, and what compares meaning.

use std::time::{Duration, Instant};

use tai_llm::Health;
use tai_models::State as Shelved;
use tai_rag::Role;

use super::Finding;
use crate::args::Doctor;
use crate::exit::{Exit, Failure};
use crate::wire::{self, ModelFlags};

/// How long a model may take for one word: it may have to be loaded.
const PATIENCE: Duration = Duration::from_secs(60);

fn flags(args: &Doctor) -> ModelFlags<'_> {
    ModelFlags {
        base_url: args.base_url.as_deref(),
        model: args.model.as_deref(),
        allow_remote: args.allow_remote,
        ..ModelFlags::default()
    }
}

/// Whether the model answers. One that nobody asked for by name may be down.
pub(super) async fn chat(args: &Doctor) -> Vec<Finding> {
    let wired = match wire::model(flags(args)) {
        Ok(wired) => wired,
        Err(failure) => return vec![Finding::failure("model", &failure)],
    };
    let Some(model) = wired.model else {
        return vec![Finding::fine("model", "none is asked: --model none")];
    };
    let health = tai_llm::health(&*model, PATIENCE).await;
    vec![of_health(&health, wired.by_name)]
}

fn of_health(health: &Health, by_name: bool) -> Finding {
    let Health { model, context_tokens, first_token_s, answer_s, available, is_reachable, problem, .. } = health;
    if let Some(seconds) = answer_s {
        let first = first_token_s.map(|first| format!(", the first token after {first:.1} s")).unwrap_or_default();
        let context = context_tokens.map_or_else(|| "unknown".to_owned(), |tokens| format!("{tokens} tokens"));
        return Finding::fine("model", format!("{model}: one word took {seconds:.1} s{first}; context: {context}"));
    }
    let found = format!("{model}: {}", problem.as_deref().unwrap_or("no answer"));
    let fix = match (is_reachable, available.as_slice()) {
        (Some(true), []) => format!("`ollama pull {model}` where Ollama serves it; --model names another"),
        (Some(true), [first, ..]) => format!("`ollama pull {model}`, or `--model {first}`, which the server has"),
        _ => "start it (`ollama serve`), or name another place with --base-url or TAI_BASE_URL; --model none goes without".to_owned(),
    };
    if by_name { Finding::problem("model", Exit::Model, found, fix) } else { Finding::warning("model", found, fix) }
}

/// What compares meaning, loaded and used once.
pub(super) async fn meaning(args: &Doctor) -> Vec<Finding> {
    let start = Instant::now();
    let wired = match wire::rankers(None, None, flags(args), false).await {
        Ok(wired) => wired,
        Err(failure) => return vec![Finding::failure("meaning", &failure)],
    };
    let loaded = start.elapsed().as_secs_f64();
    let Some(embedder) = wired.embedder else {
        let fix = "`tai models pull all-minilm-l6-v2` (90 MB); without it words are compared, and that works";
        return vec![Finding::warning("meaning", wired.said.replace('\n', "; "), fix)];
    };
    let start = Instant::now();
    match embedder.embed(&["the disk is full".to_owned()], Role::Query).await {
        Ok(_) => {
            let asked = start.elapsed().as_secs_f64();
            let found =
                format!("{}; ready after {loaded:.2} s, a question takes {asked:.3} s", wired.said.replace('\n', "; "));
            vec![Finding::fine("meaning", found)]
        }
        Err(error) => {
            let exit = if wired.by_name { Exit::Model } else { Exit::Done };
            let failure = Failure::new(exit, error).hint("--embedder none goes without; --embedder names another");
            vec![Finding::failure("meaning", &failure)]
        }
    }
}

/// The models on this machine. Their bytes are not read: `tai models verify` does that.
pub(super) fn directories() -> Vec<Finding> {
    let shelves = match wire::registry().and_then(|registry| Ok(registry.list()?)) {
        Ok(shelves) => shelves,
        Err(failure) => return vec![Finding::failure("model", &failure)],
    };
    let of = |shelf: tai_models::Shelf| {
        let name = &shelf.name;
        match shelf.state {
            Shelved::Installed(manifest) => Finding::fine(
                "model",
                format!(
                    "{name}: here, {:.1} MB; `tai models verify` compares checksums",
                    manifest.bytes() as f64 / 1e6
                ),
            ),
            Shelved::Unmanaged => Finding::fine("model", format!("{name}: here, without a manifest")),
            Shelved::Partial(bytes) => {
                let found = format!("{name}: a pull was not ended, {:.1} MB are here", bytes as f64 / 1e6);
                Finding::warning(
                    "model",
                    found,
                    format!("`tai models pull {name}` goes on, `tai models prune` gives the space back"),
                )
            }
            Shelved::Unreadable(reason) => {
                let found = format!("{name}: its manifest cannot be read: {reason}");
                Finding::problem("model", Exit::Download, found, format!("`tai models pull {name}` brings it anew"))
            }
        }
    };
    shelves.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use tai_llm::ScriptedModel;

    use super::super::State;
    use super::*;

    #[tokio::test]
    async fn a_model_that_was_named_must_answer() {
        let well = tai_llm::health(&ScriptedModel::new(["ready"]), PATIENCE).await;
        assert_eq!(of_health(&well, true).state, State::Fine);
        let silent = tai_llm::health(&ScriptedModel::new(Vec::<String>::new()), PATIENCE).await;
        let (named, unnamed) = (of_health(&silent, true), of_health(&silent, false));
        assert_eq!((named.state, named.exit), (State::Problem, Exit::Model));
        assert_eq!((unnamed.state, unnamed.exit), (State::Warning, Exit::Done));
    }
}
