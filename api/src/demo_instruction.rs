//! The demo's instruction: departments and their agents, verdicts, appeals, and the commission.
//!
//! Next: `demo_vote.rs`, when the list is published.

use crate::demo::{COORDINATOR, Play, agent, referents};
use crate::demo_city::{CRITERIA, id};
use crate::demo_ideas::citizen;
use crate::demo_merging::Plan;
use crate::demo_words as words;
use crate::failure::Failure;
use crate::steps::{Diary, Step};
use domain::campaign::Command as CampaignCommand;
use domain::phase::Phase;
use domain::project::{
    Answer, Assignment, Command as Act, Commitment, CostKind, CostLine, Opinion, ScopeChange, Verdict,
};
use domain::{Actor, Cents, Command, DepartmentId, Hidden, ProjectId, Role, Timestamp};
use std::collections::BTreeMap;

/// How long a department has.
const DAYS: u16 = 35;

/// A department's part in a project.
struct Brief {
    department: DepartmentId,
    mandatory: bool,
    /// Who instructs, and who would decide an appeal.
    agents: (Actor, Actor),
    cents: Cents,
    opinion: Opinion,
}

/// What becomes of a project between the departments and the commission.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// All are for it.
    Agreed,
    /// All are for it, and the commission sends it back once.
    Reopened,
    /// All are for something smaller.
    Reduced,
    /// All are for it, and the commission prefers another project.
    Declined,
    /// A department is against it, and nobody appeals.
    Against,
    /// A department is against it, and stays so after an appeal.
    AppealLost,
    /// A department is against it, until an appeal.
    AppealWon,
}

impl Fate {
    fn against(self) -> bool {
        matches!(self, Self::Against | Self::AppealLost | Self::AppealWon)
    }
}

