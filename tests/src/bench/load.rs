//! Owns the suite `load`: readers and writers on a server of its own, and beside them somebody who wants
//! it to fail.
//!
//! Readers and writers keep to a schedule whatever the server does, each from an address of this machine
//! of its own, within the limits that a server has by itself; a time is counted from when a request was
//! due. First they are alone, then one address sends costly documents as fast as they are refused. Must
//! not count a refused request of a reader as served. Linux only: it has all of 127.0.0.0/8.

use super::Scale;
use super::measure::{Outcome, Report, Samples, mebibytes, now, told};
use crate::{binary, town};
use api::people::open_vault;
use api::settings::Settings;
use commands::{Clock, Entropy};
use domain::phase::Phase;
use event_store::{OpenMode, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use vault::{Arrival, Level, Profile, Scope, TokenDraft};

const SUITE: &str = "load";
/// Requests a second, together.
const READS: u32 = 500;
const COMMANDS: u32 = 50;
/// Addresses and accounts: each stays below the limits of one.
const READERS: u32 = 50;
const WRITERS: u32 = 100;
/// Connections of whoever wants it to fail.
const ATTACKERS: u32 = 8;
const ALONE: &str = "the same without an attacker";

/// What somebody saw: how long each answer took, in milliseconds, and how many answers were none.
#[derive(Default)]
struct Seen {
    took: Samples,
    failed: u32,
    codes: BTreeMap<String, u32>,
}

pub(super) fn run(runtime: &Runtime, report: &mut Report, scale: Scale) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("load.db").display());
    let store = Store::open(&url, OpenMode::Create)?;
    let executor = town::executor(store.clone(), Entropy::seeded(1));
    runtime.block_on(town::settle(&executor, Phase::Ideation));
    let tokens = Arc::new(runtime.block_on(tokens(&url, folder.path()))?);
    let mut server = Server::start(folder.path(), &url)?;
    let seconds = if scale.quick { 10 } else { 120 };
    let before = store.reader().logs()?.iter().map(|head| head.size).sum::<u64>();
    let resident = |server: &Server| -> Outcome<Samples> {
        let mut samples = Samples::default();
        samples.push(mebibytes(server.resident()?)?);
        Ok(samples)
    };
    let (alone, first) = (runtime.block_on(phase(server.address, &tokens, seconds, false))?, resident(&server)?);
    let (beside, last) = (runtime.block_on(phase(server.address, &tokens, seconds, true))?, resident(&server)?);
    let after = store.reader().logs()?.iter().map(|head| head.size).sum::<u64>();
    server.stop()?;

    let one = |value: f64| {
        let mut samples = Samples::default();
        samples.push(value);
        samples
    };
    for (who, quiet, attacked) in [("reader", &alone.0, &beside.0), ("writer", &alone.1, &beside.1)] {
        for (name, share) in [("p50", 50), ("p99", 99), ("slowest", 100)] {
            let limit = one(quiet.took.percentile(share));
            report.add(
                SUITE,
                &format!("{who}_{name}"),
                "ms",
                &one(attacked.took.percentile(share)),
                Some((ALONE, &limit)),
            );
        }
        let limit = one(f64::from(quiet.failed));
        report.add(
            SUITE,
            &format!("{who}_not_answered"),
            "requests",
            &one(f64::from(attacked.failed)),
            Some((ALONE, &limit)),
        );
    }
    for (code, count) in &beside.2.codes {
        report.add(SUITE, &format!("attacker_{code}"), "requests", &one(f64::from(*count)), None);
    }
    let acknowledged = [&alone.1, &beside.1].iter().map(|seen| seen.took.len()).sum::<usize>();
    let written = one(f64::from(u32::try_from(after - before)?));
    report.add(
        SUITE,
        "events_written",
        "events",
        &written,
        Some(("commands acknowledged", &one(f64::from(u32::try_from(acknowledged)?)))),
    );
    report.add(SUITE, "resident_memory", "MiB", &last, Some(("before the attack", &first)));
    Ok(())
}

