//! Owns the city's open data of winning projects from the file to the log: every trap of the file, newer
//! files that write only what changed, and totals by a plain pass over the columns. The invented files
//! always run; the city's own where it is there.
//! Next: `api/src/import_paris.rs`, `api/src/import_paris_changes.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use api::failure::Failure;
use api::import_paris::{self, Summary};
use commands::{Clock, Entropy};
use domain::site::Milestone;
use projections::sites::{SiteRow, SiteState};
use replay_tools::Verdict;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use tests::office::{Office, real_data};

const HEAD: &str = "Identifiant du projet lauréat;Lien URL vers le projet lauréat;Edition;Titre du projet lauréat;Thématique;Direction pilote du projet lauréat;Budget global du projet lauréat;Echelle du Budget participatif;Adresse du projet lauréat;Arrondissement du projet lauréat;Projet en Quartier populaire;Avancement du projet;Date de début des études du projet;Date de lancement des procédures du projet;Date de lancement des travaux du projet;Date prévisonnelle de livraison du projet;Date d'ouverture du projet au public";

/// Every trap of the real file: Paris Centre and its old districts, the two codes of the 16th, city-wide by
/// the scale alone, an empty title, an empty department, months for dates, both apostrophes, a title with
/// the separator and a line break, letters with their accents apart, cents after a comma.
const FIRST: [&str; 13] = [
    "101;;2021;Des arbres rue du Nord;Environnement;Espaces Verts;100000;Budget participatif d’arrondissement;1 rue du Nord;75123;Oui;TRAVAUX;2022-01;2022-03;2022-09;2023-06;",
    "102;;2021;Une place apaisée;Cadre de vie;Voirie;250000,50;Budget participatif d'arrondissement;;75116;Non;PROCEDURES;2022-02;2022-06;;2023-12;",
    "103;;2021;Tout pour le vélo;Mobilités;Voirie;3000000;Budget participatif parisien;;75004;Non;ETUDES;2022-02;;;2024-05;",
    "104;;2021;;Solidarités;;80000;Budget participatif d’arrondissement;;75016;Oui;LIVRAISON;2022-01;2022-02;2022-03;2022-12;",
    "105;;2021;\"Un préau; deux bancs\net une fontaine\";Education;Voirie;50000;Budget participatif d’arrondissement;;75020;Oui;FIN;2021-12;2022-01;2022-02;2022-05;2022-06",
    "106;;2021;La halle oubliée;Culture;Culture;400000;Budget participatif d’arrondissement;;75020;Non;ABANDONNÉ;;;;;",
    "107;;2021;Encore des arbres;Environnement;Espaces Verts;60000;Budget participatif d’arrondissement;;75020;Non;(non démarré);;;;;",
    "108;;2021;E\u{301}cole ouverte;Education;Voirie;70000;Budget participatif d’arrondissement;;75020;Non;FIN;2021-12;;;;2022-08",
    "109;;2021;Un mur à peindre;Culture;Culture;20000;Budget participatif d’arrondissement;;75001;Non;(non démarré);;;;;",
    "110;;2021;Un jardin partagé;Environnement;Espaces Verts;30000;Budget participatif d’arrondissement;;75001;Non;TRAVAUX;2022-05;;2022-04;;",
    "111;;2021;Des fontaines;Cadre de vie;Voirie;45000;Budget participatif d’arrondissement;;75001;Oui;FIN;2022-01;2022-02;2022-03;2022-04;2022-05",
    "112;;2021;Ce qui ne change pas;Cadre de vie;Voirie;45000;Budget participatif d’arrondissement;;75018;Oui;ETUDES;2022-01;;;2023-05;",
    "201;;2022;Une autre année;Cadre de vie;Voirie;45000;Budget participatif d’arrondissement;;75018;Oui;ETUDES;2023-01;;;;",
];

