//! Proposals that are being written: in the vault, for their authors alone.
//!
//! What keeps one: `mutations/draft.rs`. What a deposit is: `deposit.rs`.

use super::enums::DepositorKind;
use super::place::{Degrees, Point};
use super::scalars::{Amount, DateTime};
use super::viewer::text;
use async_graphql::{Object, SimpleObject};
use serde_json::Value;
use vault::Entry;

/// A proposal that is being written.
pub struct Draft {
    pub(crate) entry: Entry,
}

impl Draft {
    fn text(&self, name: &str) -> Option<String> {
        text(&self.entry.value, name)
    }

    fn amount(&self, name: &str) -> Option<Amount> {
        self.entry.value.get(name)?.as_i64().and_then(tally::Cents::new).map(Amount)
    }
}

/// A proposal that is being written (`brouillon`).
#[Object]
impl Draft {
    /// Its name, chosen by the client.
    async fn draft(&self) -> &str {
        &self.entry.id
    }

    /// The code of the campaign.
    async fn campaign(&self) -> Option<String> {
        self.text("campaign")
    }

    /// When it was kept last.
    async fn kept(&self) -> DateTime {
        DateTime(self.entry.changed)
    }

    /// The title so far.
    async fn title(&self) -> Option<String> {
        self.text("title")
    }

    /// The description so far.
    async fn description(&self) -> Option<String> {
        self.text("description")
    }

    /// The public name.
    async fn author_name(&self) -> Option<String> {
        self.text("author_name")
    }

    /// Who deposits.
    async fn depositor(&self) -> Option<DepositorKind> {
        let depositor = self.entry.value.get("depositor")?;
        serde_json::from_value::<domain::proposal::DepositorKind>(depositor.clone()).ok().map(Into::into)
    }

    /// The code of the theme.
    async fn theme(&self) -> Option<String> {
        self.text("theme")
    }

    /// The code of the area.
    async fn area(&self) -> Option<String> {
        self.text("area")
    }

    /// Where.
    async fn point(&self) -> Option<Point> {
        let degrees = |name| i32::try_from(self.entry.value.get("point")?.get(name)?.as_i64()?).ok().map(Degrees);
        Some(Point { latitude: degrees("latitude_e6")?, longitude: degrees("longitude_e6")? })
    }

    /// Whether people with disabilities are thought of.
    async fn accessible(&self) -> Option<bool> {
        self.entry.value.get("accessible")?.as_bool()
    }

    /// How.
    async fn accessibility(&self) -> Option<String> {
        self.text("accessibility")
    }

    /// What it may cost.
    async fn estimate(&self) -> Option<Amount> {
        self.amount("estimate_cents")
    }

    /// Which association, council or collective.
    async fn complement(&self) -> Option<String> {
        self.text("complement")
    }

    /// The address of the place: street and number.
    async fn address(&self) -> Option<String> {
        text(self.entry.value.get("address")?, "text")
    }

    /// The postcode of the place.
    async fn postcode(&self) -> Option<String> {
        text(self.entry.value.get("address")?, "postcode")
    }

    /// What it may cost every year afterwards.
    async fn running(&self) -> Option<Amount> {
        self.amount("running_cents")
    }

    /// In which earlier campaign it was proposed.
    async fn earlier(&self) -> Option<String> {
        self.text("earlier")
    }

    /// Its files so far; they are kept as long as the draft.
    async fn attachments(&self) -> Vec<DraftAttachment> {
        let kept = self.entry.value.get("attachments").and_then(Value::as_array);
        let file = |value: &Value| Some(DraftAttachment { name: text(value, "name")?, upload: text(value, "upload")? });
        kept.into_iter().flatten().filter_map(file).collect()
    }

    /// Whether the city may show the pictures.
    async fn images_consent(&self) -> Option<bool> {
        self.entry.value.get("consents")?.get("images")?.as_bool()
    }

    /// Whether other depositors may write to the author.
    async fn contact_consent(&self) -> Option<bool> {
        self.entry.value.get("consents")?.get("contact")?.as_bool()
    }
}

/// A file of a proposal that is being written.
#[derive(SimpleObject, Clone, Debug)]
pub struct DraftAttachment {
    /// Its name or what it shows.
    pub name: String,
    /// The `digest` that `/uploads` answered.
    pub upload: String,
}
