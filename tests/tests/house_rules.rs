//! The rules of the house that no compiler keeps: who may depend on whom, and what every file owes
//! its reader.
//!
//! Each rule is a function from the repository to the list of what breaks it, so that a failure
//! names everything at once. Must not judge behaviour: other tests do. The rules themselves are
//! explained in ARCHITECTURE.md and CONTRIBUTING.md.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Each crate with the crates of the house it may depend on, bottom up.
const LAYERS: [(&str, &[&str]); 17] = [
    ("tally", &[]),
    ("transparency", &[]),
    ("throwaway-postgres", &[]),
    ("supply-chain", &[]),
    ("seal", &["tally", "transparency"]),
    ("domain", &["seal", "tally", "transparency"]),
    ("event-store", &["domain", "throwaway-postgres", "transparency"]),
    ("projections", &["domain", "seal", "tally", "transparency"]),
    ("commands", &["domain", "event-store", "seal", "tally", "throwaway-postgres", "transparency"]),
    ("panels", &[]),
    ("uploads", &[]),
    ("vault", &["commands", "domain", "event-store", "seal", "tally", "throwaway-postgres"]),
    ("doors", &["commands", "domain", "vault"]),
    ("messages", &["commands", "domain", "event-store", "throwaway-postgres", "vault"]),
    ("replay-tools", &["domain", "projections", "seal", "tally", "transparency"]),
    (
        "api",
        &[
            "commands",
            "domain",
            "doors",
            "event-store",
            "messages",
            "panels",
            "projections",
            "seal",
            "tally",
            "throwaway-postgres",
            "transparency",
            "uploads",
            "vault",
        ],
    ),
    (
        "tests",
        &[
            "api",
            "commands",
            "domain",
            "doors",
            "event-store",
            "projections",
            "replay-tools",
            "seal",
            "tally",
            "throwaway-postgres",
            "transparency",
            "uploads",
            "vault",
        ],
    ),
];

/// Libraries that belong to these crates. `tests` may use them too: it attacks and measures every part.
const OWNED_LIBRARIES: [(&str, &[&str]); 16] = [
    ("age", &["api"]),
    ("async-graphql", &["api"]),
    ("atom_syndication", &["api"]),
    ("axum", &["api", "doors"]),
    ("chacha20poly1305", &["vault"]),
    ("cqrs-es", &["event-store"]),
    ("hpke", &["seal"]),
    ("icalendar", &["api"]),
    ("krilla", &["panels"]),
    ("lettre", &["messages"]),
    ("openidconnect", &["doors"]),
    ("qrcode", &["panels"]),
    ("rusqlite", &["event-store", "replay-tools", "vault"]),
    ("skrifa", &["panels"]),
    ("sqlx", &["event-store", "vault"]),
    ("ureq", &["replay-tools"]),
];

/// Crates that are replayed by anyone, anywhere: nothing of a server may reach them, even indirectly.
const OFFLINE_CRATES: [&str; 6] = ["domain", "seal", "tally", "transparency", "projections", "replay-tools"];
const SERVER_LIBRARIES: [&str; 6] = ["async-graphql", "axum", "cqrs-es", "hyper", "reqwest", "tokio"];

/// What pure crates mustn't reach either: an auditor's program asks SQLite and fetches what it is given the
/// address of.
const LIBRARIES_OF_PROGRAMS: [&str; 3] = ["rusqlite", "rustls", "ureq"];

const LONGEST_FILE_LINES: usize = 500;

fn root() -> PathBuf {
    // The folder above this package's own.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

fn read(path: &str) -> Fallible<String> {
    fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}").into())
}

/// Every file of the repository by its path in it, without what is built or installed.
fn files() -> Fallible<BTreeMap<String, PathBuf>> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            let path = format!("{prefix}{name}");
            let built = matches!(name.as_str(), ".git" | "target" | "node_modules" | "parvis-data");
            // In a second working tree `.git` is a file, which says where the first one lies.
            if built {
                continue;
            }
            if kind.is_dir() {
                walk(&entry.path(), &format!("{path}/"), found)?;
            } else if kind.is_file() {
                found.insert(path, entry.path());
            }
        }
        Ok(())
    }
    let mut found = BTreeMap::new();
    walk(&root(), "", &mut found)?;
    Ok(found)
}

