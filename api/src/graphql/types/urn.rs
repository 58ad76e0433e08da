//! The urn (`urne`) as everybody sees it, and the register as each voter sees the own entry.
//!
//! Says how many ballots were published and when; never what is on one, how many wait, or who voted.

use super::place::Moment;
use super::scalars::{DateTime, Sha256};
use crate::graphql::request::View;
use async_graphql::SimpleObject;
use projections::polling_places::papers_in_boxes;
use projections::urn::{UrnRow, UrnStep as Step};

/// The urn of a campaign with sealed ballots (`urne`).
#[derive(SimpleObject)]
pub struct Urn {
    /// The name of the log, to which every ballot is bound.
    pub log: Option<String>,
    /// The public key, base64; null before the ceremony.
    pub key: Option<String>,
    /// The id of the key.
    pub key_id: Option<String>,
    /// How many shares open the urn.
    pub threshold: Option<u8>,
    /// The check of each share, in the order of their numbers.
    pub shares: Vec<Sha256>,
    /// The digest of the ballot lists, to which every ballot is bound; null before they are published.
    pub catalogue: Option<Sha256>,
    /// How long a sealed ballot is inside, by area, in bytes.
    pub lengths: Vec<SealedLength>,
    /// How many ballots were published, over all areas.
    pub published: u64,
    /// The moment from which nobody can object any more; null before the link was shredded.
    pub objections_until: Option<DateTime>,
    /// The secret, base64, once the urn was opened.
    pub secret: Option<String>,
    /// Its steps, first first.
    pub steps: Vec<UrnStep>,
}

/// How long a ballot of an area is before it is sealed.
#[derive(SimpleObject)]
pub struct SealedLength {
    /// The code of the area.
    pub area: String,
    /// Bytes.
    pub length: u32,
}

/// A step of the urn.
#[derive(SimpleObject)]
pub struct UrnStep {
    /// When.
    pub moment: Moment,
    /// What: `KEY_DECLARED`, `BALLOTS_PUBLISHED`, `BALLOTS_SET_ASIDE`, `REGISTER_RECONCILED`, `LINK_SHREDDED`,
    /// `OBJECTION_LODGED`, `OBJECTION_ANSWERED`, `OPENED`.
    pub kind: &'static str,
    /// The number of the batch or of the objection.
    pub number: Option<u32>,
    /// The code of the area of a batch.
    pub area: Option<String>,
    /// How many ballots.
    pub ballots: Option<u64>,
    /// An objection or its answer; null once removed.
    pub text: Option<String>,
    /// What the register says, by area.
    pub register: Option<Vec<AreaRegister>>,
}

/// What the register says of an area: counts alone.
#[derive(SimpleObject)]
pub struct AreaRegister {
    /// The code of the area.
    pub area: String,
    /// Voters whose sealed ballot counts.
    pub digital: u64,
    /// Voters who signed for a paper.
    pub paper: u64,
    /// Papers that were in the boxes of all polling places, as far as they were counted. When more are there
    /// than voters signed, somebody has to say why.
    pub papers_in_boxes: u64,
    /// Voters who did both.
    pub both: u64,
    /// Entries that were close to another one, on which two agents decided.
    pub doubtful: u64,
}

/// What the register says of whoever asks (`mon inscription`).
#[derive(SimpleObject)]
pub struct VoterRegistration {
    /// The code of the district they vote in.
    pub district: Option<String>,
    /// Whether they signed for a paper.
    pub on_paper: bool,
}

/// Two entries of the register that may be one voter.
#[derive(SimpleObject)]
pub struct RegisterMatch {
    /// What `decideMatch` names it by.
    pub id: String,
    /// The entries.
    pub entries: Vec<RegisterEntry>,
    /// What two agents decided: whether they are one voter.
    pub same: Option<bool>,
    /// What one agent said so far.
    pub said: Option<bool>,
}

/// An entry of the register, as agents see it to compare it with another one.
#[derive(SimpleObject)]
pub struct RegisterEntry {
    /// Given names and surname.
    pub names: String,
    /// The day of birth.
    pub birth_date: String,
    /// The place of birth.
    pub birth_place: String,
    /// Whether they signed for a paper.
    pub on_paper: bool,
}

