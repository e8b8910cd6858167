//! Models that are computed in this process, from GGUF files.

mod bytes;
mod decoder;
mod file;
mod rotation;
mod sentences;
mod template;
mod vocabulary;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use candle_core::{Device, Tensor};
use candle_transformers::generation::LogitsProcessor;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use self::decoder::Decoder;
use self::file::GgufFile;
use self::template::ChatTemplate;
use self::vocabulary::Vocabulary;
use crate::answer::{Answer, Shown};
use crate::{ChatModel, ChatReply, ChatRequest, Error, Finish, Message, OnPiece, Piece, Usage, Warning};

/// Tokens of a conversation that are read at a time: between two such parts an answer can be given up.
const READ_AT_ONCE: usize = 256;
/// What is added to likelihoods is the same each time, unless a seed is asked for.
const SEED: u64 = 0;

/// Which file, and how much of the machine it may take. Made with [`GgufOptions::new`], then changed field by field.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GgufOptions {
    /// The GGUF file. A `tokenizer.json` beside it is used in place of the tokenizer that it has itself.
    pub path: PathBuf,
    /// What the model is called in replies.
    pub name: String,
    /// The longest context in tokens, where the model was made for more; 16,384 unless set. Memory grows with what a conversation uses of it.
    pub longest_context: usize,
    /// The longest time for an answer, 30 min unless set.
    pub answer_timeout: Duration,
}

impl GgufOptions {
    /// The defaults for this file.
    pub fn new(path: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            name: name.into(),
            longest_context: 16_384,
            answer_timeout: Duration::from_secs(1800),
        }
    }
}

/// A model of a GGUF file, computed in this process: gemma3, llama, phi3, qwen2 and qwen3.
///
/// Its weights are read when it is first asked, and stay. Without a temperature, or with 0, the likeliest token is taken each time, so an answer
/// depends on the conversation alone. No text of a message becomes a control token. It computes on the CPU, unless it was built with the feature `cuda`
/// or `metal` and there is such a device.
///
/// Needs a tokio runtime: it computes on tokio's threads for blocking work, and ends between two tokens when the future is dropped.
#[derive(Clone)]
pub struct GgufModel {
    file: Arc<OpenFile>,
}

struct OpenFile {
    options: GgufOptions,
    file: GgufFile,
    context: usize,
    /// What each is made of is read when it is first wanted.
    language: Mutex<Option<Arc<Language>>>,
    decoder: Mutex<Option<Arc<Decoder>>>,
}

/// How a conversation becomes tokens.
struct Language {
    vocabulary: Vocabulary,
    template: ChatTemplate,
}

impl GgufModel {
    /// Reads the head of the file, and checks that the model can be computed. Its weights are not read yet.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidModelFile`] for a file that is no GGUF or cut short, [`Error::UnsupportedModel`] for a model of another kind,
    /// [`Error::NoChatTemplate`] and [`Error::InvalidTemplate`] where nothing says how a conversation is written.
    pub fn open(options: GgufOptions) -> Result<Self, Error> {
        let file = GgufFile::open(&options.path)?;
        ChatTemplate::of(&file, "", "")?;
        let made_for = file.own_number("context_length").unwrap_or(options.longest_context);
        let context = made_for.min(options.longest_context);
        Ok(Self {
            file: Arc::new(OpenFile { options, file, context, language: Mutex::default(), decoder: Mutex::default() }),
        })
    }

    /// The tokens of a conversation as the model reads it, up to where its answer begins.
    ///
    /// # Errors
    ///
    /// When the file's tokenizer or template cannot be used.
    pub async fn tokens(&self, messages: &[Message]) -> Result<Vec<u32>, Error> {
        let (file, messages) = (Arc::clone(&self.file), messages.to_vec());
        let work = tokio::task::spawn_blocking(move || file.tokens(&messages));
        work.await.map_err(|source| Error::Abandoned { source })?
    }

