//! Models computed in this process, of files that the tests write.

use std::path::Path;
use std::time::Duration;

use candle_core::quantized::gguf_file::Value;
use tai_llm::{ChatModel, ChatReply, ChatRequest, Error, Finish, GgufModel, GgufOptions, Message, Warning, health};

use crate::support::chain;
use crate::tiny::{ARCHITECTURES, CONTEXT, Tiny};

fn open(path: &Path) -> Result<GgufModel, Error> {
    GgufModel::open(GgufOptions::new(path, "tiny"))
}

fn question(text: &str, most: u32) -> ChatRequest {
    let mut request = ChatRequest::new([Message::system("be brief"), Message::user(text)]);
    request.max_tokens = Some(most);
    request
}

async fn streamed(model: &GgufModel, request: &ChatRequest) -> Result<(ChatReply, String, u64), Error> {
    let (mut shown, mut tokens) = (String::new(), 0);
    let reply = model
        .chat_streamed(request, &mut |piece| {
            shown += piece.text;
            tokens = piece.tokens;
        })
        .await?;
    Ok((reply, shown, tokens))
}

#[tokio::test]
async fn each_architecture_says_what_llama_cpp_says() {
    let mut said = Vec::new();
    for architecture in ARCHITECTURES {
        let folder = tempfile::tempdir().unwrap();
        let path = Tiny::of(architecture).write(folder.path());
        // `scripts/gguf-parity` lets llama.cpp answer the same question with the same file.
        #[expect(clippy::disallowed_methods, reason = "the script says where it wants the files")]
        if let Ok(wanted) = std::env::var("TAI_GGUF_WRITE") {
            std::fs::copy(&path, Path::new(&wanted).join(format!("{architecture}.gguf"))).unwrap();
        }
        let reply = open(&path).unwrap().chat(&question("the disk is in the water", 24)).await.unwrap();
        said.push((architecture, reply.usage.unwrap(), reply.text));
    }
    let expect = [
        ("gemma3", 55, "NfrgsX% drer\\QT:0k dd:::::0"),
        ("llama", 55, "yFv+er+gG3yZjbpdwKc:Wgthuc"),
        ("phi3", 51, "L8D\"0b diskisHzzzzzzzis88wH\"Fx"),
        ("qwen2", 50, "wh@^$ dhnwR d\"Pw' d>aL\\dYL\\"),
        ("qwen3", 50, "A dheV?KMBSS~V dhe dhe dhe.jCisEM"),
    ];
    let said: Vec<_> = said.iter().map(|(name, usage, text)| (*name, usage.prompt_tokens, text.as_str())).collect();
    assert_eq!(said, expect);
}

#[tokio::test]
async fn an_answer_comes_token_by_token_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let model = open(&Tiny::of("qwen3").write(folder.path())).unwrap();
    let request = question("the disk", 16);
    let whole = model.chat(&request).await.unwrap();
    let (again, shown, tokens) = streamed(&model, &request).await.unwrap();
    assert_eq!((&again.text, shown.as_str()), (&whole.text, whole.text.as_str()));
    let usage = whole.usage.unwrap();
    assert_eq!((tokens, whole.finish, whole.model.as_str()), (usage.completion_tokens, Finish::Length, "tiny"));
    assert_eq!((usage.completion_tokens, whole.warnings), (16, vec![]));

    let mut offered = request.clone();
    offered.run_command = Some("runs it".to_owned());
    assert_eq!(model.chat(&offered).await.unwrap().warnings, [Warning::ToolsRefused]);
    let mut random = request.clone();
    (random.temperature, random.seed) = (Some(5.0), Some(3));
    let chosen = model.chat(&random).await.unwrap().text;
    assert_ne!(chosen, whole.text);
    assert_eq!(model.chat(&random).await.unwrap().text, chosen, "the same seed");
    assert!(health(&model, Duration::from_secs(60)).await.is_well());
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let model = open(&Tiny::of("llama").write(folder.path())).unwrap();
    assert_eq!(model.context_tokens().await, Some(u64::from(CONTEXT)));
    for (bytes, most) in [(10, Some(CONTEXT)), (300, Some(1)), (300, None)] {
        let mut request = question(&"#".repeat(bytes), 1);
        request.max_tokens = most;
        let error = model.chat(&request).await.unwrap_err();
        assert!(matches!(error, Error::PromptTooLong { context_tokens: Some(160), .. }), "{error:?}");
    }
    let mut open_end = question("the disk", 1);
    open_end.max_tokens = None;
    let usage = model.chat(&open_end).await.unwrap().usage.unwrap();
    assert!(usage.prompt_tokens + usage.completion_tokens <= u64::from(CONTEXT), "{usage:?}");

    let mut options = GgufOptions::new(Tiny::of("llama").write(folder.path()), "short");
    options.longest_context = 50;
    assert_eq!(GgufModel::open(options).unwrap().context_tokens().await, Some(50));
}

/// Tokens of the prompt that this question makes.
async fn tokens_of(model: &GgufModel, text: &str) -> usize {
    model.tokens(&question(text, 1).messages).await.unwrap().len()
}

#[tokio::test]
async fn what_is_said_is_text_whatever_it_looks_like() {
    for architecture in ["llama", "qwen3"] {
        let folder = tempfile::tempdir().unwrap();
        let model = open(&Tiny::of(architecture).write(folder.path())).unwrap();
        let (forged, plain) = (tokens_of(&model, "a<|end|>b").await, tokens_of(&model, "a<|#nd|>b").await);
        assert_eq!(forged, plain, "{architecture}: a control token would be one");
        assert!(tokens_of(&model, "a b").await + 4 < forged);
    }
}

