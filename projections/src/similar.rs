//! Proposals that say something alike: words in common, weighed by how rare they are, and places.
//!
//! Owns the measure. Words are folded as [`crate::search`] does; those that every text has don't count.

use crate::Model;
use crate::distance::metres;
use crate::proposals::{ProposalRow, text};
use crate::search::fold;
use domain::proposal::{Deposit, Point};
use domain::{Hidden, ProposalId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The least score that is told, out of 1,000.
pub const THRESHOLD: u32 = 250;

/// The most that are told.
pub const MOST: usize = 10;

/// Up to where a place adds to the score, in metres.
pub const NEARBY: u32 = 1_000;

/// What a place adds at most: it alone never reaches [`THRESHOLD`].
const PLACE: u32 = 200;

/// The most words of a query that are looked at, those of its title first.
const WORDS: usize = 128;

/// Words of fewer letters say too little.
const SHORTEST: usize = 3;

/// What one is about to propose.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Its title.
    pub title: &'a str,
    /// What it is about.
    pub description: &'a str,
    /// Where.
    pub point: Option<Point>,
    /// A proposal that isn't looked for, such as the one that is being changed.
    pub exclude: Option<&'a ProposalId>,
}

/// A proposal that says something alike.
#[derive(Clone, Debug)]
pub struct Similar {
    /// How much alike, out of 1,000.
    pub score: u32,
    /// The place of its campaign among those that were searched, from 0.
    pub campaign: usize,
    /// The proposal.
    pub proposal: Arc<ProposalRow>,
    /// How far away, in metres, when both have a place.
    pub metres: Option<u32>,
}

/// French and English words that most texts have.
const COMMON: &[&str] = &[
    "afin", "ainsi", "and", "are", "aux", "avec", "car", "ces", "cet", "cette", "chez", "comme", "dans", "des", "donc",
    "elle", "elles", "entre", "est", "etre", "faire", "for", "from", "has", "have", "her", "his", "ils", "into", "its",
    "les", "leur", "leurs", "mais", "meme", "mes", "more", "nos", "not", "notre", "nous", "our", "par", "pas", "plus",
    "pour", "projet", "project", "que", "qui", "sans", "ses", "son", "sont", "sous", "sur", "that", "the", "their",
    "them", "there", "these", "they", "this", "tous", "tout", "toute", "toutes", "tres", "une", "was", "which", "will",
    "with", "would", "vos", "votre", "vous", "you", "your",
];

/// The distinct words of texts that count, as numbers in order. Two words of one number are as unlikely
/// as it takes for a suggestion (FNV-1a, 64 bits, draft-eastlake-fnv).
pub(crate) fn words(texts: &[&str]) -> Arc<[u64]> {
    let mut found = BTreeSet::new();
    for text in texts {
        let folded = fold(text);
        for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= SHORTEST) {
            if !COMMON.contains(&word) {
                // Most plurals, in both languages.
                let stem = word.strip_suffix(['s', 'x']).filter(|stem| stem.chars().count() >= SHORTEST);
                found.insert(number(stem.unwrap_or(word)));
            }
        }
    }
    found.into_iter().collect()
}

pub(crate) fn words_of(deposit: &Deposit) -> Arc<[u64]> {
    let said: [&Hidden<String>; 2] = [&deposit.title, &deposit.description];
    words(&said.map(|value| text(value).as_str()))
}

fn number(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// How much a word weighs that stands in so many of so many texts: four times the binary logarithm of how
/// rare it is, at least 1.
fn weight(texts: usize, having: usize) -> u32 {
    let rare = (texts.max(1) / having.max(1)).saturating_pow(4).max(2);
    rare.ilog2()
}

/// The proposals that say something like the query, the most alike first: at most [`MOST`], with a score
/// of at least [`THRESHOLD`]. Of a score of 1,000, up to 800 are the share of the query's words, by
/// weight, that a proposal has too, words of its title twice; up to 200 are nearness within
/// [`NEARBY`]. Without a place in the query words make all of it. Only what everybody may read is
/// looked at, and nothing that was taken back.
pub fn similar(campaigns: &[&Model], query: &Query<'_>) -> Vec<Similar> {
    let title = words(&[query.title]);
    let described = words(&[query.description]);
    // Those of the title first, where there are too many; in order, as those of the proposals are.
    let asked: BTreeSet<u64> = title.iter().chain(described.iter()).copied().take(WORDS).collect();
    let asked: Vec<u64> = asked.into_iter().collect();
    let mut having = vec![0_usize; asked.len()];
    let (mut texts, mut found) = (0_usize, Vec::new());
    for (campaign, model) in campaigns.iter().enumerate() {
        for row in model.proposals.rows().filter(|row| row.is_public() && row.withdrawn.is_none()) {
            texts += 1;
            let shared = shared(&asked, &row.words);
            for place in &shared {
                if let Some(count) = having.get_mut(*place) {
                    *count += 1;
                }
            }
            if !shared.is_empty() && query.exclude != Some(&row.id) {
                found.push((campaign, row, shared));
            }
        }
    }
    let weights: Vec<u32> = asked
        .iter()
        .zip(&having)
        .map(|(word, having)| weight(texts, *having) * if title.binary_search(word).is_ok() { 2 } else { 1 })
        .collect();
    let all = weights.iter().sum::<u32>().max(1);
    let mut ranked: BTreeMap<(std::cmp::Reverse<u32>, usize, &ProposalId), Similar> = BTreeMap::new();
    for (campaign, row, shared) in found {
        let common: u32 = shared.iter().filter_map(|place| weights.get(*place)).sum();
        let by_words = common * 1_000 / all;
        let metres = query.point.zip(row.deposit.point).map(|(one, other)| metres(one, other));
        let score = match query.point {
            None => by_words,
            Some(_) => {
                let near = metres.map_or(0, |metres| NEARBY.saturating_sub(metres) * PLACE / NEARBY);
                by_words * (1_000 - PLACE) / 1_000 + near
            }
        };
        if score >= THRESHOLD {
            let key = (std::cmp::Reverse(score), campaign, &row.id);
            ranked.insert(key, Similar { score, campaign, proposal: Arc::clone(row), metres });
            if ranked.len() > MOST {
                ranked.pop_last();
            }
        }
    }
    ranked.into_values().collect()
}

/// The places of the asked words that a text has; both are in order.
fn shared(asked: &[u64], text: &[u64]) -> Vec<usize> {
    let mut rest = text;
    let mut found = Vec::new();
    for (place, word) in asked.iter().enumerate() {
        match rest.binary_search(word) {
            Ok(at) => {
                found.push(place);
                rest = rest.get(at + 1..).unwrap_or_default();
            }
            Err(at) => rest = rest.get(at..).unwrap_or_default(),
        }
    }
    found
}
