//! A hub on this machine that serves one model, well or badly, and remembers what it was asked.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The commit that the hub's repository is at.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// How the hub behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manners {
    /// As it should.
    Good,
    /// Bodies of files end after so many bytes, though more are announced; a range is served from its beginning likewise.
    CutsShort(usize),
    /// The first body ends in silence after so many bytes; the connection stays open.
    FallsSilent(usize),
    /// It knows no ranges, and the first body is cut short after so many bytes.
    KnowsNoRanges(usize),
    /// One file's bytes are not those that it announces.
    Lies,
    /// The first request for a file is refused with 429.
    IsBusyOnce,
    /// It has no such model.
    HasNothing,
}

/// A request that came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Path and query.
    pub path: String,
    /// The header `Range`.
    pub range: Option<String>,
    /// The header `Authorization`.
    pub token: Option<String>,
}

/// The running hub; its threads end with the test.
pub struct FakeHub {
    address: String,
    state: Arc<State>,
}

struct State {
    files: BTreeMap<String, Vec<u8>>,
    manners: Mutex<Manners>,
    asked: Mutex<Vec<Asked>>,
    /// Where files really are, as the hub has them with another host.
    store: Mutex<String>,
}

impl FakeHub {
    /// Serves the files of `folder`, and a second host that the bytes come from.
    pub fn start(folder: &Path, manners: Manners) -> Self {
        let mut files = BTreeMap::new();
        collect(folder, folder, &mut files);
        let state = State { files, manners: Mutex::new(manners), asked: Mutex::default(), store: Mutex::default() };
        let state = Arc::new(state);
        let store = listen(&state);
        *state.store.lock().unwrap() = store.replace("127.0.0.1", "localhost");
        Self { address: listen(&state), state }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.address
    }

    /// What it was asked so far.
    pub fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.state.asked.lock().unwrap()
    }

    /// Makes it behave otherwise.
    pub fn becomes(&self, manners: Manners) {
        *self.state.manners.lock().unwrap() = manners;
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

fn listen(state: &Arc<State>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let state = Arc::clone(state);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let state = Arc::clone(&state);
            // A client that goes away is no failure of the hub.
            thread::spawn(move || drop(state.serve(stream)));
        }
    });
    address
}

impl State {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        while let Some(Ok(first)) = lines.next() {
            let mut asked = Asked { path: first.split(' ').nth(1).unwrap_or_default().to_owned(), ..Asked::default() };
            for line in lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()) {
                let (name, value) = line.split_once(": ").unwrap_or_default();
                match name.to_ascii_lowercase().as_str() {
                    "range" => asked.range = Some(value.to_owned()),
                    "authorization" => asked.token = Some(value.to_owned()),
                    _ => {}
                }
            }
            self.asked.lock().unwrap().push(asked.clone());
            self.answer(&mut stream, &asked)?;
        }
        Ok(())
    }

    fn answer(&self, stream: &mut TcpStream, asked: &Asked) -> std::io::Result<()> {
        let manners = *self.manners.lock().unwrap();
        let path = asked.path.as_str();
        if manners == Manners::HasNothing {
            return reply(stream, "404 Not Found", "", b"{}");
        }
        if path.starts_with("/api/") && path.contains("/revision/") {
            return reply(stream, "200 OK", "", json!({ "sha": COMMIT }).to_string().as_bytes());
        }
        if path.starts_with("/api/") {
            return reply(stream, "200 OK", "", self.list().to_string().as_bytes());
        }
        if let Some((_, file)) = path.split_once(&format!("/resolve/{COMMIT}/")) {
            let store = self.store.lock().unwrap().clone();
            return reply(stream, "302 Found", &format!("Location: {store}/bytes/{file}\r\n"), b"");
        }
        match path.strip_prefix("/bytes/").and_then(|file| self.files.get_key_value(file)) {
            Some((name, content)) => self.send(stream, asked, manners, name, content),
            None => reply(stream, "404 Not Found", "", b""),
        }
    }

    fn list(&self) -> Value {
        let mut entries = vec![json!({ "type": "directory", "oid": "", "size": 0, "path": "visual" })];
        entries.extend(self.files.iter().map(|(path, content)| {
            let mut entry = json!({ "type": "file", "oid": git_id(content), "size": content.len(), "path": path });
            if path.ends_with(".onnx") || path.ends_with(".bin") {
                entry["lfs"] = json!({ "oid": hex(&Sha256::digest(content)), "size": content.len() });
            }
            entry
        }));
        Value::from(entries)
    }

    fn send(
        &self,
        stream: &mut TcpStream,
        asked: &Asked,
        manners: Manners,
        name: &str,
        content: &[u8],
    ) -> std::io::Result<()> {
        let from = asked.range.as_ref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let ranged = from.filter(|_| !matches!(manners, Manners::KnowsNoRanges(_)));
        let mut body = content[ranged.unwrap_or(0)..].to_vec();
        if manners == Manners::Lies && name.ends_with("model.onnx") {
            body[0] ^= 1;
        }
        if manners == Manners::IsBusyOnce {
            *self.manners.lock().unwrap() = Manners::Good;
            return reply(stream, "429 Too Many Requests", "Retry-After: 1\r\n", b"");
        }
        let status = if ranged.is_some() { "206 Partial Content" } else { "200 OK" };
        let cut = match manners {
            Manners::CutsShort(at) | Manners::FallsSilent(at) | Manners::KnowsNoRanges(at) => at,
            _ => usize::MAX,
        };
        if cut >= body.len() {
            return reply(stream, status, "", &body);
        }
        if !matches!(manners, Manners::CutsShort(_)) {
            *self.manners.lock().unwrap() = Manners::Good;
        }
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len())?;
        stream.write_all(&body[..cut])?;
        if matches!(manners, Manners::FallsSilent(_)) {
            thread::sleep(std::time::Duration::from_secs(600));
        }
        stream.shutdown(std::net::Shutdown::Both)
    }
}

fn reply(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)
}

fn git_id(content: &[u8]) -> String {
    hex(&Sha1::new().chain_update(format!("blob {}\0", content.len())).chain_update(content).finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
