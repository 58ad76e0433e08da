//! Projects that can't all be carried out: as a person said, and those that lie near each other.

use super::area::{given, removed};
use super::enums::Role;
use super::place::Moment;
use super::project::Project;
use crate::error::Fault;
use crate::graphql::request::View;
use async_graphql::{Object, SimpleObject};
use domain::ProjectId;
use projections::distance::{Near, near};
use projections::projects::ExclusionRow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Projects that exclude each other.
pub struct Exclusion {
    pub(crate) view: View,
    pub(crate) row: ExclusionRow,
}

impl Exclusion {
    /// Those of the campaign, by position.
    pub(crate) fn all(view: &View) -> Vec<Self> {
        let rows = view.model.projects.rows().flat_map(|project| &project.exclusions);
        // Each stands in the rows of all its projects.
        let once: BTreeMap<_, _> = rows.map(|row| ((row.moment.position, &row.projects), row)).collect();
        once.into_values().map(|row| Self { view: Arc::clone(view), row: row.clone() }).collect()
    }
}

/// Projects that exclude each other (`projets exclusifs`): they can't all be carried out.
#[Object]
impl Exclusion {
    /// All of them.
    async fn projects(&self) -> Vec<Project> {
        self.row.projects.iter().filter_map(|id| Project::of(&self.view, id)).collect()
    }

    /// Why; null when removed.
    async fn reason(&self) -> Option<&str> {
        given(Some(&self.row.reason))
    }

    /// When it was declared.
    async fn declared(&self) -> Moment {
        self.row.moment.into()
    }

    /// In which role.
    async fn declared_by(&self) -> Role {
        self.row.by.into()
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reason", self.row.reason.is_redacted())])
    }
}

/// Two projects of one area that lie near each other.
#[derive(SimpleObject)]
pub struct NearProjects {
    /// The two.
    pub projects: Vec<Project>,
    /// How far apart, in metres.
    pub metres: u32,
}

impl NearProjects {
    /// How many are named at most.
    const MOST: usize = 100;

    /// Those at most so far apart, the nearest first.
    pub(crate) fn within(view: &View, metres: u32) -> Result<Vec<Self>, Fault> {
        if !(1..=2_000).contains(&metres) {
            return Err(Fault::Input { field: "metres", message: "1 to 2000".to_owned() });
        }
        let project = |id: &ProjectId| Project::of(view, id);
        let named = |Near { projects: (one, other), metres }: Near| Self {
            projects: [one, other].iter().filter_map(project).collect(),
            metres,
        };
        Ok(near(&view.model, metres).into_iter().take(Self::MOST).map(named).collect())
    }
}