impl Play<'_> {
    /// Everything from the assignments to the commission's decisions; costs are settled then.
    pub(crate) fn instruction(&self, diary: &mut Diary, plans: &mut [Plan]) -> Result<(), Failure> {
        for plan in plans.iter_mut() {
            let fate = match (plan.admitted, self.below(100)) {
                (true, 0..6) => Fate::AppealWon,
                (true, 6..10) => Fate::Reopened,
                (true, 10..16) => Fate::Reduced,
                (true, _) => Fate::Agreed,
                (false, 0..30) => Fate::AppealLost,
                (false, 30..40) => Fate::Declined,
                (false, _) => Fate::Against,
            };
            self.instruct(diary, plan, fate)?;
        }
        self.exclusions(diary, plans)
    }

    fn instruct(&self, diary: &mut Diary, plan: &mut Plan, fate: Fate) -> Result<(), Failure> {
        let briefs = self.briefs(plan, fate);
        let assigned = self.later(plan.ready, 1 + self.below(3));
        let mut last = assigned;
        for (nth, brief) in briefs.iter().enumerate() {
            // Some go to a department first that has nothing to do with it.
            let others: Vec<&DepartmentId> = self
                .city
                .departments
                .iter()
                .filter(|one| !briefs.iter().any(|brief| brief.department == **one))
                .collect();
            let wrong = words::pick(&self.entropy, &others).filter(|_| nth == 1 && self.chance(8)).copied();
            last = last.max(self.one_department(diary, plan, brief, assigned, wrong)?);
        }
        let mut at = self.later(last, 1);
        diary.note(at, commission(&plan.id, "consolidate", Act::Consolidate));
        match fate {
            Fate::Reopened => {
                let reason = "La commission demande un chiffrage plus précis.".to_owned();
                diary.note(self.later(at, 1), commission(&plan.id, "reopen", Act::Reopen { reason }));
                if let Some(brief) = briefs.first() {
                    let verdict = self.verdict(brief, Opinion::FavourableWithConditions, false);
                    diary.note(self.later(at, 2), says(&plan.id, "again", &brief.agents.0, verdict));
                }
                at = self.later(at, 3);
                diary.note(at, commission(&plan.id, "consolidate again", Act::Consolidate));
            }
            Fate::Reduced => {
                let cents = plan.cost.get() / 10 * 8;
                plan.cost = Cents::new(cents).unwrap_or(plan.cost);
                let change = ScopeChange {
                    description: Some(said(
                        "La commission retient la première tranche : plantations et accès, sans le kiosque.",
                    )),
                    lines: vec![CostLine { kind: CostKind::Investment, cents: plan.cost }],
                    reason: said("Le projet entier prendrait à lui seul trop de l’enveloppe."),
                };
                diary.note(self.later(at, 1), commission(&plan.id, "scope", Act::ChangeScope(Box::new(change))));
            }
            Fate::AppealWon | Fate::AppealLost => self.appeal(diary, plan, &briefs, at, fate)?,
            Fate::Agreed | Fate::Declined | Fate::Against => {}
        }
        self.decide(diary, plan, fate)
    }

    /// Two to four departments share the cost; the first one's word counts in any case.
    fn briefs(&self, plan: &Plan, fate: Fate) -> Vec<Brief> {
        let (first, count) = (self.below(7), 2 + self.below(3));
        let share = plan.cost.get() / i64::try_from(count).unwrap_or(1);
        let brief = |nth: u64| {
            let department = usize::try_from((first + nth) % 7).ok().and_then(|n| self.city.departments.get(n))?;
            let rest = plan.cost.get() - share * i64::try_from(count - 1).unwrap_or(0);
            let mandatory = nth == 0 || self.chance(80);
            let opinion = match nth {
                0 if fate.against() => Opinion::Unfavourable,
                // A department that is only heard may be against what is done nevertheless.
                _ if !mandatory && self.chance(15) => Opinion::Unfavourable,
                _ if self.chance(15) => Opinion::FavourableWithConditions,
                _ => Opinion::Favourable,
            };
            let [one, two, three] = referents(department);
            let agents = if self.chance(50) { (one, two) } else { (two, three) };
            let cents = Cents::new(if nth == 0 { rest } else { share }).unwrap_or(Cents::ZERO);
            Some(Brief { department: department.clone(), mandatory, agents, cents, opinion })
        };
        (0..count).filter_map(brief).collect()
    }

    /// From the assignment to the verdict, at whose moment it ends.
    fn one_department(
        &self,
        diary: &mut Diary,
        plan: &Plan,
        brief: &Brief,
        assigned: Timestamp,
        wrong: Option<&DepartmentId>,
    ) -> Result<Timestamp, Failure> {
        let Brief { department, mandatory, agents: (instructor, _), opinion, .. } = brief;
        let mut assigned = assigned;
        let assign = |department: &DepartmentId, at: Timestamp| {
            let due = at.plus_days(DAYS).unwrap_or(at);
            let assignment = Assignment { department: department.clone(), mandatory: *mandatory, due };
            commission(&plan.id, &format!("assign {department}"), Act::Assign(assignment))
        };
        if let Some(wrong) = wrong {
            let mut step = assign(wrong, assigned);
            step.name = format!("wrongly {}", step.name);
            diary.note(assigned, step);
            let reason = "Ce lieu n’est pas de notre ressort : il relève d’une autre direction.".to_owned();
            let back = Act::HandBack { department: wrong.clone(), reason };
            let [one, ..] = referents(wrong);
            diary.note(self.later(assigned, 3), step_of(&plan.id, &format!("hand back {wrong}"), one, back));
            assigned = self.later(assigned, 5);
        }
        diary.note(assigned, assign(department, assigned));
        let name = Act::NameInstructor { department: department.clone(), agent: id(&instructor.id)? };
        let [head, ..] = referents(department);
        diary.note(self.later(assigned, 1), step_of(&plan.id, &format!("name {department}"), head, name));
        // One in eight is late.
        let days = if self.chance(12) { u64::from(DAYS) + 1 + self.below(6) } else { 8 + self.below(24) };
        let at = self.later(assigned, days);
        let needed = *opinion == Opinion::FavourableWithConditions && self.chance(50);
        let verdict = self.verdict(brief, *opinion, needed);
        let yearly_cents = verdict.yearly_cents;
        diary.note(at, says(&plan.id, "verdict", instructor, verdict));
        if needed {
            let association = words::pick(&self.entropy, &words::ASSOCIATIONS).copied().unwrap_or_default();
            let commitment = Commitment { association: said(association), yearly_cents, until: None };
            let name = format!("commitment {department}");
            diary.note(self.later(at, 1), commission(&plan.id, &name, Act::RecordCommitment(commitment)));
            return Ok(self.later(at, 1));
        }
        Ok(at)
    }

    fn verdict(&self, brief: &Brief, opinion: Opinion, commitment_needed: bool) -> Verdict {
        let against = opinion == Opinion::Unfavourable;
        let (reasons, remark) = match opinion {
            Opinion::Unfavourable => (
                "Le terrain n’appartient pas à la ville : nous ne pouvons pas y construire.",
                Some(said("Parcelle d’un autre propriétaire, qui ne souhaite pas la céder.")),
            ),
            Opinion::FavourableWithConditions => ("Faisable si le lieu est entretenu et fermé la nuit.", None),
            Opinion::Favourable => ("Faisable en deux ans, sur le domaine public, dans l’intérêt général.", None),
        };
        let criteria = CRITERIA.iter().filter_map(|(criterion, _)| {
            let ground = *criterion == "domaine-public";
            let remark = remark.clone().filter(|_| ground);
            Some(Answer { criterion: criterion.parse().ok()?, met: !(against && ground), remark })
        });
        let conditions = (opinion == Opinion::FavourableWithConditions)
            .then(|| said("Une association ouvre et ferme le lieu ; les plantations sont choisies sobres en eau."));
        let part = |of: i64| Cents::new(brief.cents.get() / 20 * of).unwrap_or(Cents::ZERO);
        let (study, equipment) = (part(u32::from(self.chance(30)).into()), part(if self.chance(20) { 4 } else { 0 }));
        let works = Cents::new(brief.cents.get() - study.get() - equipment.get()).unwrap_or(Cents::ZERO);
        let lines = [(CostKind::Investment, works), (CostKind::Study, study), (CostKind::Equipment, equipment)];
        let lines = lines.into_iter().filter(|(_, cents)| *cents > Cents::ZERO);
        Verdict {
            department: brief.department.clone(),
            opinion,
            reasons: said(reasons),
            criteria: criteria.collect(),
            conditions,
            lines: lines.map(|(kind, cents)| CostLine { kind, cents }).collect(),
            yearly_cents: Cents::new(brief.cents.get() / 100).unwrap_or(Cents::ZERO),
            commitment_needed,
        }
    }

    /// An author appeals; each department that was against decides again, by another agent.
    fn appeal(
        &self,
        diary: &mut Diary,
        plan: &Plan,
        briefs: &[Brief],
        consolidated: Timestamp,
        fate: Fate,
    ) -> Result<(), Failure> {
        let Some(author) = words::pick(&self.entropy, &plan.authors) else { return Ok(()) };
        let at = self.later(consolidated, 2 + self.below(6));
        let grounds = "Le terrain a été cédé à la ville en mars : l’acte est joint au dossier de la mairie.".to_owned();
        diary.note(at, step_of(&plan.id, "appeal", citizen(author), Act::Appeal { grounds }));
        for Brief { department, agents: (_, second), .. } in
            briefs.iter().filter(|b| b.opinion == Opinion::Unfavourable)
        {
            let name = Act::NameInstructor { department: department.clone(), agent: id(&second.id)? };
            let [head, ..] = referents(department);
            diary.note(self.later(at, 1), step_of(&plan.id, &format!("name again {department}"), head, name));
        }
        for (nth, brief) in briefs.iter().filter(|brief| brief.opinion == Opinion::Unfavourable).enumerate() {
            // The appeal is won or lost in the department whose word counts; others who were heard stay.
            let won = fate == Fate::AppealWon && nth == 0;
            let opinion = if won { Opinion::Favourable } else { Opinion::Unfavourable };
            let verdict = self.verdict(brief, opinion, false);
            diary.note(self.later(at, 3), says(&plan.id, "second verdict", &brief.agents.1, verdict));
        }
        diary.note(self.later(at, 4), commission(&plan.id, "consolidate after appeal", Act::Consolidate));
        Ok(())
    }

    /// The commission meets on four days.
    fn decide(&self, diary: &mut Diary, plan: &Plan, fate: Fate) -> Result<(), Failure> {
        let at = self.slot(Phase::PreSubmit, 50 + self.below(4), self.below(3))?;
        let reason = match fate {
            Fate::Agreed => "Avis favorables de toutes les directions dont l’avis est requis.",
            Fate::Reopened => "Avis favorables ; le chiffrage a été précisé à la demande de la commission.",
            Fate::Reduced => "Retenu pour sa première tranche.",
            Fate::AppealWon => "Le recours est fondé : le projet est retenu.",
            Fate::Declined => "La commission a retenu sur le même lieu un projet plus complet.",
            Fate::Against => "Une direction a donné un avis défavorable motivé.",
            Fate::AppealLost => "L’avis défavorable est confirmé après recours.",
        };
        let reason = reason.to_owned();
        let decision = match plan.admitted {
            true => Act::Admit { cost_cents: None, withdrawn: false, reason: Some(reason) },
            false => Act::Refuse { reason },
        };
        diary.note(at, commission(&plan.id, "decision", decision));
        Ok(())
    }

    /// Projects on the same ground exclude each other: a person has said so, for one pair a district.
    fn exclusions(&self, diary: &mut Diary, plans: &[Plan]) -> Result<(), Failure> {
        let mut grounds: BTreeMap<(usize, &str), Vec<&Plan>> = BTreeMap::new();
        for plan in plans.iter().filter(|plan| plan.admitted) {
            grounds.entry((plan.place, plan.title.as_str())).or_default().push(plan);
        }
        let pairs = grounds.into_values().filter_map(|same| Some([same.first()?.id.clone(), same.get(1)?.id.clone()]));
        for (nth, pair) in pairs.enumerate() {
            let projects: std::collections::BTreeSet<ProjectId> = pair.into();
            let declare = CampaignCommand::DeclareExclusion {
                projects: projects.clone(),
                reason: "Les deux projets occupent la même parcelle.".to_owned(),
            };
            let note = |diary: &mut Diary, day, name: String, command| {
                let (actor, commands) = (agent(COORDINATOR, Role::Coordinator), vec![Command::Campaign(command)]);
                self.slot(Phase::PreSubmit, day, 0).map(|at| diary.note(at, Step { name, actor, commands }))
            };
            note(diary, 44, format!("exclusion {nth}"), declare)?;
            if nth == 0 {
                let reason = "L’un des projets a été déplacé de l’autre côté de la rue.".to_owned();
                note(diary, 46, format!("no exclusion {nth}"), CampaignCommand::LiftExclusion { projects, reason })?;
            }
        }
        Ok(())
    }
}

fn said(text: &str) -> Hidden<String> {
    Hidden::Disclosed(text.to_owned())
}

fn step_of(project: &ProjectId, name: &str, actor: Actor, command: Act) -> Step {
    Step { name: format!("{name} {project}"), actor, commands: vec![Command::Project(project.clone(), command)] }
}

fn commission(project: &ProjectId, name: &str, command: Act) -> Step {
    step_of(project, name, agent(COORDINATOR, Role::Coordinator), command)
}

fn says(project: &ProjectId, name: &str, actor: &Actor, verdict: Verdict) -> Step {
    let name = format!("{name} {}", verdict.department);
    step_of(project, &name, actor.clone(), Act::GiveVerdict(Box::new(verdict)))
}
