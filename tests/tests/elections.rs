//! Owns past elections from the file to the auditor: imported, counted, exported, verified, refused.
//! The invented ones always run; the real ones where their data is there.
//! Next: `api/src/import_pabulib.rs`, `api/src/import_paris.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use api::import_pabulib::{Summary, code_of};
use api::import_paris;
use commands::{Clock, Entropy};
use domain::campaign::Basis;
use projections::{Model, results};
use replay_tools::{CountOptions, Report, Verdict, tally_bundle};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use tally::{AddOne, MinScore, Rule, TallyRule, TieBreak, Utility};
use tests::office::{Office, real_data};

/// Approval, every project that fits; its `selected` is what the rule gives.
const PARKS: &str = "META
key;value
description;\"Parks; and benches\"
country;France
unit;Aubeville
instance;2031
num_projects;4
num_votes;6
budget;1000.50
vote_type;approval
rule;greedy
date_begin;01.06.2031
date_end;15.06.2031
min_length;1
max_length;2
PROJECTS
project_id;cost;name;votes;selected
p10;600;Arbres;4;1
p2;500;Éclairage;3;0
p3;400,50;Bancs;2;1
p4;999999999;Un pont;2;0
VOTES
voter_id;vote;voting_method
v1;p10,p2;internet
v2;p10,p3;paper
v3;p2;internet
v4;p10,p3;paper
v5;p10,p4;internet
v6;p2,p4;paper
";

/// Points and a threshold. Odd on lines 7, 25, 26, 28 and 29; its `selected` isn't what the rule gives.
const POINTS: &str = "META
key;value
description;Streets
country;France
unit;Brumeville
instance;2032
num_projects;5
num_votes;6
budget;900
vote_type;cumulative
rule;greedy-threshold
min_project_score_threshold;5
date_begin;01.06.2032
date_end;15.06.2032
max_sum_points;10
PROJECTS
project_id;cost;name;score;selected
a;500;Pistes;17;0
b;400;Trottoirs;14;1
c;300;Peinture;3;0
d;200;Bornes;5;1
VOTES
voter_id;vote;points
v1;a,b;7,3
v1;a,nowhere;9,1
v3;b,d,a;9,5,1
v4;b,c;2,3
v5;;
v6;zero;0
";

/// Ranks, no dates, no `selected`.
const RANKS: &str = "META
key;value
description;Schools
country;France
unit;Clairville
instance;2033
num_projects;3
num_votes;3
budget;10
vote_type;ordinal
rule;greedy
max_length;3
PROJECTS
project_id;cost;name
x;6;Cour
y;6;Préau
z;4;Jardin
VOTES
voter_id;vote
v1;x,y,z
v2;y,z
v3;y,x,z
";

#[track_caller]
fn assert_holds(report: &Report) {
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert!(report.checked.key_checked);
}

/// Imports, audits, and has the auditor count again: the three must agree.
#[track_caller]
fn follow(office: &Office, code: &str, summary: &Summary) {
    let (exported, report) = office.audit(code);
    assert_holds(&report);
    assert_eq!(exported.root, summary.root);
    assert_eq!(report.checked.leaves, summary.size);
    assert_eq!(report.checked.root.unwrap().to_string(), summary.root);
    assert_eq!(report.checked.papers, u64::try_from(summary.ballots).unwrap());
    assert_eq!(report.checked.winners, u64::try_from(summary.winners.len()).unwrap());
    let again = tally_bundle(&exported.file, None, CountOptions::default(), &mut |_, _| {}).unwrap();
    let again = serde_json::to_value(again.report()).unwrap();
    assert_eq!(again["areas"][0]["winners"], serde_json::to_value(&summary.winners).unwrap(), "{again}");
    let integrity = office.store().reader().verify_integrity(office.head(code).log_id).unwrap();
    assert_eq!(integrity.root.to_string(), summary.root);
}

fn lines(summary: &Summary) -> Vec<(u64, &str)> {
    summary.anomalies.iter().map(|anomaly| (anomaly.line, anomaly.code.as_str())).collect()
}

#[test]
fn an_election_becomes_a_campaign_that_an_auditor_recounts() {
    let office = Office::default();
    let summary = office.import_text("parks", PARKS).unwrap();
    assert_eq!((summary.projects, summary.ballots), (4, 6));
    // 600 of 1,000.50 first; 500 no longer fits; 400.50 does, to the cent.
    assert_eq!(summary.winners, ["p10", "p3"]);
    assert_eq!((summary.spent, summary.budget), (100_050, 100_050));
    assert!(summary.selected.as_ref().unwrap().equal);
    assert_eq!(lines(&summary), []);
    follow(&office, "parks", &summary);

    let summary = office.import_text("ranks", RANKS).unwrap();
    // Borda over 3: y 2+3+3, x 3+0+2, z 1+2+1; x no longer fits beside y, z does.
    assert_eq!(summary.winners, ["y", "z"]);
    assert!(summary.selected.is_none());
    follow(&office, "ranks", &summary);
}

