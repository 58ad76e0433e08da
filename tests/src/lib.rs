//! Scenarios, conformance, crash and tamper tests, and the benchmarks.

pub mod tamper;
