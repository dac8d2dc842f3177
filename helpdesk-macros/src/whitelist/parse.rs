//! Tokens to the parts of a function, our own attributes taken off.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Signature, Visibility};

use crate::args::is;
use crate::diagnostics::Errors;

/// The attribute that registers a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// `#[whitelist]`: called by its path.
    Whitelist,
    /// `#[doc_method]`: called on a document.
    DocMethod,
    /// `#[job]`: run by a worker once it was enqueued.
    Job,
    /// `#[scheduled]`: a job that the schedule enqueues.
    Scheduled,
}

impl Marker {
    /// Name of the attribute.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Marker::Whitelist => "whitelist",
            Marker::DocMethod => "doc_method",
            Marker::Job => "job",
            Marker::Scheduled => "scheduled",
        }
    }

    /// What such a function is called in messages.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Marker::Whitelist => "whitelisted method",
            Marker::DocMethod => "document method",
            Marker::Job => "job",
            Marker::Scheduled => "scheduled job",
        }
    }

    /// Whether workers run it, so that nobody calls it.
    pub(crate) const fn is_job(self) -> bool {
        matches!(self, Marker::Job | Marker::Scheduled)
    }
}

/// The attributes that register a function.
const MARKERS: [Marker; 4] = [
    Marker::Whitelist,
    Marker::DocMethod,
    Marker::Job,
    Marker::Scheduled,
];

/// Whether an attribute registers its function.
pub(crate) fn marks(attribute: &Attribute) -> bool {
    marker(attribute).is_some()
}

fn marker(attribute: &Attribute) -> Option<Marker> {
    MARKERS.into_iter().find(|marker| is(attribute, marker.name()))
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

/// What one of our attributes stands on.
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
    /// Reports attributes that register the function once more.
    pub(crate) fn report_repeated(&self, errors: &mut Errors) {
        for attribute in &self.repeated {
            let text = if is(attribute, self.marker.name()) {
                format!("#[{}] stands on this function already", self.marker.name())
            } else if self.marker.is_job() || marker(attribute).is_some_and(Marker::is_job) {
                format!(
                    "keep one of #[{}] and #[{}]: have both call a plain function",
                    self.marker.name(),
                    marker(attribute).map_or("whitelist", Marker::name),
                )
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
