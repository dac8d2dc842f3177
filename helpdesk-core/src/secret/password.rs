//! Passwords of users: how they are hashed, and the two forms of hash that verify.
//!
//! New hashes are Argon2id. Those of a site that moved here are passlib's PBKDF2-SHA256; they verify, and are replaced
//! at the next login. Source: spec/framework.md §4.7.
//!
//! Both are slow on purpose. Inside a server they run on the [`Lane`](crate::lane::Lane) for it, never on a database
//! thread and never inside a transaction.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use base64::Engine;
use base64::alphabet::Alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::error::{Error, Result};

/// Passwords of more characters are refused unread (spec/framework.md §4.2).
pub const LONGEST: usize = 512;

/// Rounds and memory beyond which a stored hash is not worked on: nothing that was made in earnest needs more.
const MOST_ROUNDS: u32 = 5_000_000;
const MOST_MEMORY_KIB: u32 = 256 * 1024;

/// What a password is to a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another password, or a hash of no known form.
    Wrong,
    /// The password.
    Right,
    /// The password, and the hash should be made anew: another form or weaker than today's.
    RightButOld,
}

/// The hash of a password, salted anew.
///
/// # Errors
/// When the hash can't be made (memory).
pub fn hash(password: &str) -> Result<String> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|error| Error::internal(error.to_string()))?;
    let made: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| Error::internal(error.to_string()))?;
    Ok(made.to_string())
}

/// Compares a password with a stored hash, in a time that says nothing of either.
pub fn verify(stored: &str, password: &str) -> Verdict {
    if let Some(rest) = stored.strip_prefix("$pbkdf2-sha256$") {
        return if pbkdf2(rest, password).unwrap_or(false) {
            Verdict::RightButOld
        } else {
            Verdict::Wrong
        };
    }
    argon2(stored, password).unwrap_or(Verdict::Wrong)
}

/// Right for no password: the digest is not one that the salt gives.
const OF_NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                         $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Compares a password with nothing, in the time that comparing with a stored hash takes; for users who aren't there.
pub fn verify_nothing(password: &str) -> Verdict {
    let _ = std::hint::black_box(verify(OF_NOBODY, password));
    Verdict::Wrong
}

fn argon2(stored: &str, password: &str) -> Option<Verdict> {
    let parsed = PasswordHash::new(stored).ok()?;
    let params = Params::try_from(&parsed).ok()?;
    if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > 100 {
        return None;
    }
    Argon2::default()
        .verify_password(password.as_bytes(), &parsed)
        .ok()?;
    let today = Params::DEFAULT;
    let weaker = params.m_cost() < today.m_cost() || params.t_cost() < today.t_cost();
    Some(if weaker || parsed.algorithm.as_str() != "argon2id" {
        Verdict::RightButOld
    } else {
        Verdict::Right
    })
}

/// Passlib writes base64 with `.` for `+` and without padding.
fn passlib_base64() -> Option<GeneralPurpose> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./";
    let alphabet = Alphabet::new(LETTERS).ok()?;
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    Some(GeneralPurpose::new(&alphabet, config))
}

/// Whether `<rounds>$<salt>$<checksum>` is of this password; `None` for texts of another form.
fn pbkdf2(stored: &str, password: &str) -> Option<bool> {
    let mut parts = stored.split('$');
    let (rounds, salt, checksum) = (parts.next()?, parts.next()?, parts.next()?);
    let rounds: u32 = rounds.parse().ok()?;
    if parts.next().is_some() || !(1..=MOST_ROUNDS).contains(&rounds) {
        return None;
    }
    let base64 = passlib_base64()?;
    let salt = base64.decode(salt).ok()?;
    let checksum = base64.decode(checksum).ok()?;
    if checksum.len() != 32 {
        return None;
    }
    // The checksum is as long as one digest, so that the first block of the function is all of it.
    let keyed = Hmac::<Sha256>::new_from_slice(password.as_bytes()).ok()?;
    let mut first = keyed.clone();
    first.update(&salt);
    first.update(&1_u32.to_be_bytes());
    let mut round: [u8; 32] = first.finalize().into_bytes().into();
    let mut sum = round;
    for _ in 1..rounds {
        let mut mac = keyed.clone();
        mac.update(&round);
        round = mac.finalize().into_bytes().into();
        for (sum, byte) in sum.iter_mut().zip(round) {
            *sum ^= byte;
        }
    }
    Some(sum.ct_eq(checksum.as_slice()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_verifies_its_password_alone_and_is_salted() {
        let stored = hash("correct horse").unwrap();

        assert!(stored.starts_with("$argon2id$v=19$"), "{stored}");
        assert_eq!(verify(&stored, "correct horse"), Verdict::Right);
        assert_eq!(verify(&stored, "correct hors"), Verdict::Wrong);
        assert_ne!(stored, hash("correct horse").unwrap());
    }

    #[test]
    fn nobody_s_hash_takes_the_work_of_any_other() {
        let work = |stored: &str| Params::try_from(&PasswordHash::new(stored).unwrap()).unwrap();
        let length = |stored: &str| PasswordHash::new(stored).unwrap().hash.unwrap().len();

        assert_eq!(work(OF_NOBODY), work(&hash("x").unwrap()));
        assert_eq!(length(OF_NOBODY), length(&hash("x").unwrap()));
        assert_eq!(verify(OF_NOBODY, ""), Verdict::Wrong);
    }

    #[test]
    fn hashes_of_a_moved_site_verify_and_are_old() {
        // RFC 7914 §11 as passlib writes it: PBKDF2-HMAC-SHA256 ("passwd", "salt", 1), first 32 bytes.
        let stored = format!("$pbkdf2-sha256$1$c2FsdA${}", rfc_checksum());

        assert_eq!(verify(&stored, "passwd"), Verdict::RightButOld);
        assert_eq!(verify(&stored, "Passwd"), Verdict::Wrong);
    }

    /// `55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc` in passlib's base64.
    fn rfc_checksum() -> String {
        let hex = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc";
        let bytes: Vec<u8> = (0..32)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        passlib_base64()
            .unwrap()
            .encode(bytes)
            .trim_end_matches('=')
            .to_owned()
    }

    #[test]
    fn weaker_and_other_argon2_hashes_are_old() {
        let weak = Argon2::new(
            argon2::Algorithm::Argon2id,
            argon2::Version::V0x13,
            Params::new(1024, 1, 1, None).unwrap(),
        );
        let stored: PasswordHash = weak.hash_password_with_salt(b"x", b"0123456789abcdef").unwrap();

        assert_eq!(verify(&stored.to_string(), "x"), Verdict::RightButOld);
    }

    #[test]
    fn nonsense_verifies_nothing() {
        for stored in [
            "",
            "secret",
            "$pbkdf2-sha256$0$c2FsdA$AAAA",
            "$pbkdf2-sha256$99999999$c2FsdA$AAAA",
            "$pbkdf2-sha256$1$c2FsdA",
            "$argon2id$v=19$m=9999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
            "$argon2id$",
        ] {
            assert_eq!(verify(stored, "secret"), Verdict::Wrong, "{stored}");
            assert_eq!(verify(stored, ""), Verdict::Wrong, "{stored}");
        }
        assert_eq!(verify_nothing(""), Verdict::Wrong);
    }
}
