//! A checked function to its registration. The function itself is emitted by the caller.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit};

use super::model::{CheckedLimit, Method, Mode, Param};
use crate::rate_limit::Allowed;

mod handle;
mod job;

/// Everything a method adds beside its function: a module with its path, and its entry of the table.
///
/// Items have names no user's default expression can mean; locals have a hygiene of their own.
pub(super) fn registration(method: &Method) -> TokenStream {
    let companion = companion(method);
    let items = [
        handle::items(method),
        limit_items(method),
        schema(method),
        job::items(method),
    ];
    let entry = entry(method);
    let submitted = match (&method.document, &method.job) {
        (Some(document), _) => {
            let doctype = &document.doctype;
            quote!(::helpdesk_core::__private::DocMethod { doctype: #doctype, method: __METHOD })
        }
        (None, Some(options)) => job::entry(options),
        (None, None) => quote!(__METHOD),
    };
    quote! {
        #companion
        #[allow(deprecated, unused_qualifications)]
        const _: () = {
            #(#items)*
            #entry
            ::helpdesk_core::__private::inventory::submit! { #submitted }
        };
    }
}

/// `mod name { pub const PATH }`: whoever imports the function imports its path.
fn companion(method: &Method) -> TokenStream {
    let Method { ident, vis, .. } = method;
    let path = match &method.path {
        Some(path) => path.to_token_stream(),
        None => quote!({
            const PATH: &::helpdesk_core::__private::Dotted = &::helpdesk_core::__private::dotted_companion(
                &crate::__call_helpdesk_core_app_in_lib_rs,
                ::core::module_path!(),
            );
            PATH.as_str()
        }),
    };
    let job = method.job.is_some().then(|| {
        quote! {
            pub const JOB: ::helpdesk_core::__private::JobName = ::helpdesk_core::__private::JobName::new(PATH);
        }
    });
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, non_snake_case, unreachable_pub, unused_qualifications)]
        #vis mod #ident {
            pub const PATH: &str = #path;
            #job
        }
    }
}

