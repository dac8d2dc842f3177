//! What `#[doctype]` writes down of a struct, as constants; [`super::meta::Meta`] is built from it.

use serde::Serialize;

use crate::method::Location;

/// A DocType as declared in Rust. Absent options have the contract's defaults.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the names are those of the contract's DocType record, spec/framework-data.md §5.2"
)]
pub struct DocTypeDef {
    pub name: &'static str,
    pub app: &'static str,
    pub module: &'static str,
    pub doc: &'static str,
    pub autoname: &'static str,
    pub naming_rule: &'static str,
    pub title_field: &'static str,
    pub search_fields: &'static str,
    pub sort_field: &'static str,
    pub sort_order: &'static str,
    pub image_field: &'static str,
    pub document_type: &'static str,
    pub default_view: &'static str,
    pub sender_field: &'static str,
    pub subject_field: &'static str,
    pub recipient_account_field: &'static str,
    pub timeline_field: &'static str,
    pub nsm_parent_field: &'static str,
    pub istable: bool,
    pub issingle: bool,
    pub is_tree: bool,
    pub is_virtual: bool,
    pub is_submittable: bool,
    pub track_changes: bool,
    pub track_seen: bool,
    pub track_views: bool,
    pub allow_rename: bool,
    pub allow_import: bool,
    pub allow_copy: bool,
    pub allow_guest_to_view: bool,
    pub in_create: bool,
    pub read_only: bool,
    pub quick_entry: bool,
    pub show_title_field_in_link: bool,
    pub translated_doctype: bool,
    pub email_append_to: bool,
    pub index_web_pages_for_search: bool,
    pub make_attachments_public: bool,
    pub fields: &'static [FieldDef],
    pub permissions: &'static [PermDef],
    pub links: &'static [LinkDef],
    pub states: &'static [StateDef],
    /// Field groups with an index of their own, beside those of `search_index` and `unique`.
    pub indexes: &'static [&'static [&'static str]],
    #[serde(skip)]
    pub location: Location,
}

impl DocTypeDef {
    /// All options at their defaults; the macro fills in what was given.
    pub const DEFAULT: DocTypeDef = DocTypeDef {
        name: "",
        app: "",
        module: "",
        doc: "",
        autoname: "",
        naming_rule: "",
        title_field: "",
        search_fields: "",
        sort_field: "creation",
        sort_order: "DESC",
        image_field: "",
        document_type: "",
        default_view: "",
        sender_field: "",
        subject_field: "",
        recipient_account_field: "",
        timeline_field: "",
        nsm_parent_field: "",
        istable: false,
        issingle: false,
        is_tree: false,
        is_virtual: false,
        is_submittable: false,
        track_changes: false,
        track_seen: false,
        track_views: false,
        allow_rename: false,
        allow_import: false,
        allow_copy: false,
        allow_guest_to_view: false,
        in_create: false,
        read_only: false,
        quick_entry: false,
        show_title_field_in_link: false,
        translated_doctype: false,
        email_append_to: false,
        index_web_pages_for_search: false,
        make_attachments_public: false,
        fields: &[],
        permissions: &[],
        links: &[],
        states: &[],
        indexes: &[],
        location: Location { file: "", line: 0 },
    };
}

/// One field as declared.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the names are those of the contract's DocField record, spec/framework-data.md §5.2"
)]
pub struct FieldDef {
    pub fieldname: &'static str,
    /// The contract's field type: `Data`, `Link`, `Section Break` …
    pub fieldtype: &'static str,
    pub label: &'static str,
    pub options: &'static str,
    pub default: &'static str,
    pub doc: &'static str,
    pub depends_on: &'static str,
    pub mandatory_depends_on: &'static str,
    pub read_only_depends_on: &'static str,
    pub fetch_from: &'static str,
    pub link_filters: &'static str,
    pub precision: &'static str,
    pub placeholder: &'static str,
    pub length: u32,
    pub permlevel: u8,
    pub reqd: bool,
    pub unique: bool,
    pub read_only: bool,
    pub hidden: bool,
    pub set_only_once: bool,
    pub no_copy: bool,
    pub non_negative: bool,
    pub in_list_view: bool,
    pub in_standard_filter: bool,
    pub in_global_search: bool,
    pub search_index: bool,
    pub fetch_if_empty: bool,
    pub ignore_user_permissions: bool,
    pub ignore_xss_filter: bool,
    pub allow_on_submit: bool,
    pub allow_in_quick_entry: bool,
    pub is_virtual: bool,
    pub not_nullable: bool,
    pub bold: bool,
    pub collapsible: bool,
    pub sort_options: bool,
    pub hide_days: bool,
    pub hide_seconds: bool,
    pub mask: bool,
}

