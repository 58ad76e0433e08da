//! Owns the one way to the network: a bundle's address becomes a file that is deleted afterwards.
//!
//! Every byte of a bundle is read twice (`docs/formats/bundle.md` §6), so it is kept while it is
//! verified. What breaks off is taken up where it ended, as a range of the same version (RFC 9110 §13.1.5,
//! §14.2); what can't be is begun anew, and what stays incomplete is refused. Must not: trust anything
//! that comes in; `verify.rs` checks it as it checks any file.

use crate::error::Error;
use std::{
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::NamedTempFile;
use ureq::{
    Agent, Body,
    http::{Response, StatusCode, header},
    tls::{RootCerts, TlsConfig},
};

/// The largest bundle that is fetched: 8 GiB. Whoever has a larger one downloads it and gives the file.
pub const LARGEST: u64 = 8 << 30;

/// How often a download may break off or begin anew.
const ATTEMPTS: u32 = 5;

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
/// Between two pieces.
const SILENCE: Duration = Duration::from_secs(60);

const BLOCK: usize = 1 << 16;

/// A bundle that lies in a file.
#[derive(Debug)]
pub struct Located {
    path: PathBuf,
    /// Deleted when it is dropped.
    _fetched: Option<NamedTempFile>,
}

impl Located {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The file at this path, or what is fetched from this address (`http://`, `https://`); `progress` is
/// told how many bytes of how many have come.
///
/// # Errors
/// [`Error::Download`], [`Error::File`].
pub fn located(place: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Located, Error> {
    located_within(place, LARGEST, progress)
}

/// The same for what is at most `largest` bytes long.
///
/// # Errors
/// As [`located`].
pub fn located_within(place: &Path, largest: u64, progress: &mut dyn FnMut(u64, u64)) -> Result<Located, Error> {
    let address = place.to_str().filter(|text| text.starts_with("https://") || text.starts_with("http://"));
    let Some(url) = address else { return Ok(Located { path: place.to_owned(), _fetched: None }) };
    let mut file = NamedTempFile::new().map_err(unwritable)?;
    let mut download = Download { agent: agent(), url, largest, received: 0, version: None, length: None };
    download.run(&mut file, progress)?;
    Ok(Located { path: file.path().to_owned(), _fetched: Some(file) })
}

fn agent() -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_per_read(Some(SILENCE))
        .user_agent(concat!("parvis-replay/", env!("CARGO_PKG_VERSION")))
        .build();
    Agent::new_with_config(config)
}

fn unwritable(source: std::io::Error) -> Error {
    Error::File { path: std::env::temp_dir().display().to_string(), source }
}

struct Download<'a> {
    agent: Agent,
    url: &'a str,
    largest: u64,
    received: u64,
    /// The strong validator of the version that is being fetched (RFC 9110 §8.8.1).
    version: Option<String>,
    length: Option<u64>,
}

/// How an attempt ended.
enum Attempt {
    Whole,
    BrokenOff(String),
}

impl Download<'_> {
    fn run(&mut self, file: &mut NamedTempFile, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Error> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            match self.attempt(file, progress)? {
                Attempt::Whole => return file.flush().map_err(unwritable),
                Attempt::BrokenOff(reason) => why = reason,
            }
        }
        let of = self.length.map_or_else(String::new, |length| format!(" of {length}"));
        let why = format!("it broke off {ATTEMPTS} times, the last time after {}{of} bytes ({why})", self.received);
        Err(self.error("DOWNLOAD_INCOMPLETE", format!("{why}; try again, or download the file and give its path")))
    }

    fn attempt(&mut self, file: &mut NamedTempFile, progress: &mut dyn FnMut(u64, u64)) -> Result<Attempt, Error> {
        let mut request = self.agent.get(self.url);
        if let Some(version) = self.version.as_ref().filter(|_| self.received > 0) {
            request = request.header(header::RANGE, format!("bytes={}-", self.received));
            request = request.header(header::IF_RANGE, version);
        }
        let response = match request.call() {
            Ok(response) => response,
            // Whoever was never reached won't be by trying at once again.
            Err(error) if self.length.is_none() => {
                return Err(self.error("DOWNLOAD_FAILED", format!("{error}; check the address and the connection")));
            }
            Err(error) => return Ok(Attempt::BrokenOff(error.to_string())),
        };
        match response.status() {
            StatusCode::OK => self.begin(&response, file)?,
            StatusCode::PARTIAL_CONTENT if self.continues(&response) => {}
            StatusCode::PARTIAL_CONTENT => {
                let why = "the server answered with another part of the file than was asked for".to_owned();
                return Err(self.error("DOWNLOAD_FAILED", why));
            }
            status => {
                let why = format!("the server answered {status}; check the address");
                return Err(self.error("DOWNLOAD_FAILED", why));
            }
        }
        self.take(response, file, progress)
    }

    /// From the first byte on, whatever was there before.
    fn begin(&mut self, response: &Response<Body>, file: &mut NamedTempFile) -> Result<(), Error> {
        let named = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        self.received = 0;
        self.length = response.body().content_length();
        self.version = named(header::ETAG).filter(|tag| tag.starts_with('"')).map(str::to_owned);
        file.as_file().set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(unwritable)?;
        self.check_size(self.length.unwrap_or(0))
    }

    /// Whether this is the rest of the same file (RFC 9110 §14.4).
    fn continues(&self, response: &Response<Body>) -> bool {
        let range = response.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
        let Some((places, length)) = range.and_then(|text| text.strip_prefix("bytes ")?.split_once('/')) else {
            return false;
        };
        let first = places.split_once('-').and_then(|(first, _)| first.parse().ok());
        first == Some(self.received) && length.parse().ok() == self.length
    }

    fn take(
        &mut self,
        response: Response<Body>,
        file: &mut NamedTempFile,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Attempt, Error> {
        let mut body = response.into_body().into_reader();
        let mut block = vec![0; BLOCK];
        loop {
            let read = match body.read(&mut block) {
                Ok(read) => read,
                Err(error) => return Ok(Attempt::BrokenOff(error.to_string())),
            };
            let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            self.received += u64::try_from(read).unwrap_or(u64::MAX);
            self.check_size(self.received)?;
            file.write_all(bytes).map_err(unwritable)?;
            progress(self.received, self.length.unwrap_or(self.received));
        }
        match self.length {
            Some(length) if length != self.received => {
                Ok(Attempt::BrokenOff(format!("{} bytes came and {length} were announced", self.received)))
            }
            Some(_) | None => Ok(Attempt::Whole),
        }
    }

    fn check_size(&self, bytes: u64) -> Result<(), Error> {
        if bytes <= self.largest {
            return Ok(());
        }
        let why = format!(
            "it is longer than {} bytes, the most that is fetched; download the file and give its path",
            self.largest
        );
        Err(self.error("DOWNLOAD_TOO_LARGE", why))
    }

    fn error(&self, code: &'static str, why: String) -> Error {
        Error::Download { url: self.url.to_owned(), code, why }
    }
}
