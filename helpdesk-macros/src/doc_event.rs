//! `#[doc_event]`: a function that runs when a document is made, changed or deleted.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, FnArg, Ident, Lit, LitStr, Type};

use crate::args::Spec;
use crate::diagnostics::Errors;
use crate::whitelist::Function;

const SPEC: Spec = Spec {
    attribute: "#[doc_event]",
    options: &[
        ("doctype", "doctype = \"HD Ticket\""),
        ("on", "on = \"before_save\""),
        ("order", "order = 1"),
    ],
    repeatable: "",
};

/// The contract's names of events, and ours.
const EVENTS: [(&str, &str); 15] = [
    ("before_insert", "BeforeInsert"),
    ("before_naming", "BeforeNaming"),
    ("before_validate", "BeforeValidate"),
    ("validate", "Validate"),
    ("before_save", "BeforeSave"),
    ("before_submit", "BeforeSubmit"),
    ("before_cancel", "BeforeCancel"),
    ("before_update_after_submit", "BeforeUpdateAfterSubmit"),
    ("after_insert", "AfterInsert"),
    ("on_update", "OnUpdate"),
    ("on_submit", "OnSubmit"),
    ("on_cancel", "OnCancel"),
    ("on_update_after_submit", "OnUpdateAfterSubmit"),
    ("on_trash", "OnTrash"),
    ("after_delete", "AfterDelete"),
];

/// Expands `#[doc_event]`: the function as it is, and its registration.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    let mut errors = Errors::default();
    let mut doctype = None;
    let mut event = None;
    let mut order = quote!(0);
    for option in SPEC.read(attr, &mut errors) {
        match option.name.to_string().as_str() {
            "doctype" => doctype = errors.keep(doctype_of(&option)),
            "on" => event = errors.keep(option.text().and_then(|text| event_of(&text))),
            _ => match option.value {
                Some(value) => order = value.into_token_stream(),
                None => errors.at(&option.name, "write `order = 1`; lower numbers run first"),
            },
        }
    }
    let readable = errors.are_none();
    if readable && doctype.is_none() {
        errors.at(
            &function.sig.ident,
            "say which DocType: #[doc_event(doctype = \"HD Ticket\", on = \"before_save\")]",
        );
    }
    if readable && event.is_none() {
        errors.at(
            &function.sig.ident,
            format!("say when: `on = \"before_save\"`, one of {}", names()),
        );
    }
    let document = document_type(&function, &mut errors);
    let (Some(doctype), Some(event), Some(document), true) = (doctype, event, document, errors.are_none())
    else {
        let errors = errors.into_tokens();
        return quote!(#errors #function);
    };
    let name = &function.sig.ident;
    let runs =
        quote_spanned!(document.span()=> <#document as ::helpdesk_core::__private::EventDocument>::run);
    quote! {
        #function
        const _: () = {
            fn run(
                document: &mut ::helpdesk_core::doctype::Document,
                cx: &mut ::helpdesk_core::cx::Cx,
            ) -> ::helpdesk_core::error::Result<()> {
                #runs(document, cx, #name)
            }
            ::helpdesk_core::__private::inventory::submit! {
                ::helpdesk_core::doctype::events::DocEvent {
                    doctype: #doctype,
                    event: ::helpdesk_core::doctype::events::Event::#event,
                    order: #order,
                    run,
                    location: ::helpdesk_core::method::Location { file: file!(), line: line!() },
                }
            }
        };
    }
}

/// A text, or the struct of the DocType.
fn doctype_of(option: &crate::args::Opt) -> syn::Result<TokenStream> {
    match &option.value {
        Some(Expr::Path(path)) => Ok(quote!(#path::DOCTYPE)),
        Some(Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        })) if !text.value().is_empty() => Ok(text.into_token_stream()),
        Some(other) => Err(syn::Error::new_spanned(
            other,
            "write `doctype = \"HD Ticket\"`, or the struct: `doctype = HdTicket`",
        )),
        None => Err(syn::Error::new_spanned(
            &option.name,
            "write `doctype = \"HD Ticket\"`, or the struct: `doctype = HdTicket`",
        )),
    }
}

fn event_of(text: &LitStr) -> syn::Result<Ident> {
    let wanted = text.value();
    match EVENTS.iter().find(|(name, _)| *name == wanted) {
        Some((_, variant)) => Ok(Ident::new(variant, text.span())),
        None => Err(syn::Error::new_spanned(
            text,
            format!("there is no event `{wanted}`; use one of {}", names()),
        )),
    }
}

fn names() -> String {
    EVENTS
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The type of the function's first parameter, behind its `&mut`.
fn document_type(function: &Function, errors: &mut Errors) -> Option<Type> {
    const FORM: &str = "an event's function is `fn(doc: &mut Document, cx: &mut Cx) -> Result<()>` (or the DocType's struct for `Document`)";
    let sig = &function.sig;
    if let Some(asyncness) = &sig.asyncness {
        errors.at(
            asyncness,
            "an event runs inside the document's transaction, so its function is no `async fn`",
        );
    }
    if !sig.generics.params.is_empty() {
        errors.at(&sig.generics, "an event's function can't be generic");
    }
    let types: Vec<&Type> = sig
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(&*parameter.ty),
            FnArg::Receiver(receiver) => {
                errors.at(receiver, FORM);
                None
            }
        })
        .collect();
    if types.len() != 2 || types.len() != sig.inputs.len() {
        errors.at(&sig.ident, FORM);
        return None;
    }
    for ty in &types {
        if !matches!(ty, Type::Reference(reference) if reference.mutability.is_some()) {
            errors.at(ty, FORM);
            return None;
        }
    }
    match types.first() {
        Some(Type::Reference(reference)) => Some((*reference.elem).clone()),
        _ => None,
    }
}
