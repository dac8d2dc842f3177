//! A file of entries: a name, arguments where it has some, and a line of cells.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::{here, page, updates};

/// One entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What it is about.
    pub(crate) name: String,
    /// A JSON object; empty in tables without arguments.
    pub(crate) args: String,
    /// The cells, split at blanks; none yet where an entry is new.
    pub(crate) cells: Vec<String>,
}

enum Line {
    /// A remark, or nothing.
    Text(String),
    Entry(Entry),
}

/// The file, in its order.
pub(crate) struct Table {
    path: &'static str,
    lines: Vec<Line>,
}

impl Table {
    /// Reads the file.
    pub(crate) fn read(path: &'static str) -> Table {
        let text = std::fs::read_to_string(here(path)).unwrap();
        let mut lines: Vec<Line> = Vec::new();
        for line in text.lines() {
            match (line.strip_prefix("    "), lines.last_mut()) {
                (Some(cells), Some(Line::Entry(entry))) => {
                    entry.cells = cells.split(' ').map(str::to_owned).collect();
                }
                _ if line.is_empty() || line.starts_with('#') => lines.push(Line::Text(line.to_owned())),
                _ => {
                    let (name, args) = match line.find(" {") {
                        Some(at) => (&line[..at], &line[at + 1..]),
                        None => (line, ""),
                    };
                    lines.push(Line::Entry(Entry {
                        name: name.to_owned(),
                        args: args.to_owned(),
                        cells: Vec::new(),
                    }));
                }
            }
        }
        Table { path, lines }
    }

    /// The entries in their order.
    pub(crate) fn entries(&self) -> Vec<&Entry> {
        self.lines
            .iter()
            .filter_map(|line| match line {
                Line::Entry(entry) => Some(entry),
                Line::Text(_) => None,
            })
            .collect()
    }

    /// Whether the entries are those of what there is.
    ///
    /// # Panics
    /// Where they are not, naming what is missing and what is too much.
    pub(crate) fn is_of<T>(&self, registered: &BTreeMap<String, T>) {
        let listed: BTreeSet<&String> = self.entries().iter().map(|entry| &entry.name).collect();
        let missing: Vec<&String> = registered.keys().filter(|name| !listed.contains(name)).collect();
        let surplus: Vec<&&String> = listed
            .iter()
            .filter(|name| !registered.contains_key(**name))
            .collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{} lacks {missing:#?}, and lists what there is not: {surplus:#?}",
            self.path
        );
    }

    /// Compares the cells with those that were found, or writes these.
    ///
    /// # Panics
    /// Where they differ, telling all differences at once.
    pub(crate) fn settle(mut self, found: &BTreeMap<String, Vec<String>>) {
        let mut differences = String::new();
        for line in &mut self.lines {
            if let Line::Entry(entry) = line
                && let Some(cells) = found.get(&entry.name)
                && *cells != entry.cells
            {
                let (name, is, said) = (&entry.name, cells.join(" "), entry.cells.join(" "));
                let _ = writeln!(differences, "{name}\n    said {said}\n    is   {is}");
                entry.cells.clone_from(cells);
            }
        }
        if differences.is_empty() {
            return;
        }
        assert!(updates(), "{} says otherwise:\n{differences}", self.path);
        let mut text = String::new();
        for line in &self.lines {
            let _ = match line {
                Line::Text(line) => writeln!(text, "{line}"),
                Line::Entry(Entry { name, args, cells }) if args.is_empty() => {
                    writeln!(text, "{name}\n    {}", cells.join(" "))
                }
                Line::Entry(Entry { name, args, cells }) => {
                    writeln!(text, "{name} {args}\n    {}", cells.join(" "))
                }
            };
        }
        std::fs::write(here(self.path), text).unwrap();
        page::write();
    }
}
