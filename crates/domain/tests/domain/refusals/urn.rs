//! What is refused of the vote with sealed ballots.

use super::Refusals;
use crate::support::sample::*;
use crate::support::sealed::*;
use crate::support::story::Story;
use domain::phase::Phase;
use domain::urn::{AreaRegister, Command as UrnCommand, Event as UrnEvent};
use domain::{Code, Event, campaign};
use seal::{Sealed, UrnSecret};
use transparency::Hash;

fn says(event: UrnEvent) -> (&'static str, Event) {
    (CODE, Event::Urn(event))
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    keys(&mut no);
    batches(&mut no);
    closing(&mut no);
    opening(&mut no);
    no
}

fn keys(no: &mut Refusals) {
    let open_box = Story::at(Phase::PreVote);
    no.command(&open_box, &returning(), declare_key(), Code::NotSealed, None);
    let before = Story::sealed_at(Phase::PreVote);
    let declare = |log: &str, ceremony| urn(UrnCommand::DeclareKey { log: log.into(), ceremony });
    no.command(&before, &returning(), declare(LOG, ceremony(3, &secret())), Code::OutOfRange, "holders");
    no.command(&before, &returning(), declare("", ceremony(2, &secret())), Code::OutOfRange, "log");
    let elsewhere = UrnEvent::UrnKeyDeclared { log: LOG.into(), ceremony: ceremony(2, &secret()) };
    no.log(&before, &returning(), ("T2027", Event::Urn(elsewhere)), Code::NotFound, "urn");
    no.command(&Story::sealed_at(Phase::Vote), &returning(), declare_key(), Code::RulesFrozen, None);
    // Without a key the vote doesn't open, nor where a batch of the rules is too long for a leaf.
    let ready = |configuration| {
        let mut story = Story::configured(configuration);
        for phase in Phase::ALL.into_iter().take_while(|phase| *phase < Phase::Vote) {
            story.act(&system(), open(phase));
            story.live(phase);
            story.act(&system(), close(phase));
        }
        story
    };
    no.command(&ready(sealed_configuration()), &system(), open(Phase::Vote), Code::UrnKeyMissing, None);
    let mut crowded = sealed_configuration();
    crowded.rules.sealed.as_mut().unwrap().batch_least = 10_000;
    let mut crowded = ready(crowded);
    crowded.act(&returning(), declare_key());
    no.command(&crowded, &system(), open(Phase::Vote), Code::OutOfRange, "batch_least");
    let paper = cast("v-1", &[("ALL", paper(&[1]))]);
    no.command(&Story::sealed_at(Phase::Vote), &citizen("v-1"), paper, Code::BallotInvalid, None);
}

fn batches(no: &mut Refusals) {
    let vote = Story::sealed_at(Phase::Vote);
    let publish = |ballots: &[Sealed]| publish_ballots("ALL", ballots.to_vec());
    let [one, two, three] = [1, 2, 3].map(|seed| vote.seal("ALL", &[1], seed));
    no.command(&vote, &system(), publish(std::slice::from_ref(&one)), Code::BatchTooSmall, "ballots");
    no.command(&vote, &system(), publish(&[]), Code::EmptyList, "ballots");
    no.command(&vote, &system(), publish(&[one.clone(), one.clone()]), Code::BallotKnown, "ballots");
    let many: Vec<Sealed> = (0..=255).map(|seed| vote.seal("ALL", &[1], seed)).collect();
    let many = [&many[..], &many[..], &many[..]].concat();
    no.command(&vote, &system(), publish(&many), Code::TooMany, "ballots");
    let short = Sealed::new(one.as_bytes()[..60].to_vec()).unwrap();
    no.command(&vote, &system(), publish(&[one.clone(), short]), Code::BallotInvalid, "ballots");
    no.command(&vote, &system(), publish_ballots("D9", vec![one.clone(), two.clone()]), Code::UnknownArea, "area");
    no.command(&vote, &returning(), publish(&[one.clone(), two.clone()]), Code::RoleMissing, None);
    let mut published = vote.clone();
    published.act(&system(), publish(&[one.clone(), two.clone()]));
    // A leaf that is replayed.
    no.command(&published, &system(), publish(&[two.clone(), three.clone()]), Code::BallotKnown, "ballots");
    let said = |change: fn(&mut UrnEvent)| {
        let mut event = published.lines.last().unwrap().event.clone();
        if let Event::Urn(event) = &mut event {
            change(event);
        }
        (CODE, event)
    };
    let unsorted = said(|event| {
        if let UrnEvent::BallotsPublished { ballots, .. } = event {
            ballots.reverse();
        }
    });
    no.log(&vote, &system(), unsorted, Code::BatchUnsorted, "ballots");
    let renumbered = said(|event| {
        if let UrnEvent::BallotsPublished { number, .. } = event {
            *number = 2;
        }
    });
    no.log(&vote, &system(), renumbered, Code::OutOfRange, "number");
    let swapped = said(|event| {
        if let UrnEvent::BallotsPublished { catalogue, .. } = event {
            *catalogue = Hash::of(&[b"another list"]);
        }
    });
    no.log(&vote, &system(), swapped, Code::ForeignCatalogue, "catalogue");
    let other_key = said(|event| {
        if let UrnEvent::BallotsPublished { key, .. } = event {
            *key = UrnSecret::from_seed(&[8; 32]).public().unwrap().id();
        }
    });
    no.log(&vote, &system(), other_key, Code::OtherUrnKey, "key");
    let early = Story::sealed_at(Phase::PreVote);
    no.log(&early, &system(), said(|_| {}), Code::ForeignCatalogue, "catalogue");
    let mut closed = Story::sealed_at(Phase::PostVote);
    closed.act(&returning(), close_box());
    no.command(&closed, &system(), publish(&[three]), Code::BallotBoxClosed, None);
}

