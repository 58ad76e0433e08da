//! Counts that somebody asks for besides the proclaimed one: another rule on the same ballots, or what a
//! loser lacked.
//!
//! Owns how many are made at a time, how much work each may take, and the last one, which is kept. What
//! is counted is for `projections::results` and `tally` to say.

use crate::error::Fault;
use crate::graphql::request::View;
use domain::count::AreaCount;
use domain::{AreaId, ProjectId, Rejection, count};
use projections::results;
use std::sync::{Arc, Mutex, PoisonError};
use tally::{Changes, Patience, TallyRule, WhatIf};
use tokio::sync::Semaphore;

/// Counts at a time: they need a core each, which the requests of everybody else need too.
const AT_A_TIME: usize = 2;

/// Counts that may wait for their turn, those under way included.
const ASKED: usize = 64;

/// Steps that a whole count may take: about half a minute, where the largest shared elections take three
/// seconds, with shares raised unit by unit. Whose request ended before finds it kept.
const COUNT: u64 = 2_000_000_000;

/// Steps that the search for what one loser lacked may take: about half a second, so that a request gets
/// its answer in time.
const CHANGE: u64 = 30_000_000;

/// Counts that are asked for: a few at a time, off the threads that answer requests.
#[derive(Clone)]
pub struct Analyses {
    permits: Arc<Semaphore>,
    asked: Arc<Semaphore>,
    kept: Arc<Mutex<Option<Kept>>>,
}

/// A count with what it is of. A proclaimed result stays as it is: so do counts of its ballots.
struct Kept {
    campaign: String,
    proclaimed: Option<u64>,
    rule: Option<TallyRule>,
    counts: Arc<Vec<AreaCount>>,
}

impl Default for Analyses {
    fn default() -> Self {
        let permits = Arc::new(Semaphore::new(AT_A_TIME));
        Self { permits, asked: Arc::new(Semaphore::new(ASKED)), kept: Arc::default() }
    }
}

impl Analyses {
    /// What this rule gives on the ballots of a proclaimed campaign; without one, the frozen rule.
    ///
    /// # Errors
    /// `TALLY_REFUSED` when the rule doesn't fit or takes too much work, `BUSY`.
    pub(crate) async fn under(&self, view: &View, rule: Option<TallyRule>) -> Result<Arc<Vec<AreaCount>>, Fault> {
        let (kept, view) = (Arc::clone(&self.kept), Arc::clone(view));
        let counts = self.run(move || counted(&kept, &view, rule)).await?;
        Ok(counts.map_err(commands::Error::Rejected)?)
    }

    /// What would have elected a project under this rule; without one, under the frozen rule. None where
    /// no such project was counted.
    ///
    /// # Errors
    /// As [`Analyses::under`].
    pub(crate) async fn changes(
        &self,
        view: &View,
        rule: Option<TallyRule>,
        (area, project): (AreaId, ProjectId),
    ) -> Result<Option<Changes>, Fault> {
        let (kept, view) = (Arc::clone(&self.kept), Arc::clone(view));
        let searched = move || {
            let counts = counted(&kept, &view, rule)?;
            let Some(count) = counts.iter().find(|count| count.area == area) else { return Ok(None) };
            let Some(place) = count.entries.iter().position(|entry| entry.project == project) else { return Ok(None) };
            let lot = count::lot(&view.model.campaign);
            let refused = |error: tally::Error| domain::Code::TallyRefused.on(area.as_str()).with(error);
            let mut what_if = WhatIf::new(&count.election, &count.outcome, lot.as_ref()).map_err(refused)?;
            what_if.changes(place, &mut Patience::of(CHANGE)).map_err(refused)
        };
        let changes = self.run(searched).await?;
        Ok(changes.map_err(commands::Error::Rejected)?)
    }

    /// Runs something that takes a core for long, when its turn has come.
    ///
    /// # Errors
    /// `BUSY`.
    pub(crate) async fn run<T, F>(&self, count: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let _asked = self.asked.try_acquire().map_err(|_| Fault::TooManyCounts)?;
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Fault::Internal("counts are closed"))?;
        let counted = tokio::task::spawn_blocking(move || {
            let counted = count();
            drop(permit);
            counted
        });
        counted.await.map_err(|_| Fault::Internal("a count didn't end"))
    }
}

fn counted(kept: &Mutex<Option<Kept>>, view: &View, rule: Option<TallyRule>) -> Result<Arc<Vec<AreaCount>>, Rejection> {
    let proclaimed = view.model.overview.proclaimed.map(|(moment, _)| moment.position);
    let same = |one: &&Kept| one.campaign == view.code && one.proclaimed == proclaimed && one.rule == rule;
    let found =
        kept.lock().unwrap_or_else(PoisonError::into_inner).as_ref().filter(same).map(|k| Arc::clone(&k.counts));
    if let Some(counts) = found {
        return Ok(counts);
    }
    let counts = Arc::new(results::tally_within(&view.model, rule.as_ref(), &mut Patience::of(COUNT))?);
    let now = Kept { campaign: view.code.clone(), proclaimed, rule, counts: Arc::clone(&counts) };
    *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    Ok(counts)
}
