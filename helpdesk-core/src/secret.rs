//! Random tokens, and how secrets are stored and compared.

pub mod fernet;
pub mod password;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// `bytes` random bytes from the operating system as lowercase hex (two digits a byte).
///
/// # Panics
/// When the operating system has no randomness to give; nothing safe can go on then.
pub fn hex(bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes];
    #[expect(
        clippy::expect_used,
        reason = "without randomness no token is safe; stopping is the only answer"
    )]
    getrandom::fill(&mut buffer).expect("the operating system gives random bytes");
    to_hex(&buffer)
}

/// Lowercase hex of `bytes`.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// What is stored of a random secret: SHA-256 as hex. Enough for secrets of 60 random bits and more,
/// which no word list holds; passwords need a slow hash instead.
pub fn digest(secret: &str) -> String {
    to_hex(&Sha256::digest(secret.as_bytes()))
}

/// Whether two texts are equal, in a time that does not depend on where they differ.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_has_two_digits_a_byte_and_differs() {
        assert_eq!(hex(28).len(), 56);
        assert_ne!(hex(28), hex(28));
    }

    #[test]
    fn digest_is_sha256() {
        assert_eq!(
            digest("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
