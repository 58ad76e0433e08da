//! The form of a campaign's file, key by key: amounts in whole units, dates as dates, kinds as codes.
//!
//! Strict: a key that isn't here is refused, with its line. Owns how each value is written; the file
//! as a whole is in `campaign_file.rs`.

use crate::around_form::AroundForm;
use crate::campaign_file::id;
use crate::failure::Failure;
use domain::configuration::{
    AreaKind, BallotBox, DepositorRule, FormLimits, InstructionRules, Moderation, Named, SealedRules, Tongue,
};
use domain::phase::{Period, Phase};
use domain::proposal::DepositorKind;
use domain::{Cents, Hidden, InvalidId, Timestamp};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use tally::{AddOne, BallotType, MinScore, RuleKind, TallyRule, TieBreak, Utility};
use toml::value::Datetime;

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    pub(crate) code: String,
    pub(crate) title: String,
    pub(crate) territory: String,
    pub(crate) year: u16,
    #[serde(default = "euro")]
    pub(crate) currency: String,
    #[serde(default)]
    pub(crate) language: Tongue,
    #[serde(default)]
    pub(crate) moderation: Moderation,
    pub(crate) attachments_max: Option<u8>,
    pub(crate) comment_max: Option<u32>,
    #[serde(default)]
    pub(crate) gaps_confirmed: bool,
    #[serde(default = "sealed")]
    pub(crate) ballot_box: BallotBox,
    pub(crate) ballot: Option<BallotForm>,
    pub(crate) rule: RuleForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed: Option<SealedRules>,
    pub(crate) audited_places: Option<u16>,
    #[serde(default)]
    pub(crate) deposit: DepositForm,
    #[serde(default)]
    pub(crate) instruction: InstructionForm,
    pub(crate) calendar: Vec<PeriodForm>,
    pub(crate) areas: Vec<AreaForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) themes: Vec<NamedForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) departments: Vec<NamedForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) depositors: Vec<DepositorForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) neighbourhoods: Vec<PlaceForm>,
}

const fn sealed() -> BallotBox {
    BallotBox::Sealed
}

