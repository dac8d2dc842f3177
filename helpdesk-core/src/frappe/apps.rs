//! `frappe.apps`: the apps a caller can open.

use crate::prelude::*;

/// An app with a page of its own, registered with [`app_page!`](crate::app_page).
pub struct AppPage {
    /// The app's name.
    pub name: &'static str,
    /// What people see.
    pub title: &'static str,
    /// Address of its picture.
    pub logo: &'static str,
    /// Address of its page.
    pub route: &'static str,
    /// Whether a caller may open it.
    pub permitted: fn(&Session) -> bool,
}

inventory::collect!(AppPage);

/// Registers an [`AppPage`](crate::frappe::apps::AppPage).
#[macro_export]
macro_rules! app_page {
    ($($field:ident: $value:expr),* $(,)?) => {
        $crate::__private::inventory::submit! {
            $crate::frappe::apps::AppPage { $($field: $value),* }
        }
    };
}

/// An app the caller can open.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct App {
    name: &'static str,
    logo: &'static str,
    title: &'static str,
    route: &'static str,
}

/// The apps the caller can open, by name.
#[whitelist(inline)]
pub fn get_apps(session: &Session) -> Vec<App> {
    let mut apps: Vec<App> = inventory::iter::<AppPage>()
        .filter(|page| (page.permitted)(session))
        .map(|page| App {
            name: page.name,
            logo: page.logo,
            title: page.title,
            route: page.route,
        })
        .collect();
    apps.sort_by_key(|app| app.name);
    apps
}

/// What a user is told at login: `message`, `home_page` and `full_name`.
///
/// Source: spec/framework.md §4.2.
pub fn greeting(session: &Session) -> [(&'static str, String); 3] {
    let mut routes = get_apps(session).into_iter().map(|app| app.route);
    let (message, home_page) = match (session.system_user, routes.next(), routes.next()) {
        // Without its slash for users of the desk (recorded).
        (true, Some(only), None) => ("Logged In", only.trim_start_matches('/')),
        (true, None, _) => ("Logged In", "/desk"),
        (true, Some(_), Some(_)) => ("Logged In", "/apps"),
        (false, Some(first), _) => ("No App", first),
        (false, None, _) => ("No App", "/"),
    };
    [
        ("message", message.to_owned()),
        ("home_page", home_page.to_owned()),
        ("full_name", session.full_name.to_string()),
    ]
}
