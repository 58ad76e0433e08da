//! `parvis campaign …`: campaigns begun from files and from earlier ones, and a look at them.
//!
//! Acts as the programme itself, which may configure a campaign as long as nobody holds a role in it;
//! `parvis grant` then names the first coordinator.

use crate::campaign_file::Plan;
use crate::cli::CampaignCommand;
use crate::failure::Failure;
use crate::run_people::PROGRAMME;
use crate::settings::Settings;
use crate::{fold, say};
use commands::{Executor, Receipt, Request};
use domain::campaign::Command as CampaignCommands;
use domain::{Actor, Command, Hidden, Role};
use tokio::runtime::Handle;

/// Carries a command out. Blocks; call it off the async threads.
///
/// # Errors
/// The [`Failure`] of the file, of a rule, or of the store.
pub(crate) fn carry_out(executor: &Executor, settings: &Settings, command: CampaignCommand) -> Result<(), Failure> {
    let reader = executor.store().reader();
    match command {
        CampaignCommand::New { file, json } => {
            let plan = Plan::read(&file)?;
            let receipt = begin(executor, settings, &plan)?;
            say::begun(&plan.configuration.code, &plan, &receipt, json)
        }
        CampaignCommand::Clone { from, to, year, days, title, json } => {
            let model = fold::model(&reader, &fold::log(&reader, &from)?, |_| Ok(()))?;
            let earlier = model.campaign.configured()?;
            let days = days.unwrap_or_else(|| whole_weeks(i64::from(year) - i64::from(earlier.year)));
            let mut configuration = earlier.cloned(to, year, days)?;
            if let Some(title) = title {
                configuration.title = Hidden::Disclosed(title);
            }
            let outlines = Plan::of(&model.campaign).map(|plan| plan.outlines).unwrap_or_default();
            let plan = Plan { configuration, outlines };
            let receipt = begin(executor, settings, &plan)?;
            say::begun(&plan.configuration.code, &plan, &receipt, json)
        }
        CampaignCommand::Show { campaign: None, json } => say::campaigns(&reader.logs()?, json),
        CampaignCommand::Show { campaign: Some(code), json } => {
            let head = fold::log(&reader, &code)?;
            say::campaign(&fold::model(&reader, &head, |_| Ok(()))?, &head, json)
        }
    }
}

/// The whole weeks nearest to so many years of 365.2425 days, in days: the days of the week stay.
fn whole_weeks(years: i64) -> i64 {
    (years * 146_097 + 1_400).div_euclid(2_800) * 7
}

/// Begins the log of a campaign with all that the plan says, or not at all.
///
/// # Errors
/// `CAMPAIGN_EXISTS`, the no of a rule, and faults of the store.
fn begin(executor: &Executor, settings: &Settings, plan: &Plan) -> Result<Receipt, Failure> {
    let code = &plan.configuration.code;
    if executor.store().reader().logs()?.iter().any(|head| head.campaign == *code) {
        let message = "a campaign with this code is there already: give another code, or another --store";
        return Err(Failure::refused("CAMPAIGN_EXISTS", message).at(code));
    }
    let draw = |(place, outline): &(_, _)| {
        Command::Campaign(CampaignCommands::DrawOutline { place: Clone::clone(place), outline: Clone::clone(outline) })
    };
    let request = Request {
        command_id: executor.entropy().uuid(),
        actor: Actor::new(PROGRAMME, Role::System),
        commands: plan.outlines.iter().map(draw).collect(),
    };
    let origin = settings.origin_of(code);
    Ok(Handle::current().block_on(executor.open_campaign(&origin, plan.configuration.clone(), request))?)
}

#[cfg(test)]
mod tests {
    use super::whole_weeks;

    #[test]
    fn a_clone_keeps_the_days_of_the_week_and_the_season() {
        let days = [(0, 0), (1, 364), (-1, -364), (2, 728), (4, 1_463), (28, 10_227)];
        for (years, days) in days {
            assert_eq!((whole_weeks(years), days % 7), (days, 0), "{years}");
        }
    }
}
