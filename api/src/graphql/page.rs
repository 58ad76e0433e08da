//! Pages of lists (Relay's connections), stable while the log moves.
//!
//! A cursor holds the size of the log when the list was first read, and the item it points at. Later
//! pages leave out what was born after that size, so that nothing is shown twice or skipped when new
//! items arrive. Orders end with the item's key, so no two items ever tie.

use super::node::{clear, opaque};
use crate::error::Fault;
use async_graphql::connection::{Edge, EmptyFields, PageInfo};
use async_graphql::{Object, OutputType, TypeName};
use domain::Timestamp;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use transparency::Hash;

/// The most items on one page.
pub const PAGE_MAX: u16 = 100;

/// Items on a page when the client doesn't say.
const PAGE: u16 = 20;

/// A page of a list. The fields that give one are nullable: what can fail must be, so that an error
/// has a null to stand beside.
pub struct List<N: OutputType> {
    edges: Vec<Edge<String, N, EmptyFields>>,
    has_previous: bool,
    has_next: bool,
    total: u64,
}

impl<N: OutputType> TypeName for List<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", N::type_name()).into()
    }
}

/// A page of a list (Relay's connection). Its cursors hold the list as it was when its first page was
/// read: what comes later isn't on the pages that follow.
#[Object(name_type)]
impl<N: OutputType> List<N> {
    /// Where the page stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// The items of the page with their cursors.
    async fn edges(&self) -> &[Edge<String, N, EmptyFields>] {
        &self.edges
    }

    /// The items of the page.
    async fn nodes(&self) -> Vec<&N> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// How many items the whole list has, over all pages.
    async fn total_count(&self) -> u64 {
        self.total
    }
}

impl<N: OutputType> List<N> {
    /// A page of items with their cursors.
    pub(crate) fn new(items: impl Iterator<Item = (String, N)>, stand: Stand) -> Self {
        let edges = items.map(|(cursor, item)| Edge::new(cursor, item)).collect();
        let Stand { has_previous, has_next, total } = stand;
        Self { edges, has_previous, has_next, total }
    }
}

/// Where a page stands in its list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand {
    /// Whether something stands before.
    pub(crate) has_previous: bool,
    /// Whether something stands behind.
    pub(crate) has_next: bool,
    /// How many there are on all pages.
    pub(crate) total: u64,
}

/// Which page is asked for.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// So many from the start, or after the cursor.
    pub first: Option<i32>,
    /// Begin after this item.
    pub after: Option<String>,
    /// So many from the end, or before the cursor.
    pub last: Option<i32>,
    /// End before this item.
    pub before: Option<String>,
}

/// What an item is ordered by, before its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// By number.
    Number(i64),
    /// By text, without case and accents.
    Text(String),
    /// By chance, the same for the same seed.
    Drawn(Hash),
}

/// An item of a list.
pub trait Row {
    /// Names it among the items of its list.
    fn key(&self) -> &str;
    /// The position of the event that it begins with.
    fn born(&self) -> u64;
}

impl<R: Row> Row for Arc<R> {
    fn key(&self) -> &str {
        R::key(self)
    }
    fn born(&self) -> u64 {
        R::born(self)
    }
}

/// The cost of a list for the limit on a request: items asked for, times what is asked of each.
pub(crate) fn cost(first: Option<i32>, last: Option<i32>, each: usize) -> usize {
    let asked = first.or(last).and_then(|asked| usize::try_from(asked).ok());
    asked.unwrap_or(usize::from(PAGE)).min(usize::from(PAGE_MAX)).saturating_mul(each).saturating_add(1)
}

/// The place of an item in the order drawn with this seed.
pub(crate) fn drawn(seed: &str, key: &str) -> Rank {
    Rank::Drawn(Hash::of(&[seed.as_bytes(), b"\n", key.as_bytes()]))
}

/// Newest first.
pub(crate) fn newest(at: Timestamp) -> Rank {
    Rank::Number(at.unix().saturating_neg())
}

/// The title's place in the alphabet.
pub(crate) fn titled(title: Option<&String>) -> Rank {
    Rank::Text(title.map(|title| projections::search::fold(title)).unwrap_or_default())
}

struct Cursor {
    size: u64,
    key: String,
}

impl Cursor {
    fn read(text: &str) -> Result<Self, Fault> {
        let text = clear(text).ok_or(Fault::Cursor)?;
        let (size, key) = text.split_once('/').ok_or(Fault::Cursor)?;
        Ok(Self { size: size.parse().map_err(|_| Fault::Cursor)?, key: key.to_owned() })
    }
}

fn count(asked: Option<i32>, name: &'static str) -> Result<Option<u64>, Fault> {
    let fits = |n: i32| u16::try_from(n).ok().filter(|n| *n <= PAGE_MAX).map(u64::from);
    asked.map(|n| fits(n).ok_or(Fault::Page(name))).transpose()
}

