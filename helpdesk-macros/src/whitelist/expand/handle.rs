//! The handler: reads arguments, counts against limits, injects, says what is missing, calls, answers.
//!
//! That order is the contract's (spec/framework-quirks.md C.2): a badly typed call is not counted, one that lacks an
//! argument is.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::super::model::{Method, Mode, Param};
use super::{here, item, local};

/// `fn __handle`.
pub(super) fn items(method: &Method) -> TokenStream {
    let (cx, args) = (local("cx"), local("args"));
    let steps = [
        keys(method, &args),
        reads(method, &args),
        limits(method, &cx),
        injections(method, &cx),
        required(method),
        defaults(method),
        rest(method, &args),
        call(method),
    ];
    let result = quote! {
        ::core::result::Result<::helpdesk_core::__private::Reply, ::helpdesk_core::__private::Error>
    };
    if method.document.is_some() {
        let doc = local("doc");
        return quote! {
            #[allow(unused_mut, unused_variables)]
            fn __handle(
                #doc: &mut ::helpdesk_core::__private::Document,
                #cx: &mut ::helpdesk_core::__private::Cx,
                mut #args: ::helpdesk_core::__private::Args,
            ) -> #result {
                #(#steps)*
            }
        };
    }
    match method.mode {
        Mode::Blocking => quote! {
            #[allow(unused_mut, unused_variables)]
            fn __handle(
                #cx: &mut ::helpdesk_core::__private::Cx,
                mut #args: ::helpdesk_core::__private::Args,
            ) -> #result {
                #(#steps)*
            }
        },
        Mode::Inline => quote! {
            #[allow(unused_mut, unused_variables)]
            fn __handle(
                #cx: &::helpdesk_core::__private::Shared,
                mut #args: ::helpdesk_core::__private::Args,
            ) -> #result {
                #(#steps)*
            }
        },
        Mode::Async => quote! {
            #[allow(unused_mut, unused_variables)]
            fn __handle(
                #cx: ::helpdesk_core::__private::AsyncCx,
                mut #args: ::helpdesk_core::__private::Args,
            ) -> ::helpdesk_core::__private::BoxFuture<#result> {
                ::std::boxed::Box::pin(async move { #(#steps)* })
            }
        },
    }
}

/// `fn __check`: whether a job could be run with these arguments.
pub(super) fn check(method: &Method) -> TokenStream {
    let args = local("args");
    let steps = [reads(method, &args), required(method)];
    quote! {
        #[allow(unused_mut, unused_variables)]
        fn __check(
            mut #args: ::helpdesk_core::__private::Args,
        ) -> ::core::result::Result<(), ::helpdesk_core::__private::Error> {
            #(#steps)*
            ::core::result::Result::Ok(())
        }
    }
}

/// The local that holds parameter `at`.
fn param(at: usize) -> Ident {
    local(&format!("p{at}"))
}

/// The local that holds the text limit `at` counts by, as it was sent.
fn key(at: usize) -> Ident {
    local(&format!("k{at}"))
}

