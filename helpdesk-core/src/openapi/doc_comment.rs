//! A doc comment as the description of an operation: summary, text, and what `# Errors` lists.

/// The parts of a doc comment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    /// First paragraph, on one line.
    pub(super) summary: String,
    /// What follows, Markdown; without `Source:` paragraphs, which are for those who work on the code.
    pub(super) description: String,
    /// `- 403 if ..` of the `# Errors` section as `(403, "If ..")`, sorted; several of one status are joined.
    pub(super) errors: Vec<(u16, String)>,
}

/// Reads a doc comment.
pub(super) fn read(doc: &str) -> Described {
    let mut described = Described::default();
    let mut paragraphs: Vec<String> = Vec::new();
    let mut in_errors = false;
    for paragraph in paragraphs_of(doc) {
        if let Some(heading) = paragraph.strip_prefix("# ") {
            let (heading, rest) = heading.split_once('\n').unwrap_or((heading, ""));
            in_errors = heading.trim() == "Errors";
            if in_errors {
                let left = take_errors(rest, &mut described.errors);
                paragraphs.extend(left);
            } else {
                paragraphs.push(paragraph);
            }
        } else if paragraph.starts_with("Source:") {
            in_errors = false;
        } else if in_errors {
            paragraphs.extend(take_errors(&paragraph, &mut described.errors));
        } else if described.summary.is_empty() && paragraphs.is_empty() {
            described.summary = joined(&paragraph);
        } else {
            paragraphs.push(paragraph);
        }
    }
    described.description = paragraphs.join("\n\n");
    described.errors.sort_by_key(|(status, _)| *status);
    described
}

/// Paragraphs, with one space of indentation taken off each line; code blocks stay whole.
fn paragraphs_of(doc: &str) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    let mut in_code = false;
    for line in doc.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if line.is_empty() && !in_code {
            if !lines.is_empty() {
                paragraphs.push(std::mem::take(&mut lines).join("\n"));
            }
        } else {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        paragraphs.push(lines.join("\n"));
    }
    paragraphs
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Moves the items that begin with a status to `errors`; returns what is left of the text.
fn take_errors(text: &str, errors: &mut Vec<(u16, String)>) -> Option<String> {
    let mut items: Vec<String> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
            Some(item) => items.push(item.to_owned()),
            None => match items.last_mut() {
                Some(item) => {
                    item.push('\n');
                    item.push_str(line.trim());
                }
                None => items.push(line.to_owned()),
            },
        }
    }
    let mut left = Vec::new();
    for item in items {
        let Some((statuses, text)) = statuses(&item) else {
            left.push(item);
            continue;
        };
        let text = capitalised(&joined(text));
        for status in statuses {
            match errors.iter_mut().find(|(known, _)| *known == status) {
                Some((_, known)) => {
                    known.push_str("; ");
                    known.push_str(&text);
                }
                None => errors.push((status, text.clone())),
            }
        }
    }
    (!left.is_empty()).then(|| format!("Errors: {}", joined(&left.join("; "))))
}

/// `403, 404 and 417 if ..` → the statuses and the rest.
fn statuses(item: &str) -> Option<(Vec<u16>, &str)> {
    let mut statuses = Vec::new();
    let mut rest = item.trim();
    loop {
        let (digits, after) = rest.split_at_checked(3)?;
        let status: u16 = digits.parse().ok().filter(|status| (400..600).contains(status))?;
        if after.starts_with(|c: char| c.is_alphanumeric()) {
            return None;
        }
        statuses.push(status);
        let next = [", ", " and ", " or "]
            .iter()
            .find_map(|between| after.strip_prefix(between))
            .filter(|next| next.starts_with(|c: char| c.is_ascii_digit()));
        match next {
            Some(next) => rest = next,
            None => return Some((statuses, after.trim_start_matches([' ', ':', ',', '.', '–', '-']))),
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_told_apart() {
        let described = read(
            " Assign a ticket\n to an agent.\n\n Replaces it.\n\n # Errors\n - 404 if there is none\n - 403 if the \
             caller\n   may not\n - 403 for guests\n\n Source: spec/x.md §1,\n and §2.\n",
        );

        assert_eq!(described.summary, "Assign a ticket to an agent.");
        assert_eq!(described.description, "Replaces it.");
        assert_eq!(
            described.errors,
            [
                (403, "If the caller may not; For guests".to_owned()),
                (404, "If there is none".to_owned()),
            ]
        );
    }

    #[test]
    fn several_statuses_share_a_reason_and_texts_without_one_stay() {
        let described = read("X.\n\n# Errors\n403, 409 and 417 as the tables say.");
        assert_eq!(
            described
                .errors
                .iter()
                .map(|(status, _)| *status)
                .collect::<Vec<_>>(),
            [403, 409, 417]
        );
        assert_eq!(described.errors[0].1, "As the tables say.");

        let described = read("X.\n\n# Errors\nWhen it rains.\n\n# Note\nYes.");
        assert_eq!(described.description, "Errors: When it rains.\n\n# Note\nYes.");
        assert_eq!(read("X.\n\n# Errors\n- 4000 tickets").errors, []);
        assert_eq!(read(""), Described::default());
    }

    #[test]
    fn code_blocks_stay_whole() {
        assert_eq!(
            read("X.\n\n```\na\n\nb\n```\n\nc").description,
            "```\na\n\nb\n```\n\nc"
        );
    }
}
