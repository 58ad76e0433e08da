//! The ballots of an opened urn (`dépouillement`), opened once.
//!
//! Owns the way from envelopes to papers, on all cores. Whoever proclaims a result asks for the papers several
//! times, and opening is the dearest step of a count, so the urn remembers them ([`crate::derived`]) until its
//! next event. Next: [`crate::count`].

use crate::ballot::Paper;
use crate::campaign::Campaign;
use crate::urn::Urn;
use crate::{AreaId, Rejection};
use rayon::prelude::*;
use seal::{Sealed, UrnSecret};
use std::collections::BTreeMap;
use tally::Channel;
use transparency::Hash;

/// What stands on the ballots of an area that count.
#[derive(Debug)]
pub(crate) struct Papers {
    /// Those that can be read, in the order of the digests of their envelopes.
    pub(crate) papers: Vec<Paper>,
    /// How many can't.
    pub(crate) unreadable: u64,
}

/// The papers by area, and the digest of the ballot lists that they were opened for.
pub(crate) type Opened = (Hash, BTreeMap<AreaId, Papers>);

impl Urn {
    /// The papers of an area; none while the urn is sealed, or when nothing was published there.
    pub(crate) fn opened(&self, campaign: &Campaign, area: &AreaId) -> Result<Option<&Papers>, Rejection> {
        let Some(secret) = &self.secret else { return Ok(None) };
        let catalogue = campaign.catalogue_digest()?;
        let (of, areas) = self.opened.get(|| Ok::<_, Rejection>((catalogue, self.open_all(secret, campaign)?)))?;
        debug_assert_eq!(*of, catalogue, "an urn is opened for the lists that it was sealed for");
        Ok(areas.get(area))
    }

    fn open_all(&self, secret: &UrnSecret, campaign: &Campaign) -> Result<BTreeMap<AreaId, Papers>, Rejection> {
        let mut areas = BTreeMap::new();
        for (area, ballots) in &self.ballots {
            let (target, _) = self.target(area, campaign)?;
            let counting = ballots.iter().filter(|(digest, _)| !self.set_aside.contains(*digest));
            let sealed: Vec<&Sealed> = counting.map(|(_, sealed)| &**sealed).collect();
            let opened: Vec<Option<Paper>> = sealed.par_iter().map(|one| read(secret, &target, one)).collect();
            let unreadable = opened.iter().filter(|paper| paper.is_none()).count();
            let unreadable = u64::try_from(unreadable).unwrap_or(u64::MAX);
            areas.insert(area.clone(), Papers { papers: opened.into_iter().flatten().collect(), unreadable });
        }
        Ok(areas)
    }
}

fn read(secret: &UrnSecret, target: &seal::Context, sealed: &Sealed) -> Option<Paper> {
    let plain = seal::open(secret, target, sealed).ok()?;
    Some(Paper { channel: Channel::Digital, choices: plain.choices, points: plain.points, unknown: Vec::new() })
}
