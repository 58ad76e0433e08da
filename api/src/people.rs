//! Where people are known: who they are, what is kept about them, and the routes that belong to them.
//!
//! Owns how vault, doors and uploads are put together for a server. What each does stands in its crate.

use crate::attachments::{self, Attachments};
use crate::failure::Failure;
use crate::me::{self, Me};
use crate::me_letters;
use crate::me_messages::{self, Desk};
use crate::read_model::ReadModel;
use crate::sending::{self, Sending};
use crate::settings::Settings;
use axum::Router;
use axum::routing::{get, post};
use commands::{Clock, Entropy};
use doors::{Connections, Doors};
use messages::Post;
use std::path::Path;
use std::sync::Arc;
use uploads::Uploads;
use vault::{KeyRing, Level, Retention, Vault};

/// Everything of a server that knows people. Cheap to clone.
#[derive(Clone)]
pub struct People {
    /// What is kept about them.
    pub vault: Vault,
    /// How they come in.
    pub doors: Doors,
    /// The files that they sent.
    pub files: Uploads,
    /// The least level of identity with which a citizen takes part.
    pub least_level: Level,
    /// How messages leave.
    pub post: Post,
    /// Messages that this node sends in a minute.
    pub(crate) per_minute: u32,
    /// How long what is kept.
    pub retention: Retention,
    /// How connections are taken.
    pub(crate) connections: Connections,
    /// Whether anybody on this machine may sign in as anybody.
    pub(crate) development: bool,
}

impl People {
    /// As the settings say, for the store at this address whose signing key is that file.
    ///
    /// # Errors
    /// Faults of the vault, of its key file and of the doors' settings, each with its code.
    pub async fn open(
        settings: &Settings,
        store: &str,
        key: &Path,
        clock: Clock,
        entropy: &Entropy,
    ) -> Result<Self, Failure> {
        let vault = open_vault(settings, store, key, clock.clone(), entropy).await?;
        let doors = settings.doors.clone().unwrap_or_default();
        let mut sending = settings.messages.clone().unwrap_or_default();
        if !doors.development_issuer {
            // People's messages lie in files on a developer's machine only.
            sending.folder = None;
        }
        Ok(Self {
            per_minute: sending.per_minute,
            post: Post::new(vault.clone(), clock.clone(), sending, doors.public_url.as_str())?,
            connections: doors.connections(),
            development: doors.development_issuer,
            doors: Doors::new(doors, vault.clone(), clock, entropy.clone())?,
            vault,
            files: Uploads::open(settings.uploads_beside(key), uploads::Limits::default())?,
            least_level: settings.least_level.unwrap_or(Level::Low),
            retention: settings.retention.clone().unwrap_or_default(),
        })
    }

    /// The routes for what people send and what is kept about them.
    pub(crate) fn routes(&self, read_model: &Arc<ReadModel>, clock: Clock) -> Router {
        let (vault, read) = (self.vault.clone(), Arc::clone(read_model));
        let desk = Desk { vault, read_model: read, least_level: self.least_level };
        let me = Me { vault: self.vault.clone(), store: read_model.store().clone() };
        let sending = Sending::new(self.vault.clone(), self.files.clone(), Arc::clone(read_model));
        let (vault, files) = (self.vault.clone(), self.files.clone());
        let attached = Attachments { vault, files, read_model: Arc::clone(read_model), clock };
        let files = Router::new()
            .route("/uploads", post(sending::receive))
            .route("/uploads/{digest}", get(sending::show))
            .layer(sending::most())
            .with_state(sending);
        let messages = Router::new()
            .route("/me/messages", get(me_messages::show).post(me_messages::change))
            .route("/messages/stop", get(me_messages::ask).post(me_messages::stop))
            .route("/me/messages/{conversation}", get(me_letters::show).post(me_letters::answer))
            .with_state(desk);
        Router::new()
            .merge(messages)
            .route("/me/data.json", get(me::show).with_state(me))
            .merge(files)
            .route("/attachments/{digest}", get(attachments::show).with_state(attached))
            .merge(self.doors.routes())
    }
}

/// The vault beside a store.
///
/// # Errors
/// Faults of the vault and of its key file.
pub async fn open_vault(
    settings: &Settings,
    store: &str,
    key: &Path,
    clock: Clock,
    entropy: &Entropy,
) -> Result<Vault, Failure> {
    let ring = KeyRing::read_or_create(&settings.vault_key_beside(key), entropy)?;
    Ok(Vault::open(&Vault::url_beside(store), ring, clock, entropy.clone()).await?)
}
