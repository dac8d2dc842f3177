use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::json;

use super::*;

fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    from_value(value).map_err(|refusal| refusal.text("a.b", "x"))
}

fn refused<T: DeserializeOwned + std::fmt::Debug>(value: Value) -> String {
    read::<T>(value).unwrap_err()
}

#[test]
fn integers_come_as_numbers_text_and_flags() {
    for value in [
        json!(5),
        json!("5"),
        json!(" 5 "),
        json!("5.0"),
        json!(5.0),
        json!("+5"),
        json!("0005"),
    ] {
        assert_eq!(read::<i64>(value), Ok(5));
    }
    assert_eq!(read::<i64>(json!("1_000")), Ok(1000));
    assert_eq!(read::<i64>(json!(true)), Ok(1));
    assert_eq!(read::<i64>(json!("-7")), Ok(-7));
    assert_eq!(read::<u64>(json!(u64::MAX)), Ok(u64::MAX));
}

#[test]
fn what_is_no_integer_is_refused_in_the_contracts_words() {
    for value in [
        json!(""),
        json!("5.5"),
        json!("1e3"),
        json!("_1"),
        json!("1__0"),
        json!("x12"),
        json!("5."),
    ] {
        assert_eq!(
            refused::<i64>(value),
            "Argument 'x' in 'a.b' should be of type 'int' but got 'str' instead."
        );
    }
    assert_eq!(
        refused::<i64>(json!(5.5)),
        "Argument 'x' in 'a.b' should be of type 'int' but got 'float' instead."
    );
    assert_eq!(
        refused::<i64>(json!(null)),
        "Argument 'x' in 'a.b' should be of type 'int' but got 'NoneType' instead."
    );
    assert_eq!(
        refused::<i64>(json!([])),
        "Argument 'x' in 'a.b' should be of type 'int' but got 'list' instead."
    );
    assert_eq!(
        refused::<u8>(json!(300)),
        "Argument 'x' in 'a.b' should be from 0 to 255."
    );
    assert_eq!(
        refused::<u8>(json!("-1")),
        "Argument 'x' in 'a.b' should be from 0 to 255."
    );
}

#[test]
fn floats_take_text_integers_and_the_special_values() {
    assert_eq!(read::<f64>(json!("1.5")), Ok(1.5));
    assert_eq!(read::<f64>(json!(2)), Ok(2.0));
    assert_eq!(read::<f64>(json!(true)), Ok(1.0));
    assert_eq!(read::<f64>(json!("1e3")), Ok(1000.0));
    assert!(read::<f64>(json!("nan")).unwrap().is_nan());
    assert_eq!(read::<f64>(json!("inf")), Ok(f64::INFINITY));
    assert_eq!(
        refused::<f64>(json!("")),
        "Argument 'x' in 'a.b' should be of type 'float' but got 'str' instead."
    );
    assert_eq!(
        refused::<f64>(json!(null)),
        "Argument 'x' in 'a.b' should be of type 'float' but got 'NoneType' instead."
    );
}

#[test]
fn flags_take_words_and_numbers() {
    for value in [
        json!(true),
        json!(1),
        json!("1"),
        json!("true"),
        json!("Yes"),
        json!("on"),
        json!("1.5"),
        json!(7),
    ] {
        assert_eq!(read::<bool>(value), Ok(true));
    }
    for value in [
        json!(false),
        json!(0),
        json!("0"),
        json!("False"),
        json!("no"),
        json!("off"),
        json!(0.0),
        json!("0.0"),
    ] {
        assert_eq!(read::<bool>(value), Ok(false));
    }
    for value in [json!(""), json!("abc")] {
        assert_eq!(
            refused::<bool>(value),
            "Argument 'x' in 'a.b' should be of type 'bool' but got 'str' instead."
        );
    }
    assert!(read::<bool>(json!(null)).is_err());
}

#[test]
fn text_is_text_only() {
    assert_eq!(read::<String>(json!("5")), Ok("5".to_owned()));
    assert_eq!(
        refused::<String>(json!(5)),
        "Argument 'x' in 'a.b' should be of type 'str' but got 'int' instead."
    );
    assert_eq!(
        refused::<String>(json!(true)),
        "Argument 'x' in 'a.b' should be of type 'str' but got 'bool' instead."
    );
    assert_eq!(
        refused::<String>(json!({})),
        "Argument 'x' in 'a.b' should be of type 'str' but got 'dict' instead."
    );
}

#[test]
fn null_is_none_but_empty_text_is_not() {
    assert_eq!(read::<Option<i64>>(json!(null)), Ok(None));
    assert_eq!(read::<Option<i64>>(json!("4")), Ok(Some(4)));
    assert_eq!(read::<Option<String>>(json!("")), Ok(Some(String::new())));
    assert!(read::<Option<i64>>(json!("")).is_err());
}

