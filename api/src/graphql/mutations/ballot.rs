//! Casting a ballot, replacing it, taking it back.

use super::carry::carry_as;
use super::input::code;
use super::payload::{CancelBallotPayload, CastBallotPayload};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::request::{View, campaign};
use crate::graphql::types::area::Area;
use crate::graphql::types::enums::Channel;
use crate::graphql::types::project::Project;
use crate::graphql::types::scalars::CommandId;
use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use domain::ballot::{Command as BallotCommand, Paper};
use domain::permission::{Permission, Scope as Bounds};
use domain::{Actor, AreaId, Command, ProjectId, VoterId};
use std::sync::Arc;

/// A voter's ballot: one paper for each area. Cast again, a paper takes the place of the one before.
#[derive(InputObject, Debug)]
pub struct CastBallotInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The voter's pseudonym; only a polling officer casts for somebody else.
    pub voter: Option<String>,
    /// The papers.
    pub papers: Vec<PaperInput>,
}

/// A paper for an area (`bulletin`).
#[derive(InputObject, Debug)]
pub struct PaperInput {
    /// The code of the area.
    pub area: String,
    /// How it came in; only a polling officer enters paper.
    #[graphql(default_with = "Channel::Digital")]
    pub channel: Channel,
    /// The choices, in the order of preference where the ballot has one.
    pub choices: Vec<ChoiceInput>,
}

/// A project chosen.
#[derive(InputObject, Debug)]
pub struct ChoiceInput {
    /// The project.
    pub project: ChosenProject,
    /// Its points, or the place of its grade from 0, where the ballot has them.
    pub points: Option<i32>,
}

/// How a choice names its project: exactly one way.
#[derive(OneofObject, Debug)]
pub enum ChosenProject {
    /// By its global id.
    Id(ID),
    /// By its number on the ballot.
    Number(u32),
}

/// Taking back the paper of an area.
#[derive(InputObject, Debug)]
pub struct CancelBallotInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The voter's pseudonym; only a polling officer cancels for somebody else.
    pub voter: Option<String>,
    /// The code of the area.
    pub area: String,
}

/// A voter's papers that count now; shown to nobody but whoever just cast them.
pub struct Ballot {
    view: View,
    voter: VoterId,
}

impl Ballot {
    fn of(view: &View, voter: &VoterId) -> Option<Self> {
        Some(Self { view: Arc::clone(view), voter: voter.clone() })
    }
}

/// A voter's ballot as it counts now (`bulletins`). Given in the answer to a ballot, and nowhere else.
#[Object]
impl Ballot {
    /// Its papers, in the order of the areas' codes.
    async fn papers(&self) -> Vec<BallotPaper> {
        let row = self.view.model.ballots.get(&self.voter);
        let papers = row.map(|row| row.ballot.papers.as_slice()).unwrap_or_default();
        let paper = |(area, paper): &(AreaId, Paper)| BallotPaper {
            view: Arc::clone(&self.view),
            area: area.clone(),
            paper: paper.clone(),
        };
        papers.iter().map(paper).collect()
    }
}

/// A paper for an area.
pub struct BallotPaper {
    view: View,
    area: AreaId,
    paper: Paper,
}

/// A paper for an area (`bulletin`).
#[Object]
impl BallotPaper {
    /// The area.
    async fn area(&self) -> Option<Area> {
        Area::of(&self.view, &self.area)
    }

    /// How it came in.
    async fn channel(&self) -> Channel {
        self.paper.channel.into()
    }

    /// The choices in the order written.
    async fn choices(&self) -> Vec<BallotChoice> {
        let list = self.view.model.campaign.ballot_list(&self.area);
        let choice = |(place, number): (usize, &u32)| BallotChoice {
            view: Arc::clone(&self.view),
            number: *number,
            project: list.iter().find(|entry| entry.number == *number).map(|entry| entry.project.clone()),
            points: self.paper.points.as_ref().and_then(|points| points.get(place)).copied(),
        };
        self.paper.choices.iter().enumerate().map(choice).collect()
    }
}

