//! Global ids (Relay's object identification): opaque to clients, readable to nobody but this file.
//!
//! An id is base64url of `kind/campaign/key`. It stays the same for ever, over restarts and replays.

use super::types::{
    area::Area, campaign::Campaign, comment::Comment, log::Event, polling_place::PollingPlace, project::Project,
    proposal::Proposal, site::Site, workshop::Workshop,
};
use crate::error::Fault;
use crate::graphql::request::View;
use async_graphql::{ID, Interface};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Campaign,
    Area,
    Proposal,
    Project,
    Site,
    Comment,
    Workshop,
    PollingPlace,
    Event,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Campaign,
        Self::Area,
        Self::Proposal,
        Self::Project,
        Self::Site,
        Self::Comment,
        Self::Workshop,
        Self::PollingPlace,
        Self::Event,
    ];

    /// The GraphQL type.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Campaign => "Campaign",
            Self::Area => "Area",
            Self::Proposal => "Proposal",
            Self::Project => "Project",
            Self::Site => "Site",
            Self::Comment => "Comment",
            Self::Workshop => "Workshop",
            Self::PollingPlace => "PollingPlace",
            Self::Event => "Event",
        }
    }
}

/// A global id, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GlobalId {
    pub(crate) kind: Kind,
    pub(crate) campaign: String,
    pub(crate) key: String,
}

/// The id of an object.
pub(crate) fn global(kind: Kind, campaign: &str, key: &str) -> ID {
    ID(opaque(&format!("{}/{campaign}/{key}", kind.name())))
}

impl GlobalId {
    /// Reads an id back.
    pub(crate) fn read(id: &ID) -> Result<Self, Fault> {
        let refused = || Fault::Id { given: short(id), kind: "Node" };
        let text = clear(id).ok_or_else(refused)?;
        let mut parts = text.splitn(3, '/');
        let (Some(kind), Some(campaign), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refused());
        };
        let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(refused)?;
        Ok(Self { kind, campaign: campaign.to_owned(), key: key.to_owned() })
    }

    /// Reads an id of this kind: the campaign and the typed key.
    pub(crate) fn of<Key: std::str::FromStr>(id: &ID, kind: Kind) -> Result<(String, Key), Fault> {
        let refused = || Fault::Id { given: short(id), kind: kind.name() };
        let read = Self::read(id).ok().filter(|read| read.kind == kind).ok_or_else(refused)?;
        let key = read.key.parse().map_err(|_| refused())?;
        Ok((read.campaign, key))
    }

    /// Reads an id of this kind in this campaign.
    pub(crate) fn within<Key: std::str::FromStr>(id: &ID, kind: Kind, campaign: &str) -> Result<Key, Fault> {
        let (of, key) = Self::of(id, kind)?;
        if of == campaign { Ok(key) } else { Err(Fault::Id { given: short(id), kind: kind.name() }) }
    }
}

fn short(id: &ID) -> String {
    id.chars().take(80).collect()
}

/// A text that clients pass back as it is.
pub(crate) fn opaque(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// The text behind an opaque one.
pub(crate) fn clear(opaque: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(opaque).ok()?).ok()
}

/// An object with an id of its own, which the field `node` finds again.
#[derive(Interface)]
#[allow(clippy::large_enum_variant, reason = "one of them is made for a request")]
#[graphql(field(name = "id", ty = "ID", desc = "Its global id: opaque, the same for ever."))]
pub enum Node {
    /// A campaign.
    Campaign(Campaign),
    /// An area.
    Area(Area),
    /// A proposal.
    Proposal(Proposal),
    /// A project.
    Project(Project),
    /// A site.
    Site(Site),
    /// A comment.
    Comment(Comment),
    /// A workshop.
    Workshop(Workshop),
    /// A polling place.
    PollingPlace(PollingPlace),
    /// An event of a log.
    Event(Event),
}

impl Node {
    /// The object of this kind and key, except an event: that is read from the store.
    pub(crate) fn of(view: &View, kind: Kind, key: &str) -> Option<Self> {
        match kind {
            Kind::Campaign => Some(Self::Campaign(Campaign::of(view))),
            Kind::Area => Area::of(view, &key.parse().ok()?).map(Self::Area),
            Kind::Proposal => Proposal::of(view, &key.parse().ok()?).map(Self::Proposal),
            Kind::Project => Project::of(view, &key.parse().ok()?).map(Self::Project),
            Kind::Site => Site::of(view, &key.parse().ok()?).map(Self::Site),
            Kind::Comment => Comment::of(view, &key.parse().ok()?).map(Self::Comment),
            Kind::Workshop => Workshop::of(view, &key.parse().ok()?).map(Self::Workshop),
            Kind::PollingPlace => PollingPlace::of(view, &key.parse().ok()?).map(Self::PollingPlace),
            Kind::Event => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_others_are_refused() {
        let id = global(Kind::Project, "P2018", "a.b-c");
        let (campaign, key): (String, domain::ProjectId) = GlobalId::of(&id, Kind::Project).unwrap();
        assert_eq!((campaign.as_str(), key.as_str()), ("P2018", "a.b-c"));
        assert_eq!(GlobalId::of::<domain::SiteId>(&id, Kind::Site).unwrap_err().code(), "ID_INVALID");
        for text in ["", "P2018", "UHJvamVjdA", "////", "é"] {
            assert_eq!(GlobalId::read(&ID(text.into())).unwrap_err().code(), "ID_INVALID", "{text}");
        }
    }
}
