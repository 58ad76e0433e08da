//! The register of voters (`liste d’émargement`): one row for each, whichever way they vote.
//!
//! Owns who may vote and by which way they did, and the pairs of rows that may be one voter. Rows are
//! found by an HMAC of the civil identity under a key of the campaign. Must not know a ballot: which is
//! whose is in `urn.rs`, and is destroyed after the vote. Next: `civil.rs`, `urn.rs`.

use domain::configuration::Area;
use domain::{AreaId, Code, Rejection, Timestamp, register};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::civil::Civil;
use crate::engine::{Hold, Row, Tx};
use crate::seal::{self, SecretKey, mac};
use crate::{Error, PersonId, Reading, Vault, sql};

/// What the row of a voter holds, sealed under the key of the register.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) civil: Civil,
    pub(crate) district: Option<AreaId>,
    /// The areas for which they signed for a paper; none before.
    pub(crate) paper: Option<BTreeSet<AreaId>>,
    /// The areas of these in which a sealed ballot of theirs was set aside for it.
    pub(crate) both: BTreeSet<AreaId>,
    /// The row that two agents found to be the same voter's.
    pub(crate) merged: Option<Vec<u8>>,
}

/// A voter's row.
#[derive(Clone)]
pub(crate) struct Voter {
    pub(crate) key: Vec<u8>,
    pub(crate) person: String,
    pub(crate) entry: Entry,
}

/// What the register says of whoever asks about themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The district they vote in.
    pub district: Option<AreaId>,
    /// Whether they voted on paper.
    pub on_paper: bool,
}

/// Two rows that may be one voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its name.
    pub id: String,
    /// Who they are.
    pub voters: [Civil; 2],
    /// Whether each of them voted on paper.
    pub on_paper: [bool; 2],
    /// What two agents decided: whether they are one.
    pub same: Option<bool>,
    /// What one agent said so far, and who.
    pub said: Option<(bool, String)>,
}

/// The name of a key of a campaign.
pub(crate) const REGISTER: &str = "REGISTER";

impl Voter {
    fn read(row: &Row, campaign: &str, key: &SecretKey) -> Result<Self, Error> {
        let name = row.bytes(0)?.to_vec();
        let place = seal::place(&["register", campaign, &hex::encode(&name)]);
        let damaged = || Error::Damaged("a row of the register doesn't open".into());
        let plain = seal::open(key, &place, row.bytes(2)?).ok_or_else(damaged)?;
        let entry = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        Ok(Self { key: name, person: row.text(1)?.to_owned(), entry })
    }

    pub(crate) fn state(&self) -> register::Standing {
        register::Standing { district: self.entry.district.clone(), on_paper: self.entry.paper.is_some() }
    }

    fn told(&self) -> Registered {
        Registered { district: self.entry.district.clone(), on_paper: self.entry.paper.is_some() }
    }
}

/// The name under which a voter's row is held.
pub(crate) fn lock(campaign: &str, key: &[u8]) -> String {
    format!("{campaign}/{}", hex::encode(key))
}

fn voter_key(key: &SecretKey, civil: &Civil) -> Vec<u8> {
    let [names, born, place] = civil.parts();
    mac(&seal::derive(&key[..], "voters"), &[&names, "|", &born, "|", &place]).to_vec()
}

fn born_key(key: &SecretKey, civil: &Civil) -> Vec<u8> {
    mac(&seal::derive(&key[..], "births"), &[&civil.born.to_string()]).to_vec()
}

