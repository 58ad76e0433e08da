//! Owns the port of a server: free when taken, and kept while the server is down.
//! Must not: listen on it. Next: `server.rs`.

use crate::home::base;
use std::fs::{File, TryLockError};
use std::net::{Ipv4Addr, TcpListener};

/// Below the range (from 32768) that the kernel gives to outgoing connections: there, a client that
/// waits for a killed server to come back would be given its port, or even connect to itself.
const FIRST: u16 = 15_500;
const LAST: u16 = 31_999;

/// A port of the loopback interface that no other test of this user takes.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    /// Locked: the kernel lets go of it when this process dies.
    _claim: File,
}

impl Port {
    pub(crate) fn claim() -> Self {
        let folder = base().join("ports");
        std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        // Tests that run at the same time start their search apart from each other.
        let span = u32::from(LAST - FIRST);
        let start = std::process::id().wrapping_mul(97) % span;
        let numbers = (0..span).filter_map(|step| u16::try_from(u32::from(FIRST) + (start + step) % span).ok());
        for number in numbers {
            let path = folder.join(number.to_string());
            let claim = File::create(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            match claim.try_lock() {
                Ok(()) if TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() => {
                    return Self { number, _claim: claim };
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => panic!("{} can't be locked: {error}", path.display()),
            }
        }
        panic!("no port from {FIRST} to {LAST} is free on this machine")
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}
