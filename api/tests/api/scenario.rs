//! A whole campaign up to the ballot list, played by thirty people over HTTP; then every lineage is
//! walked both ways and compared with what was done.
//!
//! Next: `merging.rs` and `instruction.rs`, the refusals one by one.

use crate::town::{COORDINATOR, SECOND, Town, configuration, proposal};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const MODERATOR: &str = "MODERATOR:modération";
/// Who instructs: two in each department, so that an appeal finds somebody else.
const REFERENTS: [(&str, &str); 6] = [
    ("DEPARTMENT_REFERENT:parcs-1", "PARKS"),
    ("DEPARTMENT_REFERENT:parcs-2", "PARKS"),
    ("DEPARTMENT_REFERENT:voirie-1", "ROADS"),
    ("DEPARTMENT_REFERENT:voirie-2", "ROADS"),
    ("DEPARTMENT_REFERENT:culture-1", "CULTURE"),
    ("DEPARTMENT_REFERENT:culture-2", "CULTURE"),
];
/// Who deposits; with the nine agents they are thirty.
const CITIZENS: [&str; 21] = [
    "Aïcha", "Bruno", "Chloé", "Driss", "Élodie", "Farid", "Gaëlle", "Hugo", "Inès", "Jules", "Karim", "Léa", "Mehdi",
    "Noémie", "Omar", "Pauline", "Quentin", "Rachida", "Simon", "Thanh", "Ursula",
];

fn citizen(number: usize) -> String {
    format!("CITIZEN:{}", CITIZENS[number])
}

fn square(west: f64, south: f64, side: f64) -> Value {
    let (east, north) = (west + side, south + side);
    json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}

/// What was merged and never undone: project → proposal → share.
type Ledger = BTreeMap<String, BTreeMap<String, Option<u64>>>;

struct Scene {
    town: Town,
    proposals: Vec<String>,
    ledger: Ledger,
}

impl Scene {
    async fn done(&self, actor: &str, mutation: &str, input: Value, object: &str) -> Value {
        self.town.done(actor, mutation, input, object).await
    }

    fn at(&self, moment: &str) {
        self.town.executor.clock().set(moment.parse().unwrap());
    }

    async fn begin(town: Town) -> Self {
        let mut configured = configuration();
        configured["areas"][0]["postcodes"] = json!(["99001", "99002"]);
        configured["areas"][1]["postcodes"] = json!(["99001"]);
        configured["departments"] = json!([
            { "code": "PARKS", "name": "Espaces verts" },
            { "code": "ROADS", "name": "Voirie" },
            { "code": "CULTURE", "name": "Culture" },
        ]);
        configured["participation"] = json!({
            "language": "FR",
            "depositors": [
                { "kind": "INDIVIDUAL", "name": "Particulier" },
                { "kind": "ASSOCIATION", "name": "Association", "complementNeeded": true },
                { "kind": "COLLECTIVE", "name": "Collectif" },
            ],
            "neighbourhoods": [{ "code": "HAUTS", "name": "Les Hauts" }],
        });
        configured["instructionRules"] = json!({
            "criteria": [
                { "code": "COMPETENCE", "name": "Compétence de la ville" },
                { "code": "PUBLIC", "name": "Terrain public" },
            ],
            "verdictDays": 30, "appealDays": 10,
        });
        town.done(COORDINATOR, "configureCampaign", configured, "campaign { code }").await;
        town.grant(SECOND).await;
        town.grant(MODERATOR).await;
        let scene = Self { town, proposals: Vec::new(), ledger: Ledger::new() };
        for (referent, department) in REFERENTS {
            let agent = scene.town.known(referent).await.agent_id;
            let input =
                json!({ "campaign": "T26", "agent": agent, "role": "DEPARTMENT_REFERENT", "department": department });
            scene.done(COORDINATOR, "grantRole", input, "").await;
        }
        let outlines = json!([
            { "place": { "area": "CITY" }, "outline": square(2.30, 48.80, 0.10) },
            { "place": { "area": "NORTH" }, "outline": square(2.30, 48.85, 0.05) },
            { "place": { "neighbourhood": "HAUTS" }, "outline": square(2.30, 48.86, 0.01) },
        ]);
        let input = json!({ "campaign": "T26", "outlines": outlines });
        scene.done(COORDINATOR, "drawOutline", input, "").await;
        scene
    }

