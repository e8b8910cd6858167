//! A small HTTP server that gives scripted answers and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

/// What the server does with one request.
pub(crate) enum Step {
    /// Sends these bytes and closes the connection.
    Send(Vec<u8>),
    /// Sends nothing until the client hangs up, and then says so.
    Hang(mpsc::Sender<()>),
    /// Agrees to a CONNECT request, then goes on with the next step on the same connection.
    Tunnel,
}

/// Takes one connection for each step, then none.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method and target, such as `POST /v1/chat/completions`.
    pub(crate) line: String,
    /// With lower-case names, as `name: value`.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Server {
    pub(crate) fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (steps, seen): (Vec<_>, _) = (steps.into_iter().collect(), Arc::clone(&requests));
        thread::spawn(move || serve(&listener, steps, &seen));
        Self { address, requests }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// An answer with a status line such as `404 Not Found`, headers and a body.
pub(crate) fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Step {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for header in headers.iter().chain(&["connection: close"]) {
        bytes += header;
        bytes += "\r\n";
    }
    bytes += "\r\n";
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    Step::Send(bytes)
}

/// A complete chat reply with this text.
pub(crate) fn says(text: &str) -> Step {
    answer("200 OK", &["content-type: application/json"], chat_reply(text))
}

pub(crate) fn chat_reply(text: &str) -> String {
    let text = serde_json::Value::from(text);
    format!(
        r#"{{"choices":[{{"message":{{"role":"assistant","content":{text}}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":7,"completion_tokens":2}}}}"#
    )
}

fn serve(listener: &TcpListener, steps: Vec<Step>, requests: &Mutex<Vec<Request>>) {
    let mut steps = steps.into_iter().peekable();
    while steps.peek().is_some() {
        let (mut stream, _) = listener.accept().unwrap();
        let mut input = BufReader::new(stream.try_clone().unwrap());
        for step in steps.by_ref() {
            let Some(request) = read_request(&mut input) else { break };
            requests.lock().unwrap().push(request);
            match step {
                Step::Send(bytes) => {
                    send(&mut stream, &bytes);
                    break;
                }
                Step::Hang(hung_up) => {
                    let mut byte = [0];
                    while matches!(input.read(&mut byte), Ok(1..)) {}
                    hung_up.send(()).ok();
                    break;
                }
                Step::Tunnel => send(&mut stream, b"HTTP/1.1 200 Connected\r\n\r\n"),
            }
        }
    }
}

/// A client that has seen enough may close first, so a failed write is no failed test.
fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).ok();
}

fn read_request(input: &mut impl BufRead) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: Vec<_> = lines.iter().skip(1).map(|line| lower_name(line)).collect();
    let length = headers.iter().find_map(|header| header.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    input.read_exact(&mut body).ok()?;
    Some(Request {
        line: lines.first()?.trim_end_matches(" HTTP/1.1").to_owned(),
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

fn lower_name(header: &str) -> String {
    let (name, value) = header.split_once(':').unwrap();
    format!("{}:{value}", name.to_lowercase())
}
