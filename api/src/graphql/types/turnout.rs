//! Who came, when and how: papers by day, area and channel. Never what stands on them.

use super::area::Area;
use super::enums::Channel;
use super::scalars::Date;
use crate::error::Fault;
use crate::graphql::page::{self, Args, List, Rank, Row};
use crate::graphql::request::View;
use async_graphql::{Object, SimpleObject};
use domain::AreaId;
use projections::ballots::{TurnoutKey, TurnoutRow};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The turnout of a campaign.
pub struct Turnout {
    pub(crate) view: View,
    pub(crate) areas: Option<Vec<String>>,
}

impl Turnout {
    fn rows(&self) -> impl Iterator<Item = (&TurnoutKey, &Arc<TurnoutRow>)> {
        let wanted = |area: &AreaId| super::proposal::one_of(self.areas.as_deref(), area.as_str());
        self.view.model.turnout.iter().filter(move |(key, _)| wanted(&key.area))
    }

    fn sums<K: Ord>(&self, of: impl Fn(&TurnoutKey) -> K) -> BTreeMap<K, Papers> {
        let mut sums: BTreeMap<K, Papers> = BTreeMap::new();
        for (key, row) in self.rows() {
            sums.entry(of(key)).or_default().add(row);
        }
        sums
    }
}

/// Papers that came in (`participation`): how many, never what stands on them.
#[Object]
impl Turnout {
    /// All together.
    async fn total(&self) -> Papers {
        let mut total = Papers::default();
        self.rows().for_each(|(_, row)| total.add(row));
        total
    }

    /// By day (UTC), in order.
    async fn by_day(&self) -> Vec<TurnoutDay> {
        let day = |(day, papers)| TurnoutDay { day: Date(day), papers };
        self.sums(|key| key.day).into_iter().map(day).collect()
    }

    /// By area, in the city's own order.
    async fn by_area(&self) -> Vec<TurnoutArea> {
        let mut sums = self.sums(|key| key.area.clone());
        let area = |area: Area| sums.remove(&area.row.id).map(|papers| TurnoutArea { area, papers });
        Area::all(&self.view).into_iter().filter_map(area).collect()
    }

    /// By channel: online or on paper.
    async fn by_channel(&self) -> Vec<TurnoutChannel> {
        let channel = |(channel, papers): (tally::Channel, Papers)| TurnoutChannel { channel: channel.into(), papers };
        self.sums(|key| key.channel).into_iter().map(channel).collect()
    }

    /// Each day, area and channel by itself, in this order.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn details(
        &self,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<TurnoutDetail>>, Fault> {
        let args = Args { first, after, last, before };
        let rows: Vec<Arc<Keyed>> = self.rows().map(|(key, row)| Arc::new(Keyed::new(key, row))).collect();
        let find = |key: &str| rows.iter().find(|row| row.name == key).cloned();
        let node = |row: Arc<Keyed>| TurnoutDetail {
            day: Date(row.key.day),
            area: Area::of(&self.view, &row.key.area),
            channel: row.key.channel.into(),
            papers: row.papers,
        };
        page::of_rows(self.view.model.size(), &args, rows.iter().cloned(), |_| Rank::Number(0), find, node)
    }
}

struct Keyed {
    name: String,
    key: TurnoutKey,
    papers: Papers,
}

impl Keyed {
    fn new(key: &TurnoutKey, row: &TurnoutRow) -> Self {
        let mut papers = Papers::default();
        papers.add(row);
        Self { name: format!("{} {} {:?}", key.day, key.area, key.channel), key: key.clone(), papers }
    }
}

impl Row for Keyed {
    fn key(&self) -> &str {
        &self.name
    }
    /// Days are added at the end or grow; none goes away.
    fn born(&self) -> u64 {
        0
    }
}

/// How many papers came in.
#[derive(SimpleObject, Clone, Copy, Debug, Default)]
pub struct Papers {
    /// First papers of a voter for an area.
    pub cast: u64,
    /// Papers that took another's place.
    pub replaced: u64,
    /// Papers taken back.
    pub cancelled: u64,
}

impl Papers {
    fn add(&mut self, row: &TurnoutRow) {
        self.cast += row.cast;
        self.replaced += row.replaced;
        self.cancelled += row.cancelled;
    }
}

/// Papers of a day.
#[derive(SimpleObject)]
pub struct TurnoutDay {
    /// The day (UTC).
    pub day: Date,
    /// How many.
    pub papers: Papers,
}

/// Papers of an area.
#[derive(SimpleObject)]
pub struct TurnoutArea {
    /// The area.
    pub area: Area,
    /// How many.
    pub papers: Papers,
}

/// Papers of a channel.
#[derive(SimpleObject)]
pub struct TurnoutChannel {
    /// Online or on paper.
    pub channel: Channel,
    /// How many.
    pub papers: Papers,
}

/// Papers of a day, an area and a channel.
#[derive(SimpleObject)]
pub struct TurnoutDetail {
    /// The day (UTC).
    pub day: Date,
    /// The area.
    pub area: Option<Area>,
    /// Online or on paper.
    pub channel: Channel,
    /// How many.
    pub papers: Papers,
}