    /// Everybody deposits; some write together, change, comment, support, withdraw or are moderated.
    async fn ideas(&mut self) {
        let town = &self.town;
        town.open("IDEATION").await;
        for (number, name) in CITIZENS.iter().enumerate() {
            let mut input = proposal(&format!("Une idée de {name}"));
            input["authorName"] = json!(name);
            // One in three is in the north, and of these the first in its neighbourhood.
            if number % 3 == 0 {
                let latitude = if number == 0 { 48.865 } else { 48.855 };
                input["area"] = json!("NORTH");
                input["point"] = json!({ "latitude": latitude, "longitude": 2.305 });
                input["address"] = json!({ "text": "1, rue Haute", "postcode": "99001" });
            }
            if number % 5 == 4 {
                input["depositor"] = json!("ASSOCIATION");
                input["complement"] = json!(format!("Amicale {name}"));
            }
            let payload = town.done(&citizen(number), "depositProposal", input, "proposal { id reference }").await;
            self.proposals.push(payload["proposal"]["id"].as_str().unwrap().to_owned());
        }
        let ids = &self.proposals;

        let mut elsewhere = proposal("Ailleurs");
        elsewhere["area"] = json!("NORTH");
        assert_eq!(town.refused(&citizen(1), "depositProposal", elsewhere).await["code"], "POINT_IN_OTHER_AREA");
        let mut outside = proposal("Dehors");
        outside["point"] = json!({ "latitude": 49.5, "longitude": 2.305 });
        assert_eq!(town.refused(&citizen(1), "depositProposal", outside).await["code"], "POINT_OUTSIDE_CITY");

        let invited = town.done(&citizen(0), "inviteCoAuthor", json!({ "proposal": ids[0] }), "invitation").await;
        let input = json!({ "proposal": ids[0], "invitation": invited["invitation"], "authorName": "Bruno" });
        town.done(&citizen(1), "joinProposal", input, "").await;

        // Both authors change the same version: the second learns what changed.
        let mut edited = proposal("Une idée de Chloé, en mieux");
        edited.as_object_mut().unwrap().remove("campaign");
        edited["proposal"] = json!(ids[2]);
        edited["version"] = json!(1);
        edited["authorName"] = json!("Chloé");
        town.done(&citizen(2), "editProposal", edited.clone(), "").await;
        edited["title"] = json!("Une autre idée de Chloé");
        let no = town.refused(&citizen(2), "editProposal", edited).await;
        assert_eq!((&no["code"], &no["limit"]), (&json!("EDIT_CONFLICT"), &json!("title")));

        for number in 3..9 {
            let input = json!({ "on": ids[number], "text": "Bonne idée !", "authorName": CITIZENS[number + 1] });
            town.done(&citizen(number + 1), "postComment", input, "").await;
            town.done(&citizen(number + 1), "supportProposal", json!({ "proposal": ids[number] }), "").await;
        }
        let input = json!({ "on": ids[3], "text": "La ville y réfléchit.", "authorName": "Mission", "official": true });
        let answered = town.done(COORDINATOR, "postComment", input, "comment { id }").await;
        town.done(COORDINATOR, "pinComment", json!({ "comment": answered["comment"]["id"] }), "").await;

        let report = json!({ "content": ids[19], "reason": "Publicité" });
        town.done(&citizen(4), "reportContent", report, "").await;
        let removed = json!({ "content": ids[19], "reason": "Publicité pour un magasin" });
        town.done(MODERATOR, "removeContent", removed, "").await;
        town.done(&citizen(20), "withdrawProposal", json!({ "proposal": ids[20] }), "").await;
        town.pass("IDEATION", "POST_IDEATION").await;
        let late = town.refused(&citizen(1), "depositProposal", proposal("Trop tard")).await;
        assert_eq!(late["code"], "PHASE_NOT_OPEN");
    }

