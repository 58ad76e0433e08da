//! Owns the files that a new server starts from, which take seconds to make and a moment to copy.
//! Must not: start a server. Next: `server.rs`.

use crate::home::{Home, base};
use crate::installation::{installation, output};
use std::path::PathBuf;
use std::process::Command;

/// Checksums, because `pg_rewind` needs them and a damaged page must be seen.
const INITDB: [&str; 7] = [
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--data-checksums",
    "--no-sync",
    "--no-instructions",
];

/// Lays the files of a new server into this home.
pub(crate) fn unpack(home: &Home) {
    let template = template();
    // Preserves the owner where we are root.
    output(Command::new("tar").args(["-x", "-p", "-f"]).arg(&template).arg("-C").arg(home.folder()));
}

/// One archive for each version, made by whoever comes first. One file rather than a folder: what
/// clears the system's temporary folder of old files takes all of it or nothing.
fn template() -> PathBuf {
    let version: String =
        installation().version().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let template = base().join(format!("template-{version}.tar"));
    if !template.is_file() {
        let home = Home::new();
        output(installation().server_program("initdb", home.folder()).args(INITDB).arg("--pgdata").arg(home.data()));
        let archive = home.folder().join("template.tar");
        output(
            Command::new("tar").args(["-c", "--sparse", "-f"]).arg(&archive).arg("-C").arg(home.folder()).arg("data"),
        );
        // At the same moment another test may do the same: either archive will do.
        std::fs::rename(&archive, &template)
            .unwrap_or_else(|error| panic!("{} can't be made: {error}", template.display()));
    }
    template
}
