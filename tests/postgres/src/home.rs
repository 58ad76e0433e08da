//! Owns the folder of a server, and the watchdog that removes both when the test is gone.
//! Must not: know what is in the folder. Next: `watchdog.sh`, `server.rs`.

use crate::installation::{installation, own_user};
use std::fs::Permissions;
use std::os::unix::{
    fs::{MetadataExt, PermissionsExt},
    process::CommandExt,
};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const WATCHDOG: &str = include_str!("watchdog.sh");

/// What tests of one user share on this machine: the template, the claims on ports, the servers.
pub(crate) fn base() -> PathBuf {
    let user = own_user();
    let base = std::env::temp_dir().join(format!("throwaway-postgres-{user}"));
    std::fs::create_dir_all(&base).unwrap_or_else(|error| panic!("{} can't be made: {error}", base.display()));
    // The name can be foreseen, and the system's folder is everybody's.
    let owner = std::fs::symlink_metadata(&base).unwrap().uid();
    assert_eq!(owner, user, "{} belongs to another user: remove it", base.display());
    std::fs::set_permissions(&base, Permissions::from_mode(0o755)).unwrap();
    base
}

/// A folder that is removed, with every process that works in it, on drop and when this process dies.
#[derive(Debug)]
pub(crate) struct Home {
    folder: PathBuf,
    watchdog: Child,
}

impl Home {
    pub(crate) fn new() -> Self {
        // Short: the path of a Unix socket has 107 bytes at most.
        let folder = tempfile::Builder::new().prefix("pg-").tempdir_in(base()).unwrap().keep();
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&folder)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            // Whoever waits for the end of the test's output must not wait for the watchdog's.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("sh can't be run: {error}"));
        let home = Self { folder, watchdog };
        installation().hand_over(&home.folder);
        home
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files of the server.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // Closes its standard input first, which is what it waits for.
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}
