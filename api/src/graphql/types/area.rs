//! Areas with their envelopes, themes and departments.

use super::campaign::Campaign;
use super::enums::AreaKind;
use super::result::AreaResult;
use super::rule::BallotRules;
use super::scalars::{Amount, GeoJson};
use crate::geojson;
use crate::graphql::node::{Kind, global};
use crate::graphql::request::{View, language};
use async_graphql::{Context, ID, Object, SimpleObject};
use domain::{AreaId, DepartmentId, ThemeId};
use projections::areas::AreaRow;
use std::sync::Arc;

/// An area of a campaign.
pub struct Area {
    pub(crate) view: View,
    pub(crate) row: Arc<AreaRow>,
}

impl Area {
    /// The area with this id.
    pub(crate) fn of(view: &View, id: &AreaId) -> Option<Self> {
        let row = view.model.areas.get(id)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row) })
    }

    /// All areas in the city's own order.
    pub(crate) fn all(view: &View) -> Vec<Self> {
        let mut rows: Vec<_> = view.model.areas.rows().cloned().collect();
        rows.sort_by_key(|row| row.place);
        rows.into_iter().map(|row| Self { view: Arc::clone(view), row }).collect()
    }
}

/// A part of the city with its own envelope and ballot (`secteur`, `arrondissement`).
#[Object]
impl Area {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::Area, &self.view.code, self.row.id.as_str())
    }

    /// Its code in the campaign, such as `75011`: what filters and inputs name it by.
    async fn code(&self) -> &str {
        self.row.id.as_str()
    }

    /// The campaign it belongs to.
    async fn campaign(&self) -> Campaign {
        Campaign::of(&self.view)
    }

    /// Its extent.
    async fn kind(&self) -> AreaKind {
        self.row.kind.into()
    }

    /// Its name; null when removed.
    async fn name(&self) -> Option<&str> {
        self.row.name.get().map(String::as_str)
    }

    /// What its winners may cost together (`enveloppe`).
    async fn envelope(&self) -> Amount {
        Amount(self.row.envelope_cents)
    }

    /// Inhabitants, if stated.
    async fn population(&self) -> Option<u32> {
        self.row.population
    }

    /// The postcodes by which its addresses are recognised; none where nobody asks for addresses.
    async fn postcodes(&self) -> &[String] {
        let configured = self.view.model.campaign.configuration.as_ref().and_then(|c| c.area(&self.row.id));
        configured.map_or(&[], |area| &area.postcodes)
    }

    /// Where it lies; null when not drawn.
    async fn outline(&self) -> Option<GeoJson> {
        let outline = self.view.model.campaign.geography.areas.get(&self.row.id)?;
        Some(GeoJson(geojson::text(outline)))
    }

    /// What a voter may write on its ballot.
    async fn ballot(&self, ctx: &Context<'_>) -> BallotRules {
        let currency = self.view.model.overview.currency.clone();
        BallotRules { ballot: self.row.ballot.clone(), currency, language: language(ctx) }
    }

    /// Its result; null before the proclamation.
    async fn result(&self) -> Option<AreaResult> {
        AreaResult::of(&self.view, &self.row.id)
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("name", self.row.name.is_redacted())])
    }
}

/// The names of the fields whose text was removed.
pub(crate) fn removed<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<&'static str> {
    fields.into_iter().filter(|(_, removed)| *removed).map(|(name, _)| name).collect()
}

/// Whether an optional text was given and then removed.
pub(crate) fn is_removed(text: Option<&domain::Hidden<String>>) -> bool {
    text.is_some_and(domain::Hidden::is_redacted)
}

/// An optional text: null when it wasn't given, and when it was removed.
pub(crate) fn given(text: Option<&domain::Hidden<String>>) -> Option<&str> {
    text.and_then(domain::Hidden::get).map(String::as_str)
}

/// A theme of proposals and projects (`thématique`).
#[derive(SimpleObject, Clone, Debug)]
pub struct Theme {
    /// Its code in the campaign: what filters and inputs name it by.
    pub code: String,
    /// Its name; null when removed.
    pub name: Option<String>,
}

impl Theme {
    pub(crate) fn of(view: &View, id: &ThemeId) -> Self {
        let named = view.model.overview.themes.iter().find(|theme| theme.id == *id);
        Self { code: id.to_string(), name: named.and_then(|theme| theme.name.get().cloned()) }
    }
}

/// A department of the city's administration (`direction`).
#[derive(SimpleObject, Clone, Debug)]
pub struct Department {
    /// Its code in the campaign: what filters and inputs name it by.
    pub code: String,
    /// Its name; null when removed.
    pub name: Option<String>,
}

impl Department {
    pub(crate) fn of(view: &View, id: &DepartmentId) -> Self {
        let named = view.model.overview.departments.iter().find(|department| department.id == *id);
        Self { code: id.to_string(), name: named.and_then(|department| department.name.get().cloned()) }
    }
}
