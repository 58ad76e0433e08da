//! Stock `postgres-es` reads our streams.

use cqrs_es::persist::PersistedEventRepository;
use postgres_es::{PostgresEventRepository, default_postgress_pool};
use serde_json::json;

use crate::sample::{Sample, command_of, draft};

#[tokio::test]
async fn postgres_es_reads_a_stream_of_ours() {
    let s = Sample::new();
    let other = s.store.create_log("log.example/p2019", "P2019").await.unwrap();
    for (log, id) in [(s.log, "c1"), (other, "c2")] {
        let events = (1..=3).map(|n| draft("proposal/p-1", id, json!({"n": n, "log": id}))).collect();
        s.store.append(command_of(log, id, &[("proposal/p-1", 0)], events)).await.unwrap();
    }
    for (url, command) in [(s.place.url(), "c1"), (format!("{}?options[parvis.log_id]={}", s.place.url(), other), "c2")]
    {
        let stock = PostgresEventRepository::new(default_postgress_pool(&url).await);
        let read = stock.get_events::<Proposal>("p-1").await.unwrap();
        assert_eq!(read.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(read[1].aggregate_type, "proposal");
        assert_eq!((read[1].event_type.as_str(), read[1].event_version.as_str()), ("Happened", "1"));
        assert_eq!(read[1].payload, json!({"Happened": {"n": 2, "log": command}}));
        assert_eq!(read[1].metadata["actor_role"], "CITIZEN");
        assert_eq!(read[1].metadata["command_id"], command);
    }
}

/// As much of an aggregate as a repository asks for.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Proposal;

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum ProposalEvent {
    Happened { n: u64, log: String },
}

impl cqrs_es::DomainEvent for ProposalEvent {
    fn event_type(&self) -> String {
        "Happened".into()
    }

    fn event_version(&self) -> String {
        "1".into()
    }
}

impl cqrs_es::Aggregate for Proposal {
    const TYPE: &'static str = "proposal";
    type Command = ();
    type Event = ProposalEvent;
    type Error = std::fmt::Error;
    type Services = ();

    async fn handle(
        &mut self,
        (): (),
        (): &(),
        _: &cqrs_es::event_sink::EventSink<Self>,
    ) -> Result<(), std::fmt::Error> {
        Ok(())
    }

    fn apply(&mut self, _: ProposalEvent) {}
}
