//! From an event to a mail: who is told what through the real API, once, and who stops it.

use crate::mailbox::{Mailbox, act, count, follow, moment, pass, reachable, tried, visit};
use crate::town::{COORDINATOR, OFFICER, REFERENT, Town};
use domain::configuration::Tongue;
use serde_json::{Value, json};

const ADA: &str = "CITIZEN:ada";
const BOB: &str = "CITIZEN:bob";
const CARL: &str = "CITIZEN:carl";
const MODERATOR: &str = "MODERATOR:mo";
const HOUR: i64 = 3_600;

/// A campaign in which ada deposited a bench, bob follows it and carl has nothing to do with it yet.
async fn bench() -> (Town, Mailbox, String) {
    let town = Town::configured().await;
    town.grant(MODERATOR).await;
    town.open("IDEATION").await;
    let bench = town.deposit("ada", "Un banc").await;
    reachable(&town, &[(ADA, "ada"), (BOB, "bob"), (CARL, "carl"), (REFERENT, "parks")]).await;
    follow(&town, BOB, &bench).await;
    let mailbox = Mailbox::new(&town).await;
    assert_eq!(mailbox.new_mails().await.len(), 0);
    (town, mailbox, bench)
}

async fn formed(town: &Town, proposals: &[&str], title: &str) -> String {
    let input =
        json!({ "campaign": "T26", "proposals": proposals, "kind": "GROUPING", "title": title, "area": "CITY" });
    let payload = town.done(COORDINATOR, "formProject", input, "project { id }").await;
    payload["project"]["id"].as_str().unwrap().to_owned()
}

async fn comment(town: &Town, actor: &str, on: &str, text: &str, answers: Option<&str>) -> String {
    let official = !actor.starts_with("CITIZEN");
    let input = json!({ "on": on, "answers": answers, "text": text, "authorName": "Dominique", "official": official });
    let payload = tried(town, actor, "postComment", "PostCommentInput", input, "comment { id }").await;
    payload["comment"]["id"].as_str().unwrap_or_else(|| panic!("{payload}")).to_owned()
}

#[tokio::test]
async fn authors_and_followers_hear_of_a_proposal_once_and_stop_it_with_a_button() {
    let (town, mailbox, bench) = bench().await;
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let project = town.project(&bench, "Des bancs", "CITY", "6000000").await;
    let told = mailbox.new_mails().await;
    // Each of both events, to each of both people: the merge and the verdict.
    assert_eq!((count(&told, "ada", ""), count(&told, "bob", ""), told.len()), (2, 2, 4));
    assert_eq!(count(&told, "ada", "Votre proposition « Un banc » fait maintenant partie d’un projet : Des bancs."), 1);
    let verdict = "Le projet « Des bancs », issu de la proposition « Un banc » que vous suivez, a reçu un avis de la \
                   ville (Espaces verts) : avis favorable. La raison donnée :\r\n\r\n> Feasible.";
    assert_eq!(count(&told, "bob", verdict), 1);
    assert!(told.iter().all(|mail| mail.raw.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click")));
    assert!(told.iter().all(|mail| !(mail.raw.contains("ada@mail") && mail.raw.contains("bob@mail"))));
    for _ in 0..2 {
        mailbox.restart(&town);
        assert_eq!(mailbox.new_mails().await.len(), 0, "told once, also by a program that starts again");
    }

    let (status, page) = visit(&town, BOB, "GET", "/me/messages", "").await;
    assert_eq!((status, page.matches(" · sent</p>").count()), (200, 2), "{page}");
    assert!(page.contains("Budget participatif: “Un banc” is part of a project"), "{page}");
    let (status, _) = visit(&town, BOB, "POST", "/me/messages?topic=FOLLOWED&on=false", "").await;
    assert_eq!(status, 303);
    town.done(COORDINATOR, "admitProject", json!({ "project": project }), "project { state }").await;
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "ada", "figurera sur la liste"), told.len()), (1, 1));
}

