//! Options with parentheses: permission rules, links, states.

use syn::ext::IdentExt;

use super::option::{flag, number, repeated, text, unknown};
use crate::doctype::errors::{Errors, did_you_mean, listed};
use crate::doctype::parse::{Entry, Name, Value};
use crate::doctype::vocabulary::RIGHTS;

pub(in crate::doctype) struct Permission {
    pub role: String,
    pub permlevel: u32,
    pub if_owner: bool,
    pub rights: Vec<String>,
}

pub(in crate::doctype) struct Link {
    pub doctype: String,
    pub fieldname: String,
    pub group: String,
}

impl Permission {
    pub(super) fn check(option: &Entry, errors: &mut Errors) -> Option<Permission> {
        let Value::Group(entries) = &option.value else {
            errors.at(
                &option.name,
                "write `permission(role = \"..\", rights = [read, write])`",
            );
            return None;
        };
        let mut rule = Permission {
            role: String::new(),
            permlevel: 0,
            if_owner: false,
            rights: Vec::new(),
        };
        let mut seen = Vec::new();
        for entry in entries {
            if repeated(&mut seen, entry, errors) {
                continue;
            }
            match &*entry.key() {
                "role" => rule.role = text(entry, errors).map(|role| role.value()).unwrap_or_default(),
                "permlevel" => rule.permlevel = number(entry, errors).unwrap_or_default(),
                "if_owner" => rule.if_owner = flag(entry, errors).is_some(),
                "rights" => rule.rights = rights(entry, errors),
                _ => unknown(
                    entry,
                    "permission option",
                    ["role", "permlevel", "if_owner", "rights"],
                    errors,
                ),
            }
        }
        for needed in ["role", "rights"] {
            if !entries.iter().any(|entry| entry.key() == needed) {
                errors.at(&option.name, format!("a permission needs `{needed}`"));
            }
        }
        Some(rule)
    }
}

fn rights(option: &Entry, errors: &mut Errors) -> Vec<String> {
    let Value::List(words) = &option.value else {
        errors.at(&option.name, "write a list: `rights = [read, write]`");
        return Vec::new();
    };
    let mut rights: Vec<String> = Vec::new();
    for word in words {
        let right = match word {
            Name::Word(word) => word.unraw().to_string(),
            Name::Text(text) => text.value(),
        };
        if !RIGHTS.contains(&&*right) {
            let near = did_you_mean(&right, RIGHTS.iter().copied());
            errors.at(
                word,
                format!(
                    "no right `{right}`{near}\nthere are {}",
                    listed(RIGHTS.iter().copied())
                ),
            );
        } else if rights.contains(&right) {
            errors.at(word, format!("`{right}` is given twice"));
        }
        rights.push(right);
    }
    rights
}

impl Link {
    pub(super) fn check(option: &Entry, errors: &mut Errors) -> Option<Link> {
        let Value::Group(entries) = &option.value else {
            errors.at(&option.name, "write `link(doctype = \"..\", fieldname = \"..\")`");
            return None;
        };
        let mut link = Link {
            doctype: String::new(),
            fieldname: String::new(),
            group: String::new(),
        };
        let mut seen = Vec::new();
        for entry in entries {
            if repeated(&mut seen, entry, errors) {
                continue;
            }
            let part = match &*entry.key() {
                "doctype" => &mut link.doctype,
                "fieldname" => &mut link.fieldname,
                "group" => &mut link.group,
                _ => {
                    unknown(entry, "link option", ["doctype", "fieldname", "group"], errors);
                    continue;
                }
            };
            *part = text(entry, errors).map(|text| text.value()).unwrap_or_default();
        }
        for needed in ["doctype", "fieldname"] {
            if !entries.iter().any(|entry| entry.key() == needed) {
                errors.at(&option.name, format!("a link needs `{needed}`"));
            }
        }
        Some(link)
    }
}

/// `state("Accepted", "Green")`
pub(super) fn state(option: &Entry, errors: &mut Errors) -> Option<(String, String)> {
    if let Value::Group(entries) = &option.value
        && let [
            Entry {
                name: Name::Text(title),
                value: Value::None,
            },
            Entry {
                name: Name::Text(color),
                value: Value::None,
            },
        ] = entries.as_slice()
    {
        return Some((title.value(), color.value()));
    }
    errors.at(
        &option.name,
        "write a title and a colour: `state(\"Accepted\", \"Green\")`",
    );
    None
}
