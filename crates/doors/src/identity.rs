//! From what an issuer says to who arrives: the parts of a profile, and how sure it is.
//!
//! What isn't text of a reasonable length is left out, as if it had not been said: a sign-in must not
//! fail for an odd locale. The subject and the level are different: without them nobody arrives.

use crate::tokens::Claims;
use crate::{Assurance, Issuer, Refusal};
use serde_json::Value;
use vault::{Arrival, Level, Profile};

/// Longest text that is taken over, in characters.
const LONGEST: usize = 200;

/// Who arrives, by the claims of the ID token and of userinfo, which wins where both say something.
pub(crate) fn arrival(issuer: &Issuer, token: &Claims, userinfo: &Claims) -> Result<Arrival, Refusal> {
    let subject = subject(token).ok_or(Refusal::IssuerUntrusted)?;
    let level = level(issuer, token);
    if level < issuer.minimum {
        return Err(Refusal::LevelTooLow);
    }
    let names = &issuer.claims;
    let said = |name: &str| (!name.is_empty()).then(|| text(userinfo, name).or_else(|| text(token, name))).flatten();
    let email = said(&names.email).filter(|email| email.contains('@'));
    let verified =
        [userinfo, token].into_iter().find_map(|claims| claims.get(&names.email_verified)).is_some_and(is_true);
    let profile = Profile {
        given_name: said(&names.given_name),
        family_name: said(&names.family_name),
        email_verified: email.is_some() && (verified || issuer.trust_email),
        email,
        birth_date: said(&names.birth_date).filter(|date| is_date(date)),
        language: said(&names.language),
    };
    Ok(Arrival { issuer: issuer.id.clone(), subject, agent: issuer.agents, level: level.into(), profile })
}

// Taken as it is: two subjects that differ in anything are two people (OpenID Connect Core 1.0, section 2).
fn subject(token: &Claims) -> Option<String> {
    let subject = token.get("sub")?.as_str()?;
    let fits = (1..=255).contains(&subject.len()) && !subject.chars().any(char::is_control);
    fits.then(|| subject.to_owned())
}

// Only the ID token tells how somebody signed in; what isn't known is worth least.
fn level(issuer: &Issuer, token: &Claims) -> Assurance {
    let acr = token.get("acr").and_then(Value::as_str);
    acr.and_then(|acr| issuer.levels.get(acr)).copied().unwrap_or_default()
}

impl From<Assurance> for Level {
    fn from(level: Assurance) -> Self {
        match level {
            Assurance::Low => Self::Low,
            Assurance::Substantial => Self::Substantial,
            Assurance::High => Self::High,
        }
    }
}

fn text(claims: &Claims, name: &str) -> Option<String> {
    let text = claims.get(name)?.as_str()?.trim();
    let fits = !text.is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

// Some issuers write booleans as text.
fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { b == b'-' } else { b.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn issuer(more: &str) -> Issuer {
        let text =
            format!("id = 'i'\nlabel = {{ fr = 'I', en = 'I' }}\nurl = 'https://i.example'\nclient_id = 'c'\n{more}");
        toml::from_str(&text).unwrap()
    }

    fn claims(value: Value) -> Claims {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_profile_is_what_both_answers_say() {
        let issuer = issuer("agents = true\n[claims]\nfamily_name = 'usage_name'\n[levels]\neidas2 = 'substantial'");
        let token = claims(json!({ "sub": "s1", "acr": "eidas2", "given_name": "A", "email_verified": true }));
        let info = claims(json!({ "sub": "s1", "given_name": "Ana", "usage_name": "Li", "family_name": "X",
            "email": "a@b.example", "birthdate": "2001-02-03", "locale": 7 }));
        let arrival = arrival(&issuer, &token, &info).unwrap();
        assert_eq!((arrival.issuer.as_str(), arrival.subject.as_str()), ("i", "s1"));
        assert_eq!((arrival.agent, arrival.level), (true, Level::Substantial));
        let profile = arrival.profile;
        assert_eq!(profile.given_name.as_deref(), Some("Ana"));
        assert_eq!(profile.family_name.as_deref(), Some("Li"));
        assert_eq!((profile.email.as_deref(), profile.email_verified), (Some("a@b.example"), true));
        assert_eq!((profile.birth_date.as_deref(), profile.language), (Some("2001-02-03"), None));
    }

    #[test]
    fn an_unknown_level_is_the_lowest() {
        let strict = issuer("minimum = 'substantial'\n[levels]\neidas2 = 'substantial'\neidas3 = 'high'");
        let level =
            |acr: Value| arrival(&strict, &claims(json!({ "sub": "s", "acr": acr })), &Claims::new()).map(|a| a.level);
        assert_eq!(level(json!("eidas3")), Ok(Level::High));
        assert_eq!(level(json!("eidas2")), Ok(Level::Substantial));
        for acr in [json!("eidas1"), json!("eidas4"), json!(null), json!(["eidas3"])] {
            assert_eq!(level(acr), Err(Refusal::LevelTooLow));
        }
    }

    #[test]
    fn odd_values_are_left_out() {
        let subject = |sub: &str| arrival(&issuer(""), &claims(json!({ "sub": sub })), &Claims::new()).unwrap().subject;
        assert_ne!(subject("s"), subject(" s"));
        let token = claims(json!({ "sub": "s", "email": "no address", "email_verified": true, "birthdate": "3 May",
            "given_name": "a\u{7}", "family_name": "x".repeat(201) }));
        assert_eq!(arrival(&issuer(""), &token, &Claims::new()).unwrap().profile, Profile::default());
        for sub in [json!(""), json!(5), json!("x".repeat(256)), json!(null)] {
            assert!(arrival(&issuer(""), &claims(json!({ "sub": sub })), &Claims::new()).is_err());
        }
    }
}