impl From<vault::Registered> for VoterRegistration {
    fn from(known: vault::Registered) -> Self {
        Self { district: known.district.map(String::from), on_paper: known.on_paper }
    }
}

impl From<vault::Match> for RegisterMatch {
    fn from(found: vault::Match) -> Self {
        let entry = |(civil, on_paper): (vault::Civil, bool)| RegisterEntry {
            names: civil.names,
            birth_date: civil.born.to_string(),
            birth_place: civil.birthplace,
            on_paper,
        };
        let said = found.said.map(|(said, _)| said);
        let entries = found.voters.into_iter().zip(found.on_paper).map(entry).collect();
        Self { id: found.id, entries, same: found.same, said }
    }
}

impl Urn {
    /// The urn; none where ballots aren't sealed.
    pub(crate) fn of(view: &View) -> Option<Self> {
        let (campaign, urn) = (&view.model.campaign, &view.model.urn);
        let configuration = campaign.configured().ok().filter(|_| campaign.is_sealed())?;
        let (log, ceremony) = urn.ceremony.as_ref().map(|(log, ceremony)| (log.clone(), ceremony)).unzip();
        let catalogue = campaign.catalogue_published.then(|| campaign.catalogue_digest().ok()).flatten();
        let lengths = configuration.areas.iter().map(|area| SealedLength {
            area: area.id.to_string(),
            length: u32::try_from(campaign.padded_length(area)).unwrap_or(u32::MAX),
        });
        Some(Self {
            log,
            key: ceremony.map(|ceremony| ceremony.key.to_string()),
            key_id: ceremony.map(|ceremony| ceremony.key.id().to_string()),
            threshold: ceremony.map(|ceremony| ceremony.threshold),
            shares: ceremony.map(|ceremony| ceremony.shares.iter().copied().map(Sha256).collect()).unwrap_or_default(),
            catalogue: catalogue.map(Sha256),
            lengths: lengths.collect(),
            published: urn.published(),
            objections_until: campaign.objections_until.map(DateTime),
            secret: urn.secret.as_ref().map(|secret| secret.to_text().to_string()),
            steps: view.model.urn_steps.rows().map(|row| UrnStep::of(view, row)).collect(),
        })
    }
}

impl UrnStep {
    fn of(view: &View, row: &UrnRow) -> Self {
        let plain = |kind| Self {
            moment: row.moment.into(),
            kind,
            number: None,
            area: None,
            ballots: None,
            text: None,
            register: None,
        };
        match &row.step {
            Step::KeyDeclared {} => plain("KEY_DECLARED"),
            Step::BallotsPublished { number, area, ballots } => Self {
                number: Some(*number),
                area: Some(area.to_string()),
                ballots: Some(*ballots),
                ..plain("BALLOTS_PUBLISHED")
            },
            Step::BallotsSetAside { ballots } => Self { ballots: Some(*ballots), ..plain("BALLOTS_SET_ASIDE") },
            Step::RegisterReconciled { areas } => {
                let of = |row: &domain::urn::AreaRegister| AreaRegister {
                    area: row.area.to_string(),
                    digital: row.digital,
                    paper: row.paper,
                    papers_in_boxes: papers_in_boxes(&view.model, &row.area),
                    both: row.both,
                    doubtful: row.doubtful,
                };
                Self { register: Some(areas.iter().map(of).collect()), ..plain("REGISTER_RECONCILED") }
            }
            Step::LinkShredded { ballots, .. } => Self { ballots: Some(*ballots), ..plain("LINK_SHREDDED") },
            Step::ObjectionLodged { number, text } => {
                Self { number: Some(*number), text: text.get().cloned(), ..plain("OBJECTION_LODGED") }
            }
            Step::ObjectionAnswered { number, answer } => {
                Self { number: Some(*number), text: answer.get().cloned(), ..plain("OBJECTION_ANSWERED") }
            }
            Step::Opened {} => plain("OPENED"),
        }
    }
}
