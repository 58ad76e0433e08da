//! Lineages: both ways tell the same, whatever a log says, and the origin sentence follows from them.

use crate::fold;
use crate::support::lively::*;
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::phase::Phase;
use domain::project::{self, Ending};
use domain::proposal::{Command as OfProposal, DepositorKind, MergeKind};
use domain::{Event, ProjectId, ProposalId, Record, Role};
use projections::Model;
use projections::lineage::{PassageKind, back, forward};
use projections::origin::origin;
use std::collections::BTreeSet;

type Pairs = BTreeSet<(ProposalId, ProjectId)>;

/// Every pair of a proposal and a project that it came to: walked forward, and walked back.
fn pairs(model: &Model) -> (Pairs, Pairs) {
    let ways = model.proposals.iter().flat_map(|(id, _)| {
        let way = forward(model, id).unwrap();
        way.stations.into_iter().map(|station| (id.clone(), station.project.id.clone())).collect::<Vec<_>>()
    });
    let sources = model.projects.iter().flat_map(|(id, _)| {
        let way = back(model, id).unwrap();
        way.sources.into_iter().map(|source| (source.proposal.id.clone(), id.clone())).collect::<Vec<_>>()
    });
    (ways.collect(), sources.collect())
}

#[test]
fn both_ways_tell_the_same() {
    let model = fold(&Story::lively().records());
    let (ways, sources) = pairs(&model);
    assert_eq!(ways, sources);
    let told: Vec<String> = ways.iter().map(|(proposal, project)| format!("{proposal}>{project}")).collect();
    let expected =
        ["p-1>q-1", "p-2>q-1", "p-2>q-2", "p-2>q-3", "p-2>q-4", "p-3>q-2", "p-3>q-3", "p-3>q-4", "p-4>q-4", "p-4>q-5"];
    assert_eq!(told, expected);
}

#[test]
fn each_step_has_its_date_its_role_and_its_workshop() {
    let model = fold(&Story::lively().records());
    let way = forward(&model, &id("p-4")).unwrap();
    let merges: Vec<_> = way.merges.iter().map(|one| (one.project.as_str(), one.by, one.undone.is_some())).collect();
    assert_eq!(merges, [("q-5", Role::Coordinator, true), ("q-4", Role::Coordinator, false)]);
    let passages: Vec<_> = way.passages.iter().map(|one| (one.from.as_str(), one.into.as_str(), one.kind)).collect();
    assert_eq!(passages, [("q-5", "q-4", PassageKind::Absorbed)]);
    assert_eq!(way.passages[0].reason, hidden("Deux lieux"));
    let stations: Vec<_> = way.stations.iter().map(|one| (one.project.id.as_str(), one.project.number)).collect();
    assert_eq!(stations, [("q-5", None), ("q-4", Some(3))]);
    assert!(way.workshops.is_empty());

    let way = back(&model, &id("q-4")).unwrap();
    let ancestors: Vec<&str> = way.ancestors.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ancestors, ["q-2", "q-5"]);
    let passages: Vec<_> = way.passages.iter().map(|one| (one.from.as_str(), one.kind)).collect();
    assert_eq!(passages, [("q-2", PassageKind::Split), ("q-5", PassageKind::Absorbed)]);
    let sources: Vec<_> = way.sources.iter().map(|one| (one.proposal.id.as_str(), one.project.as_str())).collect();
    assert_eq!(sources, [("p-3", "q-4"), ("p-4", "q-4"), ("p-2", "q-2"), ("p-3", "q-2"), ("p-4", "q-5")]);

    let way = back(&model, &id("q-1")).unwrap();
    let first = &way.sources[0];
    let merge = first.merge.as_ref().unwrap();
    assert_eq!((merge.share_percent, merge.kind), (Some(60), MergeKind::Single));
    assert!(first.link.added.at >= hour("04-20T00:00"));
    let workshops: Vec<&str> = way.workshops.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(workshops, ["w-1"]);
    assert!(way.sources[1].link.taken_out.is_some() && way.sources[1].merge.as_ref().unwrap().undone.is_some());
    let way = forward(&model, &id("p-1")).unwrap();
    assert_eq!(way.workshops.len(), 1);
    assert!(forward(&model, &id("p-99")).is_none() && back(&model, &id("q-99")).is_none());
}

#[test]
fn results_and_sites_are_at_the_end_of_the_way() {
    let model = fold(&Story::whole().records());
    let way = forward(&model, &id("p-1")).unwrap();
    let station = &way.stations[0];
    assert!(station.result.as_ref().unwrap().elected);
    assert_eq!(station.sites.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["s-1"]);
    assert!(!station.project.verdicts.is_empty());
}

/// Logs are checked elsewhere: a walk ends even where projects go on in each other for ever.
#[test]
fn a_walk_ends_in_a_circle() {
    let mut story = Story::careful_at(Phase::Ideation);
    story.act(&citizen("c-1"), deposit("p-1", "c-1"));
    story.act(&crate::support::kept::moderator(), approve("p-1"));
    story.turn(Phase::PostIdeation);
    for project in ["q-1", "q-2"] {
        story.act(&coordinator(), form_as(project, formation_here(&format!("R-{project}"), &["p-1"])));
        story.act(&coordinator(), merge("p-1", project));
    }
    let mut model = fold(&story.records());
    let last = story.records().pop().unwrap();
    let ends = |from: &str, ending: Ending| {
        let event = Event::Project(project::Event::ProjectEnded { ending, reason: hidden("En rond") });
        Record { kind: domain::StreamKind::Project, id: from.into(), event, hidden: Vec::new(), ..last.clone() }
    };
    model.apply(&ends("q-1", Ending::Absorbed(id("q-2")))).unwrap();
    model.apply(&ends("q-2", Ending::Split(vec![id("q-1"), id("q-2"), id("q-3")]))).unwrap();
    let way = forward(&model, &id("p-1")).unwrap();
    assert_eq!((way.stations.len(), way.passages.len()), (2, 4));
    assert_eq!(back(&model, &id("q-2")).unwrap().ancestors.len(), 1);
}

