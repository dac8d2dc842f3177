//! Names of files: which are safe on disk and in an address, and what an extension says.

/// Characters of a stored name; the column `file_name` holds as many.
const LONGEST: usize = 140;
/// Bytes of a stored name, which file systems allow at most; room is left for what makes a name unique.
const LONGEST_BYTES: usize = 220;

/// Types that people without the desk may upload, by extension (spec step 5).
const PORTAL: &[&str] = &[
    "png", "jpg", "jpeg", "jpe", "gif", "pdf", "doc", "docx", "xls", "xlsx", "odt", "ods", "txt", "mov",
    "qt", "mp4", "csv",
];

/// Types a browser would run as a page of ours.
const ACTIVE: &[&str] = &[
    "html", "htm", "xhtml", "xht", "shtml", "svg", "svgz", "xml", "xsl", "xslt", "mht", "mhtml", "js", "mjs",
    "swf", "hta",
];

/// A client's file name as it is stored: one path segment, no character with a meaning in paths or addresses
/// (those become `_`), neither hidden nor longer than the column. Empty for a name without any character.
pub fn safe(name: &str) -> String {
    let kept: String = name
        .trim()
        .chars()
        .map(|c| match c {
            '/' | '\\' | '%' | '?' | '#' => '_',
            c if c.is_control() || is_steering(c) => '_',
            c => c,
        })
        .collect();
    let kept = match kept.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => kept,
    };
    let kept = kept.trim_end_matches(['.', ' ']);
    shortened(kept, LONGEST, LONGEST_BYTES)
}

/// Characters that turn the direction of text around, so that `exe.png` shows what ends in `gnp.exe`.
fn is_steering(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Cuts a name's stem, so that the extension stays.
fn shortened(name: &str, most: usize, most_bytes: usize) -> String {
    if name.chars().count() <= most && name.len() <= most_bytes {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    let extension = if extension.len() <= 16 { extension } else { "" };
    let room = most.saturating_sub(extension.chars().count());
    let mut short = String::new();
    for c in stem.chars().take(room) {
        if short.len() + c.len_utf8() + extension.len() > most_bytes {
            break;
        }
        short.push(c);
    }
    short + extension
}

/// Stem and extension, the dot with the extension.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

/// A name with something before its extension: `a.txt` and `c0ffee` make `ac0ffee.txt`.
pub fn with_suffix(name: &str, suffix: &str) -> String {
    let (stem, extension) = split(name);
    let stem = shortened(
        stem,
        LONGEST - suffix.len() - extension.chars().count().min(16),
        LONGEST_BYTES,
    );
    format!("{stem}{suffix}{extension}")
}

/// The extension in lower case, without its dot; empty if there is none.
pub fn extension(name: &str) -> String {
    split(name).1.trim_start_matches('.').to_ascii_lowercase()
}

/// What stands as `file_type`: the usual extension of the type, in capitals; `None` for types nobody knows.
pub fn file_type(name: &str) -> Option<String> {
    let extension = extension(name);
    mime_guess::from_ext(&extension).first()?;
    let usual = match extension.as_str() {
        "jpeg" | "jpe" => "jpg",
        "htm" => "html",
        "tif" => "tiff",
        "mpeg" | "mpe" => "mpg",
        other => other,
    };
    Some(usual.to_ascii_uppercase())
}

/// Whether people without the desk may upload a file of this name.
pub fn is_for_portal(name: &str) -> bool {
    PORTAL.contains(&extension(name).as_str())
}

/// Whether a browser may show a file of this name; what could run in our origin is saved instead.
pub fn is_shown(name: &str) -> bool {
    let extension = extension(name);
    let kind = mime_guess::from_ext(&extension).first_raw().unwrap_or_default();
    !ACTIVE.contains(&extension.as_str()) && !["xml", "html", "script"].iter().any(|part| kind.contains(part))
        || matches!(extension.as_str(), "docx" | "xlsx" | "pptx")
}

/// The content type a file is sent with; texts are UTF-8.
pub fn content_type(name: &str) -> String {
    let kind = mime_guess::from_ext(&extension(name))
        .first_raw()
        .unwrap_or("application/octet-stream");
    if kind.starts_with("text/") {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_one_harmless_segment() {
        for (given, stored) in [
            ("up.txt", "up.txt"),
            ("../../etc/passwd", "_._.._etc_passwd"),
            ("..", "_"),
            (".htaccess", "_htaccess"),
            ("a/b\\c%2e?d#e", "a_b_c_2e_d_e"),
            ("x\r\nSet-Cookie: a=b.txt", "x__Set-Cookie: a=b.txt"),
            ("inv\u{202e}gnp.exe", "inv_gnp.exe"),
            ("Rechnung März.pdf", "Rechnung März.pdf"),
            (" . ", "_"),
            ("  ", ""),
            ("nul\0.txt", "nul_.txt"),
        ] {
            assert_eq!(safe(given), stored, "{given:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = safe(&format!("{}.pdf", "x".repeat(500)));

        assert_eq!(name.chars().count(), LONGEST);
        assert!(name.ends_with("x.pdf"));
        assert!(safe(&"ä".repeat(500)).len() <= LONGEST_BYTES);
        assert!(with_suffix(&name, "c0ffee").chars().count() <= LONGEST);
    }

    #[test]
    fn a_suffix_stands_before_the_extension() {
        assert_eq!(with_suffix("a.txt", "c0ffee"), "ac0ffee.txt");
        assert_eq!(with_suffix("README", "c0ffee"), "READMEc0ffee");
    }

    #[test]
    fn extensions_say_what_may_be_uploaded_and_shown() {
        assert_eq!(file_type("a.jpeg").as_deref(), Some("JPG"));
        assert_eq!(file_type("a.TXT").as_deref(), Some("TXT"));
        assert_eq!(file_type("a"), None);
        assert!(is_for_portal("A.PDF") && !is_for_portal("a.exe") && !is_for_portal("pdf"));
        for active in ["a.html", "a.HTM", "a.svg", "a.xml", "a.xhtml", "a.js", "a.rss"] {
            assert!(!is_shown(active), "{active}");
        }
        for shown in ["a.png", "a.pdf", "a.txt", "a", "a.docx"] {
            assert!(is_shown(shown), "{shown}");
        }
        assert_eq!(content_type("a.txt"), "text/plain; charset=utf-8");
        assert_eq!(content_type("a"), "application/octet-stream");
    }
}
