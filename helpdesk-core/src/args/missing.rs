//! Deserialises from nothing: what tells an optional argument from a required one.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::refusal::Refusal;

/// An argument that was not sent. Only `Option` (behind any alias or newtype) can be made of it.
pub(crate) struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Refusal> {
        Err(Refusal::other("is missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
