//! From query and body to the arguments of a request.
//!
//! Source: spec/framework.md §2.3. A JSON body is the only source; else the query, which form fields override.

mod form;
mod json;
mod multipart;
mod paced;
mod spool;

use std::path::Path;
use std::time::Duration;

use helpdesk_core::args::Args;
use helpdesk_core::error::{Error, ErrorKind};
use helpdesk_core::files::Upload;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_TYPE, EXPECT};
use hyper::http::request::Parts;

/// What a request brought.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    /// Its arguments.
    pub(crate) args: Args,
    /// The files of a multipart form.
    pub(crate) uploads: Vec<Upload>,
}

/// Why a body was not taken. All are answered before there is a session.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is larger than the site allows, or has more parts than anybody needs: 413.
    TooLarge,
    /// It did not arrive in time: 408.
    TooSlow,
    /// The connection broke; nobody reads the answer.
    Broken,
    /// It can't be understood: 417.
    Unreadable(Error),
    /// The disk took no more of it: 500.
    Unstored(std::io::Error),
}

/// What a body may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits<'p> {
    /// Bytes of the whole body.
    pub(crate) body: u64,
    /// Bytes that are held in memory: all of it but the files of a multipart form.
    pub(crate) memory: u64,
    /// Time for all of it; a multipart form that keeps coming gets more.
    pub(crate) patience: Duration,
    /// The site's folder, where files are received.
    pub(crate) site_folder: &'p Path,
}

/// How a content type is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'h> {
    Json,
    Form,
    Multipart(&'h str),
    Other,
}

/// Reads the body within `patience`, and makes arguments of it and of the query.
///
/// # Errors
/// See [`Refused`].
pub(crate) async fn read<B>(head: &Parts, mut body: B, limits: Limits<'_>) -> Result<Brought, Refused>
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut brought = Brought::default();
    if body.is_end_stream() {
        form::query(head.uri.query(), &mut brought.args);
    } else if let Kind::Multipart(content_type) = kind(head) {
        form::query(head.uri.query(), &mut brought.args);
        let outcome = multipart::read(content_type, &mut body, limits).await;
        if matches!(outcome, Err(Refused::TooLarge)) {
            linger(head, &mut body, limits.body, limits.patience).await;
        }
        let (fields, uploads) = outcome?;
        brought.uploads = uploads;
        put(&mut brought.args, fields);
    } else {
        let kind = kind(head);
        let limit = limits.body.min(limits.memory);
        let bytes = within(head, body, limit, limits.patience, kind != Kind::Other).await?;
        fill(&mut brought, head, kind, &bytes)?;
    }
    // The cache buster of jQuery.
    if brought.args.contains("_") {
        brought.args.take("_");
    }
    Ok(brought)
}

fn fill(brought: &mut Brought, head: &Parts, kind: Kind<'_>, bytes: &[u8]) -> Result<(), Refused> {
    if kind == Kind::Json && !bytes.is_empty() {
        brought.args = json::arguments(bytes)?;
        return Ok(());
    }
    form::query(head.uri.query(), &mut brought.args);
    if kind == Kind::Form && !bytes.is_empty() {
        put(&mut brought.args, form::fields(bytes)?);
    }
    Ok(())
}

/// Fields override what the query says.
fn put(args: &mut Args, fields: Args) {
    for (name, value) in fields.into_object() {
        args.set(name, value);
    }
}

fn kind(head: &Parts) -> Kind<'_> {
    let Some(header) = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return Kind::Other;
    };
    let essence = header.split(';').next().unwrap_or_default().trim();
    let json_suffix = || {
        let (kind, suffix) = (
            essence.get(..12),
            essence.len().checked_sub(5).and_then(|at| essence.get(at..)),
        );
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/"))
            && suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("+json"))
    };
    if essence.eq_ignore_ascii_case("application/json") || json_suffix() {
        Kind::Json
    } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Kind::Form
    } else if essence.eq_ignore_ascii_case("multipart/form-data") {
        Kind::Multipart(header)
    } else {
        Kind::Other
    }
}

/// Time given to a client to send what is refused anyway, so that it gets to read the answer.
const LINGER: Duration = Duration::from_secs(5);

/// Reads the whole body against a deadline. With `keep` off it is read and dropped.
async fn within<B>(
    head: &Parts,
    mut body: B,
    limit: u64,
    patience: Duration,
    keep: bool,
) -> Result<Bytes, Refused>
where
    B: Body<Data = Bytes> + Unpin,
{
    let outcome = tokio::time::timeout(patience, collect(&mut body, limit, keep)).await;
    let outcome = outcome.unwrap_or(Err(Refused::TooSlow));
    if matches!(outcome, Err(Refused::TooLarge)) {
        linger(head, &mut body, limit, patience).await;
    }
    outcome
}

/// Reads on for a while. A client that writes without reading would meet a reset connection; past the time or twice the
/// limit it does.
async fn linger<B>(head: &Parts, body: &mut B, limit: u64, patience: Duration)
where
    B: Body<Data = Bytes> + Unpin,
{
    // Who waits for `100 Continue` has sent nothing yet and gets the answer instead.
    if !head.headers.contains_key(EXPECT) {
        let _ = tokio::time::timeout(
            LINGER.min(patience),
            collect(body, limit.saturating_mul(2), false),
        )
        .await;
    }
}

