//! What two agents read in a bundle of papers (`dépouillement`): its form, its limits, and how it is counted.
//!
//! Owns the readable count and its commitment. When one may be entered and who agrees with whom stands in
//! [`crate::polling_place`]. A count never tells who voted, and is nobody's to read before the result.

use crate::campaign::Entry;
use crate::configuration::Area;
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, PlaceId, Rejection};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tally::{BallotType, Channel, Choice, CountSheet};
use transparency::Hash;

/// How papers are read in a polling place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaperMode {
    /// Totals per project, or per project and grade (`feuille de dépouillement`).
    CountSheet,
    /// Each paper as it was written (`bulletin par bulletin`).
    CardByCard,
}

/// Why a paper is void (`bulletin nul`), after article L66 of the French electoral code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Void {
    /// It breaks the rules of its ballot: too many projects, too many points.
    BreaksTheRules,
    /// Nobody can tell what was meant.
    Unreadable,
    /// A sign on it tells whose it is, or insults somebody.
    Marked,
    /// It isn't a paper of this vote.
    NotOfficial,
    /// Several different papers in one envelope.
    Several,
}

impl Void {
    /// All reasons.
    pub const ALL: [Self; 5] = [Self::BreaksTheRules, Self::Unreadable, Self::Marked, Self::NotOfficial, Self::Several];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BreaksTheRules => "BREAKS_THE_RULES",
            Self::Unreadable => "UNREADABLE",
            Self::Marked => "MARKED",
            Self::NotOfficial => "NOT_OFFICIAL",
            Self::Several => "SEVERAL",
        }
    }
}

/// A line of a count sheet: what a project received. A project without a line received nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetLine {
    /// Its number on the ballot list.
    pub project: u32,
    /// Votes or points; zero where papers give grades.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub votes: i64,
    /// How many papers give it more than zero points, where papers give points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supporters: Option<u32>,
    /// How many papers give it each grade, worst grade first, where papers give grades. Papers that give
    /// none are left out: they give the grade that the rules say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(votes: &i64) -> bool {
    *votes == 0
}

/// A paper that counts, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Card {
    /// Numbers of the ballot list, in the order written.
    pub choices: Vec<u32>,
    /// Points or places of grades, one per choice, where papers have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<i64>>,
}

/// What stands on the papers of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperCount {
    /// Papers that count and name something.
    pub valid: u32,
    /// Papers that name nothing.
    pub blank: u32,
    /// Papers that don't count, by reason; none with zero.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub void: BTreeMap<Void, u32>,
    /// The totals, by number, of a count sheet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<SheetLine>,
    /// The papers that count, in ascending order, so that two agents who read the same bundle in another
    /// order agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
}

/// Which bundle of papers (`liasse`) a count is of.
#[derive(Clone, Copy, Debug)]
pub struct Bundle<'a> {
    /// The polling place.
    pub place: &'a PlaceId,
    /// The area whose papers they are.
    pub area: &'a AreaId,
    /// Its number in the area and place, from 1.
    pub number: u32,
}

/// The most bytes of JSON that a count may have, so that its event's leaf stays within 65,535 bytes, sealed
/// and in base64 as well.
pub const MOST_COUNT_BYTES: usize = 40_000;

/// What cards add to a count, without the cards.
const CARDS: usize = r#","cards":[]"#.len();

/// What a sealed ballot has and a card hasn't.
const NONCE: usize = r#","nonce":"""#.len() + 32;

/// What a sealed count has around it: [`crate::polling_place::Disclosure`].
const SALT: usize = r#"{"count":,"salt":""}"#.len() + 64;

/// The most papers of a bundle.
pub const MOST_PAPERS: u32 = 100_000;

fn invalid(field: &str, why: impl std::fmt::Display) -> Rejection {
    Code::PaperCountInvalid.on(field).with(why)
}

impl PaperCount {
    /// How many papers the bundle holds.
    pub fn papers(&self) -> u64 {
        u64::from(self.valid) + u64::from(self.blank) + self.voids()
    }

    /// How many of them are void.
    pub fn voids(&self) -> u64 {
        self.void.values().copied().map(u64::from).sum()
    }

