//! Codes by time, as apps make them: six digits, a new one every 30 seconds (RFC 6238 with SHA-1, which all apps know).

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;

use crate::secret;

/// Seconds a code is new.
const STEP: i64 = 30;
/// Seconds in which a code may be right: its own, and those of the codes before and after, since clocks differ.
pub(super) const HOLDS: i64 = 3 * STEP;

/// A new secret in Base32: 160 random bits.
pub(super) fn new_secret() -> String {
    let bytes: Vec<u8> = secret::hex(20)
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    BASE32_NOPAD.encode(&bytes)
}

/// Six random digits.
pub(super) fn random_code() -> String {
    // Of 2^60 the last six digits are as good as even.
    let number = u64::from_str_radix(&secret::hex(8)[..15], 16).unwrap_or_default();
    format!("{:06}", number % 1_000_000)
}

/// The step in which a code is right at a time; `None` for one that is not.
pub(super) fn step_of(secret: &str, code: &str, now: i64) -> Option<i64> {
    let key = BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    let step = now.div_euclid(STEP);
    [step, step - 1, step + 1]
        .into_iter()
        .find(|step| code_at(&key, *step).is_some_and(|right| secret::same(&right, code)))
}

fn code_at(key: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).ok()?;
    mac.update(&step.to_be_bytes());
    let sum = mac.finalize().into_bytes();
    let offset = usize::from(sum.last()? & 15);
    let four: [u8; 4] = sum.get(offset..offset + 4)?.try_into().ok()?;
    let number = u32::from_be_bytes(four) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

/// The address that sets an app up.
pub(super) fn uri(secret: &str, issuer: &str, user: &str) -> String {
    let [issuer, user] = [issuer, user].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
    format!("otpauth://totp/{issuer}:{user}?secret={secret}&issuer={issuer}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B: its last six digits.
        let secret = BASE32_NOPAD.encode(b"12345678901234567890");
        for (now, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step_of(&secret, code, now), Some(now / 30), "{now}");
            assert_eq!(step_of(&secret, code, now + 30), Some(now / 30), "{now}");
            assert_eq!(step_of(&secret, code, now + 90), None, "{now}");
        }
        assert_eq!(step_of(&secret, "", 59), None);
        assert_eq!(step_of("no base32!", "287082", 59), None);
    }

    #[test]
    fn secrets_and_codes_differ() {
        assert_eq!(new_secret().len(), 32);
        assert_ne!(new_secret(), new_secret());
        assert!(random_code().len() == 6 && random_code().bytes().all(|digit| digit.is_ascii_digit()));
        assert_eq!(
            uri("ABC", "My Desk", "a@b.example"),
            "otpauth://totp/My%20Desk:a%40b%2Eexample?secret=ABC&issuer=My%20Desk"
        );
    }
}
