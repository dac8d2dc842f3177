//! The words developers write in `#[doctype]` and `#[field]`, and what the contract calls them.
//!
//! Source: spec/framework-data.md §5.1 and §5.2.

/// What a field holds, and so which Rust types fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Whole,
    Fraction,
    YesNo,
    Rows,
    /// A place in the form, no value.
    Nothing,
}

impl Holds {
    /// What to write instead of a type that does not fit.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Holds::Text => "holds text; use `String` or `Option<String>`",
            Holds::Whole => "holds a whole number; use `i64`",
            Holds::Fraction => "holds a number; use `f64` or `Option<f64>`",
            Holds::YesNo => "holds yes or no; use `bool`",
            Holds::Rows => "holds rows; use `Vec<..>` of the child DocType's struct",
            Holds::Nothing => "holds no value; use `Layout`",
        }
    }
}

/// Whether a field type is written `word` or `word = ..`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// `word`
    Nothing,
    /// `word = ".."`
    Text,
    /// `word` or `word = ".."`
    TextOrNothing,
    /// `word = ["..", ".."]`
    Choices,
}

/// One field type.
#[derive(Debug)]
pub(super) struct FieldType {
    /// As written in `#[field]`.
    pub word: &'static str,
    /// As the contract has it.
    pub name: &'static str,
    pub holds: Holds,
    pub takes: Takes,
    /// Whether a label is made from the field name when none is given.
    pub labelled: bool,
}

impl FieldType {
    /// The type of that word.
    pub(super) fn of(word: &str) -> Option<&'static FieldType> {
        FIELD_TYPES.iter().find(|known| known.word == word)
    }
}

const fn value(word: &'static str, name: &'static str, holds: Holds) -> FieldType {
    FieldType {
        word,
        name,
        holds,
        takes: Takes::Nothing,
        labelled: true,
    }
}

const fn with(word: &'static str, name: &'static str, holds: Holds, takes: Takes) -> FieldType {
    FieldType {
        word,
        name,
        holds,
        takes,
        labelled: true,
    }
}

const fn place(word: &'static str, name: &'static str, takes: Takes, labelled: bool) -> FieldType {
    FieldType {
        word,
        name,
        holds: Holds::Nothing,
        takes,
        labelled,
    }
}

/// All field types, in the order they are listed to the developer.
pub(super) static FIELD_TYPES: &[FieldType] = &[
    value("data", "Data", Holds::Text),
    value("small_text", "Small Text", Holds::Text),
    value("text", "Text", Holds::Text),
    value("long_text", "Long Text", Holds::Text),
    value("text_editor", "Text Editor", Holds::Text),
    value("html_editor", "HTML Editor", Holds::Text),
    value("markdown_editor", "Markdown Editor", Holds::Text),
    value("code", "Code", Holds::Text),
    value("json", "JSON", Holds::Text),
    value("date", "Date", Holds::Text),
    value("time", "Time", Holds::Text),
    value("datetime", "Datetime", Holds::Text),
    value("int", "Int", Holds::Whole),
    value("long_int", "Long Int", Holds::Whole),
    value("check", "Check", Holds::YesNo),
    value("float", "Float", Holds::Fraction),
    value("currency", "Currency", Holds::Fraction),
    value("percent", "Percent", Holds::Fraction),
    value("duration", "Duration", Holds::Fraction),
    value("rating", "Rating", Holds::Fraction),
    with("link", "Link", Holds::Text, Takes::Text),
    with("dynamic_link", "Dynamic Link", Holds::Text, Takes::Text),
    with("select", "Select", Holds::Text, Takes::Choices),
    with("table", "Table", Holds::Rows, Takes::Text),
    with("table_multiselect", "Table MultiSelect", Holds::Rows, Takes::Text),
    value("password", "Password", Holds::Text),
    value("attach", "Attach", Holds::Text),
    value("attach_image", "Attach Image", Holds::Text),
    value("read_only_text", "Read Only", Holds::Text),
    value("color", "Color", Holds::Text),
    value("autocomplete", "Autocomplete", Holds::Text),
    value("phone", "Phone", Holds::Text),
    value("icon", "Icon", Holds::Text),
    value("barcode", "Barcode", Holds::Text),
    value("signature", "Signature", Holds::Text),
    value("geolocation", "Geolocation", Holds::Text),
    place("section_break", "Section Break", Takes::Nothing, false),
    place("column_break", "Column Break", Takes::Nothing, false),
    place("tab_break", "Tab Break", Takes::Nothing, true),
    place("html", "HTML", Takes::TextOrNothing, false),
    place("button", "Button", Takes::TextOrNothing, true),
    place("image", "Image", Takes::Text, false),
    place("heading", "Heading", Takes::Nothing, true),
    place("fold", "Fold", Takes::Nothing, false),
];

