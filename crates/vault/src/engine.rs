//! Two thin engines behind one enum: transactions that run the same SQL texts.
//!
//! A text is written once, in SQLite's way (`?1`); Postgres gets the same with `$1`. Must not know
//! what a row means. Next: `sql.rs` (the texts), `sqlite.rs`, `postgres.rs`.

use crate::{Error, PersonId, postgres, sqlite};

/// Where rows are kept.
#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite(sqlite::File),
    Postgres(postgres::Server),
}

/// What a transaction is about to do. On Postgres, those that hold the same thing come one after the
/// other; SQLite has one writer anyway.
#[derive(Clone, Copy)]
pub(crate) enum Hold<'a> {
    /// Only read.
    Read,
    /// Write a row that nobody else decides about.
    Write,
    /// Write what belongs to one person.
    Person(&'a PersonId),
    /// Decide who somebody is: arrivals, invitations, erasures, rotations of lookups.
    Arrivals,
    /// Append to the chain of readings.
    Readings,
    /// Write what belongs to one voter, named by campaign and register key.
    Voter(&'a str),
    /// Take a ballot of a campaign: many at a time, and none while somebody holds its gate.
    Casting(&'a str),
    /// Close the vote of a campaign, or shred its link.
    Gate(&'a str),
}

/// A transaction; dropped without a commit, it leaves nothing.
pub(crate) enum Tx {
    Sqlite(sqlite::Tx),
    Postgres(postgres::Tx),
}

/// What goes into a statement and comes out of it.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(String),
    Bytes(Option<Vec<u8>>),
}

/// A row of an answer.
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Engine {
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        if url.starts_with("sqlite:") {
            Ok(Self::Sqlite(sqlite::File::open(url).await?))
        } else {
            Ok(Self::Postgres(postgres::Server::open(url).await?))
        }
    }

    pub(crate) async fn begin(&self, hold: Hold<'_>) -> Result<Tx, Error> {
        match self {
            Self::Sqlite(file) => Ok(Tx::Sqlite(file.begin(!matches!(hold, Hold::Read)).await?)),
            Self::Postgres(server) => Ok(Tx::Postgres(server.begin(hold).await?)),
        }
    }

    /// Sees to it that what was deleted isn't left in the files, as far as the engine allows.
    pub(crate) async fn sweep(&self) {
        match self {
            Self::Sqlite(file) => file.sweep().await,
            Self::Postgres(server) => server.sweep().await,
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(server) => server.close().await,
        }
    }
}

impl Tx {
    /// Holds a person too, inside a transaction that holds something else.
    pub(crate) async fn also_hold(&mut self, person: &PersonId) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(tx) => tx.hold(Hold::Person(person)).await,
        }
    }

    /// Holds a voter too.
    pub(crate) async fn also_hold_voter(&mut self, name: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(tx) => tx.hold(Hold::Voter(name)).await,
        }
    }

    /// Runs a statement; answers how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        match self {
            Self::Sqlite(tx) => tx.execute(sql, values).await,
            Self::Postgres(tx) => tx.execute(sql, values).await,
        }
    }

    /// Runs a statement that answers rows.
    pub(crate) async fn rows(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        match self {
            Self::Sqlite(tx) => tx.rows(sql, values).await,
            Self::Postgres(tx) => tx.rows(sql, values).await,
        }
    }

    #[cfg(test)]
    pub(crate) async fn prepare(&mut self, sql: &'static str) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.prepare(sql).await,
            Self::Postgres(tx) => tx.prepare(sql).await,
        }
    }

    /// The first row of an answer.
    pub(crate) async fn row(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// The one number of an answer.
    pub(crate) async fn number(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        let row = self.row(sql, values).await?.ok_or_else(|| Error::Damaged("a count has no row".into()))?;
        u64::try_from(row.int(0)?).map_err(|_| Error::Damaged("a count is negative".into()))
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64, Error> {
        match self.0.get(column) {
            Some(Value::Int(Some(number))) => Ok(*number),
            _ => Err(unexpected(column)),
        }
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, Error> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(unexpected(column)),
        }
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8], Error> {
        match self.0.get(column) {
            Some(Value::Bytes(Some(bytes))) => Ok(bytes),
            _ => Err(unexpected(column)),
        }
    }

    /// Bytes, or none where the row has none.
    pub(crate) fn maybe_bytes(&self, column: usize) -> Option<&[u8]> {
        self.bytes(column).ok()
    }
}

fn unexpected(column: usize) -> Error {
    Error::Damaged(format!("column {column} of a row isn't what was written"))
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}
impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<&PersonId> for Value {
    fn from(id: &PersonId) -> Self {
        Self::Text(id.as_str().to_owned())
    }
}
impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}
impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes)
    }
}
impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}