async fn collect<B>(body: &mut B, limit: u64, keep: bool) -> Result<Bytes, Refused>
where
    B: Body<Data = Bytes> + Unpin,
{
    let announced = body.size_hint();
    if announced.lower() > limit {
        return Err(Refused::TooLarge);
    }
    let Some(first) = next(body).await? else {
        return Ok(Bytes::new());
    };
    let mut length = first.len() as u64;
    if length > limit {
        return Err(Refused::TooLarge);
    }
    // Nearly every body is one frame, which is passed on without a copy.
    if body.is_end_stream() {
        return Ok(first);
    }
    let Some(second) = next(body).await? else {
        return Ok(first);
    };
    // What is announced is not yet sent: room is given for a megabyte at most, the rest as it comes.
    let room = announced.exact().unwrap_or(0).min(1 << 20);
    let mut all = if keep {
        Vec::with_capacity(usize::try_from(room).unwrap_or(0))
    } else {
        Vec::new()
    };
    if keep {
        all.extend_from_slice(&first);
    }
    let mut frame = Some(second);
    while let Some(bytes) = frame {
        length += bytes.len() as u64;
        if length > limit {
            return Err(Refused::TooLarge);
        }
        if keep {
            all.extend_from_slice(&bytes);
        }
        frame = if body.is_end_stream() {
            None
        } else {
            next(body).await?
        };
    }
    Ok(Bytes::from(all))
}

/// The next data of a body; trailers are skipped.
async fn next<B>(body: &mut B) -> Result<Option<Bytes>, Refused>
where
    B: Body<Data = Bytes> + Unpin,
{
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame.map_err(|_| Refused::Broken)?.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// 417: the body is not what its content type says.
fn unreadable() -> Refused {
    Refused::Unreadable(Error::new(ErrorKind::DataError, "Invalid request body"))
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use hyper::Request;
    use serde_json::{Value, json};

    use super::*;

    async fn brought(uri: &str, content_type: &str, body: &str) -> Result<Brought, Refused> {
        let request = Request::post(uri)
            .header("content-type", content_type)
            .body(())
            .unwrap();
        let head = request.into_parts().0;
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            body: 1_000_000,
            memory: 1_000_000,
            patience: Duration::from_secs(5),
            site_folder: folder.path(),
        };
        let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
        read(&head, body, limits).await
    }

    async fn args(uri: &str, content_type: &str, body: &str) -> Value {
        Value::Object(brought(uri, content_type, body).await.unwrap().args.into_object())
    }

    async fn refusal(content_type: &str, body: &str) -> (ErrorKind, String) {
        match brought("/", content_type, body).await {
            Err(Refused::Unreadable(error)) => (error.kind(), error.text().to_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_json_body_is_the_only_source() {
        assert_eq!(
            args("/?a=1&b=2", "application/json", r#"{"a":[true]}"#).await,
            json!({"a": [true]})
        );
        assert_eq!(
            args("/?b=2", "Application/vnd.api+JSON; charset=utf-8", r#"{"a":1}"#).await,
            json!({"a": 1})
        );
        assert_eq!(
            args("/?b=2", "application/json", "[1,2]").await,
            json!({"data": [1, 2]})
        );
        assert_eq!(args("/?b=2", "application/json", "").await, json!({"b": "2"}));
        assert_eq!(
            args("/", "application/json", r#"{"a":1,"b":2,"a":3}"#).await,
            json!({"a": 3, "b": 2})
        );
    }

    #[tokio::test]
    async fn bad_json_is_told_apart_from_wrong_json() {
        for text in ["\"abc\"", "5", "null", "true"] {
            let wrong = (ErrorKind::ValidationError, "Invalid request arguments".to_owned());
            assert_eq!(refusal("application/json", text).await, wrong);
        }
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        for text in ["{\"a\":", "{\"a\":1} x", "NaN", " ", "{\"a\":\"\\ud800\"}", &deep] {
            let malformed = (ErrorKind::DataError, "Invalid request body".to_owned());
            assert_eq!(refusal("application/json", text).await, malformed);
        }
    }

    #[tokio::test]
    async fn form_fields_override_the_query_and_the_first_of_each_wins() {
        let form = "application/x-www-form-urlencoded";

        assert_eq!(
            args("/?a=1&a=2&q=%C3%BC", form, "b=x+y&b=z&a=9").await,
            json!({"a": "9", "q": "ü", "b": "x y"})
        );
        assert_eq!(args("/?_=123&a", form, "").await, json!({"a": ""}));
    }

    #[tokio::test]
    async fn other_content_types_are_ignored() {
        assert_eq!(args("/?a=1", "text/plain", r#"{"b":2}"#).await, json!({"a": "1"}));
    }

    #[tokio::test]
    async fn files_of_a_multipart_form_are_kept_apart() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"folder\"\r\n\r\nHome\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                    Content-Type: text/plain\r\n\r\nhello\r\n--x--\r\n";
        let brought = brought("/?folder=Query", "multipart/form-data; boundary=x", body)
            .await
            .unwrap();

        assert_eq!(
            Value::Object(brought.args.into_object()),
            json!({"folder": "Home"})
        );
        let upload = &brought.uploads[0];
        assert_eq!((&*upload.field, &*upload.file_name), ("file", "a.txt"));
        assert_eq!(
            (upload.content.size(), upload.content.digest()),
            (5, "5d41402abc4b2a76b9719d911017c592")
        );
    }

    #[tokio::test]
    async fn a_broken_multipart_form_is_refused() {
        let malformed = (ErrorKind::DataError, "Invalid request body".to_owned());
        assert_eq!(refusal("multipart/form-data", "x").await, malformed);
        assert_eq!(
            refusal("multipart/form-data; boundary=x", "--x\r\nnonsense").await,
            malformed
        );
    }

    #[tokio::test]
    async fn size_and_number_are_limited() {
        let large = "x".repeat(1_000_001);
        assert!(matches!(
            brought("/", "text/plain", &large).await,
            Err(Refused::TooLarge)
        ));
        let many = "a=&".repeat(20_000);
        let form = "application/x-www-form-urlencoded";
        assert!(matches!(brought("/", form, &many).await, Err(Refused::TooLarge)));
    }
}
