//! Owns the check of a concurrent history against the log that it left: is there one order that explains
//! every answer? The log claims to be that order (Herlihy and Wing, "Linearizability", 1990):
//!
//! * a command that was carried out stands in the log once and in one piece, where its receipt says, and
//!   deciding it on everything before it gives exactly the events that stand there;
//! * a command that was answered before another was asked for stands before it;
//! * a command that was refused is refused with the same code by some state that the log had between the
//!   question and the answer, and has left nothing;
//! * after the end of the vote there is no ballot, before the end none is left uncounted.
//!
//! Must not: read a store, nor know how the commands were sent. Next: `tests/histories.rs`.

use crate::town::{CODE, now};
use commands::Request;
use domain::phase::Phase;
use domain::{Command, Event, Record, World, campaign, count};
use std::collections::{BTreeMap, BTreeSet};

/// How a command was answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Carried out: first and last position.
    Done(u64, u64),
    /// Refused by a rule, with its code.
    Refused(&'static str),
    /// A lost race or a fault, with its code.
    Failed(&'static str),
}

/// A command with its question and its answer, on a clock that only counts.
#[derive(Debug, Clone)]
pub struct Operation {
    /// When it was asked for.
    pub asked: u64,
    /// When it was answered.
    pub answered: u64,
    /// What was asked for, one command.
    pub request: Request,
    /// The answer.
    pub answer: Answer,
}

/// What was checked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Commands that were carried out.
    pub done: usize,
    /// Refusals that a state of the log explains.
    pub refused: usize,
    /// Answers that say nothing about what is in the log.
    pub failed: usize,
    /// Ballot commands that were refused after the vote had been closed.
    pub too_late: usize,
}

/// The first contradiction between a history and its log, or what was checked. The log had `begun` events
/// when the history began.
///
/// # Errors
/// The contradiction, in words.
pub fn check(history: &[Operation], log: &[Record], begun: u64) -> Result<Checked, String> {
    every_receipt_is_kept(history, log)?;
    answers_come_in_order(history, begun)?;
    the_close_is_a_barrier(history, log)?;
    let mut checked = decisions_are_those_of_the_log(history, log, begun)?;
    let closed = closing(log, |event| matches!(event, campaign::Event::PhaseClosed { phase: Phase::Vote, .. }));
    let closed = closed.and_then(|position| history.iter().find(|one| begins_at(one, position)));
    let late = |one: &&Operation| is_ballot(one) && closed.is_some_and(|close| close.answered < one.asked);
    checked.too_late = history.iter().filter(late).count();
    Ok(checked)
}

/// Every receipt names the place of all its command's events and of nothing else; what has no receipt is
/// either not in the log or was answered by a fault.
fn every_receipt_is_kept(history: &[Operation], log: &[Record]) -> Result<(), String> {
    let mut places: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (position, record) in (0..).zip(log) {
        if record.position != position {
            return Err(format!("position {position} is held by {}", record.position));
        }
        let place = places.entry(&record.command_id).or_insert((position, position));
        if place.1 != position && place.1 + 1 != position {
            return Err(format!("command {} stands at {place:?} and at {position}", record.command_id));
        }
        place.1 = position;
    }
    let mut done = BTreeSet::new();
    for one in history {
        if let Answer::Done(first, last) = one.answer {
            let id = one.request.command_id.to_string();
            if places.get(id.as_str()) != Some(&(first, last)) {
                return Err(format!(
                    "the receipt of {id} says {first} to {last}, it stands at {:?}",
                    places.get(id.as_str())
                ));
            }
            done.insert(id);
        }
    }
    // Sent twice, it may be refused and then carried out: `decisions_are_those_of_the_log` sees to it
    // that it wasn't the other way round.
    for one in history {
        let id = one.request.command_id.to_string();
        if matches!(one.answer, Answer::Refused(_)) && !done.contains(&id) && places.contains_key(id.as_str()) {
            return Err(format!("{id} was refused and stands in the log: {:?}", one.request.commands));
        }
    }
    Ok(())
}

