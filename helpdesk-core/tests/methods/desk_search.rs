//! `frappe.desk.search`, `frappe.desk.link_preview`, `frappe.apps`, time zones.

use helpdesk_core::error::ErrorKind;
use serde_json::json;

use crate::office::{Office, manager, session, user};

const LINK: &str = "frappe.desk.search.search_link";

#[test]
fn a_search_puts_names_that_begin_with_the_text_first() {
    let office = Office::new();
    for gender in ["Xmale", "Male X", "Maler"] {
        office.put("Gender", json!({ "gender": gender }));
    }

    let answer = office
        .get(
            &manager(),
            LINK,
            json!({ "doctype": "Gender", "txt": "MALE", "page_length": 4 }),
        )
        .unwrap();

    let names: Vec<&str> = answer
        .message
        .as_array()
        .unwrap()
        .iter()
        .map(|offer| offer["value"].as_str().unwrap())
        .collect();
    assert!(names[0].to_lowercase().starts_with("male"), "{names:?}");
    assert_eq!(names.last(), Some(&"Xmale"), "{names:?}");
    assert_eq!(
        answer.headers,
        [(
            "cache-control",
            "private,max-age=60,stale-while-revalidate=300".to_owned()
        )]
    );
}

#[test]
fn a_search_by_post_is_not_cached_and_finds_by_all_search_fields() {
    let office = Office::new();
    office.put(
        "ToDo",
        json!({ "name": "t1", "description": "Water the plants", "allocated_to": user("Ada") }),
    );

    let answer = office
        .call(&manager(), LINK, json!({ "doctype": "ToDo", "txt": "plants" }))
        .unwrap();

    assert_eq!(
        answer.message,
        json!([{ "value": "t1", "description": "Water the plants", "label": "t1" }])
    );
    assert!(answer.headers.is_empty());
}

#[test]
fn filters_narrow_a_search_and_must_be_readable() {
    let office = Office::new();
    office.put(
        "ToDo",
        json!({ "name": "t1", "description": "a", "status": "Closed" }),
    );
    office.put("ToDo", json!({ "name": "t2", "description": "a" }));
    let find = |filters| {
        office.call(
            &manager(),
            LINK,
            json!({ "doctype": "ToDo", "txt": "a", "filters": filters }),
        )
    };

    for filters in [
        json!({ "status": "Open" }),
        json!("[[\"status\", \"=\", \"Open\"]]"),
        json!(["status", "=", "Open"]),
    ] {
        let found = find(filters).unwrap().message;
        assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found[0]["value"], "t2");
    }
    assert_eq!(find(json!("{")).unwrap_err().kind(), ErrorKind::ValidationError);
    assert_eq!(find(json!(5)).unwrap_err().kind(), ErrorKind::ValidationError);
}

#[test]
fn what_the_caller_may_not_list_is_not_searched() {
    let office = Office::new();
    let refused = |by, args| office.call(&by, LINK, args).unwrap_err().kind();

    assert_eq!(
        refused(session("Eve", &[]), json!({ "doctype": "Access Log", "txt": "" })),
        ErrorKind::PermissionError
    );
    assert_eq!(
        refused(manager(), json!({ "doctype": "No Such", "txt": "" })),
        ErrorKind::PermissionError
    );
}

#[test]
fn users_are_found_by_people_of_the_desk_alone_and_without_portal_users() {
    let office = Office::new();
    let found = office
        .call(
            &session("Ada", &[]),
            LINK,
            json!({ "doctype": "User", "txt": "E" }),
        )
        .unwrap()
        .message;

    let names: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|offer| &offer["value"])
        .collect();
    assert_eq!(names, [&json!(user("Ada")), &json!(user("Bob"))]);
    assert_eq!(found[0]["description"], "Ada");
    // A person of the portal may list the own user alone, which is none of the desk's.
    let args = json!({ "doctype": "User", "txt": "E" });
    let found = office.call(&session("Eve", &[]), LINK, args).unwrap().message;
    assert_eq!(found, json!([]));
}

#[test]
fn a_search_by_method_takes_methods_only() {
    let office = Office::new();
    let by = |query| {
        let args = json!({ "doctype": "ToDo", "txt": "ad", "query": query });
        office.call(&manager(), LINK, args)
    };

    let found = by("frappe.core.doctype.user.user.user_query").unwrap().message;
    assert_eq!(found[0]["value"], user("Ada"));
    assert_eq!(
        by("frappe.no.such").unwrap_err().kind(),
        ErrorKind::DoesNotExistError
    );
    assert_eq!(
        office
            .call(
                &manager(),
                LINK,
                json!({ "doctype": "ToDo", "searchfield": "1; drop" })
            )
            .unwrap_err()
            .kind(),
        ErrorKind::ValidationError
    );
}

