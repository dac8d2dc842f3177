//! Reads typed values out of untyped ones as the contract coerces them: form text and JSON reach the same type.
//!
//! Numbers and booleans may come as text, lists and objects as JSON text, at any depth.
//! Not reached: what stands under `#[serde(flatten)]` or in an untagged or internally tagged enum. There serde asks
//! for "any value", so the value is taken as it came.
//!
//! Source: spec/framework.md §2.5.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Value};

use super::refusal::{Refusal, literal, type_name};

/// Levels a value may nest, JSON inside text included.
const MAX_DEPTH: u8 = 128;

/// Reads `T` from an untyped value.
///
/// # Errors
/// When the value does not fit, saying where and why.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    T::deserialize(Lenient { value, depth: 0 })
}

/// The deserializer behind [`from_value`].
struct Lenient {
    value: Value,
    depth: u8,
}

impl Lenient {
    fn refuse<T>(&self, expected: &'static str) -> Result<T, Refusal> {
        Err(Refusal::mismatch(expected, type_name(&self.value)))
    }

    /// The whole number in the value, if it is or spells one.
    fn integer(&self) -> Option<i128> {
        match &self.value {
            Value::Bool(flag) => Some(i128::from(*flag)),
            Value::Number(number) => whole(number),
            Value::String(text) => parse_integer(text),
            _ => None,
        }
    }

    fn float(&self) -> Option<f64> {
        match &self.value {
            Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
            Value::Number(number) => number.as_f64(),
            Value::String(text) => without_underscores(text.trim())?.parse().ok(),
            _ => None,
        }
    }

    fn flag(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(flag) => Some(*flag),
            Value::Number(number) => number.as_f64().map(|number| number != 0.0),
            Value::String(text) => parse_flag(text.trim()),
            _ => None,
        }
    }

    /// Opens JSON text where a list or object belongs.
    fn opened(self, start: char) -> Lenient {
        match &self.value {
            Value::String(text) if text.trim_start().starts_with(start) => match serde_json::from_str(text) {
                Ok(value) => Lenient {
                    value,
                    depth: self.depth,
                },
                Err(_) => self,
            },
            _ => self,
        }
    }

    fn inner(value: Value, depth: u8) -> Result<Lenient, Refusal> {
        if depth >= MAX_DEPTH {
            return Err(Refusal::other("is nested too deeply"));
        }
        Ok(Lenient {
            value,
            depth: depth + 1,
        })
    }
}

