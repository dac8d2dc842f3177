//! Multipart forms: fields become arguments, files are kept apart.

use helpdesk_core::args::Args;
use http_body_util::{BodyDataStream, Full};
use hyper::body::Bytes;
use multer::Multipart;
use serde_json::Value;

use super::form::MAX_FIELDS;
use super::{Refused, Upload, unreadable};

/// Files a form may bring.
const MAX_FILES: usize = 100;

/// The fields and files of a multipart body, which is in memory and within the site's limit already.
///
/// # Errors
/// 417 `DataError` for what is no such form, `TooLarge` for too many parts.
pub(super) async fn read(content_type: &str, body: Bytes) -> Result<(Args, Vec<Upload>), Refused> {
    let boundary = multer::parse_boundary(content_type).map_err(|_| unreadable())?;
    let mut form = Multipart::new(BodyDataStream::new(Full::new(body)), boundary);
    let (mut args, mut uploads, mut fields) = (Args::new(), Vec::new(), 0_usize);
    while let Some(part) = form.next_field().await.map_err(|_| unreadable())? {
        let Some(name) = part.name().map(str::to_owned) else {
            continue;
        };
        let Some(file_name) = part.file_name().map(str::to_owned) else {
            fields += 1;
            if fields > MAX_FIELDS {
                return Err(Refused::TooLarge);
            }
            let bytes = part.bytes().await.map_err(|_| unreadable())?;
            args.add_first(name, Value::String(String::from_utf8_lossy(&bytes).into_owned()));
            continue;
        };
        if uploads.len() >= MAX_FILES {
            return Err(Refused::TooLarge);
        }
        let content_type = part.content_type().map(ToString::to_string);
        let bytes = part.bytes().await.map_err(|_| unreadable())?;
        uploads.push(Upload {
            field: name,
            file_name,
            content_type,
            bytes,
        });
    }
    Ok((args, uploads))
}
