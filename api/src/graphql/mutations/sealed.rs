//! Voting with a sealed ballot: registering, casting, taking back. Nothing here says what a ballot holds,
//! and nothing of it is in the log but the ballot itself, in a lot with others.

use super::carry::executor;
use super::input::code;
use super::urn::read;
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::request::{campaign, language, voting};
use crate::graphql::types::rejection::Rejection;
use crate::graphql::types::urn::VoterRegistration;
use crate::voting::{Cast, kept_until};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::configuration::AreaKind;
use domain::{AreaId, Code};
use vault::{Civil, PersonId};

/// Who somebody is, as their papers say.
#[derive(InputObject)]
pub struct CivilInput {
    /// Given names and surname, 2 to 200 characters.
    pub names: String,
    /// The day of birth, `1987-06-05`.
    pub birth_date: String,
    /// The place of birth, 1 to 200 characters.
    pub birth_place: String,
}

/// VoterRegistration to vote.
#[derive(InputObject)]
pub struct RegisterToVoteInput {
    /// The code of the campaign.
    pub campaign: String,
    /// Who votes.
    pub civil: CivilInput,
    /// The code of the district they vote in besides the whole city, if any.
    pub district: Option<String>,
}

/// Another district.
#[derive(InputObject, Debug)]
pub struct ChangeVotingDistrictInput {
    /// The code of the campaign.
    pub campaign: String,
    /// The code of the district.
    pub district: String,
}

/// Sealed ballots, one for each area.
#[derive(InputObject)]
pub struct CastSealedBallotsInput {
    /// The code of the campaign.
    pub campaign: String,
    /// The ballots.
    pub ballots: Vec<SealedBallotInput>,
}

/// A ballot sealed for an area.
#[derive(InputObject)]
pub struct SealedBallotInput {
    /// The code of the area.
    pub area: String,
    /// The id of the key that it is sealed to.
    pub key: String,
    /// The digest of the ballot lists that it is sealed for.
    pub catalogue: String,
    /// The envelope, base64.
    pub ballot: String,
}

/// A sealed ballot taken back.
#[derive(InputObject, Debug)]
pub struct CancelSealedBallotInput {
    /// The code of the campaign.
    pub campaign: String,
    /// The code of the area.
    pub area: String,
}

/// What registering, or changing the district, came to.
#[derive(SimpleObject)]
pub struct VoterRegistrationPayload {
    /// What the register says.
    pub registration: Option<VoterRegistration>,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// What `castSealedBallots` came to.
#[derive(SimpleObject)]
pub struct CastSealedBallotsPayload {
    /// A signed receipt for each ballot, in the order given: the promise that it stands in the log by a
    /// deadline. Keep it: a ballot that is missing then is provably missing.
    pub receipts: Option<Vec<String>>,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// What `cancelSealedBallot` came to.
#[derive(SimpleObject)]
pub struct CancelSealedBallotPayload {
    /// Whether there was one.
    pub cancelled: bool,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

impl CivilInput {
    pub(super) fn civil(self) -> Result<Civil, Fault> {
        Ok(Civil { names: self.names, born: read("birthDate", &self.birth_date)?, birthplace: self.birth_place })
    }
}

pub(super) fn no(ctx: &Context<'_>, rejection: domain::Rejection) -> Vec<Rejection> {
    vec![Rejection { rejection, language: language(ctx) }]
}

fn told(ctx: &Context<'_>, answer: Result<vault::Registered, domain::Rejection>) -> Option<VoterRegistrationPayload> {
    Some(match answer {
        Ok(known) => VoterRegistrationPayload { registration: Some(known.into()), rejections: Vec::new() },
        Err(rejection) => VoterRegistrationPayload { registration: None, rejections: no(ctx, rejection) },
    })
}

/// The person who votes: with the same sureness, and the same scope of a token, as for an open ballot.
fn voter<'a>(ctx: &'a Context<'_>, campaign: &str) -> Result<&'a PersonId, Fault> {
    acting::voter(ctx, campaign)?;
    Ok(&acting::session(ctx)?.person)
}

/// Mutations of voters.
#[derive(Default)]
pub struct SealedMutations;

#[Object]
impl SealedMutations {
    /// Registers to vote (`s’inscrire sur la liste`), before the end of the vote. Again, it answers what the
    /// register says.
    async fn register_to_vote(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who votes, and where.")] input: RegisterToVoteInput,
    ) -> Result<Option<VoterRegistrationPayload>, Fault> {
        let person = voter(ctx, &input.campaign)?;
        let view = campaign(ctx, &input.campaign)?;
        let district = input.district.map(|text| code::<AreaId>("district", &text)).transpose()?;
        let checked = view.model.campaign.sealed().and_then(|_| {
            district.iter().try_for_each(|district| is_district(&view, district))?;
            kept_until(&view)
        });
        let until = match checked {
            Ok(until) => until,
            Err(rejection) => return Ok(told(ctx, Err(rejection))),
        };
        let civil = input.civil.civil()?;
        let vault = voting(ctx)?.vault();
        Ok(told(ctx, vault.register_voter(&input.campaign, person, &civil, district, until).await?))
    }

