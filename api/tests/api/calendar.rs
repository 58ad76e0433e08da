//! Phases that the server opens and closes at their planned times, beside those that agents turn.

use crate::town::{COORDINATOR, Town};
use api::calendar::Calendars;
use serde_json::{Value, json};
use std::sync::Arc;

const PHASES: &str = "{ campaign(code: \"T26\") { currentPhase phases { phase opened { cause } closed { cause } } } }";

/// Sets the clock of the town, then lets a server look until nothing is due; how many turns it took.
async fn look(town: &Town, calendars: &mut Calendars, at: &str) -> usize {
    town.executor.clock().set(at.parse().unwrap());
    let mut turns = 0;
    loop {
        let taken = calendars.look().await;
        if taken == 0 {
            return turns;
        }
        turns += taken;
        town.read_model.wait_for("T26", size(town).await - 1).await.unwrap();
    }
}

/// How many events the log has.
async fn size(town: &Town) -> u64 {
    town.store.read_with(|reader| reader.logs()).await.unwrap()[0].size
}

async fn phases(town: &Town) -> Value {
    town.ask(PHASES).await["campaign"].take()
}

fn cause<'a>(campaign: &'a Value, phase: &str, turn: &str) -> &'a Value {
    let phases = campaign["phases"].as_array().unwrap();
    &phases.iter().find(|one| one["phase"] == phase).unwrap()[turn]["cause"]
}

async fn turns_are_taken_once(town: Town) {
    town.executor.clock().set("2026-01-10T00:00:00Z".parse().unwrap());
    let town = town.configure().await;
    let calendars = || Calendars::new(town.executor.clone(), Arc::clone(&town.read_model));
    let (mut one, mut other) = (calendars(), calendars());
    assert_eq!(look(&town, &mut one, "2026-01-31T23:59:59Z").await, 1, "PRE_IDEATION, late");
    assert_eq!(look(&town, &mut one, "2026-02-01T00:00:00Z").await, 2, "one closes, the next opens");
    assert_eq!(look(&town, &mut other, "2026-02-01T00:00:01Z").await, 0, "the other node finds it done");
    let seen = phases(&town).await;
    assert_eq!(seen["currentPhase"], "IDEATION");
    assert_eq!(cause(&seen, "IDEATION", "opened"), "CLOCK");
    town.deposit("ada", "Un banc").await;

    // An agent closes early, with a reason; the clock doesn't undo it.
    town.close("IDEATION").await;
    assert_eq!(look(&town, &mut other, "2026-02-20T00:00:00Z").await, 0);
    let seen = phases(&town).await;
    assert_eq!((&seen["currentPhase"], cause(&seen, "IDEATION", "closed")), (&Value::Null, &json!("AGENT")));

    // Two nodes look at the same moment.
    town.executor.clock().set("2026-03-01T00:00:00Z".parse().unwrap());
    let (a, b) = tokio::join!(one.look(), other.look());
    assert_eq!(a + b, 1);
    town.read_model.wait_for("T26", size(&town).await - 1).await.unwrap();
    assert_eq!(town.ask(PHASES).await["campaign"]["currentPhase"], "POST_IDEATION");

    // No server ran for months, and there is no ballot list: the vote doesn't open, and nothing is half done.
    assert_eq!(look(&town, &mut one, "2026-08-05T00:00:00Z").await, 1, "POST_IDEATION closes");
    let before = size(&town).await;
    assert_eq!(look(&town, &mut one, "2026-08-06T00:00:00Z").await, 0);
    assert_eq!((size(&town).await, &phases(&town).await["currentPhase"]), (before, &Value::Null));
    let refused = town.refused(COORDINATOR, "openPhase", json!({ "campaign": "T26", "phase": "VOTE", "reason": "x" }));
    assert_eq!(refused.await["code"], "CATALOGUE_MISSING");
}

#[tokio::test]
async fn turns_are_taken_once_on_sqlite() {
    turns_are_taken_once(Town::new().await).await;
}

#[tokio::test]
async fn turns_are_taken_once_on_postgres() {
    turns_are_taken_once(Town::on_postgres().await.0).await;
}
