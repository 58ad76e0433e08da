//! The files: of the keys, and of the vault.

use std::os::unix::fs::PermissionsExt;

use commands::Entropy;
use vault::{KeyRing, Vault};

use crate::place::Place;
use crate::sample::{Sample, open};

#[test]
fn a_ring_is_written_for_its_owner_alone_and_never_over_another_one() {
    let (folder, entropy) = (tempfile::tempdir().unwrap(), Entropy::system().unwrap());
    let file = folder.path().join("below/vault.keys");
    assert_eq!(KeyRing::read(&file).unwrap_err().code(), "VAULT_KEY_MISSING");
    let ring = KeyRing::read_or_create(&file, &entropy).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(KeyRing::read_or_create(&file, &entropy).unwrap().current(), ring.current());
    assert_eq!(KeyRing::create(&file, &entropy).unwrap_err().code(), "VAULT_KEY_FILE");
    assert_eq!(KeyRing::read(&file).unwrap().current(), ring.current());
    let rotated = ring.rotated(&entropy);
    rotated.write(&file).unwrap();
    let read = KeyRing::read(&file).unwrap();
    assert_eq!((read.current(), read.ids().count()), (rotated.current(), 2));
    read.without_old().write(&file).unwrap();
    assert_eq!(KeyRing::read(&file).unwrap().ids().collect::<Vec<_>>(), [rotated.current()]);
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "no draft is left behind");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    assert_eq!(KeyRing::read(&file).unwrap_err().code(), "VAULT_KEY_FILE");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    for text in ["", "{}", r#"{"form":"parvis.key-ring/2","current":"a","keys":{}}"#] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(KeyRing::read(&file).unwrap_err().code(), "VAULT_KEY_FILE", "{text}");
    }
}

#[tokio::test]
async fn the_file_of_a_vault_stands_beside_the_stores_and_is_its_owners() {
    assert_eq!(Vault::url_beside("sqlite:/a/parvis.db"), "sqlite:/a/parvis.vault.db");
    assert_eq!(Vault::url_beside("sqlite:/a/parvis.vault.db"), "sqlite:/a/parvis.vault.db");
    assert_eq!(Vault::url_beside("postgres://u@h/d"), "postgres://u@h/d");
    let s = Sample::new().await;
    s.arrive("a").await;
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", s.place.path().display());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
    }
    s.vault.close().await;
    assert_eq!(s.vault.count(vault::Kind::Draft).await.unwrap_err().code(), "VAULT_UNAVAILABLE");
}

#[tokio::test]
async fn what_is_no_vault_is_refused() {
    let ring = KeyRing::draw(&Entropy::seeded(1));
    for url in ["", "sqlite:", "sqlite::memory:", "mysql://u:s3cret@h/d", "/tmp/x"] {
        let error = Vault::open(url, ring.clone(), commands::Clock::System, Entropy::seeded(1)).await.unwrap_err();
        assert_eq!(error.code(), "VAULT_URL", "{url}");
        assert!(!error.to_string().contains("s3cret"));
    }
    let place = Place::new();
    place.change("CREATE TABLE songs (title TEXT)").unwrap();
    assert_eq!(open(&place, &ring).await.unwrap_err().code(), "VAULT_OF_ANOTHER_PROGRAM");
    let place = Place::new();
    std::fs::write(place.path(), "x".repeat(5000)).unwrap();
    assert_eq!(open(&place, &ring).await.unwrap_err().code(), "VAULT_OF_ANOTHER_PROGRAM");
}
