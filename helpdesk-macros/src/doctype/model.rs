//! [`Input`] to [`DocType`]: every option known, every name resolved, every type fitting its field.

use proc_macro2::Span;
use syn::{Ident, Lit, LitStr, Visibility};

use super::errors::{Errors, did_you_mean};
use super::parse::{Entry, Input, Name, Value, doc_of};
use super::vocabulary::{
    DOCTYPE_FIELD_NAMES, DOCTYPE_FLAGS, DOCTYPE_GROUPS, DOCTYPE_TEXTS, LIST_COLUMNS, STANDARD_NUMBERS,
    STANDARD_TEXTS,
};

mod field;
mod option;
mod rule;
mod shape;

pub(super) use field::{Field, Kind, Member};
use option::{flag, known, repeated, text, unknown};
use rule::{Link, Permission, state};

/// A checked DocType.
pub(super) struct DocType {
    pub ident: Ident,
    pub vis: Visibility,
    pub name: String,
    pub doc: String,
    /// Option and text, as in the contract's DocType record.
    pub texts: Vec<(&'static str, LitStr)>,
    pub flags: Vec<&'static str>,
    pub permissions: Vec<Permission>,
    pub links: Vec<Link>,
    pub states: Vec<(String, String)>,
    pub indexes: Vec<Vec<String>>,
    pub members: Vec<Member>,
}

impl DocType {
    /// Checks what was written; `None` if there is too little to go on.
    pub(super) fn check(input: &Input, errors: &mut Errors) -> Option<DocType> {
        let mut doctype = DocType {
            ident: input.item.ident.clone(),
            vis: input.item.vis.clone(),
            name: String::new(),
            doc: doc_of(&input.item.attrs),
            texts: Vec::new(),
            flags: Vec::new(),
            permissions: Vec::new(),
            links: Vec::new(),
            states: Vec::new(),
            indexes: Vec::new(),
            members: Vec::new(),
        };
        for (field, options) in input.item.fields.iter().zip(&input.fields) {
            doctype.members.extend(Member::check(field, options, errors));
        }
        doctype.repeated_names(errors);
        doctype.options(&input.options, errors);
        doctype.references(input, errors);
        Some(doctype)
    }

    fn repeated_names(&self, errors: &mut Errors) {
        for (i, member) in self.members.iter().enumerate() {
            if self.members[..i]
                .iter()
                .any(|earlier| earlier.name == member.name)
            {
                errors.at(&member.ident, format!("two fields are named `{}`", member.name));
            }
        }
    }

    fn options(&mut self, options: &[Entry], errors: &mut Errors) {
        let mut seen = Vec::new();
        for option in options {
            let key = option.key();
            if !DOCTYPE_GROUPS.contains(&&*key) && repeated(&mut seen, option, errors) {
                continue;
            }
            match &*key {
                "name" => self.name = text(option, errors).map(|name| name.value()).unwrap_or_default(),
                "permission" => self.permissions.extend(Permission::check(option, errors)),
                "link" => self.links.extend(Link::check(option, errors)),
                "state" => self.states.extend(state(option, errors)),
                "index" => self.indexes.extend(self.index(option, errors)),
                _ => {
                    if let Some(known) = known(&key, DOCTYPE_TEXTS) {
                        self.texts.extend(text(option, errors).map(|text| (known, text)));
                    } else if let Some(known) = known(&key, DOCTYPE_FLAGS) {
                        self.flags.extend(flag(option, errors).map(|()| known));
                    } else {
                        let all = ["name"]
                            .iter()
                            .chain(DOCTYPE_TEXTS)
                            .chain(DOCTYPE_FLAGS)
                            .chain(DOCTYPE_GROUPS);
                        unknown(option, "DocType option", all.copied(), errors);
                    }
                }
            }
        }
        if !options.iter().any(|option| option.key() == "name") {
            let text = "a DocType needs its name: `#[doctype(name = \"..\")]`";
            errors.add(syn::Error::new(Span::call_site(), text));
        } else if let Some(option) = options
            .iter()
            .find(|option| option.key() == "name" && self.name.is_empty())
        {
            errors.at(&option.name, "a DocType's name can't be empty");
        }
        if let Some((_, order)) = self.texts.iter().find(|(key, _)| *key == "sort_order")
            && !["ASC", "DESC"].contains(&&*order.value())
        {
            errors.at(order, "a list is sorted `ASC` or `DESC`");
        }
        self.repeated_rules(options, errors);
    }

    /// Two rules for one role and level would leave open which of them counts.
    fn repeated_rules(&self, options: &[Entry], errors: &mut Errors) {
        let written = options.iter().filter(|option| option.key() == "permission");
        for (i, (rule, option)) in self.permissions.iter().zip(written).enumerate() {
            let same = |other: &&Permission| {
                (&other.role, other.permlevel, other.if_owner) == (&rule.role, rule.permlevel, rule.if_owner)
            };
            if self.permissions[..i].iter().find(same).is_some() {
                errors.at(
                    &option.name,
                    format!("a second rule for `{}` at the same level", rule.role),
                );
            }
        }
    }

    /// Options that name fields of the struct.
    fn references(&self, input: &Input, errors: &mut Errors) {
        for (key, text) in &self.texts {
            // The contract has a DocType that names a parent field without being a tree.
            let unused = *key == "nsm_parent_field" && !self.flags.contains(&"is_tree");
            if DOCTYPE_FIELD_NAMES.contains(key) && !unused {
                for field in text
                    .value()
                    .split(',')
                    .map(str::trim)
                    .filter(|field| !field.is_empty())
                {
                    // `sort_field = "modified desc, name"` is allowed: a column, then a direction.
                    self.resolve(field.split(' ').next().unwrap_or(field), text, errors);
                }
            }
            if let ("autoname", Some(field)) = (*key, text.value().strip_prefix("field:")) {
                self.resolve(field, text, errors);
            }
        }
        for option in input.fields.iter().flatten() {
            let Value::Lit(Lit::Str(text)) = &option.value else {
                continue;
            };
            match &*option.key() {
                "dynamic_link" | "image" => self.resolve(&text.value(), text, errors),
                "fetch_from" => match text.value().split_once('.') {
                    Some((link, _)) => self.resolve(link, text, errors),
                    None => errors.at(
                        text,
                        "write the link field and the field fetched: `\"contact.email_id\"`",
                    ),
                },
                _ => {}
            }
        }
    }

    fn resolve(&self, field: &str, place: &LitStr, errors: &mut Errors) {
        let standard = STANDARD_TEXTS.iter().chain(STANDARD_NUMBERS);
        let mut names = self
            .members
            .iter()
            .map(|member| &*member.name)
            .chain(standard.copied());
        if !names.any(|name| name == field) {
            let near = did_you_mean(field, self.members.iter().map(|member| &*member.name));
            errors.at(place, format!("`{}` has no field `{field}`{near}", self.ident));
        }
    }

    fn index(&self, option: &Entry, errors: &mut Errors) -> Option<Vec<String>> {
        let Value::Group(entries) = &option.value else {
            errors.at(
                &option.name,
                "write the fields: `index(\"status\", \"modified\")`",
            );
            return None;
        };
        let mut fields = Vec::new();
        for entry in entries {
            match (&entry.name, &entry.value) {
                (Name::Text(text), Value::None) => {
                    if !LIST_COLUMNS.contains(&&*text.value()) {
                        self.resolve(&text.value(), text, errors);
                    }
                    fields.push(text.value());
                }
                _ => errors.at(
                    &entry.name,
                    "an index names fields: `index(\"status\", \"modified\")`",
                ),
            }
        }
        Some(fields)
    }
}
