//! Writes the bundle of a made-up campaign, to try `parvis-replay` on and to measure it.
//!
//! `cargo run --release -p replay-tools --example make_bundle -- VOTERS OUT.parvis [POLICY]`

#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub, reason = "shares the support of the tests")]

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [voters, out, rest @ ..] = &arguments[..] else {
        eprintln!("usage: make_bundle VOTERS OUT.parvis [POLICY]");
        std::process::exit(2);
    };
    let log = support::campaign(voters.parse().expect("VOTERS is a number"));
    let key = support::key();
    std::fs::write(out, log.bundle(&key)).expect("the bundle can be written");
    if let [policy, ..] = rest {
        std::fs::write(policy, support::policy(&key)).expect("the policy can be written");
    }
    println!("{} events", log.size());
}