fn file(rows: &[&str]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| format!("{row}\r\n")).collect();
    format!("\u{feff}{HEAD}\r\n{}", rows.concat())
}

/// The first file with these rows changed, by id; an empty row vanishes. New ones come last.
fn with(changes: &[(&str, &str)]) -> String {
    let mut rows: Vec<&str> = FIRST.to_vec();
    for (id, row) in changes {
        let begins = format!("{id};");
        match rows.iter().position(|known| known.starts_with(&begins)) {
            Some(place) if row.is_empty() => drop(rows.remove(place)),
            Some(place) => rows[place] = row,
            None => rows.push(row),
        }
    }
    file(&rows)
}

fn import(office: &Office, path: &Path) -> Result<Summary, Failure> {
    let _entered = office.runtime.enter();
    let steps = |code: &str| office.steps(code, Clock::System, Entropy::system().unwrap());
    import_paris::import(path, |code| format!("paris.example/{code}"), steps)
}

fn import_text(office: &Office, name: &str, text: &str) -> Result<Summary, Failure> {
    let path = office.file(name);
    std::fs::write(&path, text).unwrap();
    import(office, &path)
}

/// What was odd: line and code.
fn told(summary: &Summary) -> Vec<(u64, String)> {
    let mut told: Vec<_> = summary.anomalies.iter().map(|one| (one.line, one.code.clone())).collect();
    told.sort();
    told
}

fn changes(summary: &Summary, campaign: &str) -> BTreeMap<String, usize> {
    summary.campaigns.iter().find(|edition| edition.campaign == campaign).unwrap().changes.clone()
}

