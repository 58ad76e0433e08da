//! The demo's school: pupils vote on its own projects, at a station that an agent runs.

use crate::demo::{Play, polling_officer};
use crate::demo_city::{SCHOOL, id, start_of};
use crate::demo_vote::Lists;
use crate::failure::Failure;
use crate::steps::Step;
use domain::ballot::{self, Paper};
use domain::phase::Phase;
use domain::{Command, Timestamp, VoterId};
use tally::Channel;

/// What pupils would like.
pub(crate) const TITLES: [&str; 6] = [
    "Un potager dans la cour de récréation",
    "Une fresque sur le mur du préau",
    "Un coin lecture sous les tilleuls",
    "Des nichoirs et un hôtel à insectes",
    "Des jeux peints au sol pour tous",
    "Un garage à vélos et à trottinettes",
];

/// Pupils who vote.
const PUPILS: u64 = 84;

impl Play<'_> {
    /// One morning, class after class: everybody names one to four projects.
    pub(crate) fn pupils(&self, lists: &Lists) -> Result<(), Failure> {
        let morning = start_of(Phase::Vote)?.unix() + 4 * 86_400 + 32_400;
        self.at(Timestamp::from_unix(morning).ok_or_else(|| Failure::fault("DEMO", "no such day"))?);
        let mut steps = Vec::new();
        for number in 0..PUPILS {
            let pupil: VoterId = id(&self.entropy.uuid().simple().to_string())?;
            let choices = lists.choose(&self.entropy, SCHOOL);
            if choices.is_empty() {
                continue;
            }
            let paper = Paper { channel: Channel::Paper, choices, points: None, unknown: Vec::new() };
            let cast = ballot::Command::Cast(vec![(self.area(SCHOOL)?, paper)]);
            let commands = vec![Command::Ballot(pupil, cast)];
            steps.push(Step { name: format!("pupil {number}"), actor: polling_officer(), commands });
        }
        self.steps.many("pupils", &steps, |_| {})
    }
}
