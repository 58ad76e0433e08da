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
use crate::typed::nfc;
use domain::configuration::{
    Area, Configuration, DepositorRule, FormLimits, InstructionRules, Named, Participation, Provenance, Rules,
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
        let form: Form =
            toml::from_str(&nfc(text.to_owned())).map_err(|error| unusable(error.to_string().trim_end()))?;
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
            rules: Rules {
                ballot_box: form.ballot_box,
                sealed: form.sealed,
                audited_places: form.audited_places,
                tally: form.rule.rule().map_err(unusable)?,
            },
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
        Some(Self { configuration, outlines: outlines.map(|(place, outline)| (place, outline.clone())).collect() })
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
            ballot_box: c.rules.ballot_box,
            sealed: c.rules.sealed,
            audited_places: c.rules.audited_places,
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

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: &str = r#"{"type":"Polygon","coordinates":[[[0,0],[0.1,0],[0.1,0.1],[0,0]]]}"#;
    const TOWN: &str = "code = 'T27'\ntitle = 'T'\nterritory = 'T'\nyear = 2027\nballot = 'choose_one'
rule = { kind = 'GREEDY', tie_break = ['LOT'] }
calendar = [{ phase = 'VOTE', start = 2027-05-01, end = 2027-06-01 }]
areas = [{ code = 'all', kind = 'WHOLE_CITY', name = 'All', envelope = 1000 }]\n";

    fn parse(text: &str) -> Result<Plan, Failure> {
        Plan::parse(text, Path::new("/nowhere"))
    }

    fn example(name: &str) -> Plan {
        Plan::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name).join("campaign.toml")).unwrap()
    }

    #[test]
    fn a_file_that_is_written_is_read_as_the_same_plan() {
        let mut plans = vec![example("large-city"), example("small-town"), parse(TOWN).unwrap()];
        for ballot in [
            "{ approval = { min = 0, max = 3 } }",
            "{ knapsack = { budget = '999.05' } }",
            "{ cumulative = { points = 9, max_per_project = 3 } }",
            "{ ordinal = { max = 4 } }",
            "{ scoring = { min = -2, max = 2 } }",
        ] {
            let more =
                format!("{{ code = 'd', kind = 'DISTRICT', name = 'D', envelope = '0.50', ballot = {ballot} }}]");
            let text = TOWN.replace("envelope = 1000 }]", &format!("envelope = 1000 }}, {more}"));
            for threshold in ["min_score = 7", "min_share_of_ballots = 250"] {
                plans.push(parse(&text.replace("['LOT']", &format!("['LOT'], {threshold}"))).unwrap());
            }
        }
        for plan in plans {
            plan.configuration.check().unwrap();
            assert_eq!(parse(&plan.text().unwrap()).unwrap(), plan);
        }
    }

    #[test]
    fn the_examples_are_the_cities_that_they_say() {
        let (city, town) = (example("large-city"), example("small-town"));
        assert_eq!((city.configuration.areas.len(), city.outlines.len()), (23, 25));
        assert_eq!(city.configuration.participation.depositors.iter().filter(|d| d.complement_needed).count(), 3);
        assert_eq!((town.configuration.areas.len(), town.outlines.len()), (1, 1));
        // Districts meet without overlapping: a point inside one is in no other.
        let inside = |point| {
            city.outlines
                .iter()
                .filter(|(place, outline)| matches!(place, Place::Area(_)) && outline.contains(point))
                .count()
        };
        for step in -20_i32..=20 {
            let point = domain::proposal::Point {
                latitude_e6: 46_600_007 + step * 1_003,
                longitude_e6: 2_900_003 + step * 1_307,
            };
            assert_eq!(inside(point), 1, "{point:?}");
        }
        assert_eq!(inside(domain::proposal::Point { latitude_e6: 46_700_000, longitude_e6: 2_900_000 }), 0);
    }

    #[test]
    fn amounts_and_moments_have_one_meaning() {
        let plan =
            parse(&TOWN.replace("1000", "'1000.50'").replace("2027-05-01", "2027-05-01T09:00:00+02:00")).unwrap();
        assert_eq!(plan.configuration.areas[0].envelope_cents.get(), 100_050);
        assert_eq!(plan.configuration.calendar[0].start.to_string(), "2027-05-01T07:00:00Z");
        let written_apart = parse(&TOWN.replace("title = 'T'", "title = 'Be\u{301}ziers'")).unwrap();
        assert_eq!(written_apart.configuration.title.get().map(String::as_str), Some("Béziers"));
        let two = TOWN.replace("calendar = [", "calendar = [{ phase = 'SUBMIT', start = 2027-04-01 }, ");
        assert_eq!(parse(&two).unwrap().configuration.calendar[0].end.to_string(), "2027-05-01T00:00:00Z");
    }

    #[test]
    fn what_is_wrong_is_named_with_what_to_do() {
        let table = [
            ("year = 2027", "yaer = 2027", 2, "yaer"),
            ("year = 2027", "", 2, "missing field `year`"),
            ("year = 2027", "year = '2027'", 2, "year = '2027'"),
            ("year = 2027", "year = 2027\nyear = 2028", 2, "duplicate key"),
            ("name = 'All', ", "name = 'All', colour = 'red', ", 2, "colour"),
            ("'WHOLE_CITY'", "'VILLAGE'", 2, "VILLAGE"),
            ("envelope = 1000", "envelope = 1000.5", 2, "an amount: whole units"),
            ("envelope = 1000", "envelope = '1,000'", 2, "an amount: whole units"),
            ("envelope = 1000", "envelope = 99999999999999999", 2, "too large"),
            ("code = 'all'", "code = 'à l’est'", 2, "`code` in areas"),
            ("2027-05-01", "2027-05-01T09:00:00", 2, "with its offset"),
            ("2027-05-01", "09:00:00", 2, "a moment is a date"),
            ("2027-05-01", "2027-02-30", 2, "2027-02-30"),
            (", end = 2027-06-01", "", 2, "`end` of VOTE is missing"),
            ("ballot = 'choose_one'", "", 2, "`ballot` of the area all is missing"),
            ("'choose_one'", "'choose_two'", 2, "choose_two"),
            ("'choose_one'", "{ approval = { min = 1, max = 4, step = 1 } }", 2, "step"),
            ("['LOT']", "['LOT'], min_score = 1, min_share_of_ballots = 1", 2, "not both"),
            ("['LOT']", "['LOT'], min_share_of_ballots = 10001", 2, "at most 10000"),
            ("envelope = 1000", "envelope = 1000, outline = 'none.geojson'", 2, "none.geojson can't be read"),
            ("envelope = 1000", "envelope = 1000, outline = '{}'", 3, "outline of all"),
        ];
        parse(TOWN).unwrap();
        for (right, wrong, status, told) in table {
            let failure = parse(&TOWN.replacen(right, wrong, 1)).unwrap_err();
            let code = if status == 2 { "CAMPAIGN_FILE" } else { "OUTLINE_INVALID" };
            assert_eq!((failure.status, failure.code.as_str()), (status, code), "{wrong}: {failure}");
            assert!(failure.message.contains(told), "{wrong}: {failure}");
        }
        let drawn = TOWN.replace("envelope = 1000", &format!("envelope = 1000, outline = '{SQUARE}'"));
        assert_eq!(parse(&drawn).unwrap().outlines.len(), 1);
    }
}
