//! From a module's path to the dotted path callers use, at compile time; and the apps there are.
//!
//! `helpdesk_api::ticket` and a function `assign` make `helpdesk.api.ticket.assign`: the dotted path *is* the
//! file path. Trees of modules that Frappe keeps elsewhere are named once, in the crate's [`app!`](crate::app) line.

/// Bytes a dotted path may have; a longer one stops the build.
const MAX: usize = 192;

/// An app: a crate with methods, and which dotted prefix each of its module trees has.
///
/// Made by [`app!`](crate::app), which also registers it.
#[derive(Debug)]
pub struct App {
    /// The app's name: the first segment of its root (`helpdesk`).
    pub name: &'static str,
    /// Dotted prefix of modules outside all trees (`helpdesk.api`).
    pub root: &'static str,
    /// Trees of modules (`doctype::`, closed by `::`) and their dotted prefixes.
    pub trees: &'static [(&'static str, &'static str)],
    /// The package it is compiled in.
    pub package: &'static str,
}

inventory::collect!(App);

/// The app all others build on: this crate's own.
pub const BASE_APP: &str = "frappe";

/// A dotted path of fixed room, so that it can be built in a constant.
#[derive(Clone, Copy)]
pub struct Dotted {
    bytes: [u8; MAX],
    len: usize,
}

impl Dotted {
    const fn new() -> Dotted {
        Dotted {
            bytes: [0; MAX],
            len: 0,
        }
    }

    const fn push(&mut self, byte: u8) {
        assert!(
            self.len < MAX,
            "a method's dotted path may have 192 bytes at most"
        );
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    const fn push_text(&mut self, text: &[u8]) {
        let mut i = 0;
        while i < text.len() {
            self.push(text[i]);
            i += 1;
        }
    }

    /// Adds `module[from..to]` as dotted segments: `::` becomes `.`, `r#` is dropped.
    const fn push_module(&mut self, module: &[u8], from: usize, to: usize) {
        let mut i = from;
        while i < to {
            if module[i] == b':' {
                self.push(b'.');
                i += 2;
            } else if module[i] == b'r' && i + 1 < to && module[i + 1] == b'#' {
                i += 2;
            } else {
                self.push(module[i]);
                i += 1;
            }
        }
    }

    /// The path as text.
    ///
    /// # Panics
    /// Never: the bytes are copied from texts at ASCII boundaries.
    pub const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => panic!("a dotted path is text"),
        }
    }
}

/// The dotted path of function `name` in `module` (as `module_path!()` says it).
///
/// # Panics
/// At compile time, when the path is longer than 192 bytes.
pub const fn dotted(app: &App, module: &str, name: &str) -> Dotted {
    let bytes = module.as_bytes();
    dotted_until(app, bytes, bytes.len(), name)
}

/// The dotted path of the function that shares its name with `module`, its companion.
///
/// # Panics
/// As [`dotted`].
pub const fn dotted_companion(app: &App, module: &str) -> Dotted {
    let bytes = module.as_bytes();
    let mut end = bytes.len();
    while end > 0 && bytes[end - 1] != b':' {
        end -= 1;
    }
    assert!(end >= 2, "a companion module stands inside a crate");
    let name = module.split_at(end).1;
    let name = match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    };
    dotted_until(app, bytes, end - 2, name)
}

/// The root an app has that names none: its crate's name, each `_` a `.`.
pub const fn default_root(krate: &str) -> Dotted {
    let bytes = krate.as_bytes();
    let mut path = Dotted::new();
    let mut i = 0;
    while i < bytes.len() {
        path.push(if bytes[i] == b'_' { b'.' } else { bytes[i] });
        i += 1;
    }
    path
}

/// The first segment of a dotted path.
pub const fn first_segment(path: &str) -> &str {
    let bytes = path.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b'.' {
        end += 1;
    }
    path.split_at(end).0
}

const fn dotted_until(app: &App, module: &[u8], end: usize, name: &str) -> Dotted {
    let mut rest = 0;
    while rest < end && module[rest] != b':' {
        rest += 1;
    }
    // Behind the crate's name and its `::`; past the end for the crate root itself.
    rest += 2;
    let (mut prefix, mut taken) = (app.root, 0);
    let mut i = 0;
    while i < app.trees.len() {
        let (tree, dotted) = app.trees[i];
        if tree.len() > taken && starts_with(module, rest, end, tree.as_bytes()) {
            (prefix, taken) = (dotted, tree.len());
        }
        i += 1;
    }
    let mut path = Dotted::new();
    path.push_text(prefix.as_bytes());
    if rest + taken < end {
        path.push(b'.');
        path.push_module(module, rest + taken, end);
    }
    path.push(b'.');
    path.push_text(name.as_bytes());
    path
}

