//! What only jobs have: the queue, how often they are tried, how long they may take, and when the schedule runs them.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{Expr, LitStr};

use super::{Method, types};
use crate::args::{Opt, Spec};
use crate::diagnostics::Errors;
use crate::whitelist::parse::{Input, Marker};

const JOB: Spec = Spec {
    attribute: "#[job]",
    options: &[
        ("queue", "queue = \"long\""),
        ("attempts", "attempts = 5"),
        ("timeout", "timeout = 300"),
        ("path", "path = \"a.b.c\""),
    ],
    repeatable: "",
};

const SCHEDULED: Spec = Spec {
    attribute: "#[scheduled]",
    options: &[
        ("all", "all"),
        ("hourly", "hourly"),
        ("daily", "daily"),
        ("weekly", "weekly"),
        ("monthly", "monthly"),
        ("cron", "cron = \"*/10 * * * *\""),
        ("queue", "queue = \"long\""),
        ("attempts", "attempts = 5"),
        ("timeout", "timeout = 300"),
        ("path", "path = \"a.b.c\""),
    ],
    repeatable: "",
};

/// The contract's queues, and ours.
const QUEUES: [(&str, &str); 3] = [("short", "Short"), ("default", "Default"), ("long", "Long")];

/// The options of a job.
pub(in crate::whitelist) struct JobOptions {
    /// Variant of `Queue`.
    pub(in crate::whitelist) queue: Ident,
    /// How often it is tried; `None`: as the framework has it.
    pub(in crate::whitelist) attempts: Option<Expr>,
    /// Seconds it may take; `None`: as the queue has it.
    pub(in crate::whitelist) timeout: Option<Expr>,
    /// When the schedule runs it.
    pub(in crate::whitelist) every: Option<Every>,
}

/// A period of the schedule.
pub(in crate::whitelist) enum Every {
    /// A variant of `Every` without a text.
    Named(Ident),
    /// The text of a cron line.
    Cron(LitStr),
}

/// Reads the options; the path goes where other methods keep theirs.
pub(super) fn read(input: &Input, path: &mut Option<LitStr>, errors: &mut Errors) -> JobOptions {
    let mut options = JobOptions {
        queue: Ident::new("Default", Span::call_site()),
        attempts: None,
        timeout: None,
        every: None,
    };
    let is_scheduled = input.marker == Marker::Scheduled;
    let spec = if is_scheduled { &SCHEDULED } else { &JOB };
    let none_before = errors.are_none();
    for option in spec.read(input.options.clone(), errors) {
        match option.name.to_string().as_str() {
            "queue" => options.queue = errors.keep(queue(&option)).unwrap_or(options.queue),
            "attempts" => options.attempts = errors.keep(number(&option, "5")),
            "timeout" => options.timeout = errors.keep(number(&option, "300")),
            "path" => *path = errors.keep(option.dotted()),
            "cron" => {
                if let Some(line) = errors.keep(cron(&option)) {
                    set(&mut options.every, Every::Cron(line), &option, errors);
                }
            }
            name => {
                if errors.keep(option.flag()) == Some(true) {
                    let every = Every::Named(variant(name, option.name.span()));
                    set(&mut options.every, every, &option, errors);
                }
            }
        }
    }
    if is_scheduled && options.every.is_none() && none_before && errors.are_none() {
        errors.at(
            &input.function.sig.ident,
            "say when: #[scheduled(daily)], or `all`, `hourly`, `weekly`, `monthly`, `cron = \"*/10 * * * *\"`",
        );
    }
    options
}

fn set(every: &mut Option<Every>, new: Every, option: &Opt, errors: &mut Errors) {
    if every.replace(new).is_some() {
        errors.at(&option.name, "a scheduled job has one period; keep one of them");
    }
}

/// `daily` as `Daily`.
fn variant(name: &str, span: Span) -> Ident {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let name: String = first.into_iter().chain(letters).collect();
    Ident::new(&name, span)
}

fn queue(option: &Opt) -> syn::Result<Ident> {
    let text = option.text()?;
    let wanted = text.value();
    match QUEUES.iter().find(|(name, _)| *name == wanted) {
        Some((_, variant)) => Ok(Ident::new(variant, text.span())),
        None => Err(syn::Error::new_spanned(
            &text,
            format!("there is no queue `{wanted}`; use `short`, `default` or `long`"),
        )),
    }
}

/// A number, or any constant expression of one; that it is at least 1 is for the compiler to see.
fn number(option: &Opt, example: &str) -> syn::Result<Expr> {
    match &option.value {
        Some(Expr::Lit(literal)) if !matches!(literal.lit, syn::Lit::Int(_)) => Err(syn::Error::new_spanned(
            literal,
            format!("write `{} = {example}`", option.name),
        )),
        Some(value) => Ok(value.clone()),
        None => Err(syn::Error::new_spanned(
            &option.name,
            format!("write `{} = {example}`", option.name),
        )),
    }
}

/// A line of five fields. What the fields hold is read when the program starts.
fn cron(option: &Opt) -> syn::Result<LitStr> {
    const FORM: &str = "five fields, for minute, hour, day, month and weekday: `cron = \"30 6 * * 1\"`";
    let text = option.text()?;
    let line = text.value();
    let fields = line.split_whitespace().count();
    let readable = line
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || " *,/-#?".contains(letter));
    if fields != 5 {
        return Err(syn::Error::new_spanned(
            text,
            format!("a cron line has {FORM}; this one has {fields}"),
        ));
    }
    if !readable {
        return Err(syn::Error::new_spanned(
            text,
            format!("no cron line; it has {FORM}"),
        ));
    }
    Ok(text)
}

/// Reports what a job can't have.
pub(super) fn check(input: &Input, method: &Method, errors: &mut Errors) {
    let sig = &input.function.sig;
    if let Some(token) = &sig.asyncness {
        errors.at(
            token,
            "a job runs in one transaction, which no `async fn` holds; drop `async`",
        );
    }
    for limit in &input.limits {
        errors.at(limit, "#[rate_limit] counts callers, and nobody calls a job");
    }
    if input.marker == Marker::Scheduled {
        for (_, argument) in method.arguments() {
            errors.at(
                argument.ty.to_token_stream(),
                format!(
                    "the schedule passes no arguments: drop `{}: {}`, or make it a #[job] that is enqueued with one",
                    argument.wire,
                    types::shown(&argument.ty)
                ),
            );
        }
    }
}
