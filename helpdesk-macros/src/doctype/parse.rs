//! Tokens to [`Input`]: the struct without our attributes, and our attributes as options.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, ItemStruct, Lit, LitStr, Token, bracketed, parenthesized, token};

use super::errors::Errors;

/// The struct and what was written about it.
pub(super) struct Input {
    /// The struct without `#[field]`.
    pub item: ItemStruct,
    pub options: Vec<Entry>,
    /// The options of each field, in the struct's order.
    pub fields: Vec<Vec<Entry>>,
}

/// One option: `word`, `word = value`, `word(..)`, or a text alone (in `index("a", "b")`).
#[derive(Clone)]
pub(super) struct Entry {
    pub name: Name,
    pub value: Value,
}

#[derive(Clone)]
pub(super) enum Name {
    Word(Ident),
    Text(LitStr),
}

#[derive(Clone)]
pub(super) enum Value {
    None,
    Lit(Lit),
    /// `[a, "b"]`
    List(Vec<Name>),
    /// `(..)`
    Group(Vec<Entry>),
}

impl Input {
    /// Reads both; `None` if the item is no struct a DocType can be made of.
    pub(super) fn read(options: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Input> {
        let options = errors.take(entries.parse2(options)).unwrap_or_default();
        let mut item = errors.take(struct_of(item))?;

        if !item.generics.params.is_empty() {
            errors.at(
                &item.generics,
                "a DocType's struct can't be generic: its columns are fixed",
            );
        }
        let syn::Fields::Named(named) = &mut item.fields else {
            errors.at(
                &item.ident,
                "a DocType needs named fields: `struct Name { field: Type }`",
            );
            return None;
        };
        let fields = named
            .named
            .iter_mut()
            .map(|field| field_options(field, errors))
            .collect();
        Some(Input {
            item,
            options,
            fields,
        })
    }
}

impl Entry {
    /// The word, or the text, as written.
    pub(super) fn key(&self) -> String {
        match &self.name {
            Name::Word(word) => word.unraw().to_string(),
            Name::Text(text) => text.value(),
        }
    }
}

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Name::Word(word) => word.to_tokens(tokens),
            Name::Text(text) => text.to_tokens(tokens),
        }
    }
}

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Name> {
        if input.peek(LitStr) {
            return input.parse().map(Name::Text);
        }
        input.call(Ident::parse_any).map(Name::Word)
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Entry> {
        let name: Name = input.parse()?;
        let value = if input.peek(token::Paren) {
            let inner;
            parenthesized!(inner in input);
            Value::Group(entries(&inner)?)
        } else if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.peek(token::Bracket) {
                let inner;
                bracketed!(inner in input);
                let items = Punctuated::<Name, Token![,]>::parse_terminated(&inner)?;
                Value::List(items.into_iter().collect())
            } else {
                input.parse().map(Value::Lit).map_err(|error| {
                    syn::Error::new(
                        error.span(),
                        "expected a text, a number, `true`, `false`, or a list in `[ ]`",
                    )
                })?
            }
        } else {
            Value::None
        };
        Ok(Entry { name, value })
    }
}

fn entries(input: ParseStream<'_>) -> syn::Result<Vec<Entry>> {
    Ok(Punctuated::<Entry, Token![,]>::parse_terminated(input)?
        .into_iter()
        .collect())
}

/// The struct, or an error at the keyword that says what else it is.
fn struct_of(item: TokenStream) -> syn::Result<ItemStruct> {
    match syn::parse2::<syn::Item>(item.clone())? {
        syn::Item::Struct(item) => Ok(item),
        syn::Item::Enum(item) => Err(syn::Error::new_spanned(
            item.enum_token,
            "a DocType is a `struct`: each field is a column",
        )),
        other => Err(syn::Error::new_spanned(other, "`#[doctype]` goes on a `struct`")),
    }
}

/// Takes the `#[field]` attributes off the field.
fn field_options(field: &mut syn::Field, errors: &mut Errors) -> Vec<Entry> {
    let (ours, theirs) = std::mem::take(&mut field.attrs)
        .into_iter()
        .partition(|attr| attr.path().is_ident("field"));
    field.attrs = theirs;
    let ours: Vec<syn::Attribute> = ours;

    let mut options = Vec::new();
    for attr in ours {
        match &attr.meta {
            syn::Meta::Path(_) => {}
            syn::Meta::List(list) => {
                options.extend(errors.take(list.parse_args_with(entries)).unwrap_or_default());
            }
            syn::Meta::NameValue(_) => errors.at(&attr, "write `#[field(..)]`"),
        }
    }
    options
}

/// The text of doc comments, a line each, without the blank that follows `///`.
pub(super) fn doc_of(attrs: &[syn::Attribute]) -> String {
    let lines: Vec<String> = attrs
        .iter()
        .filter_map(|attr| match &attr.meta {
            syn::Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: Lit::Str(text), ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}
