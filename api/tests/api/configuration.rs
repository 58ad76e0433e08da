//! How a campaign comes to be through the API: all that can be configured, outlines, clones, exclusions,
//! and the no that each wrong input gets.

use crate::town::{COORDINATOR, OFFICER, SECOND, Town, configuration, proposal};
use serde_json::{Value, json};

/// Two districts side by side, and a neighbourhood across their border.
const WEST: [[f64; 2]; 5] = [[2.1, 48.1], [2.5, 48.1], [2.5, 49.1], [2.1, 49.1], [2.1, 48.1]];
const EAST: [[f64; 2]; 5] = [[2.5, 48.1], [3.1, 48.1], [3.1, 49.1], [2.5, 49.1], [2.5, 48.1]];
const ACROSS: [[f64; 2]; 5] = [[2.4, 48.4], [2.6, 48.4], [2.6, 48.6], [2.4, 48.6], [2.4, 48.4]];

fn polygon(ring: [[f64; 2]; 5]) -> Value {
    json!({ "type": "Polygon", "coordinates": [ring] })
}

/// Everything that can be said of a campaign.
fn everything() -> Value {
    let mut input = configuration();
    let area = |code: &str, kind: &str, postcodes: Value| {
        json!({ "code": code, "kind": kind, "name": code, "envelope": "1000000", "population": 900,
                "ballot": { "chooseOne": true }, "postcodes": postcodes })
    };
    input["areas"] = json!([
        area("CITY", "WHOLE_CITY", json!([])),
        area("WEST", "DISTRICT", json!(["99001"])),
        area("EAST", "DISTRICT", json!(["99002", "99003"])),
    ]);
    input["participation"] = json!({
        "language": "EN", "moderation": "BEFOREHAND", "attachmentsMax": 0, "commentMax": 300,
        "depositors": [
            { "kind": "INDIVIDUAL", "name": "Particulier" },
            { "kind": "ASSOCIATION", "name": "Association", "complementNeeded": true },
        ],
        "neighbourhoods": [{ "code": "MILLS", "name": "Les Moulins" }],
    });
    input["rule"]["around"] = json!({
        "winners": 9, "earmark": { "basisPoints": 2500 }, "weights": { "digital": 1, "paper": 2 },
        "groups": { "atLeast": 1, "atMostCost": "600000" }, "leftovers": "HIGHEST_TURNOUT",
    });
    input["instructionRules"] =
        json!({ "verdictDays": 20, "appealDays": 5, "criteria": [{ "code": "LAND", "name": "Domaine public" }] });
    input
}

const CONFIGURED: &str = "rule { inWords around { winners anyCost fundNextAtBasisPoints weights { digital paper }
        earmark { amount basisPoints } groups { atMost atMostCost atLeast } leftovers } }
    participation { language moderation attachmentsMax commentMax
        depositors { kind name complementNeeded } }
    instructionRules { verdictDays appealDays criteria { code name } }
    neighbourhoods { code name outline }
    areas { code population postcodes outline }";

const NEAR: &str = "suggestedExclusions { metres projects { id } }";

async fn mapped() -> Town {
    let town = Town::new().await;
    town.done(COORDINATOR, "configureCampaign", everything(), "campaign { code }").await;
    town.grant(SECOND).await;
    let outlines = json!([
        { "place": { "area": "WEST" }, "outline": polygon(WEST) },
        { "place": { "area": "EAST" }, "outline": polygon(EAST).to_string() },
        { "place": { "neighbourhood": "MILLS" }, "outline": { "type": "Feature", "properties": {}, "geometry": polygon(ACROSS) } },
    ]);
    let input = json!({ "campaign": "T26", "outlines": outlines });
    let drawn = town.done(COORDINATOR, "drawOutline", input, "campaign { areas { code } }").await;
    assert_eq!(drawn["campaign"]["areas"].as_array().unwrap().len(), 3);
    town
}

