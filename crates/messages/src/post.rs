//! The post: what is due is claimed, written, handed to the mail server, and settled.
//!
//! One message at a time and one server. A refusal for now (4xx) and a connection that breaks are tried
//! again after growing pauses, a refusal for good (5xx) is not. What can still be delivered twice: a
//! message that the server took while this program died before it wrote that down; both copies have the
//! same `Message-ID`. Lines of the log hold codes and ids of messages, never an address.

use crate::address::reach;
use crate::mail::Draft;
use crate::words::Facts;
use crate::{Content, Error, Kind, Settings, Tls, wants};
use commands::Clock;
use domain::Timestamp;
use domain::rejection::Language;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as Layer, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, PoolConfig};
use lettre::{AsyncTransport, Tokio1Executor};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use vault::{Message, Settled, Vault};

/// Seconds between tries, the first after the first; then it is given up. Together under two days.
const PAUSES: [i64; 8] = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400];

/// Seconds after which what still waits is given up: nobody needs last week's news.
const TOO_OLD: u32 = 7 * 86_400;

/// Messages claimed at a time, and for how long: longer than they all can take.
const BATCH: u32 = 10;
const LEASE: u32 = 900;

/// How long one answer of the mail server may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What one round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Messages that a mail server took.
    pub sent: u64,
    /// Messages that are tried again.
    pub later: u64,
    /// Messages that can't be delivered, or were too old.
    pub given_up: u64,
    /// Messages that nobody needs any more.
    pub dropped: u64,
    /// Whether the mail server didn't answer: nothing was claimed then.
    pub unreachable: bool,
}

/// Takes messages from the vault to a mail server. Cheap to clone.
#[derive(Clone)]
pub struct Post {
    vault: Vault,
    clock: Clock,
    settings: Arc<Settings>,
    site: Arc<str>,
    way: Way,
}

/// Where messages go.
#[derive(Clone)]
enum Way {
    Server(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
    Nowhere,
}

impl Post {
    /// A post for the site at this address (`https://…`).
    ///
    /// # Errors
    /// `MESSAGES_SETTINGS`.
    pub fn new(vault: Vault, clock: Clock, settings: Settings, site: &str) -> Result<Self, Error> {
        settings.check()?;
        let way = match (&settings.host, &settings.folder) {
            (Some(host), _) => Way::Server(server(host, &settings)?),
            (None, Some(folder)) => Way::Folder(folder.clone()),
            (None, None) => Way::Nowhere,
        };
        Ok(Self { vault, clock, settings: Arc::new(settings), site: site.into(), way })
    }

    /// Whether messages leave at all; else they wait.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.way, Way::Nowhere)
    }

    /// The page of what a message is about, as the settings have it; of a letter, the conversation's.
    fn page(&self, content: &Content) -> String {
        if let Some(conversation) = &content.conversation {
            return format!("/me/messages/{conversation}");
        }
        let ((kind, key), campaign) = (content.object(), &content.campaign);
        match &self.settings.page {
            Some(page) => page.replace("{campaign}", campaign).replace("{kind}", kind).replace("{key}", key),
            None => format!("/?campaign={campaign}"),
        }
    }

    /// Sends what is due, at most so many. `facts` reads what a message tells of; none when that is gone.
    ///
    /// # Errors
    /// Faults of the vault, and `MESSAGES_FOLDER`; what was sent before is settled.
    pub async fn round(
        &self,
        most: u32,
        facts: impl Fn(&Content, Option<Language>) -> Option<Facts>,
    ) -> Result<Round, Error> {
        let mut round = Round { given_up: self.vault.give_up_messages(TOO_OLD).await?, ..Round::default() };
        if !self.is_open() || self.vault.messages_due().await? == 0 {
            return Ok(round);
        }
        // A server that is down, or refuses our name or password, costs no message a try.
        if let Way::Server(server) = &self.way
            && let Err(error) = server.test_connection().await
        {
            tracing::warn!(fault = fault_of(&error), "the mail server can't be used: messages wait");
            round.unreachable = true;
            return Ok(round);
        }
        let mut left = most;
        while left > 0 {
            let claimed = self.vault.claim_messages(left.min(BATCH), LEASE).await?;
            if claimed.is_empty() {
                break;
            }
            left = left.saturating_sub(u32::try_from(claimed.len()).unwrap_or(u32::MAX));
            for message in claimed {
                let settled = match self.send(&message, &facts).await {
                    // Erased between the claim and now.
                    Err(Error::Vault(vault::Error::PersonErased(_) | vault::Error::PersonUnknown(_))) => continue,
                    other => other?,
                };
                match settled {
                    Settled::Sent => round.sent += 1,
                    Settled::Later { .. } => round.later += 1,
                    Settled::GivenUp { .. } => round.given_up += 1,
                    Settled::Dropped { .. } => round.dropped += 1,
                }
                if let Settled::Later { fault, .. } | Settled::GivenUp { fault, .. } = &settled {
                    tracing::warn!(message = message.id, tries = message.tries, fault, "a message wasn't delivered");
                }
                self.vault.settle_message(&message, settled).await?;
            }
        }
        Ok(round)
    }