fn entry(method: &Method) -> TokenStream {
    let Method {
        ident,
        doc,
        allow_guest,
        xss_safe,
        aliases,
        ..
    } = method;
    let verbs = verbs(method.verbs.as_deref(), "DEFAULT");
    let limits = method
        .limits
        .iter()
        .enumerate()
        .map(|(at, limit)| limit_entry(method, at, limit));
    let params = method.arguments().map(|(at, argument)| {
        let (wire, doc, shown, rest) = (&argument.wire, &argument.doc, &argument.shown, argument.rest);
        let has_default = argument.default.is_some();
        let default = match has_default {
            true => {
                let shown = item("__shown", at);
                quote!(::core::option::Option::Some(#shown))
            }
            false => quote!(::core::option::Option::None),
        };
        quote!(::helpdesk_core::__private::Param {
            name: #wire,
            doc: #doc,
            rust_type: #shown,
            has_default: #has_default,
            default: #default,
            rest: #rest,
        })
    });
    let injected = method.params.iter().filter_map(|param| match param {
        Param::Injected { shown, .. } => Some(shown),
        Param::Argument(_) => None,
    });
    let handler = match method.mode {
        _ if method.document.is_some() => quote!(Document),
        Mode::Blocking => quote!(Blocking),
        Mode::Inline => quote!(Inline),
        Mode::Async => quote!(Async),
    };
    quote! {
        const __METHOD: ::helpdesk_core::__private::Method = ::helpdesk_core::__private::Method {
            path: #ident::PATH,
            aliases: &[#(#aliases),*],
            doc: #doc,
            allow_guest: #allow_guest,
            xss_safe: #xss_safe,
            verbs: #verbs,
            limits: &[#(#limits),*],
            params: &[#(#params),*],
            injected: &[#(#injected),*],
            handler: ::helpdesk_core::__private::Handler::#handler(__handle),
            schema: __schema,
            location: ::helpdesk_core::__private::Location {
                file: ::core::file!(),
                line: ::core::line!(),
            },
            package: ::core::env!("CARGO_PKG_NAME"),
        };
    }
}

fn verbs(verbs: Option<&[Ident]>, otherwise: &str) -> TokenStream {
    match verbs {
        Some(verbs) => quote! {
            ::helpdesk_core::__private::Verbs::of(&[#(::helpdesk_core::__private::Verb::#verbs),*])
        },
        None => {
            let otherwise = format_ident!("{otherwise}");
            quote!(::helpdesk_core::__private::Verbs::#otherwise)
        }
    }
}

/// The windows as constants, so that any constant expression may say their length, checked by the compiler.
fn limit_items(method: &Method) -> TokenStream {
    let items = method
        .limits
        .iter()
        .enumerate()
        .map(|(at, CheckedLimit { limit, .. })| {
            let (name, seconds) = (item("__SECONDS", at), &limit.seconds);
            let check = quote_spanned! {here(seconds)=>
                const _: () = ::core::assert!(#name > 0, "`seconds` must be at least 1");
            };
            quote! {
                const #name: u32 = #seconds;
                #check
            }
        });
    quote!(#(#items)*)
}

fn limit_entry(method: &Method, at: usize, CheckedLimit { limit, key }: &CheckedLimit) -> TokenStream {
    let seconds = item("__SECONDS", at);
    let allowed = match &limit.limit {
        Allowed::Fixed(number) => quote!(::helpdesk_core::__private::Limit::Fixed(#number)),
        Allowed::Of(path) => quote_spanned!(here(path)=> ::helpdesk_core::__private::Limit::Of(#path)),
    };
    let wire = key
        .and_then(|key| method.arguments().find(|(at, _)| *at == key))
        .map(|(_, argument)| &argument.wire);
    let key = match wire {
        Some(wire) => quote!(::core::option::Option::Some(#wire)),
        None => quote!(::core::option::Option::None),
    };
    let ip_based = limit.ip_based;
    let verbs = verbs(limit.verbs.as_deref(), "ALL");
    quote!(::helpdesk_core::__private::RateLimit {
        limit: #allowed,
        seconds: #seconds,
        key: #key,
        ip_based: #ip_based,
        verbs: #verbs,
    })
}

/// The function that builds the JSON Schemas, and the defaults of arguments.
fn schema(method: &Method) -> TokenStream {
    let args = method
        .arguments()
        .filter(|(_, argument)| !argument.rest)
        .map(|(_, argument)| {
            let (wire, ty) = (&argument.wire, &argument.ty);
            let required = match argument.default {
                Some(_) => quote!(false),
                None => quote!(::helpdesk_core::__private::Of::<#ty>::new().required()),
            };
            quote! {(
                #wire,
                ::helpdesk_core::__private::Of::<#ty>::new()
                    .schema(generator)
                    .unwrap_or_else(::helpdesk_core::__private::anything),
                #required,
            )}
        });
    let result = match &method.returns {
        Some(ty) if method.nameable => {
            quote!(::helpdesk_core::__private::Return::<#ty>::new().value().schema(generator))
        }
        _ => quote!(::core::option::Option::None),
    };
    let defaults = method.arguments().filter_map(|(at, argument)| {
        let (ty, default) = (&argument.ty, argument.default.as_ref()?);
        let (value, shown) = (item("__default", at), item("__shown", at));
        // A text literal becomes whatever owned text the parameter is.
        let default = match default {
            Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => {
                quote_spanned!(here(default)=> ::core::convert::Into::into(#default))
            }
            other => other.to_token_stream(),
        };
        Some(quote! {
            fn #value() -> #ty {
                #default
            }
            fn #shown() -> ::helpdesk_core::__private::serde_json::Value {
                #[allow(unused_imports)]
                use ::helpdesk_core::__private::NotShown as _;
                ::helpdesk_core::__private::Shown(#value()).json()
            }
        })
    });
    quote! {
        #(#defaults)*
        #[allow(unused_imports, unused_variables)]
        fn __schema(
            generator: &mut ::helpdesk_core::__private::SchemaGenerator,
        ) -> ::helpdesk_core::__private::MethodSchema {
            use ::helpdesk_core::__private::{NoSchema as _, PlainReturn as _};
            ::helpdesk_core::__private::MethodSchema {
                args: ::std::vec![#(#args),*],
                result: #result,
            }
        }
    }
}

/// Where `tokens` stand, for carets, but as code of the macro, for lints.
fn here(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}

/// The name of a generated item that belongs to parameter or limit `at`.
fn item(name: &str, at: usize) -> Ident {
    format_ident!("{name}_{at}")
}

/// A local of generated code, which meets no name of the user.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
