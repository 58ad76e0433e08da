//! Owns a node of Parvis as a process of its own that can be killed: what it does, and what a test that
//! started it hears of it.
//!
//! A node runs four writers, each of which casts ballots one after the other through the executor, and
//! says every answer on its standard output at once:
//!
//! ```text
//! ack WRITER NUMBER COMMAND FIRST LAST
//! err WRITER NUMBER CODE
//! ```
//!
//! What a writer asks for follows from its name and the number alone, so a node that is started again
//! sends the command it never heard of again with the same id. Every fifth ballot is cast on a stream
//! that all writers share; every tenth acknowledged command is sent once more.
//! Must not: judge the answers; [`Ledger`] only keeps them. Next: `bin/fault-node.rs`, `witness.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "test support: what doesn't work fails the test"
)]

use crate::{town, witness::Witness};
use commands::{Entropy, Executor, Request};
use event_store::{OpenMode, Store};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;
use transparency::Hash;

/// Writers of one node.
pub const WRITERS: usize = 4;

/// How long a writer waits before it sends a command again.
const REST: Duration = Duration::from_millis(100);

/// The work of a node: `STORE FIRST_WRITER NUMBER,NUMBER,NUMBER,NUMBER`, the numbers with which its
/// writers begin. Never ends by itself.
pub fn serve(arguments: &[String]) {
    let [store, first, from] = arguments else { panic!("STORE FIRST_WRITER NUMBER,…") };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let executor = loop {
        // The database may be away when a node is started.
        match Store::open(store, OpenMode::Existing) {
            Ok(store) => break town::executor(store, Entropy::system().unwrap()),
            Err(error) => say(&format!("err {first} 0 {}", error.code())),
        }
        std::thread::sleep(REST);
    };
    let first: usize = first.parse().unwrap();
    let writers: Vec<_> = (first..)
        .zip(from.split(','))
        .map(|(writer, from)| runtime.spawn(write(executor.clone(), writer, from.parse().unwrap())))
        .collect();
    for writer in writers {
        runtime.block_on(writer).unwrap();
    }
}

/// The command of a writer with this number, always the same.
pub fn request(writer: usize, number: u64) -> Request {
    let named = format!("{writer} {number}");
    let voter = if number % 5 == 4 { format!("shared-{}", number % 4) } else { format!("w-{writer}-{number}") };
    let [a, b, c, d, e, f, g, h, ..] = Hash::of(&[named.as_bytes()]).0;
    town::request(&Entropy::seeded(u64::from_be_bytes([a, b, c, d, e, f, g, h])), town::vote(&voter, number))
}

async fn write(executor: Executor, writer: usize, from: u64) {
    for number in from.. {
        send(&executor, writer, number).await;
        if number % 10 == 9 {
            send(&executor, writer, number - 5).await;
        }
    }
}

/// Sends a command until it is acknowledged.
async fn send(executor: &Executor, writer: usize, number: u64) {
    loop {
        let request = request(writer, number);
        let id = request.command_id;
        match executor.execute(town::CODE, request).await {
            Ok(receipt) => {
                let (first, last) = (receipt.first.unwrap(), receipt.last.unwrap());
                return say(&format!("ack {writer} {number} {id} {first} {last}"));
            }
            Err(error) => say(&format!("err {writer} {number} {}", error.code())),
        }
        tokio::time::sleep(REST).await;
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Without a listener there is nobody to lose anything.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A node that was started.
#[derive(Debug)]
pub struct Node {
    child: Child,
    lines: Receiver<String>,
}

impl Node {
    /// Starts the writers from `first` on, each where the ledger says that it goes on.
    pub fn start(program: &str, store: &str, first: usize, ledger: &Ledger, env: &[(String, String)]) -> Self {
        let from: Vec<String> = (first..first + WRITERS).map(|writer| ledger.next(writer).to_string()).collect();
        let mut command = Command::new(program);
        command.args([store, &first.to_string(), &from.join(",")]).envs(env.iter().cloned());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let (told, lines) = mpsc::channel();
        let out = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if told.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Writes down what it has said meanwhile, waiting a moment for more.
    pub fn listen(&mut self, ledger: &mut Ledger, wait: Duration) {
        let mut wait = wait;
        loop {
            match self.lines.recv_timeout(wait) {
                Ok(line) => ledger.write(&line),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("a node ended by itself: {:?}", self.child.try_wait()),
            }
            wait = Duration::ZERO;
        }
    }

    /// Kills it (SIGKILL) and writes down what it had said by then.
    pub fn kill_9(mut self, ledger: &mut Ledger) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while let Ok(line) = self.lines.recv() {
            ledger.write(&line);
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Killed already, or killed now: a test that fails leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything that nodes were heard to say.
#[derive(Debug, Default)]
pub struct Ledger {
    next: BTreeMap<usize, u64>,
    /// First and last position by command.
    acknowledged: BTreeMap<String, (u64, u64)>,
    /// Commands that were acknowledged more than once.
    pub repeated: u64,
    /// How often each code was answered.
    pub errors: BTreeMap<String, u64>,
}

impl Ledger {
    fn next(&self, writer: usize) -> u64 {
        self.next.get(&writer).copied().unwrap_or(0)
    }

    fn write(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["ack", writer, number, command, first, last] => {
                let next = self.next.entry(writer.parse().unwrap()).or_default();
                *next = (*next).max(number.parse::<u64>().unwrap() + 1);
                let place = (first.parse().unwrap(), last.parse().unwrap());
                if let Some(before) = self.acknowledged.insert(command.to_owned(), place) {
                    assert_eq!(before, place, "command {command} got two receipts");
                    self.repeated += 1;
                }
            }
            ["err", _, _, code] => *self.errors.entry(code.to_owned()).or_default() += 1,
            _ => panic!("a node said `{line}`"),
        }
    }

    /// How many commands were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// How many errors were answered.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Everything acknowledged stands where its receipt says.
    pub fn check(&self, witness: &Witness) {
        for (command, place) in &self.acknowledged {
            assert_eq!(witness.place_of(command), Some(*place), "command {command} was acknowledged and isn't there");
        }
    }

    /// Nothing else went wrong than this.
    pub fn only_failed_with(&self, codes: &[&str]) {
        let others: Vec<_> = self.errors.keys().filter(|code| !codes.contains(&code.as_str())).collect();
        assert!(others.is_empty(), "answers that nobody expects: {others:?}");
    }
}