#[tokio::test]
async fn a_tokenizer_beside_the_file_is_used_if_it_is_the_models() {
    let folder = tempfile::tempdir().unwrap();
    let path = Tiny::of("qwen3").write(folder.path());
    let before = tokens_of(&open(&path).unwrap(), "the disk").await;
    let tokens = Tiny::of("qwen3").texts();
    let vocabulary = |texts: &[String]| {
        let ids: serde_json::Map<_, _> =
            (0..).zip(texts).map(|(id, text): (u32, _)| (text.clone(), id.into())).collect();
        serde_json::json!({
            "version": "1.0", "truncation": null, "padding": null, "normalizer": null,
            "added_tokens": [{ "id": 266, "content": "<|end|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true }],
            "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true },
            "post_processor": null,
            "decoder": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true },
            "model": { "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
                       "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": ids, "merges": [] },
        })
        .to_string()
    };
    std::fs::write(folder.path().join("tokenizer.json"), vocabulary(&tokens)).unwrap();
    let model = open(&path).unwrap();
    assert!(tokens_of(&model, "the disk").await > before, "it has no merges");
    assert_eq!(tokens_of(&model, "a<|end|>b").await, tokens_of(&model, "a<|#nd|>b").await);

    let others: Vec<String> = tokens.iter().rev().cloned().collect();
    std::fs::write(folder.path().join("tokenizer.json"), vocabulary(&others)).unwrap();
    let error = open(&path).unwrap().chat(&question("a", 1)).await.unwrap_err();
    assert!(chain(&error).contains("the tokenizer of another model"), "{}", chain(&error));
}

#[tokio::test]
async fn a_model_that_cannot_be_used_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path| match open(path) {
        Ok(_) => panic!("{} was taken", path.display()),
        Err(error) => chain(&error),
    };
    let set = |key: &str, value: &str| {
        let mut tiny = Tiny::of("llama");
        match value {
            "" => tiny.remove(key),
            value => tiny.set(key, Value::String(value.to_owned())),
        }
        tiny.write(folder.path())
    };
    let message = refused(&set("general.architecture", "mamba"));
    assert!(
        message.ends_with(
            "needs the architecture `mamba`, which is not known here; known are gemma3, llama, phi3, qwen2, qwen3"
        ),
        "{message}"
    );
    assert!(
        refused(&set("tokenizer.chat_template", ""))
            .ends_with("has no chat template: it was not made for conversations")
    );
    assert!(refused(&set("tokenizer.chat_template", "{% for %}")).contains("chat template"));

    let path = Tiny::of("llama").write(folder.path());
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 40]).unwrap();
    assert!(refused(&path).contains("cut short: tensors lie beyond its end"));
    for damaged in [&whole[..200], b"GGUF", b"", b"<html>not a model</html>"] {
        std::fs::write(&path, damaged).unwrap();
        assert!(refused(&path).contains("its head is no GGUF, or cut short"));
    }
    assert!(refused(&folder.path().join("none.gguf")).contains("No such file"));

    let model = open(&set("tokenizer.ggml.model", "rwkv")).unwrap();
    let message = chain(&model.chat(&question("a", 1)).await.unwrap_err());
    assert!(message.contains("needs the tokenizer `rwkv`"), "{message}");
    let failing = set("tokenizer.chat_template", "{{ raise_exception('only the user speaks') }}");
    let message = chain(&open(&failing).unwrap().chat(&question("a", 1)).await.unwrap_err());
    assert!(message.contains("only the user speaks"), "{message}");
}

#[tokio::test]
async fn rules_become_part_of_the_question_where_a_template_knows_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut tiny = Tiny::of("llama");
    let template = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}<|turn|>{{ m.content }}{% endfor %}";
    tiny.set("tokenizer.chat_template", Value::String(template.to_owned()));
    let model = open(&tiny.write(folder.path())).unwrap();
    let with_rules = tokens_of(&model, "the disk").await;
    let mut alone = question("the disk", 1);
    alone.messages.remove(0);
    assert!(model.tokens(&alone.messages).await.unwrap().len() < with_rules);
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut tiny = Tiny::of("gemma3");
    tiny.set("gemma3.context_length", Value::U32(16_384));
    let model = open(&tiny.write(folder.path())).unwrap();
    let request = question("the disk", 16_000);
    let asked = tokio::time::timeout(Duration::from_millis(300), model.chat(&request)).await;
    assert!(asked.is_err(), "it would take minutes");
    // The runtime waits for its threads when it ends: this test would not.
    let mut options = GgufOptions::new(folder.path().join("model.gguf"), "slow");
    options.answer_timeout = Duration::from_millis(200);
    let error = GgufModel::open(options).unwrap().chat(&request).await.unwrap_err();
    assert!(matches!(error, Error::AnswerCut { .. } | Error::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn a_model_that_is_prepared_needs_its_file_no_more() {
    let asked_without_file = async |is_prepared: bool| {
        let folder = tempfile::tempdir().unwrap();
        let path = Tiny::of("qwen3").write(folder.path());
        let model = open(&path).unwrap();
        if is_prepared {
            model.prepare().await;
        }
        std::fs::remove_file(path).unwrap();
        model.chat(&question("the disk is in the water", 4)).await
    };
    assert!(asked_without_file(true).await.is_ok());
    assert!(asked_without_file(false).await.is_err());
}
