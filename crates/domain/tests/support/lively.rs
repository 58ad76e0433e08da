//! Another year in the same city: all that people and agents may do between the deposit and the ballot
//! paper, where moderators look first.
//!
//! Four proposals; a hybrid workshop and one that is cancelled; a project with an appeal, one that is
//! split, and one that another takes in; a list with two projects that exclude each other.

use super::kept::moderator;
use super::people::*;
use super::sample::*;
use super::story::Story;
use domain::campaign;
use domain::comment::{self, Subject};
use domain::geography::{Outline, Place};
use domain::participant::Content;
use domain::phase::Phase;
use domain::project::{self, Answer, Assignment, Commitment, Ending, Formation, Opinion, ScopeChange, Sheet, Verdict};
use domain::proposal::{Address, Attachment, Consents, DepositorKind, Link, MediaType, MergeKind};
use domain::workshop::{self, Mode, Standing};
use domain::{Actor, Command, Role};

/// The second referent of a department, for appeals.
pub(crate) fn other_referent() -> Actor {
    actor("agent-21", Role::DepartmentReferent)
}

/// Of a project.
pub(crate) fn about(project: &str, command: project::Command) -> Command {
    Command::Project(id(project), command)
}

/// A square around the centre of the city, in microdegrees.
pub(crate) fn square(half: i32) -> Outline {
    let (x, y) = (2_352_222, 48_856_613);
    let corners = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]];
    Outline { polygons: vec![vec![corners.map(|[dx, dy]| [x + dx * half, y + dy * half]).into()]] }
}

pub(crate) fn draw_outline(place: Place, outline: Outline) -> Command {
    Command::Campaign(campaign::Command::DrawOutline { place, outline })
}

/// A formation in the outlined neighbourhood of D1.
pub(crate) fn formation_here(reference: &str, proposals: &[&str]) -> Formation {
    Formation { point: deposit_of("c-1").point, ..formation(reference, "D1", proposals) }
}

pub(crate) fn assign(project: &str, department: &str, mandatory: bool) -> Command {
    about(project, project::Command::Assign(Assignment { department: id(department), mandatory, due: month(5) }))
}

pub(crate) fn end(project: &str, ending: Ending) -> Command {
    about(project, project::Command::End { ending, reason: "Deux lieux".into() })
}

/// A verdict that answers the campaign's criterion.
pub(crate) fn full_verdict(opinion: Opinion, units: i64) -> Verdict {
    let criteria =
        vec![Answer { criterion: id("LEGAL"), met: opinion != Opinion::Unfavourable, remark: Some(hidden("Vu")) }];
    let conditions = (opinion == Opinion::FavourableWithConditions).then(|| hidden("Si le sol le permet"));
    Verdict { criteria, conditions, commitment_needed: true, ..verdict_of("PARKS", opinion, &[units]) }
}

impl Story {
    /// The careful campaign, configured and drawn on the map, with this phase just opened.
    pub(crate) fn careful_at(phase: Phase) -> Self {
        let mut careful = careful();
        careful.instruction.criteria =
            vec![domain::configuration::Named { id: id("LEGAL"), name: hidden("Dans la loi") }];
        let mut story = Self::configured(careful);
        story.act(&coordinator(), draw_outline(Place::Area(id("D1")), square(50_000)));
        story.act(&coordinator(), draw_outline(Place::Neighbourhood(id("N1")), square(5_000)));
        for earlier in Phase::ALL.into_iter().take_while(|earlier| *earlier < phase) {
            story.act(&system(), open(earlier));
            story.act(&system(), close(earlier));
        }
        story.act(&system(), open(phase));
        story
    }

    /// The whole of that year up to the list.
    pub(crate) fn lively() -> Self {
        let mut story = Self::careful_at(Phase::Ideation);
        story.careful_deposits();
        story.words();
        story.turn(Phase::PostIdeation);
        story.workshops();
        story.merging();
        story.turn(Phase::CoConstruction);
        story.departments();
        story.turn(Phase::PreSubmit);
        story.commission();
        story.turn(Phase::Submit);
        story.act(&coordinator(), publish());
        story
    }

    /// Closes the phase that is open and opens this one.
    pub(crate) fn turn(&mut self, to: Phase) {
        let open_now = self.world.campaign.progress.latest.unwrap();
        self.act(&system(), close(open_now));
        self.act(&system(), open(to));
    }

