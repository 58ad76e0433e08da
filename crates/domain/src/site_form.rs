//! What a site is: stages, place, money, files, and what may change about it.
//!
//! Owns the forms that events and commands (`site_event.rs`) are made of. When each may happen:
//! `site_rules.rs`.

use crate::geography::Outline;
use crate::proposal::{Address, MediaType, Point};
use crate::{AreaId, CalendarDate, Cents, DepartmentId, Hidden, ProjectId, SiteId};
use serde::{Deserialize, Serialize};

/// A stage of a site, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Milestone {
    /// `ETUDES`.
    Studies,
    /// `PROCEDURES`.
    Procedures,
    /// `TRAVAUX`.
    Works,
    /// `LIVRAISON`.
    Delivery,
    /// `FIN`.
    Done,
}

impl Milestone {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Studies, Self::Procedures, Self::Works, Self::Delivery, Self::Done];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Studies => "STUDIES",
            Self::Procedures => "PROCEDURES",
            Self::Works => "WORKS",
            Self::Delivery => "DELIVERY",
            Self::Done => "DONE",
        }
    }
}

/// Who carries a site out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Financing {
    /// The city's own staff (`régie`).
    OwnStaff,
    /// Contractors (`marché`).
    Contract,
}

/// Where a site lies: at least one of its members is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The point that stands for it on a map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Its shape on the ground, at most 1,000 points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Outline>,
}

/// Who works on a site under a contract. It may be a person's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contractor {
    /// The name, at most 200 characters.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub name: Hidden<String>,
}

/// A site as it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The winning project.
    pub project: ProjectId,
    /// What is done there.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// The area it lies in.
    pub area: AreaId,
    /// The department that leads it (`direction pilote`), if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// Its share of the project's budget, in cents.
    pub budget_cents: Cents,
    /// Where it lies, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Location>,
    /// Who carries it out, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub financing: Option<Financing>,
    /// Who works on it under a contract, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contractors: Vec<Contractor>,
    /// The site that was split into this one and others: it was split first, and named this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_from: Option<SiteId>,
}

impl Opening {
    /// A site of which nothing more is known.
    pub const fn new(project: ProjectId, title: Hidden<String>, area: AreaId, budget_cents: Cents) -> Self {
        Self {
            project,
            title,
            area,
            department: None,
            budget_cents,
            place: None,
            financing: None,
            contractors: Vec::new(),
            split_from: None,
        }
    }
}

/// What changes about a site; what isn't named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What is done there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Hidden<String>>,
    /// The area it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaId>,
    /// The department that leads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// Its share of the project's budget, in cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_cents: Option<Cents>,
    /// Where it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Location>,
    /// Who carries it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub financing: Option<Financing>,
    /// Who works on it under a contract: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contractors: Option<Vec<Contractor>>,
    /// The site that was merged into this one, whose budget comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absorbed: Option<SiteId>,
}

impl Change {
    /// The opening with this change made.
    pub fn make(&self, opening: &mut Opening) {
        let Self { title, area, department, budget_cents, place, financing, contractors, absorbed: _ } = self;
        title.iter().for_each(|title| opening.title.clone_from(title));
        area.iter().for_each(|area| opening.area.clone_from(area));
        department.iter().for_each(|one| opening.department = Some(one.clone()));
        budget_cents.iter().for_each(|cents| opening.budget_cents = *cents);
        place.iter().for_each(|place| opening.place = Some(place.clone()));
        financing.iter().for_each(|one| opening.financing = Some(*one));
        contractors.iter().for_each(|all| opening.contractors.clone_from(all));
    }

    /// Only what is new to this opening.
    pub(crate) fn news_to(mut self, opening: &Opening) -> Self {
        self.title.take_if(|title| *title == opening.title);
        self.area.take_if(|area| *area == opening.area);
        self.department.take_if(|one| Some(&*one) == opening.department.as_ref());
        self.budget_cents.take_if(|cents| *cents == opening.budget_cents);
        self.place.take_if(|place| Some(&*place) == opening.place.as_ref());
        self.financing.take_if(|one| Some(*one) == opening.financing);
        self.contractors.take_if(|all| *all == opening.contractors);
        self
    }
}

/// Whether money was promised to somebody or has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SpendingKind {
    /// Promised by an order or a contract (`engagé`).
    Committed,
    /// Paid (`mandaté`).
    Paid,
}

/// When a photo was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PhotoStage {
    /// Before the works.
    Before,
    /// During the works.
    During,
    /// After the works.
    After,
}

/// A file of a site. Its bytes are kept outside the log, under their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// SHA-256 of its bytes, in hexadecimal. With its removal the file goes.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub digest: Hidden<String>,
    /// What it is, by its content.
    pub media_type: MediaType,
    /// Its size, at most [`crate::deposit::MAX_ATTACHMENT_BYTES`].
    pub bytes: u32,
}

/// What keeping the place up costs, and who promised to help. At least one member is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upkeep {
    /// What it costs every year, in cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_cents_per_year: Option<Cents>,
    /// The association that committed itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<Hidden<String>>,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Hidden<String>>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<CalendarDate>,
}
