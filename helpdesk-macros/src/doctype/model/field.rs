//! The fields of the struct: types that fit, options that exist.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Lit, Type};

use super::option::{default, flag, known, number, repeated, text};
use super::shape::Shape;
use crate::doctype::errors::{Errors, did_you_mean, listed};
use crate::doctype::parse::{Entry, Name, Value, doc_of};
use crate::doctype::vocabulary::{
    FIELD_FLAGS, FIELD_NUMBERS, FIELD_TEXTS, FIELD_TYPES, FieldType, Holds, STANDARD_NUMBERS, STANDARD_TEXTS,
    Takes,
};

/// One field of the struct.
pub(in crate::doctype) struct Member {
    pub ident: Ident,
    pub ty: Type,
    /// Name of the column.
    pub name: String,
    pub doc: String,
    pub kind: Kind,
}

pub(in crate::doctype) enum Kind {
    /// A column every document has; not declared by the DocType.
    Standard,
    Declared(Field),
}

/// One DocField.
pub(in crate::doctype) struct Field {
    pub of: &'static FieldType,
    /// Options and texts beside `fieldname` and `fieldtype`.
    pub texts: Vec<(&'static str, String)>,
    pub numbers: Vec<(&'static str, u32)>,
    pub flags: Vec<&'static str>,
}

impl Member {
    pub(super) fn check(field: &syn::Field, options: &[Entry], errors: &mut Errors) -> Option<Member> {
        let ident = field.ident.clone()?;
        let doc = doc_of(&field.attrs);
        let mut member = Member {
            name: ident.unraw().to_string(),
            ident,
            ty: field.ty.clone(),
            doc,
            kind: Kind::Standard,
        };
        if let Some(rename) = options.iter().find(|option| option.key() == "rename") {
            member.rename(rename, errors);
        }

        let is_standard = options.iter().any(|option| option.key() == "standard");
        match known(&member.name, STANDARD_TEXTS).or(known(&member.name, STANDARD_NUMBERS)) {
            _ if is_standard => member.standard(options, errors),
            Some(name) => {
                let text = format!("`{name}` is a field of every document; mark it `#[field(standard)]`");
                errors.at(&member.ident, text);
                return None;
            }
            None => member.kind = Kind::Declared(Field::check(&member, options, errors)?),
        }
        Some(member)
    }

    fn rename(&mut self, option: &Entry, errors: &mut Errors) {
        let Some(name) = text(option, errors) else { return };
        self.name = name.value();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.name.is_empty() || !self.name.chars().all(fits) {
            errors.at(name, "a field name has small letters, digits and `_`");
        }
    }

    fn standard(&self, options: &[Entry], errors: &mut Errors) {
        for option in options
            .iter()
            .filter(|option| !["standard", "rename"].contains(&&*option.key()))
        {
            errors.at(&option.name, "a standard field takes no other options");
        }
        let holds = if STANDARD_TEXTS.contains(&&*self.name) {
            Holds::Text
        } else if STANDARD_NUMBERS.contains(&&*self.name) {
            Holds::Whole
        } else {
            let all = listed(STANDARD_TEXTS.iter().chain(STANDARD_NUMBERS).copied());
            errors.at(&self.ident, format!("no standard field; there are {all}"));
            return;
        };
        if !Shape::of(&self.ty).fits(holds) {
            errors.at(&self.ty, format!("`{}` {}", self.name, holds.advice()));
        }
    }
}

impl Field {
    fn check(member: &Member, options: &[Entry], errors: &mut Errors) -> Option<Field> {
        let shape = Shape::of(&member.ty);
        let of = Field::kind(member, options, shape, errors)?;
        let mut field = Field {
            of,
            texts: Vec::new(),
            numbers: Vec::new(),
            flags: Vec::new(),
        };
        let mut seen = Vec::new();
        for option in options {
            if !repeated(&mut seen, option, errors) {
                field.option(option, errors);
            }
        }
        if of.labelled && !field.texts.iter().any(|(key, _)| *key == "label") {
            field.texts.insert(0, ("label", title_cased(&member.name)));
        }
        Some(field)
    }

    /// The field's type: the word written, else the usual one of the Rust type.
    fn kind(
        member: &Member,
        options: &[Entry],
        shape: Shape,
        errors: &mut Errors,
    ) -> Option<&'static FieldType> {
        let mut words = options
            .iter()
            .filter_map(|option| Some((option, FieldType::of(&option.key())?)));
        let Some((option, of)) = words.next() else {
            let usual = shape.usual();
            if usual.is_none() {
                errors.at(&member.ty, shape.needs());
            }
            return usual.and_then(FieldType::of);
        };
        if let Some((second, other)) = words.find(|(_, other)| other.word != of.word) {
            let text = format!("a field has one type: `{}` or `{}`", of.word, other.word);
            errors.at(&second.name, text);
        }
        if !shape.fits(of.holds) {
            let article = if of.name.starts_with(['A', 'I']) {
                "an"
            } else {
                "a"
            };
            errors.at(
                &member.ty,
                format!("{article} {} field {}", of.name, of.holds.advice()),
            );
        }
        match (&option.value, of.takes) {
            (Value::None, Takes::Nothing | Takes::TextOrNothing)
            | (Value::Lit(Lit::Str(_)), Takes::Text | Takes::TextOrNothing)
            | (Value::List(_), Takes::Choices) => {}
            (_, Takes::Nothing) => errors.at(&option.name, format!("`{}` takes no value", of.word)),
            (_, Takes::Text) => errors.at(&option.name, format!("write `{} = \"{}\"`", of.word, example(of))),
            (_, Takes::TextOrNothing) => {
                errors.at(&option.name, format!("write `{0}` or `{0} = \"..\"`", of.word));
            }
            (_, Takes::Choices) => errors.at(&option.name, format!("write `{} = [\"..\", \"..\"]`", of.word)),
        }
        Some(of)
    }

    fn option(&mut self, option: &Entry, errors: &mut Errors) {
        let key = option.key();
        if FieldType::of(&key).is_some() {
            match &option.value {
                Value::Lit(Lit::Str(text)) => self.set("options", text.value(), option, errors),
                Value::List(choices) => {
                    let choices: Vec<String> =
                        choices.iter().map(|choice| self.choice(choice, errors)).collect();
                    self.set("options", choices.join("\n"), option, errors);
                }
                _ => {}
            }
        } else if key == "rename" {
            // Read before the field's type, see `Member::check`.
        } else if let Some(known) = known(&key, FIELD_TEXTS) {
            let text = match known {
                "default" => default(option, errors),
                _ => text(option, errors).map(|text| text.value()),
            };
            if let Some(text) = text {
                self.set(known, text, option, errors);
            }
        } else if let Some(known) = known(&key, FIELD_NUMBERS) {
            self.numbers
                .extend(number(option, errors).map(|number| (known, number)));
        } else if let Some(known) = known(&key, FIELD_FLAGS) {
            self.flags.extend(flag(option, errors).map(|()| known));
        } else {
            let types = FIELD_TYPES.iter().map(|of| of.word);
            let flags = FIELD_NUMBERS
                .iter()
                .chain(FIELD_FLAGS)
                .chain(&["rename", "standard"]);
            let rest = FIELD_TEXTS.iter().chain(flags).copied();
            let near = did_you_mean(&key, types.clone().chain(rest.clone()));
            let text = format!(
                "no field option `{key}`{near}\ntypes: {}\noptions: {}",
                listed(types),
                listed(rest)
            );
            errors.at(&option.name, text);
        }
    }

    fn set(&mut self, key: &'static str, text: String, option: &Entry, errors: &mut Errors) {
        if key == "options" && self.texts.iter().any(|(earlier, _)| *earlier == key) {
            errors.at(&option.name, "the options are given twice");
        }
        self.texts.push((key, text));
    }

    fn choice(&self, choice: &Name, errors: &mut Errors) -> String {
        match choice {
            Name::Text(text) => text.value(),
            Name::Word(word) => {
                errors.at(word, format!("a choice is a text: `\"{word}\"`"));
                String::new()
            }
        }
    }
}

impl Member {
    /// Where the type stands, for what the compiler has to say of it.
    pub(in crate::doctype) fn type_span(&self) -> Span {
        self.ty.span()
    }
}

fn example(of: &FieldType) -> &'static str {
    match of.word {
        "link" => "HD Team",
        "dynamic_link" => "the_field_with_the_doctype",
        "image" => "the_field_with_the_image",
        _ => "..",
    }
}

/// `raised_by` → `Raised By`.
fn title_cased(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}
