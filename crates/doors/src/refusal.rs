//! Every no that the doors say to a request, with its code, its status and what to do, in both languages.
//!
//! Must not hold anything that a person, a program or an issuer sent. How it is shown: `pages.rs` for
//! browsers, `answer` here for programs (the form of GraphQL errors, so that clients read one form only).

use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request went no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Asked under a name that isn't the site's.
    Host,
    /// Headers that no honest client sends.
    Headers {
        /// What about them.
        what: &'static str,
    },
    /// More headers than there is room for.
    HeadersTooLarge,
    /// Too many requests.
    RateLimited {
        /// When to come again, in seconds.
        after_s: u64,
    },
    /// A page of another origin asked what only configured ones may.
    Cors,
    /// A request with a cookie that may not be the person's own wish.
    Csrf,
    /// The body came too slowly.
    BodyTooSlow,
    /// A cookie and a token, or two of one.
    CredentialsTwice,
    /// A token that isn't one, or isn't one any more.
    Credential,
    /// Sessions can't be looked up now.
    Unavailable,
    /// No such issuer.
    IssuerUnknown,
    /// The way back isn't on this site.
    ReturnTo,
    /// A sign-in that isn't under way: used already, too old, or never begun.
    SignInUnknown,
    /// A sign-in that began in another browser.
    SignInElsewhere,
    /// The person said no, or the issuer did.
    Declined,
    /// The issuer answered with an error of its own.
    IssuerRefused,
    /// The issuer can't be reached.
    IssuerUnreachable,
    /// What the issuer sent can't be trusted.
    IssuerUntrusted,
    /// Identified, but not surely enough.
    LevelTooLow,
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Host => "HOST_UNKNOWN",
            Self::Headers { .. } => "HEADERS_INVALID",
            Self::HeadersTooLarge => "HEADERS_TOO_LARGE",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::Cors => "CORS_REFUSED",
            Self::Csrf => "CSRF_REFUSED",
            Self::BodyTooSlow => "BODY_TOO_SLOW",
            Self::CredentialsTwice => "CREDENTIALS_TWICE",
            Self::Credential => "CREDENTIAL_INVALID",
            Self::Unavailable => "SESSIONS_UNAVAILABLE",
            Self::IssuerUnknown => "ISSUER_UNKNOWN",
            Self::ReturnTo => "RETURN_TO_INVALID",
            Self::SignInUnknown => "SIGN_IN_UNKNOWN",
            Self::SignInElsewhere => "SIGN_IN_ELSEWHERE",
            Self::Declined => "SIGN_IN_DECLINED",
            Self::IssuerRefused => "ISSUER_REFUSED",
            Self::IssuerUnreachable => "ISSUER_UNREACHABLE",
            Self::IssuerUntrusted => "ISSUER_UNTRUSTED",
            Self::LevelTooLow => "LEVEL_TOO_LOW",
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Cors | Self::Csrf | Self::Declined | Self::LevelTooLow => StatusCode::FORBIDDEN,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Credential => StatusCode::UNAUTHORIZED,
            Self::Unavailable | Self::IssuerUnreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::IssuerRefused | Self::IssuerUntrusted => StatusCode::BAD_GATEWAY,
            Self::IssuerUnknown => StatusCode::NOT_FOUND,
            Self::Headers { .. }
            | Self::CredentialsTwice
            | Self::ReturnTo
            | Self::SignInUnknown
            | Self::SignInElsewhere => StatusCode::BAD_REQUEST,
        }
    }

    /// What happened and what to do, in English.
    pub fn english(&self) -> String {
        match self {
            Self::Host => "This site answers under its own name only: use the address that the city gave you.".into(),
            Self::Headers { what } => format!("The request has {what}: send it again without."),
            Self::HeadersTooLarge => "The address and headers of the request are too long: shorten them, or use POST.".into(),
            Self::RateLimited { after_s } => format!("Too many requests: try again in {after_s} s."),
            Self::Cors => "Pages of that origin may not ask this: the operator lists the ones that may in cors_origins.".into(),
            Self::Csrf => "This request didn't come from a page of this site, so it was not carried out: open the site and \
                           try again there. Programs use a token instead of a cookie; uploads carry the header Parvis-CSRF: 1."
                .into(),
            Self::BodyTooSlow => "The request came too slowly: send it again over a better connection.".into(),
            Self::CredentialsTwice => "The request says twice who asks: send the cookie of a session or one token, not both.".into(),
            Self::Credential => "The token isn't valid: it has expired or was revoked. Make a new one, and send it as \
                                 Authorization: Bearer pvt_…"
                .into(),
            Self::Unavailable => "Who is asking can't be looked up at this moment: try again shortly.".into(),
            Self::IssuerUnknown => "There is no such way to sign in: choose one on the sign-in page.".into(),
            Self::ReturnTo => "The way back after signing in has to be a page of this site: start again from the page itself.".into(),
            Self::SignInUnknown => "This sign-in isn't under way any more: it took too long, or its address was used twice. Start again.".into(),
            Self::SignInElsewhere => "This sign-in began in another browser, so it can't end here. Start again in this one.".into(),
            Self::Declined => "Nobody was signed in: the identification was cancelled. You can start again.".into(),
            Self::IssuerRefused => "The identification service refused the sign-in. Start again; if it goes on, tell the city with the code below.".into(),
            Self::IssuerUnreachable => "The identification service doesn't answer at this moment: try again in some minutes.".into(),
            Self::IssuerUntrusted => "The answer of the identification service could not be verified, so nobody was signed in. \
                                      Start again; if it goes on, tell the city with the code below."
                .into(),
            Self::LevelTooLow => "Your identification isn't sure enough for this site: start again with a stronger one.".into(),
        }
    }

    /// What happened and what to do, in French.
    pub fn french(&self) -> String {
        match self {
            Self::Host => "Ce site ne répond qu’à son propre nom : utilisez l’adresse donnée par la ville.".into(),
            Self::Headers { .. } => "La requête est mal formée : recommencez depuis la page du site.".into(),
            Self::HeadersTooLarge => "L’adresse ou les en-têtes de la requête sont trop longs : raccourcissez-les.".into(),
            Self::RateLimited { after_s } => format!("Trop de requêtes : réessayez dans {after_s} s."),
            Self::Cors => "Les pages de cette origine n’ont pas le droit de faire cette demande.".into(),
            Self::Csrf => "Cette demande ne venait pas d’une page de ce site : elle n’a pas été exécutée. Ouvrez le site et recommencez.".into(),
            Self::BodyTooSlow => "La requête est arrivée trop lentement : renvoyez-la avec une meilleure connexion.".into(),
            Self::CredentialsTwice => "La requête dit deux fois qui la fait : envoyez le cookie d’une session ou un jeton, pas les deux.".into(),
            Self::Credential => "Le jeton n’est pas valable : il a expiré ou a été révoqué. Créez-en un autre.".into(),
            Self::Unavailable => "Les sessions ne peuvent pas être consultées pour le moment : réessayez dans un instant.".into(),
            Self::IssuerUnknown => "Ce moyen de connexion n’existe pas : choisissez-en un sur la page de connexion.".into(),
            Self::ReturnTo => "Le retour après connexion doit mener à une page de ce site : repartez de cette page.".into(),
            Self::SignInUnknown => "Cette connexion n’est plus en cours : elle a duré trop longtemps ou son adresse a déjà servi. Recommencez.".into(),
            Self::SignInElsewhere => "Cette connexion a commencé dans un autre navigateur et ne peut pas se terminer ici. Recommencez dans celui-ci.".into(),
            Self::Declined => "Personne n’a été connecté : l’identification a été annulée. Vous pouvez recommencer.".into(),
            Self::IssuerRefused => "Le service d’identification a refusé la connexion. Recommencez ; si cela continue, donnez le code ci-dessous à la ville.".into(),
            Self::IssuerUnreachable => "Le service d’identification ne répond pas pour le moment : réessayez dans quelques minutes.".into(),
            Self::IssuerUntrusted => "La réponse du service d’identification n’a pas pu être vérifiée : personne n’a été connecté. \
                                      Recommencez ; si cela continue, donnez le code ci-dessous à la ville."
                .into(),
            Self::LevelTooLow => "Votre identification n’est pas assez sûre pour ce site : recommencez avec un moyen plus fort.".into(),
        }
    }

    /// The answer for programs.
    pub fn answer(&self) -> Response {
        let error = json!({ "message": self.english(), "extensions": { "code": self.code() } });
        let body = json!({ "errors": [error] }).to_string();
        let mut response = (self.status(), [(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response();
        self.put_headers(&mut response);
        response
    }

    /// The headers that say it again to clients and caches.
    pub(crate) fn put_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(axum::http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::RateLimited { after_s } => drop(headers.insert(RETRY_AFTER, HeaderValue::from(*after_s))),
            Self::Unavailable | Self::IssuerUnreachable => drop(headers.insert(RETRY_AFTER, HeaderValue::from(5))),
            Self::Credential => {
                // RFC 6750, section 3.1.
                let challenge = HeaderValue::from_static("Bearer realm=\"parvis\", error=\"invalid_token\"");
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
            Self::BodyTooSlow => drop(headers.insert(CONNECTION, HeaderValue::from_static("close"))),
            _ => {}
        }
    }
}
