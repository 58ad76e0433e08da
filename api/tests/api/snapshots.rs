//! Snapshots of the read model: a start uses what belongs to the log and nothing else, and tables of an
//! older version are replaced without a pause.

use crate::town::{Town, configuration, json_of};
use api::read_model::ReadModel;
use api::server::{Options, router};
use api::snapshot::Snapshots;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use commands::{Clock, Entropy, Executor};
use event_store::Redaction;
use projections::{SHAPE, Snapshot, TableDigest, VERSION};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use tower::ServiceExt;
use transparency::Hash;

async fn open(town: &Town, folder: &Path) -> Arc<ReadModel> {
    ReadModel::open_with(town.store.clone(), Some(Snapshots::open(folder).unwrap()), |_| {}).await.unwrap()
}

fn digests(model: &ReadModel) -> Vec<TableDigest> {
    model.current().campaign("T26").unwrap().model.digests().unwrap()
}

/// Every value there is, hidden ones too.
fn everything(model: &ReadModel) -> String {
    let version = model.current();
    let campaign = version.campaign("T26").unwrap();
    format!("{:?} {:?} {:?}", campaign.model, campaign.positions, campaign.disclosed)
}

/// What a model that has never seen a snapshot says.
async fn from_the_log(town: &Town) -> String {
    everything(&ReadModel::open(town.store.clone(), |_| {}).await.unwrap())
}

fn started_from(model: &ReadModel) -> Option<u64> {
    model.status()[0].snapshot
}

/// The files of a folder by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn file(folder: &Path, size: u64) -> PathBuf {
    folder.join(format!("T26.{size:020}.snapshot"))
}

/// A town in its ideation, with snapshots of it at two sizes, and one event after them.
async fn with_two_snapshots() -> (Town, TempDir, [u64; 2]) {
    let (town, folder) = (Town::configured().await, tempfile::tempdir().unwrap());
    town.open("IDEATION").await;
    let mut sizes = Vec::new();
    for title in ["Un banc", "Une fontaine"] {
        town.deposit("ada", title).await;
        let model = open(&town, folder.path()).await;
        model.save().await;
        sizes.push(model.status()[0].position);
    }
    town.deposit("ada", "Des arbres").await;
    assert_eq!(names(folder.path()).len(), 2);
    (town, folder, sizes.try_into().unwrap())
}

#[tokio::test]
async fn a_start_reads_only_what_came_after_the_snapshot() {
    let (town, folder, [_, newest]) = with_two_snapshots().await;
    let mut told = Vec::new();
    let snapshots = Snapshots::open(folder.path()).unwrap();
    let model = ReadModel::open_with(town.store.clone(), Some(snapshots), |progress| told.push(progress.done));
    let model = model.await.unwrap();
    let size = town.store.logs().await.unwrap()[0].size;
    assert_eq!(told, [newest, size]);
    assert_eq!(everything(&model), from_the_log(&town).await);
    let status = &model.status()[0];
    assert_eq!((status.position, status.size, status.snapshot), (size, size, Some(newest)));
    assert_eq!((status.rebuilding, status.broken, status.code.as_str()), (None, false, "T26"));
}

