//! Owns the search for what could lead from a voter to a ballot: in every table of store and vault, and on
//! SQLite in the bytes of their files, with what is free in them and their write-ahead logs.
//!
//! While the link is there, it is read as nobody but the operator can: its rows, and the wrapped key that
//! opens them. After the shredding none of that may be found, and no ballot anywhere in the vault.
//! Must not: know what the rows mean to the vault. Next: `sealed_election.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test support: what doesn't work fails the test"
)]

use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use tempfile::TempDir;
use throwaway_postgres::{Database, Server};
use transparency::Hash;

/// Bytes by which something is recognised.
const SIGN: usize = 8;

/// Where an election is held: the address of its store, and a folder.
pub struct Place {
    /// The address of the store.
    pub url: String,
    /// A folder of its own.
    pub folder: TempDir,
    database: Option<Database>,
}

impl Place {
    /// A store in a file.
    pub fn file() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("city.db").display());
        Self { url, folder, database: None }
    }

    /// A store in a database of its own.
    pub fn database() -> Self {
        let database = Server::shared().database();
        Self { url: database.url().to_owned(), folder: TempDir::new().unwrap(), database: Some(database) }
    }

    /// Everything that the vault keeps, or all that the store keeps. Of a file its bytes, of a database the
    /// rows of its tables, in which bytes stand as hexadecimal digits.
    fn kept(&self, schema: &str) -> Vec<u8> {
        let Some(database) = &self.database else {
            let mut bytes = Vec::new();
            for entry in std::fs::read_dir(self.folder.path()).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                if name.starts_with("city.vault.db") == (schema == "vault") && name.starts_with("city.") {
                    bytes.extend(std::fs::read(&path).unwrap());
                }
            }
            return bytes;
        };
        let tables = database.psql(&format!("SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'"));
        let rows = |table: &str| database.psql(&format!("SELECT t::text FROM {schema}.{table} t")).into_bytes();
        tables.lines().map(str::trim).filter(|table| !table.is_empty()).flat_map(rows).collect()
    }

    /// What a query of one column of bytes finds in the vault.
    fn asked(&self, sql: &str) -> Vec<Vec<u8>> {
        let Some(database) = &self.database else {
            let file = self.folder.path().join("city.vault.db");
            let vault = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
            let mut statement = vault.prepare(sql).unwrap();
            return statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        };
        let rows = database.psql(&format!("SET search_path = vault; {sql}"));
        rows.lines().filter_map(|line| decoded(line.trim().strip_prefix("\\x")?)).collect()
    }
}

/// Bytes of which these are the hexadecimal digits.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

/// What there was to find, while there was.
pub struct Links {
    rows: Signs,
    voters: usize,
}

impl Links {
    /// The link as it stands now; fails where the search wouldn't find it.
    pub fn of(place: &Place) -> Self {
        let names = place.asked("SELECT name FROM urn_links");
        let sealed = place.asked("SELECT sealed FROM urn_links");
        let key = place.asked("SELECT wrapped FROM urn_keys WHERE name = 'LINK'");
        assert_eq!(key.len(), 1);
        let rows = Signs::of(names.iter().chain(&sealed).chain(&key));
        assert!(rows.found(&place.kept("vault")) > names.len(), "the search sees what is there");
        Self { rows, voters: names.len() }
    }

    /// How many voters and areas it linked to ballots.
    pub fn voters(&self) -> usize {
        self.voters
    }

    /// How many traces of it are left, or of these ballots beside people, or of people beside the ballots.
    pub fn left(&self, place: &Place, ballots: &BTreeSet<Hash>) -> usize {
        let (vault, store) = (place.kept("vault"), place.kept("public"));
        let ballots = Signs::of(ballots.iter().map(|Hash(digest)| digest));
        let voters = place.asked("SELECT voter FROM register");
        assert!(!voters.is_empty(), "who voted is still known, and has to be");
        let signed = Signs::of(voters.iter());
        assert!(signed.found(&vault) >= voters.len(), "the search sees what is there");
        self.rows.found(&vault) + self.rows.found(&store) + ballots.found(&vault) + signed.found(&store)
    }
}

/// The beginnings of what is looked for, as bytes and as hexadecimal digits.
struct Signs {
    bytes: BTreeSet<[u8; SIGN]>,
    digits: BTreeSet<[u8; 2 * SIGN]>,
    /// Whether any of them begins with these two bytes: most places in a file are passed over by this.
    begins: Vec<bool>,
}

impl Signs {
    fn of<T: AsRef<[u8]>>(values: impl Iterator<Item = T>) -> Self {
        let mut signs = Self { bytes: BTreeSet::new(), digits: BTreeSet::new(), begins: vec![false; 1 << 16] };
        for value in values {
            let bytes: [u8; SIGN] = value.as_ref()[..SIGN].try_into().unwrap();
            let digits: [u8; 2 * SIGN] =
                bytes.map(|byte| format!("{byte:02x}")).concat().into_bytes().try_into().unwrap();
            for beginning in [&bytes[..], &digits[..]] {
                signs.begins[first(beginning)] = true;
            }
            signs.bytes.insert(bytes);
            signs.digits.insert(digits);
        }
        signs
    }

    /// How many places of these bytes hold one of them.
    fn found(&self, kept: &[u8]) -> usize {
        let at = |place: &usize| {
            let rest = &kept[*place..];
            rest.len() >= SIGN
                && self.begins[first(rest)]
                && (self.bytes.contains(&rest[..SIGN])
                    || (rest.len() >= 2 * SIGN && self.digits.contains(&rest[..2 * SIGN])))
        };
        (0..kept.len()).filter(at).count()
    }
}

fn first(bytes: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
}
