//! The statistics of building sites as a table (CSV, RFC 4180): one line per campaign and group.
//!
//! Owns columns and their form: `,` between fields, amounts with a point and without a currency, days as
//! whole numbers, empty where nothing is known. What they are: `projections/src/site_statistics.rs`.

use crate::words;
use domain::rejection::Language;
use projections::Model;
use projections::site_statistics::{SiteDimension, groups};
use projections::sites::SiteState;

const COLUMNS: [&str; 16] = [
    "campaign",
    "year",
    "dimension",
    "group",
    "name",
    "projects",
    "sites",
    "delivered",
    "abandoned",
    "over_budget",
    "budget",
    "committed",
    "paid",
    "delivery_dates",
    "median_days",
    "ninetieth_days",
];

/// The table of these models, by the codes of their campaigns.
pub(crate) fn table<'a>(
    models: impl IntoIterator<Item = (&'a str, &'a Model)>,
    language: Language,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for (code, model) in models {
        let year = model.overview.year.to_string();
        for dimension in SiteDimension::ALL {
            for group in groups(model, dimension) {
                let name = name(model, dimension, &group.group, language);
                let days = |of: fn(projections::equity::Delays) -> u64| group.to_delivery.map(of);
                let told = |days: Option<u64>| days.map(|days| days.to_string()).unwrap_or_default();
                let counts = [group.projects, group.sites, group.delivered, group.abandoned, group.over_budget];
                let counts = counts.map(|count| count.to_string());
                let money =
                    [group.money.budget, group.money.committed, group.money.paid].map(|cents| cents.to_string());
                let dated = group.to_delivery.map_or(0, |days| days.count).to_string();
                let delays = [dated, told(days(|days| days.median)), told(days(|days| days.ninetieth))];
                let head = [code, &year, dimension.code(), &group.group, &name].map(str::to_owned);
                writer.write_record(head.iter().chain(&counts).chain(&money).chain(&delays))?;
            }
        }
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// What a group is called. A text that begins like a formula is kept from being one.
fn name(model: &Model, dimension: SiteDimension, group: &str, language: Language) -> String {
    let named = match dimension {
        SiteDimension::All => language.say("Ensemble", "All"),
        SiteDimension::State => {
            let state = SiteState::ALL.into_iter().find(|state| state.code() == group);
            state.map_or_else(|| language.say("Sans chantier", "No site"), |state| words::site_state(state, language))
        }
        SiteDimension::Area => {
            let id = group.parse().ok();
            let row = id.and_then(|id| model.areas.get(&id));
            row.and_then(|row| row.name.get().cloned()).unwrap_or_default()
        }
        SiteDimension::Department => {
            let row = model.overview.departments.iter().find(|one| one.id.as_str() == group);
            row.and_then(|row| row.name.get().cloned()).unwrap_or_default()
        }
        SiteDimension::Neighbourhood if group == "PRIORITY" => {
            language.say("Quartiers populaires", "Priority neighbourhoods")
        }
        SiteDimension::Neighbourhood => language.say("Ailleurs", "Elsewhere"),
    };
    match named.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{named}"),
        _ => named,
    }
}
