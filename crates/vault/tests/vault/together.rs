//! Two programs on one vault, and programs that are stopped half-way.

use std::collections::BTreeSet;
use std::task::Poll;

use serde_json::json;
use vault::Kind;

use crate::sample::{ISSUER, Sample, arrival, reading};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_programs_agree_on_who_is_who_and_on_one_chain() {
    let s = Sample::new().await;
    let nodes = [s.vault.clone(), s.again().await];
    let mut tasks = Vec::new();
    for n in 0..60 {
        let node = nodes[n % 2].clone();
        tasks.push(tokio::spawn(async move {
            let name = format!("p{}", n / 6);
            let person = node.arrive(arrival(&name, &format!("{name}@example.fr"))).await.unwrap();
            node.put(&person.id, Kind::Draft, &n.to_string(), &json!(n)).await.unwrap();
            node.read_for(reading("Ensemble"), &person.id).await.unwrap();
            (person.id, node.invite(ISSUER, "shared@example.fr").await.unwrap())
        }));
    }
    let (mut people, mut invited) = (BTreeSet::new(), BTreeSet::new());
    for task in tasks {
        let (id, agent) = task.await.unwrap();
        people.insert(id);
        invited.insert(agent);
    }
    assert_eq!((people.len(), invited.len()), (10, 1));
    assert_eq!(nodes[1].count(Kind::Draft).await.unwrap(), 60);
    let digest = nodes[0].readings_digest().await.unwrap();
    assert_eq!((digest.count, &digest), (60, &nodes[1].readings_digest().await.unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_is_erased_while_others_write_is_gone_entirely() {
    let s = Sample::new().await;
    let other = s.again().await;
    for n in 0..20 {
        let id = s.arrive(&format!("p{n}")).await.id;
        let (node, person) = (other.clone(), id.clone());
        let writing = tokio::spawn(async move {
            for n in 0.. {
                if let Err(error) = node.put(&person, Kind::Draft, &n.to_string(), &json!(n)).await {
                    return error.code();
                }
            }
            "ENDLESS"
        });
        tokio::task::yield_now().await;
        s.vault.erase(&id).await.unwrap();
        assert_eq!(writing.await.unwrap(), "PERSON_ERASED");
        assert_eq!(s.place.value(&format!("SELECT count(*) FROM records WHERE person = '{id}'")), "0");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_erasure_that_is_given_up_at_any_moment_is_whole_or_has_not_been() {
    let s = Sample::new().await;
    let (mut gone, mut there) = (0, 0);
    for n in 0..40_u64 {
        let id = s.arrive(&format!("p{n}")).await.id;
        s.vault.put(&id, Kind::Draft, "d", &json!(n)).await.unwrap();
        // The erasure is left alone after it was woken so many times: before, inside, or behind it.
        let mut erasing = Box::pin(s.vault.erase(&id));
        let mut woken = 0;
        std::future::poll_fn(|cx| {
            woken += 1;
            if woken > n || erasing.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        drop(erasing);
        let kept = format!("SELECT (SELECT count(*) FROM people WHERE id = '{id}') + (SELECT count(*) FROM records WHERE person = '{id}')
            + (SELECT count(*) FROM identities WHERE person = '{id}') + 10 * (SELECT count(*) FROM erased WHERE person = '{id}')");
        // A statement that was on its way may still end; the next call on the vault waits for it.
        let person = s.vault.person(&id).await.unwrap();
        match s.place.value(&kept).as_str() {
            "4" => {
                assert!(person.is_some());
                there += 1;
            }
            "10" => gone += 1,
            other => panic!("{other}"),
        }
    }
    assert!(there > 2 && gone > 2, "{gone} gone, {there} there");
}
