//! How large a payload may be.

use helpdesk_core::realtime::Message;
use serde_json::Value;

/// Bytes of a payload as JSON.
pub(super) const MOST: usize = 64 * 1024;

/// The event with its long texts cut, should it be too large, and its size; `None` if it is too large even so.
/// Whoever is told of a document that is that large reads it again.
pub(super) fn fitted(mut message: Message) -> Option<(Message, usize)> {
    let mut bytes = size(&message.payload);
    for longest in [8 * 1024, 512, 64] {
        if bytes <= MOST {
            break;
        }
        cut(&mut message.payload, longest);
        bytes = size(&message.payload);
    }
    if bytes <= MOST {
        return Some((message, bytes));
    }
    tracing::warn!(event = %message.event, room = %message.room, bytes, "an event was too large to be sent");
    None
}

/// Bytes of a value as JSON, without writing it.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(|item| size(item) + 1).sum::<usize>(),
        Value::Object(map) => {
            2 + map
                .iter()
                .map(|(key, value)| key.len() + 4 + size(value))
                .sum::<usize>()
        }
    }
}

fn cut(value: &mut Value, longest: usize) {
    match value {
        Value::String(text) if text.len() > longest => {
            text.truncate(text.floor_char_boundary(longest));
            text.push('…');
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cut(item, longest)),
        Value::Object(map) => map.values_mut().for_each(|value| cut(value, longest)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn message(payload: Value) -> Message {
        Message {
            event: Arc::from("docinfo_update"),
            room: Arc::from("doc:Deal/A"),
            payload,
        }
    }

    #[test]
    fn long_texts_are_cut_where_the_whole_is_too_large() {
        let small = message(json!({ "doc": { "content": "é".repeat(20_000) } }));
        assert_eq!(fitted(small.clone()).unwrap().0, small);

        let large = message(json!({ "doc": { "content": "é".repeat(50_000), "name": "x" } }));
        let (fit, bytes) = fitted(large).unwrap();
        let content = fit.payload["doc"]["content"].as_str().unwrap();
        assert!(content.ends_with("é…") && content.len() < 9_000 && bytes <= MOST);
        assert_eq!(fit.payload["doc"]["name"], "x");

        assert!(fitted(message(json!(vec![0; 20_000]))).is_none());
    }
}
