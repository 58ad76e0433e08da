//! A table: rows by key in a persistent map, and the digest that compares two of them.

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use transparency::{Error, Hash, split, to_canonical};

/// Rows whose texts are held at once.
const PART: usize = 4_096;

/// Rows by key. A clone shares all rows; a change copies only the way to the row.
#[derive(Clone, Debug)]
pub struct Table<K: Ord, V>(imbl::OrdMap<K, Arc<V>>);

impl<K: Ord + Clone, V: Clone> Default for Table<K, V> {
    fn default() -> Self {
        Self(imbl::OrdMap::new())
    }
}

/// Name, length and digest of a table at one position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableDigest {
    /// The table's name.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: usize,
    /// SHA-256 over its rows in order of their keys, each in canonical JSON and followed by a line
    /// feed. Hidden values, and members that are empty objects as removed ones are, are left out, so
    /// that a redaction never changes it.
    pub digest: Hash,
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    /// The row with this key.
    pub fn get<Q>(&self, key: &Q) -> Option<&Arc<V>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.get(key)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and rows in order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Arc<V>)> {
        self.0.iter()
    }

    /// The rows in order of the keys.
    pub fn rows(&self) -> impl Iterator<Item = &Arc<V>> {
        self.0.iter().map(|(_, row)| row)
    }

    /// The table with these rows.
    pub(crate) fn of(rows: impl IntoIterator<Item = (K, Arc<V>)>) -> Self {
        Self(rows.into_iter().collect())
    }

    pub(crate) fn put(&mut self, key: K, row: V) {
        self.0.insert(key, Arc::new(row));
    }

    pub(crate) fn remove<Q>(&mut self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.remove(key);
    }

    /// Changes the row with this key, if there is one.
    pub(crate) fn change<Q>(&mut self, key: &Q, change: impl FnOnce(&mut V))
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        if let Some(row) = self.0.get_mut(key) {
            change(Arc::make_mut(row));
        }
    }

    /// Changes the row with this key, which begins as its default.
    pub(crate) fn change_or_default(&mut self, key: K, change: impl FnOnce(&mut V))
    where
        V: Default,
    {
        change(Arc::make_mut(self.0.entry(key).or_default()));
    }
}

impl<K: Ord + Clone, V: Clone + Serialize + Send + Sync> Table<K, V> {
    /// The digest of the table as it stands.
    ///
    /// # Errors
    /// When a row has no canonical form: never, by construction of the rows.
    pub fn digest(&self, name: &'static str) -> Result<TableDigest, Error> {
        self.digest_without(name, &[])
    }

    /// The same as if its rows had no such members, which are named as `member` or `list.member`.
    pub(crate) fn digest_without(&self, name: &'static str, members: &[&str]) -> Result<TableDigest, Error> {
        let rows: Vec<&Arc<V>> = self.rows().collect();
        let mut sha = Sha256::new();
        for part in rows.chunks(PART) {
            // Most of the work is the text of the rows, and all cores share it.
            let lines: Vec<_> = part.par_iter().map(|row| line(row, members)).collect();
            for line in lines {
                sha.update(line?.as_bytes());
                sha.update(b"\n");
            }
        }
        Ok(TableDigest { name, rows: self.len(), digest: Hash(sha.finalize().into()) })
    }
}

/// What of a row goes into a digest: its canonical JSON without what is hidden or empty.
fn line<V: Serialize>(row: &Arc<V>, members: &[&str]) -> Result<String, Error> {
    let row = serde_json::to_value(row).map_err(|error| Error::LeafMalformed(error.to_string()))?;
    let (mut row, _) = split(row)?;
    members.iter().for_each(|path| drop_member(&mut row, path));
    drop_empty(&mut row);
    to_canonical(&row)
}

/// Takes out the member at a path, of each item where a list stands on the way.
fn drop_member(value: &mut Value, path: &str) {
    match (value, path.split_once('.')) {
        (Value::Array(items), _) => items.iter_mut().for_each(|item| drop_member(item, path)),
        (Value::Object(members), None) => drop(members.remove(path)),
        (Value::Object(members), Some((first, rest))) => {
            if let Some(member) = members.get_mut(first) {
                drop_member(member, rest);
            }
        }
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => {}
    }
}

/// Takes out members that are empty objects, the innermost first.
fn drop_empty(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(drop_empty);
            members.retain(|_, member| member.as_object().is_none_or(|object| !object.is_empty()));
        }
        Value::Array(items) => items.iter_mut().for_each(drop_empty),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