    /// Votes in another district (`changer d’arrondissement`), unless a ballot for the former one counts.
    async fn change_voting_district(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where.")] input: ChangeVotingDistrictInput,
    ) -> Result<Option<VoterRegistrationPayload>, Fault> {
        let person = voter(ctx, &input.campaign)?;
        let view = campaign(ctx, &input.campaign)?;
        let district: AreaId = code("district", &input.district)?;
        let until = match is_district(&view, &district).and_then(|()| kept_until(&view)) {
            Ok(until) => until,
            Err(rejection) => return Ok(told(ctx, Err(rejection))),
        };
        let vault = voting(ctx)?.vault();
        Ok(told(ctx, vault.change_district(&input.campaign, person, district, until).await?))
    }

    /// Casts sealed ballots (`voter`), during VOTE, all or none; each takes the place of the one cast before
    /// for its area. They are published later, in a lot with those of others. Sent again, a ballot gets its
    /// first receipt.
    async fn cast_sealed_ballots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ballots.")] input: CastSealedBallotsInput,
    ) -> Result<Option<CastSealedBallotsPayload>, Fault> {
        let person = voter(ctx, &input.campaign)?;
        let view = campaign(ctx, &input.campaign)?;
        let refused = |rejection| Some(CastSealedBallotsPayload { receipts: None, rejections: no(ctx, rejection) });
        if input.ballots.is_empty() {
            return Ok(refused(Code::EmptyList.on("ballots")));
        }
        let mut cast = Vec::with_capacity(input.ballots.len());
        for ballot in input.ballots {
            cast.push(Cast {
                area: code("area", &ballot.area)?,
                ballot: read("ballot", &ballot.ballot)?,
                key: read("key", &ballot.key)?,
                catalogue: read("catalogue", &ballot.catalogue)?,
            });
        }
        let now = executor(ctx)?.clock().now().ok_or(Fault::Command(commands::Error::Clock))?;
        let voting = voting(ctx)?;
        let ballots = match voting.receipts(&view, cast, now)? {
            Ok(ballots) => ballots,
            Err(rejection) => return Ok(refused(rejection)),
        };
        Ok(match voting.vault().cast(&input.campaign, person, ballots).await? {
            Ok(receipts) => Some(CastSealedBallotsPayload { receipts: Some(receipts), rejections: Vec::new() }),
            Err(rejection) => refused(rejection),
        })
    }

    /// Takes a sealed ballot back (`annuler son vote`), during VOTE: it stays in the urn and doesn’t count.
    async fn cancel_sealed_ballot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CancelSealedBallotInput,
    ) -> Result<Option<CancelSealedBallotPayload>, Fault> {
        let person = voter(ctx, &input.campaign)?;
        let view = campaign(ctx, &input.campaign)?;
        let area: AreaId = code("area", &input.area)?;
        let done = match view.model.campaign.takes_sealed() {
            Ok(()) => voting(ctx)?.vault().cancel(&input.campaign, person, &area).await?,
            Err(rejection) => Err(rejection),
        };
        Ok(Some(match done {
            Ok(()) => CancelSealedBallotPayload { cancelled: true, rejections: Vec::new() },
            Err(rejection) => CancelSealedBallotPayload { cancelled: false, rejections: no(ctx, rejection) },
        }))
    }
}

fn is_district(view: &crate::graphql::request::View, id: &AreaId) -> Result<(), domain::Rejection> {
    let area = view.model.campaign.configured()?.require_area(id)?;
    if area.kind == AreaKind::District { Ok(()) } else { Err(Code::UnknownArea.on("district").with(id)) }
}
