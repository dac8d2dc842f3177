//! Tokens to the parts of a function, our own attributes taken off.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Signature, Visibility};

use crate::args::is;
use crate::diagnostics::Errors;

/// The attribute that makes a function callable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// `#[whitelist]`: called by its path.
    Whitelist,
    /// `#[doc_method]`: called on a document.
    DocMethod,
}

impl Marker {
    /// Name of the attribute.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Marker::Whitelist => "whitelist",
            Marker::DocMethod => "doc_method",
        }
    }

    /// What such a function is called in messages.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Marker::Whitelist => "whitelisted method",
            Marker::DocMethod => "document method",
        }
    }
}

/// Whether an attribute makes its function callable.
pub(crate) fn marks(attribute: &Attribute) -> bool {
    is(attribute, Marker::Whitelist.name()) || is(attribute, Marker::DocMethod.name())
}

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

/// What `#[whitelist]` or `#[doc_method]` stands on.
pub(crate) struct Input {
    /// Which of them it is.
    pub(crate) marker: Marker,
    /// Its options.
    pub(crate) options: TokenStream,
    /// The function, without our attributes and those of its parameters.
    pub(crate) function: Function,
    /// Further attributes of the kind: a mistake.
    pub(crate) repeated: Vec<Attribute>,
    /// The `#[rate_limit]`s in order.
    pub(crate) limits: Vec<Attribute>,
    /// `#[arg]`s and doc comments of each parameter, in order.
    pub(crate) parameters: Vec<Vec<Attribute>>,
}

impl Input {
    pub(crate) fn read(marker: Marker, options: TokenStream, item: TokenStream) -> syn::Result<Input> {
        let mut function: Function = syn::parse2(item)?;
        let limits = function
            .attrs
            .extract_if(.., |attribute| is(attribute, "rate_limit"))
            .collect();
        let repeated = function
            .attrs
            .extract_if(.., |attribute| marks(attribute))
            .collect();
        let parameters = function.sig.inputs.iter_mut().map(take_attributes).collect();
        Ok(Input {
            marker,
            options,
            function,
            repeated,
            limits,
            parameters,
        })
    }
}

impl Input {
    /// Reports attributes that make the function callable once more.
    pub(crate) fn report_repeated(&self, errors: &mut Errors) {
        for attribute in &self.repeated {
            let text = if is(attribute, self.marker.name()) {
                format!("#[{}] stands on this function already", self.marker.name())
            } else {
                "a function is called by its path or on a document: keep one of #[whitelist] and #[doc_method]"
                    .to_owned()
            };
            errors.at(attribute, text);
        }
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