    /// A workshop in a room, and one online with its three steps; their ids.
    async fn workshops(&self) -> (String, String) {
        let (town, ids) = (&self.town, &self.proposals);
        let announced = |mode: &str, proposals: Value, more: Value| {
            let mut input = json!({
                "campaign": "T26", "title": "Atelier des arbres", "mode": mode, "agenda": "Écrire un projet commun.",
                "starts": "2026-04-10T18:00:00Z", "ends": "2026-04-12T20:00:00Z", "capacity": 3, "proposals": proposals,
            });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        };
        let room = announced("IN_PERSON", json!(ids[0..3]), json!({ "place": "Salle des fêtes" }));
        let room = town.done(COORDINATOR, "announceWorkshop", room, "workshop { id }").await;
        let room = room["workshop"]["id"].as_str().unwrap().to_owned();
        for number in 0..3 {
            let input = json!({ "workshop": room, "standing": "DEPOSITOR" });
            town.done(&citizen(number), "registerForWorkshop", input, "").await;
        }
        let input = json!({ "workshop": room, "standing": "DEPOSITOR" });
        assert_eq!(town.refused(&citizen(9), "registerForWorkshop", input).await["code"], "NOT_INVITED");

        let steps = json!({ "link": "https://salle.example/7", "steps": {
            "comment": { "start": "2026-04-10T18:00:00Z", "end": "2026-04-11T18:00:00Z" },
            "choice": { "start": "2026-04-11T18:00:00Z", "end": "2026-04-12T18:00:00Z" },
            "finish": "2026-04-12T19:00:00Z",
        } });
        let online = announced("ONLINE", json!(ids[2..6]), steps);
        let online = town.done(COORDINATOR, "announceWorkshop", online, "workshop { id }").await;
        let online = online["workshop"]["id"].as_str().unwrap().to_owned();
        for number in 3..6 {
            let input = json!({ "workshop": online, "standing": "DEPOSITOR" });
            town.done(&citizen(number), "registerForWorkshop", input, "").await;
        }
        self.at("2026-04-11T09:00:00Z");
        let input = json!({ "on": online, "text": "Et de l’ombre ?", "authorName": CITIZENS[3] });
        town.done(&citizen(3), "postComment", input, "").await;
        let alternatives = json!([{ "title": "Un", "text": "Des arbres." }, { "title": "Deux", "text": "Des bancs." }]);
        let input = json!({ "workshop": online, "alternatives": alternatives });
        town.done(COORDINATOR, "proposeAlternatives", input, "").await;
        let mut present = Vec::new();
        for number in 0..2 {
            let query = "{ viewer { participant(campaign: \"T26\") } }";
            let answer = town.answer(&citizen(number), query, json!({})).await;
            present.push(answer["data"]["viewer"]["participant"].clone());
        }
        let input = json!({ "workshop": room, "present": present, "others": 4 });
        town.done(COORDINATOR, "recordAttendance", input, "").await;
        let input = json!({ "workshop": room, "minutes": "On a parlé d’arbres.", "conclusions": "Un projet commun." });
        town.done(COORDINATOR, "publishMinutes", input, "").await;
        self.at("2026-04-12T09:00:00Z");
        for number in 3..6 {
            let input = json!({ "workshop": online, "alternative": 1 + number % 2 });
            town.done(&citizen(number), "chooseAlternative", input, "").await;
        }
        self.at("2026-04-12T19:30:00Z");
        town.done(
            COORDINATOR,
            "publishFinalText",
            json!({ "workshop": online, "text": "Des bancs sous les arbres." }),
            "",
        )
        .await;
        (room, online)
    }

