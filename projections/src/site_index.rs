//! Which sites there are in an area and of a project, without a walk over all.
//!
//! An index and no table: it follows from the rows of [`crate::sites`] and has no digest.

use crate::Table;
use crate::sites::SiteRow;
use domain::site::Opening;
use domain::{AreaId, ProjectId, SiteId};
use imbl::{OrdMap, OrdSet};

/// Sites by area and by project.
#[derive(Clone, Debug, Default)]
pub struct SiteIndex {
    areas: OrdMap<AreaId, OrdSet<SiteId>>,
    projects: OrdMap<ProjectId, OrdSet<SiteId>>,
}

impl SiteIndex {
    /// The index of these rows.
    pub(crate) fn of(sites: &Table<SiteId, SiteRow>) -> Self {
        let mut index = Self::default();
        sites.iter().for_each(|(id, row)| index.enter(id, &row.opening));
        index
    }

    /// The sites in an area, by id.
    pub fn in_area(&self, area: &AreaId) -> impl Iterator<Item = &SiteId> {
        self.areas.get(area).into_iter().flatten()
    }

    /// The sites of a project, by id.
    pub fn of_project(&self, project: &ProjectId) -> impl Iterator<Item = &SiteId> {
        self.projects.get(project).into_iter().flatten()
    }

    pub(crate) fn enter(&mut self, id: &SiteId, opening: &Opening) {
        self.areas.entry(opening.area.clone()).or_default().insert(id.clone());
        self.projects.entry(opening.project.clone()).or_default().insert(id.clone());
    }

    /// A site keeps its project for ever, but not its area.
    pub(crate) fn leave(&mut self, id: &SiteId, opening: &Opening) {
        if let Some(sites) = self.areas.get_mut(&opening.area) {
            sites.remove(id);
        }
    }
}
