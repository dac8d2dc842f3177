//! Rows as an Excel file.

use std::fs::File;
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::csv::is_formula;
use crate::prelude::*;

/// Rows of a sheet, its header included.
const MOST_ROWS: u32 = 1_048_576;
/// Characters of a cell.
const MOST_TEXT: usize = 32_767;

/// Takes the next row.
type Put<'p> = dyn FnMut(&[Value]) -> Result<()> + 'p;

/// Writes a sheet of one header and the rows that `fill` hands over into a file that nobody else sees. `folder` takes
/// the rows until the file can be put together, so that they are never held together.
///
/// A text that looks like a formula is marked as text, as Excel's leading apostrophe does; the text itself stays.
///
/// # Errors
/// - 417 for more rows or columns than a sheet has
/// - what `fill` returns, and when the disk refuses
pub(super) fn write(
    folder: &Path,
    header: &[Value],
    fill: &mut dyn FnMut(&mut Put<'_>) -> Result<()>,
) -> Result<File> {
    let mut book = Workbook::new();
    book.set_tempdir(folder).map_err(failed)?;
    let sheet = book.add_worksheet_with_constant_memory().map_err(failed)?;
    let (bold, guarded) = (Format::new().set_bold(), Format::new().set_quote_prefix());
    let mut at = 0_u32;
    let mut put = |cells: &[Value]| {
        if at >= MOST_ROWS {
            return Err(invalid(format!(
                "A sheet has {MOST_ROWS} rows at most; export as CSV"
            )));
        }
        for (column, cell) in cells.iter().enumerate() {
            let column = u16::try_from(column).map_err(|_| invalid("A sheet has 16384 columns at most"))?;
            match cell {
                Value::Null => {}
                Value::Number(number) => {
                    let number = number.as_f64().unwrap_or_default();
                    sheet.write_number(at, column, number).map_err(failed)?;
                }
                cell => {
                    let text = cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
                    let text = cut(text);
                    if at == 0 {
                        sheet.write_string_with_format(at, column, text, &bold)
                    } else if is_formula(&text) {
                        sheet.write_string_with_format(at, column, text, &guarded)
                    } else {
                        sheet.write_string(at, column, text)
                    }
                    .map_err(failed)?;
                }
            }
        }
        at += 1;
        Ok(())
    };
    put(header)?;
    fill(&mut put)?;
    let mut file = tempfile::tempfile_in(folder)?;
    book.save_to_writer(&mut file).map_err(failed)?;
    Ok(file)
}

/// A cell takes only so much.
fn cut(text: String) -> String {
    // Bytes are never fewer than characters, so most texts are not counted.
    if text.len() <= MOST_TEXT || text.chars().count() <= MOST_TEXT {
        return text;
    }
    text.chars().take(MOST_TEXT - 1).chain(['…']).collect()
}

fn failed(error: XlsxError) -> Error {
    match error {
        XlsxError::RowColumnLimitError => invalid("A sheet has 16384 columns at most"),
        other => Error::internal(format!("an Excel file can't be written: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_cell_holds_as_much_as_excel_takes() {
        assert_eq!(cut("ü".repeat(20_000)).chars().count(), 20_000);
        let long = cut("ü".repeat(40_000));
        assert_eq!(long.chars().count(), MOST_TEXT);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_file_is_a_zip_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = write(folder.path(), &[json!("A")], &mut |put| {
            put(&[json!("=1+1")])?;
            put(&[json!(2.5)])
        })
        .unwrap();

        let mut bytes = Vec::new();
        std::io::Seek::rewind(&mut file).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        assert!(bytes.starts_with(b"PK"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_stops_the_rows_stops_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let refused = write(folder.path(), &[json!("A")], &mut |_| Err(invalid("no more")));

        assert_eq!(refused.unwrap_err().text(), "no more");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
