//! Refusals of proposals.

use super::Refusals;
use crate::support::kept::moderator;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::phase::Phase;
use domain::proposal::{self, Address, Attachment, Deposit, DepositorKind, MediaType, Point};
use domain::{Cents, Code, Command, Event};

/// A deposit with one answer changed.
fn wrong(change: impl FnOnce(&mut Deposit)) -> Command {
    let mut deposit = deposit_of("c-1");
    change(&mut deposit);
    Command::Proposal(id("p-20"), proposal::Command::Deposit(Box::new(deposit)))
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let (author, agent) = (citizen("c-1"), coordinator());
    let open = Story::at(Phase::Ideation);
    let mut deposited = open.clone();
    deposited.live(Phase::Ideation);
    let merging = Story::at(Phase::PostIdeation);
    let mut merged = merging.clone();
    merged.live(Phase::PostIdeation);

    // deposit
    no.command(&Story::default(), &author, deposit("p-20", "c-1"), Code::CampaignNotConfigured, None);
    no.command(&Story::at(Phase::PreIdeation), &author, deposit("p-20", "c-1"), Code::PhaseNotOpen, None);
    no.command(&deposited, &author, deposit("p-1", "c-1"), Code::AlreadyExists, "id");
    no.command(&open, &author, deposit("p-20", "c-2"), Code::NotTheAuthor, "author");
    no.command(&open, &author, wrong(|d| d.area = id("D9")), Code::UnknownArea, "area");
    no.command(&open, &author, wrong(|d| d.theme = id("SPORT")), Code::UnknownTheme, "theme");
    no.command(&open, &author, wrong(|d| d.title = hidden("  ab  ")), Code::TextTooShort, "title");
    no.command(&open, &author, wrong(|d| d.title = hidden(&"é".repeat(61))), Code::TextTooLong, "title");
    no.command(&open, &author, wrong(|d| d.description = hidden("")), Code::TextTooShort, "description");
    no.command(&open, &author, wrong(|d| d.description = hidden(&"é".repeat(201))), Code::TextTooLong, "description");
    no.command(&open, &author, wrong(|d| d.author_name = hidden(" ")), Code::TextTooShort, "authorName");
    no.command(&open, &author, wrong(|d| d.author_name = hidden(&"a".repeat(101))), Code::TextTooLong, "authorName");
    no.command(&open, &author, wrong(|d| d.reference.clear()), Code::TextTooShort, "reference");
    no.command(&open, &author, wrong(|d| d.reference = "R".repeat(33)), Code::TextTooLong, "reference");
    for (latitude_e6, longitude_e6) in [(90_000_001, 0), (0, -180_000_001), (i32::MIN, 0)] {
        let point = Some(Point { latitude_e6, longitude_e6 });
        no.command(&open, &author, wrong(|d| d.point = point), Code::UnknownPlace, "point");
    }
    no.command(&open, &author, wrong(|d| d.accessibility = None), Code::AccessibilityUnanswered, "accessibility");
    no.command(&open, &author, wrong(|d| d.accessibility = Some(hidden(""))), Code::TextTooShort, "accessibility");
    for cents in [Cents::new(-1), Cents::new(proposal::MAX_COST_CENTS + 1)] {
        no.command(&open, &author, wrong(|d| d.estimate_cents = cents), Code::AmountOutOfRange, "estimate");
    }

    no.command(
        &open,
        &author,
        wrong(|d| d.accessibility = Some(hidden(&"a".repeat(1_001)))),
        Code::TextTooLong,
        "accessibility",
    );
    for cents in [Cents::new(-1), Cents::new(proposal::MAX_COST_CENTS + 1)] {
        no.command(&open, &author, wrong(|d| d.running_cents = cents), Code::AmountOutOfRange, "running");
    }
    no.command(&open, &author, wrong(|d| d.earlier = Some(hidden(&"a".repeat(201)))), Code::TextTooLong, "earlier");
    no.command(&open, &author, wrong(|d| d.complement = Some(hidden(" "))), Code::TextTooShort, "complement");
    no.command(
        &open,
        &author,
        wrong(|d| d.complement = Some(hidden(&"a".repeat(201)))),
        Code::TextTooLong,
        "complement",
    );
    no.command(&open, &moderator(), deposit("p-20", "c-1"), Code::NotTheAuthor, "author");

    // attachments: five here, three in the careful city
    let careful = Story::careful_at(Phase::Ideation);
    let files = |digests: &[&str]| -> Vec<Attachment> {
        let file = |digest: &&str| Attachment {
            name: hidden("Plan"),
            digest: hidden(&digest.repeat(32)),
            media_type: MediaType::Png,
            bytes: 1,
        };
        digests.iter().map(file).collect()
    };
    let refused = Code::AttachmentRefused;
    no.command(
        &open,
        &author,
        wrong(|d| d.attachments = files(&["0a", "0b", "0c", "0d", "0e", "0f"])),
        refused,
        "attachments",
    );
    no.command(&careful, &author, wrong(|d| d.attachments = files(&["0a", "0b", "0c", "0d"])), refused, "attachments");
    for digest in ["0A", "0g", "0", "0aa"] {
        no.command(&open, &author, wrong(|d| d.attachments = files(&[digest])), refused, "attachments");
    }
    for bytes in [0, proposal::MAX_ATTACHMENT_BYTES + 1] {
        let sized = |d: &mut Deposit| {
            d.attachments = files(&["0a"]);
            d.attachments[0].bytes = bytes;
        };
        no.command(&open, &author, wrong(sized), refused, "attachments");
    }
    no.command(&open, &author, wrong(|d| d.attachments = files(&["0a", "0a"])), Code::DuplicateEntry, "attachments");
    let named = |d: &mut Deposit| {
        d.attachments = files(&["0a"]);
        d.attachments[0].name = hidden(&"n".repeat(201));
    };
    no.command(&open, &author, wrong(named), Code::TextTooLong, "attachments");

    // who deposits, and where
    let association = |d: &mut Deposit| d.depositor = DepositorKind::Association;
    no.command(
        &careful,
        &author,
        wrong(|d| d.depositor = DepositorKind::Collective),
        Code::DepositorNotAccepted,
        "depositor",
    );
    no.command(&careful, &author, wrong(association), Code::ComplementMissing, "complement");
    let address = |postcode: &str| Some(Address { text: hidden("1 rue de l’École"), postcode: postcode.into() });
    no.command(&careful, &author, wrong(|d| d.address = address("99999")), Code::PointOutsideCity, "address");
    let deposit_at = |neighbourhood: Option<&str>| {
        let deposit = Box::new(Deposit { neighbourhood: neighbourhood.map(id), ..deposit_of("c-1") });
        Event::Proposal(proposal::Event::ProposalDeposited { deposit, awaits_approval: true })
    };
    no.log(&careful, &author, ("p-20", deposit_at(None)), Code::NeighbourhoodMismatch, "neighbourhood");
    no.log(&careful, &author, ("p-20", deposit_at(Some("N2"))), Code::NeighbourhoodMismatch, "neighbourhood");

    // withdraw
    no.command(&deposited, &author, withdraw("p-99"), Code::NotFound, "proposal");
    no.command(&deposited, &citizen("c-8"), withdraw("p-8"), Code::ProposalWithdrawn, "proposal");
    no.command(&deposited, &citizen("c-2"), withdraw("p-1"), Code::NotTheAuthor, None);
    no.command(&deposited, &agent, withdraw("p-1"), Code::NotTheAuthor, None);
    no.command(&merging, &author, withdraw("p-1"), Code::PhaseNotOpen, None);

    // merge
    no.command(&deposited, &agent, merge("p-1", "q-1"), Code::TooEarly, None);
    no.command(&merged, &agent, merge("p-1", "q-1"), Code::ProposalMerged, "proposal");
    no.command(&merged, &agent, merge("p-1", "q-2"), Code::NotFound, "project");
    no.command(&merged, &agent, merge("p-1", "q-99"), Code::NotFound, "project");
    no.command(&merged, &agent, merge("p-99", "q-1"), Code::NotFound, "proposal");
    no.command(&merged, &agent, merge("p-8", "q-1"), Code::ProposalWithdrawn, "proposal");
    no.command(&merged, &author, merge("p-1", "q-2"), Code::RoleMissing, None);
    no.command(&Story::at(Phase::PreSubmit), &agent, merge("p-1", "q-2"), Code::TooLate, None);
    no
}
