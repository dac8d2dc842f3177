//! [`DocType`] to code: the constant, the reader and the writer, the registration.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::model::{DocType, Field, Kind, Member};
use super::parse::Input;
use super::vocabulary::Holds;

/// The struct itself. Fields without a doc comment get one that says what the field is.
pub(super) fn item(input: &Input, doctype: Option<&DocType>) -> TokenStream {
    let mut item = input.item.clone();
    for field in &mut item.fields {
        let member = doctype.and_then(|doctype| {
            doctype
                .members
                .iter()
                .find(|member| Some(&member.ident) == field.ident.as_ref())
        });
        if let Some(member) = member.filter(|member| member.doc.is_empty()) {
            let doc = format!(" {}", described(member));
            field.attrs.push(syn::parse_quote!(#[doc = #doc]));
        }
    }
    quote!(#item)
}

/// Everything beside the struct.
pub(super) fn registration(doctype: &DocType) -> TokenStream {
    let (ident, vis, name) = (&doctype.ident, &doctype.vis, &doctype.name);
    let def = def(doctype);
    let reads = doctype.members.iter().map(read);
    let values = doctype
        .members
        .iter()
        .filter(|member| holds_value(member))
        .map(|member| {
            let (ident, name, ty) = (&member.ident, &member.name, &member.ty);
            quote_spanned!(member.type_span()=> (#name, <#ty as __typed::FieldValue>::write(&self.#ident)))
        });
    let rows = rows(doctype);
    let row_name = doctype
        .members
        .iter()
        .find(|member| is_standard(member) && member.name == "name")
        .map(|member| {
            let ident = &member.ident;
            quote! {
                fn row_name(&self) -> __typed::Value { __typed::FieldValue::write(&self.#ident) }
            }
        });

    quote! {
        impl #ident {
            /// Name of the DocType.
            #vis const DOCTYPE: &'static str = #name;
        }

        const _: () = {
            use ::helpdesk_core::doctype::typed::__private as __typed;

            impl __typed::DocTypeStruct for #ident {
                const DEF: __typed::DocTypeDef = #def;

                fn from_document(document: &__typed::Document) -> __typed::Result<Self> {
                    __typed::Result::Ok(Self { #(#reads),* })
                }

                fn values(&self) -> __typed::Vec<(&'static str, __typed::Value)> {
                    __typed::Vec::from([#(#values),*])
                }

                #rows
                #row_name
            }

            __typed::submit! { __typed::Registration::Struct(&<#ident as __typed::DocTypeStruct>::DEF) }
        };
    }
}

fn read(member: &Member) -> TokenStream {
    let (ident, name, ty) = (&member.ident, &member.name, &member.ty);
    let value = match &member.kind {
        Kind::Declared(field) if field.of.holds == Holds::Nothing => quote!(__typed::Layout),
        Kind::Declared(field) if field.of.holds == Holds::Rows => {
            quote_spanned!(member.type_span()=> __typed::read_rows(document, #name)?)
        }
        _ => quote_spanned!(member.type_span()=> __typed::read::<#ty>(document, #name)?),
    };
    quote!(#ident: #value)
}

fn rows(doctype: &DocType) -> Option<TokenStream> {
    let tables = doctype
        .members
        .iter()
        .filter(|member| holds_rows(member))
        .map(|member| {
            let (ident, name) = (&member.ident, &member.name);
            quote_spanned!(member.type_span()=> __typed::write_rows(document, #name, &self.#ident);)
        });
    let tables: Vec<TokenStream> = tables.collect();
    (!tables.is_empty()).then(|| {
        quote! {
            fn write_tables(&self, document: &mut __typed::Document) { #(#tables)* }
        }
    })
}

fn is_standard(member: &Member) -> bool {
    matches!(member.kind, Kind::Standard)
}

/// Whether the field has rows to write; virtual ones are computed.
fn holds_rows(member: &Member) -> bool {
    matches!(&member.kind, Kind::Declared(field) if field.of.holds == Holds::Rows && !is_virtual(field))
}

/// Whether the field has a value to write; virtual ones are computed.
fn holds_value(member: &Member) -> bool {
    match &member.kind {
        Kind::Declared(field) => {
            !matches!(field.of.holds, Holds::Rows | Holds::Nothing) && !is_virtual(field)
        }
        Kind::Standard => false,
    }
}

fn is_virtual(field: &Field) -> bool {
    field.flags.contains(&"is_virtual")
}

fn def(doctype: &DocType) -> TokenStream {
    let (name, doc) = (&doctype.name, &doctype.doc);
    let app = match doctype.texts.iter().any(|(key, _)| *key == "app") {
        true => None,
        false => Some(quote!(app: ::core::env!("CARGO_PKG_NAME"),)),
    };
    let texts = doctype.texts.iter().map(|(key, text)| {
        let key = format_ident!("{key}");
        quote!(#key: #text,)
    });
    let flags = doctype.flags.iter().map(|flag| set(flag));
    let fields = doctype.members.iter().filter_map(|member| match &member.kind {
        Kind::Declared(field) => Some(field_def(member, field)),
        Kind::Standard => None,
    });
    let permissions = doctype.permissions.iter().map(|rule| {
        let (role, if_owner, rights) = (&rule.role, rule.if_owner, &rule.rights);
        let permlevel = number(rule.permlevel);
        quote!(__typed::PermDef { role: #role, permlevel: #permlevel, if_owner: #if_owner, rights: &[#(#rights),*] })
    });
    let links = doctype.links.iter().map(|link| {
        let (doctype, fieldname, group) = (&link.doctype, &link.fieldname, &link.group);
        quote!(__typed::LinkDef { link_doctype: #doctype, link_fieldname: #fieldname, group: #group })
    });
    let states = doctype
        .states
        .iter()
        .map(|(title, color)| quote!(__typed::StateDef { title: #title, color: #color }));
    let indexes = doctype.indexes.iter().map(|fields| quote!(&[#(#fields),*]));

    quote! {
        __typed::DocTypeDef {
            name: #name,
            #app
            doc: #doc,
            #(#texts)*
            #(#flags)*
            fields: &[#(#fields),*],
            permissions: &[#(#permissions),*],
            links: &[#(#links),*],
            states: &[#(#states),*],
            indexes: &[#(#indexes),*],
            location: __typed::Location { file: ::core::file!(), line: ::core::line!() },
            ..__typed::DocTypeDef::DEFAULT
        }
    }
}

fn field_def(member: &Member, field: &Field) -> TokenStream {
    let (name, fieldtype) = (&member.name, field.of.name);
    let doc = Some(&member.doc)
        .filter(|doc| !doc.is_empty())
        .map(|doc| quote!(doc: #doc,));
    let texts = field.texts.iter().map(|(key, text)| {
        let key = format_ident!("{key}");
        quote!(#key: #text,)
    });
    let numbers = field.numbers.iter().map(|(key, value)| {
        let (key, value) = (format_ident!("{key}"), number(*value));
        quote!(#key: #value,)
    });
    let flags = field.flags.iter().map(|flag| set(flag));
    quote! {
        __typed::FieldDef {
            fieldname: #name,
            fieldtype: #fieldtype,
            #(#texts)*
            #(#numbers)*
            #(#flags)*
            #doc
            ..__typed::FieldDef::DEFAULT
        }
    }
}

fn set(flag: &str) -> TokenStream {
    let flag: Ident = format_ident!("{flag}");
    quote!(#flag: true,)
}

fn number(number: u32) -> proc_macro2::Literal {
    proc_macro2::Literal::u32_unsuffixed(number)
}

/// `Team: Link to HD Team.`
fn described(member: &Member) -> String {
    let Kind::Declared(field) = &member.kind else {
        return format!("The document's `{}`.", member.name);
    };
    let text = |key| {
        field
            .texts
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, text)| &**text)
            .unwrap_or_default()
    };
    let label = Some(text("label"))
        .filter(|label| !label.is_empty())
        .unwrap_or(&member.name);
    match field.of.word {
        "link" => format!("{label}: Link to {}.", text("options")),
        "table" | "table_multiselect" => format!("{label}: rows of {}.", text("options")),
        "dynamic_link" => format!(
            "{label}: Link to a document of the DocType in `{}`.",
            text("options")
        ),
        _ => format!("{label}: {}.", field.of.name),
    }
}
