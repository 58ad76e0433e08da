//! What a project is and was made of: versions of its sheet, its proposals, how it ended, what excludes it.
//!
//! Owns the parts of a project that merging changes. The same as dated steps over several projects:
//! `types/lineage.rs`.

use super::area::{Theme, given};
use super::enums::{MergeKind, Role};
use super::moderation::Reasoned;
use super::place::{Moment, Point};
use super::project::Project;
use super::proposal::Proposal;
use super::workshop::Workshop;
use crate::graphql::request::View;
use async_graphql::{Enum, Object};
use domain::project::{Ending, Sheet};
use projections::projects::{EndingRow, LinkRow, ProjectRow};
use projections::proposals::Merge;
use projections::versions::VersionRow;

/// A version of a project's sheet.
pub struct ProjectVersion {
    pub(crate) view: View,
    pub(crate) row: VersionRow<Sheet>,
}

/// A version of a project's sheet (`fiche projet`).
#[Object]
impl ProjectVersion {
    /// Its number: 1 as formed. What `editProject` names.
    async fn number(&self) -> u64 {
        self.row.number
    }

    /// When it was written.
    async fn written(&self) -> Moment {
        self.row.moment.into()
    }

    /// The role of the agent who wrote it.
    async fn written_by(&self) -> Role {
        self.row.by.into()
    }

    /// The names of the fields that are others than in the version before, as they stand in the log.
    async fn changed(&self) -> &[String] {
        &self.row.changed
    }

    /// The workshop in which the change was agreed, if it was one.
    async fn workshop(&self) -> Option<Workshop> {
        Workshop::of(&self.view, self.row.workshop.as_ref()?)
    }

    /// Its title; null when removed.
    async fn title(&self) -> Option<&str> {
        given(Some(&self.row.content.title))
    }

    /// What will be done; null when not said or removed.
    async fn description(&self) -> Option<&str> {
        given(self.row.content.description.as_ref())
    }

    /// Its theme (`thématique`), if it has one.
    async fn theme(&self) -> Option<Theme> {
        self.row.content.theme.as_ref().map(|theme| Theme::of(&self.view, theme))
    }

    /// Where, if it has one place.
    async fn point(&self) -> Option<Point> {
        self.row.content.point.map(Into::into)
    }

    /// Whether it lies in a priority neighbourhood (`quartier populaire`).
    async fn priority_neighbourhood(&self) -> bool {
        self.row.content.priority_neighbourhood
    }
}

/// That a project is or was made of a proposal.
pub struct ProjectLink {
    view: View,
    row: LinkRow,
    merge: Option<Merge>,
}

impl ProjectLink {
    /// All proposals of a project, those taken out too, in the order in which they came.
    pub(crate) fn all(view: &View, project: &ProjectRow) -> Vec<Self> {
        let link = |row: &LinkRow| {
            let proposal = view.model.proposals.get(&row.proposal);
            // What the proposal says of it stands behind what the project says.
            let said = |merge: &&Merge| merge.project == project.id && merge.moment.position > row.added.position;
            let merge = proposal.into_iter().flat_map(|proposal| &proposal.merges).find(said);
            Self { view: View::clone(view), row: row.clone(), merge: merge.cloned() }
        };
        project.proposals.iter().map(link).collect()
    }
}

/// That a project is or was made of a proposal (`regroupement`).
#[Object]
impl ProjectLink {
    /// The proposal.
    async fn proposal(&self) -> Option<Proposal> {
        Proposal::of(&self.view, &self.row.proposal)
    }

    /// How they came together; null where only the project's side says that it is made of it.
    async fn kind(&self) -> Option<MergeKind> {
        self.merge.as_ref().map(|merge| merge.kind.into())
    }

    /// How much of it went in, in percent, where that was said.
    async fn share_percent(&self) -> Option<u8> {
        self.merge.as_ref()?.share_percent
    }

    /// Why; null when not said or removed.
    async fn reason(&self) -> Option<&str> {
        given(self.merge.as_ref()?.reason.as_ref())
    }

    /// The workshop in which it was agreed, if it was one.
    async fn workshop(&self) -> Option<Workshop> {
        Workshop::of(&self.view, self.merge.as_ref()?.workshop.as_ref()?)
    }

    /// Since when.
    async fn added(&self) -> Moment {
        self.row.added.into()
    }

    /// The role of the agent who added it.
    async fn added_by(&self) -> Role {
        self.row.by.into()
    }

    /// That it was taken out again, and why.
    async fn taken_out(&self) -> Option<Reasoned> {
        self.row.taken_out.as_ref().map(Into::into)
    }
}

/// How a project ended before the ballot.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndingKind {
    /// It was split into others (`scindé`).
    Split,
    /// It became part of another (`fondu dans un autre`).
    Absorbed,
    /// Its merge was undone (`regroupement défait`).
    Undone,
}

/// How a project ended before the ballot.
pub struct ProjectEnding {
    pub(crate) view: View,
    pub(crate) row: EndingRow,
}

/// How a project ended before the ballot, and in what it goes on.
#[Object]
impl ProjectEnding {
    /// How.
    async fn kind(&self) -> EndingKind {
        match &self.row.ending {
            Ending::Split(_) => EndingKind::Split,
            Ending::Absorbed(_) => EndingKind::Absorbed,
            Ending::Undone => EndingKind::Undone,
        }
    }

    /// The projects in which it goes on.
    async fn projects(&self) -> Vec<Project> {
        let ids: &[_] = match &self.row.ending {
            Ending::Split(parts) => parts,
            Ending::Absorbed(into) => std::slice::from_ref(into),
            Ending::Undone => &[],
        };
        ids.iter().filter_map(|id| Project::of(&self.view, id)).collect()
    }

    /// When.
    async fn ended(&self) -> Moment {
        self.row.moment.into()
    }

    /// The role of the agent who ended it.
    async fn ended_by(&self) -> Role {
        self.row.by.into()
    }

    /// Why; null when removed.
    async fn reason(&self) -> Option<&str> {
        given(Some(&self.row.reason))
    }
}
