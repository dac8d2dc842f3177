//! What the attributes expand to, one snapshot a feature. Refresh with `INSTA_UPDATE=always`, read the difference.

use proc_macro2::TokenStream;
use quote::quote;

/// The expansion as formatted source.
fn whitelist(options: TokenStream, item: TokenStream) -> String {
    shown(crate::whitelist::expand(options, item))
}

fn shown(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

#[test]
fn a_plain_function() {
    let item = quote! {
        /// Says hello.
        pub fn hello(cx: &mut Cx, name: String, #[arg(default = 1)] times: u32) -> Result<String> { greet(cx) }
    };
    insta::assert_snapshot!(whitelist(quote!(methods = [GET, POST]), item));
}

#[test]
fn parts_limits_and_the_rest() {
    let item = quote! {
        #[rate_limit(limit = 3, seconds = 60, key = "id")]
        fn hello(_: &Agent, tx: &mut Tx, #[arg(rename = "type")] id: u32, #[arg(rest)] rest: Args) {}
    };
    insta::assert_snapshot!(whitelist(quote!(allow_guest, alias = "a.b"), item));
}

#[test]
fn an_async_function() {
    let item = quote! { async fn hello(cx: &AsyncCx, id: Option<u32>) {} };
    insta::assert_snapshot!(whitelist(quote!(path = "a.hello"), item));
}

#[test]
fn an_inline_function() {
    insta::assert_snapshot!(whitelist(
        quote!(inline),
        quote! { fn ping() -> &'static str { "pong" } }
    ));
}

#[test]
fn a_document_method() {
    let item = quote! {
        fn close(doc: &mut Document, cx: &mut Cx, reason: String) -> Result<()> { doc.set("status", reason) }
    };
    insta::assert_snapshot!(shown(crate::doc_method::expand(
        quote!(doctype = "HD Ticket", methods = [POST]),
        item
    )));
}

#[test]
fn limits_above_step_behind_in_their_order() {
    let item = quote! {
        #[rate_limit(limit = 2)]
        #[other]
        #[whitelist]
        #[rate_limit(limit = 3)]
        fn ping() {}
    };
    insta::assert_snapshot!(shown(crate::rate_limit::expand(quote!(limit = 1), item)), @r"
    #[other]
    #[whitelist]
    #[rate_limit(limit = 1)]
    #[rate_limit(limit = 2)]
    #[rate_limit(limit = 3)]
    fn ping() {}
    ");
}

#[test]
fn a_half_typed_body_stays_as_it_is() {
    let out = crate::whitelist::expand(quote!(), quote! { fn ping() { let x = } }).to_string();

    assert!(out.contains("{ let x = }"));
    assert!(!out.contains("compile_error"));
}

#[test]
fn a_mistake_keeps_the_function_and_registers_nothing() {
    let out = crate::whitelist::expand(quote!(bogus), quote! { fn ping(s: &str) {} }).to_string();

    assert_eq!(out.matches("compile_error").count(), 2);
    assert!(out.contains("fn ping") && !out.contains("__METHOD"));
}
