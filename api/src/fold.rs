//! A campaign's read model, folded from the store in one pass: for commands that end.

use crate::failure::Failure;
use domain::campaign::Campaign;
use domain::redaction::Redacted;
use domain::{Decider, Event, Record, StreamKind};
use event_store::{LogHead, Reader, StoredEvent, StreamId};
use projections::Model;
use transparency::Leaf;

/// A stored event as a record.
///
/// # Errors
/// When the log holds something that isn't an event of this programme.
pub fn record(stored: &StoredEvent) -> Result<Record, domain::RecordError> {
    let leaf = Leaf::parse(&stored.leaf)?;
    Record::read(&leaf, &stored.leaf, &stored.disclosed)
}

/// The log of a campaign.
///
/// # Errors
/// `UNKNOWN_CAMPAIGN` with the codes that there are, and faults of the store.
pub fn log(reader: &Reader, campaign: &str) -> Result<LogHead, Failure> {
    let heads = reader.logs()?;
    let known: Vec<String> = heads.iter().map(|head| head.campaign.clone()).collect();
    heads.into_iter().find(|head| head.campaign == campaign).ok_or_else(|| {
        let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
        Failure::fault(
            "UNKNOWN_CAMPAIGN",
            format!("there is no campaign `{campaign}` in this store; there is: {known}"),
        )
    })
}

/// Folds the whole log, and shows each event to `visit` on the way.
///
/// # Errors
/// Faults of the store, events that can't be read, and those of `visit`.
pub fn model(
    reader: &Reader,
    head: &LogHead,
    visit: impl FnMut(&StoredEvent) -> Result<(), Failure>,
) -> Result<Model, Failure> {
    model_to(reader, &reader.head(head.log_id)?, visit)
}

/// Folds the log up to the size of this head.
///
/// # Errors
/// The same.
pub fn model_to(
    reader: &Reader,
    head: &LogHead,
    mut visit: impl FnMut(&StoredEvent) -> Result<(), Failure>,
) -> Result<Model, Failure> {
    let mut model = Model::default();
    reader.for_each_in(head.log_id, 0..head.size, |stored| {
        visit(&stored)?;
        let record = record(&stored)?;
        let position = record.position;
        model.apply(&record).map_err(|rejection| Failure::from(rejection).at(format!("position {position}")))
    })?;
    Ok(model)
}

/// The values that events of the campaign removed.
///
/// # Errors
/// Faults of the store, and events that can't be read.
pub fn redacted(reader: &Reader, head: &LogHead) -> Result<Redacted, Failure> {
    let stream = StreamId::new(StreamKind::Campaign.as_str(), head.campaign.as_str())?;
    let mut campaign = Campaign::default();
    for stored in reader.read_stream(head.log_id, &stream, 0)? {
        if let Event::Campaign(event) = record(&stored)?.event {
            campaign.evolve(&event);
        }
    }
    Ok(campaign.redacted)
}
