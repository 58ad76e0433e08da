//! Owns faults of the disk that a test switches on and off while a program runs.
//! Must not: touch the file system itself: the program alone sees the fault.
//! Next: `tests/faults/fault.c`.

use crate::installation::output;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const SOURCE: &str = include_str!("../../faults/fault.c");

/// The calls of one kind, as the C library names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `write`, `pwrite`, `writev`, `pwritev`.
    Write,
    /// `fsync`, `fdatasync`.
    Sync,
    /// `ftruncate`.
    Truncate,
    /// `fallocate`, `posix_fallocate`.
    Allocate,
}

/// What the call answers instead of doing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fails {
    /// `EIO`: the disk is broken.
    Broken,
    /// `ENOSPC`: the disk is full.
    Full,
}

/// A fault of the disk for the programs that are started with [`Fault::env`]; off at first.
#[derive(Debug)]
pub struct Fault {
    folder: TempDir,
    path: String,
    calls: String,
    errno: &'static str,
}

impl Fault {
    /// Compiles the fault: calls of these kinds fail on files whose path contains `path`.
    ///
    /// # Panics
    /// When there is no C compiler, with what to install.
    pub fn compile(path: &str, calls: &[Call], fails: Fails) -> Self {
        let folder = tempfile::Builder::new().prefix("fault-").tempdir().unwrap();
        // A server may run as another user than this test.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let source = folder.path().join("fault.c");
        std::fs::write(&source, SOURCE).unwrap();
        let names: Vec<&str> = calls.iter().map(Call::name).collect();
        let errno = match fails {
            Fails::Broken => "EIO",
            Fails::Full => "ENOSPC",
        };
        let fault = Self { folder, path: path.to_owned(), calls: names.join(","), errno };
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(fault.library());
        output(compile.arg(&source).arg("-ldl"));
        std::fs::write(fault.hits_file(), "").unwrap();
        std::fs::set_permissions(fault.hits_file(), Permissions::from_mode(0o666)).unwrap();
        fault
    }

    /// The variables that a program must be started with to see the fault.
    pub fn env(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let variables = [
            ("LD_PRELOAD", text(self.library())),
            ("FAULT_TRIGGER", text(self.trigger())),
            ("FAULT_HITS", text(self.hits_file())),
            ("FAULT_PATH", self.path.clone()),
            ("FAULT_CALLS", self.calls.clone()),
            ("FAULT_ERRNO", self.errno.to_owned()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// From now on the calls fail.
    pub fn on(&self) {
        std::fs::write(self.trigger(), "").unwrap();
    }

    /// From now on they go through.
    pub fn off(&self) {
        std::fs::remove_file(self.trigger()).unwrap();
    }

    /// How many calls have failed so far. A test that finds none has shown nothing.
    pub fn hits(&self) -> u64 {
        std::fs::metadata(self.hits_file()).unwrap().len()
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("fault.so")
    }

    fn trigger(&self) -> PathBuf {
        self.folder.path().join("on")
    }

    fn hits_file(&self) -> PathBuf {
        self.folder.path().join("hits")
    }
}

impl Call {
    fn name(&self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Truncate => "truncate",
            Self::Allocate => "allocate",
        }
    }
}