    /// What a log says of it before anybody may read it: SHA-256 of `parvis.paper-count/v1`, the salt and
    /// the canonical JSON of the count and of the bundle that it is of.
    ///
    /// # Errors
    /// [`Code::PaperCountInvalid`] when the value has no canonical form (it always has one here).
    pub fn commitment(&self, bundle: Bundle<'_>, salt: &Hash) -> Result<Hash, Rejection> {
        let of = (bundle.place, bundle.area, bundle.number, self);
        let text = transparency::to_canonical(&of).map_err(|error| invalid("count", error))?;
        Ok(Hash::of(&[b"parvis.paper-count/v1\n", &salt.0, text.as_bytes()]))
    }

    /// The numbers of the ballot list in whose lines two counts differ; 0 stands for how many papers are
    /// valid, blank and void. Of cards, the numbers whose mentions differ.
    pub fn differences(&self, other: &Self) -> Vec<u32> {
        let mut found = BTreeSet::new();
        if (self.valid, self.blank, &self.void) != (other.valid, other.blank, &other.void) {
            found.insert(0);
        }
        for (one, two) in [(self, other), (other, self)] {
            for line in &one.lines {
                if !two.lines.contains(line) {
                    found.insert(line.project);
                }
            }
        }
        let (one, two) = (self.mentions(), other.mentions());
        let numbers = one.keys().chain(two.keys());
        found.extend(numbers.filter(|number| one.get(number) != two.get(number)));
        // The same mentions on other papers.
        if found.is_empty() && self.cards != other.cards {
            found.insert(0);
        }
        found.into_iter().collect()
    }

    /// How often cards name each number at each place with each value.
    fn mentions(&self) -> BTreeMap<u32, BTreeMap<(usize, Option<i64>), u32>> {
        let mut mentions: BTreeMap<u32, BTreeMap<_, u32>> = BTreeMap::new();
        for card in &self.cards {
            for (place, number) in card.choices.iter().enumerate() {
                let points = card.points.as_ref().and_then(|points| points.get(place)).copied();
                *mentions.entry(*number).or_default().entry((place, points)).or_default() += 1;
            }
        }
        mentions
    }

    /// Refuses a count that can't come from papers of this area read in this way.
    ///
    /// # Errors
    /// [`Code::PaperCountInvalid`] with the field and what is wrong.
    pub fn check(&self, area: &Area, list: &[Entry], mode: PaperMode) -> Result<(), Rejection> {
        ensure(self.papers() <= u64::from(MOST_PAPERS), || invalid("valid", format!("> {MOST_PAPERS}")))?;
        ensure(self.void.values().all(|count| *count > 0), || invalid("void", "0"))?;
        let bytes = serde_json::to_vec(self).map_or(usize::MAX, |text| text.len());
        ensure(bytes <= MOST_COUNT_BYTES, || invalid("cards", format!("{bytes} > {MOST_COUNT_BYTES}")))?;
        match mode {
            PaperMode::CountSheet => {
                ensure(self.cards.is_empty(), || invalid("cards", "COUNT_SHEET"))?;
                self.check_sheet(&area.ballot, list)
            }
            PaperMode::CardByCard => {
                ensure(self.lines.is_empty(), || invalid("lines", "CARD_BY_CARD"))?;
                self.check_cards(&area.ballot, list)
            }
        }
    }

    fn check_cards(&self, ballot: &BallotType, list: &[Entry]) -> Result<(), Rejection> {
        let whole = u32::try_from(self.cards.len()) == Ok(self.valid);
        ensure(whole, || invalid("valid", format!("{} ≠ {}", self.valid, self.cards.len())))?;
        ensure(self.cards.is_sorted(), || invalid("cards", "ascending order"))?;
        let costs: Vec<Cents> = list.iter().map(|entry| entry.cost_cents).collect();
        for card in &self.cards {
            ensure(!card.choices.is_empty(), || invalid("cards", "blank"))?;
            let paired = card.points.as_ref().is_none_or(|points| points.len() == card.choices.len());
            ensure(paired, || invalid("cards", "points"))?;
            tally::validate(&card.ballot(list), ballot, &costs).map_err(|broken| invalid("cards", broken))?;
        }
        Ok(())
    }

