//! How a receiver knows that a webhook is ours: the signatures of Standard Webhooks.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A key that both sides know. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl SigningKey {
    /// Reads `whsec_…`: 24 to 64 bytes in base64.
    pub fn read(words: &str) -> Option<SigningKey> {
        let bytes = STANDARD.decode(words.trim().strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&bytes.len()).then_some(SigningKey(bytes))
    }

    /// The signature of a message, its number and the moment of the attempt (seconds UTC): `v1,…`.
    pub fn sign(&self, id: &str, at: i64, body: &[u8]) -> String {
        // A key of any length is fit for HMAC.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{at}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}
