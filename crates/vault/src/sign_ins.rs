//! Sign-ins under way: what has to be remembered while somebody is at the issuer.
//!
//! Found by the SHA-256 of the state, sealed under a key that follows from the state: without the
//! browser that has it, nobody can read it. Single use, ten minutes.

use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::engine::Hold;
use crate::secret::hash_of;
use crate::{Error, Vault, records, seal, sql};

/// Seconds that somebody may take at the issuer.
const LIFETIME: i64 = 600;

impl Vault {
    /// Keeps what has to be remembered under a state: random, at least 128 bits, and given to nobody but
    /// the browser.
    ///
    /// # Errors
    /// `RECORD_TOO_LARGE` beyond 64 KiB; else as [`Vault::person`].
    pub async fn keep_sign_in(&self, state: &str, data: &Json) -> Result<(), Error> {
        let now = self.now()?.unix();
        let plain = Zeroizing::new(data.to_string());
        let too_large = Error::RecordTooLarge { bytes: plain.len(), limit: records::LIMIT };
        if plain.len() > records::LIMIT {
            return Err(too_large);
        }
        let (hash, key, place) = parts(state);
        let sealed = seal::seal(&key, &place, plain.as_bytes(), self.entropy()).ok_or(too_large)?;
        let mut tx = self.begin(Hold::Write).await?;
        tx.execute(sql::KEEP_SIGN_IN, vec![hash.into(), now.into(), sealed.into()]).await?;
        tx.commit().await
    }

    /// Takes it back: once, and within ten minutes.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn take_sign_in(&self, state: &str) -> Result<Option<Json>, Error> {
        let now = self.now()?.unix();
        let (hash, key, place) = parts(state);
        let mut tx = self.begin(Hold::Write).await?;
        let Some(row) = tx.row(sql::TAKE_SIGN_IN, vec![hash.into()]).await? else { return Ok(None) };
        tx.commit().await?;
        if now - row.int(0)? >= LIFETIME {
            return Ok(None);
        }
        let damaged = || Error::Damaged("a sign-in under way doesn't open".into());
        let plain = seal::open(&key, &place, row.bytes(1)?).ok_or_else(damaged)?;
        serde_json::from_slice(&plain).map(Some).map_err(|_| damaged())
    }

    /// Seconds of 1970 before which a sign-in has ended.
    pub(crate) fn ended_sign_ins(now: i64) -> i64 {
        now - LIFETIME
    }
}

fn parts(state: &str) -> (Vec<u8>, seal::SecretKey, Vec<u8>) {
    let hash = hash_of(state);
    let place = seal::place(&["sign_ins", &hex::encode(&hash)]);
    (hash, seal::derive(state.as_bytes(), "sign-in under way"), place)
}
