//! A vault with people who are to be told something.

use commands::{Clock, Entropy};
use domain::Timestamp;
use domain::rejection::Language;
use messages::{Content, Facts, Kind, Post, Round, Settings, Tls, Topic};
use vault::{Arrival, KeyRing, Level, Message, MessageDraft, PersonId, Profile, Vault};

pub(crate) struct Town {
    pub(crate) vault: Vault,
    pub(crate) clock: Clock,
    pub(crate) ring: KeyRing,
    pub(crate) url: String,
    /// Kept until the test ends.
    #[allow(dead_code)]
    pub(crate) folder: tempfile::TempDir,
}

impl Town {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        Self::at(url, folder).await
    }

    pub(crate) async fn at(url: String, folder: tempfile::TempDir) -> Self {
        let clock = Clock::simulated("2026-09-01T08:00:00Z".parse().unwrap());
        let entropy = Entropy::seeded(5);
        let ring = KeyRing::draw(&entropy);
        let vault = Vault::open(&url, ring.clone(), clock.clone(), entropy).await.unwrap();
        Self { vault, clock, ring, url, folder }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.set(Timestamp::from_unix(self.clock.now().unwrap().unix() + seconds).unwrap());
    }

    pub(crate) async fn person(&self, email: &str, language: &str) -> PersonId {
        let profile = Profile {
            email: Some(email.to_owned()),
            email_verified: true,
            language: Some(language.to_owned()),
            ..Profile::default()
        };
        let (issuer, subject) = ("https://id.example".to_owned(), format!("s-{email}"));
        let arrival = Arrival { issuer, subject, agent: false, level: Level::Low, profile };
        self.vault.arrive(arrival).await.unwrap().id
    }

    pub(crate) async fn tell(&self, person: &PersonId, key: &str) {
        let content = Content {
            topic: Topic::MyProposals,
            campaign: "P26".into(),
            kind: Kind::ProposalMerged,
            object: "proposal/1".into(),
            other: None,
            position: Some(7),
            conversation: None,
            letter: None,
        };
        let content = serde_json::to_value(content).unwrap();
        let draft = MessageDraft { person: person.clone(), key: key.to_owned(), content };
        assert!(self.vault.put_messages(&[draft], None).await.unwrap());
    }

    pub(crate) fn post(&self, port: u16) -> Post {
        let settings = Settings {
            host: Some("127.0.0.1".into()),
            port: Some(port),
            tls: Tls::None,
            from: "budget@city.example".into(),
            from_name: "Ville\r\nBcc: x@evil.example".into(),
            ..Settings::default()
        };
        Post::new(self.vault.clone(), self.clock.clone(), settings, "https://budget.example/").unwrap()
    }

    pub(crate) async fn last(&self, person: &PersonId) -> Message {
        self.vault.messages_of(person, 1).await.unwrap().remove(0)
    }
}

/// What messages of these tests tell of: a title that wants to be a header.
pub(crate) fn facts(_: &Content, language: Option<Language>) -> Option<Facts> {
    Some(Facts {
        language: language.unwrap_or_default(),
        campaign: "Budget 2026".into(),
        title: "Un banc\r\nBcc: all@evil.example\r\n\r\n<b>à l’école</b>".into(),
        project: None,
        detail: Some("Des bancs".into()),
        text: None,
    })
}

pub(crate) async fn round(post: &Post) -> Round {
    post.round(1_000, facts).await.unwrap()
}
