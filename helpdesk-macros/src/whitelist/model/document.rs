//! The first parameter of a document method: the document it is called on.

use syn::{FnArg, LitStr, Type};

use super::types;
use crate::args;
use crate::diagnostics::Errors;
use crate::whitelist::parse::Input;

/// The document of a document method.
pub(in crate::whitelist) struct DocumentParam {
    /// The DocType whose documents have the method.
    pub(in crate::whitelist) doctype: LitStr,
    /// Its type behind the reference.
    pub(in crate::whitelist) ty: Type,
}

impl DocumentParam {
    /// Checks what only a document method has; `None` where a mistake was reported.
    pub(in crate::whitelist) fn check(
        input: &Input,
        doctype: Option<LitStr>,
        errors: &mut Errors,
    ) -> Option<DocumentParam> {
        let sig = &input.function.sig;
        if let Some(token) = &sig.asyncness {
            errors.at(
                token,
                "a document method runs in the request's transaction, which no `async fn` holds; drop `async`",
            );
        }
        let doctype = match doctype {
            Some(doctype) if doctype.value().trim().is_empty() => {
                errors.at(&doctype, "not a DocType; write `doctype = \"HD Ticket\"`");
                None
            }
            None => {
                if !mentions_doctype(input) {
                    errors.at(
                        &sig.ident,
                        "of which DocType? write `#[doc_method(doctype = \"HD Ticket\")]`",
                    );
                }
                None
            }
            doctype => doctype,
        };
        let ty = document_type(input, errors);
        Some(DocumentParam {
            doctype: doctype?,
            ty: ty?,
        })
    }
}

/// Whether the option was given, be it wrongly: that is reported already.
fn mentions_doctype(input: &Input) -> bool {
    input
        .options
        .clone()
        .into_iter()
        .any(|token| token.to_string() == "doctype")
}

fn document_type(input: &Input, errors: &mut Errors) -> Option<Type> {
    const WANTED: &str =
        "the first parameter of a document method is the document: take `doc: &mut Document`";
    let sig = &input.function.sig;
    let typed = match sig.inputs.first() {
        None => {
            errors.at(&sig.ident, WANTED);
            return None;
        }
        Some(FnArg::Receiver(receiver)) => {
            errors.at(
                receiver,
                "a document method is a free function: take `doc: &mut Document` in place of `self`",
            );
            return None;
        }
        Some(FnArg::Typed(typed)) => typed,
    };
    for attribute in input
        .parameters
        .first()
        .into_iter()
        .flatten()
        .filter(|attribute| args::is(attribute, "arg"))
    {
        errors.at(
            attribute,
            "only request arguments take #[arg]; this parameter is the document",
        );
    }
    match types::bare(&typed.ty) {
        Type::Reference(reference) => Some((*reference.elem).clone()),
        other => {
            errors.at(other, WANTED);
            None
        }
    }
}
