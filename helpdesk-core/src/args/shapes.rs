//! Argument types for what the contract takes in more than one form.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient;

/// A text or a whole number, kept as it came: `"5"` stays text, `5` and `5.0` are the number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum StrOrInt {
    /// A text.
    Str(String),
    /// A whole number.
    Int(i64),
}

impl fmt::Display for StrOrInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StrOrInt::Str(text) => f.write_str(text),
            StrOrInt::Int(number) => write!(f, "{number}"),
        }
    }
}

impl<'de> Deserialize<'de> for StrOrInt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<StrOrInt, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = StrOrInt;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("str | int")
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<StrOrInt, E> {
                Ok(StrOrInt::Int(i64::from(flag)))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<StrOrInt, E> {
                Ok(StrOrInt::Int(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<StrOrInt, E> {
                match i64::try_from(number) {
                    Ok(number) => Ok(StrOrInt::Int(number)),
                    Err(_) => Err(E::custom("the number is too large")),
                }
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<StrOrInt, E> {
                if number.fract() == 0.0 && number.abs() < 1e18 {
                    return Ok(StrOrInt::Int(number as i64));
                }
                Err(E::invalid_type(de::Unexpected::Float(number), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<StrOrInt, E> {
                Ok(StrOrInt::Str(text.to_owned()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<StrOrInt, E> {
                Ok(StrOrInt::Str(text))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for StrOrInt {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StrOrInt".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

/// A value, JSON text of it, or any other text: a name or a list of names, for example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum JsonOr<T> {
    /// The value, sent as JSON or as JSON text.
    Json(T),
    /// A text that is no JSON of the value.
    Text(String),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for JsonOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<JsonOr<T>, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => {
                let value = serde_json::from_str(&text).ok();
                Ok(match value.and_then(|value| lenient::from_value(value).ok()) {
                    Some(value) => JsonOr::Json(value),
                    None => JsonOr::Text(text),
                })
            }
            value => lenient::from_value(value)
                .map(JsonOr::Json)
                .map_err(de::Error::custom),
        }
    }
}

impl<T: JsonSchema> JsonSchema for JsonOr<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("JsonOr_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "type": "string" }] })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_or_number_stays_what_it_was() {
        assert_eq!(
            lenient::from_value::<StrOrInt>(json!("5")).unwrap(),
            StrOrInt::Str("5".to_owned())
        );
        assert_eq!(
            lenient::from_value::<StrOrInt>(json!(5.0)).unwrap(),
            StrOrInt::Int(5)
        );
        assert_eq!(
            lenient::from_value::<StrOrInt>(json!(null))
                .unwrap_err()
                .text("a.b", "x"),
            "Argument 'x' in 'a.b' should be of type 'str | int' but got 'NoneType' instead."
        );
    }

    #[test]
    fn a_name_or_a_list_of_names() {
        let read = |value| lenient::from_value::<JsonOr<Vec<String>>>(value).unwrap();
        let both = JsonOr::Json(vec!["a".to_owned(), "b".to_owned()]);

        assert_eq!(read(json!(["a", "b"])), both);
        assert_eq!(read(json!("[\"a\", \"b\"]")), both);
        assert_eq!(read(json!("a")), JsonOr::Text("a".to_owned()));
        assert_eq!(read(json!("[1")), JsonOr::Text("[1".to_owned()));
    }
}