/// Tokens of citizens, put into the vault before the server starts.
async fn tokens(url: &str, folder: &Path) -> Outcome<Vec<String>> {
    let entropy = Entropy::system()?;
    let key = folder.join("load.key");
    let vault = open_vault(&Settings::default(), url, &key, Clock::System, &entropy).await.map_err(told)?;
    let mut tokens = Vec::new();
    for nth in 0..WRITERS {
        let (issuer, subject, level) = ("bench".to_owned(), format!("writer-{nth}"), Level::Low);
        let arrival = Arrival { issuer, subject, agent: false, level, profile: Profile::default() };
        let person = vault.arrive(arrival).await?;
        let (name, scopes) = ("load".to_owned(), [Scope::Participate].into());
        let draft = TokenDraft { name, scopes, days: 1, agent: false, level };
        tokens.push(vault.issue_token(&person.id, draft).await?.1.expose().to_owned());
    }
    vault.close().await;
    Ok(tokens)
}

/// Everybody at once, for so many seconds: readers, writers, whoever wants it to fail.
async fn phase(
    server: SocketAddr,
    tokens: &Arc<Vec<String>>,
    seconds: u32,
    attacked: bool,
) -> Outcome<(Seen, Seen, Seen)> {
    let over = Arc::new(AtomicBool::new(false));
    let attackers: Vec<_> = (0..if attacked { ATTACKERS } else { 0 })
        .map(|nth| tokio::spawn(attacker(server, nth, Arc::clone(&over))))
        .collect();
    let readers: Vec<_> = (0..READERS)
        .map(|nth| {
            let every = Duration::from_secs(1) * READERS / READS;
            let query =
                format!(r#"{{ proposals(campaign: "{}", first: 20) {{ nodes {{ reference title }} }} }}"#, town::CODE);
            tokio::spawn(regular(server, [127, 1, 0, octet(nth)].into(), every, seconds, move |_| asked(&query, "")))
        })
        .collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|nth| {
            let every = Duration::from_secs(1) * WRITERS / COMMANDS;
            let tokens = Arc::clone(tokens);
            let token = move || tokens.get(usize::try_from(nth).unwrap_or_default()).cloned().unwrap_or_default();
            let first = (u128::from(attacked) << 96) | (u128::from(nth) << 64);
            let deposit = move |turn: u32| {
                let id = uuid::Uuid::from_u128(first | u128::from(turn) | (4 << 76));
                asked(&deposit(id), &format!("Authorization: Bearer {}\r\n", token()))
            };
            tokio::spawn(regular(server, [127, 2, 0, octet(nth)].into(), every, seconds, deposit))
        })
        .collect();
    let read = together(readers).await?;
    let written = together(writers).await?;
    over.store(true, Ordering::Relaxed);
    Ok((read, written, together(attackers).await?))
}

/// A mutation that deposits a proposal.
fn deposit(id: uuid::Uuid) -> String {
    let description = "Shade and water for everybody who waits there. ".repeat(4);
    format!(
        r#"mutation {{ depositProposal(input: {{ commandId: "{id}", campaign: "{}", authorName: "A neighbour",
        title: "A bench in the shade", description: "{description}", depositor: INDIVIDUAL, theme: "GREEN", area: "D1",
        accessible: false }}) {{ receipt {{ position }} rejections {{ code field limit }} }} }}"#,
        town::CODE
    )
}

fn octet(nth: u32) -> u8 {
    u8::try_from(nth % 250).unwrap_or_default().saturating_add(1)
}

async fn together(tasks: Vec<tokio::task::JoinHandle<Seen>>) -> Outcome<Seen> {
    let mut all = Seen::default();
    for task in tasks {
        let seen = task.await?;
        all.took.append(&seen.took);
        all.failed += seen.failed;
        for (code, count) in seen.codes {
            *all.codes.entry(code).or_default() += count;
        }
    }
    Ok(all)
}

/// The bytes of a GraphQL request.
fn asked(query: &str, lines: &str) -> Vec<u8> {
    let body = json!({ "query": query }).to_string();
    let length = body.len();
    format!("POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{lines}\r\n{body}")
        .into_bytes()
}

/// Asks at its times, whatever the server does; counts from when each was due.
async fn regular(
    server: SocketAddr,
    from: Ipv4Addr,
    every: Duration,
    seconds: u32,
    request: impl Fn(u32) -> Vec<u8> + Send,
) -> Seen {
    let (mut seen, began, mut line) = (Seen::default(), now(), None);
    for turn in 0.. {
        let due = began + every * turn + every * u32::from(from.octets()[3]) / 250;
        if due.duration_since(began) > Duration::from_secs(seconds.into()) {
            break;
        }
        tokio::time::sleep_until(due.into()).await;
        match answer(server, from, &mut line, &request(turn)).await {
            Ok((200, body)) if body.get("errors").is_none() && !refused(&body) => {
                seen.took.push(due.elapsed().as_secs_f64() * 1_000.0);
            }
            Ok(_) | Err(_) => seen.failed += 1,
        }
    }
    seen
}

