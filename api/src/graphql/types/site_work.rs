//! Work lists of agents who carry sites out: what is late, silent, or without photos.
//!
//! Owns who may ask. On which list a site stands is said by `projections::site_work`.

use super::scalars::Date;
use super::site::Site;
use super::work::desk;
use crate::error::Fault;
use crate::graphql::page::{self, Args, List, Rank};
use crate::graphql::request::View;
use async_graphql::{Context, Enum, SimpleObject};
use domain::permission::Permission;
use domain::{CalendarDate, SiteId};
use projections::site_work;
use projections::sites::SiteRow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A list of sites that wait for something; a site may stand on several.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "projections::site_work::SiteList")]
pub enum SiteWorkList {
    /// A stage of it is late (`en retard`).
    Late,
    /// It is under way, and nothing was told of it for 90 days (`sans nouvelles`).
    Silent,
    /// It is in works without a photo of before or during them, or delivered without one of after
    /// (`sans photos`).
    WithoutPhotos,
}

/// A site on a work list.
#[derive(SimpleObject)]
pub struct SiteWorkItem {
    /// Since when it stands on it.
    pub since: Option<Date>,
    /// The site.
    pub site: Site,
}

/// A page of a work list, the longest waiting first.
pub(crate) fn list(
    ctx: &Context<'_>,
    view: &View,
    list: SiteWorkList,
    department: Option<&str>,
    args: &Args,
) -> Result<Option<List<SiteWorkItem>>, Fault> {
    let desk = desk(ctx, view, Permission::PlanMilestone, department)?;
    let rows = view.model.sites.rows();
    let waiting = rows.filter_map(|row| Some((row.id.clone(), site_work::since(row, list.into(), &desk)?)));
    let waiting: BTreeMap<SiteId, CalendarDate> = waiting.collect();
    let since = |row: &SiteRow| waiting.get(&row.id).copied();
    let day = |date: CalendarDate| Rank::Number(i64::from(date.date().to_julian_day()));
    let rank = |row: &SiteRow| since(row).map_or(Rank::Number(i64::MAX), day);
    // A page that began behind a site that has left the list has to begin anew.
    let find = |key: &str| {
        let id = key.parse::<SiteId>().ok().filter(|id| waiting.contains_key(id))?;
        view.model.sites.get(&id).cloned()
    };
    let rows = waiting.keys().filter_map(|id| view.model.sites.get(id).cloned());
    let item =
        |row: Arc<SiteRow>| SiteWorkItem { since: since(&row).map(Date), site: Site { view: View::clone(view), row } };
    page::of_rows(view.model.size(), args, rows, rank, find, item)
}
