//! A model behind a socket, which speaks as slowly as a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// Says an answer piece by piece, and waits in the middle of it.
pub(super) struct Server {
    url: String,
    released: Arc<(Mutex<bool>, Condvar)>,
}

/// The pieces of an answer: its lines.
pub(super) fn spoken(answer: &str) -> Vec<String> {
    answer.split_inclusive('\n').map(str::to_owned).collect()
}

impl Server {
    /// One answer for each question, in their order; one without pieces never comes.
    pub(super) fn start(answers: Vec<Vec<String>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let released = Arc::new((Mutex::new(false), Condvar::new()));
        let wait = Arc::clone(&released);
        std::thread::spawn(move || {
            let mut answers = answers.into_iter();
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if !is_question(&stream) {
                    let refused = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    stream.write_all(refused.as_bytes()).ok();
                    continue;
                }
                let pieces = answers.next().unwrap_or_default();
                if pieces.is_empty() {
                    silent.push(stream);
                } else {
                    // A client that has seen enough may close first.
                    speak(&mut stream, &pieces, &wait).ok();
                }
            }
        });
        Server { url, released }
    }

    pub(super) fn url(&self) -> String {
        self.url.clone()
    }

    /// Ends the wait, of this answer and all that follow.
    pub(super) fn go_on(&self) {
        *self.released.0.lock().unwrap() = true;
        self.released.1.notify_all();
    }
}

/// Reads a request; whether it is one for an answer.
fn is_question(stream: &TcpStream) -> bool {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        // A client that goes away asks nothing.
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
    }
    reader.read_exact(&mut vec![0; length]).ok();
    head.starts_with("POST /v1/chat/completions")
}

fn speak(stream: &mut TcpStream, pieces: &[String], wait: &(Mutex<bool>, Condvar)) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    for (i, piece) in pieces.iter().enumerate() {
        if i + 1 == pieces.len() {
            let mut released = wait.0.lock().unwrap();
            while !*released {
                released = wait.1.wait(released).unwrap();
            }
        }
        let delta = serde_json::json!({ "choices": [{ "delta": { "content": piece } }] });
        stream.write_all(format!("data: {delta}\n\n").as_bytes())?;
        stream.flush()?;
    }
    let end = serde_json::json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] });
    stream.write_all(format!("data: {end}\n\ndata: [DONE]\n\n").as_bytes())
}
