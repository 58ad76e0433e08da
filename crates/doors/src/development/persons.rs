//! Who may be chosen at the development issuer. Invented, all of them.

use super::LEVELS;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Somebody ready to be chosen.
pub(super) struct Ready {
    subject: &'static str,
    given_name: &'static str,
    family_name: &'static str,
    acr: &'static str,
    what: &'static str,
    pub(super) agent: bool,
}

const fn citizen(
    subject: &'static str,
    given_name: &'static str,
    family_name: &'static str,
    acr: &'static str,
) -> Ready {
    Ready { subject, given_name, family_name, acr, what: "", agent: false }
}

const fn agent(
    subject: &'static str,
    given_name: &'static str,
    family_name: &'static str,
    what: &'static str,
) -> Ready {
    Ready { subject, given_name, family_name, acr: "eidas2", what, agent: true }
}

/// All of them. What an agent may do is granted on the site, not here: the names only say who is meant.
pub(super) const READY: [Ready; 16] = [
    citizen("camille", "Camille", "Martin", "eidas1"),
    citizen("moussa", "Moussa", "Diallo", "eidas1"),
    citizen("lan", "Thi Lan", "Nguyen", "eidas2"),
    citizen("jeanne", "Jeanne", "Le Goff", "eidas3"),
    agent("coordination", "Inès", "Bernard", "mission budget participatif"),
    agent("voirie", "Hugo", "Petit", "référent de la direction de la voirie"),
    agent("espaces-verts", "Fatou", "Ndiaye", "référente de la direction des espaces verts"),
    agent("bureau", "Paul", "Roux", "agent de bureau de vote"),
    agent("presidence", "Léa", "Fontaine", "présidente du bureau"),
    agent("donnees", "Noé", "Garnier", "délégué à la protection des données"),
    agent("coordination-2", "Aïcha", "Morel", "mission budget participatif, seconde personne"),
    agent("presidence-2", "Yann", "Perrin", "vice-président du bureau"),
    agent("moderation", "Rosa", "Lambert", "modératrice"),
    agent("audit", "Karim", "Benali", "auditeur"),
    agent("analyse", "Chloé", "Girard", "analyste"),
    agent("informatique", "Marc", "Vidal", "responsable informatique"),
];

/// Somebody who was chosen.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) subject: String,
    pub(super) given_name: String,
    pub(super) family_name: String,
    pub(super) email: String,
    pub(super) acr: String,
    pub(super) what: String,
}

impl Person {
    pub(super) fn of(ready: &Ready) -> Self {
        let Ready { subject, given_name, family_name, acr, what, agent } = *ready;
        let host = if agent { "ville.example" } else { "habitants.example" };
        Self {
            subject: subject.to_owned(),
            given_name: given_name.to_owned(),
            family_name: family_name.to_owned(),
            email: format!("{subject}@{host}"),
            acr: acr.to_owned(),
            what: what.to_owned(),
        }
    }

    /// Whoever a form names: somebody ready, or anybody with a subject.
    pub(super) fn chosen(form: &BTreeMap<String, String>, agents: bool) -> Option<Self> {
        if let Some(subject) = form.get("person") {
            return READY.iter().find(|ready| ready.subject == subject && ready.agent == agents).map(Self::of);
        }
        let said = |name: &str| form.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let subject = said("subject");
        let known = LEVELS.iter().any(|(acr, _)| *acr == said("acr"));
        let fits = (1..=64).contains(&subject.len()) && subject.bytes().all(|byte| byte.is_ascii_graphic());
        (fits && known).then(|| Self {
            given_name: said("given_name"),
            family_name: said("family_name"),
            email: said("email"),
            acr: said("acr"),
            what: String::new(),
            subject,
        })
    }

    /// What userinfo says.
    pub(super) fn claims(&self) -> Value {
        let mut claims = json!({
            "sub": self.subject,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "birthdate": "1990-05-17",
            "locale": "fr-FR",
        });
        if !self.email.is_empty() {
            claims["email"] = self.email.clone().into();
            claims["email_verified"] = true.into();
        }
        claims
    }
}