/// When a command was first asked for: sent twice, it may be carried out on behalf of the first.
fn first_asked(history: &[Operation]) -> BTreeMap<String, u64> {
    let mut asked = BTreeMap::new();
    for one in history {
        let first = asked.entry(one.request.command_id.to_string()).or_insert(one.asked);
        *first = one.asked.min(*first);
    }
    asked
}

/// How far the log reached at moments of a history: at each moment that `when` gives for a command that
/// was carried out, the end of the furthest one so far.
fn reached(history: &[Operation], begun: u64, when: impl Fn(&Operation) -> u64) -> BTreeMap<u64, u64> {
    let mut ends: Vec<(u64, u64)> = history
        .iter()
        .filter_map(|one| match one.answer {
            Answer::Done(_, last) => Some((when(one), last + 1)),
            Answer::Refused(_) | Answer::Failed(_) => None,
        })
        .collect();
    ends.sort_unstable();
    let mut size = begun;
    let running = ends.into_iter().map(|(at, end)| {
        size = end.max(size);
        (at, size)
    });
    std::iter::once((0, begun)).chain(running).collect()
}

fn before(reached: &BTreeMap<u64, u64>, moment: u64) -> u64 {
    reached.range(..moment).next_back().map_or(0, |(_, size)| *size)
}

fn answers_come_in_order(history: &[Operation], begun: u64) -> Result<(), String> {
    let (asked, reached) = (first_asked(history), reached(history, begun, |one| one.answered));
    for one in history {
        let id = one.request.command_id.to_string();
        let (Answer::Done(first, _), Some(asked)) = (&one.answer, asked.get(&id)) else { continue };
        let before = before(&reached, *asked);
        if *first < before {
            return Err(format!("{id} stands at {first}, but the log had {before} events before it was asked for"));
        }
    }
    Ok(())
}

/// Decides every command anew on the states of the log.
fn decisions_are_those_of_the_log(history: &[Operation], log: &[Record], begun: u64) -> Result<Checked, String> {
    // What was there at the question at least, and at the answer at most.
    let (least, most) = (reached(history, begun, |one| one.answered), reached(history, begun, |one| one.asked));
    let places: BTreeMap<String, u64> = history
        .iter()
        .filter_map(|one| match one.answer {
            Answer::Done(first, _) => Some((one.request.command_id.to_string(), first)),
            Answer::Refused(_) | Answer::Failed(_) => None,
        })
        .collect();
    let mut checked = Checked::default();
    let mut carried_out: BTreeMap<u64, &Operation> = BTreeMap::new();
    let mut refusals: BTreeMap<u64, Vec<(u64, &Operation)>> = BTreeMap::new();
    for one in history {
        match &one.answer {
            Answer::Done(first, _) => {
                carried_out.insert(*first, one);
                checked.done += 1;
            }
            Answer::Refused(code) => {
                let from = before(&least, one.asked);
                let id = one.request.command_id.to_string();
                // Once it was carried out, it is answered with its receipt however often it is sent.
                let place = places.get(&id).copied().unwrap_or(u64::MAX);
                if from > place {
                    return Err(format!("{id} was refused ({code}) after it had been carried out at {place}"));
                }
                refusals.entry(from).or_default().push((before(&most, one.answered).max(from).min(place), one));
                checked.refused += 1;
            }
            Answer::Failed(_) => checked.failed += 1,
        }
    }
    let mut world = World::default();
    let mut open: Vec<(u64, &Operation)> = Vec::new();
    for (at, size) in (0..=log.len()).zip(0_u64..) {
        open.extend(refusals.remove(&size).unwrap_or_default());
        // Nobody sees a state between two events of one command.
        if at == 0 || at == log.len() || log[at].command_id != log[at - 1].command_id {
            open.retain(|(_, one)| !is_refused_alike(&world, one));
        }
        if let Some((_, one)) = open.iter().find(|(last, _)| *last <= size) {
            let from = before(&least, one.asked);
            return Err(format!("no state from {from} to {size} explains {:?} for {:?}", one.answer, one.request));
        }
        if let Some(one) = carried_out.get(&size) {
            gives_what_is_there(&world, one, &log[at..])?;
        }
        if let Some(record) = log.get(at) {
            let unlawful = |no| format!("position {size}: {no}");
            world.check(&record.id, &record.event, &record.actor, record.at).map_err(unlawful)?;
            world.evolve(&record.id, &record.event).map_err(unlawful)?;
        }
    }
    match refusals.pop_first() {
        Some((size, _)) => Err(format!("a refusal rests on {size} events, {} are there", log.len())),
        None => Ok(checked),
    }
}

