//! Texts with places for values.

/// A text with places for values, and what it reads in another language.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What stands before, between and behind the values.
    fixed: Vec<String>,
    /// The number of each value, in the order of the text.
    numbers: Vec<usize>,
    /// The other text: pieces, and numbers of values.
    said: Vec<Piece>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(usize),
}

/// Cuts a text at `{0}`, `{1}` …; other braces are text.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let behind = &rest[at + 1..];
        let number = behind
            .find('}')
            .and_then(|end| Some((behind[..end].parse::<usize>().ok()?, end)));
        match number {
            Some((number, end)) => {
                plain.push_str(&rest[..at]);
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(Piece::Value(number));
                rest = &behind[end + 1..];
            }
            None => {
                plain.push_str(&rest[..=at]);
                rest = behind;
            }
        }
    }
    plain.push_str(rest);
    pieces.push(Piece::Text(plain));
    pieces
}

fn numbers(pieces: &[Piece]) -> Vec<usize> {
    let number = |piece: &Piece| match piece {
        Piece::Value(number) => Some(*number),
        Piece::Text(_) => None,
    };
    pieces.iter().filter_map(number).collect()
}

impl Pattern {
    /// The pattern of a key; `None` for a text without places.
    ///
    /// # Errors
    /// Names a key that has a place twice or two without anything between them, or whose text has places of its own.
    pub(super) fn of(key: &str, text: &str) -> Result<Option<Pattern>, String> {
        let (key_pieces, said) = (pieces(key), pieces(text));
        let places = numbers(&key_pieces);
        let mut sorted = places.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let mut others = numbers(&said);
        others.sort_unstable();
        others.dedup();
        if sorted.len() != places.len() || sorted != others {
            return Err(format!("the places of {key:?} and {text:?} are not the same"));
        }
        if places.is_empty() {
            return Ok(None);
        }
        let fixed: Vec<String> = key_pieces
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text),
                Piece::Value(_) => None,
            })
            .collect();
        let between = fixed.get(1..fixed.len() - 1).unwrap_or_default();
        if between.iter().any(String::is_empty) || fixed.iter().all(String::is_empty) {
            return Err(format!("{key:?} doesn't tell its values apart"));
        }
        Ok(Some(Pattern {
            fixed,
            numbers: places,
            said,
        }))
    }

    /// How much of the text is fixed.
    pub(super) fn weight(&self) -> usize {
        self.fixed.iter().map(String::len).sum()
    }

    /// What a text of this shape reads.
    pub(super) fn say(&self, text: &str) -> Option<String> {
        let (first, behind) = self.fixed.split_first()?;
        let (last, between) = behind.split_last()?;
        let mut rest = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut values = Vec::with_capacity(self.numbers.len());
        for fixed in between {
            let (value, more) = rest.split_once(fixed.as_str())?;
            values.push(value);
            rest = more;
        }
        values.push(rest);
        if values.iter().any(|value| value.is_empty()) {
            return None;
        }
        let mut out = String::with_capacity(text.len() + 16);
        for piece in &self.said {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(number) => {
                    let at = self.numbers.iter().position(|other| other == number)?;
                    out.push_str(values.get(at)?);
                }
            }
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(key: &str, text: &str, of: &str) -> Option<String> {
        Pattern::of(key, text).unwrap().unwrap().say(of)
    }

    #[test]
    fn values_stand_where_the_other_language_wants_them() {
        let said = say(
            "{0} of {1} is late",
            "{1}: {0} ist spät",
            "The van of Ada is late",
        );
        assert_eq!(said.as_deref(), Some("Ada: The van ist spät"));
        assert_eq!(
            say("No {0}", "Kein {0}", "No {x} {0}").as_deref(),
            Some("Kein {x} {0}")
        );
        assert_eq!(say("a{0}b", "b{0}a", "aéb").as_deref(), Some("béa"));
    }

    #[test]
    fn other_texts_are_not_meant() {
        for other in ["", "a", "ab", "aab", "xa1b", "a1bx"] {
            let meant = other == "aab";
            assert_eq!(say("a{0}b", "b{0}a", other).is_some(), meant, "{other}");
        }
        // The beginning and the end may not overlap.
        assert_eq!(say("aa{0}aa", "{0}", "aaa"), None);
    }

    #[test]
    fn keys_that_say_too_little_are_refused() {
        assert!(Pattern::of("nothing {x} {", "nichts {").unwrap().is_none());
        for (key, text) in [
            ("{0}", "{0}"),
            ("a{0}{1}", "a{0}{1}"),
            ("a{0} {0}", "{0}"),
            ("a{0}", "b"),
            ("a", "{0}"),
        ] {
            assert!(Pattern::of(key, text).is_err(), "{key}");
        }
    }
}