    /// Computes on a thread; what is shown goes to `pieces`.
    async fn ask(&self, request: &ChatRequest, on_piece: &mut OnPiece<'_>) -> Result<ChatReply, Error> {
        let (file, request) = (Arc::clone(&self.file), request.clone());
        let (pieces, mut received) = unbounded_channel();
        let given_up = GivenUp::default();
        let stop = Arc::clone(&given_up.0);
        let work = tokio::task::spawn_blocking(move || file.answer(&request, &pieces, &stop));
        while let Some((text, tokens)) = received.recv().await {
            on_piece(Piece { text: &text, tokens });
        }
        let reply = work.await.map_err(|source| Error::Abandoned { source })?;
        drop(given_up);
        reply
    }
}

#[async_trait]
impl ChatModel for GgufModel {
    fn name(&self) -> &str {
        &self.file.options.name
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, Error> {
        self.ask(request, &mut |_| {}).await
    }

    async fn chat_streamed(&self, request: &ChatRequest, on_piece: &mut OnPiece<'_>) -> Result<ChatReply, Error> {
        self.ask(request, on_piece).await
    }

    async fn context_tokens(&self) -> Option<u64> {
        u64::try_from(self.file.context).ok()
    }

    async fn prepare(&self) {
        let file = Arc::clone(&self.file);
        let read = move || {
            // What cannot be read is tried again by whoever asks.
            drop(file.language().and_then(|_| file.decoder()));
        };
        drop(tokio::task::spawn_blocking(read).await);
    }

    async fn count_tokens(&self, messages: &[Message]) -> Option<u64> {
        Some(self.tokens(messages).await.ok()?.len() as u64)
    }
}

/// Tells the thread that nobody waits any more.
#[derive(Default)]
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Pieces = UnboundedSender<(String, u64)>;

impl OpenFile {
    fn language(&self) -> Result<Arc<Language>, Error> {
        once(&self.language, || {
            let vocabulary = Vocabulary::of(&self.file)?;
            let (begin, end) = vocabulary.around(&self.file);
            Ok(Language { template: ChatTemplate::of(&self.file, &begin, &end)?, vocabulary })
        })
    }

    fn decoder(&self) -> Result<Arc<Decoder>, Error> {
        once(&self.decoder, || Decoder::of(&self.file, &device()?))
    }

    /// The tokens of a conversation, up to where its answer begins.
    fn tokens(&self, messages: &[Message]) -> Result<Vec<u32>, Error> {
        let language = self.language()?;
        let invalid = |source: minijinja::Error| Error::InvalidTemplate {
            path: self.options.path.clone(),
            source: source.into(),
        };
        let parts = language.template.render(messages).map_err(invalid)?;
        language.vocabulary.encode(&parts).map_err(|source| Error::Computation { source })
    }

    fn answer(&self, request: &ChatRequest, pieces: &Pieces, stop: &AtomicBool) -> Result<ChatReply, Error> {
        let deadline = Instant::now() + self.options.answer_timeout;
        let prompt = self.tokens(&request.messages)?;
        let most = self.room(request, prompt.len())?;
        let decoder = self.decoder()?;
        let language = self.language()?;
        let mut writer = Writer {
            vocabulary: &language.vocabulary,
            decoder: &decoder,
            pieces,
            shown: Shown::new(None),
            answer: String::new(),
            tokens: 0,
        };
        let finish = writer.write(request, &prompt, most, |tokens| {
            if stop.load(Ordering::Relaxed) {
                return Some(Ok(Finish::Unknown));
            }
            let late = Error::Timeout { url: self.options.name.clone(), after: self.options.answer_timeout };
            (Instant::now() > deadline).then(|| match tokens {
                0 => Err(late),
                tokens => {
                    Err(Error::AnswerCut { url: self.options.name.clone(), tokens, source: Some(Box::new(late)) })
                }
            })
        })?;
        let usage = Usage { prompt_tokens: prompt.len() as u64, completion_tokens: writer.tokens };
        let answer = Answer { text: writer.finish(), tool_calls: Vec::new(), usage: Some(usage), finish };
        let mut reply = answer.reply(&self.options.name)?;
        reply.warnings.extend(request.run_command.is_some().then_some(Warning::ToolsRefused));
        Ok(reply)
    }