    fn careful_deposits(&mut self) {
        let (author, helper, guest) = (citizen("c-1"), citizen("c-5"), citizen("c-6"));
        let mut rich = deposit_of("c-1");
        rich.depositor = DepositorKind::Association;
        rich.complement = Some(hidden("Les Amis de l’eau"));
        rich.address = Some(Address { text: hidden("1 rue de l’École"), postcode: "75001".into() });
        rich.running_cents = Some(euros(50));
        rich.earlier = Some(hidden("2025"));
        let (name, digest) = (hidden("Plan"), hidden(&"0a".repeat(32)));
        rich.attachments = vec![Attachment { name, digest, media_type: MediaType::Pdf, bytes: 2_000_000 }];
        rich.consents = Consents { images: true, contact: true };
        self.act(&author, of("p-1", domain::proposal::Command::Deposit(Box::new(rich.clone()))));
        self.act(&moderator(), approve("p-1"));
        for n in 2..=5 {
            let author = format!("c-{n}");
            self.act(&citizen(&author), deposit(&format!("p-{n}"), &author));
            self.act(&moderator(), approve(&format!("p-{n}")));
        }
        rich.title = hidden("Une fontaine et un banc");
        self.act(&author, of("p-1", domain::proposal::Command::Edit { version: 1, deposit: Box::new(rich) }));
        self.act(&moderator(), approve("p-1"));
        for (person, text) in [(&helper, "one"), (&guest, "two")] {
            self.act(&author, invite("p-1", text));
            self.act(person, join("p-1", text));
        }
        self.act(&guest, leave("p-1"));
        self.act(&moderator(), remove("p-4"));
        self.act(&moderator(), restore("p-4"));
        self.act(&citizen("c-5"), withdraw("p-5"));
    }

    fn words(&mut self) {
        let (second, third) = (citizen("c-2"), citizen("c-3"));
        self.act(&second, support("c-2", "p-1"));
        self.act(&third, support("c-3", "p-1"));
        self.act(&third, support_no_more("c-3", "p-1"));
        self.act(&second, post("k-1", "p-1"));
        self.act(&moderator(), on("k-1", comment::Command::Approve));
        self.act(&coordinator(), answer("k-2", "p-1", Some("k-1")));
        for command in [comment::Command::Pin, comment::Command::Unpin, comment::Command::Pin] {
            self.act(&moderator(), on("k-2", command));
        }
        self.act(&third, post("k-3", "p-1"));
        self.act(&moderator(), on("k-3", comment::Command::Approve));
        self.act(&second, report("c-2", Content::Comment(id("k-3"))));
        self.act(&third, report("c-3", Content::Proposal(id("p-2"))));
        self.act(&moderator(), on("k-3", comment::Command::Remove { reason: "Injures".into() }));
        self.act(&moderator(), on("k-3", comment::Command::Restore { reason: "Citation".into() }));
        self.act(&third, on("k-3", comment::Command::Withdraw));
    }

    fn workshops(&mut self) {
        let (agent, author, third, guest) = (coordinator(), citizen("c-1"), citizen("c-3"), citizen("c-7"));
        self.act(&agent, announce("w-1", Mode::Hybrid, &["p-1", "p-2", "p-3"]));
        self.act(&agent, change("w-1", Mode::Hybrid, &["p-1", "p-2", "p-3"], 1, |new| new.capacity = 2));
        self.act(&agent, announce("w-2", Mode::InPerson, &["p-4"]));
        self.act(&agent, at("w-2", workshop::Command::Cancel { reason: "Pas de salle".into() }));
        self.act(&agent, at("w-1", workshop::Command::Invite { invitation: secret("three") }));
        self.act(&author, register("w-1", Standing::Depositor));
        self.act(&third, register("w-1", Standing::Follower));
        self.act(&third, at("w-1", workshop::Command::CancelRegistration));
        self.act(&guest, register_with("w-1", "three"));
        self.clock = Some(hour("04-10T21:00"));
        self.act(&agent, attendance("w-1", &["c-1"]));
        self.act(&guest, write("k-4", Subject::Workshop(id("w-1")), None, false, "Et un banc ?"));
        self.act(&agent, alternatives("w-1", &["Fontaine", "Fontaine et banc"]));
        self.clock = Some(hour("04-15T09:00"));
        self.act(&author, choose("w-1", 2));
        self.clock = Some(hour("04-20T00:00"));
        self.act(&agent, final_text("w-1"));
        self.act(&agent, minutes("w-1"));
    }