    /// Tries one message.
    async fn send(
        &self,
        message: &Message,
        facts: &impl Fn(&Content, Option<Language>) -> Option<Facts>,
    ) -> Result<Settled, Error> {
        let dropped = |fault: &str| Ok(Settled::Dropped { fault: fault.to_owned() });
        let Ok(content) = serde_json::from_value::<Content>(message.content.clone()) else {
            // Of a newer program, which may know it.
            return self.later(message, "KIND_UNKNOWN", None);
        };
        if !wants(&self.vault, &message.person, content.topic).await? {
            return dropped("STOPPED");
        }
        let reached = reach(&self.vault, &message.person).await?;
        let Some(to) = reached.address else { return dropped("NO_ADDRESS") };
        let Some(mut facts) = facts(&content, reached.language) else { return dropped("GONE") };
        if content.kind == Kind::Letter {
            let (Some(id), Some(number)) = (&content.conversation, content.letter) else { return dropped("GONE") };
            let kept = self.vault.conversation(&message.person, id).await?;
            let letter = kept.and_then(|kept| kept.received.into_iter().find(|letter| letter.number == number));
            let Some(letter) = letter else { return dropped("GONE") };
            facts.text = Some(letter.text);
        }
        let stop = self.vault.stop_token(&message.person, content.topic.code()).await?;
        let at = self.clock.now().ok_or(vault::Error::Clock)?;
        let draft = Draft {
            settings: &self.settings,
            site: &self.site,
            id: &message.id,
            to,
            at,
            content: &content,
            facts: &facts,
            link: &self.page(&content),
            stop: &stop,
        };
        let mail = draft.message()?;
        match &self.way {
            Way::Nowhere => self.later(message, "NOWHERE", None),
            Way::Folder(folder) => {
                let (folder, file) = (folder.clone(), folder.join(format!("{}.eml", message.id)));
                let write =
                    move || std::fs::create_dir_all(folder).and_then(|()| std::fs::write(file, mail.formatted()));
                let written = tokio::task::spawn_blocking(write).await;
                written
                    .map_err(|error| Error::Folder(error.to_string()))?
                    .map_err(|error| Error::Folder(error.to_string()))?;
                Ok(Settled::Sent)
            }
            Way::Server(server) => match server.send(mail).await {
                Ok(_) => Ok(Settled::Sent),
                Err(error) => {
                    let (fault, said) = (fault_of(&error), Some(error.to_string()));
                    if error.is_permanent() {
                        Ok(Settled::GivenUp { fault, said })
                    } else {
                        self.later(message, &fault, said)
                    }
                }
            },
        }
    }

    /// Another try after a pause, or none when there were enough.
    fn later(&self, message: &Message, fault: &str, said: Option<String>) -> Result<Settled, Error> {
        let fault = fault.to_owned();
        let past = usize::try_from(message.tries.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(pause) = PAUSES.get(past) else { return Ok(Settled::GivenUp { fault, said }) };
        let now = self.clock.now().ok_or(vault::Error::Clock)?;
        let due = Timestamp::from_unix(now.unix() + pause).ok_or(vault::Error::Clock)?;
        Ok(Settled::Later { due, fault, said })
    }
}

/// The code of what kept a message: never what a server said, which may hold an address.
fn fault_of(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("REFUSED_{code}"),
        None if error.is_tls() => "TLS".to_owned(),
        None if error.is_timeout() => "TIMEOUT".to_owned(),
        None => "UNREACHABLE".to_owned(),
    }
}

fn server(host: &str, settings: &Settings) -> Result<AsyncSmtpTransport<Tokio1Executor>, Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::Settings(error.to_string());
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(file) = &settings.ca_file {
        let pem = std::fs::read(file).map_err(|error| wrong(&format!("ca_file {} ({error})", file.display())))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| wrong(&error))?);
    }
    let layer = match settings.tls {
        Tls::Starttls => Layer::Required(parameters.build().map_err(|error| wrong(&error))?),
        Tls::Tls => Layer::Wrapper(parameters.build().map_err(|error| wrong(&error))?),
        Tls::None => Layer::None,
    };
    let domain = settings.from.rsplit('@').next().unwrap_or_default().to_owned();
    let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(settings.port())
        .tls(layer)
        .hello_name(ClientId::Domain(domain))
        .timeout(Some(TIMEOUT))
        .pool_config(PoolConfig::new().max_size(2));
    if let (Some(user), Some(password)) = (&settings.user, settings.password()?) {
        server = server.credentials(Credentials::new(user.clone(), password));
    }
    Ok(server.build())
}
