//! A campaign as a file: TOML with its outlines, read and written.
//!
//! Owns the form of the file (`docs/formats/campaign.md`) and its step to the domain's configuration
//! and back. What fits together is the domain's to say. Who begins a campaign from it: `run_campaign.rs`.

use crate::campaign_form::{
    Amount, AreaForm, DepositForm, Form, InstructionForm, PeriodForm, PlaceForm, ballot_form, named, names, periods,
    rule_form,
};
use crate::failure::Failure;
use crate::geojson;
use domain::configuration::{
    Area, BallotBox, Configuration, DepositorRule, FormLimits, InstructionRules, Named, Participation, Provenance,
    Rules,
};
use domain::geography::{Outline, Place};
use domain::{Hidden, InvalidId, NeighbourhoodId, campaign};
use std::path::Path;
use std::str::FromStr;

/// A campaign as it is planned: what is configured, and where its places lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is configured.
    pub configuration: Configuration,
    /// Where areas and priority neighbourhoods lie.
    pub outlines: Vec<(Place, Outline)>,
}

/// A wrong file is wrong usage: it stands on the command line.
fn unusable(message: impl std::fmt::Display) -> Failure {
    Failure::usage("CAMPAIGN_FILE", format!("{message}; docs/formats/campaign.md describes the file"))
}

/// A `code` of the file, in the list with this key.
pub(crate) fn id<Id: FromStr<Err = InvalidId>>(key: &str, text: &str) -> Result<Id, Failure> {
    text.parse().map_err(|error: InvalidId| unusable(format_args!("`code` in {key}: {error}")))
}

