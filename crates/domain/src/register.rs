//! The register of voters (`liste d’émargement`): what it lets somebody do.
//!
//! Owns the rules alone. The rows are personal data and are kept by whoever keeps that; the log gets
//! counts ([`crate::urn::AreaRegister`]). Pure, like every rule here.

use crate::configuration::{Area, AreaKind};
use crate::rejection::ensure;
use crate::{AreaId, Code, Rejection};

/// Where a voter stands in the register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The district they vote in.
    pub district: Option<AreaId>,
    /// Whether they signed for a paper.
    pub on_paper: bool,
}

impl Standing {
    /// Refuses a sealed ballot of who votes on paper, or of another district.
    ///
    /// # Errors
    /// [`Code::VotedOnPaper`], [`Code::SchoolStation`], [`Code::OtherDistrict`] with the voter's own.
    pub fn may_cast(&self, area: &Area) -> Result<(), Rejection> {
        ensure(!self.on_paper, || Code::VotedOnPaper.into())?;
        ensure(area.kind != AreaKind::School, || Code::SchoolStation.on("area").with(&area.id))?;
        let own = area.kind != AreaKind::District || self.district.as_ref() == Some(&area.id);
        let district = || self.district.as_ref().map_or("-", AreaId::as_str);
        ensure(own, || Code::OtherDistrict.on("area").with(district()))
    }

    /// Refuses to vote in another district while a ballot for the former one counts.
    ///
    /// # Errors
    /// [`Code::VotedOnPaper`], [`Code::SecondDistrict`] with the former one.
    pub fn may_move(&self, to: &AreaId, voted: bool) -> Result<(), Rejection> {
        ensure(!self.on_paper, || Code::VotedOnPaper.into())?;
        let Some(now) = self.district.as_ref().filter(|now| *now != to) else { return Ok(()) };
        ensure(!voted, || Code::SecondDistrict.on("district").with(now))
    }

    /// Refuses a second paper, and a paper of who voted online where the rules let the ballot stand.
    ///
    /// # Errors
    /// [`Code::VotedOnPaper`], [`Code::VotedOnline`].
    pub fn may_sign(&self, voted: bool, overrides: bool) -> Result<(), Rejection> {
        ensure(!self.on_paper, || Code::VotedOnPaper.into())?;
        ensure(overrides || !voted, || Code::VotedOnline.into())
    }
}

/// Whether what an agent says of a pair of entries decides it: another one has to have said the same.
///
/// # Errors
/// [`Code::AlreadyDone`] when it is decided, [`Code::SameAgent`] for whoever said it last.
pub fn second_opinion(open: bool, as_said: bool, said_by: &str, agent: &str) -> Result<bool, Rejection> {
    ensure(open, || Code::AlreadyDone.on("match"))?;
    ensure(said_by != agent, || Code::SameAgent.on("match"))?;
    Ok(as_said && !said_by.is_empty())
}
