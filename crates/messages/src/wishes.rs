//! What somebody wants to hear of: a choice per topic, kept in the vault.
//!
//! What was never said is as [`Topic::is_on_unless_stopped`] has it. Who asked for a topic can be found
//! by it ([`LISTENING`]): that is how those are reached who did nothing in a campaign.

use serde_json::{Value, json};
use vault::{Kind, PersonId, Vault};

use crate::{Error, Topic};

/// What stands before a topic's code in what [`Vault::listeners`] is asked for.
pub const LISTENING: &str = "topic ";

/// Whether this person wants to hear of a topic.
///
/// # Errors
/// `PERSON_UNKNOWN`, `PERSON_ERASED`, and faults of the vault.
pub async fn wants(vault: &Vault, person: &PersonId, topic: Topic) -> Result<bool, Error> {
    let said = vault.get(person, Kind::Choice, topic.code()).await?;
    Ok(said.and_then(|entry| on(&entry.value)).unwrap_or_else(|| topic.is_on_unless_stopped()))
}

/// All nine topics, and whether this person wants to hear of them.
///
/// # Errors
/// As [`wants`].
pub async fn wishes(vault: &Vault, person: &PersonId) -> Result<Vec<(Topic, bool)>, Error> {
    let said = vault.list(person, Kind::Choice).await?;
    let wish = |topic: Topic| {
        let entry = said.iter().find(|entry| entry.id == topic.code());
        (topic, entry.and_then(|entry| on(&entry.value)).unwrap_or_else(|| topic.is_on_unless_stopped()))
    };
    Ok(Topic::ALL.into_iter().map(wish).collect())
}

/// Keeps what this person said. It holds from now on, also for what waits to be sent.
///
/// # Errors
/// As [`wants`].
pub async fn set_wish(vault: &Vault, person: &PersonId, topic: Topic, wanted: bool) -> Result<(), Error> {
    let (code, value) = (topic.code(), json!({ "on": wanted }));
    if wanted {
        let about = format!("{LISTENING}{code}");
        vault.put_listening(person, Kind::Choice, code, &value, &about).await?;
    } else {
        // Taken away first: that ends the listening too.
        vault.remove(person, Kind::Choice, code).await?;
        vault.put(person, Kind::Choice, code, &value).await?;
    }
    Ok(())
}

fn on(value: &Value) -> Option<bool> {
    value.get("on").and_then(Value::as_bool)
}
