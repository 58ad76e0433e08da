//! Sealed ballots until they are in the log, and, until it is shredded, whose they are.
//!
//! Owns the one transaction of a cast: the gate is open, the voter is on the register, the ballot waits
//! to be published, the link says whose it is, the receipt is kept. Must not open a ballot, nor know
//! what is in one. Next: `register.rs` (who votes), `docs/runbooks/sealed-vote.md` (the steps).

use domain::configuration::{Area, AreaKind};
use domain::urn::AreaRegister;
use domain::{AreaId, Code, Rejection};
use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Hold, Tx};
use crate::link::{Ballots, Counting, Kept, LINK};
use crate::register::{REGISTER, Voter};
use crate::{Error, PersonId, Vault, sql};

/// A sealed ballot that somebody casts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBallot {
    /// Its area.
    pub area: Area,
    /// The digest by which it is known.
    pub digest: [u8; 32],
    /// The envelope.
    pub envelope: Vec<u8>,
    /// The receipt that is given for it.
    pub receipt: String,
    /// When, in seconds since 1970, to the minute.
    pub at: i64,
}

/// A ballot that waits to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its digest.
    pub digest: [u8; 32],
    /// The envelope.
    pub envelope: Vec<u8>,
}

/// What register and ballots come to, once the vote is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// Digests of the ballots that don't count.
    pub set_aside: BTreeSet<[u8; 32]>,
    /// What the register says of each area.
    pub areas: Vec<AreaRegister>,
}

impl Vault {
    /// Takes sealed ballots of somebody who is registered, all or none; each takes the place of the one
    /// that they cast before for its area. Answers the receipts; of a ballot that comes again, its first.
    ///
    /// # Errors
    /// As [`Vault::person`]. The rejection: [`Code::BallotBoxClosed`] once the gate is closed,
    /// [`Code::NotOnRegister`], [`Code::VotedOnPaper`], [`Code::OtherDistrict`], [`Code::BallotKnown`]
    /// when somebody else has cast it.
    pub async fn cast(
        &self,
        campaign: &str,
        person: &PersonId,
        ballots: Vec<NewBallot>,
    ) -> Result<Result<Vec<String>, Rejection>, Error> {
        let mut tx = self.begin(Hold::Casting(campaign)).await?;
        let voter = match self.who_votes(&mut tx, campaign, person).await? {
            Ok((_, voter)) => voter,
            Err(no) => return Ok(Err(no)),
        };
        let mut receipts = Vec::with_capacity(ballots.len());
        for ballot in ballots {
            if let Err(no) = voter.state().may_cast(&ballot.area) {
                return Ok(Err(no));
            }
            let area = &ballot.area.id;
            let mut of = self.ballots_of(&mut tx, campaign, &voter.key, area).await?;
            let digest = hex::encode(ballot.digest);
            if let Some(again) = of.kept.iter().find(|kept| kept.digest == digest) {
                receipts.push(again.receipt.clone());
                continue;
            }
            let row = vec![campaign.into(), area.as_str().into(), ballot.digest[..].into(), ballot.envelope.into()];
            if tx.execute(sql::ADD_BALLOT, row).await? == 0 {
                return Ok(Err(Code::BallotKnown.on("ballots").with(digest)));
            }
            if let Some(before) = of.kept.last().filter(|_| of.counts) {
                aside(&mut tx, campaign, area, &before.digest).await?;
            }
            receipts.push(ballot.receipt.clone());
            of.kept.push(Kept { digest, receipt: ballot.receipt, at: ballot.at });
            of.counts = true;
            self.put_ballots(&mut tx, campaign, &voter.key, area, &of).await?;
        }
        tx.commit().await?;
        Ok(Ok(receipts))
    }

    /// Takes the ballot of an area back: it is published all the same, and doesn't count.
    ///
    /// # Errors
    /// As [`Vault::cast`]; [`Code::NoBallot`].
    pub async fn cancel(
        &self,
        campaign: &str,
        person: &PersonId,
        area: &AreaId,
    ) -> Result<Result<(), Rejection>, Error> {
        let mut tx = self.begin(Hold::Casting(campaign)).await?;
        let voter = match self.who_votes(&mut tx, campaign, person).await? {
            Ok((_, voter)) => voter,
            Err(no) => return Ok(Err(no)),
        };
        if !self.has_ballot(&mut tx, campaign, &voter.key, area).await? {
            return Ok(Err(Code::NoBallot.on("area").with(area)));
        }
        self.set_aside(&mut tx, campaign, &voter.key, area).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// The receipts of somebody's ballots by area, the last one at the end; none once the link is gone.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn receipts(&self, campaign: &str, person: &PersonId, areas: &[AreaId]) -> Result<Vec<String>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let Some(key) = self.known_urn_key(&mut tx, campaign, REGISTER).await? else { return Ok(Vec::new()) };
        let Some(voter) = self.voter_of(&mut tx, campaign, &key, person).await? else { return Ok(Vec::new()) };
        let mut receipts = Vec::new();
        for area in areas {
            let of = self.ballots_of(&mut tx, campaign, &voter.key, area).await?;
            receipts.extend(of.kept.into_iter().map(|kept| kept.receipt));
        }
        Ok(receipts)
    }