fn counted(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Where each site stands, what it is and when its stages were reached: all that a file says of it.
fn stands(office: &Office, campaign: &str) -> BTreeMap<String, String> {
    let model = office.model(campaign);
    let reached = |row: &SiteRow, milestone: Milestone| {
        let known = row.milestones.iter().find(|one| one.milestone == milestone);
        let plan = known.and_then(|one| one.plans.last()).map(|plan| plan.on.to_string());
        format!("{plan:?} {:?}", known.and_then(|one| one.reached).map(|(on, _)| on.map(|on| on.to_string())))
    };
    let told = |row: &SiteRow| {
        let opening = &row.opening;
        let dates = Milestone::ALL.map(|milestone| reached(row, milestone)).join(" ");
        let title = opening.title.get().unwrap();
        format!("{title} {:?} {} {:?} {dates}", opening.department, opening.budget_cents, row.state())
    };
    model.sites.rows().map(|row| (row.id.to_string(), told(row))).collect()
}

fn heads(office: &Office) -> BTreeMap<String, u64> {
    office.store().reader().logs().unwrap().into_iter().map(|head| (head.campaign, head.size)).collect()
}

#[test]
fn the_traps_of_the_file_are_read() {
    let office = Office::default();
    let summary = import_text(&office, "first.csv", &file(&FIRST)).unwrap();
    let odd = [(5, "DEPARTMENT_EMPTY"), (5, "TITLE_EMPTY"), (12, "DATES_OUT_OF_ORDER")];
    assert_eq!(told(&summary), odd.map(|(line, code)| (line, code.to_owned())));
    assert_eq!((summary.projects, summary.priority_neighbourhood), (13, 6));
    assert_eq!(summary.budget, 419_500_050);
    let model = office.model("paris-2021");
    let row = |id: &str| model.sites.get(&id.parse().unwrap()).unwrap();
    let area = |id: &str| row(id).opening.area.to_string();
    assert_eq!(["101", "102", "103", "104"].map(area), ["75123", "75016", "paris", "75016"]);
    let title = |id: &str| row(id).opening.title.get().unwrap().clone();
    assert_eq!(title("104"), "");
    assert_eq!(title("105"), "Un préau; deux bancs\net une fontaine");
    assert_eq!(title("108"), "École ouverte", "composed letters, as the log wants them");
    assert_eq!(row("102").opening.budget_cents.get(), 25_000_050);
    let states = ["101", "102", "103", "104", "105", "106", "107"].map(|id| row(id).state());
    use SiteState::{Abandoned, Delivery, Done, Opened, Procedures, Studies, Works};
    assert_eq!(states, [Works, Procedures, Studies, Delivery, Done, Abandoned, Opened]);
    for campaign in ["paris-2021", "paris-2022"] {
        assert!(matches!(office.audit(campaign).1.verdict, Verdict::Holds));
    }
}

#[test]
fn a_newer_file_writes_only_what_changed() {
    let office = Office::default();
    import_text(&office, "first.csv", &file(&FIRST)).unwrap();
    let first = (heads(&office), stands(&office, "paris-2021"));

    // The same rows again, in a file of other bytes and in another order: nothing to write.
    let mut shuffled = FIRST.to_vec();
    shuffled.reverse();
    let same = import_text(&office, "shuffled.csv", &file(&shuffled)).unwrap();
    assert!(same.campaigns.iter().all(|edition| edition.changes.is_empty()), "{:?}", same.campaigns);
    assert_eq!(heads(&office), first.0);

    let newer = with(&[
        // Later, and dearer, under another name.
        (
            "101",
            "101;;2021;Des arbres rue du Nord et place du Sud;Environnement;Voirie;120000;Budget participatif d’arrondissement;;75123;Oui;TRAVAUX;2022-01;2022-03;2022-09;2023-11;",
        ),
        // Further on, and an earlier date corrected.
        (
            "102",
            "102;;2021;Une place apaisée;Cadre de vie;Voirie;250000,50;Budget participatif d'arrondissement;;75116;Non;TRAVAUX;2022-02;2022-07;2023-01;2023-12;",
        ),
        (
            "103",
            "103;;2021;Tout pour le vélo;Mobilités;Voirie;3000000;Budget participatif parisien;;75004;Non;ABANDONNÉ;;;;;",
        ),
        // Opened at last.
        (
            "104",
            "104;;2021;;Solidarités;;80000;Budget participatif d’arrondissement;;75016;Oui;FIN;2022-01;2022-02;2022-03;2022-12;2023-02",
        ),
        // Works again.
        (
            "105",
            "105;;2021;\"Un préau; deux bancs\net une fontaine\";Education;Voirie;50000;Budget participatif d’arrondissement;;75020;Oui;LIVRAISON;2021-12;2022-01;2022-02;2022-05;2022-06",
        ),
        // Taken up after all.
        (
            "106",
            "106;;2021;La halle oubliée;Culture;Culture;400000;Budget participatif d’arrondissement;;75020;Non;ETUDES;2023-03;;;2025-01;",
        ),
        // A department that isn't configured: its studies are told all the same.
        (
            "107",
            "107;;2021;Encore des arbres;Environnement;Une direction nouvelle;60000;Budget participatif d’arrondissement;;75020;Non;ETUDES;2023-01;;;;",
        ),
        // A stage told after a later one.
        (
            "108",
            "108;;2021;E\u{301}cole ouverte;Education;Voirie;70000;Budget participatif d’arrondissement;;75020;Oui;FIN;2021-12;2022-02;;;2022-08",
        ),
        ("109", ""),
        // Back from works to studies.
        (
            "110",
            "110;;2021;Un jardin partagé;Environnement;Espaces Verts;30000;Budget participatif d’arrondissement;;75001;Non;ETUDES;2022-05;;2022-04;;",
        ),
        // A plan for what is open.
        (
            "111",
            "111;;2021;Des fontaines;Cadre de vie;Voirie;45000;Budget participatif d’arrondissement;;75001;Oui;FIN;2022-01;2022-02;2022-03;2022-09;2022-05",
        ),
        (
            "113",
            "113;;2021;Venu plus tard;Cadre de vie;Voirie;45000;Budget participatif d’arrondissement;;75018;Oui;ETUDES;2022-01;;;2023-05;",
        ),
        (
            "301",
            "301;;2023;Une édition nouvelle;Cadre de vie;Voirie;45000;Budget participatif d’arrondissement;;75018;Oui;ETUDES;2024-01;;;;",
        ),
    ]);
    let summary = import_text(&office, "newer.csv", &newer).unwrap();
    let expected = counted(&[
        ("MilestoneCorrected", 2),
        ("MilestonePlanned", 2),
        ("MilestoneReached", 4),
        ("SiteAbandoned", 1),
        ("SiteChanged", 1),
        ("SiteReopened", 2),
    ]);
    assert_eq!(changes(&summary, "paris-2021"), expected);
    assert_eq!(changes(&summary, "paris-2022"), BTreeMap::new());
    assert_eq!(changes(&summary, "paris-2023"), BTreeMap::new());
    let after = heads(&office);
    assert_eq!(after["paris-2021"], first.0["paris-2021"] + 12, "as many events as changes");
    assert_eq!(after["paris-2022"], first.0["paris-2022"]);
    let odd: Vec<(u64, &str)> = vec![
        (0, "ROW_VANISHED"),
        (5, "DEPARTMENT_EMPTY"),
        (5, "TITLE_EMPTY"),
        (9, "UNKNOWN_DEPARTMENT"),
        (10, "PRIORITY_CHANGED"),
        (10, "STAGE_TOLD_LATE"),
        (11, "DATES_OUT_OF_ORDER"),
        (11, "PLAN_AFTER_REACHED"),
        (11, "STAGE_WENT_BACK"),
        (12, "PLAN_AFTER_REACHED"),
        (15, "ROW_NEW"),
    ];
    assert_eq!(told(&summary), odd.into_iter().map(|(line, code)| (line, code.to_owned())).collect::<Vec<_>>());

    let model = office.model("paris-2021");
    let row = |id: &str| model.sites.get(&id.parse().unwrap()).unwrap().clone();
    let moved = row("101").milestones.iter().find(|one| one.milestone == Milestone::Delivery).unwrap().clone();
    let plans: Vec<String> = moved.plans.iter().map(|plan| plan.on.to_string()).collect();
    assert_eq!(plans, ["2023-06", "2023-11"], "a slip keeps the date that was promised");
    let reason = moved.plans[1].reason.as_ref().unwrap().get().unwrap().clone();
    assert!(reason.starts_with("Nouvelle publication de la Ville de Paris") && reason.contains("SHA-256 "), "{reason}");
    assert_eq!(row("101").opening.budget_cents.get(), 12_000_000);
    let states = ["102", "103", "104", "105", "106", "107"].map(|id| row(id).state());
    use SiteState::{Abandoned, Delivery, Done, Studies, Works};
    assert_eq!(states, [Works, Abandoned, Done, Delivery, Studies, Studies]);
    assert!(matches!(office.audit("paris-2021").1.verdict, Verdict::Holds));

    // Nothing is written twice, and a file that is given again after another one holds again.
    let newest = stands(&office, "paris-2021");
    import_text(&office, "newer.csv", &newer).unwrap();
    assert_eq!(heads(&office), after);
    import_text(&office, "first.csv", &file(&FIRST)).unwrap();
    assert_ne!(stands(&office, "paris-2021"), newest);
    import_text(&office, "newer.csv", &newer).unwrap();
    assert_eq!(stands(&office, "paris-2021"), newest);
    assert!(matches!(office.audit("paris-2021").1.verdict, Verdict::Holds));
}

#[test]
fn an_import_that_was_cut_off_goes_on_with_its_own_file_first() {
    let office = Office::default();
    office.stop.store(true, Ordering::Relaxed);
    assert_eq!(import_text(&office, "first.csv", &file(&FIRST)).unwrap_err().code, "INTERRUPTED");
    office.stop.store(false, Ordering::Relaxed);
    let newer = with(&[("109", "")]);
    let refused = import_text(&office, "newer.csv", &newer).unwrap_err();
    assert_eq!(refused.code, "IMPORT_UNFINISHED");
    let before = heads(&office);
    assert_eq!(before.len(), 1, "{before:?}");
    import_text(&office, "first.csv", &file(&FIRST)).unwrap();
    let summary = import_text(&office, "newer.csv", &newer).unwrap();
    assert!(told(&summary).contains(&(0, "ROW_VANISHED".to_owned())));
}

#[test]
fn a_campaign_of_another_source_is_left_alone() {
    let office = Office::default();
    let votes = "META\nkey;value\ndescription;D\ncountry;F\nunit;U\ninstance;2021\nnum_projects;1\nnum_votes;1\nbudget;10\nvote_type;approval\nrule;greedy\nmin_length;1\nmax_length;1\nPROJECTS\nproject_id;cost;name;votes;selected\np1;5;Banc;1;1\nVOTES\nvoter_id;vote\nv1;p1\n";
    office.import_text("paris-2022", votes).unwrap();
    let before = heads(&office);
    let refused = import_text(&office, "first.csv", &file(&FIRST)).unwrap_err();
    assert_eq!(refused.code, "CAMPAIGN_EXISTS");
    assert_eq!(heads(&office), before, "not even the edition before it");
}

#[test]
fn a_file_with_a_fault_writes_nothing_and_names_its_line() {
    let good = FIRST[0];
    let bad = |from: &str, to: &str| file(&[FIRST[1], &good.replacen(from, to, 1)]);
    let cases = [
        (bad("2023-06", "06/2023"), "NOT_A_DATE", "line 3"),
        (bad("2023-06", "2023-13"), "NOT_A_DATE", "line 3"),
        (bad("100000", "cent mille"), "NOT_A_NUMBER", "line 3"),
        (bad("100000", "-5"), "NOT_A_NUMBER", "line 3"),
        (bad("75123", "75099"), "UNKNOWN_VALUE", "line 3"),
        (bad("TRAVAUX", "PRESQUE"), "UNKNOWN_VALUE", "line 3"),
        (bad("Oui", "Peut-être"), "UNKNOWN_VALUE", "line 3"),
        (bad("d’arrondissement", "de quartier"), "UNKNOWN_VALUE", "line 3"),
        (bad("101;", "102;"), "DUPLICATE_ID", "line 3"),
        (bad("101;", "un projet;"), "ID", "un projet"),
        (file(&[good]).replace(';', ","), "COLUMN_MISSING", "line 1"),
        (file(&[good]).replace("Avancement du projet", "Avancement"), "COLUMN_MISSING", "Avancement du projet"),
        (bad(";Oui;", ";Oui"), "CSV", "line 3"),
    ];
    for (text, code, place) in cases {
        let office = Office::default();
        let refused = import_text(&office, "bad.csv", &text).unwrap_err();
        assert_eq!(refused.code, code, "{refused}");
        assert!(refused.message.contains(place), "{refused}");
        assert!(heads(&office).is_empty(), "{refused}");
    }
    let office = Office::default();
    let path = office.file("latin.csv");
    let latin: Vec<u8> = file(&[good]).chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    std::fs::write(&path, latin).unwrap();
    assert_eq!(import(&office, &path).unwrap_err().code, "NOT_UTF8");
}

/// A plain pass over the columns: projects by edition and stage, their budgets, those in priority
/// neighbourhoods and their budgets.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    stages: BTreeMap<(String, String), usize>,
    cents: BTreeMap<String, i64>,
    priority: BTreeMap<String, (usize, i64)>,
}

