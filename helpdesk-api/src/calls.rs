//! Telephone calls as timelines and lists show them.
//!
//! Source: spec/helpdesk-a.md §1, `parse_call_log`.

use helpdesk_core::doctype::storage;
use helpdesk_core::doctype::value::lenient_int;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};

use crate::rows::{self, Row, text};

/// `2h 3m 4s`, parts that are zero left out; `0s` for nothing.
fn span(seconds: i64) -> String {
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let words: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if words.is_empty() {
        return "0s".to_owned();
    }
    words.join(" ")
}

/// A call with who called whom, its duration in words, and without a way to play the recording.
///
/// # Errors
/// A database failure.
pub(crate) fn shown(cx: &mut Cx, mut call: Row) -> Result<Row> {
    let is_incoming = text(&call, "type") == "Incoming";
    let number = text(&call, if is_incoming { "from" } else { "to" }).to_owned();
    let user = text(&call, if is_incoming { "receiver" } else { "caller" }).to_owned();
    let (contact, user) = (contact_of(cx, &number)?, user_of(cx, &user)?);
    let (kind, caller, receiver) = if is_incoming {
        ("incoming_call", contact, user)
    } else {
        ("outgoing_call", user, contact)
    };
    let duration = call.get("duration").map_or(0, lenient_int);
    call.insert("show_recording".into(), false.into());
    call.insert("_duration".into(), span(duration).into());
    call.insert("activity_type".into(), kind.into());
    call.insert("_caller".into(), caller);
    call.insert("_receiver".into(), receiver);
    Ok(call)
}

fn user_of(cx: &mut Cx, user: &str) -> Result<Value> {
    let row = storage::values(cx, "User", user, &["full_name", "user_image"])?.unwrap_or_default();
    let text = |i: usize| row.get(i).and_then(Value::as_str).unwrap_or("");
    Ok(json!({ "label": label(text(0)), "image": text(1) }))
}

fn label(name: &str) -> &str {
    if name.is_empty() { "Unknown" } else { name }
}

/// The digits of a number: blanks, brackets, dashes and plus signs don't count.
fn digits(number: &str) -> String {
    number
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '+'))
        .collect()
}

/// The contact with a telephone number, the one changed last where there are several.
fn contact_of(cx: &mut Cx, number: &str) -> Result<Value> {
    let wanted = digits(number);
    let contacts = if wanted.is_empty() {
        Vec::new()
    } else {
        let fields = ["full_name", "image", "phone"];
        rows::all(
            cx,
            "Contact",
            &fields,
            json!([["phone", "is", "set"]]),
            "modified desc",
        )?
    };
    let found = contacts
        .iter()
        .find(|contact| digits(text(contact, "phone")).contains(&wanted));
    Ok(match found {
        Some(contact) => json!({
            "label": label(text(contact, "full_name")),
            "image": contact.get("image").cloned().unwrap_or_default(),
        }),
        None => json!({ "label": "Unknown", "image": null }),
    })
}

/// The contact with a number as telephone or mobile, of those the caller may list.
///
/// # Errors
/// 403 if the caller may list no contacts.
pub(crate) fn contact_listed(cx: &mut Cx, number: &str) -> Result<Option<Row>> {
    let wanted = digits(number);
    let contacts = query::list_values(
        cx,
        &ListRequest {
            fields: ["name", "full_name", "image", "mobile_no", "phone"]
                .map(Value::from)
                .into(),
            or_filters: json!([["phone", "is", "set"], ["mobile_no", "is", "set"]]),
            order_by: "modified desc".into(),
            length: None,
            ..ListRequest::of("Contact")
        },
    )?;
    let found = contacts.into_iter().find(|contact| {
        let has = |field: &str| digits(text(contact, field)).contains(&wanted);
        !wanted.is_empty() && (has("mobile_no") || has("phone"))
    });
    Ok(found.map(|mut contact| {
        contact.shift_remove("phone");
        contact
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_leave_out_what_is_zero() {
        assert_eq!(span(0), "0s");
        assert_eq!(span(7384), "2h 3m 4s");
        assert_eq!(span(3604), "1h 4s");
        assert_eq!(span(-5), "0s");
    }
}
