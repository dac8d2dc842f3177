//! Arguments that are objects, and no JSON text of one.
//!
//! Source: spec/helpdesk-a.md §0, argument typing, and the recorded refusals.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

/// An object. Text is refused, although it may be JSON.
#[derive(Clone, Debug, Default)]
pub struct Dict(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Dict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dict, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Dict;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("dict")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Dict, A::Error> {
                let mut object = Map::new();
                while let Some((key, value)) = entries.next_entry()? {
                    object.insert(key, value);
                }
                Ok(Dict(object))
            }
        }

        deserializer.deserialize_any(Object)
    }
}

impl JsonSchema for Dict {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Dict".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Map::<String, Value>::json_schema(generator)
    }
}
