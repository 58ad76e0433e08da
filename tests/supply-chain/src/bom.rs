//! The bill of materials of the programs, in the form of CycloneDX 1.5.
//!
//! Owns what stands in it: every library that is built into `parvis` and `parvis-replay` on this
//! machine's platform, with version, licence, checksum, and who needs it. Must not hold anything that
//! differs between two runs on the same sources: no serial number, no path, no time but the one that
//! SOURCE_DATE_EPOCH names (<https://reproducible-builds.org/specs/source-date-epoch/>). What only
//! builds or tests the programs isn't in it.
//!
//! The fields are those of <https://cyclonedx.org/docs/1.5/json/>, the `purl` of a package that of
//! <https://github.com/package-url/purl-spec>.

use crate::{Error, lock::Locked};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, Package, PackageId};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The programs that are shipped, each with the crate that it is built from.
pub const PROGRAMS: [(&str, &str); 2] = [("parvis", "api"), ("parvis-replay", "replay-tools")];

/// What the bill is a bill of.
const PRODUCT: &str = "parvis";

/// A workspace as cargo resolves it for this machine's platform.
pub struct Workspace {
    metadata: Metadata,
    /// Name and version of what is built into the programs. `cargo metadata` resolves the workspace as
    /// a whole, and so names libraries that no feature of theirs asks for.
    built: BTreeSet<(String, String)>,
    platform: String,
}

impl Workspace {
    /// Asks cargo. Crates that were never downloaded are.
    ///
    /// # Errors
    /// [`Error::Metadata`], also when Cargo.lock isn't up to date.
    pub fn read(root: &Path) -> Result<Workspace, Error> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let version = said_by(Command::new(&cargo).arg("-vV"))?;
        let platform = version.lines().find_map(|line| line.strip_prefix("host: "));
        let platform = platform.ok_or_else(|| Error::Workspace("`cargo -vV` names no host".into()))?.to_owned();
        let built = tree(Command::new(&cargo).current_dir(root))?;
        // Without a platform, cargo would also want the crates that only other systems need.
        let options = ["--locked", "--filter-platform", &platform].map(str::to_owned);
        let metadata = MetadataCommand::new()
            .cargo_path(cargo)
            .manifest_path(root.join("Cargo.toml"))
            .other_options(options)
            .exec()
            .map_err(Box::new)?;
        Ok(Workspace { metadata, built, platform })
    }
}

fn said_by(command: &mut Command) -> Result<String, Error> {
    let output = command.output().map_err(|source| Error::File { path: command.get_program().into(), source })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(Error::Workspace(format!("{command:?} failed: {}", complaint.trim_end())))
    }
}

/// What `cargo tree` lists for the programs, without what builds or tests them.
fn tree(cargo: &mut Command) -> Result<BTreeSet<(String, String)>, Error> {
    cargo.args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    for (_, crate_name) in PROGRAMS {
        cargo.args(["--package", crate_name]);
    }
    // A line reads `time v0.3.55 (proc-macro)`; an empty one stands between the programs.
    let lines = said_by(cargo)?;
    let words = lines.lines().filter_map(|line| line.split_once(" v"));
    Ok(words.map(|(name, rest)| (name.to_owned(), rest.split(' ').next().unwrap_or_default().to_owned())).collect())
}

/// The moment that SOURCE_DATE_EPOCH names.
///
/// # Errors
/// [`Error::SourceDate`] for what isn't a number of seconds.
pub fn source_date(epoch: &str) -> Result<OffsetDateTime, Error> {
    let refused = || Error::SourceDate(epoch.to_owned());
    OffsetDateTime::from_unix_timestamp(epoch.parse().map_err(|_| refused())?).map_err(|_| refused())
}

