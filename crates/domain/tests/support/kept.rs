//! The same city, where roles are kept: who holds which, and its campaign with two agents where it takes two.

use super::sample::*;
use super::story::Story;
use domain::campaign::Command as CampaignCommand;
use domain::council::{CouncilDecision, Ruling};
use domain::phase::Phase;
use domain::redaction::{Ground, Target};
use domain::roles::Office;
use domain::{Actor, Command, Event, Role, Timestamp};

pub(crate) fn second_coordinator() -> Actor {
    actor("agent-5", Role::Coordinator)
}

pub(crate) fn second_returning() -> Actor {
    actor("agent-6", Role::ReturningOfficer)
}

pub(crate) fn moderator() -> Actor {
    actor("agent-7", Role::Moderator)
}

pub(crate) fn data_protection() -> Actor {
    actor("agent-8", Role::DataProtectionOfficer)
}

pub(crate) fn it_lead() -> Actor {
    actor("agent-9", Role::ItLead)
}

pub(crate) fn auditor() -> Actor {
    actor("agent-10", Role::Auditor)
}

pub(crate) fn analyst() -> Actor {
    actor("agent-11", Role::Analyst)
}

pub(crate) fn key_holder() -> Actor {
    actor("agent-12", Role::KeyHolder)
}

/// Everybody who holds a role in the sample.
pub(crate) fn agents() -> Vec<(Actor, Office)> {
    let whole = |actor: Actor| (actor.clone(), Office::of(actor.role));
    let instructs = |department: &str| Office { department: Some(id(department)), ..Office::of(referent().role) };
    vec![
        whole(coordinator()),
        whole(second_coordinator()),
        whole(returning()),
        whole(second_returning()),
        whole(moderator()),
        whole(data_protection()),
        whole(it_lead()),
        whole(auditor()),
        whole(analyst()),
        whole(key_holder()),
        (referent(), instructs("PARKS")),
        (referent(), instructs("ROADS")),
        (polling(), Office { place: Some(id("HALL")), ..Office::of(polling().role) }),
    ]
}

pub(crate) fn grant(to: &Actor, office: Office) -> Command {
    grant_until(to, office, None)
}

pub(crate) fn grant_until(to: &Actor, office: Office, until: Option<Timestamp>) -> Command {
    Command::Campaign(CampaignCommand::GrantRole { grantee: id(&to.id), office, until })
}

pub(crate) fn revoke(from: &Actor, office: Office) -> Command {
    let reason = Some("Un autre poste".into());
    Command::Campaign(CampaignCommand::RevokeRole { grantee: id(&from.id), office, reason })
}

pub(crate) fn confirm(number: u64) -> Command {
    Command::Campaign(CampaignCommand::ConfirmAct { number })
}

pub(crate) fn drop_act(number: u64) -> Command {
    Command::Campaign(CampaignCommand::DropAct { number, reason: "Trop tôt".into() })
}

pub(crate) fn redact(targets: &[(u64, &str)], ground: Ground) -> Command {
    let target = |(position, path): &(u64, &str)| Target { position: *position, path: (*path).into() };
    Command::Campaign(CampaignCommand::Redact { targets: targets.iter().map(target).collect(), ground })
}

pub(crate) fn anchor(count: u64, digest: &str) -> Command {
    let digest = transparency::Hash::of(&[digest.as_bytes()]);
    Command::Campaign(CampaignCommand::AnchorReadings { count, digest })
}

pub(crate) fn decided(project: &str, decision: Ruling) -> CouncilDecision {
    let reason = hidden("La parcelle est vendue");
    CouncilDecision { project: id(project), decision, session: "2026-01-01".parse().unwrap(), reason }
}

pub(crate) fn ruled(project: &str, decision: Ruling) -> Command {
    Command::Campaign(CampaignCommand::EnterCouncilDecision(decided(project, decision)))
}

impl Story {
    /// A campaign that is configured and keeps roles; a minute passes with each event.
    pub(crate) fn founded() -> Self {
        let mut story = Self::configured(configuration());
        for (to, office) in agents() {
            story.act(&coordinator(), grant(&to, office));
        }
        story
    }

    /// The sample campaign with kept roles and this phase just opened, on time.
    pub(crate) fn kept_at(phase: Phase) -> Self {
        let mut story = Self::founded();
        for (n, of) in Phase::ALL.into_iter().enumerate().take_while(|(_, of)| *of <= phase) {
            story.clock = Some(month(n));
            story.act(&system(), open(of));
            if of < phase {
                story.live(of);
                story.clock = Some(month(n + 1));
                story.act(&system(), close(of));
            }
        }
        story
    }

    /// One agent proposes, another confirms.
    pub(crate) fn by_two(&mut self, one: &Actor, other: &Actor, command: Command) {
        let written = self.try_act(one, command).unwrap();
        for event in written {
            let Event::Campaign(domain::campaign::Event::ActProposed { number, .. }) = event else {
                panic!("{event:?} took only one agent");
            };
            self.act(other, confirm(number));
        }
    }

    /// What the sample campaign has of roles, acts and removals, to the end.
    pub(crate) fn kept_whole() -> Self {
        let mut story = Self::kept_at(Phase::Ideation);
        story.live(Phase::Ideation);
        let first = story.position("ProposalDeposited");
        story.by_two(&moderator(), &coordinator(), redact(&[(first, "/data/deposit/title")], Ground::Moderation));
        story.act(&citizen("c-1"), redact(&[(first, "/data/deposit/author_name")], Ground::ErasureRequest));
        story.act(&system(), redact(&[(first, "/data/deposit/description")], Ground::Retention));
        let mut other = configuration();
        other.rules.tally.tie_break.pop();
        story.act(&coordinator(), configure(other));
        story.act(&second_coordinator(), drop_act(2));
        let until = Some(month(3));
        story.act(&coordinator(), grant_until(&actor("agent-20", Role::Analyst), Office::of(Role::Analyst), until));
        story.act(&coordinator(), revoke(&analyst(), Office::of(Role::Analyst)));
        story.act(&system(), anchor(3, "three"));
        story
    }

    /// The sample campaign in which the council decides otherwise after the count.
    pub(crate) fn ruled() -> Self {
        let mut story = Self::kept_at(Phase::Result);
        story.by_two(&returning(), &second_returning(), ruled("q-1", Ruling::Removed));
        story
    }

    /// Where the first event of a type stands.
    pub(crate) fn position(&self, name: &str) -> u64 {
        let found = self.lines.iter().position(|line| line.event.encode().unwrap().0 == name);
        u64::try_from(found.unwrap()).unwrap()
    }
}
