//! The program itself as a process of its own, spoken to over its socket; and a collector of traces.

use api::people::open_vault;
use api::settings::Settings;
use commands::{Clock, Entropy};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;
use vault::{Arrival, Level, Profile, Scope, TokenDraft};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// `parvis serve` on a store of its own.
pub(crate) struct Node {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    token: String,
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

/// What came over the socket.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Got {
    fn read(stream: &mut impl Read) -> Self {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The value of a header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = |line: &'_ str| line.split_once(": ").filter(|(own, _)| own.eq_ignore_ascii_case(name)).is_some();
        self.head.lines().find(|line| value(line)).map_or("", |line| line.split_once(": ").unwrap().1)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// A request whose head is with the server and whose body isn't.
pub(crate) struct Begun {
    stream: TcpStream,
    body: String,
}

impl Begun {
    /// Sends the body and reads the answer.
    pub(crate) fn finish(mut self) -> Got {
        self.stream.write_all(self.body.as_bytes()).unwrap();
        Got::read(&mut self.stream)
    }
}

impl Node {
    /// Serves an empty store.
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        assert!(command(&folder).arg("migrate").stdout(Stdio::null()).status().unwrap().success());
        let token = token(&folder);
        let mut serve = command(&folder);
        serve.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).envs(variables.iter().copied());
        let mut child = serve.stderr(Stdio::piped()).spawn().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (found, address) = mpsc::channel();
        let (kept, err) = (Arc::clone(&lines), child.stderr.take().unwrap());
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                if let Some(rest) = line.strip_prefix("parvis serves http://") {
                    let _ = found.send(rest.split('/').next().unwrap().parse().unwrap());
                }
                kept.lock().unwrap().push(line);
            }
        });
        let address = address.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{:?}", lines.lock().unwrap()));
        Self { child, address, folder, token, lines, reader: Some(reader) }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub(crate) fn get(&self, path: &str) -> Got {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        Got::read(&mut stream)
    }

    /// A GraphQL request with these further lines in its head.
    pub(crate) fn post(&self, lines: &str, body: &Value) -> Got {
        let (mut stream, body) = (self.connect(), body.to_string());
        stream.write_all(head(&self.token, lines, &body).as_bytes()).unwrap();
        Begun { stream, body }.finish()
    }

    /// Sends the head of a GraphQL request and returns once the server asks for the body: from then on
    /// the request is under way.
    pub(crate) fn begin(&self, body: &Value) -> Begun {
        let (mut stream, body) = (self.connect(), body.to_string());
        stream.write_all(head(&self.token, "Expect: 100-continue\r\n", &body).as_bytes()).unwrap();
        let mut answer = [0; 25];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), "HTTP/1.1 100 Continue\r\n\r\n");
        Begun { stream, body }
    }

    /// Asks the process to end.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Asks until it is so.
    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        for _ in 0..6_000 {
            if holds(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("never came: {what}; {:?}", self.lines.lock().unwrap());
    }

    /// Whether somebody listens.
    pub(crate) fn listens(&self) -> bool {
        TcpStream::connect(self.address).is_ok()
    }

    /// Whether a line was written that holds this.
    pub(crate) fn said(&self, text: &str) -> bool {
        self.lines.lock().unwrap().iter().any(|line| line.contains(text))
    }

    /// Waits for the end; everything that was written to stderr.
    pub(crate) fn ended(mut self) -> Vec<String> {
        let mut status = None;
        for _ in 0..6_000 {
            status = self.child.try_wait().unwrap();
            if status.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.reader.take().unwrap().join().unwrap();
        let lines = self.lines.lock().unwrap().clone();
        assert!(status.is_some_and(|status| status.success()), "{status:?} {lines:?}");
        lines
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Gone already after a test that went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A token of an agent, put into the node's vault before it starts.
fn token(folder: &TempDir) -> String {
    let (store, key) = (format!("sqlite:{}", folder.path().join("node.db").display()), folder.path().join("node.key"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let entropy = Entropy::system().unwrap();
        let vault = open_vault(&Settings::default(), &store, &key, Clock::System, &entropy).await.unwrap();
        let (issuer, subject) = ("https://id.town.example".to_owned(), "node".to_owned());
        let (level, profile) = (Level::Substantial, Profile::default());
        let person = vault.arrive(Arrival { issuer, subject, agent: true, level, profile }).await.unwrap();
        let scopes = Scope::ALL.into_iter().collect();
        let draft = TokenDraft { name: "tests".to_owned(), scopes, days: 1, agent: true, level };
        let (_, secret) = vault.issue_token(&person.id, draft).await.unwrap();
        vault.close().await;
        secret.expose().to_owned()
    })
}

fn head(token: &str, lines: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {length}\r\n{lines}\r\n"
    )
}

fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parvis"));
    command.current_dir(folder.path());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("PARVIS_") || name.starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    command.env("PARVIS_STORE", format!("sqlite:{}", folder.path().join("node.db").display()));
    command
}

/// Takes what is posted to it, as a collector does, and answers with nothing to complain of.
pub(crate) struct Collector {
    pub(crate) url: String,
    posted: Receiver<(String, Vec<u8>)>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, posted) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                let (mut first, mut length) = (String::new(), 0);
                reader.read_line(&mut first).unwrap();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                        length = value.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
                if sender.send((first.trim().to_owned(), body)).is_err() {
                    break;
                }
            }
        });
        Self { url, posted }
    }

    /// Everything that came so far.
    pub(crate) fn posted(&self) -> Vec<(String, Vec<u8>)> {
        self.posted.try_iter().collect()
    }
}
