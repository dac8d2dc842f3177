//! Whether a text can be read as HTML with reasonable effort.
//!
//! For many tags the parser looks through all elements that are open, and opens formatting again in every paragraph:
//! a few megabytes of unclosed tags keep it busy for hours. So texts with many tags are read once without building
//! anything, counting the elements looked at, up to a limit that no text people write comes near.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, local_name, ns, parse_fragment};

/// Texts with fewer tags are no effort, however they are nested.
const FEW_TAGS: usize = 500;
/// Elements looked at, for any text, and more for each of its bytes. Paragraphs of plain text take about one a byte.
const BASE: usize = 1_000_000;
const PER_BYTE: usize = 8;
/// Read at a time; the effort is looked at in between.
const CHUNK: usize = 4_096;

/// Whether reading the text as HTML takes no more than the limit.
pub(super) fn is_bearable(text: &str) -> bool {
    if text.bytes().filter(|byte| *byte == b'<').take(FEW_TAGS).count() < FEW_TAGS {
        return true;
    }
    let limit = BASE + PER_BYTE * text.len();
    let spent = Rc::new(Cell::new(0));
    let counter = Counter {
        spent: Rc::clone(&spent),
    };
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser = parse_fragment(counter, ParseOpts::default(), context, Vec::new(), false);
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = CHUNK.min(rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        parser.process(StrTendril::from_slice(&rest[..end]));
        if spent.get() > limit {
            return false;
        }
        rest = &rest[end..];
    }
    true
}

/// Takes what the parser makes, keeps nothing, and counts.
struct Counter {
    spent: Rc<Cell<usize>>,
}

impl Counter {
    fn count(&self) {
        self.spent.set(self.spent.get() + 1);
    }
}

type Element = Rc<QualName>;

fn other() -> Element {
    Rc::new(QualName::new(None, ns!(), local_name!("")))
}

impl TreeSink for Counter {
    type Handle = Element;
    type Output = ();
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) {}

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Element {
        other()
    }

    fn elem_name<'a>(&'a self, target: &'a Element) -> ExpandedName<'a> {
        self.count();
        target.expanded()
    }

    fn create_element(&self, name: QualName, _: Vec<Attribute>, _: ElementFlags) -> Element {
        self.count();
        Rc::new(name)
    }

    fn create_comment(&self, _: StrTendril) -> Element {
        other()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Element {
        other()
    }

    fn append(&self, _: &Element, _: NodeOrText<Element>) {}

    fn append_based_on_parent_node(&self, _: &Element, _: &Element, _: NodeOrText<Element>) {}

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Element) -> Element {
        Rc::clone(target)
    }

    fn same_node(&self, one: &Element, other: &Element) -> bool {
        self.count();
        Rc::ptr_eq(one, other)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, _: &Element, _: NodeOrText<Element>) {}

    fn add_attrs_if_missing(&self, _: &Element, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, _: &Element) {}

    fn reparent_children(&self, _: &Element, _: &Element) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_bearable() {
        let table = "<table><tr><td>1</td><td><b>2</b> &amp; 3</td></tr></table>";
        for html in [
            "<p>Hello <b>you</b>, <a href=\"https://x.example\">see</a></p>\n".repeat(2_000),
            "<p>Unclosed<li>as in old times".repeat(2_000),
            table.repeat(1_000),
            format!("{}{}", "<div>".repeat(400), "</div>".repeat(400)),
            "<blockquote>".repeat(40) + &"<p>x</p>".repeat(2_000),
            "1 < 2 ".repeat(20_000),
        ] {
            assert!(is_bearable(&html), "{}", &html[..60]);
        }
    }

    #[test]
    fn heaps_of_open_tags_are_not() {
        for tag in ["<div>", "<section>", "<ul><li>", "<blockquote>x"] {
            assert!(!is_bearable(&tag.repeat(20_000)), "{tag}");
        }
        // Formatting that differs is opened again in every paragraph.
        let formatting: String = (0..500).map(|n| format!("<i id={n}>")).collect();
        assert!(!is_bearable(&format!("{formatting}{}", "<p>x</p>".repeat(5_000))));
    }
}
