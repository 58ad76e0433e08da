//! A campaign written step by step through the real commands: imports and the demo.
//!
//! Each step has a name that gives its command id, so that a run that was cut
//! off goes on where it stopped: what is in the log already is only found again.

use crate::failure::Failure;
use crate::fold;
use commands::{Executor, Receipt, Request};
use domain::configuration::Configuration;
use domain::{Actor, Command, Event, StreamKind, Timestamp, campaign};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Handle;
use transparency::Hash;
use uuid::{Builder, Uuid};

/// Steps that share one call to the executor.
pub const TOGETHER: usize = 512;

/// Steps between two lines about how far the work is, where there is no progress bar.
const REPORT: usize = 2_048;

/// The id of a command that a program draws from what it does, so that doing it again is found again: the
/// beginning of a digest, as UUID version 8 (RFC 9562 §5.8).
pub(crate) fn id_of(digest: &Hash) -> Uuid {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.0).for_each(|(byte, of)| *byte = of);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// A named step: who does what.
pub struct Step {
    /// Unique in the campaign.
    pub name: String,
    /// Who acts.
    pub actor: Actor,
    /// What, all or nothing.
    pub commands: Vec<Command>,
}

impl Step {
    fn streams(&self) -> impl Iterator<Item = (StreamKind, &str)> {
        self.commands.iter().map(|command| match command {
            Command::Campaign(_) => (StreamKind::Campaign, ""),
            Command::Proposal(id, _) => (StreamKind::Proposal, id.as_str()),
            Command::Project(id, _) => (StreamKind::Project, id.as_str()),
            Command::Ballot(id, _) => (StreamKind::Ballot, id.as_str()),
            Command::Site(id, _) => (StreamKind::Site, id.as_str()),
            Command::Comment(id, _) => (StreamKind::Comment, id.as_str()),
            Command::Participant(id, _) => (StreamKind::Participant, id.as_str()),
            Command::Workshop(id, _) => (StreamKind::Workshop, id.as_str()),
            Command::Urn(_) => (StreamKind::Urn, ""),
            Command::PollingPlace(id, _) => (StreamKind::PollingPlace, id.as_str()),
        })
    }
}

/// Steps by the moment at which they are taken, in the order in which they were noted.
#[derive(Default)]
pub struct Diary(BTreeMap<Timestamp, Vec<Step>>);

impl Diary {
    /// Notes a step for a moment.
    pub fn note(&mut self, at: Timestamp, step: Step) {
        self.0.entry(at).or_default().push(step);
    }

    /// Takes out what is noted for before this moment.
    #[must_use]
    pub fn until(&mut self, end: Timestamp) -> Self {
        let later = self.0.split_off(&end);
        Self(std::mem::replace(&mut self.0, later))
    }
}

/// Writes one campaign.
pub struct Steps {
    /// What carries the commands out.
    pub executor: Executor,
    /// The campaign's code.
    pub campaign: String,
    /// Set when somebody asked to stop.
    pub stop: Arc<AtomicBool>,
    /// Whether progress may be shown.
    pub quiet: bool,
}

impl Steps {
    /// The id of the command of a step (UUID version 8, from SHA-256).
    pub fn command_id(&self, name: &str) -> Uuid {
        id_of(&Hash::of(&[b"parvis.step/v1\n", self.campaign.as_bytes(), b"\n", name.as_bytes()]))
    }

    /// Creates and configures the campaign. Blocks; call it off the async threads.
    ///
    /// # Errors
    /// The [`Failure`] of the command.
    pub fn open(&self, origin: &str, configuration: Configuration, actor: Actor) -> Result<Receipt, Failure> {
        let request = Request { command_id: self.command_id("configure"), actor, commands: Vec::new() };
        Ok(Handle::current().block_on(self.executor.open_campaign(origin, configuration, request))?)
    }

    /// Refuses to go on with a campaign that was not begun from this source: its steps have the same
    /// names, and would be taken for steps that are done.
    ///
    /// # Errors
    /// `CAMPAIGN_EXISTS`, and faults of the store.
    pub fn begun_from(&self, source: &str) -> Result<(), Failure> {
        let reader = self.executor.store().reader();
        let Some(head) = reader.logs()?.into_iter().find(|head| head.campaign == self.campaign) else {
            return Ok(());
        };
        for stored in reader.read(head.log_id, 0, 1)? {
            let event = fold::record(&stored)?.event;
            let Event::Campaign(campaign::Event::CampaignConfigured { configuration }) = event else { continue };
            let begun = configuration.source.as_ref().and_then(|source| source.get());
            if begun.is_none_or(|begun| begun != source) {
                let message = "a campaign with this code is there already, from another source: give another --campaign \
                               or another --store";
                return Err(Failure::refused("CAMPAIGN_EXISTS", message).at(&self.campaign));
            }
        }
        Ok(())
    }

