//! Signing in with an issuer: the authorization code flow with PKCE, from its beginning to a session.
//!
//! Owns what is remembered in between (in the vault, under a state that works once) and the order of the
//! checks. Rules: `OpenID` Connect Core 1.0, section 3.1; RFC 7636 (PKCE); RFC 9700, section 2.1; RFC 9207.
//! What tokens must be: `tokens.rs`. Nothing here may log what it gets.

use crate::issuers::{Known, Party};
use crate::net::Net;
use crate::pages::Language;
use crate::tokens::{self, Claims, Distrust};
use crate::{Refusal, SessionTimes, identity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use commands::{Clock, Entropy};
use openidconnect::core::{CoreClient, CoreResponseType, CoreTokenResponse};
use openidconnect::{
    AccessToken, AuthType, AuthenticationContextClass, AuthenticationFlow, AuthorizationCode, ClientId, CsrfToken,
    IssuerUrl, LanguageTag, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;
use vault::{Secret, SessionDraft, Vault};

/// Longest code or state that is looked at.
const LONGEST: usize = 4_096;

/// What a sign-in needs.
#[derive(Clone)]
pub(crate) struct SignIn {
    pub(crate) net: Net,
    pub(crate) vault: Vault,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) public_url: Url,
    pub(crate) times: SessionTimes,
}

/// What is remembered between beginning and end.
#[derive(Serialize, Deserialize)]
struct Pending {
    issuer: String,
    verifier: String,
    nonce: String,
    return_to: String,
    /// SHA-256 of what the browser in which it began keeps in a cookie.
    browser: String,
}

/// What an issuer sends back with the browser.
#[derive(Default)]
pub(crate) struct Returned {
    pub(crate) state: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) iss: Option<String>,
}

/// Somebody is signed in.
pub(crate) struct SignedIn {
    pub(crate) secret: Secret,
    pub(crate) return_to: String,
}

impl SignIn {
    /// Begins: where the browser goes next. `browser` is what its cookie holds.
    pub(crate) async fn begin(
        &self,
        party: &Party,
        return_to: String,
        browser: &str,
        language: Language,
    ) -> Result<Url, Refusal> {
        let known = party.known(&self.net).await?;
        let (state, nonce) = (random(&self.entropy), random(&self.entropy));
        let verifier = PkceCodeVerifier::new(random(&self.entropy));
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let pending = Pending {
            issuer: party.settings.id.clone(),
            verifier: verifier.into_secret(),
            nonce: nonce.clone(),
            return_to,
            browser: digest(browser),
        };
        let data = serde_json::to_value(&pending).map_err(|_| Refusal::Unavailable)?;
        self.vault.keep_sign_in(&state, &data).await.map_err(unavailable)?;
        let client = CoreClient::new(self.client_id(party), issuer_url(party)?, known.keys.clone())
            .set_auth_uri(known.metadata.authorization_endpoint.clone())
            .set_redirect_uri(self.redirect(party)?);
        let mut request = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .set_pkce_challenge(challenge)
            .add_ui_locale(LanguageTag::new(language.tag().to_owned()));
        let settings = &party.settings;
        for scope in settings.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        for acr in &settings.acr_values {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        if let Some(prompt) = &settings.prompt {
            request = request.add_extra_param("prompt", prompt.clone());
        }
        let (url, _, _) = request.url();
        Ok(url)
    }

    /// Ends: somebody is signed in, or nobody is. The state is used up either way.
    pub(crate) async fn finish(
        &self,
        party: &Party,
        returned: Returned,
        browser: Option<&str>,
    ) -> Result<SignedIn, Refusal> {
        let short = |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= LONGEST);
        let state = returned.state.as_ref().filter(|state| state.len() <= LONGEST).ok_or(Refusal::SignInUnknown)?;
        let data = self.vault.take_sign_in(state).await.map_err(unavailable)?.ok_or(Refusal::SignInUnknown)?;
        let pending: Pending = serde_json::from_value(data).map_err(|_| Refusal::SignInUnknown)?;
        if pending.issuer != party.settings.id || !short(&returned.code) {
            return Err(Refusal::SignInUnknown);
        }
        // Compared as digests: how long that takes tells nothing of the value.
        if browser.map(digest).as_ref() != Some(&pending.browser) {
            return Err(Refusal::SignInElsewhere);
        }
        let known = party.known(&self.net).await?;
        // RFC 9207, section 2.4: another issuer's answer must not reach this one's token endpoint.
        let announced = known.metadata.authorization_response_iss_parameter_supported;
        match &returned.iss {
            Some(iss) if *iss == party.settings.url => {}
            None if !announced => {}
            Some(_) | None => return Err(distrusted(party, "the answer names another issuer")),
        }
        match returned.error.as_deref() {
            Some("access_denied") => return Err(Refusal::Declined),
            Some(_) => {
                tracing::warn!(issuer = party.settings.id, "an issuer refused a sign-in");
                return Err(Refusal::IssuerRefused);
            }
            None => {}
        }
        let code = returned.code.ok_or_else(|| distrusted(party, "the answer has no code"))?;
        let tokens = self.exchange(party, &known, code, pending.verifier).await?;
        let (token, userinfo, hint) = self.claims(party, known, &tokens, &Nonce::new(pending.nonce)).await?;
        let arrival = identity::arrival(&party.settings, &token, &userinfo)?;
        let (agent, level) = (arrival.agent, arrival.level);
        let person = self.vault.arrive(arrival).await.map_err(unavailable)?;
        let SessionTimes { lifetime_s, idle_s } = self.times;
        let issuer = party.settings.id.clone();
        let draft = SessionDraft { issuer, agent, level, lifetime_s, idle_s, hint: Some(hint) };
        let secret = self.vault.open_session(&person.id, draft).await.map_err(unavailable)?;
        tracing::info!(issuer = party.settings.id, "somebody signed in");
        Ok(SignedIn { secret, return_to: pending.return_to })
    }