    /// Closes the vote of a campaign for good: whoever casts at this moment is in or out, and who comes
    /// later is out.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn close_gate(&self, campaign: &str) -> Result<(), Error> {
        let mut tx = self.begin(Hold::Gate(campaign)).await?;
        tx.execute(sql::CLOSE_GATE, vec![campaign.into()]).await?;
        tx.commit().await
    }

    /// The first ballots of an area, by digest, that aren't known to be in the log.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn waiting(&self, campaign: &str, area: &AreaId, most: usize) -> Result<Vec<Waiting>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = tx.rows(sql::UNPUBLISHED, vec![campaign.into(), area.as_str().into(), most.into()]).await?;
        let waiting =
            |row: &crate::engine::Row| Ok(Waiting { digest: digest(row.bytes(0)?)?, envelope: row.bytes(1)?.to_vec() });
        rows.iter().map(waiting).collect()
    }

    /// Notes that ballots are in the log.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn published(&self, campaign: &str, area: &AreaId, digests: &[[u8; 32]]) -> Result<(), Error> {
        let mut tx = self.begin(Hold::Write).await?;
        for digest in digests {
            tx.execute(sql::PUBLISHED, vec![campaign.into(), area.as_str().into(), digest[..].into()]).await?;
        }
        tx.commit().await
    }

    /// Counts the register, area by area, and lists the ballots that don't count.
    ///
    /// # Errors
    /// As [`Vault::person`]. The rejection: [`Code::BallotBoxOpen`] while ballots are taken,
    /// [`Code::MatchesOpen`] while pairs wait for two agents, [`Code::TooLate`] once the link is gone.
    pub async fn reconcile(&self, campaign: &str, areas: &[Area]) -> Result<Result<Reconciliation, Rejection>, Error> {
        let mut tx = self.begin(Hold::Gate(campaign)).await?;
        match tx.row(sql::GATE, vec![campaign.into()]).await? {
            None => return Ok(Err(Code::BallotBoxOpen.into())),
            Some(row) if row.int(0)? != 0 => return Ok(Err(Code::TooLate.with("the shredding of the link"))),
            Some(_) => {}
        }
        let matches = tx.rows(sql::MATCHES, vec![campaign.into()]).await?;
        let open = matches.iter().filter(|row| row.text(2).is_ok_and(|state| state == "OPEN")).count();
        if open > 0 {
            return Ok(Err(Code::MatchesOpen.with(open)));
        }
        let empty = |area: &Area| AreaRegister { area: area.id.clone(), digital: 0, paper: 0, both: 0, doubtful: 0 };
        let mut counts: BTreeMap<&AreaId, AreaRegister> = areas.iter().map(|area| (&area.id, empty(area))).collect();
        let key = self.urn_key(&mut tx, campaign, REGISTER).await?;
        let counting = self.counting(&mut tx, campaign).await?;
        let mut after = Vec::new();
        loop {
            let voters = self.voters_after(&mut tx, campaign, &key, &after).await?;
            let Some(last) = voters.last() else { break };
            after.clone_from(&last.key);
            for voter in &voters {
                count_voter(voter, areas, counting.as_ref(), &mut counts);
            }
        }
        for row in &matches {
            // A pair is about the whole city, and about the areas that one of the two votes in.
            let whole = areas.iter().filter(|area| area.kind != AreaKind::District);
            let mut of: BTreeSet<AreaId> = whole.map(|area| area.id.clone()).collect();
            for name in [row.bytes(0)?, row.bytes(1)?] {
                let Some(voter) = self.voter(&mut tx, campaign, &key, name).await? else { continue };
                of.extend(voter.entry.district.into_iter().chain(voter.entry.paper.into_iter().flatten()));
            }
            for area in &of {
                if let Some(count) = counts.get_mut(area) {
                    count.doubtful += 1;
                }
            }
        }
        let rows = tx.rows(sql::BALLOTS_ASIDE, vec![campaign.into()]).await?;
        let set_aside = rows.iter().map(|row| digest(row.bytes(0)?)).collect::<Result<_, _>>()?;
        Ok(Ok(Reconciliation { set_aside, areas: areas.iter().filter_map(|area| counts.remove(&area.id)).collect() }))
    }

    /// Destroys the link between voters and ballots: its key, its rows, and the ballots themselves, which
    /// are in the log. Repeating it is harmless. Answers how many rows went.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn shred(&self, campaign: &str) -> Result<u64, Error> {
        let mut tx = self.begin(Hold::Gate(campaign)).await?;
        tx.execute(sql::CLOSE_GATE, vec![campaign.into()]).await?;
        tx.execute(sql::GATE_SHREDDED, vec![campaign.into()]).await?;
        let mut gone = tx.execute(sql::DELETE_LINKS, vec![campaign.into()]).await?;
        gone += tx.execute(sql::DELETE_BALLOTS, vec![campaign.into()]).await?;
        gone += tx.execute(sql::DELETE_URN_KEY, vec![campaign.into(), LINK.into()]).await?;
        gone += tx.execute(sql::DELETE_MATCHES, vec![campaign.into()]).await?;
        tx.commit().await?;
        if gone > 0 {
            self.sweep().await;
        }
        Ok(gone)
    }

    /// Whether a ballot of a voter counts in an area.
    pub(crate) async fn has_ballot(
        &self,
        tx: &mut Tx,
        campaign: &str,
        voter: &[u8],
        area: &AreaId,
    ) -> Result<bool, Error> {
        Ok(self.ballots_of(tx, campaign, voter, area).await?.counts)
    }

    /// Lets the ballot of a voter in an area count no more.
    pub(crate) async fn set_aside(
        &self,
        tx: &mut Tx,
        campaign: &str,
        voter: &[u8],
        area: &AreaId,
    ) -> Result<(), Error> {
        let mut of = self.ballots_of(tx, campaign, voter, area).await?;
        if let Some(last) = of.kept.last().filter(|_| of.counts) {
            aside(tx, campaign, area, &last.digest).await?;
        }
        of.counts = false;
        self.put_ballots(tx, campaign, voter, area, &of).await
    }

    /// Makes the ballots of two rows those of one voter; answers the areas in which a paper took the place
    /// of a ballot.
    pub(crate) async fn join_ballots(
        &self,
        tx: &mut Tx,
        campaign: &str,
        stays: &Voter,
        goes: &Voter,
        areas: &[Area],
    ) -> Result<BTreeSet<AreaId>, Error> {
        let mut over = BTreeSet::new();
        for Area { id: area, .. } in areas {
            let mut own = self.ballots_of(tx, campaign, &stays.key, area).await?;
            let mut other = self.ballots_of(tx, campaign, &goes.key, area).await?;
            let signed = stays.entry.paper.is_some();
            let later = |one: &Ballots| one.kept.last().filter(|_| one.counts).map(|last| last.at);
            let own_counts = own.counts && !signed && later(&own) >= later(&other);
            let other_counts = other.counts && !signed && !own_counts;
            if signed && (own.counts || other.counts) {
                over.insert(area.clone());
            }
            for (of, counts) in [(&own, own_counts), (&other, other_counts)] {
                if let Some(last) = of.kept.last().filter(|_| of.counts && !counts) {
                    aside(tx, campaign, area, &last.digest).await?;
                }
            }
            // The last in the list is the one that counts.
            if other_counts {
                own.kept.append(&mut other.kept);
            } else {
                other.kept.append(&mut own.kept);
                std::mem::swap(&mut own.kept, &mut other.kept);
            }
            own.counts = own_counts || other_counts;
            self.put_ballots(tx, campaign, &stays.key, area, &own).await?;
            self.put_ballots(tx, campaign, &goes.key, area, &Ballots::default()).await?;
        }
        Ok(over)
    }
}

fn count_voter(
    voter: &Voter,
    areas: &[Area],
    counting: Option<&Counting>,
    counts: &mut BTreeMap<&AreaId, AreaRegister>,
) {
    if voter.entry.merged.is_some() {
        return;
    }
    for area in areas {
        let Some(count) = counts.get_mut(&area.id) else { continue };
        count.paper += u64::from(voter.entry.paper.as_ref().is_some_and(|signed| signed.contains(&area.id)));
        count.both += u64::from(voter.entry.both.contains(&area.id));
        // Of the districts a voter has a ballot in their own alone.
        let own = area.kind != AreaKind::District || voter.entry.district.as_ref() == Some(&area.id);
        count.digital += u64::from(own && counting.is_some_and(|counting| counting.has(&voter.key, &area.id)));
    }
}

async fn aside(tx: &mut Tx, campaign: &str, area: &AreaId, digest: &str) -> Result<(), Error> {
    let bytes = hex::decode(digest).map_err(|_| Error::Damaged("the link names no ballot".into()))?;
    tx.execute(sql::SET_ASIDE, vec![campaign.into(), area.as_str().into(), bytes.into()]).await.map(drop)
}

fn digest(bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes.try_into().map_err(|_| Error::Damaged("a ballot has no digest".into()))
}