#[test]
fn what_is_odd_in_a_file_is_told_by_line_and_kept() {
    let office = Office::default();
    let summary = office.import_text("points", POINTS).unwrap();
    assert_eq!(summary.ballots, 6);
    // a 17, b 14, d 5; c is below the threshold.
    assert_eq!(summary.winners, ["a", "b"]);
    let compared = summary.selected.as_ref().unwrap();
    assert!(!compared.equal);
    assert_eq!(
        (&compared.only_in_file[..], &compared.only_by_rule[..]),
        (&["d".to_owned()][..], &["a".to_owned()][..])
    );
    assert_eq!(
        lines(&summary),
        [
            (7, "NUM_PROJECTS"),
            (25, "PROJECT_UNKNOWN"),
            (25, "VOTER_ID_REPEATED"),
            (26, "TOO_MANY_POINTS"),
            (28, "TOO_FEW_CHOICES"),
            (29, "PROJECT_UNKNOWN"),
            (29, "TOO_FEW_POINTS"),
        ]
    );
    follow(&office, "points", &summary);
    let model = office.model("points");
    let papers = model.ballots.rows().flat_map(|row| &row.ballot.papers);
    let odd: Vec<&String> = papers.flat_map(|(_, paper)| &paper.unknown).collect();
    assert_eq!(odd.len(), 2, "{odd:?}");
}

#[test]
fn importing_the_same_file_again_adds_no_event() {
    let office = Office::default();
    let first = office.import_text("parks", PARKS).unwrap();
    let again = office.import_text("parks", PARKS).unwrap();
    assert_eq!((again.size, again.root), (first.size, first.root));
    // Another file under the same code isn't mixed with what is there.
    let other = office.import_text("parks", RANKS).unwrap_err();
    assert_eq!((other.status, other.code.as_str()), (3, "CAMPAIGN_EXISTS"), "{other}");
    assert_eq!(office.head("parks").size, first.size);
}

#[test]
fn a_malformed_file_is_refused_by_line_and_leaves_nothing() {
    let office = Office::default();
    let cases = [
        ("p3;400,50;", "p3;forty;", "BAD_AMOUNT", 20),
        ("p3;400,50;", "p10;400,50;", "PROJECT_ID_REPEATED", 20),
        ("p3;400,50;", "p3;-400,50;", "BAD_AMOUNT", 20),
        ("Éclairage", "\"Éclairage", "QUOTE_NOT_CLOSED", 19),
        ("vote_type;approval", "vote_type;shouting", "VOTE_TYPE_UNKNOWN", 10),
        ("budget;1000.50\n", "", "META_KEY_MISSING", 15),
        ("num_votes;6", "num_votes;six", "BAD_NUMBER", 8),
        ("project_id;cost;name", "project_id;price;name", "COLUMN_MISSING", 17),
        ("project_id;cost;name", "project_id;cost;cost", "COLUMN_REPEATED", 17),
        ("p2;500;Éclairage;3;0", "p2", "ROW_TOO_SHORT", 19),
        ("p2;500;Éclairage;3;0", "p2;500;É;3;0;9;9", "ROW_TOO_LONG", 19),
        ("VOTES\n", "PROJECTS\n", "SECTION_OUT_OF_ORDER", 22),
        ("META\n", "", "SECTION_MISSING", 1),
    ];
    for (nth, (from, to, code, line)) in cases.into_iter().enumerate() {
        let text = PARKS.replacen(from, to, 1);
        assert_ne!(text, PARKS);
        let failure = office.import_text(&format!("case-{nth}"), &text).unwrap_err();
        assert_eq!((failure.code.as_str(), failure.status), (code, 3), "{to}: {failure}");
        assert!(failure.message.contains(&format!("case-{nth}.pb:line {line}:")), "{to}: {failure}");
    }
    let gone = office.import("gone", &office.file("gone.pb")).unwrap_err();
    assert_eq!((gone.status, gone.code.as_str()), (1, "IO"));
    assert!(gone.message.contains("gone.pb"), "{gone}");
    assert_eq!(office.store().reader().logs().unwrap(), []);
}

