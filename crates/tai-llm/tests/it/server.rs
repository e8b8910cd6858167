//! A small HTTP server that gives scripted answers, and otherwise those of a [`Peer`], and
//! remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use crate::peer::Peer;

/// What the server does with one request.
pub(crate) enum Step {
    /// Sends these bytes and closes the connection.
    Send(Vec<u8>),
    /// Sends these, with a pause before each, and closes the connection.
    Slowly(Duration, Vec<Vec<u8>>),
    /// Sends the first, and then the second again and again until the client has had enough.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends nothing until the client hangs up, and then says so.
    Hang(mpsc::Sender<()>),
    /// Agrees to a CONNECT request, then goes on with the next step on the same connection.
    Tunnel,
}

/// Takes one step for each request. After the last one a peer answers, where there is one.
///
/// What kind of server it is, which the client asks first, is no step and is not remembered.
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
    /// A server of no kind in particular.
    pub(crate) fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::of(None, steps)
    }

    /// A server that is like `peer` where no step says otherwise.
    pub(crate) fn like(peer: Peer, steps: impl IntoIterator<Item = Step>) -> Self {
        Self::of(Some(peer), steps)
    }

    fn of(peer: Option<Peer>, steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (steps, seen): (Vec<_>, _) = (steps.into_iter().collect(), Arc::clone(&requests));
        thread::spawn(move || serve(&listener, peer, steps, &seen));
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
    Step::Send(reply(status, headers, body))
}

/// The bytes of such an answer.
pub(crate) fn reply(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for header in headers.iter().chain(&["connection: close"]) {
        bytes += header;
        bytes += "\r\n";
    }
    bytes += "\r\n";
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    bytes
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

/// Events of a streamed reply, the last of them `[DONE]`.
pub(crate) fn events(data: &[&str]) -> Step {
    let body: String = data.iter().chain(&["[DONE]"]).map(|data| format!("data: {data}\n\n")).collect();
    Step::Send([EVENTS_HEAD, body.as_bytes()].concat())
}

/// The event of a piece of text.
pub(crate) fn piece(text: &str) -> String {
    serde_json::json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }).to_string()
}

/// The beginning of a reply whose end is that of the connection.
pub(crate) const EVENTS_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

fn serve(listener: &TcpListener, peer: Option<Peer>, steps: Vec<Step>, requests: &Mutex<Vec<Request>>) {
    let mut steps = steps.into_iter().peekable();
    while steps.peek().is_some() || peer.is_some() {
        let (mut stream, _) = listener.accept().unwrap();
        let mut input = BufReader::new(stream.try_clone().unwrap());
        while let Some(request) = read_request(&mut input) {
            if let Some(reply) = peer.as_ref().map_or_else(|| Peer::nobody(&request), |peer| peer.described(&request)) {
                send(&mut stream, &reply);
                break;
            }
            requests.lock().unwrap().push(request.clone());
            match steps.next() {
                Some(Step::Tunnel) => {
                    send(&mut stream, b"HTTP/1.1 200 Connected\r\n\r\n");
                    continue;
                }
                Some(step) => act(step, &mut stream, &mut input),
                None => peer.iter().for_each(|peer| send(&mut stream, &peer.answer(&request))),
            }
            break;
        }
    }
}

fn act(step: Step, stream: &mut TcpStream, input: &mut impl Read) {
    match step {
        Step::Send(bytes) => send(stream, &bytes),
        Step::Slowly(pause, pieces) => {
            for piece in pieces {
                thread::sleep(pause);
                send(stream, &piece);
            }
        }
        Step::Endless(head, piece) => {
            send(stream, &head);
            while stream.write_all(&piece).is_ok() {}
        }
        Step::Hang(hung_up) => {
            let mut byte = [0];
            while matches!(input.read(&mut byte), Ok(1..)) {}
            hung_up.send(()).ok();
        }
        Step::Tunnel => unreachable!("a tunnel goes on with the next step"),
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
