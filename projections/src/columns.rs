//! The tables as columns: which members of a row are worth a column of their own, and of which type.
//!
//! Owns the one list from which SQL tables are made, on any engine: a column is a name, the place of
//! its value in the row's JSON, and a type. Beside its columns every table has the whole row as JSON,
//! under the name [`ROW`]. Names and places are a public promise like the claims that name the tables.
//! Must not know SQL. Next: `model.rs` for the tables.

use crate::{Model, Table};
use serde::Serialize;
use serde_json::Value;
use transparency::Error;

/// The name of the column that has the whole row as JSON.
pub const ROW: &str = "row";

/// What a column holds. Each may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text; moments are RFC 3339 in UTC, days `YYYY-MM-DD`.
    Text,
    /// An integer below 2^53: counts, cents, millionths of a degree.
    Integer,
    /// Yes or no.
    Boolean,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Where its value stands in the row, as a JSON pointer (RFC 6901).
    pub place: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// A table of the read model as columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableColumns {
    /// Its name, as in the claims.
    pub name: &'static str,
    /// What a row is, in words.
    pub about: &'static str,
    /// Its columns; the first `key` of them tell rows apart.
    pub columns: &'static [Column],
    /// How many of the columns are the key.
    pub key: usize,
    /// Whether it holds what nobody may count before the result is proclaimed: until then it has no
    /// rows here.
    pub counts: bool,
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// None: never given, or removed.
    Empty,
    /// Text.
    Text(String),
    /// A number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
}

const fn text(name: &'static str, place: &'static str) -> Column {
    Column { name, place, kind: Kind::Text }
}

const fn integer(name: &'static str, place: &'static str) -> Column {
    Column { name, place, kind: Kind::Integer }
}

const fn boolean(name: &'static str, place: &'static str) -> Column {
    Column { name, place, kind: Kind::Boolean }
}

const fn table(name: &'static str, about: &'static str, key: usize, columns: &'static [Column]) -> TableColumns {
    TableColumns { name, about, columns, key, counts: false }
}