#[test]
fn a_field_must_really_set_user_permissions_aside() {
    let office = Office::new();
    let ask = |doctype: &str, field: &str| {
        let args = json!({ "doctype": "User", "txt": "", "ignore_user_permissions": 1,
            "reference_doctype": doctype, "link_fieldname": field });
        office.call(&manager(), LINK, args)
    };

    assert!(ask("Communication", "user").is_ok());
    assert_eq!(
        ask("ToDo", "role").unwrap_err().kind(),
        ErrorKind::ValidationError
    );
}

#[test]
fn widgets_get_bare_rows() {
    let office = Office::new();
    office.put("ToDo", json!({ "name": "t1", "description": "Water" }));
    let path = "frappe.desk.search.search_widget";

    let rows = office
        .call(&manager(), path, json!({ "doctype": "ToDo", "txt": "wat" }))
        .unwrap();
    assert_eq!(rows.message, json!([["t1", "Water", null, null]]));
    assert!(office.call(&manager(), path, json!({ "txt": "x" })).is_err());
    assert!(
        office
            .call(&session("Eve", &[]), path, json!({ "doctype": "Access Log" }))
            .is_err()
    );
}

#[test]
fn links_show_names_unless_their_doctype_shows_titles() {
    let office = Office::new();
    let path = "frappe.desk.search.get_link_title";

    let title = office
        .call(&manager(), path, json!({ "doctype": "ToDo", "docname": "t1" }))
        .unwrap();
    assert_eq!(title.message, "t1");
    assert!(
        office
            .call(&manager(), path, json!({ "doctype": "No Such", "docname": "t1" }))
            .is_err()
    );
    assert!(
        office
            .call(&manager(), path, json!({ "doctype": "ToDo" }))
            .is_err()
    );
}

#[test]
fn people_and_groups_can_be_mentioned_by_the_desk() {
    let office = Office::new();
    office.put("User Group", json!({ "name": "Admins" }));
    let path = "frappe.desk.search.get_names_for_mentions";

    let found = office
        .call(&session("Ada", &[]), path, json!({ "search_term": "ad" }))
        .unwrap()
        .message;
    assert_eq!(
        found,
        json!([
            { "id": user("Ada"), "value": "Ada", "link": "/app/user-profile/ada@desk.example" },
            { "id": "Admins", "value": "Admins", "is_group": true, "link": "/app/user-group/Admins" },
        ])
    );
    assert!(office.call(&session("Eve", &[]), path, json!({})).is_err());
    assert!(
        office
            .call(&session("Ada", &[]), path, json!({ "search_term": [1] }))
            .is_err()
    );
}

#[test]
fn previews_are_for_readers() {
    let office = Office::new();
    office.put(
        "ToDo",
        json!({ "name": "t1", "description": "Water", "allocated_to": user("Ada") }),
    );
    let path = "frappe.desk.link_preview.get_preview_data";
    let preview = |by, name: &str| office.call(&by, path, json!({ "doctype": "ToDo", "docname": name }));

    assert!(preview(session("Ada", &[]), "t1").unwrap().message.is_null());
    assert_eq!(
        preview(session("Eve", &[]), "t1").unwrap_err().kind(),
        ErrorKind::PermissionError
    );
    assert_eq!(
        preview(session("Ada", &[]), "t9").unwrap_err().kind(),
        ErrorKind::DoesNotExistError
    );
}

#[test]
fn time_zones_and_realtime_answers() {
    let office = Office::new();
    office.put(
        "ToDo",
        json!({ "name": "t1", "description": "Water", "allocated_to": user("Ada") }),
    );
    let may = |by, args| office.call(&by, "frappe.realtime.has_permission", args);
    let zones = office
        .call(
            &session("Eve", &[]),
            "frappe.core.doctype.user.user.get_timezones",
            json!({}),
        )
        .unwrap()
        .message;

    assert!(
        zones["timezones"]
            .as_array()
            .unwrap()
            .contains(&json!("Asia/Kolkata"))
    );
    assert_eq!(
        may(session("Ada", &[]), json!({ "doctype": "ToDo", "name": "t1" }))
            .unwrap()
            .message,
        true
    );
    assert_eq!(
        may(session("Ada", &[]), json!({ "doctype": "ToDo", "name": "" }))
            .unwrap()
            .message,
        true
    );
    assert!(may(session("Eve", &[]), json!({ "doctype": "ToDo", "name": "t1" })).is_err());
    assert!(may(manager(), json!({ "doctype": "ToDo", "name": "t9" })).is_err());
}

helpdesk_core::app_page! {
    name: "shop",
    title: "Shop",
    logo: "/shop.svg",
    route: "/shop",
    permitted: |session| session.system_user,
}

#[test]
fn apps_are_shown_to_those_who_may_open_them() {
    let office = Office::new();
    let apps = |by| {
        office
            .call(&by, "frappe.apps.get_apps", json!({}))
            .unwrap()
            .message
    };

    assert_eq!(
        apps(session("Ada", &[])),
        json!([{ "name": "shop", "logo": "/shop.svg", "title": "Shop", "route": "/shop" }])
    );
    assert_eq!(apps(session("Eve", &[])), json!([]));
}
