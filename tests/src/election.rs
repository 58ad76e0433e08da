//! Owns an invented election of any size, as a file to import.
//! Must not: know who imports it. Next: `tests/disk.rs`, `tests/fail_over.rs`.

use std::fmt::Write as _;

/// A Pabulib file with this many ballots on five projects, of which three can be paid for.
pub fn invented(ballots: u64) -> String {
    let mut text = format!(
        "META\nkey;value\ndescription;Invented\ncountry;Nowhere\nunit;Inventville\ninstance;2031\nnum_projects;5\n\
         num_votes;{ballots}\nbudget;100000\nvote_type;approval\nrule;greedy\nmin_length;1\nmax_length;2\n\
         PROJECTS\nproject_id;cost;name\n"
    );
    for project in 0..5 {
        // A text takes what is written to it.
        let _ = writeln!(text, "p{project};30000;Project {project}");
    }
    text.push_str("VOTES\nvoter_id;vote\n");
    for voter in 0..ballots {
        let _ = writeln!(text, "v{voter};p{},p{}", voter % 5, (voter + 1) % 5);
    }
    text
}
