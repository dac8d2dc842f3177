//! Rows as CSV text.

use crate::prelude::*;

/// Which cells stand in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Those that need it.
    Minimal,
    /// All.
    All,
    /// All but numbers.
    Texts,
    /// None; a cell that would need it is put in quotes all the same, for the file would be broken.
    None,
}

impl Quoting {
    pub(super) fn of(number: i64) -> Result<Quoting> {
        Ok(match number {
            0 => Quoting::Minimal,
            1 => Quoting::All,
            2 => Quoting::Texts,
            3 => Quoting::None,
            _ => return Err(invalid(format!("There is no CSV quoting {number}"))),
        })
    }
}

/// How CSV is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub(super) quoting: Quoting,
    pub(super) delimiter: char,
    pub(super) decimal: char,
}

/// Writes one row, ended by CR LF.
pub(super) fn write(out: &mut String, row: &[Value], format: Format) {
    for (at, cell) in row.iter().enumerate() {
        if at > 0 {
            out.push(format.delimiter);
        }
        match cell {
            Value::Number(number) => {
                let text = number.to_string().replace('.', &format.decimal.to_string());
                put(out, &text, format, format.quoting == Quoting::All);
            }
            Value::Null => put(
                out,
                "",
                format,
                matches!(format.quoting, Quoting::All | Quoting::Texts),
            ),
            cell => {
                let text = cell.as_str().map_or_else(|| cell.to_string(), harmless);
                put(
                    out,
                    &text,
                    format,
                    matches!(format.quoting, Quoting::All | Quoting::Texts),
                );
            }
        }
    }
    out.push_str("\r\n");
}

fn put(out: &mut String, text: &str, format: Format, quote: bool) {
    let needs = text.contains(['"', '\r', '\n', format.delimiter]);
    if !quote && !needs {
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

/// Whether a spreadsheet takes a text for a formula. Numbers written as text are none.
pub(crate) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
        && text.parse::<f64>().is_err()
}

/// A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe in front.
pub(crate) fn harmless(text: &str) -> String {
    if is_formula(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(row: Value, quoting: Quoting) -> String {
        let mut out = String::new();
        let format = Format {
            quoting,
            delimiter: ',',
            decimal: '.',
        };
        write(&mut out, row.as_array().unwrap(), format);
        out
    }

    #[test]
    fn texts_are_quoted_and_numbers_are_not() {
        assert_eq!(
            line(json!([1, "a \"b\"", null, 2.5]), Quoting::Texts),
            "1,\"a \"\"b\"\"\",\"\",2.5\r\n"
        );
        assert_eq!(
            line(json!([1, "a,b", "c", null]), Quoting::Minimal),
            "1,\"a,b\",c,\r\n"
        );
        assert_eq!(line(json!([1, null]), Quoting::All), "\"1\",\"\"\r\n");
    }

    #[test]
    fn formulas_become_text() {
        for formula in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "＝1+1"] {
            assert_eq!(
                line(json!([formula]), Quoting::Minimal),
                format!("'{formula}\r\n")
            );
        }
        assert_eq!(line(json!(["-5", "+49.5"]), Quoting::Minimal), "-5,+49.5\r\n");
    }

    #[test]
    fn a_decimal_comma_and_a_semicolon_go_together() {
        let mut out = String::new();
        let format = Format {
            quoting: Quoting::Minimal,
            delimiter: ';',
            decimal: ',',
        };
        write(&mut out, &[json!(1.5), json!("a;b")], format);

        assert_eq!(out, "1,5;\"a;b\"\r\n");
    }
}
