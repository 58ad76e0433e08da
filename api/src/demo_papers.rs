//! The demo's polling places: a town hall in each district, its box, and what its papers say.
//!
//! Papers are counted as totals, read by two agents, and sealed to the urn's key until it is opened. The
//! public lot draws some places, whose papers are read once more.

use crate::demo::{Play, agent, returning_officers};
use crate::demo_city::{DISTRICTS, id};
use crate::failure::Failure;
use crate::papers::sealed_sheet;
use crate::steps::Step;
use domain::campaign::Command as CampaignCommand;
use domain::paper_count::{Bundle, PaperCount, PaperMode, SheetLine, Void};
use domain::polling_place::{Command as Asked, Disclosure, Venue};
use domain::roles::Office;
use domain::{Actor, AreaId, Command, Hidden, PlaceId, Role, SealId};
use projections::Model;
use std::collections::{BTreeMap, BTreeSet};
use transparency::Hash;

/// Places whose papers are read once more.
pub(crate) const AUDITED: u16 = 2;

/// The two who read the papers of every town hall.
fn readers() -> [Actor; 2] {
    ["agent-polling-2", "agent-polling-3"].map(|id| agent(id, Role::PollingOfficer))
}

/// What the papers of one area in one place say.
#[derive(Default)]
struct Pile {
    valid: u32,
    blank: u32,
    void: u32,
    votes: BTreeMap<u32, i64>,
}

/// All papers, by district of the town hall, then by area.
#[derive(Default)]
pub(crate) struct Papers(BTreeMap<(usize, usize), Pile>);

impl Papers {
    /// A paper with these choices is dropped; none of them for a blank one.
    pub(crate) fn drop(&mut self, district: usize, place: usize, choices: &[u32]) {
        let pile = self.0.entry((district, place)).or_default();
        if choices.is_empty() {
            pile.blank += 1;
            return;
        }
        pile.valid += 1;
        for number in choices {
            *pile.votes.entry(*number).or_default() += 1;
        }
    }

    /// A paper is dropped that breaks the rules.
    pub(crate) fn drop_void(&mut self, district: usize, place: usize) {
        self.0.entry((district, place)).or_default().void += 1;
    }

    fn count(&self, district: usize, place: usize) -> PaperCount {
        let Some(pile) = self.0.get(&(district, place)) else { return PaperCount::default() };
        let line = |(project, votes): (&u32, &i64)| SheetLine {
            project: *project,
            votes: *votes,
            supporters: None,
            grades: Vec::new(),
        };
        PaperCount {
            valid: pile.valid,
            blank: pile.blank,
            void: (pile.void > 0).then_some((Void::BreaksTheRules, pile.void)).into_iter().collect(),
            lines: pile.votes.iter().map(line).collect(),
            cards: Vec::new(),
        }
    }
}

/// The town hall of a district.
fn town_hall(district: usize) -> Result<PlaceId, Failure> {
    id(&format!("mairie-{district:02}"))
}

fn seals(district: usize) -> Result<BTreeSet<SealId>, Failure> {
    [1, 2].map(|nth| id(&format!("S-{district:02}-{nth}"))).into_iter().collect()
}

fn at(place: &PlaceId, name: &str, actor: &Actor, asked: Vec<Asked>) -> Step {
    let commands = asked.into_iter().map(|asked| Command::PollingPlace(place.clone(), asked)).collect();
    Step { name: format!("{name} {place}"), actor: actor.clone(), commands }
}

/// What two agents entered of a bundle.
struct Read {
    area: AreaId,
    disclosure: Disclosure,
    commitment: Hash,
}