/// The bill of the programs. `made` is the moment that it says it was made, if any.
///
/// # Errors
/// [`Error::Workspace`] when cargo, Cargo.lock and [`PROGRAMS`] don't fit together.
pub fn bill(workspace: &Workspace, locked: &[Locked], made: Option<OffsetDateTime>) -> Result<Value, Error> {
    let packages: BTreeMap<_, _> = workspace.metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let resolve = workspace.metadata.resolve.as_ref();
    let resolve = resolve.ok_or_else(|| Error::Workspace("cargo metadata resolved nothing".into()))?;
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();

    let mut bill = Bill::default();
    let mut open = Vec::new();
    let mut version = None;
    for (program, crate_name) in PROGRAMS {
        let package = program_of(&workspace.metadata, program, crate_name)?;
        bill.components.insert(program_reference(program), program_component(program, package));
        bill.needs.insert(program_reference(program), BTreeSet::from([reference(package)]));
        bill.needs.entry(PRODUCT.to_owned()).or_default().insert(program_reference(program));
        version = Some(package.version.to_string());
        open.push(&package.id);
    }
    let checksums: BTreeMap<_, _> =
        locked.iter().map(|locked| ((locked.name.as_str(), &locked.version), locked.checksum.as_deref())).collect();
    let mut seen: BTreeSet<_> = open.iter().copied().collect();
    while let Some(id) = open.pop() {
        let (package, node) = packages
            .get(id)
            .zip(nodes.get(id))
            .ok_or_else(|| Error::Workspace(format!("cargo metadata names {id} and doesn't describe it")))?;
        let checksum = checksums.get(&(package.name.as_str(), &package.version)).copied().flatten();
        bill.components.insert(reference(package), component(package, checksum)?);
        let needs = bill.needs.entry(reference(package)).or_default();
        for needed in normal_dependencies(node).filter_map(|id| packages.get(id)) {
            if !workspace.built.contains(&(needed.name.to_string(), needed.version.to_string())) {
                continue;
            }
            needs.insert(reference(needed));
            if seen.insert(&needed.id) {
                open.push(&needed.id);
            }
        }
    }
    bill.document(version.unwrap_or_default(), &workspace.platform, made)
}

/// The parts of the document, each under the reference that others know it by.
#[derive(Default)]
struct Bill {
    components: BTreeMap<String, Value>,
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl Bill {
    fn document(self, version: String, platform: &str, made: Option<OffsetDateTime>) -> Result<Value, Error> {
        let mut about = json!({
            "tools": { "components": [{
                "type": "application",
                "name": "parvis sbom",
                "version": env!("CARGO_PKG_VERSION"),
            }]},
            "component": {
                "type": "application",
                "bom-ref": PRODUCT,
                "name": "Parvis",
                "version": version,
                "licenses": [{ "expression": env!("CARGO_PKG_LICENSE") }],
            },
            "properties": [{ "name": "parvis:platform", "value": platform }],
        });
        if let Some(made) = made {
            let text = made.format(&Rfc3339).map_err(|_| Error::SourceDate(made.unix_timestamp().to_string()))?;
            about["timestamp"] = text.into();
        }
        let needs = self.needs.into_iter().map(|(part, needs)| json!({ "ref": part, "dependsOn": needs }));
        Ok(json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": about,
            "components": self.components.into_values().collect::<Vec<_>>(),
            "dependencies": needs.collect::<Vec<_>>(),
        }))
    }
}

/// What is built into a package, and not what builds or tests it.
fn normal_dependencies(node: &Node) -> impl Iterator<Item = &PackageId> {
    let normal = |kinds: &[cargo_metadata::DepKindInfo]| kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
    node.deps.iter().filter(move |dependency| normal(&dependency.dep_kinds)).map(|dependency| &dependency.pkg)
}

fn program_of<'a>(metadata: &'a Metadata, program: &str, crate_name: &str) -> Result<&'a Package, Error> {
    let package = metadata.workspace_packages().into_iter().find(|package| package.name == crate_name);
    let package =
        package.filter(|package| package.targets.iter().any(|target| target.is_bin() && target.name == program));
    package.ok_or_else(|| Error::Workspace(format!("{crate_name} builds no {program}: put PROGRAMS in bom.rs right")))
}

fn program_reference(program: &str) -> String {
    format!("program/{program}")
}

fn program_component(program: &str, package: &Package) -> Value {
    json!({
        "type": "application",
        "bom-ref": program_reference(program),
        "name": program,
        "version": package.version.to_string(),
        "licenses": licences(package),
    })
}

/// A crate of the house has no purl: crates.io may know another package by its name.
fn purl(package: &Package) -> Option<String> {
    // The specification wants a `+` in a version escaped.
    let version = package.version.to_string().replace('+', "%2B");
    package.source.as_ref().map(|_| format!("pkg:cargo/{}@{version}", package.name))
}

fn reference(package: &Package) -> String {
    purl(package).unwrap_or_else(|| format!("crate/{}@{}", package.name, package.version))
}

fn component(package: &Package, checksum: Option<&str>) -> Result<Value, Error> {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(package),
        "name": package.name.as_str(),
        "version": package.version.to_string(),
        "licenses": licences(package),
    });
    if let Some(purl) = purl(package) {
        let checksum = checksum.ok_or_else(|| {
            Error::Workspace(format!("Cargo.lock has no checksum of {} {}", package.name, package.version))
        })?;
        component["purl"] = purl.into();
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    Ok(component)
}

/// The licence as an SPDX expression. Older packages write a choice as `MIT/Apache-2.0`, which cargo
/// still reads and SPDX doesn't know.
fn licences(package: &Package) -> Value {
    match &package.license {
        Some(licence) => json!([{ "expression": licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ") }]),
        None => json!([{ "license": { "name": "see the file that the package carries" } }]),
    }
}