    /// Takes one step.
    ///
    /// # Errors
    /// The [`Failure`] of the command, named by the step; `INTERRUPTED` when somebody asked to stop.
    pub fn one(&self, name: &str, actor: &Actor, commands: Vec<Command>) -> Result<Receipt, Failure> {
        if self.stop.load(Ordering::Relaxed) {
            let kept =
                format!("stopped before `{name}`; the steps before it are kept, run the same command again to go on");
            return Err(Failure::fault("INTERRUPTED", kept));
        }
        let step = Step { name: name.to_owned(), actor: actor.clone(), commands };
        self.together(&[step])?.pop().ok_or_else(|| Failure::fault("NO_ANSWER", "the store gave no answer"))
    }

    /// Takes many steps on different streams, in order, [`TOGETHER`] at a time.
    ///
    /// # Errors
    /// The first [`Failure`]; what came before it is kept. `INTERRUPTED` when somebody asked to stop.
    pub fn many(&self, label: &str, steps: &[Step], before: impl FnMut(usize)) -> Result<(), Failure> {
        self.part(label, steps, 0..steps.len(), before)
    }

    /// Takes the steps `range.start..` of a work of `range.end`, which comes in several parts.
    ///
    /// # Errors
    /// As [`Steps::many`].
    pub fn part(
        &self,
        label: &str,
        steps: &[Step],
        range: Range<usize>,
        mut before: impl FnMut(usize),
    ) -> Result<(), Failure> {
        let mut work = self.work(label, range);
        for part in steps.chunks(TOGETHER) {
            before(work.done);
            work.take(part)?;
        }
        work.progress.finish_and_clear();
        Ok(())
    }

    /// Takes the steps of a diary, each at its moment on the simulated clock. Steps of a moment share a
    /// call where they are on different streams.
    ///
    /// # Errors
    /// As [`Steps::many`].
    pub fn dated(&self, label: &str, diary: Diary) -> Result<(), Failure> {
        let mut work = self.work(label, 0..diary.0.values().map(Vec::len).sum());
        for (at, steps) in diary.0 {
            self.executor.clock().set(at);
            for round in rounds(steps) {
                round.chunks(TOGETHER).try_for_each(|part| work.take(part))?;
            }
        }
        work.progress.finish_and_clear();
        Ok(())
    }

    fn work<'a>(&'a self, label: &'a str, Range { start: done, end: all }: Range<usize>) -> Work<'a> {
        Work { steps: self, label, done, all, progress: self.progress(label, done, all) }
    }

    fn together(&self, steps: &[Step]) -> Result<Vec<Receipt>, Failure> {
        let request = |step: &Step| Request {
            command_id: self.command_id(&step.name),
            actor: step.actor.clone(),
            commands: step.commands.clone(),
        };
        let requests: Vec<Request> = steps.iter().map(request).collect();
        let answers = self.executor.execute_all_blocking(&self.campaign, &requests)?;
        let named = answers.into_iter().zip(steps);
        named.map(|(answer, step)| answer.map_err(|e| Failure::from(e).at(&step.name))).collect()
    }

    fn progress(&self, label: &str, done: usize, all: usize) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let template = "{prefix} {wide_bar} {pos}/{len} {msg} {eta}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(count(all)).with_style(style).with_position(count(done));
        bar.with_prefix(self.campaign.clone()).with_message(label.to_owned())
    }
}

/// Steps in as few rounds as their streams allow: none comes twice in a round, and on each the steps
/// keep their order.
fn rounds(steps: Vec<Step>) -> Vec<Vec<Step>> {
    let mut rounds: Vec<Vec<Step>> = Vec::new();
    let mut next: BTreeMap<(StreamKind, String), usize> = BTreeMap::new();
    for step in steps {
        let streams: Vec<_> = step.streams().map(|(kind, id)| (kind, id.to_owned())).collect();
        let round = streams.iter().filter_map(|stream| next.get(stream)).copied().max().unwrap_or(0);
        next.extend(streams.into_iter().map(|stream| (stream, round + 1)));
        if rounds.len() <= round {
            rounds.push(Vec::new());
        }
        if let Some(round) = rounds.get_mut(round) {
            round.push(step);
        }
    }
    rounds
}

/// Steps under way.
struct Work<'a> {
    steps: &'a Steps,
    label: &'a str,
    done: usize,
    all: usize,
    progress: ProgressBar,
}

impl Work<'_> {
    fn take(&mut self, part: &[Step]) -> Result<(), Failure> {
        let Self { steps, label, done, all, progress } = self;
        if steps.stop.load(Ordering::Relaxed) {
            progress.abandon();
            let kept =
                format!("stopped after {done} of {all} {label}; they are kept, run the same command again to go on");
            return Err(Failure::fault("INTERRUPTED", kept));
        }
        steps.together(part)?;
        let before = *done;
        *done += part.len();
        progress.set_position(count(*done));
        let told = *done / REPORT > before / REPORT || (*done == *all && *all > TOGETHER);
        if told && progress.is_hidden() && !steps.quiet {
            eprintln!("{}: {done}/{all} {label}", steps.campaign);
        }
        Ok(())
    }
}

fn count(steps: usize) -> u64 {
    u64::try_from(steps).unwrap_or(u64::MAX)
}