impl Vault {
    /// Puts somebody who signed in on the register of a campaign, up to `until`; again, it answers what is
    /// there.
    ///
    /// # Errors
    /// As [`Vault::person`]. The rejection: [`Code::AlreadyExists`] when this identity is registered by
    /// another account, [`Code::AlreadyDone`] when this account has another identity, those of
    /// [`Civil::check`], [`Code::BallotBoxClosed`].
    pub async fn register_voter(
        &self,
        campaign: &str,
        person: &PersonId,
        civil: &Civil,
        district: Option<AreaId>,
        until: Timestamp,
    ) -> Result<Result<Registered, Rejection>, Error> {
        if let Err(no) = civil.check() {
            return Ok(Err(no));
        }
        let mut tx = self.begin(Hold::Casting(campaign)).await?;
        if tx.row(sql::GATE, vec![campaign.into()]).await?.is_some() {
            return Ok(Err(Code::BallotBoxClosed.into()));
        }
        let key = self.urn_key(&mut tx, campaign, REGISTER).await?;
        let name = voter_key(&key, civil);
        tx.also_hold(person).await?;
        // Two who were born on one day come one after the other: close names are seen then.
        tx.also_hold_voter(&lock(campaign, &born_key(&key, civil))).await?;
        tx.also_hold_voter(&lock(campaign, &name)).await?;
        if let Some(known) = self.voter_of(&mut tx, campaign, &key, person).await? {
            let same = known.key == name;
            return Ok(if same { Ok(known.told()) } else { Err(Code::AlreadyDone.on("names")) });
        }
        let voter = match self.voter(&mut tx, campaign, &key, &name).await? {
            Some(known) if !known.person.is_empty() => return Ok(Err(Code::AlreadyExists.on("names"))),
            Some(mut on_paper) => {
                on_paper.person = person.to_string();
                on_paper
            }
            None => {
                self.note_close(&mut tx, campaign, &key, &name, civil).await?;
                let entry = Entry { civil: civil.clone(), district, paper: None, both: BTreeSet::new(), merged: None };
                Voter { key: name, person: person.to_string(), entry }
            }
        };
        self.put_voter(&mut tx, campaign, &key, &voter, until).await?;
        tx.commit().await?;
        Ok(Ok(voter.told()))
    }

