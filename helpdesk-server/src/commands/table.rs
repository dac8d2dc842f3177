//! Tables on standard output: a line under the heading, no frame, so that they can be cut and searched.

use std::io::Write;

use comfy_table::{LineStyle, Table, presets};

/// A table with a heading.
pub(super) fn new<const N: usize>(heading: [&str; N]) -> Table {
    let mut table = Table::new();
    let line = LineStyle::none().fill('-').junction('-');
    table.load_style(presets::NOTHING.header_separator(line));
    table.set_header(heading.to_vec());
    table
}

/// Writes a table without blanks at the ends of its lines.
pub(super) fn write(table: &Table, out: &mut dyn Write) -> std::io::Result<()> {
    for line in table.lines() {
        let line = line.strip_prefix(' ').unwrap_or(&line);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
