//! The vault where one server takes the other's place.

use event_store::{OpenMode, Store};
use serde_json::json;
use throwaway_postgres::{Cluster, Options};
use vault::{Kind, Vault};

use crate::sample::{arrival, start};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_fail_over_the_vault_goes_on_with_all_that_was_acknowledged() {
    let (mut cluster, database) = tokio::task::spawn_blocking(|| {
        let cluster = Cluster::start(Options::default());
        let database = cluster.database();
        drop(Store::open(database.url(), OpenMode::Create).unwrap());
        (cluster, database)
    })
    .await
    .unwrap();
    let entropy = commands::Entropy::system().unwrap();
    let (ring, clock) = (vault::KeyRing::draw(&entropy), commands::Clock::simulated(start()));
    let vault = Vault::open(database.url(), ring, clock, entropy).await.unwrap();
    let person = vault.arrive(arrival("a", "a@example.fr")).await.unwrap();
    vault.put(&person.id, Kind::Draft, "before", &json!(1)).await.unwrap();
    for n in 0..2 {
        cluster = tokio::task::spawn_blocking(move || {
            cluster.fail_over();
            cluster
        })
        .await
        .unwrap();
        // Connections to the dead server are found out at the first use, at the latest.
        let id = n.to_string();
        let mut answer = vault.put(&person.id, Kind::Draft, &id, &json!(n)).await;
        for _ in 0..5 {
            if answer.is_ok() {
                break;
            }
            assert_eq!(answer.unwrap_err().code(), "VAULT_UNAVAILABLE");
            answer = vault.put(&person.id, Kind::Draft, &id, &json!(n)).await;
        }
        answer.unwrap();
    }
    assert_eq!(vault.list(&person.id, Kind::Draft).await.unwrap().len(), 3);
    let back = vault.arrive(arrival("a", "a@example.fr")).await.unwrap();
    assert_eq!(back, person);
}