#[tokio::test]
async fn what_is_written_about_a_proposal_is_told_to_its_readers_and_not_to_its_writer() {
    let (town, mailbox, bench) = bench().await;
    let first = comment(&town, CARL, &bench, "Plutôt à l’ombre", None).await;
    comment(&town, COORDINATOR, &bench, "Nous regardons", Some(&first)).await;
    comment(&town, ADA, &bench, "Bonne idée", Some(&first)).await;
    let told = mailbox.new_mails().await;
    assert_eq!(count(&told, "ada", "Dominique a écrit au sujet de « Un banc » :\r\n\r\n> Plutôt à l’ombre"), 1);
    assert_eq!(count(&told, "ada", "Au nom de la ville, Dominique a répondu au sujet de « Un banc »"), 1);
    assert_eq!(count(&told, "carl", "Dominique a répondu à votre commentaire sur « Un banc »"), 2);
    assert_eq!((count(&told, "ada", ""), count(&told, "bob", ""), count(&told, "carl", "")), (2, 3, 2));

    // What was taken out before it was told is told to nobody, except why to its writer.
    let rude = comment(&town, CARL, &bench, "Zut et rezut", None).await;
    let removal = json!({ "content": rude, "reason": "Insulte" });
    act(&town, MODERATOR, "removeContent", "ModerateContentInput", removal).await;
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "carl", "> Insulte"), told.len()), (1, 1));
    assert!(told.iter().all(|mail| !mail.text.contains("rezut")));

    let removal = json!({ "content": bench, "reason": "Hors sujet" });
    act(&town, MODERATOR, "removeContent", "ModerateContentInput", removal).await;
    let told = mailbox.new_mails().await;
    assert_eq!(count(&told, "ada", "Votre proposition « Un banc » a été retirée par la modération."), 1);
    // Followers learn it by the reference: the title isn't public any more.
    assert_eq!((count(&told, "bob", "> Hors sujet"), count(&told, "bob", "Un banc"), told.len()), (1, 0, 2));
}

#[tokio::test]
async fn authors_hear_of_each_other() {
    let (town, mailbox, bench) = bench().await;
    let input = json!({ "proposal": bench });
    let payload = tried(&town, ADA, "inviteCoAuthor", "InviteCoAuthorInput", input, "invitation").await;
    let input = json!({ "proposal": bench, "invitation": payload["invitation"], "authorName": "Carl" });
    act(&town, CARL, "joinProposal", "JoinProposalInput", input).await;
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "ada", "« Un banc » est maintenant cosignée par Carl."), told.len()), (1, 1));
    act(&town, ADA, "withdrawProposal", "WithdrawProposalInput", json!({ "proposal": bench })).await;
    let told = mailbox.new_mails().await;
    assert_eq!(
        (count(&told, "carl", "Votre proposition"), count(&told, "bob", "que vous suivez"), told.len()),
        (1, 1, 2)
    );
}

