//! Reading one argument: what generated code calls, in the order of the contract.
//!
//! All arguments that were sent are coerced first; rate limits come next; only then is it said what is missing
//! (spec/framework-quirks.md C.2).

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::missing::Missing;
use super::{Args, Refusal, lenient};
use crate::error::{Error, ErrorKind, Result};
use crate::method::Method;

/// A type that can be an argument of a method: everything that deserialises.
///
/// Values are coerced as [`lenient`] says.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a request",
    label = "not a request argument",
    note = "derive `serde::Deserialize` for it, or take it by reference if the framework gives it",
    note = "all arguments no parameter names are `#[arg(rest)] rest: Args`"
)]
pub trait Arg: Sized {
    /// The argument of a value that was sent.
    ///
    /// # Errors
    /// When the value does not fit.
    fn from_value(value: Value) -> Result<Self, Refusal>;

    /// The argument `name` of a request; `None` where it was not sent.
    ///
    /// # Errors
    /// When the value does not fit.
    fn from_args(args: &mut Args, name: &str) -> Result<Option<Self>, Refusal> {
        args.take(name).map(Self::from_value).transpose()
    }

    /// What stands for an argument that was not sent; `None` where one must be sent.
    fn absent() -> Option<Self> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Arg for T {
    fn from_value(value: Value) -> Result<T, Refusal> {
        lenient::from_value(value)
    }

    fn absent() -> Option<T> {
        T::deserialize(Missing).ok()
    }
}

/// A type that takes all arguments no other parameter names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't take the rest of the arguments",
    label = "not a map of arguments",
    note = "a parameter with `#[arg(rest)]` is `Args` or `serde_json::Map<String, Value>`"
)]
pub trait Rest {
    /// Takes what is left.
    fn from_rest(args: Args) -> Self;
}

impl Rest for Args {
    fn from_rest(args: Args) -> Args {
        args
    }
}

impl Rest for Map<String, Value> {
    fn from_rest(args: Args) -> Map<String, Value> {
        args.into_object()
    }
}

/// Reads an argument without a default; `None` where it must be sent and was not.
///
/// # Errors
/// 417 `FrappeTypeError` when it was sent and does not fit.
pub fn take<T: Arg>(method: &Method, args: &mut Args, name: &str) -> Result<Option<T>> {
    Ok(sent(method, args, name)?.or_else(T::absent))
}

/// Reads an argument with a default; `None` where it was not sent.
///
/// # Errors
/// 417 `FrappeTypeError` when it was sent and does not fit.
pub fn sent<T: Arg>(method: &Method, args: &mut Args, name: &str) -> Result<Option<T>> {
    T::from_args(args, name)
        .map_err(|refusal| Error::bare(ErrorKind::FrappeTypeError, refusal.text(method.path, name)))
}

/// The error that names the arguments that had to be sent and were not, of all that have to be.
pub fn missing(method: &Method, required: &[(&str, bool)]) -> Error {
    let function = method.path.rsplit('.').next().unwrap_or(method.path);
    let names: Vec<String> = required
        .iter()
        .filter(|(_, absent)| *absent)
        .map(|(name, _)| format!("'{name}'"))
        .collect();
    let plural = if names.len() == 1 { "" } else { "s" };
    let list = match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    };
    let text = format!(
        "{function}() missing {} required argument{plural}: {list}",
        names.len()
    );
    Error::bare(ErrorKind::FrappeTypeError, text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_optional_types_may_be_absent() {
        type Alias = Option<u8>;
        #[derive(serde::Deserialize)]
        struct Newtype(Option<u8>);

        assert_eq!(Alias::absent(), Some(None));
        assert!(matches!(Newtype::absent(), Some(Newtype(None))));
        assert_eq!(u8::absent(), None);
        assert_eq!(String::absent(), None);
        assert_eq!(Value::absent(), None);
        assert_eq!(Vec::<u8>::absent(), None);
    }

    #[test]
    fn rest_is_what_is_left() {
        let mut args = Args::new();
        args.set("a", json!(1));
        args.set("b", json!("x"));

        assert_eq!(u8::from_args(&mut args, "a").unwrap(), Some(1));
        assert_eq!(Map::from_rest(args), *json!({"b": "x"}).as_object().unwrap());
    }
}