/// What the reader of the format accepts, the rules of a campaign may still refuse: before the log.
#[test]
fn a_file_that_no_campaign_can_hold_leaves_nothing() {
    let office = Office::default();
    let huge = "x".repeat(100_000);
    let cases = [
        PARKS.replace("Arbres", &huge),
        PARKS.replace("p10", &huge),
        PARKS.replace("Aubeville", &huge),
        PARKS.replace("budget;1000.50", "budget;0"),
        PARKS.replace("01.06.2031", "01.06.9999"),
        PARKS.split_once("v1;").unwrap().0.to_owned(),
        PARKS.split_once("p10;600").unwrap().0.to_owned() + "VOTES\nvoter_id;vote\n",
    ];
    for (nth, text) in cases.into_iter().enumerate() {
        let code = format!("case-{nth}");
        match office.import_text(&code, &text) {
            Ok(summary) => follow(&office, &code, &summary),
            Err(failure) => {
                assert_eq!(failure.status, 3, "{failure}");
                let logs = office.store().reader().logs().unwrap();
                assert!(logs.iter().all(|log| log.campaign != code), "{code} left half a campaign: {failure}");
            }
        }
    }
}

/// Wherever a file is cut off, it is read as far as that is a file, or refused; nothing panics and
/// nothing is left half done.
#[test]
fn a_file_cut_off_anywhere_is_whole_or_refused() {
    let office = Office::default();
    let mut imported = Vec::new();
    for cut in (0..PARKS.len()).filter(|cut| PARKS.is_char_boundary(*cut)) {
        let code = format!("cut-{cut}");
        match office.import_text(&code, &PARKS[..cut]) {
            Ok(summary) => {
                // A cut among the ballots shows in their number, except for a cut within the last one.
                assert!(cut + 20 > PARKS.len() || lines(&summary).contains(&(8, "NUM_VOTES")), "{cut}");
                imported.push(code);
            }
            Err(failure) => assert_eq!(failure.status, 3, "{cut}: {failure}"),
        }
    }
    let mut logs: Vec<String> = office.store().reader().logs().unwrap().into_iter().map(|log| log.campaign).collect();
    logs.sort();
    imported.sort();
    assert_eq!(logs, imported);
    assert!(!imported.is_empty());
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// The rule that a name of the reference stands for; `None` for rules of other families.
fn reference_rule(name: &str, expected: &Value, threshold: Option<u64>) -> Option<TallyRule> {
    let (rule, with_threshold) = match name.trim_end_matches("_tie_cheap") {
        "greedy_score" => (Rule::Greedy, false),
        "greedy_score_stop" => (Rule::GreedyStop, false),
        "greedy_score_threshold" => (Rule::Greedy, true),
        "greedy_score_stop_threshold" => (Rule::GreedyStop, true),
        "greedy_score_per_cost" => (Rule::GreedyPerCost, false),
        "mes_cost" => (Rule::EqualShares { utility: Utility::Cost, add_one: None, greedy: false }, false),
        // The rule that Assen, Świecie and Wieliczka used.
        "mes_cost_add1_esn" => {
            (Rule::EqualShares { utility: Utility::Cost, add_one: Some(AddOne::Official), greedy: false }, false)
        }
        "phragmen_greedy" => (Rule::Phragmen { greedy: true }, false),
        _ => return None,
    };
    let tie_break = match expected["tie_break"].as_str() {
        Some("lex") => vec![TieBreak::Id],
        Some("cheap") => TieBreak::CHEAP.to_vec(),
        other => panic!("a tie-break we don't know: {other:?}"),
    };
    let min_score = with_threshold.then(|| MinScore::Score(threshold.unwrap()));
    Some(TallyRule { rule, min_score, tie_break, around: tally::Around::default() })
}

/// Winners by the file's ids, in order of selection.
fn winners(model: &Model, rule: &TallyRule) -> Vec<String> {
    let counts = results::tally(model, Some(rule)).unwrap();
    let [count] = &counts[..] else { panic!("one area was expected") };
    count.outcome.winners.iter().map(|winner| count.entries[*winner].reference.clone()).collect()
}

#[test]
fn real_elections_come_out_as_published() {
    let Some(data) = real_data() else { return };
    let office = Office::default();
    let mut paths: Vec<_> =
        std::fs::read_dir(data.join("pabulib")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 15);
    let (mut compared, mut official) = (0, 0);
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let reference = data.join("pabulib-expected").join(format!("{name}.json"));
        let expected: Value = serde_json::from_slice(&std::fs::read(reference).unwrap()).unwrap();
        let code = code_of(&path);
        let summary = office.import(&code, &path).unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert_eq!(expected["n_votes"], summary.ballots, "{name}");
        assert_eq!(expected["n_projects"], summary.projects, "{name}");
        follow(&office, &code, &summary);
        let model = office.model(&code);
        let frozen = model.campaign.configured().unwrap().rules.tally.clone();
        for (rule_name, wanted) in expected["rules"].as_object().unwrap() {
            let threshold = expected["min_project_score_threshold"].as_u64();
            let Some(rule) = reference_rule(rule_name, wanted, threshold) else { continue };
            assert_eq!(wanted["order"], "selection order", "{name} {rule_name}");
            assert_eq!(winners(&model, &rule), strings(&wanted["winners"]), "{name} {rule_name}");
            compared += 1;
            // Where the reference has the file's own rule reproduce the city's decision, so does the import.
            if expected["official_selected"].is_object() && rule == frozen {
                let sorted = |mut ids: Vec<String>| {
                    ids.sort();
                    ids
                };
                let chosen = sorted(strings(&expected["official_selected"]["selected_1_2_3"]));
                let reproduced = chosen == sorted(strings(&wanted["winners"]));
                assert_eq!(summary.selected.as_ref().unwrap().equal, reproduced, "{name} {rule_name}");
                official += u32::from(reproduced);
            }
        }
    }
    eprintln!("{compared} outcomes equal over the imported campaigns, {official} the city's own decision");
    assert!(compared >= 118 && official >= 6, "{compared} {official}");
}

