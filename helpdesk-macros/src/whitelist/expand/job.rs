//! What a job registers beside its handler.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::super::model::job::Every;
use super::super::model::{JobOptions, Method};
use super::{handle, here};

/// How often it is tried and how long it may take, as constants, so that any constant expression may say it; and the
/// check of its arguments.
pub(super) fn items(method: &Method) -> TokenStream {
    let Some(options) = &method.job else {
        return TokenStream::new();
    };
    let attempts = match &options.attempts {
        Some(attempts) => {
            let check = quote_spanned! {here(attempts)=>
                const _: () = ::core::assert!(__ATTEMPTS > 0, "`attempts` must be at least 1");
            };
            quote! {
                const __ATTEMPTS: u32 = #attempts;
                #check
            }
        }
        None => quote!(
            const __ATTEMPTS: u32 = ::helpdesk_core::__private::DEFAULT_ATTEMPTS;
        ),
    };
    let timeout = match &options.timeout {
        Some(timeout) => {
            let check = quote_spanned! {here(timeout)=>
                const _: () = ::core::assert!(__TIMEOUT > 0, "`timeout` must be at least 1 second");
            };
            quote! {
                const __TIMEOUT: u32 = #timeout;
                #check
            }
        }
        None => {
            let queue = &options.queue;
            quote!(const __TIMEOUT: u32 = ::helpdesk_core::__private::Queue::#queue.timeout();)
        }
    };
    let check = handle::check(method);
    quote! {
        #attempts
        #timeout
        #check
    }
}

/// The entry of the table of jobs.
pub(super) fn entry(options: &JobOptions) -> TokenStream {
    let queue = &options.queue;
    let every = match &options.every {
        None => quote!(::core::option::Option::None),
        Some(Every::Named(name)) => {
            quote!(::core::option::Option::Some(::helpdesk_core::__private::Every::#name))
        }
        Some(Every::Cron(line)) => {
            quote!(::core::option::Option::Some(::helpdesk_core::__private::Every::Cron(#line)))
        }
    };
    quote!(::helpdesk_core::__private::Job {
        method: __METHOD,
        queue: ::helpdesk_core::__private::Queue::#queue,
        attempts: __ATTEMPTS,
        timeout: __TIMEOUT,
        every: #every,
        check: __check,
    })
}
