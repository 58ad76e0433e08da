//! What was changed more than once: every version of it, with what each change changed.
//!
//! A row keeps what stands and, for each change, what stood before it. What a change changed is worked
//! out when it is read: a row that said so would tell of texts that were removed since.

use crate::overview::Moment;
use domain::decider::differences;
use domain::{Role, WorkshopId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow<T> {
    /// The number of the version that it made: 2 for the first change.
    pub number: u64,
    /// When.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
    /// The workshop in which it was agreed, if it was one.
    pub workshop: Option<WorkshopId>,
    /// What stood before.
    pub before: Arc<T>,
}

/// A version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow<T> {
    /// Its number, from 1.
    pub number: u64,
    /// When it was written.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
    /// The workshop in which it was agreed, if it was one.
    pub workshop: Option<WorkshopId>,
    /// The names of the fields that are others than in the version before, as they stand in the log; none
    /// of the first version.
    pub changed: Vec<String>,
    /// What it says.
    pub content: Arc<T>,
}

/// All versions, oldest first; the last one stands.
pub(crate) fn versions<T: Serialize>(
    moment: Moment,
    by: Role,
    changes: &[ChangeRow<T>],
    now: &Arc<T>,
) -> Vec<VersionRow<T>> {
    let contents = || changes.iter().map(|change| &change.before).chain([now]);
    let first = contents().next().unwrap_or(now);
    let mut all =
        vec![VersionRow { number: 1, moment, by, workshop: None, changed: Vec::new(), content: first.clone() }];
    for (change, (before, after)) in changes.iter().zip(contents().zip(contents().skip(1))) {
        let ChangeRow { number, moment, by, workshop, .. } = change;
        all.push(VersionRow {
            number: *number,
            moment: *moment,
            by: *by,
            workshop: workshop.clone(),
            changed: differences(&**before, &**after),
            content: after.clone(),
        });
    }
    all
}

/// What the event at a position said: that of the first version, or of a change.
pub(crate) fn said_at<'a, T>(
    position: u64,
    first: Moment,
    changes: &'a mut [ChangeRow<T>],
    now: &'a mut Arc<T>,
) -> Option<&'a mut Arc<T>> {
    let mut positions = std::iter::once(first).chain(changes.iter().map(|change| change.moment));
    let place = positions.position(|moment| moment.position == position)?;
    Some(changes.get_mut(place).map_or(now, |change| &mut change.before))
}
