//! A small HTTP server that holds repositories as the hub does, and can be told to misbehave.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: BTreeMap<String, String>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Whether this file is asked for.
    pub(crate) fn is_for(&self, file: &str) -> bool {
        self.method == "GET" && self.path.contains("/resolve/") && self.path.ends_with(file)
    }
}

/// An answer; `cut` sends so many bytes of the body and breaks off, `pause` waits before the body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) cut: Option<usize>,
    pub(crate) pause: Duration,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Reply { status, body: body.into(), ..Reply::default() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What a test wants answered otherwise; it is given how often the same was asked before.
type Override = Box<dyn Fn(&Request, usize) -> Option<Reply> + Send + Sync>;

pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Serves the files of one repository, but for what `otherwise` answers.
    pub(crate) fn start(
        files: &[(&str, Vec<u8>)],
        otherwise: impl Fn(&Request, usize) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(name, data)| ((*name).to_owned(), data.clone())).collect();
        let state = Arc::new((files, Box::new(otherwise) as Override, Arc::clone(&requests)));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, state) = (stream.unwrap(), Arc::clone(&state));
                thread::spawn(move || serve(&stream, &state.0, &state.1, &state.2));
            }
        });
        Server { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The requests for one file.
    pub(crate) fn asked_for(&self, file: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.is_for(file)).collect()
    }
}

fn serve(stream: &TcpStream, files: &BTreeMap<String, Vec<u8>>, otherwise: &Override, seen: &Mutex<Vec<Request>>) {
    let Some(request) = read_request(stream) else { return };
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.iter().filter(|other| (&other.method, &other.path) == (&request.method, &request.path)).count() - 1
    };
    let reply = otherwise(&request, before).unwrap_or_else(|| answer(&request, files));
    send(stream, &reply);
}

/// What the hub answers.
pub(crate) fn answer(request: &Request, files: &BTreeMap<String, Vec<u8>>) -> Reply {
    if request.path.starts_with("/api/models/") {
        return Reply::new(200, listing(files)).with("content-type", "application/json");
    }
    let file = request.path.split_once("/resolve/").and_then(|(_, rest)| rest.split_once('/'));
    match file.and_then(|(_, file)| files.get(file)) {
        Some(data) => file_reply(request, data),
        None => Reply::new(404, "Entry not found"),
    }
}

/// A file, from where the range begins unless the tag is another.
pub(crate) fn file_reply(request: &Request, data: &[u8]) -> Reply {
    let tag = format!("\"{}\"", hex(&Sha256::digest(data)));
    if request.header("range") == Some("bytes=0-0") {
        let range = format!("bytes 0-0/{}", data.len());
        return Reply::new(206, &data[..1]).with("content-range", &range).with("etag", &tag);
    }
    let begin = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let is_same = request.header("if-range").is_none_or(|wanted| wanted == tag);
    match begin {
        Some(begin) if is_same && begin < data.len() => {
            let range = format!("bytes {begin}-{}/{}", data.len() - 1, data.len());
            Reply::new(206, &data[begin..]).with("content-range", &range).with("etag", &tag)
        }
        Some(begin) if is_same && begin >= data.len() => Reply::new(416, ""),
        _ => Reply::new(200, data).with("etag", &tag),
    }
}

/// Weights are large files with their SHA-256, the others are git's.
pub(crate) fn listing(files: &BTreeMap<String, Vec<u8>>) -> String {
    let sibling = |(name, data): (&String, &Vec<u8>)| {
        let mut sha1 = Sha1::new();
        sha1.update(format!("blob {}\0", data.len()));
        sha1.update(data);
        let mut file = json!({ "rfilename": name, "size": data.len(), "blobId": hex(&sha1.finalize()) });
        if name.ends_with(".safetensors") || name.ends_with(".gguf") {
            file["lfs"] = json!({ "sha256": hex(&Sha256::digest(data)), "size": data.len(), "pointerSize": 135 });
        }
        file
    };
    let siblings: Vec<_> = files.iter().map(sibling).collect();
    json!({ "sha": "c0ffee", "siblings": siblings, "cardData": { "license": "apache-2.0" } }).to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A client that has seen enough may close first, so a failed write is no failed test.
fn send(mut stream: &TcpStream, reply: &Reply) {
    let mut head =
        format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\nconnection: close\r\n", reply.status, reply.body.len());
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes()).ok();
    thread::sleep(reply.pause);
    stream.write_all(&reply.body[..reply.cut.unwrap_or(reply.body.len())]).ok();
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    Some(Request { method, path, headers })
}
