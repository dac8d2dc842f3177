//! A CSV file as records.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord, Terminator};

use crate::error::{Error, Result, invalid};

/// Bytes of one row: an open quote would make all the rest of a file a row.
const MOST_OF_A_ROW: u64 = 4 * 1024 * 1024;
/// Bytes the header is looked for in to tell the delimiter.
const HEAD: u64 = 64 * 1024;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A file that gives as many bytes as it is allowed at a time, and ends with a line end.
struct Metered {
    file: BufReader<File>,
    left: Arc<AtomicU64>,
    line_end: u8,
    last: u8,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let left = self.left.load(Ordering::Relaxed);
        let Some(rest) = left.checked_sub(read as u64) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row has more than 4 MB; is a quote not closed?",
            ));
        };
        self.left.store(rest, Ordering::Relaxed);
        if let Some(last) = buffer.get(..read).and_then(<[u8]>::last) {
            self.last = *last;
        } else if self.last != self.line_end
            && let Some(first) = buffer.first_mut()
        {
            *first = self.line_end;
            self.last = self.line_end;
            return Ok(1);
        }
        Ok(read)
    }
}

/// The records of a CSV file in UTF-8, with or without a byte order mark, lines ending by LF, CR LF or CR. The delimiter is
/// that of `,`, `;`, tab and `|` which the first line has most of.
pub(super) struct Source {
    reader: Reader<Metered>,
    left: Arc<AtomicU64>,
    record: ByteRecord,
    line_end: u8,
    records: u64,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Source> {
        let unreadable = |error: io::Error| invalid(format!("The file can't be read: {error}"));
        let mut file = File::open(path).map_err(unreadable)?;
        let mut head = Vec::new();
        (&mut file)
            .take(HEAD)
            .read_to_end(&mut head)
            .map_err(unreadable)?;
        if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
            return Err(invalid("The file is UTF-16; save it as CSV in UTF-8"));
        }
        if head.starts_with(b"PK\x03\x04") {
            return Err(invalid("The file is no CSV; save it as CSV in UTF-8"));
        }
        let mark = if head.starts_with(&[0xEF, 0xBB, 0xBF]) {
            3
        } else {
            0
        };
        file.seek(SeekFrom::Start(mark)).map_err(unreadable)?;
        let left = Arc::new(AtomicU64::new(MOST_OF_A_ROW));
        let line_end = if head.contains(&b'\r') && !head.contains(&b'\n') {
            b'\r'
        } else {
            b'\n'
        };
        let metered = Metered {
            file: BufReader::new(file),
            left: Arc::clone(&left),
            line_end,
            last: line_end,
        };
        // With CR LF as one line end the reader could not tell in which line a record begins.
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(&head))
            .terminator(Terminator::Any(line_end))
            .from_reader(metered);
        Ok(Source {
            reader,
            left,
            record: ByteRecord::new(),
            line_end,
            records: 0,
        })
    }

    /// The next record and the line it begins in; `None` at the end. Empty lines are none.
    pub(super) fn next(&mut self) -> Result<Option<(u64, StringRecord)>> {
        self.left.store(MOST_OF_A_ROW, Ordering::Relaxed);
        let is_one = self.reader.read_byte_record(&mut self.record).map_err(failed)?;
        if !is_one {
            return Ok(None);
        }
        self.records += 1;
        let line = self.line();
        if let Some(last) = self.record.len().checked_sub(1)
            && self.record.get(last).is_some_and(|cell| cell.ends_with(b"\r"))
        {
            let cell = self.record[last].strip_suffix(b"\r").unwrap_or_default().to_vec();
            self.record.truncate(last);
            self.record.push_field(&cell);
        }
        match StringRecord::from_byte_record(self.record.clone()) {
            Ok(record) => Ok(Some((line, record))),
            Err(_) => Err(invalid(format!(
                "Line {line} is no UTF-8; save the file as CSV in UTF-8"
            ))),
        }
    }

    /// The line the record begins in: the reader is behind its line end.
    fn line(&self) -> u64 {
        if self.line_end == b'\r' {
            return self.records;
        }
        let within = self
            .record
            .iter()
            .flatten()
            .filter(|byte| **byte == b'\n')
            .count() as u64;
        self.reader.position().line().saturating_sub(within + 1)
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> u64 {
        self.reader.position().byte()
    }
}

fn failed(error: csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::Io(error) => invalid(format!("The file can't be read: {error}")),
        _ => invalid(format!("The file is no CSV: {error}")),
    }
}

fn delimiter(head: &[u8]) -> u8 {
    let line = head
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .find(|line| !line.is_empty());
    let (mut counts, mut is_quoted) = ([0_usize; DELIMITERS.len()], false);
    for byte in line.unwrap_or_default() {
        if *byte == b'"' {
            is_quoted = !is_quoted;
        } else if !is_quoted && let Some(at) = DELIMITERS.iter().position(|delimiter| delimiter == byte) {
            counts[at] += 1;
        }
    }
    // The first of those there are most of.
    let mut best = 0;
    for (at, count) in counts.iter().enumerate() {
        if *count > counts[best] {
            best = at;
        }
    }
    DELIMITERS[best]
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn records(bytes: &[u8]) -> Result<Vec<(u64, Vec<String>)>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut source = Source::open(file.path())?;
        let mut records = Vec::new();
        while let Some((line, record)) = source.next()? {
            records.push((line, record.iter().map(str::to_owned).collect()));
        }
        Ok(records)
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn marks_line_ends_and_quotes_are_read() {
        let expected = [
            row(1, &["a", "b"]),
            row(2, &["ü,1", "x\r\ny"]),
            row(5, &["\"", ""]),
            row(6, &["1", "2"]),
        ];
        let text = "\u{FEFF}a,b\r\n\"ü,1\",\"x\r\ny\"\r\n\r\n\"\"\"\",\r\n1,2";
        let mut found = records(text.as_bytes()).unwrap();
        found.retain(|(_, cells)| cells.len() > 1);
        assert_eq!(found, expected);
        let found = records(text.replace('\r', "").as_bytes()).unwrap();
        let lines: Vec<u64> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 5, 6]);
        assert_eq!(records(b"a,b\n1,\"2\"\n").unwrap()[1], row(2, &["1", "2"]));
        assert_eq!(records(b"a,b\r1,2\r").unwrap().len(), 2);
        assert_eq!(records(b"").unwrap(), []);
    }

    #[test]
    fn the_delimiter_is_the_one_there_is_most_of() {
        assert_eq!(
            records(b"a;b;\"c,d,e,f\"\n").unwrap(),
            [row(1, &["a", "b", "c,d,e,f"])]
        );
        assert_eq!(records(b"a\tb\n").unwrap(), [row(1, &["a", "b"])]);
        assert_eq!(records(b"a\n").unwrap(), [row(1, &["a"])]);
    }

    #[test]
    fn other_encodings_and_open_quotes_are_told() {
        let refusal = |bytes: &[u8]| records(bytes).unwrap_err().text().to_owned();

        assert!(refusal(b"a,b\n1,gr\xFC\xDFe\n").starts_with("Line 2 is no UTF-8"));
        assert!(refusal(b"\xFF\xFEa\0").contains("UTF-16"));
        assert!(refusal(b"PK\x03\x04abc").contains("no CSV"));
        let mut open = b"a,b\n\"1,2\n".to_vec();
        open.resize(6 << 20, b'x');
        assert!(refusal(&open).contains("is a quote not closed?"));
    }
}