fn plain(text: &str) -> Totals {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let column = |name: &str| head.iter().position(|title| title == name).unwrap();
    let [edition, budget, priority, stage] =
        ["Edition", "Budget global du projet lauréat", "Projet en Quartier populaire", "Avancement du projet"]
            .map(column);
    let mut totals = Totals::default();
    for row in reader.records().map(Result::unwrap) {
        let (units, cents) = row[budget].split_once(['.', ',']).unwrap_or((&row[budget], ""));
        let cents = units.parse::<i64>().unwrap() * 100 + format!("{cents:0<2}").parse::<i64>().unwrap();
        *totals.stages.entry((row[edition].to_owned(), row[stage].to_owned())).or_default() += 1;
        *totals.cents.entry(row[edition].to_owned()).or_default() += cents;
        if &row[priority] == "Oui" {
            let (count, sum) = totals.priority.entry(row[edition].to_owned()).or_default();
            (*count, *sum) = (*count + 1, *sum + cents);
        }
    }
    totals
}

/// The same from the logs.
fn written(office: &Office) -> Totals {
    let mut totals = Totals::default();
    for code in heads(office).keys() {
        let model = office.model(code);
        let edition = code.trim_start_matches("paris-").to_owned();
        for row in model.sites.rows() {
            let stage = match row.state() {
                SiteState::Opened => "(non démarré)",
                SiteState::Studies => "ETUDES",
                SiteState::Procedures => "PROCEDURES",
                SiteState::Works => "TRAVAUX",
                SiteState::Delivery => "LIVRAISON",
                SiteState::Done => "FIN",
                SiteState::Abandoned => "ABANDONNÉ",
                other => panic!("{other:?}"),
            };
            let cents = row.opening.budget_cents.get();
            *totals.stages.entry((edition.clone(), stage.to_owned())).or_default() += 1;
            *totals.cents.entry(edition.clone()).or_default() += cents;
            if model.projects.get(&row.opening.project).unwrap().formation.priority_neighbourhood {
                let (count, sum) = totals.priority.entry(edition.clone()).or_default();
                (*count, *sum) = (*count + 1, *sum + cents);
            }
        }
    }
    totals
}

