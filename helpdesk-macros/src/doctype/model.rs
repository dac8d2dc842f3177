//! [`Input`] to [`DocType`]: every option known, every name resolved, every type fitting its field.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericArgument, Ident, Lit, LitStr, PathArguments, Type, Visibility};

use super::errors::{Errors, did_you_mean, listed};
use super::parse::{Entry, Input, Name, Value, doc_of};
use super::vocabulary::{
    DOCTYPE_FIELD_NAMES, DOCTYPE_FLAGS, DOCTYPE_GROUPS, DOCTYPE_TEXTS, FIELD_FLAGS, FIELD_NUMBERS,
    FIELD_TEXTS, FIELD_TYPES, FieldType, Holds, RIGHTS, STANDARD_NUMBERS, STANDARD_TEXTS, Takes,
};

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

/// One field of the struct.
pub(super) struct Member {
    pub ident: Ident,
    pub ty: Type,
    /// Name of the column.
    pub name: String,
    pub doc: String,
    pub kind: Kind,
}

pub(super) enum Kind {
    /// A column every document has; not declared by the DocType.
    Standard,
    Declared(Field),
}

/// One DocField.
pub(super) struct Field {
    pub of: &'static FieldType,
    /// Options and texts beside `fieldname` and `fieldtype`.
    pub texts: Vec<(&'static str, String)>,
    pub numbers: Vec<(&'static str, u32)>,
    pub flags: Vec<&'static str>,
}

pub(super) struct Permission {
    pub role: String,
    pub permlevel: u32,
    pub if_owner: bool,
    pub rights: Vec<String>,
}

pub(super) struct Link {
    pub doctype: String,
    pub fieldname: String,
    pub group: String,
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
                    self.resolve(&text.value(), text, errors);
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

impl Member {
    fn check(field: &syn::Field, options: &[Entry], errors: &mut Errors) -> Option<Member> {
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

impl Permission {
    fn check(option: &Entry, errors: &mut Errors) -> Option<Permission> {
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
    fn check(option: &Entry, errors: &mut Errors) -> Option<Link> {
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
fn state(option: &Entry, errors: &mut Errors) -> Option<(String, String)> {
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

/// What can be told of a type from how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    Whole,
    Fraction,
    YesNo,
    Rows,
    Layout,
    /// A type of std that holds no field's value.
    Foreign,
    /// A type of the developer's; the compiler judges it by `FieldValue`.
    Own,
}

impl Shape {
    fn of(ty: &Type) -> Shape {
        let Some((word, argument)) = last_segment(ty) else {
            return Shape::Foreign;
        };
        match &*word {
            "Option" => match argument.map(Shape::of) {
                Some(inner @ (Shape::Text | Shape::Whole | Shape::Fraction | Shape::Own)) => inner,
                _ => Shape::Foreign,
            },
            "String" => Shape::Text,
            "i64" => Shape::Whole,
            "f64" => Shape::Fraction,
            "bool" => Shape::YesNo,
            "Vec" => Shape::Rows,
            "Layout" => Shape::Layout,
            "i8" | "i16" | "i32" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize"
            | "f32" | "char" | "str" | "Box" | "Rc" | "Arc" | "HashMap" | "BTreeMap" | "HashSet" => {
                Shape::Foreign
            }
            _ => Shape::Own,
        }
    }

    fn fits(self, holds: Holds) -> bool {
        match self {
            Shape::Text => holds == Holds::Text,
            Shape::Whole => holds == Holds::Whole,
            Shape::Fraction => holds == Holds::Fraction,
            Shape::YesNo => holds == Holds::YesNo,
            Shape::Rows => holds == Holds::Rows,
            Shape::Layout => holds == Holds::Nothing,
            Shape::Foreign => false,
            Shape::Own => !matches!(holds, Holds::Rows | Holds::Nothing),
        }
    }

    /// The field type a Rust type stands for when none is written.
    fn usual(self) -> Option<&'static str> {
        match self {
            Shape::Text => Some("data"),
            Shape::Whole => Some("int"),
            Shape::Fraction => Some("float"),
            Shape::YesNo => Some("check"),
            Shape::Rows | Shape::Layout | Shape::Foreign | Shape::Own => None,
        }
    }

    /// What to do about a type that stands for no field type.
    fn needs(self) -> &'static str {
        match self {
            Shape::Rows => "rows need their child DocType: `#[field(table = \"..\")]`",
            Shape::Layout => {
                "say which: `#[field(section_break)]`, `column_break`, `tab_break`, `html`, `button`, `image`, \
                 `heading` or `fold`"
            }
            Shape::Own => "say the field type of this Rust type, as in `#[field(select = [\"..\", \"..\"])]`",
            _ => {
                "no field holds this type; use `String`, `i64`, `f64`, `bool`, an `Option` of them, or `Vec<..>`"
            }
        }
    }
}

/// The last word of a path and its one type argument: `std::option::Option<T>` is `Option` and `T`.
fn last_segment(ty: &Type) -> Option<(String, Option<&Type>)> {
    let path = match ty {
        Type::Path(path) if path.qself.is_none() => &path.path,
        Type::Group(group) => return last_segment(&group.elem),
        Type::Paren(paren) => return last_segment(&paren.elem),
        _ => return None,
    };
    let segment = path.segments.last()?;
    let argument = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    };
    Some((segment.ident.unraw().to_string(), argument))
}

fn known(key: &str, words: &'static [&'static str]) -> Option<&'static str> {
    words.iter().find(|word| **word == key).copied()
}

fn unknown<'a>(option: &Entry, what: &str, all: impl IntoIterator<Item = &'a str>, errors: &mut Errors) {
    let all: Vec<&str> = all.into_iter().collect();
    let near = did_you_mean(&option.key(), all.iter().copied());
    errors.at(
        &option.name,
        format!("no {what} `{}`{near}\nthere are {}", option.key(), listed(all)),
    );
}

fn repeated(seen: &mut Vec<String>, option: &Entry, errors: &mut Errors) -> bool {
    let key = option.key();
    let again = seen.contains(&key);
    if again {
        errors.at(&option.name, format!("`{key}` is given twice"));
    }
    seen.push(key);
    again
}

fn text(option: &Entry, errors: &mut Errors) -> Option<LitStr> {
    match &option.value {
        Value::Lit(Lit::Str(text)) => Some(text.clone()),
        _ => {
            errors.at(&option.name, format!("write a text: `{} = \"..\"`", option.key()));
            None
        }
    }
}

fn number(option: &Entry, errors: &mut Errors) -> Option<u32> {
    match &option.value {
        Value::Lit(Lit::Int(number)) => errors.take(number.base10_parse()),
        _ => {
            errors.at(&option.name, format!("write a number: `{} = 1`", option.key()));
            None
        }
    }
}

/// `Some` if the flag is set.
fn flag(option: &Entry, errors: &mut Errors) -> Option<()> {
    match &option.value {
        Value::None => Some(()),
        Value::Lit(Lit::Bool(on)) => on.value.then_some(()),
        _ => {
            errors.at(&option.name, format!("`{}` takes no value", option.key()));
            None
        }
    }
}

/// A default as the contract keeps it: text, whatever the field holds.
fn default(option: &Entry, errors: &mut Errors) -> Option<String> {
    match &option.value {
        Value::Lit(Lit::Str(text)) => Some(text.value()),
        Value::Lit(Lit::Int(number)) => Some(number.base10_digits().to_owned()),
        Value::Lit(Lit::Float(number)) => Some(number.base10_digits().to_owned()),
        Value::Lit(Lit::Bool(on)) => Some(u8::from(on.value).to_string()),
        _ => {
            errors.at(&option.name, "write a text, a number, `true` or `false`");
            None
        }
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

impl Member {
    /// Where the type stands, for what the compiler has to say of it.
    pub(super) fn type_span(&self) -> Span {
        self.ty.span()
    }
}