/// Whether `module[from..end]`, closed by `::`, starts with `tree`.
const fn starts_with(module: &[u8], from: usize, end: usize, tree: &[u8]) -> bool {
    let mut i = 0;
    while i < tree.len() {
        let here = if from + i < end {
            module[from + i]
        } else if from + i < end + 2 {
            b':'
        } else {
            return false;
        };
        if here != tree[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Makes a crate an app: one line in `lib.rs` (in `main.rs` of a test), before any method.
///
/// It says which dotted prefix the crate's methods have, and which its module trees have that differ.
/// Without a prefix the crate's name is taken, each `_` a `.`: `acme_shop` is `acme.shop`.
/// It also defines `link()`, which a binary calls so that the linker keeps the crate and its methods.
///
/// ```
/// helpdesk_core::app! {
///     "acme.shop",
///     doctype => "acme.acme.doctype",
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! app {
    ($root:literal $(, $($tree:ident)::+ => $prefix:literal)* $(,)?) => {
        $crate::__app! { $root; $($($tree)::+ => $prefix,)* }
    };
    ($($($tree:ident)::+ => $prefix:literal),* $(,)?) => {
        $crate::__app! {
            { const ROOT: &$crate::path::Dotted = &$crate::path::default_root(::core::module_path!()); ROOT.as_str() };
            $($($tree)::+ => $prefix,)*
        }
    };
}

/// The body of [`app!`](crate::app).
#[doc(hidden)]
#[macro_export]
macro_rules! __app {
    ($root:expr; $($($tree:ident)::+ => $prefix:literal,)*) => {
        // The name is what the compiler shows where the line is missing.
        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code)]
        pub(crate) const __call_helpdesk_core_app_in_lib_rs: $crate::path::App = $crate::path::App {
            name: $crate::path::first_segment($root),
            root: $root,
            trees: &[$((::core::concat!($(::core::stringify!($tree), "::"),+), $prefix)),*],
            package: ::core::env!("CARGO_PKG_NAME"),
        };

        $crate::__private::inventory::submit! { __call_helpdesk_core_app_in_lib_rs }

        /// Keeps this app's methods in a binary that calls it: a crate nothing refers to is not linked.
        #[allow(dead_code, unreachable_pub)]
        pub fn link() {}
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: App = App {
        name: "helpdesk",
        root: "helpdesk.api",
        trees: &[
            ("doctype::", "helpdesk.helpdesk.doctype"),
            ("doctype::old::", "old"),
        ],
        package: "x",
    };

    #[test]
    fn modules_become_segments() {
        assert_eq!(
            dotted(&APP, "helpdesk_api::ticket", "assign").as_str(),
            "helpdesk.api.ticket.assign"
        );
        assert_eq!(dotted(&APP, "helpdesk_api", "ping").as_str(), "helpdesk.api.ping");
        assert_eq!(
            dotted(&APP, "x::r#type::hd_team", "match").as_str(),
            "helpdesk.api.type.hd_team.match"
        );
    }

    #[test]
    fn the_longest_tree_gives_the_prefix() {
        assert_eq!(
            dotted(&APP, "helpdesk_api::doctype::hd_ticket::api", "new").as_str(),
            "helpdesk.helpdesk.doctype.hd_ticket.api.new"
        );
        assert_eq!(dotted(&APP, "helpdesk_api::doctype::old", "f").as_str(), "old.f");
        assert_eq!(
            dotted(&APP, "helpdesk_api::doctype::older", "f").as_str(),
            "helpdesk.helpdesk.doctype.older.f"
        );
        assert_eq!(
            dotted(&APP, "helpdesk_api::doctypes", "f").as_str(),
            "helpdesk.api.doctypes.f"
        );
    }

    #[test]
    fn a_companion_module_has_its_functions_path() {
        assert_eq!(
            dotted_companion(&APP, "helpdesk_api::ticket::assign").as_str(),
            "helpdesk.api.ticket.assign"
        );
        assert_eq!(
            dotted_companion(&APP, "helpdesk_api::doctype").as_str(),
            "helpdesk.api.doctype"
        );
        assert_eq!(
            dotted_companion(&APP, "helpdesk_api::a::r#match").as_str(),
            "helpdesk.api.a.match"
        );
    }

    #[test]
    fn a_root_comes_from_the_crates_name() {
        assert_eq!(default_root("acme_shop").as_str(), "acme.shop");
        assert_eq!(first_segment("acme.shop"), "acme");
        assert_eq!(first_segment("acme"), "acme");
    }
}