    async fn exchange(
        &self,
        party: &Party,
        known: &Known,
        code: String,
        verifier: String,
    ) -> Result<CoreTokenResponse, Refusal> {
        let mut client = CoreClient::new(self.client_id(party), issuer_url(party)?, known.keys.clone())
            .set_token_uri(known.metadata.token_endpoint.clone())
            .set_redirect_uri(self.redirect(party)?);
        if let Some(secret) = &party.secret {
            client = client.set_client_secret(secret.clone());
        }
        if known.metadata.secret_in_body() {
            client = client.set_auth_type(AuthType::RequestBody);
        }
        let request =
            client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(PkceCodeVerifier::new(verifier));
        request.request_async(&self.net).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(_) => {
                tracing::warn!(issuer = party.settings.id, "an issuer refused a code");
                Refusal::IssuerRefused
            }
            RequestTokenError::Request(why) => {
                tracing::warn!(issuer = party.settings.id, "an issuer's token endpoint: {why}");
                Refusal::IssuerUnreachable
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => distrusted(party, "the form of the tokens"),
        })
    }

    /// The verified claims of the ID token and of userinfo, and the ID token itself.
    async fn claims(
        &self,
        party: &Party,
        mut known: std::sync::Arc<Known>,
        tokens: &CoreTokenResponse,
        nonce: &Nonce,
    ) -> Result<(Claims, Claims, String), Refusal> {
        let id_token = tokens.id_token().ok_or_else(|| distrusted(party, "no ID token came"))?;
        let access = tokens.access_token();
        let check = |known: &Known| tokens::id_token(party, known, id_token, access, nonce, &self.clock);
        let mut checked = check(&known);
        if checked == Err(Distrust::KeyUnknown) {
            known = party.with_new_keys(&self.net).await?;
            checked = check(&known);
        }
        let claims = checked.map_err(|why| refused(party, why))?;
        let userinfo = self.userinfo(party, &known, access).await?;
        // OpenID Connect Core 1.0, section 5.3.2: without this, another person's answer could be slipped in.
        if userinfo.as_ref().is_some_and(|userinfo| userinfo.get("sub") != claims.get("sub")) {
            return Err(distrusted(party, "the userinfo is about somebody else"));
        }
        Ok((claims, userinfo.unwrap_or_default(), id_token.to_string()))
    }

    async fn userinfo(&self, party: &Party, known: &Known, access: &AccessToken) -> Result<Option<Claims>, Refusal> {
        let signed = party.settings.signed_userinfo;
        let Some(endpoint) = &known.metadata.userinfo_endpoint else {
            return if signed { Err(distrusted(party, "no signed userinfo is offered")) } else { Ok(None) };
        };
        let request = openidconnect::http::Request::get(endpoint.as_str())
            .header("accept", if signed { "application/jwt" } else { "application/json" })
            .header("authorization", format!("Bearer {}", access.secret()))
            .body(Vec::new())
            .map_err(|_| distrusted(party, "the access token"))?;
        let answer = self.net.send(request).await.map_err(|why| {
            tracing::warn!(issuer = party.settings.id, "an issuer's userinfo: {why}");
            Refusal::IssuerUnreachable
        })?;
        if !answer.status().is_success() {
            return Err(distrusted(party, "the userinfo was refused"));
        }
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = String::from_utf8(answer.into_body()).map_err(|_| distrusted(party, "the form of the userinfo"))?;
        match essence.as_str() {
            "application/jwt" => {
                let text = body.trim();
                let mut checked = tokens::userinfo(party, known, text, &self.clock);
                if checked == Err(Distrust::KeyUnknown) {
                    let renewed = party.with_new_keys(&self.net).await?;
                    checked = tokens::userinfo(party, &renewed, text, &self.clock);
                }
                checked.map(Some).map_err(|why| refused(party, why))
            }
            "application/json" if !signed => {
                serde_json::from_str(&body).map(Some).map_err(|_| distrusted(party, "the form of the userinfo"))
            }
            _ => Err(distrusted(party, "the userinfo isn't signed")),
        }
    }

    /// Where the issuer signs out too (RP-Initiated Logout 1.0), when it offers that.
    pub(crate) async fn sign_out(&self, party: &Party, hint: &str) -> Option<Url> {
        let known = party.known(&self.net).await.ok()?;
        let mut url = known.metadata.end_session_endpoint.clone()?;
        let back = self.public_url.join("/signed-out").ok()?;
        url.query_pairs_mut()
            .append_pair("id_token_hint", hint)
            .append_pair("client_id", &party.settings.client_id)
            .append_pair("post_logout_redirect_uri", back.as_str())
            .append_pair("state", &random(&self.entropy));
        Some(url)
    }

    fn client_id(&self, party: &Party) -> ClientId {
        ClientId::new(party.settings.client_id.clone())
    }

    fn redirect(&self, party: &Party) -> Result<RedirectUrl, Refusal> {
        let address = self.public_url.join(&format!("/sign-in/{}/callback", party.settings.id));
        address.map(RedirectUrl::from_url).map_err(|_| Refusal::IssuerUnknown)
    }
}

