//! Scenarios, conformance, crash and tamper tests, and the benchmarks.

pub mod bench;
pub mod binary;
pub mod canary;
pub mod effort;
pub mod election;
pub mod history;
pub mod node;
pub mod office;
pub mod sealed_city;
pub mod sealed_election;
pub mod sealed_links;
pub mod sealed_papers;
pub mod sealed_voters;
pub mod tamper;
pub mod tampering;
pub mod tampering_files;
pub mod town;
pub mod witness;