impl Play<'_> {
    /// Who reads papers, as the roles are granted.
    pub(crate) fn polling_offices(&self) -> Result<Vec<(Actor, Office)>, Failure> {
        let mut offices = Vec::new();
        for district in DISTRICTS {
            for reader in readers() {
                let office = Office { place: Some(town_hall(district)?), ..Office::of(Role::PollingOfficer) };
                offices.push((reader, office));
            }
        }
        Ok(offices)
    }

    /// Every town hall opens with an empty, sealed box.
    pub(crate) fn open_places(&self) -> Result<(), Failure> {
        let (officer, [guard, _]) = (returning_officers().0, readers());
        let (mut opened, mut boxed) = (Vec::new(), Vec::new());
        for district in DISTRICTS {
            let (place, name) = (town_hall(district)?, &self.city.place(district)?.name);
            let venue = Venue {
                name: Hidden::Disclosed(format!("Mairie du {name}")),
                address: Hidden::Disclosed(format!("1 place de la Mairie, {name}")),
                areas: [self.area(0)?, self.area(district)?].into(),
                mode: PaperMode::CountSheet,
            };
            opened.push(at(&place, "open", &officer, vec![Asked::Open(Box::new(venue))]));
            let seal = Asked::SealBox { number: 1, seals: seals(district)? };
            let pass = Asked::PassCustody { number: 1, from: "Camille".to_owned(), to: "Dominique".to_owned() };
            boxed.push(at(&place, "seal", &guard, vec![seal, pass]));
        }
        self.steps.many("polling places", &opened, |_| {})?;
        self.steps.many("sealed boxes", &boxed, |_| {})
    }

    /// Boxes are opened, signatures and papers counted, papers read by two agents who agree.
    pub(crate) fn count_papers(&self, papers: &Papers, model: &Model) -> Result<(), Failure> {
        let [one, other] = readers();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for district in DISTRICTS {
            let place = town_hall(district)?;
            let mut begins = vec![Asked::OpenBox { number: 1, seals: seals(district)?, reason: None }];
            let (mut entered, mut agreed) = (Vec::new(), Vec::new());
            for area in [0, district] {
                let count = papers.count(district, area);
                let all = u32::try_from(count.papers()).unwrap_or(u32::MAX);
                let area = self.area(area)?;
                let counted = Asked::CountSignatures { area: area.clone(), signatures: all, papers: all, reason: None };
                begins.push(counted);
                if all == 0 {
                    continue;
                }
                let read = self.read(&place, area, count)?;
                entered.push(read.enter(1));
                agreed.push(read.enter(2));
                let within = (&read.area, PaperMode::CountSheet);
                let sheet = sealed_sheet(model, within, &read.disclosure, &self.entropy.bytes())?;
                agreed.push(Asked::Agree { area: read.area, bundle: 1, papers: all, sheet });
            }
            agreed.push(Asked::AttachMinutes { digest: Hash::of(&[b"minutes\n", place.as_str().as_bytes()]) });
            first.push(at(&place, "count", &one, begins.into_iter().chain(entered).collect()));
            second.push(at(&place, "agree", &other, agreed));
        }
        self.steps.many("papers read", &first, |_| {})?;
        self.steps.many("papers read again", &second, |_| {})
    }

    fn read(&self, place: &PlaceId, area: AreaId, count: PaperCount) -> Result<Read, Failure> {
        let salt = Hash(self.entropy.bytes());
        let commitment = count.commitment(Bundle { place, area: &area, number: 1 }, &salt)?;
        Ok(Read { area, disclosure: Disclosure { count, salt }, commitment })
    }

    /// The lot is drawn, and the papers of the places that it draws are read once more.
    pub(crate) fn audit(&self, draw: CampaignCommand) -> Result<(), Failure> {
        let (drawer, auditor) = returning_officers();
        self.steps.one("lot", &drawer, vec![Command::Campaign(draw)])?;
        let model = self.model()?;
        let drawn = projections::polling_places::audited(&model, usize::from(AUDITED)).unwrap_or_default();
        let mut recounts = Vec::new();
        for place in drawn {
            let Some(row) = model.polling_places.get(&place) else { continue };
            let mut asked = Vec::new();
            for area in row.place.areas.keys() {
                for (bundle, agreed) in row.place.agreed(area) {
                    let (area, commitment) = (area.clone(), agreed.commitment);
                    asked.push(Asked::Recount { area, bundle, commitment, reason: None });
                }
            }
            recounts.push(at(&place, "audit", &auditor, asked));
        }
        self.steps.many("papers audited", &recounts, |_| {})
    }
}

impl Read {
    fn enter(&self, round: u32) -> Asked {
        Asked::Enter { area: self.area.clone(), bundle: 1, round, commitment: self.commitment, reason: None }
    }
}
