//! `#[whitelist]`: from a function to an entry of the dispatch table. `#[doc_method]` goes the same way.

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Errors;

mod expand;
mod model;
mod parse;

pub(crate) use parse::{Function, Marker, marks};

/// Expands `#[whitelist(attr)] item`.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand_marked(Marker::Whitelist, attr, item)
}

/// Expands a marked function. The function itself is always emitted, so that one mistake gives one error.
pub(crate) fn expand_marked(marker: Marker, attr: TokenStream, item: TokenStream) -> TokenStream {
    let input = match parse::Input::read(marker, attr, item.clone()) {
        Ok(input) => input,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    let function = &input.function;
    let mut errors = Errors::default();
    let method = model::Method::check(&input, &mut errors);
    match errors.into_tokens() {
        Some(errors) => quote!(#errors #function),
        None => {
            let registration = expand::registration(&method);
            quote!(#function #registration)
        }
    }
}
