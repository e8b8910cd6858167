//! The retriever in a program of one's own: the best parts of files for a question, without a model.
//!
//! `cargo run -p tai-rag --example find -- 'nginx does not start' /var/log/nginx/error.log /var/log/syslog`

use std::error::Error;
use std::io::{Write, stdout};

use tai_rag::{ChunkOptions, Document, Index};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let question = arguments.next().ok_or("usage: find QUESTION FILE...")?;
    let read = |file: String| -> Result<Document, std::io::Error> {
        let text = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
        Ok(Document { command: file, about: String::new(), text: text.into() })
    };
    let index = Index::build(arguments.map(read).collect::<Result<Vec<_>, _>>()?, &ChunkOptions::default());
    let mut out = stdout();
    for found in index.search(&question, 5) {
        writeln!(out, "{}, lines {} to {}, score {:.2}", found.command, found.start_line, found.end_line, found.score)?;
        writeln!(out, "{}\n", found.text)?;
    }
    Ok(())
}
