//! `docs/permissions.md`, from the two tables.

use std::fmt::Write;

use crate::cast::PERSONAS;
use crate::table::{Entry, Table};
use crate::{doctypes, here, methods, updates};

const FILE: &str = "../docs/permissions.md";

const HEAD: &str = "\
# Who may do what

Written by `UPDATE_DOCS=1 cargo nextest run -p helpdesk-tests --test matrix`, and each cell asserted by a call over HTTP.

Team restrictions are on (`restrict_tickets_by_agent_group`). The calls are about a ticket of the customer Acme with the
team \"Inside\", and what belongs to it: the **customer** opened it, the **customer manager** manages Acme, the **foreign
customer** belongs to another one; the **agent in team** is in \"Inside\", the **agent outside** in another team. The
**agent manager** has the roles Agent and Agent Manager, the **system manager** has System Manager alone; the **disabled
user** was an agent in the team. The Administrator may do everything.
";

const METHODS: &str = "
## Methods

**yes**: the call was answered (2xx); lists and figures then hold what the caller may see, which the test looks at as well.
A number is the status of the refusal: 401 no such user any more, 403 not allowed, 404 not there, 417 refused by a rule.
`bulk_update` and `delete_items` are answered even where each document was refused; the answer says so.
**gate** says what the request gate (`block_endpoints`) does with users without access to the desk before all that.
`DocType: name` is a method of documents, `*` are all DocTypes; the arguments of each call stand in
`tests/tests/matrix/methods.txt`.

";

const DOCTYPES: &str = "
## DocTypes

By address (`/api/resource/<DocType>`), with the gate open: **l** lists, **r** reads, **w** changes, **c** creates, **d**
deletes a document that is there (the ticket, its comment, the customer's contact …; elsewhere one of the
Administrator's). A letter means that the caller's rights were no obstacle, a dash that they were (401, 403, or 404
for what is hidden from them). Single DocTypes have nothing to list, create or delete. Rows of child tables have the
rights of their parents. Lists hold what the caller may read.

";

/// Writes the page.
pub(crate) fn write() {
    std::fs::write(here(FILE), text()).unwrap();
}

fn text() -> String {
    let mut out = HEAD.to_owned();
    out.push_str(METHODS);
    rows(
        &mut out,
        "method",
        Some("gate"),
        &Table::read(methods::FILE).entries(),
    );
    out.push_str(DOCTYPES);
    rows(&mut out, "DocType", None, &Table::read(doctypes::FILE).entries());
    out
}

fn rows(out: &mut String, what: &str, gate: Option<&str>, entries: &[&Entry]) {
    let titles: Vec<&str> = std::iter::once(what)
        .chain(gate)
        .chain(PERSONAS.iter().map(|persona| persona.title))
        .collect();
    let _ = writeln!(out, "| {} |", titles.join(" | "));
    let _ = writeln!(out, "|{}", " --- |".repeat(titles.len()));
    for entry in entries {
        let name = entry.name.replace('*', "\\*");
        let _ = writeln!(out, "| {name} | {} |", entry.cells.join(" | "));
    }
}

#[test]
fn the_page_is_what_the_tables_say() {
    let stored = std::fs::read_to_string(here(FILE)).unwrap_or_default();
    if stored != text() {
        assert!(updates(), "{FILE} is out of date: UPDATE_DOCS=1 writes it");
        write();
    }
}