fn is_refused_alike(world: &World, one: &Operation) -> bool {
    let Answer::Refused(code) = &one.answer else { return false };
    let mut world = world.clone();
    let mut commands = one.request.commands.iter();
    commands.any(|command| {
        let decided = world.execute(CODE, command.clone(), &one.request.actor, now());
        decided.is_err_and(|no| no.code.as_str() == *code)
    })
}

fn gives_what_is_there(world: &World, one: &Operation, log: &[Record]) -> Result<(), String> {
    let mut world = world.clone();
    let mut there = log.iter();
    for command in &one.request.commands {
        let decided = world.execute(CODE, command.clone(), &one.request.actor, now());
        let decided = decided.map_err(|no| format!("{:?} stands at {} but {no}", one.request, log[0].position))?;
        for (kind, id, event) in decided {
            let found = there.next();
            if !found.is_some_and(|found| (found.kind, &found.id, &found.event) == (kind, &id, &event)) {
                return Err(format!("{:?} gives {event:?}, there stands {found:?}", one.request));
            }
        }
    }
    let command = one.request.command_id.to_string();
    match there.next() {
        Some(more) if more.command_id == command => Err(format!("{:?} has left more: {more:?}", one.request)),
        _ => Ok(()),
    }
}

/// The position of the last event of this kind about the campaign.
fn closing(log: &[Record], is: impl Fn(&campaign::Event) -> bool) -> Option<u64> {
    log.iter().rfind(|record| matches!(&record.event, Event::Campaign(event) if is(event))).map(|found| found.position)
}

fn begins_at(one: &Operation, position: u64) -> bool {
    matches!(one.answer, Answer::Done(first, _) if first == position)
}

fn is_ballot(one: &Operation) -> bool {
    one.request.commands.iter().any(|command| matches!(command, Command::Ballot(..)))
}

fn the_close_is_a_barrier(history: &[Operation], log: &[Record]) -> Result<(), String> {
    let closes: [fn(&campaign::Event) -> bool; 2] = [
        |event| matches!(event, campaign::Event::PhaseClosed { phase: Phase::Vote, .. }),
        |event| matches!(event, campaign::Event::BallotBoxClosed { .. }),
    ];
    for position in closes.into_iter().filter_map(|is| closing(log, is)) {
        let behind = log.iter().rfind(|record| record.position > position && matches!(record.event, Event::Ballot(_)));
        if let Some(behind) = behind {
            return Err(format!("a ballot stands at {}, behind the close at {position}", behind.position));
        }
        let Some(close) = history.iter().find(|one| begins_at(one, position)) else { continue };
        let ballots: Vec<&Operation> = history.iter().filter(|one| is_ballot(one)).collect();
        let asked = first_asked(history);
        for one in ballots {
            let first = asked.get(&one.request.command_id.to_string()).copied().unwrap_or(one.asked);
            match one.answer {
                Answer::Done(_, last) if one.answered < close.asked && last > position => {
                    return Err(format!("a ballot acknowledged before the close stands behind it, at {last}"));
                }
                Answer::Done(..) if first > close.answered => {
                    return Err(format!("a ballot was taken after the close: {:?}", one.request));
                }
                _ => {}
            }
        }
    }
    every_paper_is_counted(log)
}

fn every_paper_is_counted(log: &[Record]) -> Result<(), String> {
    let mut world = World::default();
    for record in log {
        if let Event::Campaign(campaign::Event::BallotBoxClosed { papers, .. }) = &record.event {
            let there = count::papers(&world);
            if *papers != there {
                return Err(format!("{papers} papers were counted, {there} were cast"));
            }
        }
        world.evolve(&record.id, &record.event).map_err(|no| no.to_string())?;
    }
    Ok(())
}