/// Every table that the claims name, in their order.
pub const TABLES: [TableColumns; 17] = [
    table(
        "campaign",
        "the campaign; one row",
        1,
        &[
            text("code", "/code"),
            text("title", "/title"),
            text("territory", "/territory"),
            integer("year", "/year"),
            text("currency", "/currency"),
            text("provenance", "/provenance"),
            text("created_at", "/created/at"),
            text("frozen_at", "/frozen/moment/at"),
            text("box_closed_at", "/box_closed/0/at"),
            integer("papers_in_box", "/box_closed/1"),
            text("lot", "/lot/public_value"),
            text("proclaimed_at", "/proclaimed/0/at"),
        ],
    ),
    table(
        "areas",
        "an area with its envelope",
        1,
        &[
            text("id", "/id"),
            integer("place", "/place"),
            text("kind", "/kind"),
            text("name", "/name"),
            integer("envelope_cents", "/envelope_cents"),
            integer("population", "/population"),
        ],
    ),
    table(
        "proposals",
        "a proposal as it stands",
        1,
        &[
            text("id", "/id"),
            text("reference", "/deposit/reference"),
            text("title", "/deposit/title"),
            text("area", "/deposit/area"),
            text("theme", "/deposit/theme"),
            text("author", "/deposit/author"),
            text("deposited_at", "/deposited/at"),
            integer("latitude_e6", "/deposit/point/latitude_e6"),
            integer("longitude_e6", "/deposit/point/longitude_e6"),
            integer("estimate_cents", "/deposit/estimate_cents"),
            boolean("accessible", "/deposit/accessible"),
            integer("supports", "/supports"),
            integer("comments", "/comments"),
            integer("reports", "/reports"),
            text("withdrawn_at", "/withdrawn/0/at"),
            text("removed_at", "/removed/moment/at"),
        ],
    ),
    table(
        "projects",
        "a project as it stands",
        1,
        &[
            text("id", "/id"),
            text("reference", "/formation/reference"),
            integer("number", "/number"),
            text("title", "/sheet/title"),
            text("area", "/formation/area"),
            text("theme", "/sheet/theme"),
            text("kind", "/formation/kind"),
            boolean("priority_neighbourhood", "/formation/priority_neighbourhood"),
            text("formed_at", "/formed/at"),
            integer("cost_cents", "/decision/cost_cents"),
            text("decided_at", "/decision/moment/at"),
            boolean("withdrawn", "/decision/withdrawn"),
            text("ended_at", "/ending/moment/at"),
        ],
    ),
    TableColumns {
        counts: true,
        ..table("ballots", "a voter's papers that count, in the open box", 1, &[text("voter", "/0")])
    },
    table(
        "turnout",
        "papers that came in on a day, in an area, by a channel",
        3,
        &[
            text("day", "/key/day"),
            text("area", "/key/area"),
            text("channel", "/key/channel"),
            integer("papers_cast", "/cast"),
            integer("papers_replaced", "/replaced"),
            integer("papers_cancelled", "/cancelled"),
        ],
    ),
    table(
        "results",
        "what the count says of a project",
        1,
        &[
            text("project", "/project"),
            text("area", "/area"),
            boolean("elected", "/elected"),
            integer("selected_as", "/selected_as"),
            integer("rank", "/decision/rank"),
            integer("score", "/decision/score"),
            integer("digital", "/decision/digital"),
            integer("paper", "/decision/paper"),
            integer("supporters", "/decision/supporters"),
            integer("cost_cents", "/decision/cost"),
            integer("left_cents", "/decision/left"),
            text("reason", "/decision/reason"),
        ],
    ),
    table(
        "area_results",
        "what the count says of an area",
        1,
        &[
            text("area", "/area"),
            text("basis", "/basis"),
            integer("spent_cents", "/spent_cents"),
            integer("ballots_counted", "/counted"),
        ],
    ),
    table(
        "sites",
        "a building site",
        1,
        &[
            text("id", "/id"),
            text("project", "/opening/project"),
            text("title", "/opening/title"),
            text("area", "/opening/area"),
            text("department", "/opening/department"),
            integer("budget_cents", "/opening/budget_cents"),
            text("opened_at", "/opened/at"),
            text("abandoned_at", "/abandoned/moment/at"),
        ],
    ),
    table(
        "grants",
        "a role of a person",
        4,
        &[
            text("grantee", "/grantee"),
            text("role", "/role"),
            text("department", "/department"),
            text("place", "/place"),
            text("from_at", "/from/at"),
            text("until_at", "/until"),
            text("revoked_at", "/revoked/at"),
        ],
    ),
    table(
        "comments",
        "a comment or an answer",
        1,
        &[
            text("id", "/id"),
            text("proposal", "/on/PROPOSAL"),
            text("workshop", "/on/WORKSHOP"),
            text("answers", "/answers"),
            text("author", "/author"),
            text("author_name", "/author_name"),
            text("text", "/text"),
            text("posted_at", "/posted/at"),
            boolean("official", "/official"),
            boolean("pinned", "/pinned"),
            text("removed_at", "/removed/moment/at"),
            integer("reports", "/reports"),
        ],
    ),
    table("supports", "what a participant supports; the list is in the row", 1, &[text("supporter", "/by")]),
    table(
        "reports",
        "what was reported to the moderators",
        1,
        &[
            integer("position", "/moment/position"),
            text("at", "/moment/at"),
            text("proposal", "/content/PROPOSAL"),
            text("comment", "/content/COMMENT"),
            text("reporter", "/by"),
            text("reason", "/reason"),
        ],
    ),
    table(
        "workshops",
        "a workshop",
        1,
        &[
            text("id", "/id"),
            text("title", "/announcement/title"),
            text("mode", "/announcement/mode"),
            text("starts_at", "/announcement/starts"),
            text("ends_at", "/announcement/ends"),
            integer("capacity", "/announcement/capacity"),
            text("announced_at", "/announced/at"),
            text("cancelled_at", "/cancelled/moment/at"),
            integer("invited", "/invited"),
        ],
    ),
    table(
        "neighbourhoods",
        "a priority neighbourhood",
        1,
        &[text("id", "/id"), integer("place", "/place"), text("name", "/name")],
    ),
    table(
        "urn",
        "a step of the urn of sealed ballots",
        1,
        &[
            integer("position", "/moment/position"),
            text("at", "/moment/at"),
            text("area", "/step/BALLOTS_PUBLISHED/area"),
            integer("batch", "/step/BALLOTS_PUBLISHED/number"),
            integer("ballots", "/step/BALLOTS_PUBLISHED/ballots"),
        ],
    ),
    TableColumns {
        counts: true,
        ..table(
            "polling_places",
            "a polling place",
            1,
            &[
                text("id", "/id"),
                text("name", "/place/venue/name"),
                text("opened_at", "/opened/at"),
                boolean("closed", "/place/closed"),
            ],
        )
    },
];

