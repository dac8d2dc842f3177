//! Attribute macros of Helpdesk in Rust.

mod doctype;

/// Makes a DocType of a struct: its fields, names, permissions, and typed access to a document.
#[proc_macro_attribute]
pub fn doctype(options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    doctype::doctype(options.into(), item.into()).into()
}
