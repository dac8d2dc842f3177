//! `#[rate_limit]`: its options, and the step behind `#[whitelist]` or `#[doc_method]`, which reads them.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, parse_quote};

use crate::args::{Spec, is};
use crate::diagnostics::Errors;
use crate::whitelist::{Function, marks};

const SPEC: Spec = Spec {
    attribute: "#[rate_limit]",
    options: &[
        ("limit", "limit = 5"),
        ("seconds", "seconds = 60"),
        ("key", "key = \"parameter\""),
        ("ip_based", "ip_based = false"),
        ("methods", "methods = [POST]"),
    ],
    repeatable: "",
};

/// One limit as written.
pub(crate) struct Limit {
    pub(crate) limit: Allowed,
    pub(crate) seconds: Expr,
    pub(crate) key: Option<LitStr>,
    pub(crate) ip_based: bool,
    /// Variants of `Verb`; `None` is all.
    pub(crate) verbs: Option<Vec<Ident>>,
}

/// Calls a window.
pub(crate) enum Allowed {
    Fixed(u32),
    /// A path to `fn(&Shared) -> u32`.
    Of(Expr),
}

/// Expands `#[rate_limit]` where it stands first: it steps right behind the attribute that makes the function callable,
/// or reports that there is none.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    if let Some(at) = function.attrs.iter().position(marks) {
        // All limits above it step at once, so that they keep the order they were written in.
        let mut rest = function.attrs.split_off(at + 1);
        let above = function
            .attrs
            .extract_if(.., |attribute| is(attribute, "rate_limit"));
        let mut stepped: Vec<Attribute> = vec![parse_quote!(#[rate_limit(#attr)])];
        stepped.extend(above);
        stepped.append(&mut rest);
        function.attrs.append(&mut stepped);
        return function.into_token_stream();
    }
    let text = "#[rate_limit] needs #[whitelist] on the same function\n\
                help: write #[whitelist] above or below it; under another name it is not seen";
    let error = Error::new(Span::call_site(), text).into_compile_error();
    // Further limits would report the same.
    function.attrs.retain(|attribute| !is(attribute, "rate_limit"));
    quote!(#error #function)
}

/// Reads the options of one `#[rate_limit]`.
pub(crate) fn read(attribute: &Attribute, errors: &mut Errors) -> Limit {
    let mut limit = Limit {
        limit: Allowed::Fixed(5),
        seconds: parse_quote!(86_400),
        key: None,
        ip_based: true,
        verbs: None,
    };
    let mut not_by_address = None;
    for option in SPEC.read_attribute(attribute, errors) {
        match option.name.to_string().as_str() {
            "limit" => {
                if let Some(allowed) = errors.keep(option.expression().and_then(allowed)) {
                    limit.limit = allowed;
                }
            }
            "seconds" => {
                if let Some(seconds) = errors.keep(option.expression().and_then(seconds)) {
                    limit.seconds = seconds;
                }
            }
            "key" => limit.key = errors.keep(option.text()),
            "ip_based" => {
                if let Some(flag) = errors.keep(option.boolean()) {
                    limit.ip_based = flag.value;
                    not_by_address = (!flag.value).then_some(flag);
                }
            }
            _ => limit.verbs = Some(option.verbs(errors)),
        }
    }
    if let (Some(flag), None) = (not_by_address, &limit.key) {
        errors.at(
            flag,
            "needs a key to count by: add `key = \"parameter\"`, or count by address",
        );
    }
    limit
}

fn allowed(value: Expr) -> syn::Result<Allowed> {
    match &value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => match number.base10_parse()? {
            0 => Err(Error::new_spanned(number, "must be at least 1")),
            number => Ok(Allowed::Fixed(number)),
        },
        Expr::Path(_) => Ok(Allowed::Of(value)),
        _ => Err(Error::new_spanned(
            value,
            "must be a number of at least 1, or a path to `fn(&Shared) -> u32`",
        )),
    }
}

/// A literal is checked here, any other expression by an assertion in the expansion.
fn seconds(value: Expr) -> syn::Result<Expr> {
    match &value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) if number.base10_parse::<u32>()? == 0 => Err(Error::new_spanned(number, "must be at least 1")),
        _ => Ok(value),
    }
}
