//! What an operator sets about messages: `[messages]` in `parvis.toml`.
//!
//! Owns the form and its checks. Holds no secret: a password stands in a file or a variable.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How messages leave. Without a host and a folder they wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The mail server.
    pub host: Option<String>,
    /// Its port; 587 for `starttls`, 465 for `tls`, 25 for `none` when not set.
    pub port: Option<u16>,
    /// How the connection is kept from others.
    pub tls: Tls,
    /// A file with certificates (PEM) of an authority that this machine doesn't know.
    pub ca_file: Option<PathBuf>,
    /// Who signs in there, if somebody has to.
    pub user: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// The environment variable with the password.
    pub password_env: Option<String>,
    /// The address that messages come from. It receives what can't be delivered.
    pub from: String,
    /// The name beside it.
    pub from_name: String,
    /// A development server writes messages here, an `.eml` file each, and sends none.
    pub folder: Option<PathBuf>,
    /// The address of an object's page: `{campaign}`, `{kind}` and `{key}` are filled in. When not set,
    /// the home page with the campaign.
    pub page: Option<String>,
    /// Messages that this node sends in a minute, at most (1 to 60,000).
    pub per_minute: u32,
}

/// How the connection to the mail server is kept from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Begun in clear text and then encrypted (RFC 3207); never sent without.
    #[default]
    Starttls,
    /// Encrypted from the start (RFC 8314).
    Tls,
    /// Not at all: on this machine, or in a network of its own. Never with a password.
    None,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            tls: Tls::default(),
            ca_file: None,
            user: None,
            password_file: None,
            password_env: None,
            from: "parvis@localhost".to_owned(),
            from_name: "Budget participatif".to_owned(),
            folder: None,
            page: None,
            per_minute: 600,
        }
    }
}

impl Settings {
    /// Refuses what can't work.
    ///
    /// # Errors
    /// `MESSAGES_SETTINGS`, with what to change.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |why: &str| Err(Error::Settings(why.to_owned()));
        if self.from.parse::<lettre::Address>().is_err() {
            return wrong("from is no e-mail address: write one that the mail server accepts");
        }
        if self.host.is_some() && self.folder.is_some() {
            return wrong("host and folder are both set: keep one");
        }
        if self.password_file.is_some() && self.password_env.is_some() {
            return wrong("password_file and password_env are both set: keep one");
        }
        if self.user.is_some() != (self.password_file.is_some() || self.password_env.is_some()) {
            return wrong("user and its password belong together: set both, or none");
        }
        if self.user.is_some() && self.tls == Tls::None {
            return wrong("a password is never sent in clear text: set tls to `starttls` or `tls`");
        }
        if !(1..=60_000).contains(&self.per_minute) {
            return wrong("per_minute lies between 1 and 60000");
        }
        Ok(())
    }

    /// The password, from where the settings say.
    pub(crate) fn password(&self) -> Result<Option<String>, Error> {
        let text = match (&self.password_file, &self.password_env) {
            (Some(file), _) => std::fs::read_to_string(file)
                .map_err(|error| Error::Settings(format!("password_file {} ({error})", file.display())))?,
            (None, Some(name)) => std::env::var(name)
                .map_err(|_| Error::Settings(format!("password_env names {name}, which isn't set")))?,
            (None, None) => return Ok(None),
        };
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Starttls => 587,
            Tls::Tls => 465,
            Tls::None => 25,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_refused() {
        let check = |text: &str| toml::from_str::<Settings>(text).unwrap().check().map_err(|error| error.code());
        assert_eq!(check(""), Ok(()));
        assert_eq!(
            check("host = 'mail.city.example'\nuser = 'u'\npassword_env = 'P'\nfrom = 'a@city.example'"),
            Ok(())
        );
        for text in [
            "from = 'nobody'",
            "host = 'h'\nfolder = 'f'",
            "user = 'u'",
            "password_env = 'P'",
            "user = 'u'\npassword_env = 'P'\npassword_file = 'p'",
            "user = 'u'\npassword_env = 'P'\ntls = 'none'",
            "per_minute = 0",
        ] {
            assert_eq!(check(text), Err("MESSAGES_SETTINGS"), "{text}");
        }
        assert!(toml::from_str::<Settings>("password = 'x'").is_err(), "no secret in the settings");
    }
}