impl FieldDef {
    /// All options off; the macro fills in what was given.
    pub const DEFAULT: FieldDef = FieldDef {
        fieldname: "",
        fieldtype: "",
        label: "",
        options: "",
        default: "",
        doc: "",
        depends_on: "",
        mandatory_depends_on: "",
        read_only_depends_on: "",
        fetch_from: "",
        link_filters: "",
        precision: "",
        placeholder: "",
        length: 0,
        permlevel: 0,
        reqd: false,
        unique: false,
        read_only: false,
        hidden: false,
        set_only_once: false,
        no_copy: false,
        non_negative: false,
        in_list_view: false,
        in_standard_filter: false,
        in_global_search: false,
        search_index: false,
        fetch_if_empty: false,
        ignore_user_permissions: false,
        ignore_xss_filter: false,
        allow_on_submit: false,
        allow_in_quick_entry: false,
        is_virtual: false,
        not_nullable: false,
        bold: false,
        collapsible: false,
        sort_options: false,
        hide_days: false,
        hide_seconds: false,
        mask: false,
    };
}

/// One permission rule as declared: a role, a level, its rights.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PermDef {
    /// Role the rule is for.
    pub role: &'static str,
    /// Field level it is about (0: the document).
    pub permlevel: u8,
    /// Only for documents the user owns.
    pub if_owner: bool,
    /// The rights, as names of the contract: `read`, `write` …
    pub rights: &'static [&'static str],
}

/// One entry of the form's connections.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the names are those of the contract's DocType Link record"
)]
pub struct LinkDef {
    pub link_doctype: &'static str,
    pub link_fieldname: &'static str,
    pub group: &'static str,
}

/// A value of the DocType's status field and its colour in lists.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the names are those of the contract's DocType State record"
)]
pub struct StateDef {
    pub title: &'static str,
    pub color: &'static str,
}

/// A registered DocType: declared by a struct, or as data.
#[derive(Clone, Copy, Debug)]
pub enum Registration {
    /// From `#[doctype]`.
    Struct(&'static DocTypeDef),
    /// From JSON text of the contract's DocType record (no Rust code reads its fields by name).
    Data {
        /// The JSON text.
        json: &'static str,
        /// Where it was registered.
        location: Location,
    },
}

inventory::collect!(Registration);

/// Every DocType the linked crates declare, in no particular order.
pub fn registrations() -> impl Iterator<Item = &'static Registration> {
    inventory::iter::<Registration>()
}

/// Registers DocTypes kept as data: one JSON file of the contract's DocType record each.
///
/// The folder is relative to the crate's root, the files are named without `.json`:
/// `doctype_data! { "src/doctype/data": "hd_synonym", "hd_synonyms" }`.
#[macro_export]
macro_rules! doctype_data {
    ($folder:literal: $($file:literal),* $(,)?) => {
        $($crate::doctype::typed::__private::submit! {
            $crate::doctype::def::Registration::Data {
                json: ::core::include_str!(::core::concat!(
                    ::core::env!("CARGO_MANIFEST_DIR"), "/", $folder, "/", $file, ".json"
                )),
                location: $crate::method::Location {
                    file: ::core::concat!(::core::env!("CARGO_PKG_NAME"), "/", $folder, "/", $file, ".json"),
                    line: 1,
                },
            }
        })*
    };
}
