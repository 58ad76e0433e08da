//! Owns running schemathesis, which draws requests from the schema, against the program itself on a small
//! demo: by nobody, and by an agent with a token. No answer may be a fault of the server.
//! What counts as one: `tests/security/checks.py`; what attackers try: `api/tests/api/cop.rs` and `fuzz.rs`.

#![allow(clippy::unwrap_used, clippy::panic)]

use api::people::open_vault;
use api::settings::Settings;
use commands::{Clock, Entropy};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tests::binary::parvis;
use vault::{Arrival, Level, Profile, Scope, TokenDraft};

/// So often that nobody is told to wait.
const SETTINGS: &str = "[doors.rates]\nreads_per_ip = 1000000\nwrites_per_ip = 1000000\n\
                        reads_per_account = 1000000\nwrites_per_account = 1000000\nsign_ins_per_ip = 1000000\n";

/// `parvis serve`, ended with the test.
struct Served {
    child: Child,
    url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(folder: &Path, store: &str) -> Served {
    let mut command = parvis(folder, &["serve", "--listen", "127.0.0.1:0"]);
    let mut child = command.env("PARVIS_STORE", store).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address = lines
        .find_map(|line| line.strip_prefix("parvis serves http://127.0.0.1:")?.split('/').next().map(str::to_owned));
    // What the server says has to be read, or it waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Served { child, url: format!("http://localhost:{}/graphql", address.unwrap()) }
}

/// The token of an agent with every scope and no role.
fn token(store: &str, key: &Path) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let entropy = Entropy::system().unwrap();
        let vault = open_vault(&Settings::default(), store, key, Clock::System, &entropy).await.unwrap();
        let (issuer, subject) = ("https://id.town.example".to_owned(), "schemathesis".to_owned());
        let (level, profile) = (Level::Substantial, Profile::default());
        let person = vault.arrive(Arrival { issuer, subject, agent: true, level, profile }).await.unwrap();
        let scopes = Scope::ALL.into_iter().collect();
        let draft = TokenDraft { name: "tests".to_owned(), scopes, days: 1, agent: true, level };
        let (_, secret) = vault.issue_token(&person.id, draft).await.unwrap();
        vault.close().await;
        secret.expose().to_owned()
    })
}

/// schemathesis on this address with these further arguments.
fn schemathesis(folder: &Path, url: &str, seconds: &str, more: &[String]) -> Child {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let program: PathBuf = root.join("target/security/bin/schemathesis");
    assert!(program.is_file(), "schemathesis is not installed: bin/test does it (tests/security/requirements.txt)");
    let mut command = Command::new(program);
    command.args(["run", url, "--checks", "no_fault", "--phases", "fuzzing", "--max-examples", "400", "--no-color"]);
    command.args(["--continue-on-failure", "--generation-database", "none", "--max-time", seconds]).args(more);
    command.env("SCHEMATHESIS_HOOKS", "checks").env("PYTHONPATH", root.join("tests/security"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn no_request_that_the_schema_allows_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("parvis.toml"), SETTINGS).unwrap();
    let store = format!("sqlite:{}", at("demo.db").display());
    let mut demo = parvis(folder.path(), &["demo", "--voters", "300", "--no-serve"]);
    let done = demo.env("PARVIS_STORE", &store).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(done.success());
    let bearer = format!("Authorization:Bearer {}", token(&store, &at("demo.key")));
    let served = serve(folder.path(), &store);
    let seconds = std::env::var("PARVIS_FUZZ_SECONDS").unwrap_or_else(|_| "10".to_owned());
    // Whoever erases themselves is nobody afterwards.
    let agent = ["--header", &bearer, "--exclude-name-regex", "^Mutation\\.erase"].map(str::to_owned);
    let runs = [
        schemathesis(folder.path(), &served.url, &seconds, &[]),
        schemathesis(folder.path(), &served.url, &seconds, &agent),
    ];
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let passed =
            said.lines().find_map(|line| line.trim().strip_suffix(" passed")?.split(", ").last()?.parse::<u64>().ok());
        assert!(passed.is_some_and(|passed| passed > 100), "{said}");
    }
}
