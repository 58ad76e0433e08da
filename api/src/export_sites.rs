//! `parvis export panel`, `sheet` and `statistics`: what the server gives out of building sites, from the
//! store alone.
//!
//! Owns how the command line asks for it. What stands on paper: `panel_words.rs`; in the table:
//! `site_table.rs`; the same as addresses: `site_files.rs`.

use crate::campaign_version::CampaignVersion;
use crate::cli::{PaperArgs, PaperFormat, PaperLanguage};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::site_files::{Reading, Scope};
use crate::{fold, panel_words, site_table};
use commands::Clock;
use domain::rejection::Language;
use domain::{AreaId, InvalidId, SiteId};
use event_store::Reader;
use panels::Format;
use std::str::FromStr;
use std::sync::Arc;

/// Writes the panel of a site, and says so.
///
/// # Errors
/// `UNKNOWN_CAMPAIGN`, `NOT_FOUND`, and faults of the store and the file.
pub(crate) fn panel(
    reader: &Reader,
    settings: &Settings,
    campaign: &str,
    site: &str,
    paper: &PaperArgs,
) -> Result<String, Failure> {
    let reading = reading(reader, settings, campaign, paper)?;
    let id: SiteId = parsed(site)?;
    let row = reading.view.model.sites.get(&id).ok_or_else(|| unknown("site", site, campaign))?;
    written(panels::site_panel(&panel_words::panel(&reading, row), format(paper)), paper)
}

/// Writes the sheet of an area's sites, and says so.
///
/// # Errors
/// As [`panel`].
pub(crate) fn sheet(
    reader: &Reader,
    settings: &Settings,
    campaign: &str,
    area: &str,
    paper: &PaperArgs,
) -> Result<String, Failure> {
    let reading = reading(reader, settings, campaign, paper)?;
    let id: AreaId = parsed(area)?;
    let rows = reading.rows(&Scope::Area(id.clone())).ok_or_else(|| unknown("area", area, campaign))?;
    written(panels::sites_sheet(&panel_words::sheet(&reading, &id, rows), format(paper)), paper)
}

/// The table of these campaigns, or of all.
///
/// # Errors
/// `UNKNOWN_CAMPAIGN`, and faults of the store.
pub(crate) fn statistics(reader: &Reader, campaigns: Vec<String>) -> Result<Vec<u8>, Failure> {
    let codes = match campaigns.is_empty() {
        true => reader.logs()?.into_iter().map(|head| head.campaign).collect(),
        false => campaigns,
    };
    let mut models = Vec::new();
    for code in codes {
        let model = fold::model(reader, &fold::log(reader, &code)?, |_| Ok(()))?;
        models.push((code, model));
    }
    let models = models.iter().map(|(code, model)| (code.as_str(), model));
    site_table::table(models, Language::French).map_err(|error| Failure::fault("CSV", error.to_string()))
}

fn reading(reader: &Reader, settings: &Settings, campaign: &str, paper: &PaperArgs) -> Result<Reading, Failure> {
    let head = fold::log(reader, campaign)?;
    let mut version = CampaignVersion::new(head.log_id, &head.origin, &head.campaign);
    version.model = fold::model(reader, &head, |_| Ok(()))?;
    let doors = settings.doors.clone().unwrap_or_default();
    Ok(Reading {
        view: Arc::new(version),
        language: match paper.lang {
            PaperLanguage::Fr => Language::French,
            PaperLanguage::En => Language::English,
        },
        today: Clock::System.now().ok_or(commands::Error::Clock)?.day(),
        base: doors.public_url.as_str().trim_end_matches('/').into(),
        version: String::new(),
    })
}

fn format(paper: &PaperArgs) -> Format {
    match paper.format {
        PaperFormat::A3 => Format::A3,
        PaperFormat::A4 => Format::A4,
    }
}

fn parsed<T: FromStr<Err = InvalidId>>(key: &str) -> Result<T, Failure> {
    key.parse().map_err(|error: InvalidId| Failure::usage("ID", error.to_string()))
}

fn unknown(what: &str, key: &str, campaign: &str) -> Failure {
    Failure::refused("NOT_FOUND", format!("there is no {what} `{key}` in {campaign}"))
}

fn written(drawn: Result<Vec<u8>, panels::Error>, paper: &PaperArgs) -> Result<String, Failure> {
    let bytes = drawn.map_err(|error| Failure::fault(error.code(), error.to_string()))?;
    let name = paper.out.display().to_string();
    std::fs::write(&paper.out, bytes).map_err(|error| Failure::from(error).at(&name))?;
    Ok(name)
}