/// Whether a payload says no.
fn refused(body: &Value) -> bool {
    body.pointer("/data/depositProposal/receipt").is_some_and(Value::is_null)
}

/// Sends what costs a server most, one after the other, as fast as it answers.
async fn attacker(server: SocketAddr, nth: u32, over: Arc<AtomicBool>) -> Seen {
    let deep = format!("{{ campaign(code: \"x\") {}{}", "{ areas { campaign ".repeat(300), "} }".repeat(300));
    let aliases: String = (0..400).map(|n| format!("a{n}: __typename ")).collect();
    let wide = format!(
        "{{ proposals(campaign: \"{}\", first: 100) {{ nodes {{ merges {{ project {{ proposals {{ title }} }} }} }} }} }}",
        town::CODE
    );
    let spread: String =
        (0..30).map(|n| format!("fragment f{n} on Query {{ ...f{} ...f{} }} ", n + 1, n + 1)).collect();
    let long = format!("{{ __typename {} }}", "# ".repeat(30_000));
    let documents = [
        deep,
        format!("{{ {aliases} }}"),
        wide,
        format!("{{ ...f0 }} {spread} fragment f30 on Query {{ __typename }}"),
        long,
    ];
    let (mut seen, mut line) = (Seen::default(), None);
    let from = [127, 3, 0, 1].into();
    while !over.load(Ordering::Relaxed) {
        for document in documents.iter().cycle().skip(usize::try_from(nth).unwrap_or_default()).take(documents.len()) {
            let code = match answer(server, from, &mut line, &asked(document, "")).await {
                Ok((status, body)) => {
                    let code = body.pointer("/errors/0/extensions/code").and_then(Value::as_str).map(str::to_owned);
                    code.unwrap_or_else(|| format!("status_{status}"))
                }
                Err(_) => "no_answer".to_owned(),
            };
            *seen.codes.entry(code).or_default() += 1;
        }
    }
    seen
}

/// Sends a request on the connection that is there, or on a new one, and reads the answer.
async fn answer(
    server: SocketAddr,
    from: Ipv4Addr,
    line: &mut Option<TcpStream>,
    request: &[u8],
) -> Outcome<(u16, Value)> {
    let asking = async {
        let stream = match line.take() {
            Some(stream) => line.insert(stream),
            None => {
                let socket = TcpSocket::new_v4()?;
                socket.bind((from, 0).into())?;
                line.insert(socket.connect(server).await?)
            }
        };
        stream.write_all(request).await?;
        let mut bytes = Vec::new();
        loop {
            let mut part = [0; 16_384];
            let read = stream.read(&mut part).await?;
            bytes.extend(part.get(..read).unwrap_or_default());
            let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                let length: usize = length.ok_or("no length")?.trim().parse()?;
                if bytes.len() >= end + 4 + length {
                    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
                    let body = serde_json::from_slice(bytes.get(end + 4..).unwrap_or_default())?;
                    return Ok::<_, Box<dyn std::error::Error + Send + Sync>>((
                        status,
                        body,
                        head.contains("connection: close"),
                    ));
                }
            }
            if read == 0 {
                return Err("closed".into());
            }
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(10), asking).await;
    match done {
        Ok(Ok((status, body, closed))) => {
            if closed {
                *line = None;
            }
            Ok((status, body))
        }
        Ok(Err(error)) => {
            *line = None;
            Err(error)
        }
        Err(late) => {
            *line = None;
            Err(late.into())
        }
    }
}

/// `parvis serve` as a process of its own, with the limits that it has by itself.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(folder: &Path, url: &str) -> Outcome<Self> {
        let mut command = binary::parvis(folder, &["serve", "--store", url, "--listen", "127.0.0.1:0"]);
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("a server without stderr")?).lines();
        let address = loop {
            let line = lines.next().ok_or("the server ended before it served")??;
            if let Some(rest) = line.strip_prefix("parvis serves http://") {
                break rest.split('/').next().ok_or("no address")?.parse()?;
            }
        };
        // Its lines are read to their end, or it would wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, address })
    }

    fn resident(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no such value")?;
        Ok(kibibytes.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
    }

    fn stop(&mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}