    fn check_sheet(&self, ballot: &BallotType, list: &[Entry]) -> Result<(), Rejection> {
        let ascending = self.lines.iter().zip(self.lines.iter().skip(1)).all(|(one, next)| one.project < next.project);
        ensure(ascending, || invalid("lines", "ascending order"))?;
        for line in &self.lines {
            let listed = list.binary_search_by_key(&line.project, |entry| entry.number).is_ok();
            ensure(listed, || Code::ProjectNotOnBallot.on("lines").with(line.project))?;
            line.check(ballot, self.valid).map_err(|why| invalid("lines", format!("{}: {why}", line.project)))?;
        }
        let votes: i128 = self.lines.iter().map(|line| i128::from(line.votes)).sum();
        let all = |each: u32| i128::from(self.valid) * i128::from(each);
        let between = match ballot {
            BallotType::Approval { min, max } => Some((all((*min).max(1)), all(*max))),
            BallotType::ChooseOne => Some((all(1), all(1))),
            BallotType::Cumulative { points, .. } => Some((all(1), all(*points))),
            BallotType::Knapsack { .. }
            | BallotType::Ordinal { .. }
            | BallotType::Scoring { .. }
            | BallotType::MajorityJudgment { .. } => None,
        };
        match between {
            Some((least, most)) if votes < least || votes > most => {
                Err(invalid("lines", format!("{votes} ({least} – {most})")))
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl PaperCount {
    /// The papers of a bundle that was read card by card, in the terms of the count; blank ones as well.
    pub(crate) fn ballots<'a>(&'a self, list: &'a [Entry]) -> impl Iterator<Item = tally::Ballot> + 'a {
        let blank = (0..self.blank).map(|_| tally::Ballot { channel: Channel::Paper, choices: Vec::new() });
        self.cards.iter().map(|card| card.ballot(list)).chain(blank)
    }

    /// The totals of a bundle, in the terms of the count.
    pub(crate) fn sheet(&self, ballot: &BallotType, list: &[Entry]) -> CountSheet {
        let line = |entry: &Entry| self.lines.iter().find(|line| line.project == entry.number);
        let (graded, pointed) = match ballot {
            BallotType::MajorityJudgment { grades, .. } => (Some(grades.len()), false),
            BallotType::Cumulative { .. } | BallotType::Scoring { .. } => (None, true),
            BallotType::Approval { .. }
            | BallotType::ChooseOne
            | BallotType::Knapsack { .. }
            | BallotType::Ordinal { .. } => (None, false),
        };
        let votes = |entry| line(entry).map_or(0, |line| line.votes);
        let supporters = |entry| line(entry).and_then(|line| line.supporters).map_or(0, u64::from);
        let grades = |entry, all| {
            line(entry).map_or_else(|| vec![0; all], |line| line.grades.iter().copied().map(u64::from).collect())
        };
        let void = |(reason, papers): (&Void, &u32)| (reason.code().to_owned(), u64::from(*papers));
        CountSheet {
            channel: Channel::Paper,
            votes: if graded.is_some() { Vec::new() } else { list.iter().map(votes).collect() },
            grades: graded.map_or_else(Vec::new, |all| list.iter().map(|entry| grades(entry, all)).collect()),
            supporters: if pointed { list.iter().map(supporters).collect() } else { Vec::new() },
            valid: u64::from(self.valid) + u64::from(self.blank),
            blank: u64::from(self.blank),
            void: self.void.iter().map(void).collect(),
        }
    }
}

/// How many bytes a sealed count has inside, whatever was read: the longest that so many papers of an area
/// give, and the salt. What follows is public before the result; nothing of what stands on the papers is in it.
pub fn longest(papers: u32, ballot: &BallotType, list: &[Entry], mode: PaperMode) -> usize {
    let all = i64::from(papers);
    let (votes, pointed, grades) = match ballot {
        BallotType::Approval { .. } | BallotType::ChooseOne => (all, false, 0),
        BallotType::Knapsack { .. } | BallotType::Ordinal { .. } => (0, false, 0),
        BallotType::Cumulative { max_per_project, .. } => (all.saturating_mul(i64::from(*max_per_project)), true, 0),
        BallotType::Scoring { min, max } => {
            let ends = [all, all.saturating_mul(*min), all.saturating_mul(*max)];
            (ends.into_iter().max_by_key(|votes| votes.to_string().len()).unwrap_or(all), true, 0)
        }
        BallotType::MajorityJudgment { grades, .. } => (0, false, grades.len()),
    };
    let line = |entry: &Entry| SheetLine {
        project: entry.number,
        votes,
        supporters: pointed.then_some(papers),
        grades: vec![papers; grades],
    };
    let (lines, cards) = match mode {
        PaperMode::CountSheet => (list.iter().map(line).collect(), 0),
        PaperMode::CardByCard => {
            let numbers: Vec<u32> = list.iter().map(|entry| entry.number).collect();
            // A card is written as a ballot is, without its nonce, and with a comma.
            let card = seal::padded_length(ballot, &numbers).saturating_sub(NONCE).saturating_add(1);
            (Vec::new(), usize::try_from(papers).unwrap_or(usize::MAX).saturating_mul(card).saturating_add(CARDS))
        }
    };
    let void = Void::ALL.into_iter().map(|reason| (reason, papers)).collect();
    let rest = PaperCount { valid: papers, blank: papers, void, lines, cards: Vec::new() };
    let rest = serde_json::to_vec(&rest).map_or(MOST_COUNT_BYTES, |text| text.len());
    rest.saturating_add(cards).min(MOST_COUNT_BYTES).saturating_add(SALT)
}

impl SheetLine {
    /// Whether so many papers can give it this.
    fn check(&self, ballot: &BallotType, valid: u32) -> Result<(), String> {
        let all = i64::from(valid);
        let votes = |least: i64, most: i64| match (least..=most).contains(&self.votes) {
            true => Ok(()),
            false => Err(format!("{} ({least} – {most})", self.votes)),
        };
        let graded = matches!(ballot, BallotType::MajorityJudgment { .. });
        if !graded && !self.grades.is_empty() {
            return Err("grades".into());
        }
        let pointed = matches!(ballot, BallotType::Cumulative { .. } | BallotType::Scoring { .. });
        if pointed != self.supporters.is_some() || self.supporters.is_some_and(|supporters| supporters > valid) {
            return Err(format!("supporters (0 – {valid})"));
        }
        let supporters = i64::from(self.supporters.unwrap_or(0));
        match ballot {
            BallotType::Approval { .. } | BallotType::ChooseOne => votes(0, all),
            BallotType::Cumulative { max_per_project, .. } => {
                votes(supporters, supporters.saturating_mul(i64::from(*max_per_project)))
            }
            BallotType::Scoring { min, max } => {
                let others = all.saturating_sub(supporters).saturating_mul((*min).min(0));
                votes(others.saturating_add(supporters), supporters.saturating_mul(*max))
            }
            BallotType::MajorityJudgment { grades, .. } => {
                let given: u64 = self.grades.iter().copied().map(u64::from).sum();
                match self.votes == 0 && self.grades.len() == grades.len() && given <= u64::from(valid) {
                    true => Ok(()),
                    false => Err(format!("{} grades, at most {valid} papers", grades.len())),
                }
            }
            BallotType::Knapsack { .. } | BallotType::Ordinal { .. } => Err("COUNT_SHEET".into()),
        }
    }
}

impl Card {
    /// The paper in the terms of the count.
    pub(crate) fn ballot(&self, list: &[Entry]) -> tally::Ballot {
        let place = |number: &u32| list.binary_search_by_key(number, |entry| entry.number).unwrap_or(usize::MAX);
        let points = |index: usize| self.points.as_ref().and_then(|points| points.get(index)).copied();
        let written = self.choices.iter().enumerate();
        let choices = written.map(|(index, number)| Choice { project: place(number), points: points(index) });
        tally::Ballot { channel: Channel::Paper, choices: choices.collect() }
    }
}
