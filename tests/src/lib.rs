//! Scenarios, conformance, crash and tamper tests, and the benchmarks.

pub mod bench;
pub mod binary;
pub mod election;
pub mod office;
pub mod tamper;
