//! A function, checked: everything the expansion needs, and no mistake left in it.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, FnArg, LitStr, Pat, PatType, ReturnType, Safety, Signature, Type, Visibility};

use super::parse::{Input, Marker};
use crate::args::{self, Spec};
use crate::diagnostics::Errors;
use crate::rate_limit::{self, Limit};

pub(super) mod document;
pub(super) mod job;
mod types;

pub(super) use document::DocumentParam;
pub(super) use job::JobOptions;

const WHITELIST: Spec = Spec {
    attribute: "#[whitelist]",
    options: &[
        ("allow_guest", "allow_guest"),
        ("methods", "methods = [GET, POST]"),
        ("path", "path = \"a.b.c\""),
        ("alias", "alias = \"a.b.c\""),
        ("inline", "inline"),
        ("xss_safe", "xss_safe"),
    ],
    repeatable: "alias",
};

const DOC_METHOD: Spec = Spec {
    attribute: "#[doc_method]",
    options: &[
        ("doctype", "doctype = \"..\""),
        ("methods", "methods = [GET, POST]"),
        ("allow_guest", "allow_guest"),
        ("xss_safe", "xss_safe"),
    ],
    repeatable: "",
};

const ARG: Spec = Spec {
    attribute: "#[arg]",
    options: &[
        ("default", "default = .."),
        ("rename", "rename = \"..\""),
        ("rest", "rest"),
    ],
    repeatable: "",
};

/// How the framework runs the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Blocking,
    Inline,
    Async,
}

/// A whitelisted function, a document method, or a job.
pub(super) struct Method {
    /// Of a document method: its first parameter.
    pub(super) document: Option<DocumentParam>,
    /// Of a job: where and how often it runs.
    pub(super) job: Option<JobOptions>,
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) mode: Mode,
    pub(super) doc: String,
    pub(super) allow_guest: bool,
    pub(super) xss_safe: bool,
    /// Variants of `Verb`; `None` is the default set.
    pub(super) verbs: Option<Vec<Ident>>,
    pub(super) path: Option<LitStr>,
    pub(super) aliases: Vec<LitStr>,
    pub(super) limits: Vec<CheckedLimit>,
    pub(super) params: Vec<Param>,
    /// `None` for a function without `->`.
    pub(super) returns: Option<Type>,
    /// Whether the return type can be named elsewhere (`impl Trait` can't).
    pub(super) nameable: bool,
}

/// A limit whose key was found among the parameters.
pub(super) struct CheckedLimit {
    pub(super) limit: Limit,
    /// Index of the parameter it counts by.
    pub(super) key: Option<usize>,
}

/// One parameter.
#[expect(
    clippy::large_enum_variant,
    reason = "a function has a handful, and they live for one expansion"
)]
pub(super) enum Param {
    /// By reference: from the framework. `ty` is behind the reference.
    Injected { ty: Type, mutable: bool, shown: String },
    /// By value: from the caller.
    Argument(Argument),
}

/// A request argument.
pub(super) struct Argument {
    /// The name callers send.
    pub(super) wire: String,
    /// The name in the function.
    ident: Ident,
    pub(super) ty: Type,
    pub(super) shown: String,
    pub(super) doc: String,
    pub(super) default: Option<Expr>,
    pub(super) rest: bool,
}

impl Method {
    /// Checks everything and reports every mistake; the result is usable where none was reported.
    pub(super) fn check(input: &Input, errors: &mut Errors) -> Method {
        let sig = &input.function.sig;
        input.report_repeated(errors);
        check_signature(input.marker, sig, errors);
        let mut method = Method {
            document: None,
            job: None,
            ident: sig.ident.clone(),
            vis: input.function.vis.clone(),
            mode: if sig.asyncness.is_some() {
                Mode::Async
            } else {
                Mode::Blocking
            },
            doc: args::doc(&input.function.attrs),
            allow_guest: false,
            xss_safe: false,
            verbs: None,
            path: None,
            aliases: Vec::new(),
            limits: Vec::new(),
            params: Vec::new(),
            returns: None,
            nameable: true,
        };
        if let ReturnType::Type(_, ty) = &sig.output {
            method.nameable = !types::mentions(ty, "impl");
            method.returns = Some((**ty).clone());
        }
        let doctype = method.read_options(input, errors);
        if input.marker == Marker::DocMethod {
            method.document = DocumentParam::check(input, doctype, errors);
        }
        method.read_parameters(input, errors);
        if input.marker.is_job() {
            job::check(input, &method, errors);
        } else {
            method.read_limits(input, errors);
        }
        method
    }

