//! Texts that were removed: which, on which ground, and when.

use super::place::Moment;
use crate::graphql::request::View;
use async_graphql::SimpleObject;
use domain::StreamKind;

/// That a text was removed (`retrait`): what was typed is gone; hashes and counts hold without it.
#[derive(SimpleObject, Clone, Debug)]
pub struct Removal {
    /// The place of the text in its event, such as `/data/deposit/title`.
    pub path: String,
    /// Why: MODERATION, PERSONAL_DATA, COURT_ORDER, ERASURE_REQUEST or RETENTION.
    pub ground: &'static str,
    /// When, and the event that says so.
    pub removed: Moment,
}

impl Removal {
    /// The texts that were removed from the events of a stream, oldest event first.
    pub(crate) fn of(view: &View, kind: StreamKind, id: &str) -> Vec<Self> {
        let model = &view.model;
        let rows = model.campaign.redacted.keys().filter_map(|position| model.texts.get(position));
        let own = rows.filter(|row| row.text.kind == kind && row.text.id == id);
        own.flat_map(|row| &row.redacted)
            .map(|(path, removal)| Self {
                path: path.clone(),
                ground: removal.ground.code(),
                removed: removal.moment.into(),
            })
            .collect()
    }
}
