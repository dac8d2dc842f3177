//! One error type for everything a caller can be told, and the contract's class and status of each.
//!
//! Source: spec/framework.md §3.4 and §3.5.

use std::borrow::Cow;
use std::fmt;

use crate::message::Message;

/// Shorthand used by every method: `Result<T>` is `Result<T, Error>`.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:literal,)*) => {
        /// The class of an error: what clients read in `exc_type`, and its HTTP status.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorKind { $($(#[$doc])* $name,)* }

        impl ErrorKind {
            /// Every kind there is, for listings (OpenAPI) and tests.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$name,)*];

            /// HTTP status of an answer with this error.
            pub const fn status(self) -> u16 {
                match self { $(ErrorKind::$name => $status,)* }
            }

            /// The class name clients find in `exc_type`.
            pub const fn exc_type(self) -> &'static str {
                match self { $(ErrorKind::$name => stringify!($name),)* }
            }
        }
    };
}

kinds! {
    /// The CSRF token of a cookie session is missing or wrong.
    CSRFTokenError = 400,
    /// `Authorization` could not be read.
    InvalidAuthorizationHeader = 400,
    /// The scheme of `Authorization` is unknown.
    InvalidAuthorizationPrefix = 400,
    /// The token of `Authorization` could not be decoded.
    InvalidAuthorizationToken = 400,
    /// Wrong key, secret, user or password.
    AuthenticationError = 401,
    /// The session is over.
    SessionExpired = 401,
    /// The caller may not do this.
    PermissionError = 403,
    /// There is no such document, DocType or route.
    DoesNotExistError = 404,
    /// There is no such page.
    PageDoesNotExistError = 404,
    /// A document name is not allowed.
    NameError = 409,
    /// A document of that name exists.
    DuplicateEntryError = 409,
    /// A one-time link is used up or too old.
    LinkExpired = 410,
    /// The body is larger than the site allows.
    RequestEntityTooLarge = 413,
    /// The body's type can't be read.
    UnsupportedMediaType = 415,
    /// A rule of the application refused the request.
    ValidationError = 417,
    /// An argument has the wrong type, or a required one is missing.
    FrappeTypeError = 417,
    /// A value has the wrong form (API v2).
    FrappeValueError = 417,
    /// A query or body can't be understood.
    DataError = 417,
    /// A mandatory field is empty.
    MandatoryError = 417,
    /// A number may not be negative.
    NonNegativeError = 417,
    /// A constant field would change.
    CannotChangeConstantError = 417,
    /// A text is longer than its field.
    CharacterLengthExceededError = 417,
    /// A submitted document would change.
    UpdateAfterSubmitError = 417,
    /// A link points to nothing.
    LinkValidationError = 417,
    /// A link points to a cancelled document.
    CancelledLinkError = 417,
    /// The document states don't allow this step.
    DocstatusTransitionError = 417,
    /// The document changed since it was read.
    TimestampMismatchError = 417,
    /// Another document links here.
    LinkExistsError = 417,
    /// Not an e-mail address.
    InvalidEmailAddressError = 417,
    /// Not a usable name.
    InvalidNameError = 417,
    /// Not a phone number.
    InvalidPhoneNumberError = 417,
    /// A unique field would repeat.
    UniqueValidationError = 417,
    /// A column name is not allowed.
    InvalidColumnName = 417,
    /// A node of a tree would come under itself.
    NestedSetRecursionError = 417,
    /// A node of a tree has others under it.
    NestedSetChildExistsError = 417,
    /// A field's name is not allowed.
    InvalidFieldNameError = 417,
    /// A field that holds nothing is mandatory.
    IllegalMandatoryError = 417,
    /// A hidden field is mandatory and has no default.
    HiddenAndMandatoryWithoutDefaultError = 417,
    /// A field of this type, or with these values, can't be unique.
    NonUniqueError = 417,
    /// A field of this type can't have an index.
    CannotIndexedError = 417,
    /// A field that links names no DocType.
    DoctypeLinkError = 417,
    /// A field links to what is no DocType, or not one it may link to.
    WrongOptionsDoctypeLinkError = 417,
    /// A naming series is malformed.
    InvalidNamingSeriesError = 417,
    /// A document is locked by a job.
    DocumentLockedError = 417,
    /// A file is too large.
    MaxFileSizeReachedError = 417,
    /// A document has as many files as it may.
    AttachmentLimitReached = 417,
    /// A file's type is refused.
    FileTypeNotAllowed = 417,
    /// A method's rate limit is spent.
    RateLimitExceededError = 429,
    /// The site's budget for a caller is spent.
    TooManyRequestsError = 429,
    /// An account or address is locked for a while.
    SecurityException = 429,
    /// A failure of ours; the caller learns nothing of its cause.
    ServerError = 500,
    /// The site is in maintenance.
    SessionStopped = 503,
    /// The site takes no writes now.
    InReadOnlyMode = 503,
    /// More work waits than the server takes on.
    QueueOverloaded = 503,
}