    /// Reads the attribute's options; gives the DocType of a document method.
    fn read_options(&mut self, input: &Input, errors: &mut Errors) -> Option<LitStr> {
        let (mut unsanitised, mut doctype) = (None, None);
        let spec = match input.marker {
            Marker::Whitelist => &WHITELIST,
            Marker::DocMethod => &DOC_METHOD,
            Marker::Job | Marker::Scheduled => {
                self.job = Some(job::read(input, &mut self.path, errors));
                return None;
            }
        };
        for option in spec.read(input.options.clone(), errors) {
            match option.name.to_string().as_str() {
                "allow_guest" => self.allow_guest = errors.keep(option.flag()).unwrap_or(false),
                "methods" => self.verbs = Some(option.verbs(errors)),
                "doctype" => doctype = errors.keep(option.text()),
                "path" => self.path = errors.keep(option.dotted()),
                "alias" => self.aliases.extend(errors.keep(option.dotted())),
                "inline" if errors.keep(option.flag()) == Some(true) => {
                    if self.mode == Mode::Async {
                        errors.at(
                            &option.name,
                            "an `async fn` runs on the reactor already; drop `inline`",
                        );
                    }
                    self.mode = Mode::Inline;
                }
                "xss_safe" if errors.keep(option.flag()) == Some(true) => {
                    self.xss_safe = true;
                    unsanitised = Some(option.name);
                }
                _ => {}
            }
        }
        if let (Some(option), false) = (unsanitised, self.allow_guest) {
            errors.at(
                option,
                "only guests' input is sanitised: `xss_safe` means something only with `allow_guest`",
            );
        }
        doctype
    }

    fn read_parameters(&mut self, input: &Input, errors: &mut Errors) {
        let mut took_mut = false;
        // The first parameter of a document method is the document.
        let own = usize::from(input.marker == Marker::DocMethod);
        let parameters = input.function.sig.inputs.iter().zip(&input.parameters);
        for (parameter, attributes) in parameters.skip(own) {
            let typed = match parameter {
                FnArg::Receiver(receiver) => {
                    let text = if input.marker.is_job() {
                        "a job is a free function: a worker has no `self`\n\
                         help: move it out of the `impl`"
                    } else {
                        "a whitelisted method is a free function: `self` can't come from a request\n\
                         help: move it out of the `impl`; methods of a document are `#[doc_method]`"
                    };
                    errors.at(receiver, text);
                    continue;
                }
                FnArg::Typed(typed) => typed,
            };
            let param = match types::bare(&typed.ty) {
                Type::Reference(reference) => {
                    if let Some(instead) = types::owned_form(&reference.elem) {
                        errors.at(reference, format!("request arguments are owned; use `{instead}`"));
                        continue;
                    }
                    for attribute in attributes.iter().filter(|attribute| args::is(attribute, "arg")) {
                        errors.at(
                            attribute,
                            "only request arguments take #[arg]; this parameter is injected",
                        );
                    }
                    let mutable = reference.mutability.is_some();
                    if mutable && let Some(text) = self.refuse_mut(&mut took_mut) {
                        errors.at(reference, text);
                        continue;
                    }
                    let ty = (*reference.elem).clone();
                    Some(Param::Injected {
                        ty,
                        mutable,
                        shown: types::shown(&typed.ty),
                    })
                }
                _ => read_argument(typed, attributes, errors).map(Param::Argument),
            };
            self.params.extend(param);
        }
        self.check_names(errors);
    }