impl Plan {
    /// Reads a file; paths of outlines in it begin at its folder.
    ///
    /// # Errors
    /// `CAMPAIGN_FILE` with the key and what to do; `OUTLINE_INVALID` with the place.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let place = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| unusable(format_args!("{place} can't be read ({error}): give the path of a TOML file")))?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        Self::parse(&text, folder).map_err(|failure| failure.at(place))
    }

    /// Reads the text of a file that lies in this folder.
    ///
    /// # Errors
    /// As [`Plan::read`].
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Failure> {
        let form: Form = toml::from_str(text).map_err(|error| unusable(error.to_string().trim_end()))?;
        let mut outlines = Vec::new();
        let mut areas = Vec::with_capacity(form.areas.len());
        for AreaForm { code, kind, name, envelope, population, postcodes, ballot, outline } in form.areas {
            let area = id("areas", &code)?;
            if let Some(outline) = outline {
                outlines.push((Place::Area(id("areas", &code)?), drawn(&code, &outline, folder)?));
            }
            let ballot = ballot.or_else(|| form.ballot.clone()).ok_or_else(|| {
                unusable(format_args!("`ballot` of the area {code} is missing: say it there, or once for all areas"))
            })?;
            areas.push(Area {
                id: area,
                kind,
                name: Hidden::Disclosed(name),
                envelope_cents: envelope.0,
                population,
                ballot: ballot.into(),
                postcodes,
            });
        }
        for PlaceForm { code, outline, .. } in &form.neighbourhoods {
            if let Some(outline) = outline {
                let place = Place::Neighbourhood(id("neighbourhoods", code)?);
                outlines.push((place, drawn(code, outline, folder)?));
            }
        }
        let defaults = Participation::default();
        let participation = Participation {
            language: form.language,
            moderation: form.moderation,
            depositors: form.depositors.into_iter().map(DepositorRule::from).collect(),
            neighbourhoods: names("neighbourhoods", form.neighbourhoods)?,
            attachments_max: form.attachments_max.unwrap_or(defaults.attachments_max),
            comment_max: form.comment_max.unwrap_or(defaults.comment_max),
        };
        let configuration = Configuration {
            code: form.code,
            title: Hidden::Disclosed(form.title),
            territory: Hidden::Disclosed(form.territory),
            year: form.year,
            currency: form.currency,
            provenance: Provenance::Native,
            source: None,
            areas,
            themes: names("themes", form.themes)?,
            departments: names("departments", form.departments)?,
            calendar: periods(&form.calendar).map_err(unusable)?,
            gaps_confirmed: form.gaps_confirmed,
            form: form.deposit.into(),
            participation,
            instruction: InstructionRules {
                criteria: names("instruction.criteria", form.instruction.criteria)?,
                verdict_days: form.instruction.verdict_days,
                appeal_days: form.instruction.appeal_days,
            },
            rules: Rules { ballot_box: BallotBox::Open, tally: form.rule.rule().map_err(unusable)? },
        };
        Ok(Self { configuration, outlines })
    }

    /// The plan of a campaign as it stands: what was removed is empty. None before it is configured.
    pub fn of(campaign: &campaign::Campaign) -> Option<Self> {
        let configuration = Configuration {
            provenance: Provenance::Native,
            source: None,
            ..Configuration::clone(campaign.configuration.as_ref()?)
        };
        let outlines = campaign.geography.outlines();
        Some(Self {
            configuration,
            outlines: outlines.map(|(place, outline)| (place, Outline::clone(outline))).collect(),
        })
    }

    /// The text of a file that [`Plan::parse`] makes the same plan of, with the outlines in it.
    ///
    /// # Errors
    /// Never: every plan has a form.
    pub fn text(&self) -> Result<String, Failure> {
        let Self { configuration: c, outlines } = self;
        let outline =
            |of: &Place| outlines.iter().find(|(place, _)| place == of).map(|(_, outline)| geojson::text(outline));
        let text = |hidden: &Hidden<String>| hidden.get().cloned().unwrap_or_default();
        // Said once where every area has the same.
        let common = c.areas.first().map(|first| &first.ballot);
        let ballot = common.filter(|ballot| c.areas.iter().all(|area| area.ballot == **ballot));
        let area = |area: &Area| AreaForm {
            code: area.id.to_string(),
            kind: area.kind,
            name: text(&area.name),
            envelope: Amount(area.envelope_cents),
            population: area.population,
            postcodes: area.postcodes.clone(),
            ballot: if ballot.is_none() { Some(ballot_form(&area.ballot)) } else { None },
            outline: outline(&Place::Area(area.id.clone())),
        };
        let neighbourhood = |one: &Named<NeighbourhoodId>| PlaceForm {
            code: one.id.to_string(),
            name: text(&one.name),
            outline: outline(&Place::Neighbourhood(one.id.clone())),
        };
        let FormLimits { title_min, title_max, description_min, description_max } = c.form;
        let form = Form {
            code: c.code.clone(),
            title: text(&c.title),
            territory: text(&c.territory),
            year: c.year,
            currency: c.currency.clone(),
            language: c.participation.language,
            moderation: c.participation.moderation,
            attachments_max: Some(c.participation.attachments_max),
            comment_max: Some(c.participation.comment_max),
            gaps_confirmed: c.gaps_confirmed,
            ballot: ballot.map(ballot_form),
            rule: rule_form(&c.rules.tally),
            deposit: DepositForm { title_min, title_max, description_min, description_max },
            calendar: c.calendar.iter().map(PeriodForm::from).collect(),
            areas: c.areas.iter().map(area).collect(),
            themes: named(&c.themes),
            departments: named(&c.departments),
            depositors: c.participation.depositors.iter().map(Into::into).collect(),
            neighbourhoods: c.participation.neighbourhoods.iter().map(neighbourhood).collect(),
            instruction: InstructionForm {
                criteria: named(&c.instruction.criteria),
                verdict_days: c.instruction.verdict_days,
                appeal_days: c.instruction.appeal_days,
            },
        };
        toml::to_string_pretty(&form).map_err(|error| Failure::fault("CAMPAIGN_FILE", error.to_string()))
    }
}

/// An outline: its GeoJSON in the file itself, or the path of a file that holds it.
fn drawn(code: &str, given: &str, folder: &Path) -> Result<Outline, Failure> {
    let refused = |no: domain::Rejection| Failure::from(no).at(format_args!("outline of {code}"));
    if given.trim_start().starts_with('{') {
        return geojson::outline(given).map_err(refused);
    }
    let path = folder.join(given);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let place = path.display();
        unusable(format_args!(
            "`outline` of {code}: {place} can't be read ({error}): give the path of a GeoJSON file, from the folder of this one"
        ))
    })?;
    geojson::outline(&text).map_err(|no| refused(no).at(path.display()))
}
