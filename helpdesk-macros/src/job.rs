//! `#[job]` and `#[scheduled]`: from a function to an entry of the table of jobs.
//!
//! Arguments and injected parameters are those of `#[whitelist]`, in its parse → model → expand; what is different
//! stands there in files called `job.rs`.

use proc_macro2::TokenStream;

use crate::whitelist::{Marker, expand_marked};

/// Expands `#[job(attr)] item`.
pub(crate) fn job(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand_marked(Marker::Job, attr, item)
}

/// Expands `#[scheduled(attr)] item`.
pub(crate) fn scheduled(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand_marked(Marker::Scheduled, attr, item)
}
