//! What a city configured about taking part and about instruction.

use super::enums::{DepositorKind, Moderation, Tongue};
use super::scalars::GeoJson;
use crate::geojson;
use crate::graphql::request::View;
use async_graphql::{Object, SimpleObject};
use domain::configuration::Named;
use domain::{CriterionId, Hidden, NeighbourhoodId};
use std::sync::Arc;

/// How people take part (`participation`).
#[derive(SimpleObject, Clone, Debug)]
pub struct Participation {
    /// The language of those whose own isn't known.
    pub language: Tongue,
    /// When moderators look at what people write.
    pub moderation: Moderation,
    /// Who may deposit; empty for all kinds, none of which has to say more.
    pub depositors: Vec<DepositorRule>,
    /// How many files a deposit may have.
    pub attachments_max: u8,
    /// The longest comment in characters.
    pub comment_max: u32,
}

/// A kind of depositor that a campaign accepts (`type de déposant`).
#[derive(SimpleObject, Clone, Debug)]
pub struct DepositorRule {
    /// The kind.
    pub kind: DepositorKind,
    /// What the city calls it; null when removed.
    pub name: Option<String>,
    /// Whether the depositor has to say which one: the association's name, the council's.
    pub complement_needed: bool,
}

impl Participation {
    pub(crate) fn of(view: &View) -> Option<Self> {
        let configured = &view.model.campaign.configuration.as_ref()?.participation;
        let depositors = configured.depositors.iter().map(|rule| DepositorRule {
            kind: rule.kind.into(),
            name: rule.name.get().cloned(),
            complement_needed: rule.complement_needed,
        });
        Some(Self {
            language: configured.language.into(),
            moderation: configured.moderation.into(),
            depositors: depositors.collect(),
            attachments_max: configured.attachments_max,
            comment_max: configured.comment_max,
        })
    }
}

/// How departments instruct (`instruction`).
#[derive(SimpleObject, Clone, Debug)]
pub struct InstructionRules {
    /// What departments answer in their verdicts (`critères de recevabilité`).
    pub criteria: Vec<Criterion>,
    /// How many days a department has for its verdict unless its assignment says otherwise.
    pub verdict_days: u16,
    /// How many days an author has to appeal against a no.
    pub appeal_days: u16,
}

/// What departments answer in their verdicts (`critère de recevabilité`).
#[derive(SimpleObject, Clone, Debug)]
pub struct Criterion {
    /// Its code in the campaign: what inputs name it by.
    pub code: String,
    /// Its name; null when removed.
    pub name: Option<String>,
}

impl InstructionRules {
    pub(crate) fn of(view: &View) -> Option<Self> {
        let rules = &view.model.campaign.configuration.as_ref()?.instruction;
        let criterion =
            |one: &Named<CriterionId>| Criterion { code: one.id.to_string(), name: one.name.get().cloned() };
        Some(Self {
            criteria: rules.criteria.iter().map(criterion).collect(),
            verdict_days: rules.verdict_days,
            appeal_days: rules.appeal_days,
        })
    }
}

/// A priority neighbourhood.
pub struct Neighbourhood {
    view: View,
    id: NeighbourhoodId,
    name: Hidden<String>,
}

impl Neighbourhood {
    pub(crate) fn all(view: &View) -> Vec<Self> {
        let configured = view.model.campaign.configuration.iter();
        let all = configured.flat_map(|configuration| &configuration.participation.neighbourhoods);
        all.map(|one| Self { view: Arc::clone(view), id: one.id.clone(), name: one.name.clone() }).collect()
    }

    /// The one with this id.
    pub(crate) fn of(view: &View, id: &NeighbourhoodId) -> Option<Self> {
        Self::all(view).into_iter().find(|one| one.id == *id)
    }
}

/// A priority neighbourhood (`quartier populaire`).
#[Object]
impl Neighbourhood {
    /// Its code in the campaign: what inputs name it by.
    async fn code(&self) -> &str {
        self.id.as_str()
    }

    /// Its name; null when removed.
    async fn name(&self) -> Option<&str> {
        self.name.get().map(String::as_str)
    }

    /// Where it lies; null when not drawn.
    async fn outline(&self) -> Option<GeoJson> {
        let outline = self.view.model.campaign.geography.neighbourhoods.get(&self.id)?;
        Some(GeoJson(geojson::text(outline)))
    }
}
