//! Multipart forms: fields become arguments, files go to disk as they come.

use helpdesk_core::args::Args;
use helpdesk_core::files::Upload;
use http_body_util::BodyDataStream;
use hyper::body::{Body, Bytes};
use multer::{Field, Multipart};
use serde_json::Value;

use super::form::MAX_FIELDS;
use super::paced::{Paced, TooLarge, TooSlow};
use super::spool::Spool;
use super::{Limits, Refused, unreadable};

/// Files a form may bring.
const MAX_FILES: usize = 100;

/// The fields and files of a multipart body. Files lie in the site's `private/incoming`, and go with their last owner.
///
/// # Errors
/// 417 `DataError` for what is no such form, `TooLarge` for too many bytes or parts, `TooSlow` for a client that
/// doesn't keep sending.
pub(super) async fn read<B>(
    content_type: &str,
    body: &mut B,
    limits: Limits<'_>,
) -> Result<(Args, Vec<Upload>), Refused>
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let boundary = multer::parse_boundary(content_type).map_err(|_| unreadable())?;
    if body.size_hint().lower() > limits.body {
        return Err(Refused::TooLarge);
    }
    let paced = Paced::new(body, limits.body, limits.patience);
    let mut form = Multipart::new(BodyDataStream::new(paced), boundary);
    let (mut args, mut uploads, mut fields) = (Args::new(), Vec::new(), 0_usize);
    let mut memory = limits.memory;
    while let Some(part) = form.next_field().await.map_err(refused)? {
        let Some(name) = part.name().map(str::to_owned) else {
            continue;
        };
        let Some(file_name) = part.file_name().map(str::to_owned) else {
            fields += 1;
            if fields > MAX_FIELDS {
                return Err(Refused::TooLarge);
            }
            let bytes = text(part, &mut memory).await?;
            args.add_first(name, Value::String(String::from_utf8_lossy(&bytes).into_owned()));
            continue;
        };
        if uploads.len() >= MAX_FILES {
            return Err(Refused::TooLarge);
        }
        let content = file(part, limits).await?;
        uploads.push(Upload {
            field: name,
            file_name,
            content,
        });
    }
    Ok((args, uploads))
}

async fn text(mut part: Field<'_>, memory: &mut u64) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(refused)? {
        *memory = memory.checked_sub(chunk.len() as u64).ok_or(Refused::TooLarge)?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn file(mut part: Field<'_>, limits: Limits<'_>) -> Result<helpdesk_core::files::Content, Refused> {
    let mut spool = Spool::open(limits.site_folder).map_err(Refused::Unstored)?;
    while let Some(chunk) = part.chunk().await.map_err(refused)? {
        spool.write(&chunk).await.map_err(Refused::Unstored)?;
    }
    spool.finish().await.map_err(Refused::Unstored)
}

/// What broke a form: the body's own limits, the connection, or its shape.
fn refused(error: multer::Error) -> Refused {
    match error {
        multer::Error::StreamReadFailed(source) if source.is::<TooLarge>() => Refused::TooLarge,
        multer::Error::StreamReadFailed(source) if source.is::<TooSlow>() => Refused::TooSlow,
        multer::Error::StreamReadFailed(_) => Refused::Broken,
        _ => unreadable(),
    }
}
