//! Embeddings computed in this process, by candle.

mod bert;
mod files;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use candle_core::{Device, Tensor};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokenizers::Tokenizer;

use self::bert::{Bert, cls_pool, mean_pool};
use self::files::{Files, Pooling};
use crate::{Embedder, Error, Identity, Role};

/// Tokens that are computed together: enough for the products to be worth a call, few enough for the cache.
const BATCH_TOKENS: usize = 1024;

/// A model of the BERT family (all-MiniLM, mxbai-embed, bge, gte, e5) in a directory as sentence-transformers saves it: `config.json`, `tokenizer.json`,
/// `model.safetensors`, and where they are there `1_Pooling/config.json`, `sentence_bert_config.json` and `config_sentence_transformers.json`.
///
/// It runs on the CPU, one worker for each core. The vector of a text does not depend on the texts beside it, to the bit.
pub struct CandleEmbedder {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Identity,
    model: Bert,
    tokenizer: Tokenizer,
    pooling: Pooling,
    /// Pools of one thread: candle would split every product over all cores, which costs more than it gains.
    workers: Vec<ThreadPool>,
}

impl CandleEmbedder {
    /// Loads the model in `directory`. `name` is what the caller knows it by.
    ///
    /// # Errors
    ///
    /// When a file is missing, cut short, or describes another kind of model.
    pub fn load(directory: &Path, name: &str) -> Result<Self, Error> {
        let files = Files::read(directory)?;
        let identity = Identity {
            name: name.to_owned(),
            dimension: files.config.hidden_size,
            max_tokens: Some(files.max_tokens),
            revision: files.revision(),
            query_prefix: files.prefixes.query(),
            document_prefix: files.prefixes.document(),
        };
        let (model, pooling) = (files.model()?, files.pooling);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let worker = |_| {
            let pool = ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "embed".to_owned()).build();
            pool.map_err(|source| Error::Failed { name: name.to_owned(), source: source.into() })
        };
        let workers = (0..cores).map(worker).collect::<Result<_, _>>()?;
        let inner = Inner { identity, model, tokenizer: files.tokenizer, pooling, workers };
        Ok(Self { inner: Arc::new(inner) })
    }
}

#[async_trait]
impl Embedder for CandleEmbedder {
    fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    async fn embed(&self, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, Error> {
        let (inner, texts) = (Arc::clone(&self.inner), texts.to_vec());
        let work = move || {
            let failed = |source| Error::Failed { name: inner.identity.name.clone(), source };
            inner.embed(texts, role).map_err(failed)
        };
        tokio::task::spawn_blocking(work).await.map_err(|source| Error::Interrupted { source })?
    }
}

impl Inner {
    fn embed(&self, texts: Vec<String>, role: Role) -> Result<Vec<Vec<f32>>, crate::BoxedError> {
        let prefix = self.identity.prefix(role);
        let inputs: Vec<String> = texts.into_iter().map(|text| prefix.to_owned() + &text).collect();
        let encodings = self.tokenizer.encode_batch_fast(inputs, true)?;
        let ids: Vec<&[u32]> = encodings.iter().map(tokenizers::Encoding::get_ids).collect();
        // The longest first, so that no worker is left with a long one at the end.
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|&text| (std::cmp::Reverse(ids[text].len()), text));
        let batches = batches(&order, &ids);
        let next = AtomicUsize::new(0);
        let work = || -> candle_core::Result<Vec<(usize, Vec<f32>)>> {
            let mut done = Vec::new();
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.extend(batch.iter().copied().zip(self.forward(batch, &ids)?));
            }
            Ok(done)
        };
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = self.workers.iter().map(|pool| scope.spawn(|| pool.install(work))).collect();
            let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        let mut vectors = vec![Vec::new(); ids.len()];
        for result in results {
            for (text, vector) in result? {
                vectors[text] = vector;
            }
        }
        Ok(vectors)
    }

    /// The vectors of texts that have equally many tokens.
    fn forward(&self, texts: &[usize], ids: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let length = ids[texts[0]].len();
        let rows: Vec<u32> = texts.iter().flat_map(|&text| ids[text].iter().copied()).collect();
        let states = self.model.forward(&Tensor::from_vec(rows, (texts.len(), length), &Device::Cpu)?)?;
        let pooled = match self.pooling {
            Pooling::Cls => cls_pool(&states)?,
            Pooling::Mean => mean_pool(&states)?,
        };
        pooled.to_vec2()
    }
}

/// Runs of texts of one length, so that nothing is padded, each of about [`BATCH_TOKENS`] at most. A text without a token is in none.
fn batches<'a>(order: &'a [usize], ids: &[&[u32]]) -> Vec<&'a [usize]> {
    let same_length = order.chunk_by(|&left, &right| ids[left].len() == ids[right].len());
    let with_tokens = same_length.filter(|texts| !ids[texts[0]].is_empty());
    with_tokens.flat_map(|texts| texts.chunks((BATCH_TOKENS / ids[texts[0]].len()).max(1))).collect()
}