fn texts(keep: impl Fn(&str) -> bool) -> Fallible<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for (path, file) in files()? {
        if keep(&path) {
            // What isn't UTF-8 is no text.
            if let Ok(text) = String::from_utf8(fs::read(file)?) {
                texts.push((path, text));
            }
        }
    }
    Ok(texts)
}

/// The packages of the workspace, as their manifests have them.
fn members() -> Fallible<Vec<Package>> {
    Ok(MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec()?.packages)
}

/// The workspace with every library that it is built from.
fn metadata() -> Fallible<Metadata> {
    // Without a platform, cargo would also want the crates that only other systems need.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = String::from_utf8(Command::new(cargo).arg("-vV").output()?.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("cargo -vV names no host")?;
    let options = ["--locked", "--filter-platform", host].map(str::to_owned);
    Ok(MetadataCommand::new().manifest_path(root().join("Cargo.toml")).other_options(options).exec()?)
}

#[test]
fn crates_depend_only_on_those_below() -> Fallible<()> {
    let members = members()?;
    let layers = BTreeMap::from(LAYERS);
    let mut wrong = Vec::new();
    for package in &members {
        let Some(allowed) = layers.get(package.name.as_str()) else {
            wrong.push(format!("{} has no place in LAYERS: say what it may depend on", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            if layers.contains_key(name) && !allowed.contains(&name) {
                wrong.push(format!("{} must not depend on {name}", package.name));
            }
        }
    }
    assert_eq!(members.len(), LAYERS.len(), "LAYERS names a crate that is gone");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn the_layers_have_no_way_back_down() {
    for (place, (name, allowed)) in LAYERS.iter().enumerate() {
        let below: Vec<_> = LAYERS.iter().take(place).map(|(name, _)| *name).collect();
        assert!(
            allowed.iter().all(|wanted| below.contains(wanted)),
            "{name} depends on what stands beside or above it"
        );
    }
}

#[test]
fn servers_of_tests_stay_with_the_tests() -> Fallible<()> {
    let wrong: Vec<_> = members()?
        .into_iter()
        .filter(|package| package.name != "tests")
        .filter(|package| {
            package
                .dependencies
                .iter()
                .any(|needed| needed.name == "throwaway-postgres" && needed.kind != DependencyKind::Development)
        })
        .map(|package| package.name.to_string())
        .collect();
    assert!(wrong.is_empty(), "throwaway-postgres is for [dev-dependencies] only: {wrong:?}");
    Ok(())
}

#[test]
fn libraries_stay_with_the_crate_that_owns_them() -> Fallible<()> {
    let mut wrong = Vec::new();
    for package in members()? {
        for (library, owners) in OWNED_LIBRARIES {
            let uses = package.dependencies.iter().any(|dependency| dependency.name == library);
            let owns = owners.iter().any(|owner| package.name == *owner) || package.name == "tests";
            if uses && !owns {
                wrong.push(format!("{} uses {library}, which only {} may", package.name, owners.join(" and ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The names of everything that is linked into a package, itself included.
fn linked(metadata: &Metadata, name: &str) -> Fallible<BTreeSet<String>> {
    let resolve = metadata.resolve.as_ref().ok_or("cargo metadata resolved nothing")?;
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let start = metadata.packages.iter().find(|package| package.name == name).ok_or("no such package")?;
    let (mut seen, mut open) = (BTreeSet::from([&start.id]), vec![&start.id]);
    while let Some(node) = open.pop().and_then(|id| nodes.get(id)) {
        for dependency in &node.deps {
            let shipped = dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development);
            if shipped && seen.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    Ok(metadata
        .packages
        .iter()
        .filter(|package| seen.contains(&package.id))
        .map(|package| package.name.to_string())
        .collect())
}

#[test]
fn whoever_replays_needs_no_server() -> Fallible<()> {
    let metadata = metadata()?;
    for name in OFFLINE_CRATES {
        let linked = linked(&metadata, name)?;
        let programs: &[&str] = if name == "replay-tools" { &[] } else { &LIBRARIES_OF_PROGRAMS };
        let refused = SERVER_LIBRARIES.iter().chain(programs);
        let found: Vec<_> = refused.filter(|library| linked.contains(**library)).collect();
        assert!(found.is_empty(), "{name} is replayed offline and must not reach {found:?}");
    }
    assert!(linked(&metadata, "api")?.contains("tokio"), "the search for libraries finds nothing at all");
    Ok(())
}

#[test]
fn every_crate_inherits_the_lints() -> Fallible<()> {
    for package in members()? {
        let manifest = fs::read_to_string(&package.manifest_path)?;
        assert!(manifest.contains("\n[lints]\nworkspace = true\n"), "{}: add [lints] workspace = true", package.name);
    }
    Ok(())
}

/// The lines of a Rust file before the tests that stand in it.
fn lines_without_tests(text: &str) -> usize {
    let lines: Vec<_> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        matches!(pair, [attribute, module] if attribute.starts_with("#[cfg(test)]") && module.starts_with("mod ") && module.ends_with('{'))
    });
    tests.unwrap_or(lines.len())
}

#[test]
fn a_file_fits_a_reader() -> Fallible<()> {
    let is_test = |path: &str| path.ends_with("_tests.rs") || path.contains("/tests/");
    let code = texts(|path| path.ends_with(".rs") && !is_test(path))?;
    assert!(code.len() > 50, "the search for files finds nothing");
    let long: Vec<_> = code
        .iter()
        .map(|(path, text)| (path, lines_without_tests(text)))
        .filter(|(_, lines)| *lines > LONGEST_FILE_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines, at most {LONGEST_FILE_LINES}"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
    Ok(())
}

#[test]
fn lines_are_counted_up_to_the_tests() {
    assert_eq!(lines_without_tests("//! a\nfn b() {}\n"), 2);
    assert_eq!(lines_without_tests("//! a\n#[cfg(test)]\nmod tests {\n}\n"), 1);
    assert_eq!(lines_without_tests("//! a\n#[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod tests;\nfn b() {}\n"), 5);
}

#[test]
fn every_rust_file_opens_with_what_it_owns() -> Fallible<()> {
    let silent: Vec<_> = texts(|path| path.ends_with(".rs"))?
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "these open without a `//!` comment: {silent:?}");
    Ok(())
}

/// The libraries of [workspace.dependencies]; the crates of the house have a path instead.
fn declared_libraries(manifest: &str) -> BTreeSet<&str> {
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#') && !line.contains("path ="))
        .filter_map(|line| line.split_once('=').map(|(name, _)| name.trim()))
        .collect()
}

/// The libraries that ARCHITECTURE.md explains, one row of its table each.
fn explained_libraries(text: &str) -> BTreeSet<&str> {
    let section = text.split_once("\n## Dependencies\n").map_or("", |(_, rest)| rest);
    let rows = section.lines().take_while(|line| !line.starts_with("## "));
    rows.filter_map(|line| line.strip_prefix("| `")?.split_once("` | ")).map(|(name, _)| name).collect()
}

#[test]
fn every_dependency_says_why_it_is_here() -> Fallible<()> {
    let (manifest, text) = (read("Cargo.toml")?, read("ARCHITECTURE.md")?);
    let (declared, explained) = (declared_libraries(&manifest), explained_libraries(&text));
    assert!(declared.contains("serde"), "no dependency was found in Cargo.toml");
    let silent: Vec<_> = declared.difference(&explained).collect();
    assert!(silent.is_empty(), "add a row with one line of why to ARCHITECTURE.md, Dependencies: {silent:?}");
    let gone: Vec<_> = explained.difference(&declared).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md explains what Cargo.toml no longer has: {gone:?}");
    Ok(())
}

/// Where the text names a folder of somebody's own machine.
fn machine_path(text: &str) -> Option<&str> {
    // Put together here, so that this file passes its own rule.
    let folders = ["home", "root", "work", "Users"].map(|name| format!("/{name}/"));
    folders.iter().find_map(|folder| {
        text.match_indices(folder.as_str()).find_map(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let inside = before.is_some_and(|c| c.is_alphanumeric() || "._-~*)}/$".contains(c));
            (!inside).then(|| text.get(at..).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default())
        })
    })
}

#[test]
fn nothing_names_the_machine_it_was_written_on() -> Fallible<()> {
    let named: Vec<_> = texts(|_| true)?
        .into_iter()
        .filter_map(|(path, text)| machine_path(&text).map(|found| format!("{path}: {found}")))
        .collect();
    assert!(named.is_empty(), "{}", named.join("\n"));
    Ok(())
}

#[test]
fn a_machine_path_is_told_from_a_web_address() {
    assert_eq!(machine_path(&format!("see /{}/me/x.rs now", "home")), Some(format!("/{}/me/x.rs", "home").as_str()));
    assert_eq!(machine_path(&format!("https://parvis.example/{}/me", "home")), None);
    assert_eq!(machine_path("target/release/parvis"), None);
}

#[test]
fn lock_files_name_no_mirror() -> Fallible<()> {
    let crates_io = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let lock = read("Cargo.lock")?;
    let sources: Vec<_> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    assert!(!sources.is_empty(), "Cargo.lock names no source");
    assert!(sources.iter().all(|source| *source == crates_io), "Cargo.lock names another registry than crates.io");

    for (path, text) in texts(|path| path.ends_with("package-lock.json"))? {
        assert!(!text.contains("\"resolved\""), "{path}: set omit-lockfile-registry-resolved=true and write it anew");
    }
    for (path, text) in texts(|path| path.ends_with(".npmrc") || path.ends_with("cargo/config.toml"))? {
        assert!(!text.contains("registry=") && !text.contains("[source"), "{path} chooses a registry for everybody");
    }
    Ok(())
}

#[test]
fn the_changelog_knows_this_version() -> Fallible<()> {
    let manifest = read("Cargo.toml")?;
    let section = manifest.split_once("[workspace.package]").map_or("", |(_, rest)| rest);
    let version = section.lines().find_map(|line| line.strip_prefix("version = ")).ok_or("no version")?;
    let heading = format!("## [{}]", version.trim_matches('"'));
    assert!(read("CHANGELOG.md")?.lines().any(|line| line.starts_with(&heading)), "CHANGELOG.md lacks {heading}");
    Ok(())
}

#[test]
fn every_decision_has_a_title_and_says_why() -> Fallible<()> {
    let decisions = texts(|path| path.starts_with("docs/decisions/"))?;
    assert!(!decisions.is_empty(), "docs/decisions is empty");
    for (path, text) in decisions {
        let name = path.trim_start_matches("docs/decisions/");
        let (number, rest) = name.split_at_checked(4).unwrap_or_default();
        let named = number.bytes().all(|b| b.is_ascii_digit()) && rest.starts_with('-') && rest.ends_with(".md");
        assert!(named, "{path}: name it 0000-what-was-decided.md");
        assert!(text.starts_with("# "), "{path} has no title");
        assert!(
            text.lines().any(|line| line.starts_with("**Why.**")),
            "{path} has no paragraph that opens with **Why.**"
        );
    }
    Ok(())
}

/// The links of a page to files of the repository, without anchors.
fn linked_files(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:")).map(
        |target| match target.split_once('#') {
            Some((file, _)) => file,
            None => target,
        },
    )
}

#[test]
fn links_between_pages_lead_somewhere() -> Fallible<()> {
    let mut dead = Vec::new();
    for (path, text) in texts(|path| path.ends_with(".md"))? {
        let folder = root().join(&path).parent().map(Path::to_path_buf).unwrap_or_default();
        dead.extend(
            linked_files(&text).filter(|file| !folder.join(file).exists()).map(|file| format!("{path}: {file}")),
        );
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
    Ok(())
}
