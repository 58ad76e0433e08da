//! Owns the polling places of a simulated election: their boxes, and two agents who read the papers in them.
//! Must not: know how papers are counted. Next: `sealed_election.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test support: what doesn't work fails the test"
)]

use crate::sealed_city::City;
use crate::sealed_voters::{AREAS, Mark, Person, Scale, ballot_types, mode_of};
use crate::town::support::kept::second_returning;
use crate::town::support::papers::{at, bound, open_box, open_place, salt, seal_box, signatures};
use crate::town::support::sample::{CODE, id, returning};
use commands::Request;
use domain::paper_count::{Card, PaperCount, PaperMode, SheetLine, longest};
use domain::polling_place::{Command as Asked, Disclosure, Sheet};
use domain::{Actor, Command};
use std::collections::BTreeMap;
use transparency::to_canonical;

/// A polling place, by its number from 0.
fn name(place: usize) -> String {
    format!("place-{place:03}")
}

/// The areas of a place: the whole city and one district.
fn areas(place: usize) -> [usize; 2] {
    [0, 1 + place % (AREAS.len() - 1)]
}

impl City {
    /// Opens the places and seals a box in each.
    pub async fn open_places(&self, scale: Scale) {
        let of = |place| areas(place).map(|area| AREAS[area]);
        self.all(&returning(), (0..scale.places).map(|n| vec![open_place(&name(n), &of(n), mode_of(n))])).await;
        self.all(&returning(), (0..scale.places).map(|n| vec![seal_box(&name(n), 1, &[&format!("S-{n}")])])).await;
    }

    /// Opens the boxes, counts the papers, and has each bundle read by two agents. Answers how many papers.
    pub async fn count_papers(&self, people: &[Person], scale: Scale) -> u64 {
        let view = self.newest().await;
        let (campaign, urn) = (&view.model.campaign, &view.model.urn);
        let mut bundles: BTreeMap<(usize, usize), Vec<&Mark>> = BTreeMap::new();
        for paper in people.iter().filter_map(|person| person.paper.as_ref()) {
            for (area, mark) in &paper.marks {
                bundles.entry((paper.place, *area)).or_default().push(mark);
            }
        }
        self.all(&returning(), (0..scale.places).map(|n| vec![open_box(&name(n), 1, &[&format!("S-{n}")], None)]))
            .await;
        let mut papers = 0;
        for side in 0..2 {
            let read = |place: usize| {
                let area = areas(place)[side];
                let marks = bundles.get(&(place, area)).map_or(&[][..], Vec::as_slice);
                let numbers: Vec<u32> =
                    campaign.ballot_list(&id(AREAS[area])).iter().map(|entry| entry.number).collect();
                (AREAS[area], count(marks, &numbers, area, mode_of(place)))
            };
            let counts: Vec<(&str, PaperCount)> = (0..scale.places).map(read).collect();
            papers += counts.iter().map(|(_, count)| count.papers()).sum::<u64>();
            let all = |count: &PaperCount| u32::try_from(count.papers()).unwrap();
            let signed = counts
                .iter()
                .enumerate()
                .map(|(n, (area, count))| vec![signatures(&name(n), area, (all(count), all(count)), None)]);
            self.all(&returning(), signed).await;
            let entry = |n: usize, area: &str, round, count: &PaperCount| {
                let commitment = bound(&name(n), area, 1, count);
                at(&name(n), Asked::Enter { area: id(area), bundle: 1, round, commitment, reason: None })
            };
            let read = || counts.iter().enumerate().filter(|(_, (_, count))| count.papers() > 0);
            self.all(&returning(), read().map(|(n, (area, count))| vec![entry(n, area, 1, count)])).await;
            let second = read().map(|(n, (area, count))| {
                let (target, catalogue) = urn.target(&id(area), campaign).unwrap();
                let text = to_canonical(&Disclosure { count: count.clone(), salt: salt() }).unwrap();
                let seed = self.executor.entropy().bytes();
                let ballot = &ballot_types()[areas(n)[side]];
                let longest = longest(all(count), ballot, campaign.ballot_list(&id(area)), mode_of(n));
                let sealed = seal::seal_sheet(&self.ceremony.key, &target, &text, longest, &seed).unwrap();
                let sheet = Sheet::Sealed { sealed, catalogue };
                let agreed = Asked::Agree { area: id(area), bundle: 1, papers: all(count), sheet };
                vec![entry(n, area, 2, count), at(&name(n), agreed)]
            });
            self.all(&second_returning(), second).await;
        }
        papers
    }

    /// Carries out requests that name each stream once.
    async fn all(&self, actor: &Actor, asked: impl Iterator<Item = Vec<Command>>) {
        let request = |commands| Request { command_id: self.executor.entropy().uuid(), actor: actor.clone(), commands };
        let requests: Vec<Request> = asked.map(request).collect();
        let executor = self.executor.clone();
        let answers = tokio::task::spawn_blocking(move || executor.execute_all_blocking(CODE, &requests));
        for answer in answers.await.unwrap().unwrap() {
            answer.unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

/// What an agent reads on these papers.
fn count(marks: &[&Mark], numbers: &[u32], area: usize, mode: PaperMode) -> PaperCount {
    let mut count = PaperCount::default();
    let mut lines: BTreeMap<u32, (i64, u32)> = BTreeMap::new();
    for mark in marks {
        match mark {
            Mark::Blank => count.blank += 1,
            Mark::Void(reason) => *count.void.entry(*reason).or_default() += 1,
            Mark::Named(named) => {
                count.valid += 1;
                count.cards.push(card(named, numbers, area));
                for (project, points) in named {
                    let line = lines.entry(numbers[*project]).or_default();
                    line.0 += points;
                    line.1 += u32::from(*points > 0);
                }
            }
            Mark::Broken(..) | Mark::Noise => panic!("no paper is sealed"),
        }
    }
    count.cards.sort();
    if mode == PaperMode::CountSheet {
        count.cards.clear();
        let pointed = matches!(AREAS[area], "D2" | "D5");
        let line = |(project, (votes, supporters))| SheetLine {
            project,
            votes,
            supporters: Some(supporters).filter(|_| pointed),
            grades: Vec::new(),
        };
        count.lines = lines.into_iter().map(line).collect();
    }
    count
}

fn card(named: &[(usize, i64)], numbers: &[u32], area: usize) -> Card {
    let pointed = matches!(AREAS[area], "D2" | "D5");
    let points = pointed.then(|| named.iter().map(|(_, points)| *points).collect());
    Card { choices: named.iter().map(|(project, _)| numbers[*project]).collect(), points }
}
