//! Seals, names and derived keys: the only file that touches cryptography.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) seals: its nonces of 24 bytes may be drawn at
//! random. HMAC-SHA-256 (RFC 2104) makes names that can be looked up, HKDF-SHA-256 (RFC 5869) derives
//! one key per use. Must not know a table. Next: `keys.rs` (where the first key comes from).

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use commands::Entropy;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a nonce.
const NONCE: usize = 24;

/// 32 secret bytes, wiped when dropped.
pub(crate) type SecretKey = Zeroizing<[u8; 32]>;

/// Draws a key.
pub(crate) fn draw(entropy: &Entropy) -> SecretKey {
    Zeroizing::new(entropy.bytes())
}

/// What a sealed value is bound to. Moved to another place it doesn't open: each part is preceded by
/// its length, so that no two places have the same bytes.
pub(crate) fn place(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::from(*b"parvis.vault/v1");
    for part in parts {
        bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// Seals a value for one place: nonce, then ciphertext and tag. `None` only for values beyond 256 GiB.
pub(crate) fn seal(key: &SecretKey, place: &[u8], plain: &[u8], entropy: &Entropy) -> Option<Vec<u8>> {
    let drawn = entropy.bytes();
    let nonce = drawn.first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(**key));
    let mut sealed = nonce.to_vec();
    sealed.extend(cipher.encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: place }).ok()?);
    Some(sealed)
}

/// Opens it. `None` when the key, the place or any bit is another.
pub(crate) fn open(key: &SecretKey, place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(**key));
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: place }).ok().map(Zeroizing::new)
}

/// HMAC-SHA-256 of the parts, one after the other.
pub(crate) fn mac(key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    // A key shorter than a block of the hash is filled up with zeroes (RFC 2104, section 2).
    let mut block = Zeroizing::new([0; 64]);
    let (head, _) = block.split_at_mut(key.len());
    head.copy_from_slice(key);
    let mut mac = <Hmac<Sha256>>::new(&(*block).into());
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// The key for one use that follows from another one.
pub(crate) fn derive(from: &[u8], usage: &str) -> SecretKey {
    let mut key = Zeroizing::new([0; 32]);
    let info = ["parvis.vault/v1 ", usage];
    // Fails for lengths beyond 255 hashes only (RFC 5869, section 2.3); the key is one hash long.
    let filled = Hkdf::<Sha256>::new(None, from).expand_multi_info(&info.map(str::as_bytes), key.as_mut_slice());
    debug_assert!(filled.is_ok());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_in_its_place_with_its_key_and_unchanged() {
        let entropy = Entropy::seeded(1);
        let (key, other) = (draw(&entropy), draw(&entropy));
        let here = place(&["records", "ab", "c"]);
        let sealed = seal(&key, &here, b"words", &entropy).unwrap();
        assert_eq!(open(&key, &here, &sealed).unwrap().as_slice(), b"words");
        assert_ne!(seal(&key, &here, b"words", &entropy).unwrap(), sealed);
        assert!(open(&other, &here, &sealed).is_none());
        for there in [place(&["records", "a", "bc"]), place(&["records", "ab"]), Vec::new()] {
            assert!(open(&key, &there, &sealed).is_none());
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key, &here, &changed).is_none(), "{at}");
            assert!(open(&key, &here, &sealed[..at]).is_none(), "{at}");
        }
    }

    #[test]
    fn names_are_hmac_and_derived_keys_differ_by_use() {
        // RFC 4231, test case 1; its key of 20 bytes is the same filled up with zeroes.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(hex::encode(mac(&key, &["Hi ", "There"])), expected);
        assert_ne!(derive(&key, "a"), derive(&key, "b"));
        assert_eq!(derive(&key, "a"), derive(&key, "a"));
        assert_ne!(derive(&key, "a").as_slice(), &key);
    }
}
