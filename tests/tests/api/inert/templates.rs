//! Templates that were made to break out of their sandboxes. Those that compute say 1338.

/// What stands in a place.
const EXPRESSIONS: [&str; 20] = [
    "1337 + 1",
    "669 * 2",
    "'' ~ 1337 + 1",
    "config",
    "self",
    "request.environ",
    "''.__class__.__mro__[1].__subclasses__()",
    "()|attr('__class__')",
    "lipsum.__globals__['os'].popen('id').read()",
    "cycler.__init__.__globals__.os.environ",
    "frappe.db.sql('select * from tabUser')",
    "frappe.get_all('User')",
    "frappe.get_doc('User', 'Administrator').api_secret",
    "frappe.session.csrf_token",
    "key ~ api_key ~ api_secret",
    "new_password",
    "'a' * 1000000000",
    "range(1000000000)|list",
    "subject|replace('', subject ~ subject)",
    "frappe.utils.get_url() ~ joiner",
];

/// Each expression as a value, in a condition with a value, and in a loop.
pub(super) fn injections() -> Vec<String> {
    EXPRESSIONS
        .iter()
        .flat_map(|expression| {
            [
                format!("{{{{ {expression} }}}}"),
                format!("{{% if {expression} %}}{{{{ {expression} }}}}{{% endif %}}"),
                format!("{{%- for x in ({expression}) %}}{{{{ x }}}}{{{{ loop.index }}}}{{% endfor -%}}"),
            ]
        })
        .collect()
}
