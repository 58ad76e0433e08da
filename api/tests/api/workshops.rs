//! Workshops through the API: announced, attended, concluded, in a room and online.

use crate::deposits::{ADA, BOB, CLEO, deposits, told};
use crate::town::{COORDINATOR, SECOND, Town};
use serde_json::{Value, json};

const DORA: &str = "CITIZEN:dora";

/// A workshop in a room on 2 March, about one proposal.
fn in_a_room(proposal: &str) -> Value {
    json!({
        "campaign": "T26", "title": "Atelier du parc", "mode": "IN_PERSON", "agenda": "Tour de table.",
        "place": "Salle des fêtes", "starts": "2026-03-02T10:00:00Z", "ends": "2026-03-02T12:00:00Z",
        "capacity": 2, "proposals": [proposal],
    })
}

/// An online one: comments on 2 March, a choice on 3 March, the text from 4 March on.
fn online(proposal: &str) -> Value {
    let mut form = in_a_room(proposal);
    form["mode"] = json!("ONLINE");
    form["place"] = Value::Null;
    form["link"] = json!("https://atelier.example/parc");
    form["ends"] = json!("2026-03-05T12:00:00Z");
    form["steps"] = json!({
        "comment": { "start": "2026-03-02T10:00:00Z", "end": "2026-03-03T00:00:00Z" },
        "choice": { "start": "2026-03-03T00:00:00Z", "end": "2026-03-04T00:00:00Z" },
        "finish": "2026-03-04T00:00:00Z",
    });
    form
}

/// The time of workshops, with a proposal of Ada's.
async fn time_of_workshops(town: Town) -> (Town, String) {
    let garden = town.deposit("ada", "Un jardin").await;
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    (town, garden)
}

async fn announced(town: &Town, form: Value) -> String {
    let payload = town.done(COORDINATOR, "announceWorkshop", form, "workshop { id state }").await;
    assert_eq!(payload["workshop"]["state"], "ANNOUNCED");
    payload["workshop"]["id"].as_str().unwrap().to_owned()
}

fn at(town: &Town, moment: &str) {
    town.executor.clock().set(moment.parse().unwrap());
}

fn coming(workshop: &str, standing: &str) -> Value {
    json!({ "workshop": workshop, "standing": standing })
}

#[tokio::test]
async fn a_workshop_in_a_room_fills_up_and_is_held() {
    in_person(deposits().await).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    let town = Town::on_postgres().await.0.configure().await;
    town.open("IDEATION").await;
    in_person(town).await;
}