    /// Forms a project of proposals with their shares, and notes it.
    async fn form(
        &mut self,
        title: &str,
        kind: &str,
        area: &str,
        links: &[(usize, Option<u64>)],
        workshop: &[&String],
    ) -> String {
        let given: Vec<Value> = links
            .iter()
            .map(|(number, share)| json!({ "proposal": self.proposals[*number], "sharePercent": share, "reason": "Même sujet" }))
            .collect();
        let input = json!({ "campaign": "T26", "links": given, "kind": kind, "title": title, "area": area, "workshops": workshop });
        let payload = self.done(COORDINATOR, "formProject", input, "project { id }").await;
        let id = payload["project"]["id"].as_str().unwrap().to_owned();
        let noted = links.iter().map(|(number, share)| (self.proposals[*number].clone(), *share)).collect();
        self.ledger.insert(id.clone(), noted);
        id
    }

    /// n–m merges, a split, an absorption and an undone merge; the projects that go on.
    async fn projects(&mut self) -> Vec<String> {
        let (room, online) = self.workshops().await;
        self.town.pass("POST_IDEATION", "CO_CONSTRUCTION").await;
        let trees =
            self.form("Arbres", "CO_CONSTRUCTION", "CITY", &[(0, None), (1, Some(100)), (2, Some(60))], &[&room]).await;
        let benches =
            self.form("Bancs", "CO_CONSTRUCTION", "CITY", &[(2, Some(40)), (3, None), (4, None)], &[&online]).await;
        let paths = self.form("Allées", "GROUPING", "NORTH", &[(6, None), (9, None), (12, None)], &[]).await;
        let whole = self.form("Fête", "GROUPING", "CITY", &[(5, None), (7, None), (8, None)], &[]).await;
        let small = self.form("Petit", "SINGLE", "CITY", &[(10, None)], &[]).await;
        let wrong = self.form("Erreur", "GROUPING", "CITY", &[(11, None), (13, None)], &[]).await;
        let (ids, town) = (self.proposals.clone(), &self.town);

        let again = json!({ "project": trees, "proposal": ids[0] });
        assert_eq!(town.refused(COORDINATOR, "addProposalToProject", again).await["code"], "DUPLICATE_ENTRY");
        for (number, code) in [(19, "PROPOSAL_REMOVED"), (20, "PROPOSAL_WITHDRAWN")] {
            let before = head(town).await;
            let input = json!({ "campaign": "T26", "proposals": [ids[14], ids[number]], "kind": "GROUPING", "title": "Non", "area": "CITY" });
            assert_eq!(town.refused(COORDINATOR, "formProject", input).await["code"], code);
            assert_eq!(head(town).await, before, "half of it was done");
        }

        let part = |title: &str, numbers: &[usize]| {
            let proposals: Vec<Value> = numbers.iter().map(|number| json!({ "proposal": ids[*number] })).collect();
            json!({ "title": title, "kind": "GROUPING", "proposals": proposals })
        };
        let input = json!({ "project": whole, "reason": "Deux lieux", "parts": [part("Fête au nord", &[5, 7]), part("Fête au sud", &[8])] });
        town.done(COORDINATOR, "splitProject", input, "project { state }").await;
        let input = json!({ "project": small, "into": benches, "reason": "Même place" });
        town.done(COORDINATOR, "absorbProject", input, "").await;
        let round = json!({ "project": benches, "into": small, "reason": "Et retour" });
        assert_eq!(town.refused(COORDINATOR, "absorbProject", round).await["code"], "MERGE_CYCLE");
        town.done(COORDINATOR, "undoMerge", json!({ "project": wrong, "reason": "Sans rapport" }), "").await;
        let input = json!({ "project": trees, "proposal": ids[14], "reason": "Oubliée" });
        town.done(COORDINATOR, "addProposalToProject", input, "").await;
        let input = json!({ "project": paths, "proposal": ids[12], "reason": "Trop loin" });
        town.done(COORDINATOR, "takeProposalOut", input, "").await;

        let parts = parts_of(town, &whole).await;
        assert_eq!(parts.len(), 2);
        for gone in [&whole, &small, &wrong] {
            self.ledger.remove(gone);
        }
        let put = |ledger: &mut Ledger, project: &str, number: usize| {
            ledger.entry(project.to_owned()).or_default().insert(ids[number].clone(), None);
        };
        for (part, numbers) in parts.iter().zip([&[5, 7][..], &[8]]) {
            numbers.iter().for_each(|number| put(&mut self.ledger, part, *number));
        }
        put(&mut self.ledger, &benches, 10);
        put(&mut self.ledger, &trees, 14);
        self.ledger.get_mut(&paths).unwrap().remove(&ids[12]);
        [trees, benches, paths].into_iter().chain(parts).collect()
    }

