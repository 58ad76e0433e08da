//! How long each rule takes on a Pabulib file: `cargo run --release -p tally --example rules_pace -- FILE.pb…`.

use std::error::Error;
use std::time::Instant;
use tally::{Around, PabulibFile, Rule, TallyRule, TieBreak};

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let file = PabulibFile::parse(&std::fs::read(&path)?)?;
        let election = file.to_election();
        println!("{path}: {} ballots, {} projects", election.ballots.len(), election.candidates.len());
        for rule in Rule::all() {
            let tie_break = TieBreak::CHEAP.to_vec();
            let rule = TallyRule { rule, min_score: None, tie_break, around: Around::default() };
            let began = Instant::now();
            let told = match election.tally(&rule, None) {
                Ok(outcome) => format!("{} winners", outcome.winners.len()),
                Err(error) => error.code().to_owned(),
            };
            println!("  {:<45} {:>10.3} ms  {told}", rule.name().to_string(), began.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok(())
}