async fn in_person(town: Town) {
    let (town, garden) = time_of_workshops(town).await;
    let id = announced(&town, in_a_room(&garden)).await;
    let of = json!({ "workshop": id });
    let look = "workshop { registered viewerIsRegistered registrations { standing } }";
    let registered = town.done(ADA, "registerForWorkshop", coming(&id, "DEPOSITOR"), look).await;
    let seen = json!({ "registered": 1, "viewerIsRegistered": true, "registrations": null });
    assert_eq!(registered["workshop"], seen, "who comes is told to whoever holds it");
    assert_eq!(town.refused(ADA, "registerForWorkshop", coming(&id, "DEPOSITOR")).await["code"], "ALREADY_DONE");
    assert_eq!(town.refused(BOB, "registerForWorkshop", coming(&id, "DEPOSITOR")).await["code"], "NOT_INVITED");
    // What Bob follows is in no log; the server knows.
    let no = town.refused(BOB, "registerForWorkshop", coming(&id, "FOLLOWER")).await;
    assert_eq!((&no["code"], &no["field"]), (&json!("NOT_INVITED"), &json!("standing")));
    town.answer(BOB, &format!(r#"mutation {{ follow(object: "{garden}") {{ rejections {{ code }} }} }}"#), json!({}))
        .await;
    town.done(BOB, "registerForWorkshop", coming(&id, "FOLLOWER"), look).await;
    let invited = town.done(COORDINATOR, "inviteToWorkshop", of.clone(), "invitation").await;
    let secret = invited["invitation"].as_str().unwrap().to_owned();
    let mut invitation = coming(&id, "INVITED");
    assert_eq!(town.refused(CLEO, "registerForWorkshop", invitation.clone()).await["code"], "NOT_INVITED");
    invitation["invitation"] = json!("0000");
    assert_eq!(town.refused(CLEO, "registerForWorkshop", invitation.clone()).await["code"], "INVITATION_UNKNOWN");
    invitation["invitation"] = json!(secret);
    assert_eq!(town.refused(CLEO, "registerForWorkshop", invitation.clone()).await["code"], "WORKSHOP_FULL");
    town.done(BOB, "cancelRegistration", of.clone(), look).await;
    town.done(CLEO, "registerForWorkshop", invitation, look).await;

    let query = format!(
        r#"{{ workshop(id: "{id}") {{ registered invited registrations {{ participant standing }}
        proposals {{ title workshops {{ title }} }} }} }}"#
    );
    let seen = told(&town, COORDINATOR, &query).await["workshop"].take();
    assert_eq!((&seen["registered"], &seen["invited"]), (&json!(2), &json!(1)));
    assert_eq!(seen["proposals"], json!([{ "title": "Un jardin", "workshops": [{ "title": "Atelier du parc" }] }]));
    let participants: Vec<&str> =
        seen["registrations"].as_array().unwrap().iter().map(|row| row["participant"].as_str().unwrap()).collect();

    let present = json!({ "workshop": id, "present": [participants[0]], "others": 3 });
    let no = town.refused(COORDINATOR, "recordAttendance", present.clone()).await;
    assert_eq!(no["code"], "TOO_EARLY", "{no}");
    let minutes = json!({ "workshop": id, "minutes": "On a parlé.", "conclusions": "Un seul parc." });
    assert_eq!(town.refused(COORDINATOR, "publishMinutes", minutes.clone()).await["code"], "TOO_EARLY");
    at(&town, "2026-03-02T10:00:00Z");
    assert_eq!(town.refused(DORA, "recordAttendance", present.clone()).await["code"], "ROLE_MISSING");
    let look = "workshop { state attendance { registered others } present minutes conclusions }";
    let held = town.done(COORDINATOR, "recordAttendance", present, look).await["workshop"].take();
    assert_eq!((&held["state"], &held["attendance"]), (&json!("HELD"), &json!({ "registered": 1, "others": 3 })));
    assert_eq!(held["present"], json!([participants[0]]));
    let concluded = town.done(COORDINATOR, "publishMinutes", minutes, look).await["workshop"].take();
    assert_eq!((&concluded["state"], &concluded["conclusions"]), (&json!("CONCLUDED"), &json!("Un seul parc.")));
    assert_eq!(town.refused(DORA, "registerForWorkshop", coming(&id, "FOLLOWER")).await["code"], "NOT_INVITED");
    assert_eq!(town.refused(COORDINATOR, "inviteToWorkshop", of).await["code"], "TOO_LATE");
    assert!(town.rebuilt_is_live().await.contains("workshops"));
}