macro_rules! integers {
    ($($deserialize:ident $visit:ident $int:ty,)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            let Some(number) = self.integer() else { return self.refuse("int") };
            match <$int>::try_from(number) {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(Refusal::other(format!("should be from {} to {}", <$int>::MIN, <$int>::MAX))),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Lenient {
    type Error = Refusal;

    integers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128,
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.float() {
            Some(number) => visitor.visit_f64(number),
            None => self.refuse("float"),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.flag() {
            Some(flag) => visitor.visit_bool(flag),
            None => self.refuse("bool"),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value {
            Value::String(text) => visitor.visit_string(text),
            _ => self.refuse("str"),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_string(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_string(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value {
            Value::String(text) => visitor.visit_byte_buf(text.into_bytes()),
            _ => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            _ => self.refuse("NoneType"),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let this = self.opened('[');
        match this.value {
            Value::Array(items) => visitor.visit_seq(Items {
                items: items.into_iter(),
                next: 0,
                depth: this.depth,
            }),
            _ => this.refuse("list"),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refusal> {
        let this = self.opened('[');
        match &this.value {
            Value::Array(items) if items.len() != len => Err(Refusal::other(format!(
                "should have {len} entries but has {}",
                items.len()
            ))),
            _ => this.deserialize_seq(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let this = self.opened('{');
        match this.value {
            Value::Object(map) => visitor.visit_map(Entries::new(map, this.depth)),
            _ => this.refuse("dict"),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let this = self.opened('{');
        let depth = this.depth;
        match this.value {
            Value::String(variant) => visitor.visit_enum(Variant {
                variant,
                content: None,
                depth,
            }),
            Value::Object(map) if map.len() == 1 => {
                let mut entries = map.into_iter();
                match entries.next() {
                    Some((variant, content)) => visitor.visit_enum(Variant {
                        variant,
                        content: Some(content),
                        depth,
                    }),
                    None => Err(Refusal::mismatch(literal(variants), "dict")),
                }
            }
            other => Err(Refusal::mismatch(literal(variants), type_name(&other))),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }

    /// Takes the value as it came, without coercion.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, Some(number)) => visitor.visit_f64(number),
                _ => Err(Refusal::other("is not a number this server can hold")),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items {
                items: items.into_iter(),
                next: 0,
                depth: self.depth,
            }),
            Value::Object(map) => visitor.visit_map(Entries::new(map, self.depth)),
        }
    }
}

/// The elements of a list, one after the other.
struct Items {
    items: std::vec::IntoIter<Value>,
    next: usize,
    depth: u8,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let Some(value) = self.items.next() else {
            return Ok(None);
        };
        let index = self.next;
        self.next += 1;
        let read = Lenient::inner(value, self.depth).and_then(|value| seed.deserialize(value));
        read.map(Some).map_err(|refusal| refusal.at_index(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The entries of an object, one after the other.
struct Entries {
    entries: serde_json::map::IntoIter,
    current: Option<(String, Value)>,
    depth: u8,
}

impl Entries {
    fn new(map: Map<String, Value>, depth: u8) -> Entries {
        Entries {
            entries: map.into_iter(),
            current: None,
            depth,
        }
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        // Keys are read leniently too: a map may have numbers for keys.
        let read =
            Lenient::inner(Value::String(key.clone()), self.depth).and_then(|key| seed.deserialize(key));
        self.current = Some((key, value));
        read.map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Refusal> {
        let Some((key, value)) = self.current.take() else {
            return Err(Refusal::other("has a key without a value"));
        };
        let read = Lenient::inner(value, self.depth).and_then(|value| seed.deserialize(value));
        read.map_err(|refusal| refusal.at_key(key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// One choice of an enum: a text alone, or an object of one entry.
struct Variant {
    variant: String,
    content: Option<Value>,
    depth: u8,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Refusal;
    type Variant = Content;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content), Refusal> {
        let variant = seed.deserialize(StrDeserializer::<Refusal>::new(&self.variant))?;
        Ok((
            variant,
            Content {
                name: self.variant,
                value: self.content,
                depth: self.depth,
            },
        ))
    }
}

/// What stands behind an enum's choice.
struct Content {
    name: String,
    value: Option<Value>,
    depth: u8,
}

impl Content {
    fn read<T>(self, read: impl FnOnce(Lenient) -> Result<T, Refusal>) -> Result<T, Refusal> {
        Lenient::inner(self.value.unwrap_or(Value::Null), self.depth)
            .and_then(read)
            .map_err(|refusal| refusal.at_key(self.name))
    }
}

impl<'de> VariantAccess<'de> for Content {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        match self.value {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(Refusal::other(format!("takes '{}' alone", self.name))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refusal> {
        self.read(|value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.read(|value| value.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.read(|value| value.deserialize_map(visitor))
    }
}

/// The whole number a JSON number is, if it is one.
fn whole(number: &serde_json::Number) -> Option<i128> {
    // Beyond this a double no longer tells neighbouring integers apart, and the cast below would saturate.
    const LIMIT: f64 = 1e18;
    if let Some(number) = number.as_i64() {
        return Some(i128::from(number));
    }
    if let Some(number) = number.as_u64() {
        return Some(i128::from(number));
    }
    number
        .as_f64()
        .filter(|number| number.fract() == 0.0 && number.abs() <= LIMIT)
        .map(|number| number as i128)
}

/// `5`, ` 5 `, `+5`, `5.0` and `1_000`; not `5.5`, not `1e3`, not the empty text.
fn parse_integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let digits = match text.split_once('.') {
        Some((digits, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => digits,
        Some(_) => return None,
        None => text,
    };
    without_underscores(digits)?.parse().ok()
}

/// Drops underscores that stand between two digits; `None` where one stands elsewhere.
fn without_underscores(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    if !text.contains('_') {
        return Some(text.into());
    }
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if character != '_' {
            out.push(character);
        } else if !digit(at.checked_sub(1)) || !digit(at.checked_add(1)) {
            return None;
        }
    }
    Some(out.into())
}

/// Words for yes and no in any case; numbers by whether they are zero.
fn parse_flag(text: &str) -> Option<bool> {
    const YES: [&str; 6] = ["1", "true", "t", "yes", "y", "on"];
    const NO: [&str; 6] = ["0", "false", "f", "no", "n", "off"];
    if YES.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(true);
    }
    if NO.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(false);
    }
    text.parse::<f64>().ok().map(|number| number != 0.0)
}

#[cfg(test)]
mod tests;
