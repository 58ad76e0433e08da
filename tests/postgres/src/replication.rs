//! Owns what a server has to do with another: following it, taking its place, coming back to it.
//! Must not: decide who leads. Next: `cluster.rs`.

use crate::installation::{attempt, installation, output};
use crate::processes::wait_for;
use crate::server::{Options, Server};

impl Server {
    /// A new server that follows this one by streaming, known to it as `name`
    /// (`synchronous_standby_names` goes by that). It has this one's settings but not its variables,
    /// so that a fault of the one isn't the other's.
    pub fn standby(&self, name: &str) -> Self {
        let options = Options { env: Vec::new(), ..self.options.clone() };
        let standby = Self::unstarted(options, name);
        standby.copy_from(self);
        let standby = standby.started();
        self.wait_for_stream(name);
        standby
    }

    /// Whether it follows another server, and so takes no writes.
    pub fn is_in_recovery(&self) -> bool {
        self.psql("postgres", "SELECT pg_is_in_recovery()") == "t"
    }

    /// Stops following and takes writes. **The server it followed must be dead by then**, or both
    /// acknowledge writes that the other doesn't have.
    pub fn promote(&mut self) {
        assert_eq!(self.psql("postgres", "SELECT pg_promote(true, 60)"), "t", "{}", self.log());
    }

    /// Comes back as a standby of `primary`, giving up whatever only this one has. Stops first if it
    /// runs. Returns once it streams.
    pub fn rejoin(&mut self, primary: &Self) {
        self.stop();
        // Until its first checkpoint a promoted server's control file names its old timeline, and
        // `pg_rewind` takes the two for equal.
        primary.psql("postgres", "CHECKPOINT");
        let mut rewind = installation().server_program("pg_rewind", self.folder());
        rewind.arg("--target-pgdata").arg(self.home.data()).args(["--write-recovery-conf", "--no-sync"]);
        rewind.args(["--source-server", &format!("{} dbname=postgres", primary.address())]);
        if attempt(&mut rewind).is_err() {
            // The common past is no longer in its log: start from a copy.
            std::fs::remove_dir_all(self.home.data()).unwrap();
            self.copy_from(primary);
        }
        self.launch();
        primary.wait_for_stream(&self.name);
    }

    /// How a server reaches this one.
    fn address(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres", self.port())
    }

    fn copy_from(&self, primary: &Self) {
        let mut copy = installation().server_program("pg_basebackup", self.folder());
        copy.arg("--pgdata").arg(self.home.data());
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", &primary.address()]);
        output(&mut copy);
    }

    fn wait_for_stream(&self, name: &str) {
        let streams = format!(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND application_name = '{name}'"
        );
        wait_for(
            || (self.psql("postgres", &streams) == "1").then_some(()),
            || format!("{name} doesn't follow. The log of the server that it should follow:\n{}", self.log()),
        );
    }
}
