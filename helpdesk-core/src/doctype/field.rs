//! Field types of the contract, and what each means for storage and values.
//!
//! Source: spec/framework-data.md §5.1, §5.2.

use crate::db::Kind;

/// How long a text column is where a field names no length of its own.
pub const DEFAULT_LENGTH: u32 = 140;

macro_rules! field_types {
    ($($name:ident = $text:literal,)*) => {
        /// Type of a field.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the contract's")]
        pub enum FieldType { #[default] Data, $($name,)* }


        impl FieldType {
            /// The type of the contract's name.
            pub fn parse(text: &str) -> Option<FieldType> {
                Some(match text { "Data" => FieldType::Data, $($text => FieldType::$name,)* _ => return None })
            }

            /// The contract's name.
            pub const fn name(self) -> &'static str {
                match self { FieldType::Data => "Data", $(FieldType::$name => $text,)* }
            }
        }
    };
}

field_types! {
    Link = "Link",
    DynamicLink = "Dynamic Link",
    Select = "Select",
    SmallText = "Small Text",
    Text = "Text",
    LongText = "Long Text",
    TextEditor = "Text Editor",
    HtmlEditor = "HTML Editor",
    MarkdownEditor = "Markdown Editor",
    Code = "Code",
    Json = "JSON",
    Date = "Date",
    Time = "Time",
    Datetime = "Datetime",
    Int = "Int",
    LongInt = "Long Int",
    Check = "Check",
    Float = "Float",
    Currency = "Currency",
    Percent = "Percent",
    Duration = "Duration",
    Rating = "Rating",
    Password = "Password",
    Attach = "Attach",
    AttachImage = "Attach Image",
    ReadOnly = "Read Only",
    Color = "Color",
    Autocomplete = "Autocomplete",
    Phone = "Phone",
    Icon = "Icon",
    Barcode = "Barcode",
    Signature = "Signature",
    Geolocation = "Geolocation",
    Table = "Table",
    TableMultiSelect = "Table MultiSelect",
    SectionBreak = "Section Break",
    ColumnBreak = "Column Break",
    TabBreak = "Tab Break",
    Html = "HTML",
    Button = "Button",
    Image = "Image",
    Heading = "Heading",
    Fold = "Fold",
}

impl FieldType {
    /// Whether a field of the type is a column of its table.
    pub const fn is_column(self) -> bool {
        !self.is_table() && !self.is_layout()
    }

    /// Whether the field holds child rows.
    pub const fn is_table(self) -> bool {
        matches!(self, FieldType::Table | FieldType::TableMultiSelect)
    }

    /// Whether the field holds nothing.
    pub const fn is_layout(self) -> bool {
        matches!(
            self,
            FieldType::SectionBreak
                | FieldType::ColumnBreak
                | FieldType::TabBreak
                | FieldType::Html
                | FieldType::Button
                | FieldType::Image
                | FieldType::Heading
                | FieldType::Fold
        )
    }

    /// What its column holds.
    pub const fn kind(self) -> Kind {
        match self {
            FieldType::Int | FieldType::LongInt => Kind::Int,
            FieldType::Check => Kind::Check,
            FieldType::Float
            | FieldType::Currency
            | FieldType::Percent
            | FieldType::Duration
            | FieldType::Rating => Kind::Float,
            FieldType::Date => Kind::Date,
            FieldType::Time => Kind::Time,
            FieldType::Datetime => Kind::DateTime,
            _ => Kind::Text,
        }
    }

    /// Whether its texts compare without regard to case (the short ones: names, links, choices).
    pub const fn folds_case(self) -> bool {
        matches!(
            self,
            FieldType::Data
                | FieldType::Link
                | FieldType::DynamicLink
                | FieldType::Select
                | FieldType::SmallText
                | FieldType::Text
                | FieldType::ReadOnly
                | FieldType::Phone
                | FieldType::Autocomplete
                | FieldType::Color
        )
    }