    async fn verdict(&self, referent: &str, project: &str, opinion: &str, cents: &str) {
        let department = REFERENTS.iter().find(|(one, _)| *one == referent).unwrap().1;
        let criteria = json!([{ "criterion": "COMPETENCE", "met": true }, { "criterion": "PUBLIC", "met": opinion != "UNFAVOURABLE" }]);
        let mut input = json!({
            "project": project, "department": department, "opinion": opinion, "reasons": "Étudié sur place.",
            "criteria": criteria, "lines": [{ "kind": "INVESTMENT", "amount": cents }, { "kind": "STUDY", "amount": "100000" }],
        });
        if opinion == "FAVOURABLE_WITH_CONDITIONS" {
            input["conditions"] = json!("Sans toucher aux racines");
            input["commitmentNeeded"] = json!(true);
            input["yearly"] = json!("20000");
        }
        self.done(referent, "giveVerdict", input, "").await;
    }

    /// Departments instruct; one no is appealed against and won, one stands; the commission settles.
    async fn instruction(&self, projects: &[String]) {
        let town = &self.town;
        self.at("2026-05-02T09:00:00Z");
        let assignments = json!([{ "department": "PARKS" }, { "department": "ROADS" }, { "department": "CULTURE", "mandatory": false }]);
        let input = json!({ "campaign": "T26", "projects": projects, "assignments": assignments });
        let mut input = input;
        input.as_object_mut().unwrap().remove("campaign");
        town.done(COORDINATOR, "assignDepartments", input, "").await;
        town.pass("CO_CONSTRUCTION", "PRE_SUBMIT").await;
        for project in projects {
            let input = json!({ "project": project, "department": "CULTURE", "reason": "Rien de culturel" });
            town.done(REFERENTS[4].0, "handBack", input, "").await;
        }
        let not_assigned = json!({ "project": projects[0], "department": "CULTURE", "opinion": "FAVOURABLE", "reasons": "Tout de même.", "lines": [] });
        assert_eq!(town.refused(REFERENTS[4].0, "giveVerdict", not_assigned).await["code"], "NOT_ASSIGNED");
        let query = "{ viewer { workList(campaign: \"T26\", list: DEPARTMENT, department: \"PARKS\", first: 50) { nodes { project { id } } } } }";
        let listed = town.answer(REFERENTS[0].0, query, json!({})).await;
        let listed: BTreeSet<&str> = listed["data"]["viewer"]["workList"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["project"]["id"].as_str().unwrap())
            .collect();
        assert_eq!(listed, projects.iter().map(String::as_str).collect());

        for (number, project) in projects.iter().enumerate() {
            self.verdict(
                REFERENTS[0].0,
                project,
                if number == 0 { "FAVOURABLE_WITH_CONDITIONS" } else { "FAVOURABLE" },
                "2000000",
            )
            .await;
            let early = town.refused(COORDINATOR, "consolidateInstruction", json!({ "project": project })).await;
            assert_eq!((&early["code"], &early["limit"]), (&json!("VERDICT_MISSING"), &json!("ROADS")));
            let no = [1, 2].contains(&number);
            self.verdict(REFERENTS[2].0, project, if no { "UNFAVOURABLE" } else { "FAVOURABLE" }, "1000000").await;
            town.done(COORDINATOR, "consolidateInstruction", json!({ "project": project }), "").await;
        }

        // The second project's no is appealed against: another agent of the same department decides.
        let grounds = json!({ "project": projects[1], "grounds": "La rue est large." });
        assert_eq!(town.refused(&citizen(15), "lodgeAppeal", grounds.clone()).await["code"], "NOT_THE_AUTHOR");
        town.done(&citizen(3), "lodgeAppeal", grounds, "").await;
        let same = json!({ "project": projects[1], "department": "ROADS", "opinion": "FAVOURABLE", "reasons": "Si.", "lines": [],
            "criteria": [{ "criterion": "COMPETENCE", "met": true }, { "criterion": "PUBLIC", "met": true }] });
        assert_eq!(town.refused(REFERENTS[2].0, "giveVerdict", same).await["code"], "SAME_INSTRUCTOR");
        self.verdict(REFERENTS[3].0, &projects[1], "FAVOURABLE", "1500000").await;
        town.done(COORDINATOR, "consolidateInstruction", json!({ "project": projects[1] }), "").await;

        let early = json!({ "project": projects[2], "reason": "La voirie s’y oppose." });
        assert_eq!(town.refused(COORDINATOR, "refuseProject", early.clone()).await["code"], "TOO_EARLY");
        self.at("2026-05-20T09:00:00Z");
        town.done(COORDINATOR, "refuseProject", early, "project { state }").await;
        let bare = json!({ "project": projects[0], "reason": "Oui" });
        assert_eq!(town.refused(COORDINATOR, "admitProject", bare.clone()).await["code"], "COMMITMENT_MISSING");
        let commitment = json!({ "project": projects[0], "association": "Les amis des arbres", "yearly": "20000" });
        town.done(COORDINATOR, "recordCommitment", commitment, "").await;
        town.done(COORDINATOR, "admitProject", bare, "project { state }").await;
        let scope = json!({ "project": projects[1], "description": "Dix bancs.", "lines": [{ "kind": "EQUIPMENT", "amount": "1200000" }], "reason": "Moins de bancs" });
        town.done(COORDINATOR, "changeScope", scope, "").await;
        let absurd = json!({ "project": projects[1], "cost": "1200001", "reason": "Un centime de plus" });
        assert_eq!(town.refused(COORDINATOR, "admitProject", absurd).await["code"], "COST_MISMATCH");
        for project in [&projects[1], &projects[3], &projects[4]] {
            town.done(COORDINATOR, "admitProject", json!({ "project": project, "reason": "Utile à tous" }), "").await;
        }
        let input = json!({ "campaign": "T26", "projects": [projects[0], projects[1]], "reason": "La même place" });
        town.done(COORDINATOR, "declareExclusion", input, "").await;
        town.close("PRE_SUBMIT").await;
        town.done(COORDINATOR, "publishCatalogue", json!({ "campaign": "T26" }), "").await;
    }
}