/// Deposits of these depositors, all in one project of this kind: its origin.
fn sentence(kind: MergeKind, depositors: &[(&str, DepositorKind, Option<&str>)]) -> (String, String) {
    let mut story = Story::at(Phase::Ideation);
    let mut proposals = Vec::new();
    for (n, (author, depositor, complement)) in depositors.iter().enumerate() {
        let mut deposit = deposit_of(author);
        (deposit.reference, deposit.depositor) = (format!("P-{n}"), *depositor);
        deposit.complement = complement.map(hidden);
        proposals.push(format!("p-{n}"));
        story.act(&citizen(author), of(&proposals[n], OfProposal::Deposit(Box::new(deposit))));
    }
    story.turn(Phase::PostIdeation);
    let names: Vec<&str> = proposals.iter().map(String::as_str).collect();
    story.act(&coordinator(), form_as("q-1", project::Formation { kind, ..formation("R-1", "D1", &names) }));
    let model = fold(&story.records());
    let origin = origin(&model, model.projects.get(&id("q-1")).unwrap()).unwrap();
    (origin.fr, origin.en)
}

#[test]
fn the_origin_sentence_agrees_in_number_and_gender() {
    use DepositorKind::{Association, Collective, Individual, NeighbourhoodCouncil};
    use MergeKind::{CoConstruction, Grouping, Single};
    type Case<'a> = (MergeKind, &'a [(&'a str, DepositorKind, Option<&'a str>)], &'a str, &'a str);
    let many: Vec<(String, DepositorKind, Option<&str>)> =
        (0..11).map(|n| (format!("c-{n}"), Individual, None)).collect();
    let many: Vec<(&str, DepositorKind, Option<&str>)> =
        many.iter().map(|(who, kind, _)| (who.as_str(), *kind, None)).collect();
    let cases: &[Case<'_>] = &[
        (
            Grouping,
            &[("c-1", Individual, None), ("c-2", Individual, None), ("c-3", Association, Some("X"))],
            "Issu d’un regroupement de propositions de deux particuliers et de l’association X",
            "From a grouping of proposals by two individuals and the association X",
        ),
        (
            Single,
            &[("c-1", Individual, None)],
            "Issu de la proposition d’un particulier",
            "From a proposal by an individual",
        ),
        (
            Grouping,
            &[("c-1", Individual, None), ("c-1", Individual, None)],
            "Issu d’un regroupement de propositions d’un particulier",
            "From a grouping of proposals by an individual",
        ),
        (
            CoConstruction,
            &[
                ("c-1", Association, Some("Les Amis de l’eau")),
                ("c-2", Association, Some("Association Rivage")),
                ("c-3", Association, Some("les amis de l’eau")),
            ],
            "Issu de la co-construction de propositions des associations Les Amis de l’eau et Rivage",
            "From a co-construction of proposals by the associations Les Amis de l’eau and Rivage",
        ),
        (
            Grouping,
            &[("c-1", Association, None), ("c-2", NeighbourhoodCouncil, Some("Conseil de quartier de la Gare"))],
            "Issu d’un regroupement de propositions d’une association et du conseil de quartier de la Gare",
            "From a grouping of proposals by an association and the neighbourhood council de la Gare",
        ),
        (
            Grouping,
            &[
                ("c-1", Collective, Some("Rue calme")),
                ("c-2", Collective, None),
                ("c-3", NeighbourhoodCouncil, None),
                ("c-4", NeighbourhoodCouncil, None),
            ],
            "Issu d’un regroupement de propositions de deux conseils de quartier, du collectif Rue calme et d’un autre collectif",
            "From a grouping of proposals by two neighbourhood councils, the collective Rue calme and another collective",
        ),
        (
            Grouping,
            &[("c-1", Association, Some("A")), ("c-2", Association, None), ("c-3", Association, None)],
            "Issu d’un regroupement de propositions de l’association A et de deux autres associations",
            "From a grouping of proposals by the association A and two other associations",
        ),
        (
            Grouping,
            &many[..10],
            "Issu d’un regroupement de propositions de dix particuliers",
            "From a grouping of proposals by ten individuals",
        ),
        (
            Grouping,
            &many,
            "Issu d’un regroupement de propositions de 11 particuliers",
            "From a grouping of proposals by 11 individuals",
        ),
    ];
    for (kind, depositors, french, english) in cases {
        let (fr, en) = sentence(*kind, depositors);
        assert_eq!((fr.as_str(), en.as_str()), (*french, *english));
    }
}

#[test]
fn an_imported_project_has_no_origin_sentence_and_a_removed_name_is_not_told() {
    let mut past = Story::configured(imported());
    past.act(&system(), form_as("q-1", formation("1", "ALL", &[])));
    let model = fold(&past.records());
    assert_eq!(origin(&model, model.projects.get(&id("q-1")).unwrap()), None);
    let mut story = Story::lively();
    let told = |story: &Story| {
        let model = fold(&story.records());
        origin(&model, model.projects.get(&id("q-1")).unwrap()).unwrap().fr
    };
    assert_eq!(told(&story), "Issu de la proposition de l’association Les Amis de l’eau");
    let edited = story.position("ProposalEdited");
    let gone =
        crate::support::kept::redact(&[(edited, "/data/deposit/complement")], domain::redaction::Ground::PersonalData);
    story.act(&crate::support::kept::moderator(), gone);
    assert_eq!(told(&story), "Issu de la proposition d’une association");
}
