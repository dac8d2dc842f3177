//! `#[doc_method]`: from a function to a method of a DocType's documents.
//!
//! Parameters, verbs and rate limits are those of `#[whitelist]`, in its parse → model → expand; what is different
//! stands there beside what it differs from.

use proc_macro2::TokenStream;

use crate::whitelist::{Marker, expand_marked};

/// Expands `#[doc_method(attr)] item`.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand_marked(Marker::DocMethod, attr, item)
}
