//! What can be told of a type by its tokens alone.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

/// The type inside parentheses and the invisible groups `macro_rules` leaves.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => bare(&inner.elem),
        Type::Group(inner) => bare(&inner.elem),
        other => other,
    }
}

/// What to take instead of a reference to `elem`, where that is certain: nothing of the framework is a `str`.
pub(super) fn owned_form(elem: &Type) -> Option<String> {
    match bare(elem) {
        Type::Path(path) if path.path.is_ident("str") => Some("String".to_owned()),
        Type::Path(path) if path.path.is_ident("String") => Some("String".to_owned()),
        Type::Slice(slice) => Some(format!("Vec<{}>", shown(&slice.elem))),
        _ => None,
    }
}

/// Whether the word stands anywhere in the type.
pub(super) fn mentions(ty: &Type, word: &str) -> bool {
    any(
        ty.to_token_stream(),
        &|token| matches!(token, TokenTree::Ident(ident) if ident == word),
    )
}

/// Whether the type holds a reference anywhere.
pub(super) fn borrows(ty: &Type) -> bool {
    any(
        ty.to_token_stream(),
        &|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '&'),
    )
}

fn any(tokens: TokenStream, test: &dyn Fn(&TokenTree) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => any(group.stream(), test),
        token => test(&token),
    })
}

/// The type as people write it: `Option<Vec<u8>>`, not the tokens with blanks between.
pub(super) fn shown(ty: &Type) -> String {
    let mut text = String::new();
    for character in ty.to_token_stream().to_string().chars() {
        if character.is_whitespace() {
            if !text.ends_with(' ') {
                text.push(' ');
            }
            continue;
        }
        // A blank stays between two words and behind a comma only.
        if text.ends_with(' ') {
            let before = text.trim_end();
            let word = character.is_alphanumeric() || matches!(character, '_' | '\'' | '&');
            let after_word = before.ends_with(|last: char| last.is_alphanumeric() || last == '_');
            let stays = before.ends_with([',', ';']) || (word && after_word);
            if !stays {
                text.truncate(before.len());
            }
        }
        text.push(character);
    }
    text
}

/// How many letters differ between two names (Levenshtein).
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn types_are_shown_as_written() {
        assert_eq!(shown(&parse_quote!(Option<Vec<u8>>)), "Option<Vec<u8>>");
        assert_eq!(shown(&parse_quote!(&mut Cx)), "&mut Cx");
        assert_eq!(
            shown(&parse_quote!(HashMap<String, (u8, bool)>)),
            "HashMap<String, (u8, bool)>"
        );
        assert_eq!(shown(&parse_quote!(&crate::Agent)), "&crate::Agent");
        assert_eq!(shown(&parse_quote!([u8; 4])), "[u8; 4]");
    }

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("artcle", "article"), 1);
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("", "abc"), 3);
    }
}
