use quote::quote;

use super::*;

/// What the attribute writes, formatted.
fn expanded(options: TokenStream, item: TokenStream) -> String {
    let file = syn::parse2(doctype(options, item)).expect("the expansion is Rust");
    prettyplease::unparse(&file)
}

/// The texts of the `compile_error!`s.
fn mistakes(options: TokenStream, item: TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(doctype(options, item)).expect("the expansion is Rust");
    let errors = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item)
            if item
                .mac
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "compile_error") =>
        {
            Some(item.mac.parse_body::<syn::LitStr>().expect("a text").value())
        }
        _ => None,
    });
    errors.collect()
}

/// The first line of the only mistake in a struct with this field.
fn mistake_in_field(field: TokenStream) -> String {
    let all = mistakes(quote!(name = "HD Thing"), quote!(pub struct HdThing { #field }));
    assert_eq!(all.len(), 1, "{all:#?}");
    all[0].lines().next().unwrap_or_default().to_owned()
}

/// The first line of the only mistake of these options.
fn mistake_in_options(options: TokenStream) -> String {
    let all = mistakes(
        quote!(name = "HD Thing", #options),
        quote!(
            pub struct HdThing {
                pub subject: String,
            }
        ),
    );
    assert_eq!(all.len(), 1, "{all:#?}");
    all[0].lines().next().unwrap_or_default().to_owned()
}

#[test]
fn an_expansion_with_every_kind_of_field() {
    let code = expanded(
        quote! {
            name = "HD Thing", app = "helpdesk", module = "Helpdesk", autoname = "field:subject",
            title_field = "subject", sort_order = "ASC", track_changes,
            permission(role = "Agent", rights = [read, write]),
            permission(role = "System Manager", permlevel = 1, if_owner, rights = [select]),
            link(doctype = "HD Ticket", fieldname = "thing", group = "Tickets"),
            state("Open", "Green"),
            index("status", "modified")
        },
        quote! {
            /// A thing that is kept.
            ///
            /// Only an example.
            #[derive(Clone, Debug)]
            pub struct HdThing {
                #[field(standard)]
                pub name: String,
                #[field(section_break, label = "Head")]
                pub head: Layout,
                /// What it is.
                #[field(reqd, in_list_view, length = 20, default = "A")]
                pub subject: String,
                #[field(link = "HD Ticket Status", permlevel = 1)]
                pub status: Option<String>,
                #[field(select = ["", "a", "b"])]
                pub r#type: Option<String>,
                #[field(rename = "match", default = true)]
                pub matches: bool,
                #[field(duration)]
                pub hold_time: Option<f64>,
                pub count: i64,
                #[field(table = "HD Part")]
                pub parts: Vec<HdPart>,
            }
        },
    );

    insta::assert_snapshot!(code);
}

#[test]
fn a_label_is_made_of_the_name_unless_given() {
    let code = expanded(
        quote!(name = "HD Thing"),
        quote! {
            struct HdThing {
                raised_by_user: String,
                #[field(label = "")]
                bare: String,
                #[field(section_break)]
                details_section: Layout,
                #[field(tab_break)]
                more_tab: Layout,
            }
        },
    );

    let labels: Vec<&str> = code
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("label:"))
        .collect();
    assert_eq!(
        labels,
        [
            r#"label: "Raised By User","#,
            r#"label: "","#,
            r#"label: "More Tab","#
        ]
    );
}

#[test]
fn the_struct_stays_when_there_are_mistakes() {
    let code = doctype(
        quote!(nam = "HD Thing"),
        quote!(
            struct HdThing {
                #[field(redq)]
                subject: String,
            }
        ),
    );

    let code = code.to_string();
    assert!(code.contains("struct HdThing"), "{code}");
    assert!(!code.contains("field (redq)"), "{code}");
}

#[test]
fn all_mistakes_are_told_in_one_go() {
    let all = mistakes(
        quote!(name = "HD Thing", permission(role = "Agent", rights = [reed])),
        quote!(
            struct HdThing {
                #[field(redq)]
                subject: String,
                #[field(int)]
                count: u32,
            }
        ),
    );

    assert_eq!(all.len(), 3, "{all:#?}");
}

#[test]
fn unknown_options_are_told_with_the_known_ones() {
    let all = mistakes(
        quote!(name = "HD Thing", trak_changes),
        quote!(
            struct HdThing {
                subject: String,
            }
        ),
    );
    assert!(all[0].starts_with(
        "no DocType option `trak_changes`; did you mean `track_changes`?\nthere are `name`, `app`"
    ));

    assert_eq!(
        mistake_in_field(quote!(#[field(required)] subject: String)),
        "no field option `required`; did you mean `reqd`?"
    );
    assert_eq!(
        mistake_in_field(quote!(#[field(redq)] subject: String)),
        "no field option `redq`; did you mean `reqd`?"
    );
    assert_eq!(
        mistake_in_options(quote!(link(doctype = "a", fieldname = "b", grup = "c"))),
        "no link option `grup`; did you mean `group`?"
    );
}

#[test]
fn options_given_twice() {
    assert_eq!(
        mistake_in_field(quote!(#[field(reqd, reqd)] subject: String)),
        "`reqd` is given twice"
    );
    assert_eq!(
        mistake_in_options(quote!(name = "HD Other")),
        "`name` is given twice"
    );
    assert_eq!(
        mistake_in_field(quote!(#[field(link = "A", options = "B")] subject: String)),
        "the options are given twice"
    );
    assert_eq!(
        mistake_in_field(quote!(#[field(date, time)] subject: String)),
        "a field has one type: `date` or `time`"
    );
}

#[test]
fn the_name_is_needed() {
    let all = mistakes(
        quote!(),
        quote!(
            struct HdThing {
                subject: String,
            }
        ),
    );

    assert_eq!(all, ["a DocType needs its name: `#[doctype(name = \"..\")]`"]);
}

#[test]
fn items_that_are_no_plain_struct() {
    let name = || quote!(name = "HD Thing");
    assert_eq!(
        mistakes(
            name(),
            quote!(
                enum HdThing {
                    A,
                }
            )
        ),
        ["a DocType is a `struct`: each field is a column"]
    );
    assert_eq!(
        mistakes(
            name(),
            quote!(
                fn hd_thing() {}
            )
        ),
        ["`#[doctype]` goes on a `struct`"]
    );
    assert_eq!(
        mistakes(
            name(),
            quote!(
                struct HdThing(String);
            )
        ),
        ["a DocType needs named fields: `struct Name { field: Type }`"]
    );
    assert_eq!(
        mistakes(
            name(),
            quote!(
                struct HdThing<T> {
                    subject: T,
                }
            )
        )
        .first()
        .map(String::as_str),
        Some("a DocType's struct can't be generic: its columns are fixed")
    );
}

#[test]
fn types_that_do_not_fit() {
    let cases = [
        (
            quote!(#[field(datetime)] at: i64),
            "a Datetime field holds text; use `String` or `Option<String>`",
        ),
        (
            quote!(count: u32),
            "no field holds this type; use `String`, `i64`, `f64`, `bool`, an `Option` of them, or `Vec<..>`",
        ),
        (
            quote!(#[field(int)] count: i32),
            "an Int field holds a whole number; use `i64`",
        ),
        (
            quote!(#[field(check)] on: String),
            "a Check field holds yes or no; use `bool`",
        ),
        (
            quote!(#[field(section_break)] head: String),
            "a Section Break field holds no value; use `Layout`",
        ),
        (
            quote!(#[field(table = "A")] rows: String),
            "a Table field holds rows; use `Vec<..>` of the child DocType's struct",
        ),
        (
            quote!(rows: Vec<Row>),
            "rows need their child DocType: `#[field(table = \"..\")]`",
        ),
        (
            quote!(status: Status),
            "say the field type of this Rust type, as in `#[field(select = [\"..\", \"..\"])]`",
        ),
        (
            quote!(text: &'static str),
            "no field holds this type; use `String`, `i64`, `f64`, `bool`, an `Option` of them, or `Vec<..>`",
        ),
    ];
    for (field, text) in cases {
        assert_eq!(mistake_in_field(field), text);
    }
    assert!(mistake_in_field(quote!(head: Layout)).starts_with("say which: `#[field(section_break)]`"));
}

#[test]
fn a_type_of_ones_own_is_left_to_the_compiler() {
    let all = mistakes(
        quote!(name = "HD Thing"),
        quote!(
            struct HdThing {
                #[field(select = ["a", "b"])]
                status: Option<crate::Status>,
            }
        ),
    );

    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn values_of_options() {
    let cases = [
        (quote!(#[field(link)] team: String), "write `link = \"HD Team\"`"),
        (
            quote!(#[field(select = "a")] team: String),
            "write `select = [\"..\", \"..\"]`",
        ),
        (
            quote!(#[field(select = [a])] team: String),
            "a choice is a text: `\"a\"`",
        ),
        (
            quote!(#[field(reqd = "yes")] team: String),
            "`reqd` takes no value",
        ),
        (
            quote!(#[field(length = "20")] team: String),
            "write a number: `length = 1`",
        ),
        (
            quote!(#[field(label)] team: String),
            "write a text: `label = \"..\"`",
        ),
        (
            quote!(#[field(datetime = "x")] at: String),
            "`datetime` takes no value",
        ),
        (
            quote!(#[field(rename = "Team")] team: String),
            "a field name has small letters, digits and `_`",
        ),
        (
            quote!(#[field(default = [a])] team: String),
            "write a text, a number, `true` or `false`",
        ),
    ];
    for (field, text) in cases {
        assert_eq!(mistake_in_field(field), text);
    }
}

#[test]
fn permissions() {
    let cases = [
        (
            quote!(permission),
            "write `permission(role = \"..\", rights = [read, write])`",
        ),
        (quote!(permission(rights = [read])), "a permission needs `role`"),
        (quote!(permission(role = "Agent")), "a permission needs `rights`"),
        (
            quote!(permission(role = "Agent", rights = [raed])),
            "no right `raed`; did you mean `read`?",
        ),
        (
            quote!(permission(role = "Agent", rights = [read, read])),
            "`read` is given twice",
        ),
        (
            quote!(
                permission(role = "Agent", rights = [read]),
                permission(role = "Agent", rights = [write])
            ),
            "a second rule for `Agent` at the same level",
        ),
    ];
    for (options, text) in cases {
        assert_eq!(mistake_in_options(options), text);
    }
}

#[test]
fn names_of_fields_are_resolved() {
    let cases = [
        (
            quote!(title_field = "subjet"),
            "`HdThing` has no field `subjet`; did you mean `subject`?",
        ),
        (
            quote!(search_fields = "subject, status"),
            "`HdThing` has no field `status`",
        ),
        (quote!(autoname = "field:titel"), "`HdThing` has no field `titel`"),
        (
            quote!(index("subject", "custmer")),
            "`HdThing` has no field `custmer`",
        ),
        (quote!(sort_order = "UP"), "a list is sorted `ASC` or `DESC`"),
        (
            quote!(state("Open")),
            "write a title and a colour: `state(\"Accepted\", \"Green\")`",
        ),
    ];
    for (options, text) in cases {
        assert_eq!(mistake_in_options(options), text);
    }
    assert_eq!(
        mistake_in_field(quote!(#[field(dynamic_link = "kind")] of: String)),
        "`HdThing` has no field `kind`"
    );
    assert_eq!(
        mistake_in_field(quote!(#[field(fetch_from = "team.x")] of: String)),
        "`HdThing` has no field `team`"
    );
    assert_eq!(
        mistake_in_field(quote!(#[field(fetch_from = "team")] of: String)),
        "write the link field and the field fetched: `\"contact.email_id\"`"
    );
}

#[test]
fn standard_fields() {
    assert_eq!(
        mistake_in_field(quote!(name: String)),
        "`name` is a field of every document; mark it `#[field(standard)]`"
    );
    assert_eq!(
        mistake_in_field(quote!(#[field(standard, reqd)] name: String)),
        "a standard field takes no other options"
    );
    assert_eq!(
        mistake_in_field(quote!(#[field(standard)] idx: String)),
        "`idx` holds a whole number; use `i64`"
    );
    assert!(
        mistake_in_field(quote!(#[field(standard)] title: String))
            .starts_with("no standard field; there are `name`")
    );
}

#[test]
fn two_fields_of_one_name() {
    assert_eq!(
        mistake_in_field(quote!(status: String, #[field(rename = "status")] state: String)),
        "two fields are named `status`"
    );
}