/// Options of `#[field]` with a text.
pub(super) const FIELD_TEXTS: &[&str] = &[
    "label",
    "options",
    "default",
    "depends_on",
    "mandatory_depends_on",
    "read_only_depends_on",
    "fetch_from",
    "link_filters",
    "precision",
    "placeholder",
];

/// Options of `#[field]` with a number.
pub(super) const FIELD_NUMBERS: &[&str] = &["length", "permlevel"];

/// Options of `#[field]` that are on or absent.
pub(super) const FIELD_FLAGS: &[&str] = &[
    "reqd",
    "unique",
    "read_only",
    "hidden",
    "set_only_once",
    "no_copy",
    "non_negative",
    "in_list_view",
    "in_standard_filter",
    "in_global_search",
    "search_index",
    "fetch_if_empty",
    "ignore_user_permissions",
    "ignore_xss_filter",
    "allow_on_submit",
    "allow_in_quick_entry",
    "is_virtual",
    "not_nullable",
    "bold",
    "collapsible",
    "sort_options",
    "hide_days",
    "hide_seconds",
    "mask",
];

/// Options of `#[doctype]` with a text, beside `name`.
pub(super) const DOCTYPE_TEXTS: &[&str] = &[
    "app",
    "module",
    "autoname",
    "naming_rule",
    "title_field",
    "search_fields",
    "sort_field",
    "sort_order",
    "image_field",
    "document_type",
    "default_view",
    "sender_field",
    "subject_field",
    "recipient_account_field",
    "timeline_field",
    "nsm_parent_field",
];

/// Options of `#[doctype]` whose text names fields of the struct.
pub(super) const DOCTYPE_FIELD_NAMES: &[&str] = &[
    "title_field",
    "search_fields",
    "sort_field",
    "image_field",
    "sender_field",
    "subject_field",
    "recipient_account_field",
    "timeline_field",
    "nsm_parent_field",
];

/// Options of `#[doctype]` that are on or absent.
pub(super) const DOCTYPE_FLAGS: &[&str] = &[
    "istable",
    "issingle",
    "is_tree",
    "is_virtual",
    "is_submittable",
    "track_changes",
    "track_seen",
    "track_views",
    "allow_rename",
    "allow_import",
    "allow_copy",
    "allow_guest_to_view",
    "in_create",
    "read_only",
    "quick_entry",
    "show_title_field_in_link",
    "translated_doctype",
    "email_append_to",
    "index_web_pages_for_search",
    "make_attachments_public",
];

/// Options of `#[doctype]` that may be given several times, with parentheses.
pub(super) const DOCTYPE_GROUPS: &[&str] = &["permission", "link", "state", "index"];

/// Rights a permission rule can give.
pub(super) const RIGHTS: &[&str] = &[
    "select", "read", "write", "create", "delete", "submit", "cancel", "amend", "report", "import", "export",
    "share", "print", "email", "mask",
];

/// Fields every document has; a struct that wants them marks them `#[field(standard)]`.
pub(super) const STANDARD_TEXTS: &[&str] = &[
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "parent",
    "parentfield",
    "parenttype",
];

/// Standard fields with a whole number.
pub(super) const STANDARD_NUMBERS: &[&str] = &["docstatus", "idx"];

/// Columns every table has beside its fields, each a list of users as JSON; an index can hold them.
pub(super) const LIST_COLUMNS: &[&str] = &["_assign", "_liked_by"];