fn closing(no: &mut Refusals) {
    let rows = [("ALL", 4, 0, 0), ("D1", 2, 0, 0), ("D2", 0, 0, 0)];
    let open_box = Story::sealed_at(Phase::PostVote);
    no.command(&open_box, &returning(), reconcile(&[], &rows), Code::BallotBoxOpen, None);
    no.command(&open_box, &returning(), shred(), Code::TooEarly, None);
    let mut closed = open_box;
    closed.act(&returning(), close_box());
    let known = closed.digest("ALL", &closed.seal("ALL", &[3], 2));
    no.command(&closed, &returning(), reconcile(&[Hash::of(&[b"none"])], &rows), Code::NotFound, "ballots");
    no.command(&closed, &returning(), reconcile(&[], &rows[..2]), Code::RegisterMismatch, "areas");
    // A row that was deleted from the register, or a ballot that nobody cast.
    let fewer = [("ALL", 3, 0, 0), rows[1], rows[2]];
    no.command(&closed, &returning(), reconcile(&[], &fewer), Code::RegisterMismatch, "digital");
    let both = [rows[0], rows[1], ("D2", 0, 1, 2)];
    no.command(&closed, &returning(), reconcile(&[], &both), Code::RegisterMismatch, "both");
    let aside = |ballots: Vec<Hash>| says(UrnEvent::BallotsSetAside { ballots });
    no.log(&closed, &returning(), aside(vec![]), Code::EmptyList, "ballots");
    no.log(&closed, &returning(), aside(vec![known; 901]), Code::TooMany, "ballots");
    let mut twice = closed.clone();
    twice.act(&returning(), reconcile(&[known], &[("ALL", 3, 0, 0), rows[1], rows[2]]));
    no.command(&twice, &returning(), reconcile(&[], &rows), Code::AlreadyDone, None);
    let other = domain::Timestamp::from_unix(twice.now().unix() + 60).unwrap();
    let shredded = |ballots, objections_until| {
        (CODE, Event::Campaign(campaign::Event::LinkShredded { ballots, objections_until }))
    };
    no.log(&twice, &returning(), shredded(7, other), Code::ResultMismatch, "ballots");
    no.log(&twice, &returning(), shredded(6, other), Code::OutOfRange, "objections_until");
    let sealed_result = campaign::Command::ProclaimResult;
    let mut drawn = twice.clone();
    drawn.act(&returning(), draw("7"));
    no.command(&drawn, &returning(), domain::Command::Campaign(sealed_result), Code::UrnSealed, None);
    twice.act(&returning(), shred());
    no.command(&twice, &returning(), shred(), Code::AlreadyDone, None);
    let row = AreaRegister { area: id("ALL"), digital: 0, paper: 0, both: 0, doubtful: 0 };
    no.log(&twice, &returning(), says(UrnEvent::RegisterReconciled { areas: vec![row] }), Code::AlreadyDone, None);
}

fn opening(no: &mut Refusals) {
    let object = |text: &str| urn(UrnCommand::Object { text: text.into() });
    let answer = |number, text: &str| urn(UrnCommand::Answer { number, answer: text.into() });
    let mut story = Story::sealed_at(Phase::PostVote);
    no.command(&story, &citizen("c-1"), object("Non"), Code::TooEarly, None);
    no.command(&story, &returning(), open_urn(), Code::TooEarly, None);
    story.act(&returning(), close_box());
    story.act(&returning(), reconcile(&[], &[("ALL", 4, 0, 0), ("D1", 2, 0, 0), ("D2", 0, 0, 0)]));
    story.act(&returning(), shred());
    no.command(&story, &citizen("c-1"), object(" "), Code::TextTooShort, "text");
    no.command(&story, &citizen("c-1"), object(&"a".repeat(5_001)), Code::TextTooLong, "text");
    let seven = UrnEvent::ObjectionLodged { number: 7, text: hidden("Non") };
    no.log(&story, &citizen("c-1"), says(seven), Code::OutOfRange, "number");
    no.command(&story, &returning(), open_urn(), Code::TooEarly, None);
    story.act(&citizen("c-1"), object("Le bureau 3 a ouvert tard."));
    no.command(&story, &returning(), answer(2, "Non"), Code::NotFound, "number");
    no.command(&story, &returning(), answer(0, "Non"), Code::NotFound, "number");
    no.command(&story, &returning(), answer(1, ""), Code::TextTooShort, "answer");
    let mut over = story.clone();
    over.clock = over.world.campaign.objections_until;
    // Tables ask at the time of the story's last event.
    no.command(&over, &citizen("c-2"), object("Trop tard"), Code::TooLate, None);
    no.command(&over, &returning(), open_urn(), Code::ObjectionUnanswered, None);
    over.act(&returning(), answer(1, "De cinq minutes."));
    no.command(&over, &returning(), answer(1, "Encore"), Code::AlreadyDone, "number");
    let wrong = urn(UrnCommand::Open { secret: UrnSecret::from_seed(&[8; 32]) });
    no.command(&over, &returning(), wrong, Code::WrongUrnSecret, "secret");
    over.act(&returning(), open_urn());
    no.command(&over, &returning(), open_urn(), Code::AlreadyDone, None);
}
