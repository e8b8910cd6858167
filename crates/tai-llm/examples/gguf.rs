//! Asks a model of a GGUF file one question, or shows its tokens, as JSON:
//! `cargo run -p tai-llm --features gguf --example gguf -- model.gguf 64 "hello"`, `… model.gguf tokens "hello"`

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;
use std::time::Instant;

use tai_llm::{ChatModel, ChatRequest, GgufModel, GgufOptions, Message};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [path, most, question] = arguments.as_slice() else {
        return Err("usage: gguf FILE TOKENS|tokens QUESTION".into());
    };
    let model = GgufModel::open(GgufOptions::new(path, "gguf"))?;
    if most == "tokens" {
        println!("{}", serde_json::to_string(&model.tokens(&[Message::user(question)]).await?)?);
        return Ok(());
    }
    let mut request = ChatRequest::new([Message::system("be brief"), Message::user(question)]);
    request.max_tokens = Some(1);
    // Reads the weights.
    model.chat(&request).await?;
    request.max_tokens = Some(most.parse()?);
    let (start, mut first) = (Instant::now(), None);
    let reply = model
        .chat_streamed(&request, &mut |_| {
            first.get_or_insert_with(|| start.elapsed().as_secs_f64());
        })
        .await?;
    let (read, all) = (first.unwrap_or_default(), start.elapsed().as_secs_f64());
    let usage = reply.usage.ok_or("no usage")?;
    let told = serde_json::json!({
        "text": reply.text, "prompt_tokens": usage.prompt_tokens, "tokens": usage.completion_tokens, "read_s": read, "write_s": all - read,
    });
    println!("{told}");
    Ok(())
}
