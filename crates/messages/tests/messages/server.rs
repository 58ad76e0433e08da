//! The mail server of these tests, and what it took.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, mpsc};

use serde_json::Value;

/// The process; it ends with the test.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    taken: Mutex<mpsc::Receiver<Value>>,
}

impl Server {
    /// Starts it, on a port of its own choice for 0.
    pub(crate) fn start(port: u16) -> Self {
        Self::start_with(port, &[])
    }

    /// The same with STARTTLS and a password, with this key and certificate.
    pub(crate) fn start_with(port: u16, key_and_certificate: &[&Path]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mail");
        // Once, by whichever test comes first.
        static INSTALLED: OnceLock<bool> = OnceLock::new();
        let installed = *INSTALLED.get_or_init(|| {
            let npm = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
            let there = folder.join("node_modules/smtp-server").is_dir();
            there || Command::new("npm").args(npm).current_dir(&folder).status().is_ok_and(|status| status.success())
        });
        assert!(installed, "install Node.js with npm, then run `npm ci --prefix tests/mail`");
        let mut process = Command::new("node")
            .arg(folder.join("mail.mjs"))
            .arg(port.to_string())
            .args(key_and_certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js is needed: install it, then run `npm ci --prefix tests/mail`");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let port = first.strip_prefix("listening ").unwrap().parse().unwrap();
        let (sender, taken) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { process, port, taken: Mutex::new(taken) }
    }

    /// Ends it and gives all that it took, with quoted-printable undone.
    pub(crate) fn end(mut self) -> Vec<(String, String)> {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
        let taken = self.taken.lock().unwrap();
        let all = taken
            .iter()
            .map(|mail| (mail["to"][0].as_str().unwrap().to_owned(), mail["text"].as_str().unwrap().to_owned()));
        all.collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The text of a message as its reader has it (RFC 2045, section 6.7).
pub(crate) fn readable(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let bytes = joined.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        match (byte, code.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'=', Some(coded)) => {
                plain.push(coded);
                at += 3;
            }
            _ => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