#[tokio::test]
async fn the_newest_two_are_kept_and_nothing_is_written_twice() {
    let (town, folder, [_, second]) = with_two_snapshots().await;
    let model = open(&town, folder.path()).await;
    model.save().await;
    let third = model.status()[0].position;
    let kept = [file(folder.path(), second), file(folder.path(), third)];
    let kept = kept.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    assert_eq!(names(folder.path()), kept);
    // Nothing has happened since: a second end writes nothing.
    std::fs::remove_file(file(folder.path(), third)).unwrap();
    model.save().await;
    assert_eq!(names(folder.path()), kept[..1]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_them() {
    use std::os::unix::fs::PermissionsExt;
    let (_town, folder, [_, newest]) = with_two_snapshots().await;
    assert_eq!(std::fs::metadata(file(folder.path(), newest)).unwrap().permissions().mode() & 0o777, 0o600);
    let inside = folder.path().join("a/b");
    Snapshots::open(&inside).unwrap();
    assert_eq!(std::fs::metadata(&inside).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_damaged_snapshot_is_put_aside_and_the_one_before_is_used() {
    let (town, folder, [older, newest]) = with_two_snapshots().await;
    let whole = std::fs::read(file(folder.path(), newest)).unwrap();
    let expected = from_the_log(&town).await;
    // Places all over the file, the last byte and nothing at all among them.
    let cuts = (0..24).map(|n| whole.len() * n / 24).chain([1, 31, 32, 33, whole.len() - 1]);
    for (number, cut) in (1..).zip(cuts) {
        std::fs::write(file(folder.path(), newest), &whole[..cut]).unwrap();
        let model = open(&town, folder.path()).await;
        assert_eq!((started_from(&model), everything(&model) == expected), (Some(older), true), "cut at {cut}");
        assert!(!file(folder.path(), newest).exists());
        let aside = names(folder.path()).into_iter().filter(|name| name.contains(".aside-")).count();
        assert_eq!(aside, number, "each one is kept");
    }
    // A folder without a whole one is as good as none.
    std::fs::write(file(folder.path(), older), &whole[..whole.len() / 2]).unwrap();
    let model = open(&town, folder.path()).await;
    assert_eq!((started_from(&model), everything(&model) == expected), (None, true));
}

#[tokio::test]
async fn a_snapshot_of_another_log_is_put_aside() {
    let (town, folder, [older, newest]) = with_two_snapshots().await;
    let another = Town::configured().await;
    another.open("IDEATION").await;
    another.deposit("ada", "Un banc").await;
    another.deposit("ada", "Une autre fontaine").await;
    let model = another.read_model.current();
    let other = model.campaign("T26").unwrap();
    assert_eq!((other.size(), &other.origin), (newest, &"town.example/T26".to_owned()), "code and origin are the same");
    let own = Snapshot::read(&std::fs::read(file(folder.path(), newest)).unwrap()[..]).unwrap();
    // Same code, size and origin; another origin; another code; more events than the log has.
    let cases = [
        (newest, other.snapshot()),
        (newest, Snapshot { origin: "elsewhere.example/T26".to_owned(), ..own.clone() }),
        (newest, Snapshot { campaign: "T27".to_owned(), ..own.clone() }),
        (99, {
            for n in 0..3 {
                another.deposit("ada", &format!("Encore {n}")).await;
            }
            another.read_model.current().campaign("T26").unwrap().snapshot()
        }),
    ];
    for (number, (size, snapshot)) in (1..).zip(cases) {
        let _ = std::fs::remove_file(file(folder.path(), newest));
        snapshot.write(std::fs::File::create(file(folder.path(), size)).unwrap()).unwrap();
        let model = open(&town, folder.path()).await;
        assert_eq!(started_from(&model), Some(older));
        assert_eq!(everything(&model), from_the_log(&town).await);
        let aside = names(folder.path()).into_iter().filter(|name| name.contains(".aside-")).count();
        assert_eq!(aside, number, "{:?}", names(folder.path()));
    }
}

#[tokio::test]
async fn a_snapshot_of_another_shape_is_left_to_those_who_can_read_it() {
    let (town, folder, [older, newest]) = with_two_snapshots().await;
    let whole = std::fs::read(file(folder.path(), newest)).unwrap();
    let end = whole.iter().position(|byte| *byte == b'\n').unwrap();
    let shape = format!(r#""shape":{SHAPE},"#);
    let first = str::from_utf8(&whole[..end]).unwrap().replace(&shape, r#""shape":4294967295,"#);
    let body = [first.as_bytes(), &whole[end..whole.len() - 32]].concat();
    std::fs::write(file(folder.path(), newest), [&body[..], &Hash::of(&[&body]).0].concat()).unwrap();
    let before = names(folder.path());
    let model = open(&town, folder.path()).await;
    assert_eq!((started_from(&model), names(folder.path())), (Some(older), before));
    std::fs::remove_file(file(folder.path(), older)).unwrap();
    let model = open(&town, folder.path()).await;
    assert_eq!((started_from(&model), everything(&model)), (None, from_the_log(&town).await));
}

#[tokio::test]
async fn what_was_removed_from_the_log_does_not_come_back_from_a_snapshot() {
    let (town, folder, _) = with_two_snapshots().await;
    let log = town.store.logs().await.unwrap()[0].log_id;
    // The last of the town's deposits is in no snapshot, its first in both.
    let events = town.store.read(log, 0, 100).await.unwrap();
    let deposit = events.iter().find(|event| event.event_type == "ProposalDeposited").unwrap();
    let path = deposit.disclosed.iter().map(|value| value.path.clone()).find(|path| path.ends_with("title")).unwrap();
    assert_eq!(town.store.redact(log, vec![Redaction { position: deposit.position, path }]).await.unwrap(), 1);
    let model = open(&town, folder.path()).await;
    assert_eq!((started_from(&model), names(folder.path())), (None, Vec::new()));
    assert!(everything(&model).contains("Une fontaine"));
    assert!(!everything(&model).contains("Un banc"));
    // And the next snapshot is believed again.
    model.save().await;
    let model = open(&town, folder.path()).await;
    assert!(started_from(&model).is_some());
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_fails_nothing() {
    let (town, folder, _) = with_two_snapshots().await;
    let inside = folder.path().join("inside");
    let snapshots = Snapshots::open(&inside).unwrap();
    std::fs::remove_dir(&inside).unwrap();
    let model = ReadModel::open_with(town.store.clone(), Some(snapshots), |_| {}).await.unwrap();
    model.save().await;
    assert_eq!((started_from(&model), everything(&model)), (None, from_the_log(&town).await));
    std::fs::write(&inside, b"a file").unwrap();
    assert_eq!(Snapshots::open(&inside).unwrap_err().code(), "SNAPSHOT_FOLDER");
}

/// Title of the campaign, and the size of the version that answered, as a client reads them.
async fn title(router: &Router) -> (String, u64) {
    let query = json!({ "query": r#"{ campaign(code: "T26") { title } }"# }).to_string();
    let request = Request::post("/graphql")
        .header("host", crate::town::HOST)
        .header("content-type", "application/json")
        .body(Body::from(query))
        .unwrap();
    let (status, body) = json_of(router.clone().oneshot(request).await.unwrap()).await;
    assert!(status.is_success() && body.get("errors").is_none(), "{body}");
    let title = body["data"]["campaign"]["title"].as_str().unwrap().to_owned();
    (title, body["extensions"]["parvis"]["size"].as_u64().unwrap_or_else(|| panic!("{body}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_an_older_version_are_served_until_they_are_folded_anew() {
    let (town, folder) = (Town::configured().await, tempfile::tempdir().unwrap());
    town.open("IDEATION").await;
    for n in 0..400 {
        town.deposit(&format!("author-{n}"), &format!("Banc {n}")).await;
    }
    // What an older programme left: the same log, another version, and a title that its folds got wrong.
    let mut old = town.read_model.current().campaign("T26").unwrap().snapshot();
    old.version = VERSION - 1;
    Arc::make_mut(&mut old.model.overview).title = domain::Hidden::Disclosed("Faux titre".to_owned());
    let size = old.model.size();
    old.write(std::fs::File::create(file(folder.path(), size)).unwrap()).unwrap();

    let model = open(&town, folder.path()).await;
    assert_eq!((started_from(&model), model.status()[0].position), (Some(size), size));
    let tag = model.current().tag;
    let clock = Clock::simulated("2026-03-03T00:00:00Z".parse().unwrap());
    let executor = Executor::new(town.store.clone(), clock, Entropy::seeded(5));
    let options = Options::new("127.0.0.1:0".parse().unwrap(), "town.example/", folder.path());
    let router = router(Arc::clone(&model), Some(executor), &options, town.people.as_ref()).unwrap();
    // It is served at once.
    let mut seen = vec![title(&router).await];
    assert_eq!(seen[0], ("Faux titre".to_owned(), size));

    let upgraded = Town::reading(router.clone(), &town, Arc::clone(&model));
    let ended = AtomicBool::new(false);
    let reading = async {
        while !ended.load(Ordering::Relaxed) {
            seen.push(title(&router).await);
        }
        seen.push(title(&router).await);
    };
    let writing = async {
        upgraded.deposit("eve", "Pendant la reprise").await;
        while model.current().campaign("T26").unwrap().folds != VERSION {
            tokio::task::yield_now().await;
        }
        upgraded.deposit("eve", "Après la reprise").await;
        ended.store(true, Ordering::Relaxed);
    };
    tokio::join!(reading, writing);

    let right = configuration()["title"].as_str().unwrap().to_owned();
    let turn = seen.iter().position(|(title, _)| *title == right).unwrap();
    assert!(seen[..turn].iter().all(|(title, _)| title == "Faux titre"));
    assert!(seen[turn..].iter().all(|(title, _)| *title == right), "it never comes back");
    assert!(seen.windows(2).all(|pair| pair[0].1 <= pair[1].1), "no position goes back");
    assert_eq!(seen.last().unwrap().1, size + 2);
    assert_ne!(model.current().tag, tag);
    assert_eq!(model.status()[0].rebuilding, None);
    // What came in meanwhile is there, and nothing differs from a model that never knew the old tables.
    assert_eq!(digests(&model), digests(&ReadModel::open(town.store.clone(), |_| {}).await.unwrap()));
    assert_eq!(everything(&model), from_the_log(&town).await);
    // From now on the new tables are kept.
    model.save().await;
    let again = open(&town, folder.path()).await;
    assert_eq!((started_from(&again), again.current().campaign("T26").unwrap().folds), (Some(size + 2), VERSION));
}
