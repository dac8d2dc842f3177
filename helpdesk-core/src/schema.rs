//! JSON Schemas of a method's types, where they have one: a type without `JsonSchema` is no error.
//!
//! The inherent method of a type with a schema wins over the fallback trait's.

use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::args::Arg;

/// A type, asked for its schema.
pub struct Of<T>(PhantomData<T>);

impl<T> Of<T> {
    /// Asks about `T`.
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Of<T> {
        Of(PhantomData)
    }
}

impl<T: JsonSchema> Of<T> {
    /// The type's schema.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

impl<T: Arg> Of<T> {
    /// Whether an argument of the type must be sent.
    pub fn required(&self) -> bool {
        T::absent().is_none()
    }
}

/// The schema of a type that has none.
pub trait NoSchema {
    /// True. A type that can't be an argument is reported where it is read, and only there.
    fn required(&self) -> bool {
        true
    }

    /// `None`.
    fn schema(&self, _generator: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

impl<T> NoSchema for Of<T> {}

/// A return type before it is known whether it is a `Result`.
pub struct Return<T>(PhantomData<T>);

impl<T> Return<T> {
    /// Asks about `T`.
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Return<T> {
        Return(PhantomData)
    }
}

impl<T, E> Return<Result<T, E>> {
    /// The type behind `Ok`.
    pub fn value(&self) -> Of<T> {
        Of::new()
    }
}

/// A return type that is no `Result`.
pub trait PlainReturn {
    /// The type itself.
    type Value;

    /// The type itself.
    fn value(&self) -> Of<Self::Value> {
        Of::new()
    }
}

impl<T> PlainReturn for Return<T> {
    type Value = T;
}

/// The schema of an argument whose type has none: anything.
pub fn anything() -> Schema {
    Schema::from(true)
}

/// A default value, asked for its JSON.
pub struct Shown<T>(pub T);

impl<T: serde::Serialize> Shown<T> {
    /// The value as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }
}

/// A default value that can't be shown.
pub trait NotShown {
    /// Null.
    fn json(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

impl<T> NotShown for Shown<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    struct Opaque;

    #[test]
    fn types_with_and_without_a_schema_are_told_apart() {
        let generator = &mut SchemaGenerator::default();

        assert!(Of::<String>::new().schema(generator).is_some());
        assert!(Of::<Opaque>::new().schema(generator).is_none());
        assert!(
            Return::<Result<Vec<u8>, Opaque>>::new()
                .value()
                .schema(generator)
                .is_some()
        );
        assert!(
            Return::<Result<Opaque, u8>>::new()
                .value()
                .schema(generator)
                .is_none()
        );
        assert!(Return::<u8>::new().value().schema(generator).is_some());
        assert_eq!(Shown(20_u32).json(), 20);
        assert!(Shown(Opaque).json().is_null());
    }
}
