//! A vault with a clock that can be set, and people to put into it.

use std::collections::BTreeSet;

use commands::{Clock, Entropy};
use domain::Timestamp;
use vault::{
    Arrival, KeyRing, Kind, Level, Person, PersonId, Profile, Purpose, Reading, Scope, SessionDraft, TokenDraft, Vault,
};

use crate::place::Place;

pub(crate) const ISSUER: &str = "https://identity.example";

pub(crate) struct Sample {
    pub(crate) place: Place,
    pub(crate) vault: Vault,
    pub(crate) clock: Clock,
    pub(crate) ring: KeyRing,
}

impl Sample {
    pub(crate) async fn new() -> Self {
        let (place, clock) = (Place::new(), Clock::simulated(start()));
        let entropy = Entropy::system().unwrap();
        let ring = KeyRing::draw(&entropy);
        let vault = Vault::open(&place.url(), ring.clone(), clock.clone(), entropy).await.unwrap();
        Self { place, vault, clock, ring }
    }

    /// Another program on the same vault.
    pub(crate) async fn again(&self) -> Vault {
        open(&self.place, &self.ring).await.unwrap()
    }

    pub(crate) async fn arrive(&self, name: &str) -> Person {
        self.vault.arrive(arrival(name, &format!("{name}@example.fr"))).await.unwrap()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        let now = self.clock.now().unwrap().unix();
        self.clock.set(Timestamp::from_unix(now + seconds).unwrap());
    }

    pub(crate) async fn kinds(&self, person: &PersonId, kind: Kind) -> usize {
        self.vault.list(person, kind).await.unwrap().len()
    }
}

pub(crate) async fn open(place: &Place, ring: &KeyRing) -> Result<Vault, vault::Error> {
    Vault::open(&place.url(), ring.clone(), Clock::simulated(start()), Entropy::system().unwrap()).await
}

pub(crate) fn start() -> Timestamp {
    "2026-09-01T08:00:00Z".parse().unwrap()
}

pub(crate) fn arrival(subject: &str, email: &str) -> Arrival {
    let profile = Profile {
        given_name: Some(format!("Given-{subject}")),
        family_name: Some(format!("Family-{subject}")),
        email: Some(email.to_owned()),
        email_verified: true,
        birth_date: Some("1970-01-01".to_owned()),
        language: Some("fr".to_owned()),
    };
    Arrival { issuer: ISSUER.into(), subject: subject.to_owned(), agent: false, level: Level::Substantial, profile }
}

pub(crate) fn session() -> SessionDraft {
    SessionDraft {
        issuer: ISSUER.into(),
        agent: true,
        level: Level::High,
        lifetime_s: 8 * 3600,
        idle_s: 1800,
        hint: Some("id-token".into()),
    }
}

pub(crate) fn token(name: &str, days: u16) -> TokenDraft {
    let scopes = BTreeSet::from([Scope::ReadOwn, Scope::Vote]);
    TokenDraft { name: name.to_owned(), scopes, days, agent: false, level: Level::Low }
}

pub(crate) fn reading(note: &str) -> Reading {
    Reading {
        agent_id: "agent-00ff00ff00ff00ff".into(),
        role: "DEPARTMENT_REFERENT".into(),
        campaign: "bp-2026".into(),
        purpose: Purpose::Contact,
        note: note.to_owned(),
        kinds: BTreeSet::from([Kind::Profile, Kind::Contact]),
    }
}
