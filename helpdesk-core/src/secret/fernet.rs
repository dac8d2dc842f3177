//! Fernet: encrypted, authenticated texts, as the original stores passwords it has to be able to read again.
//!
//! A token is base64 of `0x80 | seconds (8 bytes) | IV (16) | AES-128-CBC of the text | HMAC-SHA256 (32)`; the key's
//! first half signs, the second encrypts. See <https://github.com/fernet/spec>.

use aes::Aes128;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const VERSION: u8 = 0x80;
const HEAD: usize = 1 + 8 + 16;
const SIGNATURE: usize = 32;

/// A key.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a setting: a Fernet key as it is (base64 of 32 bytes), the digest of any other text; `None` for
    /// an empty one.
    pub fn of(setting: &str) -> Option<Key> {
        if setting.is_empty() {
            return None;
        }
        let given = URL_SAFE.decode(setting).ok();
        let given = given.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        Some(Key(
            given.unwrap_or_else(|| Sha256::digest(setting.as_bytes()).into())
        ))
    }

    fn halves(&self) -> (&[u8], &[u8]) {
        self.0.split_at(16)
    }

    /// Encrypts a text; `seconds` since 1970 go into the token. `None` when the operating system has no randomness.
    pub fn encrypt(&self, text: &str, seconds: u64) -> Option<String> {
        let mut iv = [0_u8; 16];
        getrandom::fill(&mut iv).ok()?;
        self.seal(text, seconds, iv)
    }

    fn seal(&self, text: &str, seconds: u64, iv: [u8; 16]) -> Option<String> {
        let (signing, encrypting) = self.halves();
        let cipher = Encryptor::<Aes128>::new_from_slices(encrypting, &iv).ok()?;
        let mut token = vec![VERSION];
        token.extend_from_slice(&seconds.to_be_bytes());
        token.extend_from_slice(&iv);
        token.extend(cipher.encrypt_padded_vec::<Pkcs7>(text.as_bytes()));
        let mut mac = Hmac::<Sha256>::new_from_slice(signing).ok()?;
        mac.update(&token);
        token.extend_from_slice(&mac.finalize().into_bytes());
        Some(URL_SAFE.encode(token))
    }

    /// The text of a token; `None` for one that is malformed or was made with another key.
    pub fn decrypt(&self, token: &str) -> Option<String> {
        let (signing, encrypting) = self.halves();
        let token = URL_SAFE.decode(token).ok()?;
        let body = token.len().checked_sub(SIGNATURE).filter(|body| *body >= HEAD)?;
        let (body, signature) = token.split_at(body);
        let mut mac = Hmac::<Sha256>::new_from_slice(signing).ok()?;
        mac.update(body);
        mac.verify_slice(signature).ok()?;
        if body.first() != Some(&VERSION) {
            return None;
        }
        let cipher = Decryptor::<Aes128>::new_from_slices(encrypting, body.get(9..HEAD)?).ok()?;
        let text = cipher.decrypt_padded_vec::<Pkcs7>(body.get(HEAD..)?).ok()?;
        String::from_utf8(text).ok()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

    #[test]
    fn the_specifications_example() {
        let iv: [u8; 16] = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let token = Key::of(KEY).unwrap().seal("hello", 499_162_800, iv).unwrap();

        assert_eq!(
            token,
            "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="
        );
        assert_eq!(Key::of(KEY).unwrap().decrypt(&token).unwrap(), "hello");
    }

    #[test]
    fn other_keys_and_changed_tokens_are_refused() {
        let key = Key::of("any text").unwrap();
        let token = key.encrypt("geheim", 0).unwrap();
        let changed = token.replacen('A', "B", 1);

        assert_eq!(key.decrypt(&token).as_deref(), Some("geheim"));
        assert_eq!(Key::of("another").unwrap().decrypt(&token), None);
        assert_eq!(key.decrypt(&changed), None);
        for broken in ["", "gAAAAA", "%%%", &token[..60]] {
            assert_eq!(key.decrypt(broken), None);
        }
    }
}