async fn head(town: &Town) -> Value {
    town.ask("{ campaign(code: \"T26\") { log { size } } }").await
}

/// The parts that a project was split into, in the order in which they were asked for.
async fn parts_of(town: &Town, project: &str) -> Vec<String> {
    let answer = town
        .ask(&format!("{{ node(id: \"{project}\") {{ ... on Project {{ ending {{ projects {{ id }} }} }} }} }}"))
        .await;
    ids(&answer["node"]["ending"]["projects"])
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// The projects that stand at the end are made of what was put into them, and say so both ways.
async fn walk(scene: &Scene) {
    let (town, ledger) = (&scene.town, &scene.ledger);
    let mut forward: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for (project, proposals) in ledger {
        let query = format!(
            "{{ node(id: \"{project}\") {{ ... on Project {{
               links {{ proposal {{ id }} sharePercent added {{ at }} addedBy takenOut {{ reason }} }}
               lineage {{ proposals {{ id }} workshops {{ id }} steps {{ kind at {{ at }} by }} }} }} }} }}"
        );
        let answer = town.ask(&query).await;
        let row = &answer["node"];
        let links = row["links"].as_array().unwrap();
        let standing: BTreeMap<String, Option<u64>> = links
            .iter()
            .filter(|link| link["takenOut"].is_null())
            .map(|link| (link["proposal"]["id"].as_str().unwrap().to_owned(), link["sharePercent"].as_u64()))
            .collect();
        assert_eq!(&standing, proposals, "{project}");
        assert!(links.iter().all(|link| link["addedBy"] == "COORDINATOR" && link["added"]["at"].is_string()));
        let back: BTreeSet<String> = ids(&row["lineage"]["proposals"]).into_iter().collect();
        assert!(proposals.keys().all(|proposal| back.contains(proposal)), "{project}: {back:?}");
        let moments: Vec<&str> =
            row["lineage"]["steps"].as_array().unwrap().iter().map(|step| step["at"]["at"].as_str().unwrap()).collect();
        assert!(!moments.is_empty() && moments.is_sorted(), "{moments:?}");
        for proposal in back.iter() {
            let there = town
                .ask(&format!(
                    "{{ node(id: \"{proposal}\") {{ ... on Proposal {{ lineage {{ projects {{ id }} }} }} }} }}"
                ))
                .await;
            assert!(ids(&there["node"]["lineage"]["projects"]).contains(project), "{proposal} doesn't know {project}");
        }
        for proposal in proposals.keys() {
            forward.entry(proposal).or_default().insert(project);
        }
    }
    for proposal in &scene.proposals {
        let query = format!(
            "{{ node(id: \"{proposal}\") {{ ... on Proposal {{ merges {{ project {{ id }} undone {{ reason }} }}
               lineage {{ projects {{ id lineage {{ proposals {{ id }} }} }} }} }} }} }}"
        );
        let answer = town.ask(&query).await;
        let merges = answer["node"]["merges"].as_array().unwrap();
        let standing: BTreeSet<&str> = merges
            .iter()
            .filter(|merge| merge["undone"].is_null())
            .map(|merge| merge["project"]["id"].as_str().unwrap())
            .collect();
        let expected =
            forward.get(proposal).map_or_else(BTreeSet::new, |set| set.iter().map(|id| id.as_str()).collect());
        assert_eq!(standing, expected, "{proposal}");
        for project in answer["node"]["lineage"]["projects"].as_array().unwrap() {
            assert!(ids(&project["lineage"]["proposals"]).contains(proposal), "{project} doesn't know {proposal}");
        }
    }
}

