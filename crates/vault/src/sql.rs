//! Every statement of the vault, for both engines: `engine.rs` says how.
//!
//! A test prepares all of [`ALL`] on both. Must not hold a value.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $text;)*
        /// All statements, for the test that prepares them.
        #[cfg(test)]
        pub(crate) const ALL: &[&str] = &[$($name),*];
    };
}

statements! {
    // people
    PERSON = "SELECT id, agent_id, created, key_id, wrapped FROM people WHERE id = ?1";
    PERSON_OF_AGENT = "SELECT id FROM people WHERE agent_id = ?1";
    ADD_PERSON = "INSERT INTO people (id, agent_id, created, active, key_id, wrapped) VALUES (?1, ?2, ?3, ?3, ?4, ?5)";
    TOUCH_PERSON = "UPDATE people SET active = ?2 WHERE id = ?1 AND active < ?2";
    TOUCH_PERSON_DAILY = "UPDATE people SET active = ?2 WHERE id = ?1 AND active < ?2 - 86400";
    DELETE_PERSON = "DELETE FROM people WHERE id = ?1";
    IS_ERASED = "SELECT at FROM erased WHERE person = ?1";
    ADD_ERASED = "INSERT INTO erased (person, at) VALUES (?1, ?2)";

    // who somebody is
    ROOT = "SELECT key_id, wrapped FROM roots WHERE name = 'lookup'";
    ADD_ROOT = "INSERT INTO roots (name, key_id, wrapped) VALUES ('lookup', ?1, ?2)";
    SET_ROOT = "UPDATE roots SET key_id = ?1, wrapped = ?2 WHERE name = 'lookup'";
    IDENTITY = "SELECT person, sealed FROM identities WHERE lookup = ?1";
    IDENTITIES_OF = "SELECT lookup, sealed, mail FROM identities WHERE person = ?1 ORDER BY lookup";
    ADD_IDENTITY = "INSERT INTO identities (lookup, person, mail, sealed) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (lookup) DO UPDATE SET mail = excluded.mail, sealed = excluded.sealed";
    DELETE_IDENTITY = "DELETE FROM identities WHERE lookup = ?1";
    RELEASE_MAIL = "UPDATE identities SET mail = NULL WHERE mail = ?1 AND lookup <> ?2";
    PERSON_OF_MAIL = "SELECT person FROM identities WHERE mail = ?1";
    INVITE = "SELECT person FROM invites WHERE mail = ?1";
    INVITES_OF = "SELECT mail, sealed FROM invites WHERE person = ?1 ORDER BY mail";
    ADD_INVITE = "INSERT INTO invites (mail, person, sealed) VALUES (?1, ?2, ?3)";
    DELETE_INVITE = "DELETE FROM invites WHERE mail = ?1";
    IDENTITIES_COUNT = "SELECT (SELECT count(*) FROM identities WHERE person = ?1)
        + (SELECT count(*) FROM invites WHERE person = ?1)";

    // sessions and tokens
    ADD_SESSION = "INSERT INTO sessions (hash, id, person, bearer, created, seen, idle, ends, sealed)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8)";
    SESSION = "SELECT s.id, s.bearer, s.seen, s.sealed, p.id, p.agent_id, p.created, p.key_id, p.wrapped
        FROM sessions s JOIN people p ON p.id = s.person WHERE s.hash = ?1";
    SESSIONS_OF = "SELECT hash, id, bearer, seen, sealed FROM sessions WHERE person = ?1 AND bearer = ?2
        ORDER BY created, id";
    SESSIONS_COUNT = "SELECT count(*) FROM sessions WHERE person = ?1 AND bearer = ?2";
    TOUCH_SESSION = "UPDATE sessions SET seen = ?2 WHERE hash = ?1 AND seen < ?2";
    TRIM_SESSIONS = "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE person = ?1 AND bearer = 0
        ORDER BY created DESC, id DESC LIMIT 1000000 OFFSET ?2)";
    DELETE_SESSION = "DELETE FROM sessions WHERE hash = ?1";
    DELETE_SESSIONS_OF = "DELETE FROM sessions WHERE person = ?1";
    DELETE_TOKEN = "DELETE FROM sessions WHERE person = ?1 AND bearer = 1 AND id = ?2";
    DELETE_ENDED_OF = "DELETE FROM sessions WHERE person = ?1 AND ends <= ?2";
    EXPIRE_SESSIONS = "DELETE FROM sessions WHERE ends <= ?1 OR (idle > 0 AND seen + idle <= ?1)";

    // sign-ins under way
    KEEP_SIGN_IN = "INSERT INTO sign_ins (hash, created, sealed) VALUES (?1, ?2, ?3)
        ON CONFLICT (hash) DO UPDATE SET created = excluded.created, sealed = excluded.sealed";
    TAKE_SIGN_IN = "DELETE FROM sign_ins WHERE hash = ?1 RETURNING created, sealed";
    EXPIRE_SIGN_INS = "DELETE FROM sign_ins WHERE created <= ?1";

    // records
    PUT = "INSERT INTO records (person, kind, name, changed, until, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (person, kind, name)
        DO UPDATE SET changed = excluded.changed, until = excluded.until, sealed = excluded.sealed";
    GET = "SELECT name, changed, sealed FROM records WHERE person = ?1 AND kind = ?2 AND name = ?3";
    LIST = "SELECT name, changed, sealed FROM records WHERE person = ?1 AND kind = ?2 ORDER BY changed, name";
    REMOVE = "DELETE FROM records WHERE person = ?1 AND kind = ?2 AND name = ?3";
    REMOVE_OLD = "DELETE FROM records WHERE person = ?1 AND kind = ?2 AND name = ?3 AND changed <= ?4";
    COUNT = "SELECT count(*) FROM records WHERE kind = ?1";
    RECORDS_COUNT = "SELECT count(*) FROM records WHERE person = ?1";
    EXPIRE_RECORDS = "DELETE FROM records WHERE kind = ?1 AND changed <= ?2";
    EXPIRE_UNTIL = "DELETE FROM records WHERE kind = ?1 AND until <= ?2";
    OLD_RECORDS = "SELECT person, name, changed, sealed FROM records WHERE kind = ?1 AND changed <= ?2
        ORDER BY changed, person, name LIMIT 500 OFFSET ?3";

    // who hears of what
    ADD_LISTENER = "INSERT INTO listeners (about, person, kind, name, sealed) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (about, person)
        DO UPDATE SET kind = excluded.kind, name = excluded.name, sealed = excluded.sealed";
    LISTENERS = "SELECT person FROM listeners WHERE about = ?1 AND person > ?2 ORDER BY person LIMIT 500";
    LISTENERS_OF = "SELECT about, kind, name, sealed FROM listeners WHERE person = ?1 ORDER BY about";
    DELETE_LISTENER = "DELETE FROM listeners WHERE about = ?1 AND person = ?2";
    ADD_STOP = "INSERT INTO stops (hash, person, sealed) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO NOTHING";
    STOP = "SELECT person, sealed FROM stops WHERE hash = ?1";

    // messages
    ADD_MESSAGE = "INSERT INTO outbox (id, person, state, due, tries, created, changed, fault, sealed)
        VALUES (?1, ?2, 'WAITING', ?3, 0, ?3, ?3, '', ?4) ON CONFLICT (id) DO NOTHING";
    // The outer condition is asked again of a row that another transaction changed meanwhile.
    CLAIM_MESSAGES = "UPDATE outbox SET state = 'SENDING', tries = tries + 1, due = ?2, changed = ?1
        WHERE state IN ('WAITING', 'SENDING') AND due <= ?1 AND id IN (SELECT id FROM outbox
        WHERE state IN ('WAITING', 'SENDING') AND due <= ?1 ORDER BY due, id LIMIT ?3)
        RETURNING id, person, state, due, tries, created, changed, fault, sealed, said";
    SETTLE_MESSAGE = "UPDATE outbox SET state = ?3, due = ?4, changed = ?5, fault = ?6, said = ?7
        WHERE id = ?1 AND state = 'SENDING' AND tries = ?2";
    MESSAGES_OF = "SELECT id, person, state, due, tries, created, changed, fault, sealed, said FROM outbox
        WHERE person = ?1 ORDER BY created DESC, id LIMIT ?2";
    MESSAGES_STATES = "SELECT state, count(*) FROM outbox GROUP BY state";
    MESSAGES_DUE = "SELECT count(*) FROM outbox WHERE state IN ('WAITING', 'SENDING') AND due <= ?1";
    MESSAGES_COUNT = "SELECT count(*) FROM outbox WHERE person = ?1";
    OVERDUE_MESSAGES = "UPDATE outbox SET state = 'GIVEN_UP', fault = 'TOO_OLD', changed = ?2
        WHERE state IN ('WAITING', 'SENDING') AND due <= ?2 AND created <= ?1";
    EXPIRE_MESSAGES = "DELETE FROM outbox WHERE changed <= ?1 AND state IN ('SENT', 'GIVEN_UP', 'DROPPED')";
    OUTBOX_PLACE = "SELECT next FROM outbox_places WHERE campaign = ?1";
    ADD_OUTBOX_PLACE = "INSERT INTO outbox_places (campaign, next) VALUES (?1, ?2) ON CONFLICT (campaign) DO NOTHING";
    MOVE_OUTBOX_PLACE = "UPDATE outbox_places SET next = ?3 WHERE campaign = ?1 AND next = ?2";

    // readings
    LAST_READING = "SELECT number, digest FROM readings ORDER BY number DESC LIMIT 1";
    ADD_READING = "INSERT INTO readings (number, person, entry, sealed, digest) VALUES (?1, ?2, ?3, ?4, ?5)";
    READINGS = "SELECT r.number, r.person, r.entry, r.sealed, r.digest, b.digest FROM readings r
        LEFT JOIN readings b ON b.number = r.number - 1 WHERE r.number > ?1 ORDER BY r.number LIMIT ?2";
    READINGS_OF = "SELECT r.number, r.person, r.entry, r.sealed, r.digest, b.digest FROM readings r
        LEFT JOIN readings b ON b.number = r.number - 1 WHERE r.person = ?1 ORDER BY r.number";

    // who votes, and which sealed ballot is whose
    URN_KEY = "SELECT key_id, wrapped FROM urn_keys WHERE campaign = ?1 AND name = ?2";
    ADD_URN_KEY = "INSERT INTO urn_keys (campaign, name, key_id, wrapped) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (campaign, name) DO NOTHING";
    DELETE_URN_KEY = "DELETE FROM urn_keys WHERE campaign = ?1 AND name = ?2";
    URN_KEYS_WRAPPED_OTHERWISE = "SELECT campaign, name, key_id, wrapped FROM urn_keys WHERE key_id <> ?1";
    REWRAP_URN_KEY = "UPDATE urn_keys SET key_id = ?4, wrapped = ?5
        WHERE campaign = ?1 AND name = ?2 AND key_id = ?3";
    GATE = "SELECT shredded FROM urn_gates WHERE campaign = ?1";
    CLOSE_GATE = "INSERT INTO urn_gates (campaign, shredded) VALUES (?1, 0) ON CONFLICT (campaign) DO NOTHING";
    GATE_SHREDDED = "UPDATE urn_gates SET shredded = 1 WHERE campaign = ?1";
    REGISTERED = "SELECT voter, person, sealed FROM register WHERE campaign = ?1 AND voter = ?2";
    // The index leaves out who never signed in, and is used where the statement says that too.
    REGISTERED_PERSON = "SELECT voter, person, sealed FROM register WHERE campaign = ?1 AND person = ?2
        AND person <> ''";
    REGISTERED_BORN = "SELECT voter, person, sealed FROM register WHERE born = ?1";
    REGISTERED_AFTER = "SELECT voter, person, sealed FROM register WHERE campaign = ?1 AND voter > ?2
        ORDER BY voter LIMIT 500";
    PUT_REGISTERED = "INSERT INTO register (campaign, voter, person, born, until, sealed)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (campaign, voter)
        DO UPDATE SET person = excluded.person, until = excluded.until, sealed = excluded.sealed";
    FORGET_REGISTERED_PERSON = "UPDATE register SET person = '' WHERE person = ?1";
    EXPIRE_REGISTER = "DELETE FROM register WHERE until <= ?1";
    ADD_MATCH = "INSERT INTO register_matches (campaign, one, other, state, said, agent)
        VALUES (?1, ?2, ?3, 'OPEN', '', '') ON CONFLICT (campaign, one, other) DO NOTHING";
    MATCHES = "SELECT one, other, state, said, agent FROM register_matches WHERE campaign = ?1 ORDER BY one, other";
    SAY_MATCH = "UPDATE register_matches SET state = ?4, said = ?5, agent = ?6 WHERE campaign = ?1 AND one = ?2
        AND other = ?3";
    DELETE_MATCHES = "DELETE FROM register_matches WHERE campaign = ?1";
    ADD_BALLOT = "INSERT INTO urn_ballots (campaign, area, digest, published, counts, ballot)
        VALUES (?1, ?2, ?3, 0, 1, ?4) ON CONFLICT (campaign, area, digest) DO NOTHING";
    SET_ASIDE = "UPDATE urn_ballots SET counts = 0 WHERE campaign = ?1 AND area = ?2 AND digest = ?3";
    UNPUBLISHED = "SELECT digest, ballot FROM urn_ballots WHERE campaign = ?1 AND area = ?2 AND published = 0
        ORDER BY digest LIMIT ?3";
    PUBLISHED = "UPDATE urn_ballots SET published = 1 WHERE campaign = ?1 AND area = ?2 AND digest = ?3";
    BALLOTS_ASIDE = "SELECT digest FROM urn_ballots WHERE campaign = ?1 AND counts = 0 ORDER BY digest";
    DELETE_BALLOTS = "DELETE FROM urn_ballots WHERE campaign = ?1";
    LINK = "SELECT sealed FROM urn_links WHERE campaign = ?1 AND name = ?2";
    LINKS_AFTER = "SELECT name, sealed FROM urn_links WHERE campaign = ?1 AND name > ?2 ORDER BY name LIMIT 500";
    PUT_LINK = "INSERT INTO urn_links (campaign, name, sealed) VALUES (?1, ?2, ?3)
        ON CONFLICT (campaign, name) DO UPDATE SET sealed = excluded.sealed";
    DELETE_LINKS = "DELETE FROM urn_links WHERE campaign = ?1";

    // retention and keys
    INACTIVE = "SELECT p.id FROM people p WHERE p.active <= ?1 AND NOT EXISTS
        (SELECT 1 FROM records r WHERE r.person = p.id AND r.kind = 'REGISTER') ORDER BY p.active, p.id LIMIT 100";
    IS_INACTIVE = "SELECT count(*) FROM people p WHERE p.id = ?1 AND p.active <= ?2 AND NOT EXISTS
        (SELECT 1 FROM records r WHERE r.person = p.id AND r.kind = 'REGISTER')";
    KEYS_USED = "SELECT DISTINCT key_id FROM people UNION SELECT key_id FROM roots
        UNION SELECT key_id FROM urn_keys";
    WRAPPED_OTHERWISE = "SELECT id, key_id, wrapped FROM people WHERE key_id <> ?1 ORDER BY key_id, id LIMIT 500";
    REWRAP = "UPDATE people SET key_id = ?3, wrapped = ?4 WHERE id = ?1 AND key_id = ?2";
    PEOPLE_AFTER = "SELECT id, agent_id, created, key_id, wrapped FROM people WHERE id > ?1 ORDER BY id LIMIT 500";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Hold};

    async fn prepare_all(url: &str) {
        let engine = Engine::open(url).await.unwrap();
        for text in ALL {
            let mut tx = engine.begin(Hold::Read).await.unwrap();
            tx.prepare(text).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    #[tokio::test]
    async fn both_engines_know_every_statement() {
        assert!(ALL.len() > 40, "{}", ALL.len());
        let folder = tempfile::tempdir().unwrap();
        prepare_all(&format!("sqlite:{}", folder.path().join("a.vault.db").display())).await;
        let database = throwaway_postgres::Server::shared().database();
        database.psql("CREATE SCHEMA vault; CREATE ROLE parvis_vault");
        prepare_all(database.url()).await;
    }

    /// Statements for what is done seldom, or to all rows: each may pass over a whole table or campaign.
    const SELDOM: &[&str] = &[
        EXPIRE_SESSIONS,
        COUNT,
        EXPIRE_UNTIL,
        MESSAGES_STATES,
        URN_KEYS_WRAPPED_OTHERWISE,
        FORGET_REGISTERED_PERSON,
        EXPIRE_REGISTER,
        MATCHES,
        DELETE_MATCHES,
        BALLOTS_ASIDE,
        DELETE_BALLOTS,
        DELETE_LINKS,
        KEYS_USED,
        WRAPPED_OTHERWISE,
    ];
    /// Tables with one row for each campaign.
    const OF_CAMPAIGNS: [&str; 2] = ["urn_gates", "outbox_places"];

    #[tokio::test]
    async fn no_statement_of_every_day_passes_over_a_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.vault.db");
        Engine::open(&format!("sqlite:{}", path.display())).await.unwrap();
        let store = rusqlite::Connection::open(&path).unwrap();
        let passes_over = |text: &str| {
            let mut plan = store.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
            let mut rows = plan.raw_query();
            let mut steps = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                steps.push(row.get::<_, String>("detail").unwrap());
            }
            steps.into_iter().find(|step| {
                let few = text.ends_with("LIMIT 1") || OF_CAMPAIGNS.iter().any(|table| step.contains(table));
                let scan = step.starts_with("SCAN") && !step.contains("CONSTANT ROW");
                (scan || step.ends_with("(campaign=?)")) && !few
            })
        };
        let found: Vec<_> = ALL.iter().filter_map(|text| Some((*text, passes_over(text)?))).collect();
        for (text, step) in &found {
            assert!(SELDOM.contains(text), "{text}: {step}");
        }
        assert_eq!(found.len(), SELDOM.len(), "all that is named as seldom passes over a table");
    }
}
