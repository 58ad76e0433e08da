//! Owns the suite `tiles`: a log's tiles and entries from our server, over the network of this machine.
//!
//! Sixteen tasks, each on a connection that stays open. The limit is nginx, asked in the same way for the
//! same files as `parvis log export-tiles` wrote them; without nginx the figures stand alone. Must not
//! count an answer that isn't the whole file.

use super::Scale;
use super::city::{self, Demo};
use super::measure::{Outcome, Report, text};
use super::tasks::Paced;
use crate::binary::parvis;
use api::demo::CODE;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use transparency::{Tile, TileKind};

const SUITE: &str = "tiles";
const TASKS: usize = 16;

/// Requests of a run, in full and quick.
const REQUESTS: (usize, usize) = (20_000, 2_000);
const LIMIT: &str = "nginx on the same files";

/// So often that nobody is told to wait.
const RATES: &str = "[doors.rates]\nreads_per_ip = 1000000000\n";

/// A server, ended with the suite.
struct Server {
    child: Child,
    address: SocketAddr,
    /// How it is told to end, where killing it would leave its workers.
    stop: Option<Command>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let told = self.stop.as_mut().and_then(|stop| stop.status().ok());
        if !told.is_some_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

pub(super) fn run(runtime: &Runtime, demo: &Demo, report: &mut Report, scale: Scale) -> Outcome<()> {
    let folder = demo.folder.path();
    let files = folder.join("tiles");
    let store = format!("sqlite:{}", text(&demo.file)?);
    std::fs::write(folder.join("parvis.toml"), RATES)?;
    let ours = |arguments: &[&str]| {
        let mut command = parvis(folder, arguments);
        command.env("PARVIS_STORE", &store);
        command
    };
    if !ours(&["log", "export-tiles", CODE, text(&files)?]).stdout(Stdio::null()).status()?.success() {
        return Err("the tiles can't be exported".into());
    }
    let mut serve = ours(&["serve", "--listen", "127.0.0.1:0"]);
    let parvis = listening(serve.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?)?;
    let nginx = nginx(folder, &files)?;
    let size = city::log(&demo.store.reader())?.size;
    let count = if scale.quick { REQUESTS.1 } else { REQUESTS.0 };
    for (name, wanted) in [("hash_tiles", TileKind::Hashes(0)), ("entry_bundles", TileKind::Entries)] {
        let tiles: Vec<Tile> = Tile::all(size).filter(|tile| tile.kind == wanted).collect();
        let asked = |prefix: &str| -> Outcome<Vec<(String, usize)>> {
            let length = |tile: &Tile| -> Outcome<(String, usize)> {
                let bytes = std::fs::metadata(files.join(tile.to_string()))?.len();
                Ok((format!("{prefix}{tile}"), usize::try_from(bytes)?))
            };
            let each: Vec<_> = tiles.iter().map(length).collect::<Outcome<_>>()?;
            Ok(each.iter().cycle().take(count).cloned().collect())
        };
        let (mut own, mut limit) = (Paced::default(), Paced::default());
        for _ in 0..scale.runs {
            take(&mut own, runtime, parvis.address, asked(&format!("/log/{CODE}/"))?)?;
            if let Some(nginx) = &nginx {
                take(&mut limit, runtime, nginx.address, asked("/")?)?;
            }
        }
        let beside = |samples| nginx.is_some().then_some((LIMIT, samples));
        report.add(SUITE, &format!("{name}_{TASKS}_connections"), "requests/s", &own.rate, beside(&limit.rate));
        report.add(SUITE, &format!("{name}_p99"), "ms", &own.p99, beside(&limit.p99));
    }
    Ok(())
}

/// Our server, once it says where it listens.
fn listening(mut child: Child) -> Outcome<Server> {
    let mut lines = BufReader::new(child.stderr.take().ok_or("no stderr")?).lines().map_while(Result::ok);
    let port =
        lines.find_map(|line| line.strip_prefix("parvis serves http://127.0.0.1:")?.split('/').next()?.parse().ok());
    // What the server says has to be read, or it waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(Server { child, address: ([127, 0, 0, 1], port.ok_or("the server doesn't listen")?).into(), stop: None })
}

/// nginx on a folder; none where it isn't installed.
fn nginx(folder: &Path, files: &Path) -> Outcome<Option<Server>> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let (settings, log) = (folder.join("nginx.conf"), folder.join("nginx.log"));
    let text = format!(
        "daemon off; master_process on; worker_processes auto; pid {pid}; error_log {log};\nevents {{}}\n\
         http {{ access_log off; sendfile on; server {{ listen {address}; root {files}; keepalive_requests 1000000000; }} }}\n",
        pid = folder.join("nginx.pid").display(),
        log = log.display(),
        files = files.display(),
    );
    std::fs::write(&settings, text)?;
    let command = || {
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&settings).arg("-e").arg(&log).stdin(Stdio::null());
        command
    };
    let Ok(child) = command().spawn() else {
        eprintln!("parvis-bench: nginx isn't there, so the tiles have no limit beside them");
        return Ok(None);
    };
    let mut stop = command();
    stop.args(["-s", "stop"]);
    let mut server = Server { child, address, stop: Some(stop) };
    while std::net::TcpStream::connect(address).is_err() {
        if let Some(status) = server.child.try_wait()? {
            return Err(format!("nginx ended with {status}: {}", std::fs::read_to_string(&log)?).into());
        }
        std::thread::yield_now();
    }
    Ok(Some(server))
}

/// One run: so many requests by all tasks together.
fn take(paced: &mut Paced, runtime: &Runtime, address: SocketAddr, asked: Vec<(String, usize)>) -> Outcome<()> {
    let idle: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    paced.take(runtime, TASKS, asked, move |(path, bytes)| {
        let idle = Arc::clone(&idle);
        async move {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut stream = match kept {
                Some(stream) => stream,
                None => TcpStream::connect(address).await?,
            };
            fetch(&mut stream, &path, bytes).await?;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
            Ok(())
        }
    })?;
    Ok(())
}

/// Asks for a file and reads all of it.
async fn fetch(stream: &mut TcpStream, path: &str, bytes: usize) -> Outcome<()> {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await?;
    let mut read = Vec::with_capacity(bytes + 2_048);
    let mut whole = None;
    while whole.is_none_or(|whole| read.len() < whole) {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(format!("{path}: the answer breaks off").into());
        }
        if whole.is_none() {
            whole = read.windows(4).position(|end| end == b"\r\n\r\n").map(|head| head + 4 + bytes);
        }
    }
    let fits = read.starts_with(b"HTTP/1.1 200 ") && whole == Some(read.len());
    if fits { Ok(()) } else { Err(format!("{path}: {}", String::from_utf8_lossy(&read[..read.len().min(300)])).into()) }
}