/// What a browser keeps during a sign-in; one it has already is kept, so that two tabs can sign in.
pub(crate) fn browser(held: Option<String>, entropy: &Entropy) -> String {
    let ours = |held: &String| held.len() == 43 && URL_SAFE_NO_PAD.decode(held).is_ok();
    held.filter(ours).unwrap_or_else(|| random(entropy))
}

/// A way back is a path of this site and nothing else.
///
/// # Errors
/// `RETURN_TO_INVALID`
pub(crate) fn return_to(given: Option<&str>, public_url: &Url) -> Result<String, Refusal> {
    let path = given.unwrap_or("/");
    let plain = path.len() <= 2_000 && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let local = path.starts_with('/') && !path.starts_with("//");
    // What browsers make of it counts in the end (URL Standard).
    let stays =
        public_url.join(path).is_ok_and(|url| url.origin() == public_url.origin() && !url.path().starts_with("//"));
    if plain && local && stays { Ok(path.to_owned()) } else { Err(Refusal::ReturnTo) }
}

fn issuer_url(party: &Party) -> Result<IssuerUrl, Refusal> {
    IssuerUrl::new(party.settings.url.clone()).map_err(|_| Refusal::IssuerUnknown)
}

/// 256 random bits in base64url: 43 characters.
pub(crate) fn random(entropy: &Entropy) -> String {
    URL_SAFE_NO_PAD.encode(entropy.bytes())
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn refused(party: &Party, why: Distrust) -> Refusal {
    match why {
        Distrust::KeyUnknown => distrusted(party, "a signature by no key of the issuer"),
        Distrust::Because(why) => distrusted(party, why),
    }
}

fn distrusted(party: &Party, why: &'static str) -> Refusal {
    tracing::warn!(issuer = party.settings.id, "a sign-in can't be believed: {why}");
    Refusal::IssuerUntrusted
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: vault::Error) -> Refusal {
    tracing::error!(code = error.code(), "the vault can't be used");
    Refusal::Unavailable
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn back(path: &str) -> Result<String, Refusal> {
        return_to(Some(path), &"https://budget.example".parse().unwrap())
    }

    #[test]
    fn the_way_back_stays_here() {
        for path in ["/", "/campaigns/2026?x=y#z", "/a//b", "/%2f%2fevil.example", "/@evil.example", "/a:b"] {
            assert_eq!(back(path).as_deref(), Ok(path));
        }
        for path in [
            "",
            "x",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            " /",
            "/é",
            "/.//evil.example",
            "/a/..//evil.example",
            "/%2e//evil.example",
            "///evil.example",
            "/\r\nLocation: x",
        ] {
            assert_eq!(back(path), Err(Refusal::ReturnTo), "{path:?}");
        }
        assert_eq!(back(&format!("/{}", "x".repeat(3_000))), Err(Refusal::ReturnTo));
    }

    #[test]
    fn only_a_value_of_ours_is_kept() {
        let entropy = Entropy::seeded(3);
        let ours = random(&entropy);
        assert_eq!(browser(Some(ours.clone()), &entropy), ours);
        for held in [None, Some(String::new()), Some("x".repeat(42)), Some("é".repeat(22))] {
            assert_eq!(browser(held, &entropy).len(), 43);
        }
    }

    proptest! {
        #[test]
        fn any_way_back_is_judged(path in "[/\\\\.%a-f0-9:@?# \t]{0,40}") {
            if let Ok(path) = back(&path) {
                let base: Url = "https://budget.example/sign-in/x/callback".parse().unwrap();
                let there = base.join(&path).unwrap();
                prop_assert_eq!(there.host_str(), Some("budget.example"));
            }
        }
    }
}
