//! Pictures that a rich text holds as data become files; the text then links to them.
//!
//! A text is cleaned before it is looked at, so that what is read here is what a cleaner wrote: tags closed, values of
//! attributes within double quotes.

use std::collections::HashMap;
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::store::{self, NewFile};
use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::field::FieldType;
use crate::doctype::typed::doc_event;
use crate::doctype::{meta, system};
use crate::error::Result;
use crate::files::names;
use crate::{html, secret};

// After all hooks of the DocType's own, so that what those write is seen.

/// What pictures in a text may be: the type in their address, the extension of their file, and how their content begins.
const KINDS: &[(&str, &str, &[u8])] = &[
    ("image/png", "png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", "jpg", b"\xff\xd8\xff"),
    ("image/jpg", "jpg", b"\xff\xd8\xff"),
    ("image/gif", "gif", b"GIF8"),
    ("image/webp", "webp", b"RIFF"),
    ("image/bmp", "bmp", b"BM"),
];

/// Whether padding stands at the end differs from browser to browser.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whose the files are, and who may see them.
struct Place {
    doctype: String,
    name: String,
    is_private: bool,
}

#[doc_event(doctype = "*", on = "before_save", order = 100)]
fn take_out(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    // Mails are for who may read what they are about, whatever their DocType says of attachments.
    let is_public = meta::is_true(doc.meta().other.get("make_attachments_public"))
        && doc.doctype() != system::COMMUNICATION;
    let place = Place {
        doctype: doc.doctype().to_owned(),
        name: doc.name_text(),
        is_private: !is_public,
    };
    take_out_of(doc, cx, &place)?;
    for (_, rows) in doc.all_rows_mut() {
        for row in rows {
            take_out_of(row, cx, &place)?;
        }
    }
    Ok(())
}

fn take_out_of(doc: &mut Document, cx: &mut Cx, place: &Place) -> Result<()> {
    let meta = std::sync::Arc::clone(doc.meta());
    for (index, column) in meta.columns.iter().enumerate() {
        let holds_text = meta.field_of(column).is_some_and(|field| {
            field.fieldtype == FieldType::TextEditor
                || field.fieldtype == FieldType::HtmlEditor && meta.name == system::COMMENT
        });
        if !holds_text || !doc.at(index).as_str().is_some_and(may_hold_pictures) {
            continue;
        }
        let text = doc.at(index).as_str().unwrap_or_default();
        let text = html::clean_stored(text).unwrap_or_else(|| text.to_owned());
        let linked = linked(cx, &text, place)?;
        doc.set_at(index, Value::from(linked));
    }
    Ok(())
}

fn may_hold_pictures(text: &str) -> bool {
    text.contains("data:") && text.contains('<')
}

/// The text with addresses of files in place of its pictures.
fn linked(cx: &mut Cx, text: &str, place: &Place) -> Result<String> {
    let mut out = String::with_capacity(text.len().min(64 * 1024));
    let mut copied = 0;
    // The same picture again, as signatures have it, is the same file.
    let mut kept: HashMap<String, String> = HashMap::new();
    for range in sources(text) {
        let Some(picture) = Picture::read(&text[range.clone()]) else {
            continue;
        };
        let content = store::content_of(cx, &picture.bytes)?;
        let url = match kept.get(content.digest()) {
            Some(url) => url.clone(),
            None => {
                let digest = content.digest().to_owned();
                let new = NewFile {
                    file_name: &picture.name,
                    content,
                    is_private: place.is_private,
                    folder: store::ATTACHMENTS,
                    attached_to: Some((&place.doctype, &place.name, None)),
                };
                let file = store::keep(cx, &new)?;
                let url = file.text("file_url").to_owned();
                kept.insert(digest, url.clone());
                url
            }
        };
        out.push_str(&text[copied..range.start]);
        out.push_str(&html::escape(&url));
        copied = range.end;
    }
    out.push_str(&text[copied..]);
    Ok(out)
}

