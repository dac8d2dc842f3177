//! The second factor of a login: a code that is mailed, or one that an app makes (RFC 6238).
//!
//! System Settings switch it on (`enable_two_factor_auth`, `two_factor_method`), and the roles that ask for it are marked
//! (`Role.two_factor_auth`; `All` for everybody). Source: spec/framework.md §4.2, §4.9.

mod totp;

use serde_json::{Value, json};

use super::credentials::{self, Known};
use super::failures::{self, Counted};
use super::one_time::{self, Purpose};
use super::{SignedIn, begin, log, password_is_old, refusal, refused, reset};
use crate::cx::{AsyncCx, Cx};
use crate::db::Query;
use crate::doctype::passwords;
use crate::doctype::system::{HAS_ROLE, ROLE, USER};
use crate::error::{Error, Result};
use crate::secret;
use crate::users;

/// Seconds a login waits for a code of an app, and for a mailed one.
const WAITS: [i64; 2] = [180, 300];
/// Seconds a link to set an app up holds.
const SETUP: i64 = 900;
/// Where the secret of an app is kept, once it has made a right code and before.
const SECRETS: [&str; 2] = ["otp_secret", "otp_secret_new"];

/// What a login still waits for.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// What clients show: `method`, `setup`, and for mails `prompt` and `token_delivery`.
    pub verification: Value,
    /// Names the login when the code is sent.
    pub tmp_id: String,
}

/// Whether a user needs a second factor.
///
/// # Errors
/// A database failure.
pub(crate) fn is_asked_of(cx: &mut Cx, known: &Known) -> Result<bool> {
    let settings = cx.site().settings();
    let confined = settings.sign_in.second_not_for_confined && !known.restrict_ip.trim().is_empty();
    if !settings.sign_in.second_factor || confined {
        return Ok(false);
    }
    let mut query = Query::fixed();
    query
        .sql("SELECT COUNT(*) FROM ")
        .ident(format!("tab{ROLE}"))
        .sql(" AS r WHERE r.two_factor_auth = 1 AND r.disabled = 0 AND (r.name = 'All' OR EXISTS (SELECT 1 FROM ")
        .ident(format!("tab{HAS_ROLE}"))
        .sql(" AS h WHERE h.parenttype = ")
        .text(USER);
    query.sql(" AND h.parent = ").text(known.name.clone());
    query.sql(" AND h.role = r.name))");
    Ok(cx.db().count(query)? > 0)
}

/// Has a login that was right so far wait for a code.
///
/// # Errors
/// 417 where an app's secret can't be kept or read; a database failure.
pub(super) fn ask(cx: &mut Cx, known: &Known) -> Result<Challenge> {
    cx.db().begin()?;
    cx.db().out.commit = true;
    let tmp_id = secret::hex(4);
    let by_app = !cx.site().settings().sign_in.second_by_mail;
    if by_app && passwords::get(cx, USER, &known.name, SECRETS[0])?.is_some() {
        one_time::keep(cx, Purpose::Code, &tmp_id, &known.name, String::new(), WAITS[0])?;
        let verification = json!({ "method": "OTP App", "setup": true });
        return Ok(Challenge { verification, tmp_id });
    }
    let (data, prompt) = if by_app {
        mail_setup(cx, known)?;
        let prompt = "A mail with a link to set up your app for codes is on its way to you. Enter a code of the app here.";
        (String::new(), prompt)
    } else {
        let code = totp::random_code();
        mail_code(cx, known, &code)?;
        (
            coded(&tmp_id, &code),
            "A code is on its way to the mail address of your account.",
        )
    };
    one_time::keep(cx, Purpose::Code, &tmp_id, &known.name, data, WAITS[1])?;
    let verification = json!({ "token_delivery": true, "prompt": prompt, "method": "Email", "setup": true });
    Ok(Challenge { verification, tmp_id })
}

/// What is kept of a mailed code: a digest that is of no use for another login.
fn coded(tmp_id: &str, code: &str) -> String {
    secret::digest(&format!("{tmp_id}:{code}"))
}

fn mail_code(cx: &mut Cx, known: &Known, code: &str) -> Result<()> {
    let name = users::full_name(cx, &known.name)?;
    let minutes = WAITS[1] / 60;
    let text = format!(
        "Hello {name},\n\nyour code to sign in is {code}. It holds for {minutes} minutes.\n\n\
         If you are not signing in, somebody knows your password: set a new one.\n"
    );
    reset::queue(cx, &known.name, "A code to sign in", text)
}

fn mail_setup(cx: &mut Cx, known: &Known) -> Result<()> {
    let Some(base) = cx.site().config.public_url() else {
        return Err(Error::internal(
            "no app can be set up: `host_name` is not set in site.toml",
        ));
    };
    if passwords::get(cx, USER, &known.name, SECRETS[1])?.is_none() {
        passwords::set(
            cx,
            USER,
            &known.name,
            SECRETS[1],
            "The secret of a second factor",
            &totp::new_secret(),
        )?;
    }
    let key = one_time::new(cx, Purpose::Setup, &known.name, SETUP)?;
    let name = users::full_name(cx, &known.name)?;
    let text = format!(
        "Hello {name},\n\nsigning in takes a code of an app from now on. This page has what the app needs:\n\n\
         {base}/api/method/frappe.www.qrcode.show?k={key}\n\n\
         The link holds for {} minutes and can be opened once. If you are not signing in, somebody knows your password: \
         set a new one.\n",
        SETUP / 60
    );
    reset::queue(cx, &known.name, "Set up your app for codes", text)
}

