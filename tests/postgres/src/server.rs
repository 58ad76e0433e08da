//! Owns one server: starting, stopping and killing it, its databases, and asking it with `psql`.
//! Must not: know of a second one. Next: `replication.rs`, `cluster.rs`.

use crate::home::Home;
use crate::installation::installation;
use crate::port::Port;
use crate::processes::{signal, wait_for, working_in};
use crate::template;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether commits wait for the disk. Off (the default) is for speed: it changes nothing that a
    /// test can see short of a power failure of the machine.
    pub fsync: bool,
    /// Lines of `postgresql.conf`, name and value. A later one wins.
    pub settings: Vec<(String, String)>,
    /// Variables of the server's environment, such as those of a [`Fault`](crate::Fault).
    pub env: Vec<(String, String)>,
}

/// A server of this test alone. It is stopped, and its folder removed, on drop and also when this
/// process dies in any other way.
///
/// It listens on 127.0.0.1 and on a Unix socket in [`Server::folder`]; its superuser is `postgres`,
/// without a password. Its encoding is UTF-8, its collation C, its pages have checksums.
#[derive(Debug)]
pub struct Server {
    pub(crate) home: Home,
    pub(crate) options: Options,
    /// How a standby presents itself: `cluster_name`, and so its `application_name`.
    pub(crate) name: String,
    port: Port,
    postmaster: Option<Child>,
}

/// A database of its own in a server.
#[derive(Debug, Clone)]
pub struct Database {
    name: String,
    url: String,
}

impl Database {
    /// Its name in the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `postgres://…`, as the superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// As [`Server::psql`], here. In a [`Cluster`](crate::Cluster): on the server that takes writes.
    pub fn psql(&self, sql: &str) -> String {
        self.try_psql(sql).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Database::psql`].
    ///
    /// # Errors
    /// As [`Server::try_psql`].
    pub fn try_psql(&self, sql: &str) -> Result<String, String> {
        ask(&self.url, sql)
    }

    pub(crate) fn new(url: String, name: String) -> Self {
        Self { name, url }
    }
}

impl Server {
    /// Starts a new, empty server and waits until it accepts connections.
    ///
    /// # Panics
    /// When there is no PostgreSQL or it can't be started, with what to install.
    pub fn start(options: Options) -> Self {
        Self::start_named(options, "throwaway")
    }

    pub(crate) fn start_named(options: Options, name: &str) -> Self {
        let server = Self::unstarted(options, name);
        template::unpack(&server.home);
        server.started()
    }

    /// The server that the tests of this process share: no waiting for the disk, 300 connections.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| {
            let settings = vec![("max_connections".to_owned(), "300".to_owned())];
            Self::start(Options { settings, ..Options::default() })
        })
    }

    /// A new, empty database.
    pub fn database(&self) -> Database {
        self.database_with("")
    }

    /// A new, empty database with options of `CREATE DATABASE`, such as
    /// `TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'fr'`.
    pub fn database_with(&self, options: &str) -> Database {
        let name = fresh_name();
        self.psql("postgres", &format!("CREATE DATABASE {name} {options}"));
        Database::new(self.url(&name), name)
    }

    /// The address of a database, as the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port())
    }

    /// The port on 127.0.0.1. It stays the same when the server is restarted.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// The folder of its files (`data`), its Unix socket and its log.
    pub fn folder(&self) -> &Path {
        self.home.folder()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read(self.folder().join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Runs statements, each in its own transaction, and answers their rows: one line each, columns
    /// with `|` between them.
    ///
    /// # Panics
    /// When a statement fails; see [`Server::try_psql`].
    pub fn psql(&self, database: &str, sql: &str) -> String {
        self.try_psql(database, sql).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Server::psql`].
    ///
    /// # Errors
    /// What `psql` said about the first statement that failed, or that there is no connection.
    pub fn try_psql(&self, database: &str, sql: &str) -> Result<String, String> {
        ask(&self.url(database), sql)
    }

    /// Whether it was started and neither stopped nor killed since.
    pub fn is_running(&self) -> bool {
        self.postmaster.is_some()
    }

