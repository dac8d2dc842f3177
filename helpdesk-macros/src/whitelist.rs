//! `#[whitelist]`: from a function to an entry of the dispatch table.

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Errors;

mod expand;
mod model;
mod parse;

pub(crate) use parse::Function;

/// Expands `#[whitelist(attr)] item`. The function itself is always emitted, so that one mistake gives one error.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    let input = match parse::Input::read(attr, item.clone()) {
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