impl Column {
    /// The value of this column in a row of [`rows`].
    pub fn of(&self, row: &Value) -> Cell {
        match (self.kind, row.pointer(self.place)) {
            (Kind::Text, Some(Value::String(text))) => Cell::Text(text.clone()),
            (Kind::Integer, Some(Value::Number(number))) => number.as_i64().map_or(Cell::Empty, Cell::Integer),
            (Kind::Boolean, Some(Value::Bool(answer))) => Cell::Boolean(*answer),
            (Kind::Text | Kind::Integer | Kind::Boolean, _) => Cell::Empty,
        }
    }
}

impl TableColumns {
    /// What tells a row from the others, as one text.
    pub fn key_of(&self, row: &Value) -> String {
        let cells = self.columns.iter().take(self.key).map(|column| match column.of(row) {
            Cell::Empty => String::new(),
            Cell::Text(text) => text,
            Cell::Integer(number) => number.to_string(),
            Cell::Boolean(answer) => answer.to_string(),
        });
        cells.collect::<Vec<_>>().join(" ")
    }
}

/// The rows of a table in order of their keys, each as JSON in which hidden values stand as they are
/// and removed ones as empty objects; none of a table that isn't in [`TABLES`].
pub fn rows<'a>(model: &'a Model, table: &TableColumns) -> Box<dyn Iterator<Item = Result<Value, Error>> + 'a> {
    if table.counts && !model.counts_are_public() {
        return Box::new(std::iter::empty());
    }
    match table.name {
        "campaign" => Box::new(std::iter::once(json(&*model.overview))),
        "areas" => of(&model.areas),
        "proposals" => of(&model.proposals),
        "projects" => of(&model.projects),
        "ballots" => of(&model.ballots),
        "turnout" => of(&model.turnout),
        "results" => of(&model.results),
        "area_results" => of(&model.area_results),
        "sites" => of(&model.sites),
        "grants" => of(&model.grants),
        "comments" => of(&model.comments),
        "supports" => of(&model.supports),
        "reports" => of(&model.reports),
        "workshops" => of(&model.workshops),
        "neighbourhoods" => of(&model.neighbourhoods),
        "urn" => of(&model.urn_steps),
        "polling_places" => of(&model.polling_places),
        _ => Box::new(std::iter::empty()),
    }
}

fn of<K: Ord + Clone, V: Clone + Serialize>(
    table: &Table<K, V>,
) -> Box<dyn Iterator<Item = Result<Value, Error>> + '_> {
    Box::new(table.rows().map(|row| json(&**row)))
}

fn json<T: Serialize>(row: &T) -> Result<Value, Error> {
    serde_json::to_value(row).map(shown).map_err(|error| Error::LeafMalformed(error.to_string()))
}

/// A value with its hidden parts in their places.
fn shown(value: Value) -> Value {
    match value {
        Value::Object(mut members) if members.len() == 1 && members.contains_key("$hidden") => {
            members.remove("$hidden").map_or(Value::Null, shown)
        }
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, member)| (name, shown(member))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(shown).collect()),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}
