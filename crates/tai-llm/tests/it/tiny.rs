//! Tiny models of random weights, as GGUF files.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

const WIDTH: usize = 32;
const HEADS: usize = 4;
const SHARED: usize = 2;
const INNER: usize = 48;
/// Tokens of the context of each.
pub(crate) const CONTEXT: u32 = 160;
pub(crate) const ARCHITECTURES: [&str; 5] = ["gemma3", "llama", "phi3", "qwen2", "qwen3"];

const TEMPLATE: &str = "{{ bos_token }}{% for message in messages %}<|turn|>{{ message.role }}: {{ message.content | trim }}<|end|>\n{% endfor %}\
                        {% if add_generation_prompt %}<|turn|>assistant: {% endif %}";

/// A model that can still be changed before it is written.
pub(crate) struct Tiny {
    metadata: Vec<(String, Value)>,
    tensors: Vec<(String, QTensor)>,
    random: u64,
}

impl Tiny {
    /// A model of this architecture: with a vocabulary of bytes and pairs of them where that is usual, else with one as of `SentencePiece`.
    pub(crate) fn of(architecture: &str) -> Self {
        let mut tiny = Tiny { metadata: Vec::new(), tensors: Vec::new(), random: 7 };
        let words = match architecture {
            "qwen2" | "qwen3" => tiny.bytes(),
            // llama.cpp asks for these of a model that is called so.
            "phi3" => tiny.sentences(&["</s>", "<|endoftext|>"]),
            _ => tiny.sentences(&[]),
        };
        tiny.set("general.architecture", Value::String(architecture.to_owned()));
        tiny.set("tokenizer.chat_template", Value::String(TEMPLATE.to_owned()));
        let depth = if architecture == "gemma3" { 16 } else { WIDTH / HEADS };
        let layers = if architecture == "gemma3" { 7 } else { 2 };
        let shape = [
            ("context_length", CONTEXT as usize),
            ("embedding_length", WIDTH),
            ("block_count", layers),
            ("feed_forward_length", INNER),
            ("attention.head_count", HEADS),
            ("attention.head_count_kv", SHARED),
            ("attention.key_length", depth),
            ("attention.value_length", depth),
            ("rope.dimension_count", depth),
        ];
        for (key, number) in shape {
            tiny.set(&format!("{architecture}.{key}"), Value::U32(number as u32));
        }
        tiny.set(&format!("{architecture}.attention.layer_norm_rms_epsilon"), Value::F32(1e-6));
        tiny.set(&format!("{architecture}.rope.freq_base"), Value::F32(50_000.0));
        if architecture == "gemma3" {
            tiny.set("gemma3.attention.sliding_window", Value::U32(12));
        }
        if architecture == "phi3" {
            tiny.set("general.name", Value::String("Phi-3 tiny".to_owned()));
            tiny.set("phi3.rope.scaling.original_context_length", Value::U32(CONTEXT));
        }
        tiny.weights(architecture, words, depth, layers);
        tiny
    }

    pub(crate) fn set(&mut self, key: &str, value: Value) {
        self.metadata.retain(|(known, _)| known != key);
        self.metadata.push((key.to_owned(), value));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.metadata.retain(|(known, _)| known != key);
    }

    /// Its tokens.
    pub(crate) fn texts(&self) -> Vec<String> {
        let (_, tokens) = self.metadata.iter().find(|(key, _)| key == "tokenizer.ggml.tokens").unwrap();
        tokens.to_vec().unwrap().iter().map(|token| token.to_string().unwrap().clone()).collect()
    }