    /// Why a `&mut` parameter can't stand here.
    fn refuse_mut(&self, took_mut: &mut bool) -> Option<&'static str> {
        match self.mode {
            Mode::Async => Some(
                "an `async fn` holds no transaction across `.await`\n\
                 help: make it a plain `fn`, or take `cx: &AsyncCx` and open one with `cx.transaction(|cx| ..).await`",
            ),
            Mode::Inline => Some(
                "an `inline` method runs on the reactor, without a database\n\
                 help: take parts such as `&Session` or `&Shared`, or drop `inline`",
            ),
            Mode::Blocking if std::mem::replace(took_mut, true) => Some("only one parameter can be `&mut`"),
            Mode::Blocking => None,
        }
    }

    fn check_names(&self, errors: &mut Errors) {
        let arguments: Vec<&Argument> = self.arguments().map(|(_, argument)| argument).collect();
        for (at, argument) in arguments.iter().enumerate() {
            let earlier = &arguments[..at];
            if argument.rest && earlier.iter().any(|other| other.rest) {
                errors.at(&argument.ty, "only one parameter can be `#[arg(rest)]`");
            }
            if !argument.rest
                && earlier
                    .iter()
                    .any(|other| !other.rest && other.wire == argument.wire)
            {
                let text = format!("two parameters are sent as `{}`", argument.wire);
                errors.at(&argument.ident, text);
            }
        }
    }

    fn read_limits(&mut self, input: &Input, errors: &mut Errors) {
        for attribute in &input.limits {
            let limit = rate_limit::read(attribute, errors);
            let key = limit.key.as_ref().and_then(|key| self.find_key(key, errors));
            self.limits.push(CheckedLimit { limit, key });
        }
    }

    fn find_key(&self, key: &LitStr, errors: &mut Errors) -> Option<usize> {
        let wanted = key.value();
        let found = self
            .arguments()
            .find(|(_, argument)| !argument.rest && (argument.ident == wanted || argument.wire == wanted));
        if let Some((at, _)) = found {
            return Some(at);
        }
        let names = self
            .arguments()
            .filter(|(_, argument)| !argument.rest)
            .map(|(_, argument)| argument.ident.to_string());
        let near = names.map(|name| (types::distance(&wanted, &name), name)).min();
        let hint = match near {
            Some((distance, name)) if distance <= 1 + wanted.len() / 3 => format!("; did you mean `{name}`?"),
            _ => String::new(),
        };
        errors.at(key, format!("no parameter named `{wanted}`{hint}"));
        None
    }

    /// The request arguments and their places among the parameters.
    pub(super) fn arguments(&self) -> impl Iterator<Item = (usize, &Argument)> {
        self.params
            .iter()
            .enumerate()
            .filter_map(|(at, param)| match param {
                Param::Argument(argument) => Some((at, argument)),
                Param::Injected { .. } => None,
            })
    }
}

fn check_signature(marker: Marker, sig: &Signature, errors: &mut Errors) {
    let (name, noun) = (sig.ident.unraw(), marker.noun());
    if !sig.generics.params.is_empty() {
        errors.at(
            &sig.generics,
            format!("{noun} `{name}` can't be generic: callers send JSON, no types"),
        );
    }
    if let Some(token) = &sig.constness {
        errors.at(token, format!("{noun} `{name}` can't be `const`"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.at(
            token,
            format!("{noun} `{name}` can't be `unsafe`: anybody may call it"),
        );
    }
    if let Some(abi) = &sig.abi {
        errors.at(abi, format!("{noun} `{name}` can't be `extern`"));
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(
            variadic,
            format!("a {noun} can't be variadic; take `#[arg(rest)] rest: Args`"),
        );
    }
}

fn read_argument(typed: &PatType, attributes: &[Attribute], errors: &mut Errors) -> Option<Argument> {
    let ident = match &*typed.pat {
        Pat::Ident(ident) if ident.subpat.is_none() && ident.by_ref.is_none() => Some(&ident.ident),
        other => {
            errors.at(
                other,
                "a request argument needs a plain name: the caller sends it by that name",
            );
            None
        }
    };
    if types::mentions(&typed.ty, "impl") {
        errors.at(
            &typed.ty,
            "a request argument needs a concrete type: the caller sends JSON",
        );
        return None;
    }
    if types::borrows(&typed.ty) {
        errors.at(
            &typed.ty,
            "request arguments are owned; use `String`, `Vec<T>` and the like",
        );
        return None;
    }
    let ident = ident?.unraw();
    let mut argument = Argument {
        wire: ident.to_string(),
        ident,
        ty: (*typed.ty).clone(),
        shown: types::shown(&typed.ty),
        doc: args::doc(attributes),
        default: None,
        rest: false,
    };
    for attribute in attributes.iter().filter(|attribute| args::is(attribute, "arg")) {
        let options = ARG.read_attribute(attribute, errors);
        if attribute.meta.require_path_only().is_ok() {
            errors.at(
                attribute,
                "takes an option: `default = ..`, `rename = \"..\"` or `rest`",
            );
        }
        for option in options {
            match option.name.to_string().as_str() {
                "default" => argument.default = errors.keep(option.expression()),
                "rename" => {
                    if let Some(name) = errors.keep(option.text()) {
                        argument.wire = name.value();
                    }
                }
                _ => argument.rest = errors.keep(option.flag()).unwrap_or(false),
            }
        }
        if argument.rest && argument.default.is_some() {
            errors.at(
                attribute.to_token_stream(),
                "the rest of the arguments has no default: it may be empty",
            );
        }
    }
    Some(argument)
}
