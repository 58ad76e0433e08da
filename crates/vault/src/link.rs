//! The keys of a campaign's register and link, and the rows that say whose a sealed ballot is.
//!
//! Owns how these rows are named and sealed: whoever has no key of the link finds none and opens none.
//! Next: `urn.rs`, which says when the key is destroyed.

use domain::AreaId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

use crate::engine::Tx;
use crate::owner::{unwrap_as, wrap_as};
use crate::seal::{self, SecretKey, mac};
use crate::{Error, KeyRing, Vault, sql};

/// The name of the key that is destroyed after the vote.
pub(crate) const LINK: &str = "LINK";

/// One ballot of a voter for an area.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) digest: String,
    pub(crate) receipt: String,
    /// Seconds since 1970, to the minute.
    pub(crate) at: i64,
}

/// The ballots of a voter for an area, the last one at the end.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ballots {
    pub(crate) kept: Vec<Kept>,
    /// Whether the last one counts.
    pub(crate) counts: bool,
}

/// What the names of links are made under.
const NAMES: &str = "names of links";

/// In which areas whose ballot counts.
pub(crate) struct Counting {
    names: BTreeSet<Vec<u8>>,
    key: SecretKey,
}

impl Counting {
    /// Whether a ballot of the voter counts in the area.
    pub(crate) fn has(&self, voter: &[u8], area: &AreaId) -> bool {
        self.names.contains(&name_under(&self.key, voter, area))
    }
}

impl Vault {
    /// A key of a campaign; drawn when there is none yet.
    pub(crate) async fn urn_key(&self, tx: &mut Tx, campaign: &str, name: &str) -> Result<SecretKey, Error> {
        if let Some(known) = self.known_urn_key(tx, campaign, name).await? {
            return Ok(known);
        }
        let (key_id, wrapped) =
            wrap_as(&self.ring(), &usage(campaign, name), &seal::draw(self.entropy()), self.entropy())?;
        let row = vec![campaign.into(), name.into(), key_id.as_str().into(), wrapped.into()];
        tx.execute(sql::ADD_URN_KEY, row).await?;
        // Another node may have drawn one meanwhile: the first stays.
        let known = self.known_urn_key(tx, campaign, name).await?;
        known.ok_or_else(|| Error::Damaged("a key of a campaign isn't there".into()))
    }

    /// A key of a campaign, if there is one.
    pub(crate) async fn known_urn_key(
        &self,
        tx: &mut Tx,
        campaign: &str,
        name: &str,
    ) -> Result<Option<SecretKey>, Error> {
        let Some(row) = tx.row(sql::URN_KEY, vec![campaign.into(), name.into()]).await? else { return Ok(None) };
        let key = unwrap_as(&self.ring(), &usage(campaign, name), row.text(0)?, row.bytes(1)?)?;
        key.map(Some).ok_or_else(|| Error::Damaged("a key of a campaign doesn't open".into()))
    }

    /// Wraps the keys of campaigns anew.
    pub(crate) async fn rewrap_urn_keys(&self, tx: &mut Tx, new: &KeyRing) -> Result<(), Error> {
        for row in tx.rows(sql::URN_KEYS_WRAPPED_OTHERWISE, vec![new.current().into()]).await? {
            let (campaign, name, old) = (row.text(0)?, row.text(1)?, row.text(2)?);
            let key = unwrap_as(new, &usage(campaign, name), old, row.bytes(3)?)?;
            let key = key.ok_or_else(|| Error::Damaged("a key of a campaign doesn't open".into()))?;
            let (key_id, wrapped) = wrap_as(new, &usage(campaign, name), &key, self.entropy())?;
            let row = vec![campaign.into(), name.into(), old.into(), key_id.as_str().into(), wrapped.into()];
            tx.execute(sql::REWRAP_URN_KEY, row).await?;
        }
        Ok(())
    }