#[tokio::test]
async fn an_online_workshop_goes_through_its_three_steps() {
    let (town, garden) = time_of_workshops(deposits().await).await;
    let id = announced(&town, online(&garden)).await;
    let of = |number: u8| json!({ "workshop": id, "alternative": number });
    town.done(ADA, "registerForWorkshop", coming(&id, "DEPOSITOR"), "workshop { registered }").await;
    let post = json!({ "on": id, "text": "Plutôt au nord.", "authorName": "Ada" });
    assert_eq!(town.refused(ADA, "postComment", post.clone()).await["code"], "COMMENT_CLOSED");
    at(&town, "2026-03-02T10:00:00Z");
    assert_eq!(town.refused(BOB, "postComment", post.clone()).await["code"], "NOT_REGISTERED");
    let on = "comment { on { __typename ... on Workshop { comments { totalCount } } } }";
    let posted = town.done(ADA, "postComment", post, on).await;
    assert_eq!(posted["comment"]["on"], json!({ "__typename": "Workshop", "comments": { "totalCount": 1 } }));
    let alternatives = json!({ "workshop": id, "alternatives": [
        { "title": "Au nord", "text": "Le parc au nord." }, { "title": "Au sud", "text": "Le parc au sud." }] });
    let look = "workshop { alternatives { number title choices } viewerChoice finalText state }";
    town.done(COORDINATOR, "proposeAlternatives", alternatives.clone(), look).await;
    assert_eq!(town.refused(ADA, "chooseAlternative", of(1)).await["code"], "WORKSHOP_STEP");
    at(&town, "2026-03-03T00:00:00Z");
    assert_eq!(town.refused(COORDINATOR, "proposeAlternatives", alternatives).await["code"], "WORKSHOP_STEP");
    assert_eq!(town.refused(BOB, "chooseAlternative", of(1)).await["code"], "NOT_REGISTERED");
    assert_eq!(town.refused(ADA, "chooseAlternative", of(3)).await["code"], "OUT_OF_RANGE");
    town.done(ADA, "chooseAlternative", of(1), look).await;
    let chosen = town.done(ADA, "chooseAlternative", of(2), look).await["workshop"].take();
    assert_eq!(chosen["viewerChoice"], 2);
    let hidden = json!([{ "number": 1, "title": "Au nord", "choices": null }, { "number": 2, "title": "Au sud", "choices": null }]);
    assert_eq!(chosen["alternatives"], hidden, "no partial result");
    let events = r#"{ log(campaign: "T26") { events(type: "AlternativeChosen") { nodes { withheld data } } } }"#;
    let withheld = json!([{ "withheld": true, "data": null }, { "withheld": true, "data": null }]);
    assert_eq!(told(&town, COORDINATOR, events).await["log"]["events"]["nodes"], withheld);
    let text = json!({ "workshop": id, "text": "Le parc au sud, avec une mare." });
    assert_eq!(town.refused(COORDINATOR, "publishFinalText", text.clone()).await["code"], "WORKSHOP_STEP");
    at(&town, "2026-03-04T00:00:00Z");
    let concluded = town.done(COORDINATOR, "publishFinalText", text.clone(), look).await["workshop"].take();
    assert_eq!((&concluded["state"], &concluded["finalText"]), (&json!("CONCLUDED"), &text["text"]));
    assert_eq!(
        (&concluded["alternatives"][0]["choices"], &concluded["alternatives"][1]["choices"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(told(&town, "", events).await["log"]["events"]["nodes"][0]["withheld"], false);
}

#[tokio::test]
async fn a_workshop_is_changed_and_given_up_and_found() {
    let (town, garden) = time_of_workshops(deposits().await).await;
    let id = announced(&town, in_a_room(&garden)).await;
    let other = announced(&town, online(&garden)).await;
    let change = |version: u64, capacity: u32| {
        let mut form = in_a_room(&garden);
        form.as_object_mut().unwrap().remove("campaign");
        (form["workshop"], form["version"], form["capacity"]) = (json!(id), json!(version), json!(capacity));
        form
    };
    let look = "workshop { version versions { number role changed capacity } }";
    let changed = town.done(COORDINATOR, "changeWorkshop", change(1, 5), look).await["workshop"].take();
    assert_eq!(
        changed,
        json!({ "version": 2, "versions": [
            { "number": 1, "role": "COORDINATOR", "changed": [], "capacity": 2 },
            { "number": 2, "role": "COORDINATOR", "changed": ["capacity"], "capacity": 5 }] })
    );
    let no = town.refused(SECOND, "changeWorkshop", change(1, 9)).await;
    assert_eq!((&no["code"], no["limit"].as_str()), (&json!("EDIT_CONFLICT"), Some("capacity")), "{no}");
    let mut bad = in_a_room(&garden);
    bad["place"] = Value::Null;
    assert_eq!(town.refused(COORDINATOR, "announceWorkshop", bad).await["field"], "place");
    let mut bad = online(&garden);
    bad["link"] = json!("http://atelier.example");
    assert_eq!(town.refused(COORDINATOR, "announceWorkshop", bad).await["field"], "link");
    let mut bad = in_a_room(&garden);
    bad["starts"] = json!("2026-02-01T10:00:00Z");
    assert_eq!(town.refused(COORDINATOR, "announceWorkshop", bad).await["field"], "starts");

    let list = async |filter: &str| {
        let query =
            format!(r#"{{ workshops(campaign: "T26", filter: {{ {filter} }}) {{ totalCount nodes {{ id }} }} }}"#);
        told(&town, "", &query).await["workshops"].take()
    };
    assert_eq!(list("").await["totalCount"], 2);
    assert_eq!(list("modes: [ONLINE]").await["nodes"], json!([{ "id": other }]));
    assert_eq!(list(r#"after: "2026-03-03T00:00:00Z""#).await["nodes"], json!([{ "id": other }]));
    assert_eq!(list(&format!(r#"proposal: "{garden}""#)).await["totalCount"], 2);
    let cancel = json!({ "workshop": id, "reason": "La salle est fermée." });
    let cancelled = "workshop { state cancelled { reason role } }";
    let cancelled = town.done(COORDINATOR, "cancelWorkshop", cancel.clone(), cancelled).await["workshop"].take();
    let why = json!({ "reason": "La salle est fermée.", "role": "COORDINATOR" });
    assert_eq!(cancelled, json!({ "state": "CANCELLED", "cancelled": why }));
    assert_eq!(list("states: [CANCELLED]").await["nodes"], json!([{ "id": id }]));
    assert_eq!(town.refused(COORDINATOR, "cancelWorkshop", cancel).await["code"], "WORKSHOP_CANCELLED");
    assert_eq!(town.refused(ADA, "registerForWorkshop", coming(&id, "DEPOSITOR")).await["code"], "WORKSHOP_CANCELLED");
    let node = told(&town, "", &format!(r#"{{ node(id: "{other}") {{ __typename id }} }}"#)).await;
    assert_eq!(node["node"], json!({ "__typename": "Workshop", "id": other }));
}