    /// Whether the column is never null (`0` instead): numbers and checks, but not Duration.
    pub const fn is_not_null(self) -> bool {
        matches!(
            self,
            FieldType::Int
                | FieldType::LongInt
                | FieldType::Check
                | FieldType::Float
                | FieldType::Currency
                | FieldType::Percent
                | FieldType::Rating
        )
    }

    /// Whether fields of either type are kept alike, so that one may become the other.
    pub fn same_column(self, other: FieldType) -> bool {
        self.is_column() == other.is_column()
            && self.is_table() == other.is_table()
            && (!self.is_column() || self.kind() == other.kind() && self.is_not_null() == other.is_not_null())
    }

    /// Whether values are checked for length, and at what default.
    pub const fn has_length(self) -> bool {
        matches!(
            self,
            FieldType::Data
                | FieldType::Link
                | FieldType::DynamicLink
                | FieldType::Select
                | FieldType::ReadOnly
                | FieldType::Password
                | FieldType::Phone
                | FieldType::Autocomplete
                | FieldType::Color
                | FieldType::Icon
        )
    }
}

/// A field of a DocType at run time: declared, added by a Custom Field, changed by Property Setters.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Name of the column or table field.
    pub fieldname: String,
    /// Its type.
    pub fieldtype: FieldType,
    /// Label shown to people (may be empty).
    pub label: String,
    /// Link target, child DocType, or choices by line.
    pub options: String,
    /// Default as text; see [`super::defaults`].
    pub default: String,
    /// `link.field` whose value is copied at save.
    pub fetch_from: String,
    /// Fetch only where the field is empty.
    pub fetch_if_empty: bool,
    /// Longest text, 0: by type.
    pub length: u32,
    /// Field level.
    pub permlevel: u8,
    /// Must not be empty.
    pub reqd: bool,
    /// No two documents share a value.
    pub unique: bool,
    /// Cannot change once set.
    pub set_only_once: bool,
    /// Not copied to copies.
    pub no_copy: bool,
    /// No negative numbers.
    pub non_negative: bool,
    /// User Permissions don't bind this link.
    pub ignore_user_permissions: bool,
    /// HTML is kept as sent.
    pub ignore_xss_filter: bool,
    /// Has an index.
    pub search_index: bool,
    /// Offered as a filter in lists.
    pub in_standard_filter: bool,
    /// Computed, no column.
    pub is_virtual: bool,
    /// Never null whatever the type.
    pub not_nullable: bool,
    /// Values are masked for callers without the `mask` right.
    pub mask: bool,
    /// All other keys of the DocField record, for metadata answers.
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Field {
    /// The field's checks by their names in the DocField record, in the order records show them.
    pub fn checks(&self) -> [(&'static str, bool); 13] {
        [
            ("reqd", self.reqd),
            ("unique", self.unique),
            ("fetch_if_empty", self.fetch_if_empty),
            ("set_only_once", self.set_only_once),
            ("no_copy", self.no_copy),
            ("non_negative", self.non_negative),
            ("ignore_user_permissions", self.ignore_user_permissions),
            ("ignore_xss_filter", self.ignore_xss_filter),
            ("search_index", self.search_index),
            ("in_standard_filter", self.in_standard_filter),
            ("is_virtual", self.is_virtual),
            ("not_nullable", self.not_nullable),
            ("mask", self.mask),
        ]
    }

    /// Longest text the field takes; `None` where it has no limit.
    pub fn max_length(&self) -> Option<usize> {
        if !self.fieldtype.has_length() {
            return None;
        }
        Some(if self.length > 0 {
            self.length
        } else {
            DEFAULT_LENGTH
        } as usize)
    }

    /// The choices of a Select, blank lines included.
    pub fn choices(&self) -> impl Iterator<Item = &str> {
        self.options.split('\n').map(str::trim)
    }
}
