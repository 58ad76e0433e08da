//! Owns the suite `campaign`: from the deposit to the ballot paper, as the city's agents see it.
//!
//! Plays the demo, takes it back to the middle of the instruction, and asks what agents ask there. The
//! limit of a question is a walk of the tables that it looks at, one field of each row read. Must not
//! measure the server: `graphql.rs` does.

use super::Scale;
use super::city::{self, Demo, PROPOSALS};
use super::measure::{Outcome, Report, Samples, mebibytes, now, of_process, own_memory, per_second, text, timed, told};
use super::sqlite::{BATCH, Plain};
use api::fold;
use domain::{DepartmentId, Timestamp};
use projections::equity::{self, Dimension};
use projections::similar::{self, Query};
use projections::work::{self, Desk, List};
use projections::{Model, lineage, origin};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;

const SUITE: &str = "campaign";

/// When agents ask: some departments have answered, some owe their verdicts, some are late.
const NOW: &str = "2025-04-24T12:00:00Z";

/// As many proposals as all campaigns of Paris had together, in so many campaigns.
const CAMPAIGNS: u64 = 5;
const ALL_PROPOSALS: u64 = 9_000;

/// Voters of the campaigns that are only looked through for proposals.
const FEW: u64 = 20;

pub(super) fn run(demo: &Demo, report: &mut Report, scale: Scale) -> Outcome<()> {
    build(demo, report, scale)?;
    steps(demo, report, scale)?;
    let model = in_instruction(demo)?;
    work_lists(&model, report, scale)?;
    let reader = demo.store.reader();
    let whole = fold::model(&reader, &city::log(&reader)?, |_| Ok(())).map_err(told)?;
    lineages(&whole, report, scale)?;
    similar_proposals(demo, report, scale)
}

/// How many events a second a whole campaign is written, and the most memory that takes.
fn build(demo: &Demo, report: &mut Report, scale: Scale) -> Outcome<()> {
    let leaves = city::leaves(&demo.store.reader(), 0)?;
    let bytes = leaves.iter().map(|leaf| leaf.len()).try_fold(0, |sum, n| u64::try_from(n).map(|n| sum + n))?;
    let (mut own, mut count, mut played) = (Samples::default(), Samples::default(), Samples::default());
    own.push(mebibytes(bytes)?);
    count.push(f64::from(u32::try_from(leaves.len())?));
    played.push(per_second(leaves.len(), demo.played)?);
    let (mut written, mut peak) = (Samples::default(), Samples::default());
    for _ in 0..scale.runs {
        let folder = tempfile::tempdir_in(demo.folder.path())?;
        let elapsed = Plain::create(&folder.path().join("plain.db"))?.insert(&leaves, BATCH)?;
        written.push(per_second(leaves.len(), elapsed)?);
        let voters = scale.voters.to_string();
        peak.push(mebibytes(of_process("memory-of-demo", &[text(folder.path())?, &voters])?)?);
    }
    report.add(SUITE, "demo_events", "events", &count, None);
    report.add(SUITE, "sqlite_batched_inserts", "events/s", &written, None);
    report.add(SUITE, "demo_build_rate", "events/s", &played, Some((super::sqlite::BATCHED, &written)));
    report.add(SUITE, "demo_build_peak_memory", "MiB", &peak, Some(("the leaves themselves", &own)));
    Ok(())
}

/// How long it takes to play the demo without its vote: the steps from the deposit to the ballot list.
fn steps(demo: &Demo, report: &mut Report, scale: Scale) -> Outcome<()> {
    let mut played = Samples::default();
    for _ in 0..scale.runs {
        let folder = tempfile::tempdir_in(demo.folder.path())?;
        let (elapsed, _) = timed(|| city::play_with(&folder.path().join("steps.db"), 7, FEW, PROPOSALS))?;
        played.push(elapsed.as_secs_f64());
    }
    report.add(SUITE, "demo_build_without_vote", "s", &played, None);
    Ok(())
}

/// Plays the demo, then prints the most memory that this process ever had resident, in bytes.
pub(super) fn memory(folder: &Path, voters: &str) -> Outcome<()> {
    city::play(&folder.join("demo.db"), voters.parse()?)?;
    println!("{}", own_memory("VmHWM")?);
    Ok(())
}

/// The campaign as it stood at [`NOW`].
fn in_instruction(demo: &Demo) -> Outcome<Model> {
    let (reader, now) = (demo.store.reader(), NOW.parse::<Timestamp>()?);
    let log = city::log(&reader)?.log_id;
    let mut model = Model::default();
    loop {
        for stored in reader.read(log, model.size(), 4_096)? {
            let record = fold::record(&stored)?;
            if record.at >= now {
                return Ok(model);
            }
            model.apply(&record)?;
        }
    }
}

/// Microseconds of one of so many times, in turns with the limit.
fn in_turns<T, L>(
    runs: u32,
    times: u32,
    mut work: impl FnMut() -> T,
    mut limit: impl FnMut() -> L,
) -> (Samples, Samples) {
    let (mut worked, mut limited) = (Samples::default(), Samples::default());
    for _ in 0..runs {
        let began = now();
        (0..times).for_each(|_| drop(black_box(work())));
        worked.push(began.elapsed().as_secs_f64() * 1e6 / f64::from(times));
        let began = now();
        (0..times).for_each(|_| drop(black_box(limit())));
        limited.push(began.elapsed().as_secs_f64() * 1e6 / f64::from(times));
    }
    (worked, limited)
}