/// A project on a paper.
pub struct BallotChoice {
    view: View,
    number: u32,
    project: Option<ProjectId>,
    points: Option<i64>,
}

/// A project on a paper.
#[Object]
impl BallotChoice {
    /// Its number on the ballot.
    async fn number(&self) -> u32 {
        self.number
    }

    /// The project.
    async fn project(&self) -> Option<Project> {
        Project::of(&self.view, self.project.as_ref()?)
    }

    /// Its points, or the place of its grade from 0, where the ballot has them.
    async fn points(&self) -> Option<i64> {
        self.points
    }
}

/// Mutations on ballots.
#[derive(Default)]
pub struct BallotMutations;

#[Object]
impl BallotMutations {
    /// Casts a ballot (`voter`), or replaces the papers already cast for the same areas, during VOTE.
    /// The last one counts.
    async fn cast_ballot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ballot.")] input: CastBallotInput,
    ) -> Result<Option<CastBallotPayload>, Fault> {
        let (actor, voter) = voter(ctx, &input.campaign, input.voter.as_deref())?;
        let mut papers = Vec::with_capacity(input.papers.len());
        for paper in input.papers {
            papers.push((code::<AreaId>("area", &paper.area)?, read(ctx, &input.campaign, paper)?));
        }
        let command = Command::Ballot(voter.clone(), BallotCommand::Cast(papers));
        let carried = carry_as(ctx, &input.campaign, input.command_id, actor, vec![command]).await?;
        Ok(CastBallotPayload::of(carried, |view| Ballot::of(view, &voter)))
    }

    /// Takes back the paper of an area (`annuler son vote`), during VOTE.
    async fn cancel_ballot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is taken back.")] input: CancelBallotInput,
    ) -> Result<Option<CancelBallotPayload>, Fault> {
        let (actor, voter) = voter(ctx, &input.campaign, input.voter.as_deref())?;
        let command = BallotCommand::Cancel { area: code("area", &input.area)? };
        let command = Command::Ballot(voter.clone(), command);
        let carried = carry_as(ctx, &input.campaign, input.command_id, actor, vec![command]).await?;
        Ok(CancelBallotPayload::of(carried, |view| Ballot::of(view, &voter)))
    }
}

/// Who acts and whose ballot it is: a voter's own, unless an officer names somebody else.
fn voter(ctx: &Context<'_>, code: &str, named: Option<&str>) -> Result<(Actor, VoterId), Fault> {
    let Some(named) = named else {
        let actor = acting::voter(ctx, code)?;
        let voter = self::code("voter", &actor.id)?;
        return Ok((actor, voter));
    };
    let actor = acting::in_role(ctx, &campaign(ctx, code)?, Permission::CastBallot, Bounds::default())?;
    Ok((actor, self::code("voter", named)?))
}

/// A paper in the terms of the domain: numbers of the ballot list.
fn read(ctx: &Context<'_>, code: &str, input: PaperInput) -> Result<Paper, Fault> {
    let mut choices = Vec::with_capacity(input.choices.len());
    let mut points = Vec::new();
    for choice in input.choices {
        choices.push(match choice.project {
            ChosenProject::Number(number) => number,
            ChosenProject::Id(id) => {
                let key: ProjectId = GlobalId::within(&id, Kind::Project, code)?;
                let number = campaign(ctx, code)?.model.projects.get(&key).and_then(|row| row.number);
                // Numbers begin with 1: the rules answer for a project that has none.
                number.unwrap_or(0)
            }
        });
        points.extend(choice.points.map(i64::from));
    }
    Ok(Paper {
        channel: input.channel.into(),
        choices,
        points: (!points.is_empty()).then_some(points),
        unknown: Vec::new(),
    })
}
