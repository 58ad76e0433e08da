//! Where somebody is reached: looked up in the vault at the moment of sending, and kept nowhere else.

use crate::Error;
use domain::rejection::Language;
use lettre::Address;
use vault::{Kind, PersonId, Profile, Vault};

/// Where somebody is reached, and in which language.
pub(crate) struct Reached {
    /// None for somebody without an address, or with one that can't be one.
    pub(crate) address: Option<Address>,
    /// None for somebody whose language isn't known, or isn't ours.
    pub(crate) language: Option<Language>,
}

/// The address that the issuer confirmed, or else the one that the person left for contact.
pub(crate) async fn reach(vault: &Vault, person: &PersonId) -> Result<Reached, Error> {
    let profile = vault.get(person, Kind::Profile, Profile::ID).await?;
    let profile: Profile = profile.and_then(|entry| serde_json::from_value(entry.value).ok()).unwrap_or_default();
    let confirmed = profile.email.filter(|_| profile.email_verified);
    let address = match confirmed {
        Some(address) => Some(address),
        None => {
            let contact = vault.get(person, Kind::Contact, "contact").await?;
            contact.and_then(|entry| entry.value.get("email").and_then(|email| email.as_str()).map(str::to_owned))
        }
    };
    let language =
        match profile.language.as_deref().and_then(|tag| tag.get(..2)).map(str::to_ascii_lowercase).as_deref() {
            Some("fr") => Some(Language::French),
            Some("en") => Some(Language::English),
            Some(_) | None => None,
        };
    Ok(Reached { address: address.and_then(|address| address.trim().parse().ok()), language })
}
