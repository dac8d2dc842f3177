//! JSON bodies.

use helpdesk_core::args::Args;
use helpdesk_core::error::{Error, ErrorKind};
use serde_json::Value;

use super::{Refused, unreadable};

/// Values a body may have. Each takes some seventy bytes once it is read, however short it was as text.
const MAX_VALUES: usize = 1_000_000;

/// The arguments in a JSON text: an object's members, or an array as argument `data`.
///
/// Nesting is limited by the parser (128 levels), so that depth can't exhaust the stack.
///
/// # Errors
/// 417 `DataError` for what is no JSON, 417 `ValidationError` for a scalar, `TooLarge` for too many values.
pub(super) fn arguments(body: &[u8]) -> Result<Args, Refused> {
    if body.len() > MAX_VALUES && most_values(body) > MAX_VALUES {
        return Err(Refused::TooLarge);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(Args::from_object(object)),
        Ok(array @ Value::Array(_)) => {
            let mut args = Args::new();
            args.set("data", array);
            Ok(args)
        }
        Ok(_) => Err(Refused::Unreadable(Error::new(
            ErrorKind::ValidationError,
            "Invalid request arguments",
        ))),
        Err(_) => Err(unreadable()),
    }
}

/// An upper bound of the number of values: each follows a comma or an opening bracket, be it one within a text.
fn most_values(body: &[u8]) -> usize {
    body.iter()
        .filter(|byte| matches!(byte, b',' | b'[' | b'{'))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_very_many_values_is_too_large() {
        let many = format!("[{}0]", "0,".repeat(MAX_VALUES));
        assert!(matches!(arguments(many.as_bytes()), Err(Refused::TooLarge)));
        let long = format!("[\"{}\"]", "x".repeat(2 * MAX_VALUES));
        assert!(arguments(long.as_bytes()).is_ok());
    }
}