#[test]
fn lists_and_objects_come_as_json_or_json_text() {
    assert_eq!(read::<Vec<u32>>(json!("[1, \"2\"]")), Ok(vec![1, 2]));
    assert_eq!(read::<Vec<u32>>(json!([1, "2"])), Ok(vec![1, 2]));
    assert_eq!(read::<(u8, bool)>(json!(" [1, \"no\"]")), Ok((1, false)));
    assert_eq!(
        read::<BTreeMap<u8, String>>(json!("{\"1\": \"a\"}")),
        Ok(BTreeMap::from([(1, "a".to_owned())]))
    );
    assert_eq!(
        refused::<Vec<u32>>(json!("a,b")),
        "Argument 'x' in 'a.b' should be of type 'list' but got 'str' instead."
    );
    assert_eq!(
        refused::<Vec<u32>>(json!("[1")),
        "Argument 'x' in 'a.b' should be of type 'list' but got 'str' instead."
    );
    assert_eq!(
        refused::<HashMap<String, u8>>(json!([["a", 1]])),
        "Argument 'x' in 'a.b' should be of type 'dict' but got 'list' instead."
    );
}

#[derive(Debug, Deserialize, PartialEq)]
struct Item {
    name: String,
    #[serde(default)]
    qty: u8,
    note: Option<String>,
}

#[test]
fn a_nested_refusal_says_where() {
    let good = read::<Vec<Item>>(json!("[{\"name\": \"a\", \"qty\": \"3\", \"more\": [1]}]"));
    assert_eq!(
        good,
        Ok(vec![Item {
            name: "a".to_owned(),
            qty: 3,
            note: None
        }])
    );

    assert_eq!(
        refused::<Vec<Item>>(json!([{"name": "a"}, {"name": "b", "qty": "many"}])),
        "Argument 'x[1].qty' in 'a.b' should be of type 'int' but got 'str' instead."
    );
    assert_eq!(
        refused::<Vec<Item>>(json!([{}])),
        "Argument 'x[0]' in 'a.b' lacks 'name'."
    );
    assert_eq!(
        refused::<HashMap<String, Vec<u8>>>(json!({"a": [1, []]})),
        "Argument 'x.a[1]' in 'a.b' should be of type 'int' but got 'list' instead."
    );
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Read,
    Write,
    Only(u8),
}

#[test]
fn a_choice_is_an_exact_member() {
    assert_eq!(read::<Choice>(json!("read")), Ok(Choice::Read));
    assert_eq!(read::<Choice>(json!({"only": "3"})), Ok(Choice::Only(3)));
    assert_eq!(
        refused::<Choice>(json!("Write")),
        "Argument 'x' in 'a.b' should be of type 'Literal['read', 'write', 'only']' but got 'str' instead."
    );
    assert_eq!(
        refused::<Choice>(json!(1)),
        "Argument 'x' in 'a.b' should be of type 'Literal['read', 'write', 'only']' but got 'int' instead."
    );
}

#[test]
fn any_value_passes_as_it_came() {
    let value = json!({"a": [1, -1, 1.5, "2", null, true, {"b": "[1]"}]});

    assert_eq!(read::<Value>(value.clone()), Ok(value));
}

#[test]
fn an_untagged_enum_is_not_coerced() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum Either {
        Number(u8),
        Text(String),
    }

    assert_eq!(read::<Either>(json!("5")), Ok(Either::Text("5".to_owned())));
    assert_eq!(read::<Either>(json!(5)), Ok(Either::Number(5)));
}

#[test]
fn text_inside_text_has_a_floor() {
    #[derive(Debug, Deserialize)]
    struct Node {
        #[expect(dead_code, reason = "only its nesting matters")]
        child: Option<Box<Node>>,
    }
    let mut deep = json!({});
    for _ in 0..100 {
        deep = json!({ "child": deep });
    }
    assert!(read::<Node>(deep.clone()).is_ok());
    let mut deeper = json!({ "child": deep.to_string() });
    for _ in 0..40 {
        deeper = json!({ "child": deeper });
    }

    assert!(refused::<Node>(deeper).ends_with("is nested too deeply."));
}

proptest::proptest! {
    #[test]
    fn integers_survive_as_text(number: i64) {
        proptest::prop_assert_eq!(read::<i64>(json!(number.to_string())), Ok(number));
    }

    #[test]
    fn no_text_makes_it_panic(text: String) {
        let _ = (read::<i64>(json!(text)), read::<f64>(json!(text)), read::<bool>(json!(text)), read::<Vec<Item>>(json!(text)));
    }
}
