//! What opens a session: shown once, and never by accident.
//!
//! Next: `sessions.rs`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use commands::Entropy;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The secret of a session (`pvs_…`) or of a bearer token (`pvt_…`): 32 random bytes in base64url.
/// It is wiped from memory when dropped; neither `Debug` nor `Display` show it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn random(prefix: &str, entropy: &Entropy) -> Self {
        let bytes = Zeroizing::new(entropy.bytes());
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
        Self(Zeroizing::new(format!("{prefix}{}", text.as_str())))
    }

    /// The secret itself, for the one answer that hands it over.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// What is kept of a secret. 256 random bits need no salt and no slow hash.
pub(crate) fn hash_of(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}
