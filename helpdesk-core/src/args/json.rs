//! Argument types for what must come as JSON: lists and objects, and no text of one.
//!
//! `Vec<T>` and `Map` also take JSON text, as most of the framework's own methods do; these are for methods whose
//! contract refuses it.
//!
//! Source: spec/framework.md §2.5, the rows of `list` and `dict`; spec/helpdesk-a.md §0, argument typing.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// An object. Text is refused, although it may be JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dict(pub Map<String, Value>);

/// A list. Text is refused, although it may be JSON; the elements are read as `T` is anywhere.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T = Value>(pub Vec<T>);

/// An object or a list. Text is refused, although it may be JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum DictOrList {
    /// An object.
    Dict(Map<String, Value>),
    /// A list.
    List(Vec<Value>),
}

/// A list, or the empty text for an empty one: so a client says that nothing was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct ListOrBlank<T = Value>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> List<T> {
        List(Vec::new())
    }
}

impl<T> Default for ListOrBlank<T> {
    fn default() -> ListOrBlank<T> {
        ListOrBlank(Vec::new())
    }
}

fn object<'de, A: MapAccess<'de>>(mut entries: A) -> Result<Map<String, Value>, A::Error> {
    let mut object = Map::new();
    while let Some((key, value)) = entries.next_entry()? {
        object.insert(key, value);
    }
    Ok(object)
}

fn list<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(mut items: A) -> Result<Vec<T>, A::Error> {
    let mut list = Vec::with_capacity(items.size_hint().unwrap_or(0).min(1024));
    while let Some(item) = items.next_element()? {
        list.push(item);
    }
    Ok(list)
}

impl<'de> Deserialize<'de> for Dict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dict, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Dict;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("dict")
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Dict, A::Error> {
                object(entries).map(Dict)
            }
        }

        // Asked for any value, the deserializer of arguments hands text over as text.
        deserializer.deserialize_any(Object)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<T>, D::Error> {
        struct Items<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<List<T>, A::Error> {
                list(items).map(List)
            }
        }

        deserializer.deserialize_any(Items(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ListOrBlank<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ListOrBlank<T>, D::Error> {
        struct Items<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = ListOrBlank<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<ListOrBlank<T>, A::Error> {
                list(items).map(ListOrBlank)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ListOrBlank<T>, E> {
                if text.is_empty() {
                    return Ok(ListOrBlank::default());
                }
                Err(E::invalid_type(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Items(PhantomData))
    }
}

impl<'de> Deserialize<'de> for DictOrList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DictOrList, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = DictOrList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("dict | list")
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<DictOrList, A::Error> {
                object(entries).map(DictOrList::Dict)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<DictOrList, A::Error> {
                list(items).map(DictOrList::List)
            }
        }

        deserializer.deserialize_any(Either)
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

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("List_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for ListOrBlank<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ListOrBlank_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<T>>();
        json_schema!({ "anyOf": [list, { "type": "string", "maxLength": 0 }] })
    }
}

impl JsonSchema for DictOrList {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DictOrList".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["object", "array"] })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::args::{Refusal, lenient};

    fn refused<T: de::DeserializeOwned + fmt::Debug>(value: Value) -> String {
        let refusal: Refusal = lenient::from_value::<T>(value).unwrap_err();
        refusal.text("a.b", "x")
    }

    #[test]
    fn json_is_taken_and_text_of_it_is_not() {
        assert_eq!(
            lenient::from_value::<List<String>>(json!(["a", "b"])).unwrap(),
            List(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(
            lenient::from_value::<Dict>(json!({"a": "5"})).unwrap().0["a"],
            "5"
        );
        assert_eq!(lenient::from_value::<Option<Dict>>(json!(null)).unwrap(), None);
        assert!(matches!(
            lenient::from_value::<DictOrList>(json!([1])).unwrap(),
            DictOrList::List(_)
        ));
        assert!(matches!(
            lenient::from_value::<DictOrList>(json!({})).unwrap(),
            DictOrList::Dict(_)
        ));
        for text in ["[\"a\"]", "{}", "", "a"] {
            let told =
                |wanted| format!("Argument 'x' in 'a.b' should be of type '{wanted}' but got 'str' instead.");
            assert_eq!(refused::<List>(json!(text)), told("list"));
            assert_eq!(refused::<List<String>>(json!(text)), told("list"));
            assert_eq!(refused::<Dict>(json!(text)), told("dict"));
            assert_eq!(refused::<Option<Dict>>(json!(text)), told("dict"));
            assert_eq!(refused::<DictOrList>(json!(text)), told("dict | list"));
        }
        assert!(refused::<List>(json!({})).contains("but got 'dict'"));
        assert!(refused::<Dict>(json!([["a", 1]])).contains("but got 'list'"));
        assert!(refused::<List>(json!(null)).contains("but got 'NoneType'"));
    }

    #[test]
    fn blank_text_is_an_empty_list_where_it_is_told_so() {
        assert_eq!(
            lenient::from_value::<ListOrBlank>(json!("")).unwrap(),
            ListOrBlank::default()
        );
        assert_eq!(
            lenient::from_value::<ListOrBlank>(json!([1])).unwrap(),
            ListOrBlank(vec![json!(1)])
        );
        for value in [json!("[]"), json!(" "), json!(null), json!({}), json!(5)] {
            assert!(refused::<ListOrBlank>(value).contains("should be of type 'list'"));
        }
    }

    #[test]
    fn elements_are_read_as_their_type_says() {
        assert!(refused::<List<String>>(json!(["a", 5])).contains("'x[1]'"));
        assert_eq!(
            lenient::from_value::<List<i64>>(json!(["5"])).unwrap(),
            List(vec![5])
        );
    }
}
