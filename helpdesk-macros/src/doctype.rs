//! `#[doctype]`: a struct becomes a DocType, the single place where its fields are declared.
//!
//! [`parse`] takes the attributes off the struct, [`model`] checks them, [`expand`] writes the code.

use proc_macro2::TokenStream;
use quote::quote;

mod errors;
mod expand;
mod model;
mod parse;
mod vocabulary;

/// Expands the attribute with `options` on `item`; mistakes become `compile_error!`s next to the struct.
pub(crate) fn doctype(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = errors::Errors::default();

    let Some(input) = parse::Input::read(options, item.clone(), &mut errors) else {
        let errors = errors.into_tokens();
        return quote!(#item #errors);
    };
    let doctype = model::DocType::check(&input, &mut errors);

    let item = expand::item(&input, doctype.as_ref());
    match doctype {
        Some(doctype) if errors.is_empty() => {
            let code = expand::registration(&doctype);
            quote!(#item #code)
        }
        _ => {
            let errors = errors.into_tokens();
            quote!(#item #errors)
        }
    }
}

#[cfg(test)]
mod tests;
