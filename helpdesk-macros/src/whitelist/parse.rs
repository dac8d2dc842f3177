//! Tokens to the parts of a function, our own attributes taken off.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Signature, Visibility};

use crate::args::is;

/// A function whose body stays tokens: it may be half-typed in an editor, and is not ours to read.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Function> {
        Ok(Function {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Function {
            attrs,
            vis,
            sig,
            body,
        } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

/// What `#[whitelist]` stands on.
pub(crate) struct Input {
    /// The options of `#[whitelist]`.
    pub(crate) options: TokenStream,
    /// The function, without our attributes and those of its parameters.
    pub(crate) function: Function,
    /// Further `#[whitelist]`s: a mistake.
    pub(crate) repeated: Vec<Attribute>,
    /// The `#[rate_limit]`s in order.
    pub(crate) limits: Vec<Attribute>,
    /// `#[arg]`s and doc comments of each parameter, in order.
    pub(crate) parameters: Vec<Vec<Attribute>>,
}

impl Input {
    pub(crate) fn read(options: TokenStream, item: TokenStream) -> syn::Result<Input> {
        let mut function: Function = syn::parse2(item)?;
        let limits = function
            .attrs
            .extract_if(.., |attribute| is(attribute, "rate_limit"))
            .collect();
        let repeated = function
            .attrs
            .extract_if(.., |attribute| is(attribute, "whitelist"))
            .collect();
        let parameters = function.sig.inputs.iter_mut().map(take_attributes).collect();
        Ok(Input {
            options,
            function,
            repeated,
            limits,
            parameters,
        })
    }
}

/// Takes what rustc would not let stand on a parameter.
fn take_attributes(parameter: &mut FnArg) -> Vec<Attribute> {
    let attributes = match parameter {
        FnArg::Receiver(receiver) => &mut receiver.attrs,
        FnArg::Typed(typed) => &mut typed.attrs,
    };
    attributes
        .extract_if(.., |attribute| {
            is(attribute, "arg") || attribute.path().is_ident("doc")
        })
        .collect()
}