#[tokio::test]
async fn a_workshop_is_announced_changed_reminded_of_and_concluded() {
    let (town, mailbox, bench) = bench().await;
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let announcement = |starts: i64| {
        json!({ "title": "Des bancs ensemble", "mode": "IN_PERSON", "agenda": "Accueil", "place": "Mairie",
            "starts": moment(&town, starts), "ends": moment(&town, starts + 2 * HOUR), "capacity": 10,
            "proposals": [bench] })
    };
    let mut input = announcement(20 * HOUR);
    input["campaign"] = json!("T26");
    let payload =
        tried(&town, COORDINATOR, "announceWorkshop", "AnnounceWorkshopInput", input, "workshop { id }").await;
    let workshop = payload["workshop"]["id"].as_str().unwrap_or_else(|| panic!("{payload}")).to_owned();
    let told = mailbox.new_mails().await;
    let says = "« Des bancs ensemble », le 2 mars 2026 à 05 h 30 UTC, Mairie.";
    assert_eq!((count(&told, "ada", says), count(&told, "bob", says), told.len()), (1, 1, 2));

    let mut input = announcement(60 * HOUR);
    (input["workshop"], input["version"]) = (json!(workshop), json!(1));
    act(&town, COORDINATOR, "changeWorkshop", "ChangeWorkshopInput", input).await;
    let input = json!({ "workshop": workshop, "standing": "FOLLOWER" });
    act(&town, BOB, "registerForWorkshop", "RegisterForWorkshopInput", input).await;
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "bob", "Il a lieu le 3 mars 2026 à 21 h 30 UTC"), told.len()), (1, 2));

    pass(&town, 35 * HOUR);
    assert_eq!(mailbox.new_mails().await.len(), 0);
    pass(&town, 2 * HOUR);
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "bob", "Vous êtes inscrit·e à l’atelier"), told.len()), (1, 1));
    mailbox.restart(&town);
    pass(&town, HOUR);
    assert_eq!(mailbox.new_mails().await.len(), 0, "reminded once, also by a program that starts again");

    pass(&town, 30 * HOUR);
    let input = json!({ "workshop": workshop, "present": [], "others": 3 });
    act(&town, COORDINATOR, "recordAttendance", "RecordAttendanceInput", input).await;
    let input = json!({ "workshop": workshop, "minutes": "Trois personnes.", "conclusions": "Cinq bancs." });
    act(&town, COORDINATOR, "publishMinutes", "PublishMinutesInput", input).await;
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "ada", "> Cinq bancs."), count(&told, "bob", "> Cinq bancs."), told.len()), (1, 1, 2));
}

#[tokio::test]
async fn agents_hear_what_is_theirs_and_when_it_is_late_and_authors_that_they_may_appeal() {
    let (town, mailbox, bench) = bench().await;
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let project = formed(&town, &[&bench], "Des bancs").await;
    assert_eq!(mailbox.new_mails().await.len(), 2);
    let due = moment(&town, 30 * HOUR);
    let assignments = json!([{ "department": "PARKS", "mandatory": true, "due": due }]);
    let input = json!({ "projects": [project], "assignments": assignments });
    act(&town, COORDINATOR, "assignDepartments", "AssignDepartmentsInput", input).await;
    let told = mailbox.new_mails().await;
    let says = "Le projet « Des bancs » est confié à votre direction : Espaces verts, avis attendu le";
    assert_eq!((count(&told, "parks", says), told.len()), (1, 1));

    pass(&town, 29 * HOUR);
    assert_eq!(mailbox.new_mails().await.len(), 0);
    pass(&town, HOUR);
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "parks", "« Des bancs » attend encore un avis"), told.len()), (1, 1));
    mailbox.restart(&town);
    pass(&town, HOUR);
    assert_eq!(mailbox.new_mails().await.len(), 0, "once, also by a program that starts again");

    let input = json!({ "project": project, "department": "PARKS", "opinion": "UNFAVOURABLE",
        "reasons": "Trop cher", "lines": [{ "kind": "INVESTMENT", "amount": "100" }] });
    act(&town, REFERENT, "giveVerdict", "GiveVerdictInput", input).await;
    act(&town, COORDINATOR, "consolidateInstruction", "ConsolidateInstructionInput", json!({ "project": project }))
        .await;
    let told = mailbox.new_mails().await;
    assert_eq!(count(&told, "ada", "Vous pouvez faire un recours jusqu’au 17 mars 2026"), 1);
    assert_eq!(count(&told, "bob", "a reçu tous ses avis. Ensemble : avis défavorable."), 1);
    assert_eq!(told.len(), 4);
    let input = json!({ "project": project, "grounds": "Un banc suffit" });
    act(&town, ADA, "lodgeAppeal", "LodgeAppealInput", input).await;
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "parks", "> Un banc suffit"), count(&told, "bob", "recours"), told.len()), (1, 1, 2));
}