/// Where the addresses of a cleaned text's pictures stand, between their quotes.
fn sources(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("<img ") {
        from += at + "<img ".len();
        // One attribute after the other: what looks like one within the quotes of another is none.
        while let Some(equals) = text[from..].find(['=', '>']) {
            let key = text[from..from + equals].trim();
            if text[from + equals..].starts_with('>') {
                from += equals;
                break;
            }
            let Some(rest) = text[from + equals..].strip_prefix("=\"") else {
                break;
            };
            let start = from + equals + 2;
            let Some(length) = rest.find('"') else {
                return found;
            };
            if key == "src" {
                found.push(start..start + length);
            }
            from = start + length + 1;
        }
    }
    found
}

/// A picture that an address holds.
struct Picture {
    name: String,
    bytes: Vec<u8>,
}

impl Picture {
    /// `data:<type>[;filename=<name>];base64,<content>` of a known type whose content begins as that type does. Anything
    /// else is no picture, and shows nothing where it stands.
    fn read(address: &str) -> Option<Picture> {
        let (head, content) = address.trim().strip_prefix("data:")?.split_once(',')?;
        let mut parts = head.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        let (_, extension, begin) = KINDS.iter().find(|(known, ..)| *known == kind)?;
        let (mut name, mut is_base64) = (None, false);
        for part in parts {
            if let Some(given) = part.strip_prefix("filename=") {
                name = Some(given.trim_matches('"'));
            }
            is_base64 |= part.eq_ignore_ascii_case("base64");
        }
        if !is_base64 {
            return None;
        }
        let content: String = content.split_whitespace().collect();
        let bytes = BASE64.decode(content).ok()?;
        if !bytes.starts_with(begin) || *extension == "webp" && bytes.get(8..12) != Some(b"WEBP") {
            return None;
        }
        let stem = name
            .map(|name| {
                let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
                let name = names::safe(&name);
                name.rsplit_once('.')
                    .map_or(name.clone(), |(stem, _)| stem.to_owned())
            })
            .filter(|stem| !stem.is_empty())
            .unwrap_or_else(|| secret::hex(8));
        Some(Picture {
            name: format!("{stem}.{extension}"),
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_pictures_are_found_in_what_a_cleaner_wrote() {
        let found = |text: &str| -> Vec<String> {
            let text = html::clean_stored(text).unwrap();
            sources(&text)
                .into_iter()
                .map(|range| text[range].to_owned())
                .collect()
        };

        assert_eq!(
            found("<p><IMG alt='a > b' SRC=x><img src='y' title='src=\"z\"'></p>"),
            ["x", "y"]
        );
        assert_eq!(
            found("<p title='<img src=x>'>text &lt;img src=y&gt;</p>"),
            [] as [&str; 0]
        );
        assert_eq!(found("<img><img loading=lazy src=\"a&amp;b\">"), ["a&amp;b"]);
    }

    #[test]
    fn a_picture_is_what_it_says_it_is() {
        let read = |address: &str| Picture::read(address).map(|picture| picture.name);
        let gif = "R0lGODdhAQABAPAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";

        assert_eq!(
            read(&format!("data:image/gif;filename=a%2F..%2Fb.exe;base64,{gif}")).as_deref(),
            Some("a_.._b.gif")
        );
        assert!(
            read(&format!("data:image/gif;base64, {}", &gif[..gif.len() - 1]))
                .is_some_and(|name| name.len() > 12)
        );
        for other in [
            format!("data:image/png;base64,{gif}"),
            format!("data:image/svg+xml;base64,{gif}"),
            format!("data:text/html;base64,{gif}"),
            format!("data:image/gif,{gif}"),
            "data:image/gif;base64,%%%".to_owned(),
            "data:image/webp;base64,UklGRgAAAABXQVZF".to_owned(),
            "data:image/gif;base64".to_owned(),
            "/files/a.gif".to_owned(),
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
    }
}