#[tokio::test]
async fn what_is_configured_can_be_read() {
    let town = mapped().await;
    let data = town.ask(&format!(r#"{{ campaign(code: "T26") {{ {CONFIGURED} }} }}"#)).await;
    let campaign = &data["campaign"];
    assert_eq!(
        campaign["participation"],
        json!({
            "language": "EN", "moderation": "BEFOREHAND", "attachmentsMax": 0, "commentMax": 300,
            "depositors": [
                { "kind": "INDIVIDUAL", "name": "Particulier", "complementNeeded": false },
                { "kind": "ASSOCIATION", "name": "Association", "complementNeeded": true },
            ],
        })
    );
    let around = json!({
        "winners": 9, "anyCost": false, "fundNextAtBasisPoints": null, "weights": { "digital": 1, "paper": 2 },
        "earmark": { "amount": null, "basisPoints": 2500 },
        "groups": { "atMost": null, "atMostCost": "600000", "atLeast": 1 }, "leftovers": "HIGHEST_TURNOUT",
    });
    assert_eq!(campaign["rule"]["around"], around);
    let told = campaign["rule"]["inWords"].as_str().unwrap();
    for part in
        ["a vote on paper 2", "at most 9 winners", "25% of the envelope", "€6,000", "most ballots per inhabitant"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let criteria = json!([{ "code": "LAND", "name": "Domaine public" }]);
    assert_eq!(campaign["instructionRules"], json!({ "verdictDays": 20, "appealDays": 5, "criteria": criteria }));
    let mills = json!([{ "code": "MILLS", "name": "Les Moulins", "outline": polygon(ACROSS) }]);
    assert_eq!(campaign["neighbourhoods"], mills);
    assert_eq!(campaign["areas"][0]["outline"], Value::Null);
    assert_eq!(campaign["areas"][2]["outline"], polygon(EAST));
    assert_eq!(campaign["areas"][2]["postcodes"], json!(["99002", "99003"]));
    assert_eq!(campaign["areas"][1]["population"], 900);
}

#[tokio::test]
async fn what_is_not_said_is_as_the_schema_says() {
    let town = Town::configured().await;
    let data = town.ask(&format!(r#"{{ campaign(code: "T26") {{ {CONFIGURED} }} }}"#)).await;
    let campaign = &data["campaign"];
    let participation = json!({ "language": "FR", "moderation": "AFTERWARDS", "attachmentsMax": 5, "commentMax": 2000, "depositors": [] });
    assert_eq!(campaign["participation"], participation);
    assert_eq!(campaign["instructionRules"], json!({ "verdictDays": 60, "appealDays": 15, "criteria": [] }));
    assert_eq!((&campaign["neighbourhoods"], &campaign["areas"][0]["postcodes"]), (&json!([]), &json!([])));
    // An empty object says as little.
    let mut input = configuration();
    (input["participation"], input["instructionRules"]) = (json!({}), json!({}));
    town.done(COORDINATOR, "configureCampaign", input, "campaign { code }").await;
    let again = town.ask(&format!(r#"{{ campaign(code: "T26") {{ {CONFIGURED} }} }}"#)).await;
    assert_eq!(again["campaign"], *campaign);
}

#[tokio::test]
async fn a_configuration_that_cant_be_run_is_refused_and_begins_nothing() {
    let town = Town::new().await;
    let table: [(&str, Value); 8] = [
        ("/rule", json!({ "kind": "GREEDY", "tieBreak": ["LOT"], "around": { "winners": 0 } })),
        ("/participation/attachmentsMax", json!(21)),
        ("/participation/commentMax", json!(0)),
        ("/participation/depositors/1/kind", json!("INDIVIDUAL")),
        ("/participation/neighbourhoods", json!([{ "code": "A", "name": "A" }, { "code": "A", "name": "B" }])),
        ("/instructionRules/verdictDays", json!(0)),
        ("/instructionRules/appealDays", json!(366)),
        ("/instructionRules/criteria", json!([{ "code": "A", "name": "A" }, { "code": "A", "name": "B" }])),
    ];
    for (pointer, wrong) in table {
        let mut input = everything();
        *input.pointer_mut(pointer).unwrap() = wrong;
        let no = town.refused(COORDINATOR, "configureCampaign", input).await;
        let field = pointer.rsplit('/').find(|part| *part != "kind" && part.parse::<u8>().is_err());
        assert_eq!((no["code"].as_str(), no["field"].as_str()), (Some("CONFIGURATION_INVALID"), field), "{pointer}");
    }
    assert!(town.store.reader().logs().unwrap().is_empty(), "a refused campaign left a log");
    town.done(COORDINATOR, "configureCampaign", everything(), "campaign { code }").await;
}

#[tokio::test]
async fn a_deposit_lies_where_it_says() {
    let town = mapped().await;
    town.open("IDEATION").await;
    let deposit = |area: &str, longitude: f64, latitude: f64| {
        let mut input = proposal("Des arbres");
        (input["area"], input["point"]) = (json!(area), json!({ "longitude": longitude, "latitude": latitude }));
        input
    };
    let no = town.refused("CITIZEN:a", "depositProposal", deposit("WEST", 2.7, 48.2)).await;
    assert_eq!((&no["code"], &no["limit"]), (&json!("POINT_IN_OTHER_AREA"), &json!("EAST")));
    let no = town.refused("CITIZEN:a", "depositProposal", deposit("WEST", 7.0, 48.2)).await;
    assert_eq!(no["code"], "POINT_OUTSIDE_CITY");
    let no = town.refused("CITIZEN:a", "depositProposal", deposit("CITY", 7.0, 48.2)).await;
    assert_eq!(no["code"], "POINT_OUTSIDE_CITY");
    for (area, longitude) in [("WEST", 2.1), ("WEST", 2.5), ("EAST", 2.5), ("CITY", 2.1)] {
        town.done("CITIZEN:a", "depositProposal", deposit(area, longitude, 48.2), "proposal { id }").await;
    }
}

#[tokio::test]
async fn what_is_no_outline_is_refused_with_what_to_do() {
    let town = mapped().await;
    let ring = |points: Value| json!({ "type": "Polygon", "coordinates": [points] });
    let many: Vec<[f64; 2]> = (0..2_600).map(|n| [f64::from(n) / 1_000.0, f64::from(n % 2)]).collect();
    let table = [
        (json!({ "type": "Point", "coordinates": [2, 48] }), "no inside"),
        (json!({ "type": "Polygon" }), "without `coordinates`"),
        (json!({ "type": "FeatureCollection", "features": [] }), "0 features"),
        (json!("no JSON"), "no GeoJSON"),
        (json!({}), "no GeoJSON"),
        (json!({ "type": "MultiPolygon", "coordinates": [] }), "polygons: 1 – 200"),
        (json!({ "type": "Polygon", "coordinates": [] }), "rings: 1"),
        (ring(json!([[2, 48], [3, 48], [2, 48]])), "points / ring: 4"),
        (ring(json!([[2, 48], [3, 48], [3, 49], [2, 49]])), "1 ≠ n"),
        (ring(json!([[2, 48], [3, 48], [4, 48], [2, 48]])), "0 m²"),
        (ring(json!([[48, 2, 0], [48, 93, 0], [49, 93, 0], [48, 2, 0]])), "[longitude, latitude]"),
        (
            ring(json!([[652_000, 6_862_000], [653_000, 6_862_000], [653_000, 6_863_000], [652_000, 6_862_000]])),
            "WGS 84",
        ),
        (ring(json!([["2", 48], [3, 48], [3, 49], ["2", 48]])), "[longitude, latitude]"),
        (ring(json!(many)), "points: 0 – 2500"),
    ];
    let before = town.ask(r#"{ campaign(code: "T26") { log { size } } }"#).await;
    for (outline, told) in table {
        // What comes first is fine, and isn't drawn either.
        let good = json!({ "place": { "area": "EAST" }, "outline": polygon(ACROSS) });
        let outlines = json!([good, { "place": { "area": "WEST" }, "outline": outline }]);
        let no = town.refused(COORDINATOR, "drawOutline", json!({ "campaign": "T26", "outlines": outlines })).await;
        assert_eq!(no["code"], "OUTLINE_INVALID", "{told}");
        assert!(no["message"].as_str().unwrap().contains(told), "{told}: {no}");
    }
    let place = |place: Value| json!({ "campaign": "T26", "outlines": [{ "place": place, "outline": polygon(WEST) }] });
    let draw = |input: Value| town.refused(COORDINATOR, "drawOutline", input);
    assert_eq!(draw(place(json!({ "area": "NOWHERE" }))).await["code"], "UNKNOWN_AREA");
    assert_eq!(draw(place(json!({ "neighbourhood": "NOWHERE" }))).await["code"], "UNKNOWN_NEIGHBOURHOOD");
    assert_eq!(draw(json!({ "campaign": "T26", "outlines": [] })).await["code"], "EMPTY_LIST");
    let too_many: Vec<Value> =
        (0..101).map(|_| json!({ "place": { "area": "WEST" }, "outline": polygon(WEST) })).collect();
    assert_eq!(draw(json!({ "campaign": "T26", "outlines": too_many })).await["code"], "TOO_MANY");
    let citizen = town.refused("CITIZEN:a", "drawOutline", place(json!({ "area": "WEST" }))).await;
    assert_eq!(citizen["code"], "ROLE_MISSING");
    assert_eq!(town.ask(r#"{ campaign(code: "T26") { log { size } } }"#).await, before, "something was half done");
    let query = r#"mutation($input: DrawOutlineInput!) { drawOutline(input: $input) { rejections { code } } }"#;
    for place in [json!({}), json!({ "area": "WEST", "neighbourhood": "MILLS" })] {
        let input = json!({ "commandId": town.command_id(), "campaign": "T26", "outlines": [{ "place": place, "outline": polygon(WEST) }] });
        assert!(town.answer(COORDINATOR, query, json!({ "input": input })).await["errors"].is_array());
    }
}

#[tokio::test]
async fn an_outline_is_read_from_its_digits() {
    let town = mapped().await;
    let text = r#"{"type":"Polygon","coordinates":[[[2.00000049999999999999,48],[2.9999995,48],[2.5,48.9999994],[2.00000049999999999999,48]]]}"#;
    let input = json!({ "campaign": "T26", "outlines": [{ "place": { "area": "WEST" }, "outline": text }] });
    let drawn = town.done(COORDINATOR, "drawOutline", input, "campaign { areas { outline } }").await;
    let rounded = json!({ "type": "Polygon", "coordinates": [[[2, 48], [3, 48], [2.5, 48.999_999], [2, 48]]] });
    assert_eq!(drawn["campaign"]["areas"][1]["outline"], rounded);
}

#[tokio::test]
async fn a_clone_is_the_campaign_of_another_year() {
    let town = mapped().await;
    town.open("IDEATION").await;
    let input = json!({ "campaign": "T26", "code": "T27", "year": 2027, "days": 364, "title": "Deuxième édition" });
    let object = format!(
        "campaign {{ code title year territory phases {{ phase start opened {{ cause }} }} grants {{ role }} {CONFIGURED} }}"
    );
    let cloned = town.done(COORDINATOR, "cloneCampaign", input.clone(), &object).await["campaign"].take();
    assert_eq!((&cloned["title"], &cloned["year"]), (&json!("Deuxième édition"), &json!(2027)));
    assert_eq!(
        cloned["phases"][0],
        json!({ "phase": "PRE_IDEATION", "start": "2026-12-31T00:00:00Z", "opened": null })
    );
    assert_eq!(cloned["grants"], json!([{ "role": "COORDINATOR" }]), "others' roles aren't taken along");
    let earlier = town.ask(&format!(r#"{{ campaign(code: "T26") {{ {CONFIGURED} }} }}"#)).await["campaign"].take();
    for (field, value) in earlier.as_object().unwrap() {
        assert_eq!(cloned[field], *value, "{field}");
    }
    // The code is taken now, also for whoever leads that campaign; nothing happened to it.
    let no = town.refused(COORDINATOR, "cloneCampaign", input.clone()).await;
    assert_eq!((&no["code"], &no["field"]), (&json!("CONFIGURATION_INVALID"), &json!("code")));
    let other = |field: &str, value: Value| {
        let mut input = input.clone();
        (input["code"], input[field]) = (json!("T28"), value);
        input
    };
    let wrong = [
        (other("code", json!("à")), "CONFIGURATION_INVALID", "code"),
        (other("year", json!(12)), "CONFIGURATION_INVALID", "year"),
        (other("days", json!(i32::MAX)), "OUT_OF_RANGE", "days"),
    ];
    for (input, code, field) in wrong {
        let no = town.refused(COORDINATOR, "cloneCampaign", input).await;
        assert_eq!((&no["code"], &no["field"]), (&json!(code), &json!(field)), "{no}");
    }
    assert_eq!(town.refused("CITIZEN:a", "cloneCampaign", other("year", json!(2028))).await["code"], "ROLE_MISSING");
    assert_eq!(town.store.reader().logs().unwrap().len(), 2);
    // Somebody who holds no role in the earlier campaign may begin one of their own.
    town.done("ANALYST:stranger", "cloneCampaign", other("year", json!(2028)), "campaign { code }").await;
}

#[tokio::test]
async fn a_clone_sent_again_gets_its_first_receipt() {
    let town = mapped().await;
    let input = json!({ "commandId": town.command_id(), "campaign": "T26", "code": "T27", "year": 2027, "days": 364 });
    let first = town.done(COORDINATOR, "cloneCampaign", input.clone(), "campaign { code }").await;
    let again = town.done(COORDINATOR, "cloneCampaign", input, "campaign { code }").await;
    assert_eq!((&first["receipt"]["replayed"], &again["receipt"]["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(first["receipt"]["leafHash"], again["receipt"]["leafHash"]);
}

#[tokio::test]
async fn outlines_are_frozen_with_the_rules() {
    let (town, _) = Town::voting().await;
    let input = json!({ "campaign": "T26", "outlines": [{ "place": { "area": "NORTH" }, "outline": polygon(WEST) }] });
    assert_eq!(town.refused(COORDINATOR, "drawOutline", input).await["code"], "RULES_FROZEN");
}

#[tokio::test]
async fn projects_that_exclude_each_other_are_declared_by_a_person() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let mut proposals = Vec::new();
    for title in ["Fontaine", "Kiosque", "Ailleurs"] {
        proposals.push(town.deposit("author", title).await);
    }
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let mut projects = Vec::new();
    for (proposal, area) in proposals.iter().zip(["CITY", "CITY", "NORTH"]) {
        let input = json!({ "campaign": "T26", "proposals": [proposal], "kind": "SINGLE", "title": area, "area": area,
            "point": { "longitude": 2.35, "latitude": 48.85 } });
        let payload = town.done(COORDINATOR, "formProject", input, "project { id }").await;
        projects.push(payload["project"]["id"].clone());
    }
    let input =
        |projects: &[&Value], reason: &str| json!({ "campaign": "T26", "projects": projects, "reason": reason });
    let [one, two, other] = [&projects[0], &projects[1], &projects[2]];
    let refused = async |actor: &str, mutation: &str, input: Value| {
        town.refused(actor, mutation, input).await["code"].as_str().unwrap().to_owned()
    };
    let (declare, lift) = ("declareExclusion", "liftExclusion");
    assert_eq!(refused(COORDINATOR, declare, input(&[one], "Seul.")).await, "TOO_FEW_PROJECTS");
    assert_eq!(refused(COORDINATOR, declare, input(&[one, one], "Seul.")).await, "TOO_FEW_PROJECTS");
    assert_eq!(refused(COORDINATOR, declare, input(&[one, other], "Loin.")).await, "OTHER_AREA");
    assert_eq!(refused(COORDINATOR, declare, input(&[one, two], " ")).await, "REASON_MISSING");
    for (actor, code) in [("CITIZEN:a", "ROLE_MISSING"), (OFFICER, "ROLE_NOT_HELD")] {
        assert_eq!(refused(actor, declare, input(&[one, two], "Même place.")).await, code);
    }
    assert_eq!(refused(COORDINATOR, lift, input(&[one, two], "Il y a place.")).await, "NOT_DONE");
    town.done(COORDINATOR, declare, input(&[one, two], "Même place."), "campaign { code }").await;
    let query =
        format!(r#"{{ campaign(code: "T26") {{ exclusions {{ reason declaredBy projects {{ id }} }} {NEAR} }} }}"#);
    let read = town.ask(&query).await["campaign"].take();
    let said = &read["exclusions"];
    assert_eq!((said.as_array().unwrap().len(), &said[0]["reason"]), (1, &json!("Même place.")));
    let named = said[0]["projects"].as_array().unwrap();
    assert!(named.len() == 2 && [one, two].iter().all(|id| named.contains(&json!({ "id": id }))), "{said}");
    assert_eq!(read["suggestedExclusions"], json!([]), "what is declared needs no suggestion");
    assert_eq!(refused(COORDINATOR, declare, input(&[two, one], "Même place.")).await, "ALREADY_DONE");
    assert_eq!(refused(COORDINATOR, lift, input(&[one, two], "")).await, "REASON_MISSING");
    town.done(COORDINATOR, lift, input(&[one, two], "Il y a place."), "campaign { code }").await;
    assert_eq!(refused(COORDINATOR, lift, input(&[one, two], "Il y a place.")).await, "NOT_DONE");
}

#[tokio::test]
async fn how_equally_people_are_treated_can_be_read() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let proposal = town.deposit("author", "Fontaine").await;
    town.deposit("author", "Sans suite").await;
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let project = town.project(&proposal, "Fontaine", "CITY", "100").await;
    town.done(COORDINATOR, "admitProject", json!({ "project": project }), "project { state }").await;
    let group = "{ group deposited withdrawn removed merged projects admitted refused appeals acceptancePerMille
        toVerdict { count median ninetieth } toDecision { count median ninetieth }
        area { code } theme { code } depositor }";
    let query = format!(
        r#"{{ campaign(code: "T26") {{ equity {{ areas {group} themes {group} depositors {group} neighbourhoods {group}
            departments {{ department {{ code }} assigned late }} }} }} }}"#
    );
    let data = town.ask(&query).await;
    let equity = &data["campaign"]["equity"];
    let at_once = json!({ "count": 1, "median": 0, "ninetieth": 0 });
    let row = |group: &str, of: [Value; 3]| {
        json!({ "group": group, "deposited": 2, "withdrawn": 0, "removed": 0, "merged": 1, "projects": 1, "admitted": 1,
            "refused": 0, "appeals": 0, "acceptancePerMille": 1000, "toVerdict": at_once, "toDecision": at_once,
            "area": of[0], "theme": of[1], "depositor": of[2] })
    };
    assert_eq!(equity["areas"], json!([row("CITY", [json!({ "code": "CITY" }), Value::Null, Value::Null])]));
    assert_eq!(equity["depositors"], json!([row("INDIVIDUAL", [Value::Null, Value::Null, json!("INDIVIDUAL")])]));
    assert_eq!(equity["neighbourhoods"], json!([row("OTHER", [Value::Null, Value::Null, Value::Null])]));
    // The project was formed without a theme.
    let themes = equity["themes"].as_array().unwrap();
    let groups: Vec<_> = themes.iter().map(|row| (row["group"].clone(), row["projects"].clone())).collect();
    assert_eq!(groups, [(json!("-"), json!(1)), (json!("GREEN"), json!(0))]);
    assert_eq!(themes[1]["theme"], json!({ "code": "GREEN" }));
    assert_eq!(equity["departments"], json!([]));
}