/// What went wrong, and what the caller is told of it.
///
/// Made by the short functions of this module ([`invalid`], [`not_found`], [`forbidden`] …);
/// passed up with `?` and answered once, at the HTTP boundary.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    text: Cow<'static, str>,
    message: Option<Message>,
    error_message: Option<String>,
    traceback: bool,
    app: Option<&'static str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Refuses with a text the caller sees (`throw` in the contract: the text also goes to the message log).
    pub fn new(kind: ErrorKind, text: impl Into<Cow<'static, str>>) -> Error {
        let text = text.into();
        let message = Message::thrown(text.clone());
        Error(Box::new(Inner {
            kind,
            text,
            message: Some(message),
            error_message: None,
            traceback: true,
            app: None,
            source: None,
        }))
    }

    /// Refuses without a message in the log: clients see `exc_type`, and the text only where tracebacks are shown.
    pub fn bare(kind: ErrorKind, text: impl Into<Cow<'static, str>>) -> Error {
        Error(Box::new(Inner {
            kind,
            text: text.into(),
            message: None,
            error_message: None,
            traceback: true,
            app: None,
            source: None,
        }))
    }

    /// A failure of ours: answered 500 without its cause, which is logged.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let mut error = Error::bare(ErrorKind::ServerError, "");
        error.0.source = Some(source.into());
        error
    }

    /// The title of the message shown to the caller (default `Message`).
    #[must_use]
    pub fn title(mut self, title: &'static str) -> Error {
        if let Some(message) = &mut self.0.message {
            message.title = title.into();
        }
        self
    }

    /// Replaces the message shown to the caller; the error's own text stays.
    #[must_use]
    pub fn with_message(mut self, message: Message) -> Error {
        self.0.message = Some(message);
        self
    }

    /// Sets the explaining text clients find in `_error_message`.
    #[must_use]
    pub fn explained(mut self, text: impl Into<String>) -> Error {
        self.0.error_message = Some(text.into());
        self
    }

    /// Never shows a traceback for this error, not even to System Users.
    #[must_use]
    pub fn without_traceback(mut self) -> Error {
        self.0.traceback = false;
        self
    }

    /// Notes that it passed through code of an app; the first one told stays.
    #[must_use]
    pub fn passed_through(mut self, app: &'static str) -> Error {
        self.0.app.get_or_insert(app);
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        self.0.source = Some(source.into());
        self
    }

    /// What the caller is told of it, in other words; the cause stays behind.
    pub(crate) fn told(
        &self,
        say: impl Fn(&str) -> Option<String>,
        message: impl FnMut(&mut Message),
    ) -> Error {
        let text = say(&self.0.text).map_or_else(|| self.0.text.clone(), Cow::Owned);
        let explained = self.0.error_message.as_ref();
        let mut told = self.0.message.clone();
        told.iter_mut().for_each(message);
        Error(Box::new(Inner {
            kind: self.0.kind,
            text,
            message: told,
            error_message: explained.map(|text| say(text).unwrap_or_else(|| text.clone())),
            traceback: self.0.traceback,
            app: self.0.app,
            source: None,
        }))
    }

    /// The class of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The raw text (may be empty).
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The message for the log, if the error was thrown with one.
    pub fn message(&self) -> Option<&Message> {
        self.0.message.as_ref()
    }

    /// The text for `_error_message`.
    pub fn error_message(&self) -> Option<&str> {
        self.0.error_message.as_deref()
    }

    /// Whether a caller who sees tracebacks at all may see one for this error.
    pub fn shows_traceback(&self) -> bool {
        self.0.traceback && !matches!(self.0.kind.status(), 400 | 401 | 404 | 503)
    }

    /// The app whose code it passed through, the base app aside.
    pub fn app(&self) -> Option<&'static str> {
        self.0.app
    }

    /// The cause, for the log only.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// The last line of a traceback as the contract words it: `frappe.exceptions.X: text`.
    pub fn exception_line(&self) -> String {
        if self.0.text.is_empty() {
            format!("frappe.exceptions.{}", self.0.kind.exc_type())
        } else {
            format!("frappe.exceptions.{}: {}", self.0.kind.exc_type(), self.0.text)
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.kind.exc_type())?;
        if !self.0.text.is_empty() {
            write!(f, ": {}", self.0.text)?;
        }
        if let Some(source) = &self.0.source {
            write!(f, " (caused by: {source})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// 417 `ValidationError` with a text the caller sees.
pub fn invalid(text: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::ValidationError, text)
}

/// 403 `PermissionError` with a text the caller sees.
pub fn forbidden(text: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::PermissionError, text)
}

/// 404 `DoesNotExistError`: `{doctype} {name} not found`.
pub fn not_found(doctype: &str, name: &str) -> Error {
    Error::new(
        ErrorKind::DoesNotExistError,
        format!("{doctype} {name} not found"),
    )
}

/// 404 `DoesNotExistError` without a message.
pub fn no_route() -> Error {
    Error::bare(ErrorKind::DoesNotExistError, "")
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Error {
        use diesel::result::{DatabaseErrorKind, Error as Db};
        match &error {
            Db::NotFound => no_route(),
            Db::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => Error::new(
                ErrorKind::UniqueValidationError,
                unique_text(info.message(), info.constraint_name()),
            )
            .caused_by(error),
            _ => Error::internal(error),
        }
    }
}

/// A sentence that begins with the field: from SQLite's `UNIQUE constraint failed: tabX.field`, or from PostgreSQL's
/// name of the index (`tabX_pkey`, `X|field`).
fn unique_text(database_says: &str, constraint: Option<&str>) -> String {
    let field = match constraint {
        Some(constraint) if constraint.ends_with("_pkey") => Some("name"),
        Some(constraint) => constraint.rsplit('|').next(),
        None => database_says
            .rsplit_once('.')
            .map(|(_, field)| field.trim_matches(['"', '`', ' '])),
    };
    match field {
        Some(field) => format!("{field} must be unique"),
        None => "The value must be unique".to_owned(),
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Error {
        Error::internal(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::internal(error)
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Error {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thrown_error_carries_its_message() {
        let error = invalid("Team is closed").title("No");

        assert_eq!(error.kind().status(), 417);
        assert_eq!(
            error.message().map(|m| (&*m.message, &*m.title)),
            Some(("Team is closed", "No"))
        );
        assert_eq!(
            error.exception_line(),
            "frappe.exceptions.ValidationError: Team is closed"
        );
    }

    #[test]
    fn a_bare_error_has_no_message() {
        let error = Error::bare(ErrorKind::PermissionError, "");

        assert!(error.message().is_none());
        assert_eq!(error.exception_line(), "frappe.exceptions.PermissionError");
    }

    #[test]
    fn an_internal_error_hides_its_cause_from_the_text() {
        let error = Error::internal("disk on fire");

        assert_eq!(error.text(), "");
        assert!(error.to_string().contains("disk on fire"));
    }
}