    /// Writes it to `model.gguf` in `folder`.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("model.gguf");
        let metadata: Vec<(&str, &Value)> = self.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<(&str, &QTensor)> =
            self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
        gguf_file::write(&mut file, &metadata, &tensors).unwrap();
        path
    }

    fn weights(&mut self, architecture: &str, words: usize, depth: usize, layers: usize) {
        self.tensor("token_embd.weight", &[words, WIDTH], 1.0);
        // Only what can be printed is ever said, so no answer ends by itself.
        let said: Vec<f32> = self.texts().iter().map(|text| f32::from(u8::from(is_printed(text)))).collect();
        let output: Vec<f32> =
            said.iter().flat_map(|said| std::iter::repeat_n(*said, WIDTH)).map(|said| said * self.random()).collect();
        self.add("output.weight", &Tensor::from_vec(output, (words, WIDTH), &Device::Cpu).unwrap());
        self.norm("output_norm.weight", WIDTH);
        for layer in 0..layers {
            let name = |part: &str| format!("blk.{layer}.{part}");
            let (own, shared) = (HEADS * depth, SHARED * depth);
            self.norm(&name("attn_norm.weight"), WIDTH);
            self.norm(&name("ffn_norm.weight"), WIDTH);
            self.tensor(&name("attn_output.weight"), &[WIDTH, own], 0.4);
            self.tensor(&name("ffn_down.weight"), &[WIDTH, INNER], 0.4);
            if architecture == "phi3" {
                self.tensor(&name("attn_qkv.weight"), &[own + 2 * shared, WIDTH], 0.6);
                self.tensor(&name("ffn_up.weight"), &[2 * INNER, WIDTH], 0.4);
                continue;
            }
            self.tensor(&name("ffn_up.weight"), &[INNER, WIDTH], 0.4);
            self.tensor(&name("ffn_gate.weight"), &[INNER, WIDTH], 0.4);
            for (part, rows) in [("attn_q", own), ("attn_k", shared), ("attn_v", shared)] {
                self.tensor(&name(&format!("{part}.weight")), &[rows, WIDTH], 0.6);
                if architecture == "qwen2" {
                    self.tensor(&name(&format!("{part}.bias")), &[rows], 0.5);
                }
            }
            if matches!(architecture, "gemma3" | "qwen3") {
                self.norm(&name("attn_q_norm.weight"), depth);
                self.norm(&name("attn_k_norm.weight"), depth);
            }
            if architecture == "gemma3" {
                self.norm(&name("post_attention_norm.weight"), WIDTH);
                self.norm(&name("post_ffw_norm.weight"), WIDTH);
            }
        }
        if architecture == "llama" {
            // As of Llama 3.1: some pairs turn more slowly.
            let slower = Tensor::from_vec(vec![1.0_f32, 1.0, 3.0, 8.0], 4, &Device::Cpu).unwrap();
            self.add("rope_freqs.weight", &slower);
        }
    }

    fn tensor(&mut self, name: &str, shape: &[usize], scale: f32) {
        let numbers: Vec<f32> = (0..shape.iter().product()).map(|_| self.random() * scale).collect();
        self.add(name, &Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap());
    }

    fn norm(&mut self, name: &str, width: usize) {
        let numbers: Vec<f32> = (0..width).map(|_| 1.0 + 0.2 * self.random()).collect();
        self.add(name, &Tensor::from_vec(numbers, width, &Device::Cpu).unwrap());
    }

    fn add(&mut self, name: &str, tensor: &Tensor) {
        self.tensors.push((name.to_owned(), QTensor::quantize(tensor, GgmlDType::F32).unwrap()));
    }

    /// From -1 to 1: the linear congruential generator of Knuth's MMIX.
    fn random(&mut self) -> f32 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// All bytes, some pairs of them, and control tokens, as of qwen2.
    fn bytes(&mut self) -> usize {
        let merges = ["Ġ t", "h e", "i n", "Ġt he", "e r", "Ġ d", "i s", "Ġd is", "Ġdis k"];
        let mut texts: Vec<String> = bytes().collect();
        texts.extend(merges.iter().map(|merge| merge.replace(' ', "")));
        let mut kinds = vec![1; texts.len()];
        for (text, kind) in [("<|begin|>", 3), ("<|end|>", 3), ("<|turn|>", 3), ("<think>", 4)] {
            texts.push(text.to_owned());
            kinds.push(kind);
        }
        self.set("tokenizer.ggml.model", Value::String("gpt2".to_owned()));
        self.set("tokenizer.ggml.pre", Value::String("qwen2".to_owned()));
        self.set("tokenizer.ggml.merges", strings(merges));
        self.vocabulary(texts, kinds, "<|begin|>")
    }

    /// Bytes, and pieces with scores, as of llama, and more control tokens.
    fn sentences(&mut self, control: &[&str]) -> usize {
        let pieces = ["the", "▁the", "▁disk", "is", "in", "▁d", "er", "th", "he", "di", "sk", "▁t", "isk"];
        let letters = "▁etaoinshrdlucmfwypvbgkjqxz:.".chars().map(String::from);
        let mut texts = vec!["<unk>".to_owned()];
        let mut kinds = vec![2];
        texts.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
        kinds.extend([6; 256]);
        texts.extend(pieces.map(str::to_owned).into_iter().chain(letters));
        kinds.resize(texts.len(), 1);
        let more = control.iter().map(|text| (*text, 3));
        for (text, kind) in [("<s>", 3), ("<|end|>", 3), ("<|turn|>", 3), ("  ", 4)].into_iter().chain(more) {
            texts.push(text.to_owned());
            kinds.push(kind);
        }
        let scores = (0..texts.len()).map(|id| Value::F32(if kinds[id] == 1 { 256.0 - id as f32 } else { 0.0 }));
        self.set("tokenizer.ggml.scores", Value::Array(scores.collect()));
        self.set("tokenizer.ggml.model", Value::String("llama".to_owned()));
        self.set("tokenizer.ggml.unknown_token_id", Value::U32(0));
        self.vocabulary(texts, kinds, "<s>")
    }

    fn vocabulary(&mut self, texts: Vec<String>, kinds: Vec<i32>, begin: &str) -> usize {
        let id = |text: &str| Value::U32(texts.iter().position(|known| known == text).unwrap() as u32);
        self.set("tokenizer.ggml.bos_token_id", id(begin));
        self.set("tokenizer.ggml.eos_token_id", id("<|end|>"));
        self.set("tokenizer.ggml.add_bos_token", Value::Bool(true));
        self.set("tokenizer.ggml.token_type", Value::Array(kinds.into_iter().map(Value::I32).collect()));
        let count = texts.len();
        self.set("tokenizer.ggml.tokens", strings(texts));
        count
    }
}

/// Whether a token is text in ASCII; a byte of `SentencePiece`'s is `<0x41>`.
fn is_printed(token: &str) -> bool {
    match token.strip_prefix("<0x").and_then(|hex| hex.strip_suffix('>')) {
        Some(hex) => (0x20..0x7f).contains(&u8::from_str_radix(hex, 16).unwrap()),
        None => !token.starts_with('<') && token.chars().all(|c| c.is_ascii_graphic() || "Ġ▁".contains(c)),
    }
}

fn strings(texts: impl IntoIterator<Item = impl Into<String>>) -> Value {
    Value::Array(texts.into_iter().map(|text| Value::String(text.into())).collect())
}

/// All bytes as GPT-2 writes them: those that cannot be printed from U+0100 on.
fn bytes() -> impl Iterator<Item = String> {
    let mut next = 0x100;
    (0..=255_u8).map(move |byte| {
        let is_printed = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
        let code = if is_printed { u32::from(byte) } else { next };
        next += u32::from(!is_printed);
        char::from_u32(code).unwrap().to_string()
    })
}