    /// What the register says of somebody who signed in.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn registration(&self, campaign: &str, person: &PersonId) -> Result<Option<Registered>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let Some(key) = self.known_urn_key(&mut tx, campaign, REGISTER).await? else { return Ok(None) };
        Ok(self.voter_of(&mut tx, campaign, &key, person).await?.map(|voter| voter.told()))
    }

    /// Votes in another district from now on.
    ///
    /// # Errors
    /// As [`Vault::person`]. The rejection: [`Code::NotOnRegister`], [`Code::SecondDistrict`] while a
    /// ballot for the former district counts, [`Code::VotedOnPaper`], [`Code::BallotBoxClosed`].
    pub async fn change_district(
        &self,
        campaign: &str,
        person: &PersonId,
        district: AreaId,
        until: Timestamp,
    ) -> Result<Result<Registered, Rejection>, Error> {
        let mut tx = self.begin(Hold::Casting(campaign)).await?;
        let (key, mut voter) = match self.who_votes(&mut tx, campaign, person).await? {
            Ok(found) => found,
            Err(no) => return Ok(Err(no)),
        };
        let voted = match &voter.entry.district {
            Some(now) => self.has_ballot(&mut tx, campaign, &voter.key, now).await?,
            None => false,
        };
        if let Err(no) = voter.state().may_move(&district, voted) {
            return Ok(Err(no));
        }
        voter.entry.district = Some(district);
        self.put_voter(&mut tx, campaign, &key, &voter, until).await?;
        tx.commit().await?;
        Ok(Ok(voter.told()))
    }

    /// Somebody signs for a paper (`émarge`), for these areas; whether a sealed ballot of theirs was set
    /// aside for it. An entry that is close to another one is for two agents to decide, and never refused.
    ///
    /// # Errors
    /// As [`Vault::person`]. The rejection: [`Code::VotedOnPaper`], [`Code::VotedOnline`] when papers
    /// don't override, those of [`Civil::check`], [`Code::TooLate`] once the link was shredded.
    pub async fn check_in(
        &self,
        campaign: &str,
        civil: &Civil,
        areas: &BTreeSet<AreaId>,
        overrides: bool,
        until: Timestamp,
    ) -> Result<Result<bool, Rejection>, Error> {
        if let Err(no) = civil.check() {
            return Ok(Err(no));
        }
        let mut tx = self.begin(Hold::Casting(campaign)).await?;
        if self.is_shredded(&mut tx, campaign).await? {
            return Ok(Err(Code::TooLate.with("the shredding of the link")));
        }
        let key = self.urn_key(&mut tx, campaign, REGISTER).await?;
        let name = voter_key(&key, civil);
        // Two who were born on one day come one after the other: close names are seen then.
        tx.also_hold_voter(&lock(campaign, &born_key(&key, civil))).await?;
        tx.also_hold_voter(&lock(campaign, &name)).await?;
        let mut voter = match self.voter(&mut tx, campaign, &key, &name).await? {
            Some(known) => self.resolved(&mut tx, campaign, &key, known).await?,
            None => {
                self.note_close(&mut tx, campaign, &key, &name, civil).await?;
                let entry =
                    Entry { civil: civil.clone(), district: None, paper: None, both: BTreeSet::new(), merged: None };
                Voter { key: name, person: String::new(), entry }
            }
        };
        tx.also_hold_voter(&lock(campaign, &voter.key)).await?;
        let mut of: BTreeSet<AreaId> = areas.clone();
        of.extend(voter.entry.district.clone());
        let mut voted = BTreeSet::new();
        for area in of {
            if self.has_ballot(&mut tx, campaign, &voter.key, &area).await? {
                voted.insert(area);
            }
        }
        if let Err(no) = voter.state().may_sign(!voted.is_empty(), overrides) {
            return Ok(Err(no));
        }
        for area in &voted {
            self.set_aside(&mut tx, campaign, &voter.key, area).await?;
        }
        voter.entry.both = voted.intersection(areas).cloned().collect();
        voter.entry.paper = Some(areas.clone());
        self.put_voter(&mut tx, campaign, &key, &voter, until).await?;
        tx.commit().await?;
        Ok(Ok(!voted.is_empty()))
    }

    /// The pairs of rows that may be one voter, for an agent to look at. The reading is recorded first, for
    /// each of them who signed in.
    ///
    /// # Errors
    /// As [`Vault::read_for`].
    pub async fn matches(&self, campaign: &str, reading: &Reading) -> Result<Vec<Match>, Error> {
        let (found, people) = self.pairs(campaign).await?;
        for person in people {
            self.read_for(reading.clone(), &person).await?;
        }
        Ok(found)
    }

    async fn pairs(&self, campaign: &str) -> Result<(Vec<Match>, BTreeSet<PersonId>), Error> {
        let mut people = BTreeSet::new();
        let mut tx = self.begin(Hold::Read).await?;
        let Some(key) = self.known_urn_key(&mut tx, campaign, REGISTER).await? else {
            return Ok((Vec::new(), people));
        };
        let mut found = Vec::new();
        for row in tx.rows(sql::MATCHES, vec![campaign.into()]).await? {
            let (one, other) = (row.bytes(0)?.to_vec(), row.bytes(1)?.to_vec());
            let voters =
                (self.voter(&mut tx, campaign, &key, &one).await?, self.voter(&mut tx, campaign, &key, &other).await?);
            let (Some(first), Some(second)) = voters else { continue };
            for person in [&first.person, &second.person].into_iter().filter(|person| !person.is_empty()) {
                people.insert(person.parse().map_err(|_| Error::Damaged("a row of the register names nobody".into()))?);
            }
            let same = |text: &str| match text {
                "SAME" => Some(true),
                "DIFFERENT" => Some(false),
                _ => None,
            };
            let agent = row.text(4)?.to_owned();
            found.push(Match {
                id: format!("{}-{}", hex::encode(&one), hex::encode(&other)),
                on_paper: [first.entry.paper.is_some(), second.entry.paper.is_some()],
                voters: [first.entry.civil, second.entry.civil],
                same: same(row.text(2)?),
                said: same(row.text(3)?).zip(Some(agent).filter(|agent| !agent.is_empty())),
            });
        }
        Ok((found, people))
    }

    /// An agent says whether a pair is one voter; once two say the same, it is decided, and of one voter
    /// one vote counts. Answers whether it is decided.
    ///
    /// # Errors
    /// As [`Vault::person`]. The rejection: [`Code::NotFound`], [`Code::AlreadyDone`],
    /// [`Code::SameAgent`], [`Code::TooLate`] once the link was shredded.
    pub async fn decide_match(
        &self,
        campaign: &str,
        id: &str,
        same: bool,
        agent: &str,
        areas: &[Area],
        until: Timestamp,
    ) -> Result<Result<bool, Rejection>, Error> {
        let mut tx = self.begin(Hold::Gate(campaign)).await?;
        if self.is_shredded(&mut tx, campaign).await? {
            return Ok(Err(Code::TooLate.with("the shredding of the link")));
        }
        let rows = tx.rows(sql::MATCHES, vec![campaign.into()]).await?;
        let named = |row: &&Row| {
            row.bytes(0).ok().zip(row.bytes(1).ok()).is_some_and(|(one, other)| {
                id.split_once('-') == Some((hex::encode(one).as_str(), hex::encode(other).as_str()))
            })
        };
        let Some(row) = rows.iter().find(named) else { return Ok(Err(Code::NotFound.on("match").with(id))) };
        let (one, other) = (row.bytes(0)?.to_vec(), row.bytes(1)?.to_vec());
        let word = if same { "SAME" } else { "DIFFERENT" };
        let agreed = match register::second_opinion(row.text(2)? == "OPEN", row.text(3)? == word, row.text(4)?, agent) {
            Ok(agreed) => agreed,
            Err(no) => return Ok(Err(no)),
        };
        let (state, said, who) = if agreed { (word, "", "") } else { ("OPEN", word, agent) };
        let pair = [one.clone().into(), other.clone().into(), state.into(), said.into(), who.into()];
        tx.execute(sql::SAY_MATCH, [vec![campaign.into()], pair.to_vec()].concat()).await?;
        if agreed && same {
            self.merge(&mut tx, campaign, [&one, &other], areas, until).await?;
        }
        tx.commit().await?;
        Ok(Ok(agreed))
    }

    /// Makes two rows one voter: who signed for a paper keeps it, else the later ballot of an area counts.
    async fn merge(
        &self,
        tx: &mut Tx,
        campaign: &str,
        [one, other]: [&[u8]; 2],
        areas: &[Area],
        until: Timestamp,
    ) -> Result<(), Error> {
        let key = self.urn_key(tx, campaign, REGISTER).await?;
        let (Some(first), Some(second)) =
            (self.voter(tx, campaign, &key, one).await?, self.voter(tx, campaign, &key, other).await?)
        else {
            return Ok(());
        };
        let (first, second) =
            (self.resolved(tx, campaign, &key, first).await?, self.resolved(tx, campaign, &key, second).await?);
        if first.key == second.key {
            return Ok(());
        }
        // The one who stays is the one with a paper: it is in a box already.
        let (mut stays, mut goes) = if second.entry.paper.is_some() { (second, first) } else { (first, second) };
        let both = self.join_ballots(tx, campaign, &stays, &goes, areas).await?;
        let signed = stays.entry.paper.clone().unwrap_or_default();
        stays.entry.both.extend(both.intersection(&signed).cloned());
        if stays.entry.district.is_none() {
            stays.entry.district.clone_from(&goes.entry.district);
        }
        goes.entry.merged = Some(stays.key.clone());
        self.put_voter(tx, campaign, &key, &stays, until).await?;
        self.put_voter(tx, campaign, &key, &goes, until).await
    }

    /// The voter who signed in, and the key of the register: held, and with rows of one voter made one.
    pub(crate) async fn who_votes(
        &self,
        tx: &mut Tx,
        campaign: &str,
        person: &PersonId,
    ) -> Result<Result<(SecretKey, Voter), Rejection>, Error> {
        if tx.row(sql::GATE, vec![campaign.into()]).await?.is_some() {
            return Ok(Err(Code::BallotBoxClosed.into()));
        }
        let missing = || Rejection::from(Code::NotOnRegister);
        let Some(key) = self.known_urn_key(tx, campaign, REGISTER).await? else { return Ok(Err(missing())) };
        let Some(found) = self.voter_of(tx, campaign, &key, person).await? else { return Ok(Err(missing())) };
        tx.also_hold_voter(&lock(campaign, &found.key)).await?;
        // What another transaction did to the row while this one waited.
        let Some(voter) = self.voter(tx, campaign, &key, &found.key).await? else { return Ok(Err(missing())) };
        Ok(Ok((key, voter)))
    }

    async fn resolved(&self, tx: &mut Tx, campaign: &str, key: &SecretKey, voter: Voter) -> Result<Voter, Error> {
        let mut voter = voter;
        while let Some(into) = &voter.entry.merged {
            let next = self.voter(tx, campaign, key, into).await?;
            voter = next.ok_or_else(|| Error::Damaged("a row of the register leads to none".into()))?;
        }
        Ok(voter)
    }

    pub(crate) async fn voter(
        &self,
        tx: &mut Tx,
        campaign: &str,
        key: &SecretKey,
        name: &[u8],
    ) -> Result<Option<Voter>, Error> {
        let row = tx.row(sql::REGISTERED, vec![campaign.into(), name.into()]).await?;
        row.map(|row| Voter::read(&row, campaign, key)).transpose()
    }

    pub(crate) async fn voter_of(
        &self,
        tx: &mut Tx,
        campaign: &str,
        key: &SecretKey,
        person: &PersonId,
    ) -> Result<Option<Voter>, Error> {
        let Some(row) = tx.row(sql::REGISTERED_PERSON, vec![campaign.into(), person.into()]).await? else {
            return Ok(None);
        };
        let voter = Voter::read(&row, campaign, key)?;
        self.resolved(tx, campaign, key, voter).await.map(Some)
    }

    /// Some rows after a key, in the order of keys.
    pub(crate) async fn voters_after(
        &self,
        tx: &mut Tx,
        campaign: &str,
        key: &SecretKey,
        after: &[u8],
    ) -> Result<Vec<Voter>, Error> {
        let rows = tx.rows(sql::REGISTERED_AFTER, vec![campaign.into(), after.into()]).await?;
        rows.iter().map(|row| Voter::read(row, campaign, key)).collect()
    }

    async fn put_voter(
        &self,
        tx: &mut Tx,
        campaign: &str,
        key: &SecretKey,
        voter: &Voter,
        until: Timestamp,
    ) -> Result<(), Error> {
        let place = seal::place(&["register", campaign, &hex::encode(&voter.key)]);
        let sealed = self.sealed(key, &place, &voter.entry)?;
        let born = born_key(key, &voter.entry.civil);
        let row = vec![
            campaign.into(),
            voter.key.as_slice().into(),
            voter.person.as_str().into(),
            born.into(),
            until.unix().into(),
            sealed.into(),
        ];
        tx.execute(sql::PUT_REGISTERED, row).await.map(drop)
    }

    /// Notes the rows that are close to a new one.
    async fn note_close(
        &self,
        tx: &mut Tx,
        campaign: &str,
        key: &SecretKey,
        name: &[u8],
        civil: &Civil,
    ) -> Result<(), Error> {
        let born = born_key(key, civil);
        for row in tx.rows(sql::REGISTERED_BORN, vec![born.into()]).await? {
            let other = Voter::read(&row, campaign, key)?;
            if other.key != name && other.entry.civil.is_close(civil) {
                let (one, two) =
                    if other.key.as_slice() < name { (&other.key[..], name) } else { (name, &other.key[..]) };
                tx.execute(sql::ADD_MATCH, vec![campaign.into(), one.into(), two.into()]).await?;
            }
        }
        Ok(())
    }
}