    fn merging(&mut self) {
        let agent = coordinator();
        let workshop = Some(id("w-1"));
        let mut one = formation_here("R-1", &["p-1"]);
        one.workshops = workshop.iter().cloned().collect();
        self.act(&agent, form_as("q-1", one));
        let reason = Some("Même rue".into());
        let whole = Link { share_percent: Some(60), reason, workshop, ..Link::plain(id("q-1"), MergeKind::Single) };
        self.act(&agent, link("p-1", whole));
        self.act(&agent, about("q-1", project::Command::AddProposal(id("p-2"))));
        self.act(&agent, merge("p-2", "q-1"));
        let reason = "Un autre lieu".into();
        self.act(&agent, about("q-1", project::Command::TakeOut { proposal: id("p-2"), reason }));
        self.act(&agent, unmerge("p-2", "q-1"));
        let mut sheet = Box::new(Sheet::of(&formation_here("R-1", &["p-1"])));
        sheet.title = hidden("Une fontaine et un banc");
        let edit = project::Command::Edit { version: 1, sheet, workshop: Some(id("w-1")) };
        self.act(&agent, about("q-1", edit));

        self.act(&agent, form_as("q-2", formation_here("R-2", &["p-2", "p-3"])));
        self.act(&agent, merge("p-2", "q-2"));
        self.act(&agent, merge("p-3", "q-2"));
        self.act(&agent, end("q-2", Ending::Split(vec![id("q-3"), id("q-4")])));
        for (project, proposal) in [("q-3", "p-2"), ("q-4", "p-3")] {
            self.act(&agent, unmerge(proposal, "q-2"));
            let part_of = Some(id("q-2"));
            self.act(
                &agent,
                form_as(project, Formation { part_of, ..formation_here(&format!("R-{project}"), &[proposal]) }),
            );
            self.act(&agent, merge(proposal, project));
        }
        self.act(&agent, form_as("q-5", formation_here("R-5", &["p-4"])));
        self.act(&agent, merge("p-4", "q-5"));
        self.act(&agent, end("q-5", Ending::Absorbed(id("q-4"))));
        self.act(&agent, unmerge("p-4", "q-5"));
        self.act(&agent, about("q-4", project::Command::AddProposal(id("p-4"))));
        self.act(&agent, merge("p-4", "q-4"));
    }

    fn departments(&mut self) {
        let (agent, referent, other) = (coordinator(), referent(), other_referent());
        self.act(&agent, assign("q-1", "PARKS", true));
        self.act(&agent, assign("q-1", "ROADS", false));
        let department = id("PARKS");
        self.act(&agent, about("q-1", project::Command::NameInstructor { department, agent: id("agent-2") }));
        let reason = "Pas de voirie".into();
        self.act(&referent, about("q-1", project::Command::HandBack { department: id("ROADS"), reason }));
        self.act(&referent, verdict_as("q-1", full_verdict(Opinion::Unfavourable, 1)));
        self.act(&agent, about("q-1", project::Command::Consolidate));
        let grounds = "Le terrain est à la ville.".into();
        self.act(&citizen("c-5"), about("q-1", project::Command::Appeal { grounds }));
        self.act(&other, verdict_as("q-1", full_verdict(Opinion::FavourableWithConditions, 20_000)));
        self.act(&agent, about("q-1", project::Command::Consolidate));
        self.act(&agent, about("q-1", project::Command::Reopen { reason: "Un chiffre manque".into() }));
        self.act(&other, verdict_as("q-1", full_verdict(Opinion::FavourableWithConditions, 21_000)));
        self.act(&agent, about("q-1", project::Command::Consolidate));
        let (association, until) = (hidden("Les Amis de l’eau"), Some("2029-12-31".parse().unwrap()));
        let commitment = Commitment { association, yearly_cents: euros(100), until };
        self.act(&agent, about("q-1", project::Command::RecordCommitment(commitment)));
        for project in ["q-3", "q-4"] {
            self.act(&referent, verdict(project, "PARKS", &[10_000]));
        }
    }

    fn commission(&mut self) {
        let agent = coordinator();
        let lines = verdict_of("PARKS", Opinion::Favourable, &[15_000]).lines;
        let (description, reason) = (Some(hidden("Une fontaine seulement")), hidden("L’enveloppe"));
        let change = Box::new(ScopeChange { description, lines, reason });
        self.act(&agent, about("q-1", project::Command::ChangeScope(change)));
        for project in ["q-1", "q-3", "q-4"] {
            self.act(&agent, admit(project));
        }
        let projects = || ["q-3", "q-4"].map(id).into();
        let declare = || campaign::Command::DeclareExclusion { projects: projects(), reason: "La même place".into() };
        self.act(&agent, Command::Campaign(declare()));
        let reason = "Deux places".into();
        self.act(&agent, Command::Campaign(campaign::Command::LiftExclusion { projects: projects(), reason }));
        self.act(&agent, Command::Campaign(declare()));
    }
}
