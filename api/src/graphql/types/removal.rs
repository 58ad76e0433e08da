//! Texts that were removed: which, on which ground, and when.

use super::log::Event;
use super::place::Moment;
use super::scalars::Position;
use crate::event_words;
use crate::graphql::request::{View, language};
use async_graphql::{Context, Object, SimpleObject};
use domain::redaction::{Ground, Target};
use domain::{StreamKind, campaign};

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

/// That texts were removed from a log.
pub struct RemovalAct {
    pub(crate) event: Event,
}

/// A text that was removed, by its place in the log.
#[derive(SimpleObject, Clone, Debug)]
pub struct RemovedText {
    /// The position of its event.
    pub position: Position,
    /// Its place in that event, such as `/data/deposit/title`.
    pub path: String,
}

impl RemovalAct {
    fn said(&self) -> Option<(&[Target], Ground)> {
        match &self.event.record().event {
            domain::Event::Campaign(campaign::Event::ValuesRedacted { targets, ground }) => Some((targets, *ground)),
            _ => None,
        }
    }
}

/// That texts were removed (`retrait`): what was typed is gone from the store, from what is read and from every
/// version of the past; the hashes of its events stay as they are.
#[Object]
impl RemovalAct {
    /// The event that says so.
    async fn event(&self) -> &Event {
        &self.event
    }

    /// Why: MODERATION, PERSONAL_DATA, COURT_ORDER, ERASURE_REQUEST or RETENTION.
    async fn ground(&self) -> Option<&'static str> {
        self.said().map(|(_, ground)| ground.code())
    }

    /// Why, in the client's language.
    async fn ground_in_words(&self, ctx: &Context<'_>) -> Option<String> {
        self.said().map(|(_, ground)| event_words::ground(ground, language(ctx)))
    }

    /// What was removed.
    async fn texts(&self) -> Vec<RemovedText> {
        let text = |target: &Target| RemovedText { position: Position(target.position), path: target.path.clone() };
        self.said().map(|(targets, _)| targets.iter().map(text).collect()).unwrap_or_default()
    }
}
