//! Column values as JSON bytes, in the contract's forms (spec/framework.md §3.7).

use std::borrow::Cow;

use super::query::Kind;

/// Writes an integer.
pub fn write_int(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Writes a double; what is no number becomes null.
pub fn write_float(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

/// The text clients see: a Datetime without a zero fraction, a Time without a leading zero and zero fraction.
pub fn shown(stored: &str, kind: Kind) -> Cow<'_, str> {
    match kind {
        Kind::DateTime => Cow::Borrowed(stored.strip_suffix(".000000").unwrap_or(stored)),
        Kind::Time => {
            let text = stored.strip_suffix(".000000").unwrap_or(stored);
            match text.strip_prefix('0') {
                Some(rest) if rest.as_bytes().get(1) == Some(&b':') => Cow::Borrowed(rest),
                _ => Cow::Borrowed(text),
            }
        }
        _ => Cow::Borrowed(stored),
    }
}

/// Writes a stored text of the given kind.
pub fn write_text(stored: &str, kind: Kind, out: &mut Vec<u8>) {
    write_str(&shown(stored, kind), out);
}

/// Which bytes a JSON string may not hold as they are.
const ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 0x20 {
        table[i] = true;
        i += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

/// Writes a JSON string, copying whole runs between the bytes that need escapes.
pub fn write_str(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut done = 0;
    for (i, byte) in bytes.iter().enumerate() {
        if !ESCAPED[usize::from(*byte)] {
            continue;
        }
        out.extend_from_slice(&bytes[done..i]);
        done = i + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(DIGITS[usize::from(control >> 4)]);
                out.push(DIGITS[usize::from(control & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[done..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_agree_with_serde_json() {
        for text in [
            "",
            "plain",
            "a\"b\\c\n\r\t\u{1}\u{1f}",
            "Zürich 漢字 🚀",
            "</script>",
        ] {
            let mut out = Vec::new();
            write_str(text, &mut out);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn times_are_shown_as_the_contract_says() {
        assert_eq!(
            shown("2026-01-05 06:14:04.000000", Kind::DateTime),
            "2026-01-05 06:14:04"
        );
        assert_eq!(
            shown("2026-01-05 06:14:04.120000", Kind::DateTime),
            "2026-01-05 06:14:04.120000"
        );
        assert_eq!(shown("07:00:00.000000", Kind::Time), "7:00:00");
        assert_eq!(shown("20:00:00.000000", Kind::Time), "20:00:00");
    }
}
