//! The key that signs a store's checkpoints and bundles: a file beside the store, and the same one for
//! every node of a store.

use crate::failure::Failure;
use commands::Entropy;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use transparency::Signer;

/// Where the key of a store is kept when nothing else is said: `parvis.key` beside `parvis.db`, and in
/// `parvis-data` where the store is a database server's.
///
/// # Errors
/// `STORE_URL` when the address is neither's.
pub fn path(store: &str) -> Result<PathBuf, Failure> {
    let file = match store.split_once(':') {
        Some(("sqlite", file)) => file.strip_prefix("//").unwrap_or(file),
        Some(("postgres" | "postgresql", _)) => "parvis-data/parvis.db",
        _ => return Err(event_store::Error::StoreUrl { url: store.to_owned() }.into()),
    };
    Ok(Path::new(file).with_extension("key"))
}

/// The signer of a log, named by its origin. The first call draws the key and writes its file,
/// readable by its owner only.
///
/// # Errors
/// `KEY_UNREADABLE`, `KEY_MALFORMED` with the path and what to do.
pub fn signer(path: &Path, origin: &str, entropy: &Entropy) -> Result<Signer, Failure> {
    let seed = match fs::read_to_string(path) {
        Ok(text) => parse(path, &text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => draw(path, entropy)?,
        Err(error) => return Err(unreadable(path, &error)),
    };
    Ok(Signer::from_seed(origin, seed)?)
}

/// Reads the key, and nothing more: whether this node could sign.
///
/// # Errors
/// `KEY_UNREADABLE`, also for a file that isn't there, and `KEY_MALFORMED`.
pub fn check(path: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    parse(path, &text).map(|_| ())
}

fn parse(path: &Path, text: &str) -> Result<[u8; 32], Failure> {
    let mut seed = [0; 32];
    hex::decode_to_slice(text.trim(), &mut seed).map_err(|_| {
        let message =
            format!("{} isn't a signing key (64 hexadecimal digits): restore it from your backup", path.display());
        Failure::fault("KEY_MALFORMED", message)
    })?;
    Ok(seed)
}

/// Writes a new key beside its place and links it there whole, so that of several who start at once all have
/// the first one's.
fn draw(path: &Path, entropy: &Entropy) -> Result<[u8; 32], Failure> {
    let (seed, number) = (entropy.bytes(), entropy.uuid());
    let io = |error: std::io::Error| unreadable(path, &error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let beside = path.with_extension(format!("key-{number}"));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(io)?;
    let written = file
        .write_all(format!("{}\n", hex::encode(seed)).as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&beside, path));
    fs::remove_file(&beside).map_err(io)?;
    match written {
        Ok(()) => Ok(seed),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            parse(path, &fs::read_to_string(path).map_err(io)?)
        }
        Err(error) => Err(io(error)),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::fault(
        "KEY_UNREADABLE",
        format!("the signing key {} can't be used ({error}): check its owner and rights", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Barrier};

    #[test]
    fn whoever_starts_at_once_has_one_key_and_leaves_nothing_beside_it() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let (path, start) = (folder.path().join("a/receipts.key"), Arc::new(Barrier::new(8)));
            let nodes: Vec<_> = (0..8)
                .map(|_| {
                    let (path, start) = (path.clone(), Arc::clone(&start));
                    std::thread::spawn(move || {
                        start.wait();
                        signer(&path, "ville.example/2026", &Entropy::system().unwrap()).unwrap().verifier().to_string()
                    })
                })
                .collect();
            let keys: Vec<String> = nodes.into_iter().map(|node| node.join().unwrap()).collect();
            assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
            assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 1);
        }
    }
}