async fn play(town: Town) {
    let mut scene = Scene::begin(town).await;
    scene.ideas().await;
    let projects = scene.projects().await;
    scene.instruction(&projects).await;
    walk(&scene).await;

    let query = "{ campaign(code: \"T26\") { projects(first: 20) { nodes { id title state cost exclusions { projects { id } } } } } }";
    let answer = scene.town.ask(query).await;
    let rows = answer["campaign"]["projects"]["nodes"].as_array().unwrap();
    let of = |id: &String| rows.iter().find(|row| row["id"] == json!(id)).unwrap();
    let costs: Vec<&Value> = [0, 1, 3, 4].map(|number: usize| &of(&projects[number])["cost"]).to_vec();
    assert_eq!(costs, ["3200000", "1200000", "3200000", "3200000"]);
    assert_eq!(of(&projects[2])["state"], "REFUSED");
    let together: BTreeSet<String> = ids(&of(&projects[0])["exclusions"][0]["projects"]).into_iter().collect();
    assert_eq!(together, projects[..2].iter().cloned().collect());
    assert_eq!(rows.iter().filter(|row| row["state"] == "ADMITTED").count(), 4);

    // Where the trees come from, in words.
    let query = format!(
        "{{ node(id: \"{}\") {{ ... on Project {{ fr: origin(language: FR) en: origin(language: EN) }} }} }}",
        projects[0]
    );
    let answer = scene.town.ask(&query).await;
    let told = "From a co-construction of proposals by three individuals and the association Amicale Omar";
    assert_eq!(answer["node"]["en"], told);
    let told = "Issu de la co-construction de propositions de trois particuliers et de l’association Amicale Omar";
    assert_eq!(answer["node"]["fr"], told);
}

#[tokio::test]
async fn thirty_people_lead_a_campaign_to_its_ballot_list_on_a_file() {
    play(Town::new().await).await;
}

#[tokio::test]
async fn thirty_people_lead_a_campaign_to_its_ballot_list_on_a_database() {
    let (town, _) = Town::on_postgres().await;
    play(town).await;
}