    /// The ballots of a voter for an area; none without the key.
    pub(crate) async fn ballots_of(
        &self,
        tx: &mut Tx,
        campaign: &str,
        voter: &[u8],
        area: &AreaId,
    ) -> Result<Ballots, Error> {
        let Some(key) = self.known_urn_key(tx, campaign, LINK).await? else { return Ok(Ballots::default()) };
        let name = link_name(&key, voter, area);
        let Some(row) = tx.row(sql::LINK, vec![campaign.into(), name.as_slice().into()]).await? else {
            return Ok(Ballots::default());
        };
        opened(&key, campaign, &name, row.bytes(0)?)
    }

    /// The voters and areas in which a ballot counts, all read in one go: over a whole city, one row at a
    /// time would take minutes.
    pub(crate) async fn counting(&self, tx: &mut Tx, campaign: &str) -> Result<Option<Counting>, Error> {
        let Some(key) = self.known_urn_key(tx, campaign, LINK).await? else { return Ok(None) };
        let (mut names, mut after) = (BTreeSet::new(), Vec::new());
        loop {
            let rows = tx.rows(sql::LINKS_AFTER, vec![campaign.into(), after.as_slice().into()]).await?;
            let Some(last) = rows.last() else { break };
            after = last.bytes(0)?.to_vec();
            for row in &rows {
                let name = row.bytes(0)?;
                if opened(&key, campaign, name, row.bytes(1)?)?.counts {
                    names.insert(name.to_vec());
                }
            }
        }
        Ok(Some(Counting { names, key: seal::derive(&key[..], NAMES) }))
    }

    pub(crate) async fn put_ballots(
        &self,
        tx: &mut Tx,
        campaign: &str,
        voter: &[u8],
        area: &AreaId,
        ballots: &Ballots,
    ) -> Result<(), Error> {
        let key = self.urn_key(tx, campaign, LINK).await?;
        let name = link_name(&key, voter, area);
        let sealed = self.sealed(&key, &link_place(campaign, &name), ballots)?;
        tx.execute(sql::PUT_LINK, vec![campaign.into(), name.into(), sealed.into()]).await.map(drop)
    }

    /// Whether the link of a campaign was destroyed.
    pub(crate) async fn is_shredded(&self, tx: &mut Tx, campaign: &str) -> Result<bool, Error> {
        let row = tx.row(sql::GATE, vec![campaign.into()]).await?;
        row.map_or(Ok(false), |row| Ok(row.int(0)? != 0))
    }

    /// A value sealed for a place under a key of a campaign.
    pub(crate) fn sealed<T: Serialize>(&self, key: &SecretKey, place: &[u8], value: &T) -> Result<Vec<u8>, Error> {
        let plain = Zeroizing::new(serde_json::to_vec(value).map_err(|_| Error::Damaged("a value isn't JSON".into()))?);
        seal::seal(key, place, &plain, self.entropy())
            .ok_or(Error::RecordTooLarge { bytes: plain.len(), limit: crate::records::LIMIT })
    }
}

fn usage<'a>(campaign: &'a str, name: &'a str) -> [&'a str; 3] {
    ["key of a campaign", campaign, name]
}

fn link_name(key: &SecretKey, voter: &[u8], area: &AreaId) -> Vec<u8> {
    name_under(&seal::derive(&key[..], NAMES), voter, area)
}

fn name_under(names: &SecretKey, voter: &[u8], area: &AreaId) -> Vec<u8> {
    mac(names, &[&hex::encode(voter), "|", area.as_str()]).to_vec()
}

fn link_place(campaign: &str, name: &[u8]) -> Vec<u8> {
    seal::place(&["urn_links", campaign, &hex::encode(name)])
}

fn opened(key: &SecretKey, campaign: &str, name: &[u8], sealed: &[u8]) -> Result<Ballots, Error> {
    let damaged = || Error::Damaged("a row of the link doesn't open".into());
    let plain = seal::open(key, &link_place(campaign, name), sealed).ok_or_else(damaged)?;
    serde_json::from_slice(&plain).map_err(|_| damaged())
}