/// The part of a list from `start` to `end` that is asked for.
fn cut(args: &Args, start: u64, end: u64, total: u64) -> Result<(Range<u64>, Stand), Fault> {
    let (first, last) = (count(args.first, "first")?, count(args.last, "last")?);
    if first.is_some() && last.is_some() {
        return Err(Fault::Page("first"));
    }
    let start = start.min(total);
    let end = end.min(total).max(start);
    let range = match last {
        Some(last) => start.max(end.saturating_sub(last))..end,
        None => start..end.min(start.saturating_add(first.unwrap_or(PAGE.into()))),
    };
    let stand = Stand { has_previous: range.start > 0, has_next: range.end < total, total };
    Ok((range, stand))
}

/// A page of rows: filtered already, put into order here.
///
/// `size` is that of the log as the request sees it. `find` gives a row of the table by key, also one that the filter leaves out: it may be the last
/// that a client saw.
pub(crate) fn of_rows<R: Row, N: OutputType>(
    size: u64,
    args: &Args,
    rows: impl Iterator<Item = Arc<R>>,
    rank: impl Fn(&R) -> Rank,
    find: impl Fn(&str) -> Option<Arc<R>>,
    node: impl Fn(Arc<R>) -> N,
) -> Result<Option<List<N>>, Fault> {
    let after = args.after.as_deref().map(Cursor::read).transpose()?;
    let before = args.before.as_deref().map(Cursor::read).transpose()?;
    let sizes = after.iter().chain(&before).map(|cursor| cursor.size);
    let size = sizes.chain([size]).min().unwrap_or_default();
    let mut ranked: Vec<(Rank, Arc<R>)> = rows.filter(|row| row.born() < size).map(|row| (rank(&row), row)).collect();
    ranked.sort_by(|(rank, row), (other_rank, other)| rank.cmp(other_rank).then_with(|| row.key().cmp(other.key())));
    // How many items stand before the cursor's, and how many up to and with it.
    let place = |cursor: &Cursor, with: bool| {
        let row = find(&cursor.key).ok_or(Fault::Cursor)?;
        let at = rank(&row);
        let before = ranked.partition_point(|(rank, row)| {
            let order = rank.cmp(&at).then_with(|| row.key().cmp(&cursor.key));
            order.is_lt() || (with && order.is_eq())
        });
        Ok::<_, Fault>(wide(before))
    };
    let start = after.as_ref().map(|cursor| place(cursor, true)).transpose()?.unwrap_or(0);
    let end = before.as_ref().map(|cursor| place(cursor, false)).transpose()?.unwrap_or(u64::MAX);
    let (range, stand) = cut(args, start, end, wide(ranked.len()))?;
    let narrow = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let shown = ranked.into_iter().skip(narrow(range.start)).take(narrow(range.end - range.start));
    let item = |(_, row): (Rank, Arc<R>)| (opaque(&format!("{size}/{}", row.key())), node(row));
    Ok(Some(List::new(shown.map(item), stand)))
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// The positions on a page of a list of positions, ascending.
pub(crate) struct PositionPage {
    /// The positions.
    pub(crate) positions: Vec<u64>,
    /// The size the list was first read at: part of the cursors.
    pub(crate) size: u64,
    /// Where the page stands.
    pub(crate) stand: Stand,
}

/// A page of an ascending list of positions that is too long to be copied: `get` gives the n-th,
/// `below` how many stand below a position.
pub(crate) fn of_positions(
    args: &Args,
    size: u64,
    below: impl Fn(u64) -> u64,
    get: impl Fn(u64) -> Option<u64>,
) -> Result<PositionPage, Fault> {
    let read = |text: &String| {
        let cursor = Cursor::read(text)?;
        let position = cursor.key.parse::<u64>().map_err(|_| Fault::Cursor)?;
        if position < cursor.size && cursor.size <= size { Ok((cursor.size, position)) } else { Err(Fault::Cursor) }
    };
    let after = args.after.as_ref().map(read).transpose()?;
    let before = args.before.as_ref().map(read).transpose()?;
    let size = after.iter().chain(&before).map(|(size, _)| *size).min().unwrap_or(size);
    let start = after.map_or(0, |(_, position)| below(position.saturating_add(1)));
    let end = before.map_or(u64::MAX, |(_, position)| below(position));
    let (range, stand) = cut(args, start, end, below(size))?;
    Ok(PositionPage { positions: range.filter_map(get).collect(), size, stand })
}

/// The cursor of a position in a list first read at this size.
pub(crate) fn position_cursor(size: u64, position: u64) -> String {
    opaque(&format!("{size}/{position}"))
}

impl Row for projections::proposals::ProposalRow {
    fn key(&self) -> &str {
        self.id.as_str()
    }
    fn born(&self) -> u64 {
        self.deposited.position
    }
}

impl Row for projections::projects::ProjectRow {
    fn key(&self) -> &str {
        self.id.as_str()
    }
    fn born(&self) -> u64 {
        self.formed.position
    }
}

impl Row for projections::sites::SiteRow {
    fn key(&self) -> &str {
        self.id.as_str()
    }
    fn born(&self) -> u64 {
        self.opened.position
    }
}
