//! Agents at work on the same projects at once: nobody overwrites another, and no merge is half done.

use crate::support::kept::moderator;
use crate::support::lively::{about, assign, end};
use crate::support::people::{announce, remove, unmerge};
use crate::support::sample::*;
use crate::town::{Town, ask, name, request};
use commands::{Error, Receipt};
use domain::phase::Phase;
use domain::project::{self, Ending, Formation, Opinion, Sheet};
use domain::workshop::Mode;
use domain::{Actor, Code, Command};

/// Asks all of it at once, in one request.
async fn together(town: &Town, actor: &Actor, commands: Vec<Command>) -> Result<Receipt, Error> {
    let asked = request(town.executor.entropy().uuid(), actor, commands);
    town.executor.execute(CODE, asked).await
}

fn rejected(error: Error) -> domain::Rejection {
    let Error::Rejected(rejection) = error else { panic!("{error}") };
    rejection
}

/// A project of these proposals with both sides of each merge.
fn formed(project: &str, proposals: &[&str]) -> Vec<Command> {
    let merges = proposals.iter().map(|proposal| merge(proposal, project));
    [form(project, "ALL", proposals)].into_iter().chain(merges).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_agents_who_edit_a_sheet_at_once_the_second_gets_what_changed() {
    let town = Town::at(Phase::CoConstruction).await;
    let sheet = Sheet::of(&formation("R-q-1", "ALL", &["p-1", "p-2"]));
    let edit = |change: &dyn Fn(&mut Sheet)| {
        let mut sheet = Box::new(sheet.clone());
        change(&mut sheet);
        about("q-1", project::Command::Edit { version: 1, sheet, workshop: None })
    };
    let (first, second) = (
        edit(&|s| (s.title, s.description) = (hidden("Une fontaine"), Some(hidden("Sur la place.")))),
        edit(&|s| (s.title, s.description) = (hidden("Un puits"), Some(hidden("Dans la cour.")))),
    );
    let (agent, other) = (coordinator(), actor("agent-5", coordinator().role));
    let elsewhere = town.again(2);
    let (one, two) = tokio::join!(town.ask(&agent, first), ask(&elsewhere, &other, second));
    let no = match (one, two) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => rejected(error),
        both => panic!("{both:?}"),
    };
    assert_eq!((no.code, no.field.as_deref()), (Code::EditConflict, Some("version")));
    assert_eq!(no.limit.as_deref(), Some("description, title"));
    assert_eq!(town.log().await.0.projects[&id("q-1")].version(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_of_several_streams_is_whole_or_not_at_all_when_one_goes_meanwhile() {
    let town = Town::at(Phase::CoConstruction).await;
    let elsewhere = town.again(2);
    for (project, proposal) in [("q-31", "p-3"), ("q-32", "p-4"), ("q-33", "p-5"), ("q-34", "p-6")] {
        let (agent, watcher) = (coordinator(), moderator());
        let merging = together(&town, &agent, formed(project, &["p-1", "p-9", proposal]));
        let (merged, removed) = tokio::join!(merging, ask(&elsewhere, &watcher, remove(proposal)));
        removed.unwrap();
        let (world, records) = town.log().await;
        let known = world.projects.get(&id(project));
        let namers = world.proposals.values().filter(|one| one.projects.contains(&id(project))).count();
        match merged {
            Ok(_) => assert_eq!((known.unwrap().proposals.len(), namers), (3, 3)),
            Err(error) => {
                assert_eq!(rejected(error).code, Code::ProposalRemoved);
                assert_eq!((known.is_none(), namers), (true, 0));
                assert!(records.iter().all(|record| record.id != project));
            }
        }
    }
    // Withdrawn before: nothing of the others either.
    let before = town.log().await.1.len();
    let no = together(&town, &coordinator(), formed("q-35", &["p-1", "p-8"])).await.unwrap_err();
    assert_eq!((rejected(no).code, town.log().await.1.len()), (Code::ProposalWithdrawn, before));
}

#[tokio::test]
async fn what_the_rules_of_projects_look_at_is_read() {
    let town = Town::at(Phase::CoConstruction).await;
    let agent = coordinator();
    let no = |error: Error| rejected(error).code;
    // Workshops of a formation and of an edit.
    let mut of_workshop = formation("R-40", "ALL", &["p-1"]);
    of_workshop.workshops = vec![id("w-1")];
    let form_it = || form_as("q-40", of_workshop.clone());
    assert_eq!(no(town.ask(&agent, form_it()).await.unwrap_err()), Code::NotFound);
    town.executor.clock().set("2026-03-01T00:00:00Z".parse().unwrap());
    town.ask(&agent, announce("w-1", Mode::InPerson, &["p-1"])).await.unwrap();
    town.ask(&agent, form_it()).await.unwrap();
    // The other side of a merge.
    assert_eq!(no(town.ask(&agent, assign("q-40", "PARKS", true)).await.unwrap_err()), Code::ProposalNotLinked);
    town.ask(&agent, merge("p-1", "q-40")).await.unwrap();
    town.ask(&agent, assign("q-40", "PARKS", true)).await.unwrap();
    town.ask(&referent(), verdict_as("q-40", verdict_of("PARKS", Opinion::Favourable, &[9]))).await.unwrap();
    town.ask(&agent, about("q-40", project::Command::Consolidate)).await.unwrap();
    town.ask(&agent, admit("q-40")).await.unwrap();
    // A split, its parts and their proposals in one request.
    together(&town, &agent, formed("q-41", &["p-2", "p-3"])).await.unwrap();
    let taken = end("q-41", Ending::Split(vec![id("q-1"), id("q-42")]));
    assert_eq!(no(town.ask(&agent, taken).await.unwrap_err()), Code::AlreadyExists);
    let part = |project: &str, proposal: &str| {
        let part_of = Some(id("q-41"));
        form_as(project, Formation { part_of, ..formation(&format!("R-{project}"), "ALL", &[proposal]) })
    };
    let split = vec![
        end("q-41", Ending::Split(vec![id("q-42"), id("q-43")])),
        unmerge("p-2", "q-41"),
        unmerge("p-3", "q-41"),
        part("q-42", "p-2"),
        merge("p-2", "q-42"),
        part("q-43", "p-3"),
        merge("p-3", "q-43"),
    ];
    together(&town, &agent, split).await.unwrap();
    // A chain of projects that others took in.
    let chain = ["q-44", "q-45"];
    for (project, proposal) in chain.iter().zip(["p-4", "p-5"]) {
        together(&town, &agent, formed(project, &[proposal])).await.unwrap();
    }
    // One that ends frees its proposals at once.
    let alone = end("q-44", Ending::Absorbed(id("q-45")));
    assert_eq!(no(town.ask(&agent, alone.clone()).await.unwrap_err()), Code::ProposalStillLinked);
    together(&town, &agent, vec![alone, unmerge("p-4", "q-44")]).await.unwrap();
    let next = vec![end("q-45", Ending::Absorbed(id("q-42"))), unmerge("p-5", "q-45")];
    together(&town, &agent, next).await.unwrap();
    let back = end("q-42", Ending::Absorbed(id("q-44")));
    assert_eq!(no(town.ask(&agent, back).await.unwrap_err()), Code::MergeCycle);
    let names: Vec<String> = town.log().await.1.iter().map(|record| name(&record.event)).collect();
    assert_eq!(names.iter().filter(|name| *name == "ProjectEnded").count(), 3);
}

#[tokio::test]
async fn an_appeal_looks_at_the_authors_of_all_proposals() {
    let town = Town::at(Phase::CoConstruction).await;
    let agent = coordinator();
    town.ask(&agent, assign("q-1", "PARKS", true)).await.unwrap();
    town.ask(&referent(), verdict_as("q-1", verdict_of("PARKS", Opinion::Unfavourable, &[9]))).await.unwrap();
    town.ask(&agent, about("q-1", project::Command::Consolidate)).await.unwrap();
    let appeal = || about("q-1", project::Command::Appeal { grounds: "Le terrain est à la ville.".into() });
    let no = town.ask(&citizen("c-3"), appeal()).await.unwrap_err();
    assert_eq!(rejected(no).code, Code::NotTheAuthor);
    town.ask(&citizen("c-2"), appeal()).await.unwrap();
    town.log().await;
}