#[test]
fn totals_are_those_of_a_plain_pass_over_the_columns() {
    let office = Office::default();
    import_text(&office, "first.csv", &file(&FIRST)).unwrap();
    assert_eq!(written(&office), plain(&file(&FIRST)));
}

#[test]
fn the_file_of_the_city_and_a_newer_one() {
    let Some(data) = real_data() else { return };
    let path: PathBuf = data.join("paris/paris_bp_projets_gagnants.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let office = Office::default();
    import(&office, &path).unwrap();
    let totals = plain(&text);
    assert_eq!(written(&office), totals);
    assert_eq!(totals.stages.values().sum::<usize>(), 1_214);

    // What a next publication may look like: the works that are under way are delivered.
    let rows: Vec<String> = text.lines().map(|line| line.replace(";TRAVAUX;", ";LIVRAISON;")).collect();
    let newer = rows.join("\r\n");
    let delivered = totals.stages.iter().filter(|((_, stage), _)| stage == "TRAVAUX").map(|(_, count)| count).sum();
    let before: u64 = heads(&office).values().sum();
    let summary = import_text(&office, "newer.csv", &newer).unwrap();
    let reached: usize = summary.campaigns.iter().filter_map(|edition| edition.changes.get("MilestoneReached")).sum();
    let all: usize = summary.campaigns.iter().flat_map(|edition| edition.changes.values()).sum();
    assert_eq!((reached, all), (delivered, delivered));
    let after: u64 = heads(&office).values().sum();
    assert_eq!(after - before, u64::try_from(delivered).unwrap());
    assert_eq!(written(&office), plain(&newer));
    import_text(&office, "newer.csv", &newer).unwrap();
    assert_eq!(heads(&office).values().sum::<u64>(), after);
    eprintln!("1,214 rows, {after} events; a newer file wrote {all}");
}