    /// Kills the server with all its processes at once (SIGKILL): what it hadn't yet handed to the
    /// operating system is lost. Its files stay.
    pub fn kill_9(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        // Stopped, it can't start another process while we look.
        signal("STOP", &[postmaster.id()]);
        let data = self.home.data();
        wait_for(
            || {
                let left = working_in(&data);
                signal("KILL", &left);
                let _ = postmaster.try_wait();
                left.is_empty().then_some(())
            },
            || format!("processes of {} can't be killed", data.display()),
        );
        let _ = postmaster.wait();
    }

    /// Starts it again on the same port, after a kill with a recovery, and waits until it accepts
    /// connections. Stops it first if it runs.
    pub fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// Stops it in order, without waiting for clients (`fast`).
    pub fn stop(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        signal("INT", &[postmaster.id()]);
        wait_for(
            || postmaster.try_wait().ok().flatten(),
            || format!("the server doesn't stop. Its log:\n{}", self.log()),
        );
    }

    /// A home and a port without files.
    pub(crate) fn unstarted(options: Options, name: &str) -> Self {
        Self { home: Home::new(), options, name: name.to_owned(), port: Port::claim(), postmaster: None }
    }

    pub(crate) fn started(mut self) -> Self {
        self.launch();
        self
    }

    pub(crate) fn launch(&mut self) {
        let folder = self.home.folder();
        let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let mut command = installation().server_program("postgres", folder);
        command.arg("-D").arg(self.home.data());
        // What is this server's own stands here and not in its files, which a standby copies.
        command.args(["-h", "127.0.0.1", "-p", &self.port().to_string(), "-k"]).arg(folder);
        command.args(["-c", &format!("cluster_name={}", self.name)]);
        self.write_settings();
        command.envs(self.options.env.iter().cloned());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut postmaster = command.spawn().unwrap_or_else(|error| panic!("postgres can't be run: {error}"));

        let status = self.home.data().join("postmaster.pid");
        let number = postmaster.id().to_string();
        wait_for(
            || {
                if let Ok(Some(ended)) = postmaster.try_wait() {
                    panic!("the server ended while it started ({ended}). Its log:\n{}", self.log());
                }
                // First line: whose file this is; a killed server leaves its own. Eighth: its status.
                let text = std::fs::read_to_string(&status).ok()?;
                let mut lines = text.lines();
                let mine = lines.next() == Some(&number);
                (mine && lines.nth(6).is_some_and(|line| line.trim_end() == "ready")).then_some(())
            },
            || format!("the server isn't ready after a minute. Its log:\n{}", self.log()),
        );
        self.postmaster = Some(postmaster);
    }

    /// In a file that `ALTER SYSTEM` (`postgresql.auto.conf`) goes before.
    fn write_settings(&self) {
        let on = if self.options.fsync { "on" } else { "off" };
        // Shared memory as files of the folder leaves nothing behind when it is killed.
        let own = [
            ("fsync", on),
            ("full_page_writes", on),
            ("dynamic_shared_memory_type", "mmap"),
            ("log_line_prefix", "%m [%p] "),
            ("wal_keep_size", "256MB"),
        ];
        let own = own.iter().map(|(name, value)| (*name, *value));
        let chosen = self.options.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let lines: String =
            own.chain(chosen).map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''"))).collect();
        let path = self.home.data().join("postgresql.conf");
        std::fs::write(&path, lines).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        installation().hand_over(&path);
    }
}

pub(crate) fn fresh_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What `psql` answers. Of several hosts in the address it takes the one that takes writes.
fn ask(url: &str, sql: &str) -> Result<String, String> {
    let mut command = installation().client_program("psql");
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url]);
    if url.contains(',') {
        command.env("PGTARGETSESSIONATTRS", "read-write");
    }
    command.env("PGCONNECT_TIMEOUT", "5");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut psql = command.spawn().map_err(|error| format!("psql can't be run: {error}"))?;
    let mut stdin = psql.stdin.take().ok_or("psql has no standard input")?;
    // It may give up before it has read everything, and then says why.
    let _ = stdin.write_all(sql.as_bytes());
    drop(stdin);
    let done = psql.wait_with_output().map_err(|error| format!("psql: {error}"))?;
    if !done.status.success() {
        return Err(format!("psql failed ({}): {}", done.status, String::from_utf8_lossy(&done.stderr)));
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim_end().to_owned())
}
