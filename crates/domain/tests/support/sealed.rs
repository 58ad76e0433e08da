//! The same city with a sealed box: its key, its ballots, and the way from the end of the vote to the result.
//!
//! Seven ballots in five batches; one takes another's place, one can't be read, one is overridden by a paper.

use super::sample::*;
use super::story::Story;
use domain::configuration::{BallotBox, Configuration, SealedRules};
use domain::phase::Phase;
use domain::urn::{AreaRegister, Command as UrnCommand};
use domain::{AreaId, Command, campaign};
use seal::{Ceremony, Nonce, PlainBallot, Sealed, UrnSecret};
use transparency::Hash;

/// The name of the log of sealed stories.
pub(crate) const LOG: &str = "log.example/t2026";

pub(crate) fn sealed_rules() -> SealedRules {
    SealedRules { threshold: 2, holders: 3, batch_least: 2, ..SealedRules::default() }
}

pub(crate) fn sealed_configuration() -> Configuration {
    let mut sealed = configuration();
    sealed.rules.ballot_box = BallotBox::Sealed;
    sealed.rules.sealed = Some(sealed_rules());
    sealed
}

pub(crate) fn secret() -> UrnSecret {
    UrnSecret::from_seed(&[7; 32])
}

/// What a ceremony for so many of three holders publishes.
pub(crate) fn ceremony(threshold: u8, secret: &UrnSecret) -> Ceremony {
    seal::split(secret, threshold, 3, &mut || [9; 32]).unwrap().0
}

pub(crate) fn urn(command: UrnCommand) -> Command {
    Command::Urn(command)
}

pub(crate) fn declare_key() -> Command {
    urn(UrnCommand::DeclareKey { log: LOG.into(), ceremony: ceremony(2, &secret()) })
}

pub(crate) fn publish_ballots(area: &str, ballots: Vec<Sealed>) -> Command {
    urn(UrnCommand::Publish { area: id(area), ballots })
}

pub(crate) fn reconcile(set_aside: &[Hash], rows: &[(&str, u64, u64, u64)]) -> Command {
    let row = |(area, digital, paper, both): &(&str, u64, u64, u64)| AreaRegister {
        area: id(area),
        digital: *digital,
        paper: *paper,
        both: *both,
        doubtful: 0,
    };
    urn(UrnCommand::Reconcile { set_aside: set_aside.iter().copied().collect(), areas: rows.iter().map(row).collect() })
}

pub(crate) fn shred() -> Command {
    Command::Campaign(campaign::Command::ShredLink)
}

pub(crate) fn open_urn() -> Command {
    urn(UrnCommand::Open { secret: secret() })
}

impl Story {
    /// The sealed campaign with this phase just opened and nothing done in it yet.
    pub(crate) fn sealed_at(phase: Phase) -> Self {
        let mut story = Self::configured(sealed_configuration());
        story.act(&returning(), declare_key());
        for earlier in Phase::ALL.into_iter().take_while(|earlier| *earlier < phase) {
            story.act(&system(), open(earlier));
            match earlier {
                Phase::Vote => story.sealed_votes(),
                Phase::PostVote => story.sealed_close(),
                Phase::PreResult => story.act(&returning(), proclaim()),
                Phase::Result => {}
                _ => story.live(earlier),
            }
            story.act(&system(), close(earlier));
        }
        story.act(&system(), open(phase));
        story
    }

    /// To the result.
    pub(crate) fn sealed_whole() -> Self {
        Self::sealed_at(Phase::Result)
    }

    /// A ballot sealed for an area, as a voter's page does it; `seed` tells ballots apart.
    pub(crate) fn seal(&self, area: &str, choices: &[u32], seed: u8) -> Sealed {
        let (area, campaign): (AreaId, _) = (id(area), &self.world.campaign);
        let key = secret().public().unwrap();
        let target = seal::Context::new(LOG, area.as_str(), &campaign.catalogue_digest().unwrap(), &key.id()).unwrap();
        let length = campaign.padded_length(campaign.configured().unwrap().area(&area).unwrap());
        let plain = PlainBallot { choices: choices.to_vec(), points: None, nonce: Nonce([seed; 16]) };
        seal::seal(&key, &target, &plain, length, &[seed; 32]).unwrap()
    }

    /// The digest by which a ballot is known.
    pub(crate) fn digest(&self, area: &str, ballot: &Sealed) -> Hash {
        ballot.digest(&self.world.urn.target(&id(area), &self.world.campaign).unwrap().0)
    }

    /// A ballot of the right length that opens with another key alone.
    pub(crate) fn foreign(&self, area: &str) -> Sealed {
        let mut bytes = self.seal(area, &[1], 99).as_bytes().to_vec();
        bytes.reverse();
        Sealed::new(bytes).unwrap()
    }

    pub(crate) fn sealed_votes(&mut self) {
        let whole = [self.seal("ALL", &[1, 2], 1), self.seal("ALL", &[3], 2)];
        self.act(&system(), publish_ballots("ALL", whole.to_vec()));
        // Of the first voter again, and one that nobody will be able to read.
        let later = [self.seal("ALL", &[1], 3), self.foreign("ALL")];
        self.act(&system(), publish_ballots("ALL", later.to_vec()));
        let first = [self.seal("D1", &[4], 4), self.seal("D1", &[6], 5)];
        self.act(&system(), publish_ballots("D1", first.to_vec()));
    }

    pub(crate) fn sealed_close(&mut self) {
        // After the vote a batch may be as small as it is.
        let last = self.seal("D2", &[6], 6);
        self.act(&system(), publish_ballots("D2", vec![last.clone()]));
        self.act(&returning(), close_box());
        let replaced = self.digest("ALL", &self.seal("ALL", &[1, 2], 1));
        let on_paper = self.digest("D2", &last);
        let rows = [("ALL", 3, 0, 0), ("D1", 2, 0, 0), ("D2", 0, 1, 1)];
        self.act(&returning(), reconcile(&[replaced, on_paper], &rows));
        self.act(&returning(), shred());
        self.act(&citizen("c-1"), urn(UrnCommand::Object { text: "Le bureau 3 a ouvert tard.".into() }));
        self.act(&returning(), urn(UrnCommand::Answer { number: 1, answer: "De cinq minutes.".into() }));
        self.act(&returning(), draw("3 7 12 28 41"));
        // Three days later nobody can object any more.
        let until = self.world.campaign.objections_until.unwrap();
        self.clock = Some(until);
        self.act(&returning(), open_urn());
    }
}