fn euro() -> String {
    "EUR".to_owned()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AreaForm {
    pub(crate) code: String,
    pub(crate) kind: AreaKind,
    pub(crate) name: String,
    pub(crate) envelope: Amount,
    pub(crate) population: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) postcodes: Vec<String>,
    pub(crate) ballot: Option<BallotForm>,
    pub(crate) outline: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceForm {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) outline: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedForm {
    pub(crate) code: String,
    pub(crate) name: String,
}

impl From<PlaceForm> for NamedForm {
    fn from(PlaceForm { code, name, .. }: PlaceForm) -> Self {
        Self { code, name }
    }
}

/// # Errors
/// `CAMPAIGN_FILE` for a code that is none, with the key of the list.
pub(crate) fn names<Id: FromStr<Err = InvalidId>>(
    key: &str,
    forms: Vec<impl Into<NamedForm>>,
) -> Result<Vec<Named<Id>>, Failure> {
    let named = |NamedForm { code, name }| Ok(Named { id: id(key, &code)?, name: Hidden::Disclosed(name) });
    forms.into_iter().map(Into::into).map(named).collect()
}

pub(crate) fn named<Id: fmt::Display>(all: &[Named<Id>]) -> Vec<NamedForm> {
    let form =
        |one: &Named<Id>| NamedForm { code: one.id.to_string(), name: one.name.get().cloned().unwrap_or_default() };
    all.iter().map(form).collect()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DepositorForm {
    kind: DepositorKind,
    name: String,
    #[serde(default)]
    complement_needed: bool,
}

impl From<DepositorForm> for DepositorRule {
    fn from(DepositorForm { kind, name, complement_needed }: DepositorForm) -> Self {
        Self { kind, name: Hidden::Disclosed(name), complement_needed }
    }
}

impl From<&DepositorRule> for DepositorForm {
    fn from(rule: &DepositorRule) -> Self {
        let name = rule.name.get().cloned().unwrap_or_default();
        Self { kind: rule.kind, name, complement_needed: rule.complement_needed }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DepositForm {
    pub(crate) title_min: u32,
    pub(crate) title_max: u32,
    pub(crate) description_min: u32,
    pub(crate) description_max: u32,
}

impl Default for DepositForm {
    fn default() -> Self {
        let FormLimits { title_min, title_max, description_min, description_max } = FormLimits::default();
        Self { title_min, title_max, description_min, description_max }
    }
}

impl From<DepositForm> for FormLimits {
    fn from(form: DepositForm) -> Self {
        let DepositForm { title_min, title_max, description_min, description_max } = form;
        Self { title_min, title_max, description_min, description_max }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct InstructionForm {
    pub(crate) verdict_days: u16,
    pub(crate) appeal_days: u16,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) criteria: Vec<NamedForm>,
}

impl Default for InstructionForm {
    fn default() -> Self {
        let InstructionRules { verdict_days, appeal_days, .. } = InstructionRules::default();
        Self { verdict_days, appeal_days, criteria: Vec::new() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodForm {
    phase: Phase,
    start: Moment,
    /// The moment after its last; without it, where the next phase starts.
    end: Option<Moment>,
}

impl From<&Period> for PeriodForm {
    fn from(period: &Period) -> Self {
        Self { phase: period.phase, start: Moment(period.start), end: Some(Moment(period.end)) }
    }
}

/// # Errors
/// A phase without an end that no other one follows.
pub(crate) fn periods(forms: &[PeriodForm]) -> Result<Vec<Period>, String> {
    let next = forms.iter().skip(1).map(|form| Some(form.start)).chain([None]);
    let period = |(form, next): (&PeriodForm, Option<Moment>)| {
        let missing = || format!("`end` of {} is missing: say when the last phase ends", form.phase.code());
        let end = form.end.or(next).ok_or_else(missing)?;
        Ok(Period { phase: form.phase, start: form.start.0, end: end.0 })
    };
    forms.iter().zip(next).map(period).collect()
}

/// What a voter may write.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum BallotForm {
    Approval { min: u32, max: u32 },
    ChooseOne,
    Knapsack { budget: Amount },
    Cumulative { points: u32, max_per_project: u32 },
    Ordinal { max: u32 },
    Scoring { min: i64, max: i64 },
    MajorityJudgment { grades: Vec<String>, default: u32 },
}

impl From<BallotForm> for BallotType {
    fn from(form: BallotForm) -> Self {
        match form {
            BallotForm::Approval { min, max } => Self::Approval { min, max },
            BallotForm::ChooseOne => Self::ChooseOne,
            BallotForm::Knapsack { budget } => Self::Knapsack { budget_cents: budget.0 },
            BallotForm::Cumulative { points, max_per_project } => Self::Cumulative { points, max_per_project },
            BallotForm::Ordinal { max } => Self::Ordinal { max },
            BallotForm::Scoring { min, max } => Self::Scoring { min, max },
            BallotForm::MajorityJudgment { grades, default } => Self::MajorityJudgment { grades, default },
        }
    }
}

pub(crate) fn ballot_form(ballot: &BallotType) -> BallotForm {
    match ballot.clone() {
        BallotType::Approval { min, max } => BallotForm::Approval { min, max },
        BallotType::ChooseOne => BallotForm::ChooseOne,
        BallotType::Knapsack { budget_cents } => BallotForm::Knapsack { budget: Amount(budget_cents) },
        BallotType::Cumulative { points, max_per_project } => BallotForm::Cumulative { points, max_per_project },
        BallotType::Ordinal { max } => BallotForm::Ordinal { max },
        BallotType::Scoring { min, max } => BallotForm::Scoring { min, max },
        BallotType::MajorityJudgment { grades, default } => BallotForm::MajorityJudgment { grades, default },
    }
}

/// How winners follow from ballots.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForm {
    kind: RuleKind,
    utility: Option<Utility>,
    add_one: Option<AddOne>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    then_greedy: bool,
    tie_break: Vec<TieBreak>,
    min_score: Option<u64>,
    min_share_of_ballots: Option<u32>,
    around: Option<AroundForm>,
}

impl RuleForm {
    /// # Errors
    /// Two thresholds, or a share above the whole.
    pub(crate) fn rule(self) -> Result<TallyRule, String> {
        let min_score = match (self.min_score, self.min_share_of_ballots) {
            (None, None) => None,
            (Some(score), None) => Some(MinScore::Score(score)),
            (None, Some(share)) if share <= 10_000 => Some(MinScore::ShareOfBallots(share)),
            (None, Some(_)) => {
                return Err("rule.min_share_of_ballots: at most 10000 hundredths of a percent".to_owned());
            }
            (Some(_), Some(_)) => {
                return Err("rule: say `min_score` or `min_share_of_ballots`, not both".to_owned());
            }
        };
        let around = self.around.map(Into::into).unwrap_or_default();
        let rule =
            self.kind.with(self.utility, self.add_one, self.then_greedy).map_err(|e| format!("rule.kind: {e}"))?;
        Ok(TallyRule { rule, min_score, tie_break: self.tie_break, around })
    }
}

pub(crate) fn rule_form(rule: &TallyRule) -> RuleForm {
    let (min_score, min_share_of_ballots) = match rule.min_score {
        None => (None, None),
        Some(MinScore::Score(score)) => (Some(score), None),
        Some(MinScore::ShareOfBallots(share)) => (None, Some(share)),
    };
    let around = Some(&rule.around).filter(|around| !around.is_default()).map(Into::into);
    let (kind, utility, add_one, then_greedy) = rule.rule.parts();
    let tie_break = rule.tie_break.clone();
    RuleForm { kind, utility, add_one, then_greedy, tie_break, min_score, min_share_of_ballots, around }
}

/// An amount: whole units of the currency as a number, or a text with decimals.
#[derive(Clone, Copy)]
pub(crate) struct Amount(pub(crate) Cents);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.get() {
            cents if cents % 100 == 0 => serializer.serialize_i64(cents / 100),
            _ => serializer.serialize_str(&self.0.to_string()),
        }
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount: whole units as a number (300000), or a text with decimals (\"1250.50\")")
    }

    fn visit_i64<E: Error>(self, units: i64) -> Result<Amount, E> {
        Cents::from_units(units).map(Amount).ok_or_else(|| E::custom("an amount too large to be counted in cents"))
    }

    fn visit_u64<E: Error>(self, units: u64) -> Result<Amount, E> {
        self.visit_i64(i64::try_from(units).map_err(|_| E::custom("an amount too large to be counted in cents"))?)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        Cents::from_decimal(text).map(Amount).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

/// A moment: a date (its first moment in UTC), or a date with a time and its distance from UTC.
#[derive(Clone, Copy)]
struct Moment(Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_string();
        let text = text.strip_suffix("T00:00:00Z").unwrap_or(&text);
        text.parse::<Datetime>().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let moment = Datetime::deserialize(deserializer)?;
        let text = match (moment.date, moment.time, moment.offset) {
            (Some(date), None, None) => format!("{date}T00:00:00Z"),
            (Some(_), Some(_), Some(_)) => moment.to_string(),
            _ => {
                let what = "a moment is a date (2027-01-04), or has a time with its offset (2027-01-04T09:00:00+01:00)";
                return Err(D::Error::custom(what));
            }
        };
        text.parse().map(Self).map_err(D::Error::custom)
    }
}
