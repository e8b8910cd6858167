//! Asks a real endpoint one question:
//! `cargo run -p tai-llm --example chat -- http://localhost:11434/v1 gemma3:4b "hello"`

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;

use tai_llm::{ChatModel, ChatRequest, Message, OpenAiModel, OpenAiOptions, Piece};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [base_url, model, question] = arguments.as_slice() else {
        return Err("usage: chat BASE_URL MODEL QUESTION".into());
    };
    let model = OpenAiModel::new(OpenAiOptions::new(base_url, model))?;
    println!("models at {}: {:?}", model.base_url(), model.models().await);
    println!("context: {:?} tokens", model.context_tokens().await);

    let request = ChatRequest::new([Message::user(question)]);
    let mut show = |piece: Piece<'_>| println!("{:>6} {:?}", piece.tokens, piece.text);
    let reply = model.chat_streamed(&request, &mut show).await?;
    println!("{}", reply.text.escape_debug());
    println!("finish: {}, usage: {:?}, estimated: {}", reply.finish, reply.usage, request.estimated_tokens());
    reply.warnings.iter().for_each(|warning| println!("warning: {warning}"));
    Ok(())
}
