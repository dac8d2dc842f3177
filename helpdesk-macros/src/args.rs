//! Reads the options of our attributes: `name`, `name = value`, in any order.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitBool, LitStr, Meta, Token};

use crate::diagnostics::Errors;

/// The verbs a method may list.
const VERBS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

/// What an attribute takes.
pub(crate) struct Spec {
    /// The attribute as written, for messages.
    pub(crate) attribute: &'static str,
    /// Options and how they are written.
    pub(crate) options: &'static [(&'static str, &'static str)],
    /// The option that may be given more than once.
    pub(crate) repeatable: &'static str,
}

/// One option of an attribute.
pub(crate) struct Opt {
    pub(crate) name: Ident,
    pub(crate) value: Option<Expr>,
}

impl Parse for Opt {
    fn parse(input: ParseStream<'_>) -> syn::Result<Opt> {
        let name = input.call(Ident::parse_any)?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Opt { name, value })
    }
}

impl Spec {
    /// The options in `tokens`; unknown and repeated ones are reported and left out.
    pub(crate) fn read(&self, tokens: TokenStream, errors: &mut Errors) -> Vec<Opt> {
        let parsed = Punctuated::<Opt, Token![,]>::parse_terminated.parse2(tokens);
        let mut options: Vec<Opt> = Vec::new();
        for option in errors.keep(parsed).into_iter().flatten() {
            let name = option.name.to_string();
            if !self.options.iter().any(|(known, _)| *known == name) {
                errors.at(
                    &option.name,
                    format!(
                        "unknown option `{name}`; {} takes {}",
                        self.attribute,
                        self.list()
                    ),
                );
            } else if name != self.repeatable && options.iter().any(|other| other.name == option.name) {
                errors.at(
                    &option.name,
                    format!(
                        "`{name}` is given twice; {} takes {}",
                        self.attribute,
                        self.list()
                    ),
                );
            } else {
                options.push(option);
            }
        }
        options
    }

    /// The options of an attribute on an item or parameter; a bare one has none.
    pub(crate) fn read_attribute(&self, attribute: &Attribute, errors: &mut Errors) -> Vec<Opt> {
        match &attribute.meta {
            Meta::Path(_) => Vec::new(),
            Meta::List(list) => self.read(list.tokens.clone(), errors),
            Meta::NameValue(_) => {
                errors.at(
                    attribute,
                    format!(
                        "options stand in parentheses; {} takes {}",
                        self.attribute,
                        self.list()
                    ),
                );
                Vec::new()
            }
        }
    }

    fn list(&self) -> String {
        let forms: Vec<String> = self.options.iter().map(|(_, form)| format!("`{form}`")).collect();
        forms.join(", ")
    }
}

impl Opt {
    fn wants(&self, form: &str) -> Error {
        let text = format!("write `{} = {form}`", self.name);
        match &self.value {
            Some(value) => Error::new_spanned(value, text),
            None => Error::new_spanned(&self.name, text),
        }
    }

    /// `name` or `name = true`.
    pub(crate) fn flag(&self) -> syn::Result<bool> {
        match &self.value {
            None => Ok(true),
            Some(_) => self.boolean().map(|flag| flag.value),
        }
    }

    /// `name = true`.
    pub(crate) fn boolean(&self) -> syn::Result<LitBool> {
        match &self.value {
            Some(Expr::Lit(ExprLit {
                lit: Lit::Bool(flag), ..
            })) => Ok(flag.clone()),
            _ => Err(self.wants("true` or `false")),
        }
    }

    /// `name = ".."`.
    pub(crate) fn text(&self) -> syn::Result<LitStr> {
        match &self.value {
            Some(Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            })) => Ok(text.clone()),
            _ => Err(self.wants("\"..\"")),
        }
    }

    /// `name = <any expression>`.
    pub(crate) fn expression(&self) -> syn::Result<Expr> {
        self.value.clone().ok_or_else(|| self.wants(".."))
    }

    /// `name = "a.b.c"`.
    pub(crate) fn dotted(&self) -> syn::Result<LitStr> {
        dotted(self.text()?)
    }

    /// `methods = [GET, POST]`, the verbs also as texts.
    pub(crate) fn verbs(&self, errors: &mut Errors) -> Vec<Ident> {
        let Some(Expr::Array(list)) = &self.value else {
            errors.push(self.wants("[GET, POST]"));
            return Vec::new();
        };
        if list.elems.is_empty() {
            errors.at(list, "needs at least one verb");
        }
        list.elems
            .iter()
            .filter_map(|verb| errors.keep(read_verb(verb)))
            .collect()
    }
}

/// The text, if it is names with dots between.
pub(crate) fn dotted(text: LitStr) -> syn::Result<LitStr> {
    let segment = |segment: &str| {
        segment.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && segment
                .chars()
                .all(|other| other.is_ascii_alphanumeric() || other == '_')
    };
    if text.value().split('.').all(segment) {
        return Ok(text);
    }
    Err(Error::new_spanned(
        text,
        "not a dotted path; write names with dots between: `\"helpdesk.api.ticket.assign\"`",
    ))
}

fn read_verb(verb: &Expr) -> syn::Result<Ident> {
    let name = match verb {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) => text.value(),
        other => other.to_token_stream().to_string(),
    };
    if !VERBS.contains(&name.as_str()) {
        let text = format!(
            "`{name}` is not an HTTP verb this framework routes; use {} or {}",
            VERBS[..VERBS.len() - 1].join(", "),
            VERBS[VERBS.len() - 1],
        );
        return Err(Error::new_spanned(verb, text));
    }
    let variant = name[..1].to_owned() + &name[1..].to_ascii_lowercase();
    Ok(Ident::new(&variant, proc_macro2::Span::call_site()))
}

/// Whether `attribute` is called `name`, under whatever path.
pub(crate) fn is(attribute: &Attribute, name: &str) -> bool {
    attribute
        .path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == name)
}

/// The text of doc comments among `attributes`, a leading blank of each line dropped.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => {
                let text = text.value();
                Some(text.strip_prefix(' ').map(str::to_owned).unwrap_or(text))
            }
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