/// What a list of one department costs, and the numbers of all lists.
fn work_lists(model: &Model, report: &mut Report, scale: Scale) -> Outcome<()> {
    let department: DepartmentId = "voirie".parse()?;
    let desk = Desk {
        agent: Some("agent-referent-voirie-2".parse()?),
        departments: BTreeSet::from([department]),
        now: NOW.parse()?,
    };
    let open = || model.projects.rows().filter(|row| row.decision.is_none() && row.ending.is_none()).count();
    let name = "a walk of the projects";
    let lists = [
        ("mine", List::Mine),
        ("department", List::Department),
        ("late", List::Late),
        ("waiting", List::Waiting),
        ("undecided", List::Undecided),
    ];
    for (list, of) in lists {
        let found = work::tasks(model, &desk, of).len();
        eprintln!("parvis-bench: {found} of {} projects on the list `{list}`", open());
        let (took, walked) = in_turns(scale.runs, 200, || work::tasks(model, &desk, of), open);
        report.add(SUITE, &format!("work_list_{list}"), "us", &took, Some((name, &walked)));
    }
    let (took, walked) = in_turns(scale.runs, 200, || work::counts(model, &desk), open);
    report.add(SUITE, "work_list_counts", "us", &took, Some((name, &walked)));
    Ok(())
}

/// Where everything comes from and went to, and how equally people were treated.
fn lineages(model: &Model, report: &mut Report, scale: Scale) -> Outcome<()> {
    let walk = || {
        let proposals: usize = model.proposals.rows().map(|row| row.merges.len()).sum();
        proposals + model.projects.rows().map(|row| row.proposals.len()).sum::<usize>()
    };
    let name = "a walk of proposals and projects";
    let back = || {
        model
            .projects
            .rows()
            .filter_map(|row| lineage::back(model, &row.id))
            // A proposal of a project that was split is there twice: by the part and by the whole.
            .map(|one| one.sources.iter().map(|source| &source.proposal.id).collect::<BTreeSet<_>>().len())
            .sum::<usize>()
    };
    let forward = || {
        let all = model.proposals.rows().filter_map(|row| lineage::forward(model, &row.id));
        all.map(|one| one.stations.len()).sum::<usize>()
    };
    if back() != forward() {
        return Err("the lineages don't agree from both ends".into());
    }
    let (took, walked) = in_turns(scale.runs, 5, back, walk);
    report.add(SUITE, "lineage_back_of_all_projects", "us", &took, Some((name, &walked)));
    let (took, walked) = in_turns(scale.runs, 5, forward, walk);
    report.add(SUITE, "lineage_forward_of_all_proposals", "us", &took, Some((name, &walked)));
    let sentences = || model.projects.rows().filter_map(|row| origin::origin(model, row)).count();
    let (took, walked) = in_turns(scale.runs, 5, sentences, walk);
    report.add(SUITE, "origin_of_all_projects", "us", &took, Some((name, &walked)));
    let dimensions = [Dimension::Area, Dimension::Theme, Dimension::Depositor, Dimension::Neighbourhood];
    let all = || dimensions.map(|dimension| equity::equity(model, dimension).len()).iter().sum::<usize>();
    let (took, walked) = in_turns(scale.runs, 5, all, walk);
    report.add(SUITE, "equity_in_four_dimensions", "us", &took, Some((name, &walked)));
    let (took, walked) = in_turns(scale.runs, 5, || equity::departments(model), walk);
    report.add(SUITE, "equity_of_departments", "us", &took, Some((name, &walked)));
    Ok(())
}

/// What a depositor is shown before one more proposal, out of those of all campaigns.
fn similar_proposals(demo: &Demo, report: &mut Report, scale: Scale) -> Outcome<()> {
    let each = if scale.quick { PROPOSALS / 10 } else { ALL_PROPOSALS / CAMPAIGNS };
    let mut campaigns = Vec::new();
    for seed in 0..CAMPAIGNS {
        let folder = tempfile::tempdir_in(demo.folder.path())?;
        let (_, store) = city::play_with(&folder.path().join("earlier.db"), seed, FEW, each)?;
        let reader = store.reader();
        campaigns.push(fold::model(&reader, &city::log(&reader)?, |_| Ok(())).map_err(told)?);
    }
    let models: Vec<&Model> = campaigns.iter().collect();
    let title = "Végétaliser la cour de l’école des Tilleuls";
    let description =
        "Les enfants du quartier manquent d’ombre : nous proposons des arbres, des bancs et un sol perméable.";
    let point = models.first().and_then(|model| model.proposals.rows().find_map(|row| row.deposit.point));
    let query = Query { title, description, point, exclude: None };
    let found = similar::similar(&models, &query).len();
    let searched: usize = models.iter().map(|model| model.proposals.rows().count()).sum();
    eprintln!("parvis-bench: {found} of {searched} proposals are similar");
    let walk = || {
        let rows = models.iter().flat_map(|model| model.proposals.rows());
        rows.filter(|row| row.is_public() && row.deposit.point.is_some()).count()
    };
    let (took, walked) = in_turns(scale.runs, 20, || similar::similar(&models, &query), walk);
    report.add(SUITE, &format!("similar_among_{searched}"), "us", &took, Some(("a walk of the proposals", &walked)));
    Ok(())
}
