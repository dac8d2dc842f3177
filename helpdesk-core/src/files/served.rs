//! A file as an answer.

use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{names, place};
use crate::error::{Error, ErrorKind, Result};
use crate::site::Site;

/// Characters of a name that stand for themselves in `filename*` (RFC 8187).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'~');

/// A file on disk that the server sends: whole, in parts, or not at all where the client has it already.
#[derive(Clone, Debug)]
pub struct Served {
    /// Where it lies.
    pub path: PathBuf,
    /// Headers: type, disposition, caching.
    pub headers: Vec<(&'static str, String)>,
}

impl Served {
    /// The file at an address of this site (decoded). With `attachment` clients save it; what could run as a page of
    /// ours they always save.
    ///
    /// # Errors
    /// Bare 403 for what is not there, as for what may not be seen.
    pub fn of(site: &Site, url: &str, attachment: bool) -> Result<Served> {
        let refused = || Error::bare(ErrorKind::PermissionError, "");
        let path = place::path_of(&site.folder, url).ok_or_else(refused)?;
        let name = url.rsplit('/').next().unwrap_or_default();
        Ok(Served {
            path,
            headers: headers(name, attachment, place::is_private(url) != Some(false)),
        })
    }
}

/// Headers of a file; a private one is asked for anew each time.
pub(crate) fn headers(name: &str, attachment: bool, is_private: bool) -> Vec<(&'static str, String)> {
    let disposition = if attachment || !names::is_shown(name) {
        "attachment"
    } else {
        "inline"
    };
    let caching = if is_private {
        "no-cache"
    } else {
        "public,max-age=300,stale-while-revalidate=86400"
    };
    let mut headers = vec![
        ("content-type", names::content_type(name)),
        (
            "content-disposition",
            format!("{disposition}; {}", filename(name)),
        ),
        ("cache-control", caching.to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
    ];
    if !names::is_shown(name) {
        // Should a browser show it after all: no scripts, no origin.
        headers.push((
            "content-security-policy",
            "sandbox; default-src 'none'".to_owned(),
        ));
    }
    headers
}

/// The name as a parameter of `Content-Disposition`: bare where it is a token, else quoted, and in UTF-8 where it
/// needs that.
fn filename(name: &str) -> String {
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !name.is_empty() && name.chars().all(is_token) {
        return format!("filename={name}");
    }
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' => '_',
            c if c.is_ascii_graphic() || c == ' ' => c,
            _ => '_',
        })
        .collect();
    if name.is_ascii() {
        return format!("filename=\"{plain}\"");
    }
    format!(
        "filename=\"{plain}\"; filename*=UTF-8''{}",
        utf8_percent_encode(name, PLAIN)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_header_whatever_they_contain() {
        assert_eq!(filename("up.txt"), "filename=up.txt");
        assert_eq!(filename("a b.txt"), "filename=\"a b.txt\"");
        assert_eq!(filename("a\"; x=y"), "filename=\"a_; x=y\"");
        assert_eq!(
            filename("März.pdf"),
            "filename=\"M_rz.pdf\"; filename*=UTF-8''M%C3%A4rz.pdf"
        );
        assert_eq!(filename("a\r\nb"), "filename=\"a__b\"");
    }

    #[test]
    fn what_could_run_is_saved() {
        let disposition = |name, attachment| headers(name, attachment, true)[1].1.clone();

        assert_eq!(disposition("a.png", false), "inline; filename=a.png");
        assert_eq!(disposition("a.png", true), "attachment; filename=a.png");
        assert_eq!(disposition("a.svg", false), "attachment; filename=a.svg");
        assert_eq!(disposition("a.HTML", false), "attachment; filename=a.HTML");
    }
}
