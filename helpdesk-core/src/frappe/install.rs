//! What every site has: lists that links lead into, the built-in roles and users, settings.
//!
//! Source: spec/framework.md §4.9; spec/framework-data.md §5.2.

use std::collections::BTreeSet;

use crate::install;
use crate::install::{put, put_single};
use crate::prelude::*;

install!("frappe", order = 0, Lists, lists);
install!("frappe", order = 0, Records, records);

/// `code <tab> name`, a line each.
const COUNTRIES: &str = include_str!("install/countries.txt");
/// `code <tab> name`, a line each; each language by its own name.
const LANGUAGES: &str = include_str!("install/languages.txt");

fn lists(cx: &mut Cx) -> Result<()> {
    for (code, name) in pairs(COUNTRIES) {
        put(cx, "Country", json!({ "country_name": name, "code": code }))?;
    }
    for (code, name) in pairs(LANGUAGES) {
        put(
            cx,
            "Language",
            json!({ "language_code": code, "language_name": name }),
        )?;
    }
    for name in ["System User", "Website User"] {
        put(cx, "User Type", json!({ "name": name, "is_standard": 1 }))?;
    }
    for gender in [
        "Female",
        "Genderqueer",
        "Male",
        "Non-Conforming",
        "Other",
        "Prefer not to say",
        "Transgender",
    ] {
        put(cx, "Gender", json!({ "gender": gender }))?;
    }
    for salutation in ["Dr", "Madam", "Master", "Miss", "Mr", "Mrs", "Ms", "Mx", "Prof"] {
        put(cx, "Salutation", json!({ "salutation": salutation }))?;
    }
    for (name, folder) in [("Home", None), ("Home/Attachments", Some("Home"))] {
        let values = json!({
            "name": name,
            "file_name": name.rsplit('/').next(),
            "is_folder": 1,
            "folder": folder,
            "is_home_folder": i32::from(folder.is_none()),
            "is_attachments_folder": i32::from(folder.is_some()),
        });
        put(cx, "File", values)?;
    }
    Ok(())
}

fn pairs(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    list.lines().filter_map(|line| line.split_once('\t'))
}

fn records(cx: &mut Cx) -> Result<()> {
    roles(cx)?;
    users(cx)?;
    let settings = json!({
        "language": "en",
        "time_zone": cx.site().config.time_zone,
        "date_format": "yyyy-mm-dd",
        "number_format": "#,###.##",
        "setup_complete": 1,
        "enable_scheduler": 1,
    });
    if let Value::Object(settings) = settings {
        put_single(cx, "System Settings", &settings)?;
    }
    Ok(())
}

/// The roles with a meaning of their own, then every role that a permission rule is written for.
fn roles(cx: &mut Cx) -> Result<()> {
    for (role, desk) in [
        ("Administrator", 1),
        ("System Manager", 1),
        ("Guest", 0),
        ("All", 1),
        ("Desk User", 1),
    ] {
        put(cx, "Role", json!({ "role_name": role, "desk_access": desk }))?;
    }
    let named: BTreeSet<String> = cx
        .site()
        .registered()
        .values()
        .flat_map(|meta| meta.perms.iter().map(|perm| perm.role.clone()))
        .collect();
    for role in named {
        put(cx, "Role", json!({ "role_name": role }))?;
    }
    Ok(())
}

fn users(cx: &mut Cx) -> Result<()> {
    let time_zone = cx.site().config.time_zone.clone();
    for (name, email, user_type) in [
        ("Administrator", "admin@example.com", "System User"),
        ("Guest", "guest@example.com", "Website User"),
    ] {
        let values = json!({
            "name": name,
            "email": email,
            "first_name": name,
            "full_name": name,
            "username": name.to_lowercase(),
            "enabled": 1,
            "user_type": user_type,
            "time_zone": time_zone,
            "send_welcome_email": 0,
            "thread_notify": 0,
            "roles": [{ "role": name }],
        });
        put(cx, "User", values)?;
    }
    Ok(())
}