/// What an app is set up with.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The secret in Base32, as people type it.
    pub(crate) secret: String,
    /// The same as an address that apps open.
    pub(crate) uri: String,
}

/// What the app of a link's user is set up with; `None` for links that were opened, never sent, or are too old, and once
/// the app is set up.
///
/// # Errors
/// A database failure.
pub(crate) fn setup(cx: &mut Cx, key: &str) -> Result<Option<Setup>> {
    cx.db().begin()?;
    let Some(kept) = one_time::take(cx, Purpose::Setup, key)? else {
        return Ok(None);
    };
    cx.db().out.commit = true;
    let Some(secret) = passwords::get(cx, USER, &kept.user, SECRETS[1])? else {
        return Ok(None);
    };
    let issuer = cx.site().settings().sign_in.second_issuer.clone();
    let uri = totp::uri(&secret, &issuer, &kept.user);
    Ok(Some(Setup { secret, uri }))
}

/// Goes on with a login that waits for a code.
///
/// # Errors
/// 401 for a wrong code, and for a login that waits no longer; 429 while locked.
pub(super) async fn confirm(cx: &AsyncCx, tmp_id: String, code: String) -> Result<SignedIn> {
    let address = cx.shared().request.client_ip;
    let begun = cx
        .transaction(move |cx| {
            cx.db().begin()?;
            let Some(kept) = one_time::look(cx, Purpose::Code, &tmp_id)? else {
                return Ok(Err("This login waits no longer for a code. Sign in again."));
            };
            let counted = Counted::of(&kept.user, address);
            failures::refuse_locked(cx, &counted)?;
            cx.db().out.commit = true;
            let known = credentials::by_id(cx, &kept.user)?;
            let usable = known.filter(|known| refusal(cx.shared(), known).is_none());
            let is_right = is_right(cx, &kept, &tmp_id, code.trim())?;
            let Some(known) = usable.filter(|_| is_right) else {
                failures::count(cx, &counted)?;
                log(cx, Some(&kept.user), "Login", "Failed")?;
                return Ok(Err("Incorrect Verification code"));
            };
            if one_time::take(cx, Purpose::Code, &tmp_id)?.is_none() {
                return Ok(Err("This login waits no longer for a code. Sign in again."));
            }
            failures::forget(cx, &counted)?;
            if password_is_old(cx, &known.name)? {
                return reset::new_key(cx, &known.name).map(|key| Ok(Err(key)));
            }
            begin(cx, &known, None).map(|begun| Ok(Ok(begun)))
        })
        .await?;
    let (session, change) = match begun.map_err(|why| refused(cx, why))? {
        Ok(begun) => begun,
        Err(key) => return Ok(SignedIn::PasswordIsOld(super::path_of_reset(&key))),
    };
    cx.change_session(change);
    Ok(SignedIn::Session(session))
}

/// Compares a code with what the login waits for. A code of an app is right once; the first one proves that the app is
/// set up.
fn is_right(cx: &mut Cx, kept: &one_time::Kept, tmp_id: &str, code: &str) -> Result<bool> {
    if !kept.data.is_empty() {
        return Ok(secret::same(&kept.data, &coded(tmp_id, code)));
    }
    let now = cx.site().clock.timestamp().as_second();
    for field in SECRETS {
        let Some(stored) = passwords::get(cx, USER, &kept.user, field)? else {
            continue;
        };
        let Some(step) = totp::step_of(&stored, code, now) else {
            return Ok(false);
        };
        let used = format!("{}:{step}", kept.user);
        if !one_time::keep(cx, Purpose::Used, &used, &kept.user, String::new(), totp::HOLDS)? {
            return Ok(false);
        }
        if field == SECRETS[1] {
            passwords::set(
                cx,
                USER,
                &kept.user,
                SECRETS[0],
                "The secret of a second factor",
                &stored,
            )?;
            passwords::clear(cx, USER, &kept.user, SECRETS[1])?;
        }
        return Ok(true);
    }
    Ok(false)
}

/// Checks what System Settings ask for: a way to second factors that this site has.
pub(crate) fn check_settings(cx: &Cx, settings: &crate::doctype::document::Document) -> Result<()> {
    if !settings.is_on("enable_two_factor_auth") {
        return Ok(());
    }
    let lacks = match settings.text("two_factor_method") {
        "Email" => None,
        "SMS" => Some("codes can't be sent by SMS; choose OTP App or Email"),
        _ if cx.site().config.public_url().is_none() => Some("`host_name` is not set in site.toml"),
        _ if secret::fernet::Key::of(&cx.site().config.encryption_key).is_none() => {
            Some("the site has no encryption_key in its site.toml")
        }
        _ => None,
    };
    match lacks {
        None => Ok(()),
        Some(lacks) => Err(crate::error::invalid(format!(
            "Two Factor Authentication can't be switched on: {lacks}"
        ))),
    }
}
