//! Embedding while commands still run.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tai_rag::{ChunkOptions, Document, Embedder, Identity, Index, Role};
use tai_ssh::{Host, HostError, Limits, Output, ReadOnlyCommand, Recorded, visible, visible_line};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes of passages of one output that are embedded before it is known what the others hold.
const MAX_BYTES_PER_OUTPUT: usize = 16 << 10;
/// Bytes of passages in all: what is embedded in vain is bounded.
const MAX_BYTES: usize = 256 << 10;
/// Bytes of outputs that may wait for the worker. What comes then is embedded at the end.
const MAX_WAITING: usize = 16 << 20;

/// A host whose outputs are embedded as they come, so that little is left to do when the last one is there. The embedder itself may come later than the first of them.
///
/// Give it to [`Start::host`](crate::Start::host), and its [`embedder`](Self::embedder) to [`Investigation::embed`](crate::Investigation::embed). A vector depends on its text
/// alone, so what is found is the same as without.
pub struct EmbedAhead<'a> {
    host: &'a dyn Host,
    waiting: Arc<AtomicUsize>,
    outputs: UnboundedSender<Message>,
    state: Arc<Mutex<State>>,
}

/// To the worker.
enum Message {
    /// What a command put out: its command line and the bytes.
    Output(String, Vec<u8>),
    /// All is collected.
    Over,
}

impl<'a> EmbedAhead<'a> {
    /// Embeds what `host` puts out by the embedder that comes, if one does, on the runtime that this is called on.
    pub fn new(host: &'a dyn Host, coming: impl Future<Output = Option<Arc<dyn Embedder>>> + Send + 'static) -> Self {
        let (outputs, received) = unbounded_channel();
        let waiting = Arc::default();
        let worker = tokio::spawn(work(coming, received, Arc::clone(&waiting)));
        let state = Arc::new(Mutex::new(State::Working(outputs.clone(), worker)));
        EmbedAhead { host, waiting, outputs, state }
    }

    /// The embedder that came, which knows what was embedded meanwhile. Once it embeds a document, no further output is embedded ahead.
    pub fn embedder(&self, inner: Arc<dyn Embedder>) -> Arc<dyn Embedder> {
        Arc::new(Ahead { inner, state: Arc::clone(&self.state) })
    }

    fn hand_over(&self, command: &ReadOnlyCommand, output: &Output) {
        let (command, bytes) = match output.stdout.is_empty() {
            true => (format!("{command} (stderr)"), &output.stderr),
            false => (command.to_string(), &output.stdout),
        };
        if self.waiting.load(Ordering::Relaxed) + bytes.len() <= MAX_WAITING {
            self.waiting.fetch_add(bytes.len(), Ordering::Relaxed);
            // A worker that has ended wants no more.
            drop(self.outputs.send(Message::Output(command, bytes.clone())));
        }
    }
}

#[async_trait]
impl Host for EmbedAhead<'_> {
    fn name(&self) -> &str {
        self.host.name()
    }

    async fn run(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, HostError> {
        let output = self.host.run(command, limits).await?;
        self.hand_over(command, &output);
        Ok(output)
    }

    fn has_own_session(&self) -> bool {
        self.host.has_own_session()
    }

    async fn recorded(&self) -> Result<Vec<Recorded>, HostError> {
        self.host.recorded().await
    }
}

type Known = HashMap<String, Vec<f32>>;

/// An embedder that has done some of its work before.
struct Ahead {
    inner: Arc<dyn Embedder>,
    state: Arc<Mutex<State>>,
}

enum State {
    Working(UnboundedSender<Message>, JoinHandle<Known>),
    Done(Known),
}

#[async_trait]
impl Embedder for Ahead {
    fn identity(&self) -> &Identity {
        self.inner.identity()
    }

    async fn embed(&self, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, tai_rag::Error> {
        if role == Role::Query {
            return self.inner.embed(texts, role).await;
        }
        let mut state = self.state.lock().await;
        if let State::Working(outputs, worker) = &mut *state {
            drop(outputs.send(Message::Over));
            // What a worker could not do is done here.
            *state = State::Done(worker.await.unwrap_or_default());
        }
        let State::Done(known) = &*state else { return self.inner.embed(texts, role).await };
        let new: Vec<String> = texts.iter().filter(|text| !known.contains_key(*text)).cloned().collect();
        let made = if new.is_empty() { Vec::new() } else { self.inner.embed(&new, role).await? };
        self.identity().check(&made, new.len())?;
        let mut made = made.into_iter();
        Ok(texts.iter().map(|text| known.get(text).cloned().or_else(|| made.next()).unwrap_or_default()).collect())
    }
}

/// Embeds the passages of what comes, until all is collected. Where the embedder fails it ends: who needs the vectors will be told.
async fn work(
    coming: impl Future<Output = Option<Arc<dyn Embedder>>>,
    mut messages: UnboundedReceiver<Message>,
    waiting: Arc<AtomicUsize>,
) -> Known {
    let (mut known, mut left) = (Known::new(), MAX_BYTES);
    let Some(embedder) = coming.await else { return known };
    while let Some(first) = messages.recv().await {
        // What waits is embedded together.
        let mut next = Some(first);
        let mut outputs = Vec::new();
        while let Some(Message::Output(command, bytes)) = next {
            outputs.push((command, bytes));
            next = messages.try_recv().ok();
        }
        if next.is_some() || left == 0 {
            break;
        }
        waiting.fetch_sub(outputs.iter().map(|(_, bytes)| bytes.len()).sum(), Ordering::Relaxed);
        let cut = move || outputs.into_iter().flat_map(|(command, bytes)| passages(command, bytes)).collect();
        let Ok(texts) = spawn_blocking::<_, BTreeSet<String>>(cut).await else { break };
        let texts: Vec<String> = texts.into_iter().filter(|text| !known.contains_key(text)).collect();
        left = left.saturating_sub(texts.iter().map(String::len).sum());
        let Ok(vectors) = embedder.embed(&texts, Role::Document).await else { break };
        if embedder.identity().check(&vectors, texts.len()).is_err() {
            break;
        }
        known.extend(texts.into_iter().zip(vectors));
    }
    known
}

fn passages(command: String, bytes: Vec<u8>) -> Vec<String> {
    let document = Document { command: visible_line(command), about: String::new(), text: visible(bytes).into() };
    let index = Index::build(vec![document], &ChunkOptions::default());
    index.passages(MAX_BYTES_PER_OUTPUT).into_iter().map(|passage| passage.text).collect()
}