/// Sums of the Paris file, per edition and per stage, by a plain pass over its columns.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    projects: BTreeMap<String, usize>,
    cents: BTreeMap<String, i64>,
    stages: BTreeMap<String, usize>,
    priority: usize,
}

fn plain_totals(path: &Path) -> Totals {
    let text = std::fs::read_to_string(path).unwrap();
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|title| title == name).unwrap();
    let [edition, budget] = ["Edition", "Budget global du projet lauréat"].map(column);
    let [priority, stage] = ["Projet en Quartier populaire", "Avancement du projet"].map(column);
    let mut totals = Totals::default();
    for row in reader.records() {
        let row = row.unwrap();
        let code = format!("paris-{}", &row[edition]);
        let (units, cents) = row[budget].split_once(['.', ',']).unwrap_or((&row[budget], ""));
        let cents: i64 = format!("{cents:0<2}").parse().unwrap();
        *totals.projects.entry(code.clone()).or_default() += 1;
        *totals.cents.entry(code).or_default() += units.parse::<i64>().unwrap() * 100 + cents;
        *totals.stages.entry(row[stage].to_owned()).or_default() += 1;
        totals.priority += usize::from(&row[priority] == "Oui");
    }
    totals
}

#[test]
fn the_winners_of_paris_are_all_there() {
    let Some(data) = real_data() else { return };
    let path = data.join("paris/paris_bp_projets_gagnants.csv");
    let office = Office::default();
    let import = || {
        let _entered = office.runtime.enter();
        let steps = |code: &str| office.steps(code, Clock::System, Entropy::system().unwrap());
        import_paris::import(&path, |code| format!("paris.example/{code}"), steps).unwrap()
    };
    let summary = import();
    let wanted = plain_totals(&path);
    let told = |of: fn(&import_paris::Edition) -> i64| -> BTreeMap<String, i64> {
        summary.campaigns.iter().map(|edition| (edition.campaign.clone(), of(edition))).collect()
    };
    assert_eq!(told(|edition| edition.budget), wanted.cents);
    assert_eq!(summary.budget, wanted.cents.values().sum::<i64>());
    assert_eq!((&summary.stages, summary.priority_neighbourhood), (&wanted.stages, wanted.priority));
    assert_eq!(summary.projects, wanted.projects.values().sum::<usize>());
    assert!(wanted.projects.len() >= 8 && summary.projects > 1_000, "{wanted:?}");

    // The same sums from what was written, not from what the import says of itself.
    let mut found = Totals { stages: wanted.stages.clone(), ..Totals::default() };
    for edition in &summary.campaigns {
        let code = &edition.campaign;
        let model = office.model(code);
        assert_eq!(model.overview.proclaimed.unwrap().1, Basis::Recorded);
        found.projects.insert(code.clone(), results::winners(&model.area_results).count());
        found.cents.insert(code.clone(), model.sites.rows().map(|row| row.opening.budget_cents.get()).sum());
        found.priority += model.projects.rows().filter(|row| row.formation.priority_neighbourhood).count();
        let (_, report) = office.audit(code);
        assert_holds(&report);
    }
    assert_eq!(found, wanted);

    let before = office.store().reader().logs().unwrap();
    import();
    assert_eq!(office.store().reader().logs().unwrap(), before);
}
