//! What a stored job doesn't tell: values of arguments that are secrets, and passwords in addresses.

use serde_json::Value;

/// Parts of names whose values are secrets.
const SECRET: [&str; 7] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "api_key",
    "private_key",
];

const MASK: &str = "***";

/// Characters of an error that are kept.
const MOST: usize = 10_000;

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// Arguments for showing: secrets masked, at any depth.
pub(super) fn masked(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Value::Null => Value::Null,
                    _ if is_secret(name) => Value::from(MASK),
                    value => masked(value),
                };
                (name.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(masked).collect(),
        other => other.clone(),
    }
}

/// An error's text for keeping: secret arguments and passwords of addresses masked, cut to a bearable length.
pub(super) fn told(error: &str, args: &Value) -> String {
    let mut secrets = Vec::new();
    collect(args, false, &mut secrets);
    // The longest first: one may be part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = error.to_owned();
    for secret in secrets {
        text = text.replace(&secret, MASK);
    }
    without_passwords(&text).chars().take(MOST).collect()
}

fn collect(value: &Value, secret: bool, out: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                collect(value, secret || is_secret(name), out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, out)),
        Value::String(text) if secret && text.len() > 2 => out.push(text.clone()),
        Value::Number(number) if secret => out.push(number.to_string()),
        _ => {}
    }
}

/// `scheme://user:password@host` without the password.
fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '<' | '>'))
            .unwrap_or(after.len());
        let (authority, behind) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((user, host)) => {
                let name = user.split(':').next().unwrap_or("");
                out.push_str(name);
                if user.contains(':') {
                    out.push(':');
                    out.push_str(MASK);
                }
                out.push('@');
                out.push_str(host);
            }
            None => out.push_str(authority),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked_at_any_depth() {
        let args = json!({"user": "ada", "new_password": "hunter2", "list": [{"api_token": {"a": "bcd"}}], "pwd": null});

        assert_eq!(
            masked(&args),
            json!({"user": "ada", "new_password": "***", "list": [{"api_token": "***"}], "pwd": null})
        );
    }

    #[test]
    fn errors_tell_no_secret() {
        let args = json!({"new_password": "hunter2", "list": [{"api_token": {"a": "bcd"}}]});

        assert_eq!(
            told("ada can't have hunter2 or bcd", &args),
            "ada can't have *** or ***"
        );
        assert_eq!(
            told(
                "no smtp://ada:s3@cret@mail.example:25/x and http://b.example",
                &json!({})
            ),
            "no smtp://ada:***@mail.example:25/x and http://b.example"
        );
        assert_eq!(told(&"x".repeat(20_000), &json!({})).len(), MOST);
    }
}