/// Keeps what limits count by as it was sent, before reading takes it.
fn keys(method: &Method, args: &Ident) -> TokenStream {
    let keys = method.limits.iter().enumerate().filter_map(|(at, limit)| {
        let by = limit.key?;
        let (key, (_, argument)) = (key(at), method.arguments().find(|(at, _)| *at == by)?);
        let wire = &argument.wire;
        Some(quote!(let #key = ::helpdesk_core::__private::sent_text(&#args, #wire);))
    });
    quote!(#(#keys)*)
}

/// Coerces every argument that was sent; each local is an `Option` after it.
fn reads(method: &Method, args: &Ident) -> TokenStream {
    let reads = method
        .arguments()
        .filter(|(_, argument)| !argument.rest)
        .map(|(at, argument)| {
            let (param, ty, wire) = (param(at), &argument.ty, &argument.wire);
            let read = if argument.default.is_some() {
                quote!(sent)
            } else {
                quote!(take)
            };
            quote_spanned! {here(ty)=>
                let #param = ::helpdesk_core::__private::#read::<#ty>(&__METHOD, &mut #args, #wire)?;
            }
        });
    quote!(#(#reads)*)
}

fn limits(method: &Method, cx: &Ident) -> TokenStream {
    if method.limits.is_empty() {
        return TokenStream::new();
    }
    let keys = method
        .limits
        .iter()
        .enumerate()
        .map(|(at, limit)| match limit.key {
            Some(by) => {
                let (key, param) = (key(at), param(by));
                quote!(::helpdesk_core::__private::Keyed(#param.as_ref()).text(#key))
            }
            None => quote!(::std::string::String::new()),
        });
    let check = match method.mode {
        Mode::Blocking => quote!(::helpdesk_core::__private::check_cx(&__METHOD, #cx, &[#(#keys),*])?;),
        Mode::Inline => quote!(::helpdesk_core::__private::check(&__METHOD, #cx, &[#(#keys),*])?;),
        Mode::Async => {
            quote!(::helpdesk_core::__private::check_async(&__METHOD, &#cx, &[#(#keys),*]).await?;)
        }
    };
    quote! {{
        #[allow(unused_imports)]
        use ::helpdesk_core::__private::KeyFallback as _;
        #check
    }}
}

/// Takes the injected parameters. Beside a `&T` the context is split, so that the borrows don't meet.
fn injections(method: &Method, cx: &Ident) -> TokenStream {
    let injected = || {
        method
            .params
            .iter()
            .enumerate()
            .filter_map(|(at, param)| match param {
                Param::Injected { ty, mutable, .. } => Some((at, ty, *mutable)),
                Param::Argument(_) => None,
            })
    };
    let parts = injected().any(|(_, _, mutable)| !mutable);
    let (shared, tx) = (local("shared"), local("tx"));
    let split = match method.mode {
        Mode::Blocking if parts => quote!(let (#shared, #tx) = #cx.split();),
        _ => TokenStream::new(),
    };
    let takes = injected().map(|(at, ty, mutable)| {
        let param = param(at);
        match (method.mode, mutable) {
            (Mode::Async, _) => quote_spanned! {here(ty)=>
                let #param = <#ty as ::helpdesk_core::__private::FromAsyncCx>::from_async(&#cx)?;
            },
            (Mode::Inline, _) => quote_spanned! {here(ty)=>
                let #param = <#ty as ::helpdesk_core::__private::FromShared>::from_shared(#cx)?;
            },
            (Mode::Blocking, false) => quote_spanned! {here(ty)=>
                let #param = <#ty as ::helpdesk_core::__private::FromShared>::from_shared(#shared)?;
            },
            (Mode::Blocking, true) if parts => quote_spanned! {here(ty)=>
                let #param = <#ty as ::helpdesk_core::__private::FromTx>::from_tx(#tx);
            },
            (Mode::Blocking, true) => quote_spanned! {here(ty)=>
                let #param = <#ty as ::helpdesk_core::__private::FromCx>::from_cx(#cx);
            },
        }
    });
    quote!(#split #(#takes)*)
}

/// Opens the arguments that must be there, or names all that are not.
fn required(method: &Method) -> TokenStream {
    let required = || {
        method
            .arguments()
            .filter(|(_, argument)| !argument.rest && argument.default.is_none())
    };
    if required().next().is_none() {
        return TokenStream::new();
    }
    let absent = local("absent");
    let params: Vec<Ident> = required().map(|(at, _)| param(at)).collect();
    let wires = required().map(|(_, argument)| &argument.wire);
    quote! {
        let #absent = [#((#wires, #params.is_none())),*];
        let (#(::core::option::Option::Some(#params),)*) = (#(#params,)*) else {
            return ::core::result::Result::Err(::helpdesk_core::__private::missing(&__METHOD, &#absent));
        };
    }
}

fn defaults(method: &Method) -> TokenStream {
    let defaults = method
        .arguments()
        .filter(|(_, argument)| argument.default.is_some())
        .map(|(at, _)| {
            let (param, default) = (param(at), item("__default", at));
            quote!(let #param = #param.unwrap_or_else(#default);)
        });
    quote!(#(#defaults)*)
}

fn rest(method: &Method, args: &Ident) -> TokenStream {
    let rest = method
        .arguments()
        .filter(|(_, argument)| argument.rest)
        .map(|(at, argument)| {
            let (param, ty) = (param(at), &argument.ty);
            quote_spanned! {here(ty)=>
                let #param = <#ty as ::helpdesk_core::__private::Rest>::from_rest(#args);
            }
        });
    quote!(#(#rest)*)
}

fn call(method: &Method) -> TokenStream {
    let ident = &method.ident;
    let document = method.document.as_ref().map(|document| {
        let (doc, ty) = (local("doc"), &document.ty);
        quote_spanned!(here(ty)=> <#ty as ::helpdesk_core::__private::FromDocument>::from_document(#doc),)
    });
    let params = (0..method.params.len()).map(param);
    let value = local("value");
    let awaited = if method.mode == Mode::Async {
        quote!(.await)
    } else {
        TokenStream::new()
    };
    let span = method.returns.as_ref().map_or_else(|| here(ident), here);
    let finish = quote_spanned! {span=>
        ::helpdesk_core::__private::finish(::helpdesk_core::__private::Returned(#value).split())
    };
    quote! {
        #[allow(unused_imports)]
        use ::helpdesk_core::__private::Plain as _;
        #[allow(clippy::let_unit_value)]
        let #value = #ident(#document #(#params),*)#awaited;
        #finish
    }
}
