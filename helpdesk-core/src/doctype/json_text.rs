//! JSON as the contract spells it in text columns: a blank behind `,` and `:`, ASCII only.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::Formatter;

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        for c in text.chars() {
            if c.is_ascii() {
                write!(out, "{c}")?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

/// A value as text: `[{"a": 1}, "b"]`.
pub fn spaced(value: &Value) -> String {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Spaced);
    match value.serialize(&mut serializer) {
        Ok(()) => String::from_utf8(out).unwrap_or_default(),
        // Writing a value to memory does not fail.
        Err(_) => value.to_string(),
    }
}

/// The texts of a JSON list in a text column; nothing where it holds no list.
pub fn texts(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

/// A list of texts as a text column holds it.
pub fn list(items: &[String]) -> String {
    spaced(&Value::from(items.to_vec()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blanks_and_escapes() {
        assert_eq!(
            spaced(&json!([{"a": "é\u{1F600}\"", "b": [1, null]}, "c"])),
            r#"[{"a": "\u00e9\ud83d\ude00\"", "b": [1, null]}, "c"]"#
        );
    }
}