    /// Tokens that the answer may have. What does not fit is refused: nothing of a prompt is cut.
    fn room(&self, request: &ChatRequest, prompt: usize) -> Result<usize, Error> {
        let wanted = request.max_tokens.map(|tokens| tokens as usize);
        let room = self.context.saturating_sub(prompt);
        if room == 0 || wanted.is_some_and(|wanted| wanted > room) {
            let answer = wanted.map(|wanted| format!(" and {wanted} of its answer")).unwrap_or_default();
            return Err(Error::PromptTooLong {
                model: self.options.name.clone(),
                prompt_tokens: Some(prompt as u64),
                context_tokens: Some(self.context as u64),
                message: format!("{prompt} tokens{answer} are more than {}", self.context),
            });
        }
        Ok(wanted.unwrap_or(room))
    }
}

/// Writes an answer token by token.
struct Writer<'a> {
    vocabulary: &'a Vocabulary,
    decoder: &'a Decoder,
    pieces: &'a Pieces,
    shown: Shown,
    answer: String,
    tokens: u64,
}

impl Writer<'_> {
    /// Reads the prompt and answers it. `ended` says between two steps, by the tokens so far, whether it must end.
    fn write(
        &mut self,
        request: &ChatRequest,
        prompt: &[u32],
        most: usize,
        ended: impl Fn(u64) -> Option<Result<Finish, Error>>,
    ) -> Result<Finish, Error> {
        let (vocabulary, decoder) = (self.vocabulary, self.decoder);
        let temperature = request.temperature.map(f64::from).filter(|temperature| *temperature > 0.0);
        let mut choice = LogitsProcessor::new(request.seed.unwrap_or(SEED), temperature, None);
        let mut reading = decoder.begin(prompt.len() + most).map_err(computation)?;
        let mut stream = vocabulary.tokenizer.decode_stream(false);
        let mut next: Option<Tensor> = None;
        for part in prompt.chunks(READ_AT_ONCE) {
            if let Some(end) = ended(0) {
                return end;
            }
            next = Some(decoder.read(&mut reading, part).map_err(computation)?);
        }
        for _ in 0..most {
            let Some(likely) = next.take() else { break };
            let token = choice.sample(&likely).map_err(computation)?;
            if vocabulary.is_end(token) {
                return Ok(Finish::Stop);
            }
            self.tokens += 1;
            let text = if vocabulary.is_control(token) {
                None
            } else {
                stream.step(token).map_err(|source| Error::Computation { source })?
            };
            self.tell(&text.unwrap_or_default());
            if let Some(end) = ended(self.tokens) {
                return end;
            }
            if self.tokens < most as u64 {
                next = Some(decoder.read(&mut reading, &[token]).map_err(computation)?);
            }
        }
        Ok(Finish::Length)
    }

    fn tell(&mut self, text: &str) {
        self.answer.push_str(text);
        // A caller that is gone reads no more.
        drop(self.pieces.send((self.shown.push(text), self.tokens)));
    }

    /// The answer as it came, once what was held back is shown.
    fn finish(self) -> String {
        drop(self.pieces.send((self.shown.finish(), self.tokens)));
        self.answer
    }
}

/// What is in `place`, made if it is not there yet.
fn once<T>(place: &Mutex<Option<Arc<T>>>, make: impl FnOnce() -> Result<T, Error>) -> Result<Arc<T>, Error> {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = &*place {
        return Ok(Arc::clone(made));
    }
    Ok(Arc::clone(place.insert(Arc::new(make()?))))
}

/// Where models are computed.
fn device() -> Result<Device, Error> {
    if cfg!(feature = "cuda") {
        Device::cuda_if_available(0).map_err(computation)
    } else if cfg!(feature = "metal") {
        Device::metal_if_available(0).map_err(computation)
    } else {
        Ok(Device::Cpu)
    }
}

fn computation(source: candle_core::Error) -> Error {
    Error::Computation { source: source.into() }
}