#[tokio::test]
async fn a_split_is_told_as_one_and_as_what_follows_from_it() {
    let (town, mailbox, bench) = bench().await;
    let tree = town.deposit("carl", "Un arbre").await;
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let project = formed(&town, &[&bench, &tree], "Un square").await;
    mailbox.new_mails().await;
    let part = |title: &str, proposal: &str| -> Value {
        json!({ "title": title, "kind": "SINGLE", "proposals": [{ "proposal": proposal }] })
    };
    let input = json!({ "project": project, "parts": [part("Le banc", &bench), part("L’arbre", &tree)],
        "reason": "Deux lieux" });
    act(&town, COORDINATOR, "splitProject", "SplitProjectInput", input).await;
    let told = mailbox.new_mails().await;
    let says = "Le projet « Un square », issu de votre proposition « Un banc », se poursuit en plusieurs projets.";
    assert_eq!((count(&told, "ada", says), count(&told, "carl", "> Deux lieux")), (1, 1));
    assert_eq!((count(&told, "ada", "partie d’un projet : Le banc."), count(&told, "ada", "")), (1, 2));
    assert_eq!(told.len(), 6);
}

#[tokio::test]
async fn whoever_stated_no_language_is_told_in_the_campaigns() {
    let (town, mailbox, bench) = bench().await;
    let model = town.read_model.current();
    let view = model.campaign("T26").unwrap();
    let mut configuration = view.model.campaign.configuration.clone().unwrap();
    configuration.participation.language = Tongue::En;
    let agent = town.known(COORDINATOR).await.agent_id;
    let request = commands::Request {
        command_id: town.command_id().parse().unwrap(),
        actor: domain::Actor::new(agent, domain::Role::Coordinator),
        commands: vec![domain::Command::Campaign(domain::campaign::Command::Configure(configuration))],
    };
    let position = town.executor.execute("T26", request).await.unwrap().first.unwrap();
    while town.read_model.current().campaign("T26").unwrap().size() <= position {
        tokio::task::yield_now().await;
    }
    comment(&town, CARL, &bench, "Plutôt à l’ombre", None).await;
    assert_eq!(count(&mailbox.new_mails().await, "ada", "Dominique wrote about “Un banc”:"), 1);
}

#[tokio::test]
async fn a_proclamation_is_one_message_for_each_project_and_one_for_everybody_else() {
    let (town, mailbox, bench) = bench().await;
    let tree = town.deposit("ada", "Un arbre").await;
    town.deposit("carl", "Une mare").await;
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let mut projects = Vec::new();
    for (proposal, title, cents) in [(&bench, "Des bancs", "9000000"), (&tree, "Des arbres", "8000000")] {
        projects.push(town.project(proposal, title, "CITY", cents).await);
    }
    for project in &projects {
        town.done(COORDINATOR, "admitProject", json!({ "project": project }), "project { state }").await;
    }
    town.pass("CO_CONSTRUCTION", "PRE_SUBMIT").await;
    town.close("PRE_SUBMIT").await;
    let step = json!({ "campaign": "T26" });
    town.done(COORDINATOR, "publishCatalogue", step, "campaign { cataloguePublished { at } }").await;
    town.open("VOTE").await;
    town.vote("v1", &[&projects[0]]).await;
    mailbox.new_mails().await;
    town.proclaim().await;
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "ada", "« Des bancs »"), count(&told, "ada", "« Des arbres »")), (1, 1));
    assert_eq!(count(&told, "bob", "est lauréat du vote : il sera réalisé."), 1);
    assert_eq!(count(&told, "carl", "Les résultats du vote sont proclamés"), 1);
    assert_eq!(told.len(), 4);

    // What the council decides is told to the same people, as a decision of the council.
    let decided =
        json!({ "project": projects[1], "decision": "ADDED", "session": "2026-01-12", "reason": "La région le paie." });
    town.agreed(OFFICER, "enterCouncilDecision", decided, "campaign { code }").await;
    let told = mailbox.new_mails().await;
    assert_eq!(count(&told, "ada", "le conseil a décidé qu’il sera réalisé"), 1);
    assert_eq!(count(&told, "ada", "La région le paie."), 1);
    assert_eq!(told.len(), 1);
}
