//! `not_whitelisted!`: names of functions that the original has and nobody may call.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Token};

use crate::args::{Spec, dotted};
use crate::diagnostics::Errors;

const SPEC: Spec = Spec {
    attribute: "not_whitelisted!",
    options: &[
        ("path", "path = \"frappe.config\""),
        ("doctype", "doctype = \"HD Ticket\""),
    ],
    repeatable: "",
};

const FORM: &str =
    "write names, or options and names: `not_whitelisted! { path = \"frappe.config\"; get_site_config }`";

/// One name, and by which other path callers find it.
struct Name {
    name: Ident,
    called: Option<LitStr>,
}

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Name> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(FORM));
        }
        let name = input.call(Ident::parse_any)?;
        let called = match input.parse::<Option<Token![as]>>()? {
            Some(_) => Some(dotted(input.parse()?)?),
            None => None,
        };
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("names stand apart by commas: `get, clear`"));
        }
        Ok(Name { name, called })
    }
}

/// Expands to an entry of the dispatch table for each name.
pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let (options, names) = split(tokens);
    let (mut path, mut doctype) = (None, None);
    for option in SPEC.read(options, &mut errors) {
        if option.name == "path" {
            path = errors.keep(option.dotted());
        } else {
            doctype = errors.keep(option.text());
        }
    }
    let parsed = Punctuated::<Name, Token![,]>::parse_terminated.parse2(names);
    let names: Vec<Name> = errors.keep(parsed).into_iter().flatten().collect();
    if errors.are_none() && names.is_empty() {
        errors.push(syn::Error::new(proc_macro2::Span::call_site(), FORM));
    }
    for (at, one) in names.iter().enumerate() {
        if names[..at].iter().any(|other| other.name == one.name) {
            errors.at(&one.name, format!("`{}` is named twice", one.name));
        }
        if let (Some(called), Some(_)) = (&one.called, &doctype) {
            errors.at(called, "a method of documents is called by its name alone");
        }
    }
    if let Some(errors) = errors.into_tokens() {
        return errors;
    }
    let entries = names
        .iter()
        .map(|one| entry(one, path.as_ref(), doctype.as_ref()));
    quote!(#(#entries)*)
}

/// The options, which a `;` ends, and the names.
fn split(tokens: TokenStream) -> (TokenStream, TokenStream) {
    let all: Vec<_> = tokens.into_iter().collect();
    let end = all
        .iter()
        .position(|token| matches!(token, proc_macro2::TokenTree::Punct(punct) if punct.as_char() == ';'));
    match end {
        Some(end) => (
            all[..end].iter().cloned().collect(),
            all[end + 1..].iter().cloned().collect(),
        ),
        None => (TokenStream::new(), all.into_iter().collect()),
    }
}

fn entry(one: &Name, path: Option<&LitStr>, doctype: Option<&LitStr>) -> TokenStream {
    let name = one.name.unraw().to_string();
    let path = match path {
        Some(path) => format!("{}.{name}", path.value()).into_token_stream(),
        None => quote!({
            const PATH: &::helpdesk_core::__private::Dotted = &::helpdesk_core::__private::dotted(
                &crate::__call_helpdesk_core_app_in_lib_rs,
                ::core::module_path!(),
                #name,
            );
            PATH.as_str()
        }),
    };
    let called = match &one.called {
        Some(called) => quote!(Some(#called)),
        None => quote!(None),
    };
    let doctype = match doctype {
        Some(doctype) => quote!(Some(#doctype)),
        None => quote!(None),
    };
    quote! {
        ::helpdesk_core::__private::inventory::submit! {
            ::helpdesk_core::__private::NotWhitelisted {
                path: #path,
                called: #called,
                doctype: #doctype,
                location: ::helpdesk_core::__private::Location { file: file!(), line: line!() },
            }
        }
    }
}
