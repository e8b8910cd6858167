//! An embedding model behind an OpenAI-compatible server, as an embedder.

use async_trait::async_trait;
use tai_llm::{ChatModel, OpenAiModel};
use tai_rag::{Embedder, Error, Identity, Role, prefixes_of};

/// Texts of one request.
const BATCH: usize = 64;

/// tai-llm's client, which keeps to the private network, with the words of tai-rag.
pub(super) struct EndpointEmbedder {
    model: OpenAiModel,
    identity: Identity,
}

impl EndpointEmbedder {
    /// Asks the server for one vector, to learn the dimension.
    pub(super) async fn connect(model: OpenAiModel) -> Result<Self, tai_llm::Error> {
        let dimension = model.embed(&["test".to_owned()]).await?[0].len();
        let (query_prefix, document_prefix) = prefixes_of(model.name());
        let identity = Identity {
            name: model.name().to_owned(),
            dimension,
            max_tokens: None,
            revision: model.base_url().to_owned(),
            query_prefix: query_prefix.to_owned(),
            document_prefix: document_prefix.to_owned(),
        };
        Ok(Self { model, identity })
    }
}

#[async_trait]
impl Embedder for EndpointEmbedder {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn embed(&self, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, Error> {
        let prefix = self.identity.prefix(role);
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let batch: Vec<String> = batch.iter().map(|text| format!("{prefix}{text}")).collect();
            let failed =
                |source: tai_llm::Error| Error::Failed { name: self.identity.name.clone(), source: source.into() };
            vectors.extend(self.model.embed(&batch).await.map_err(failed)?);
        }
        vectors.iter_mut().for_each(|vector| normalise(vector));
        Ok(vectors)
    }
}

fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|number| *number /= length);
}
