//! Which documents of the base app's DocTypes a caller may see at all.
//!
//! Each rule is one predicate, for lists and single documents alike (spec/framework-data.md §5.3.7, §5.4.2).

use crate::cx::Cx;
use crate::doctype::permissions::Right;
use crate::doctype::predicate::Predicate;
use crate::error::Result;
use crate::{link_rule, permission_rule};

permission_rule!("User", users);
link_rule!("User", built_in_users);
permission_rule!("ToDo", todos);
permission_rule!("Notification Log", own_notifications);
permission_rule!("Notification Settings", own_settings);
permission_rule!("Communication", communications);
permission_rule!("File", files);
permission_rule!("DocShare", own_shares);
permission_rule!("Note", notes);

/// Every site has them.
const BUILT_IN: [&str; 2] = ["Administrator", "Guest"];

/// The built-in users are nobody's business.
fn users(_: &mut Cx, _: Right) -> Result<Predicate> {
    Ok(Predicate::NotIn(
        "name".into(),
        BUILT_IN.map(str::to_owned).to_vec(),
    ))
}

/// Work may be given to the built-in users: that they exist tells nothing.
fn built_in_users(_: &mut Cx) -> Result<Predicate> {
    Ok(Predicate::In("name".into(), BUILT_IN.map(str::to_owned).to_vec()))
}

/// A caller without a role of the DocType's own rules (other than `All`) sees what is assigned to or by the caller.
fn todos(cx: &mut Cx, _: Right) -> Result<Predicate> {
    let sees_all = cx.site().meta("ToDo").is_some_and(|meta| {
        meta.perms.iter().any(|perm| {
            perm.permlevel == 0
                && !perm.if_owner
                && !matches!(perm.role.as_str(), "All" | "Guest" | "Desk User")
                && cx.session().has_role(&perm.role)
        })
    });
    if sees_all {
        return Ok(Predicate::All);
    }
    let user = cx.user().to_owned();
    Ok(Predicate::Or(vec![
        Predicate::Eq("allocated_to".into(), user.clone()),
        Predicate::Eq("assigned_by".into(), user),
    ]))
}

/// The caller's own notes, and what is public.
fn notes(cx: &mut Cx, _: Right) -> Result<Predicate> {
    Ok(Predicate::Or(vec![
        Predicate::Eq("owner".into(), cx.user().to_owned()),
        Predicate::On("public".into()),
    ]))
}

fn own_notifications(cx: &mut Cx, _: Right) -> Result<Predicate> {
    Ok(Predicate::Eq("for_user".into(), cx.user().to_owned()))
}

fn own_settings(cx: &mut Cx, _: Right) -> Result<Predicate> {
    Ok(if cx.session().has_role("System Manager") {
        Predicate::All
    } else {
        Predicate::Eq("name".into(), cx.user().to_owned())
    })
}

fn own_shares(cx: &mut Cx, _: Right) -> Result<Predicate> {
    Ok(if cx.session().has_role("System Manager") {
        Predicate::All
    } else {
        Predicate::Eq("user".into(), cx.user().to_owned())
    })
}

/// Mails are for those who manage the system, and for those whose mail account they came through, which no user has
/// yet; others see messages of other kinds.
fn communications(cx: &mut Cx, _: Right) -> Result<Predicate> {
    if cx.session().has_role("System Manager") {
        return Ok(Predicate::All);
    }
    Ok(Predicate::NotIn(
        "communication_medium".into(),
        vec!["Email".into()],
    ))
}

/// The caller's own files; people of the desk also see what is public.
fn files(cx: &mut Cx, right: Right) -> Result<Predicate> {
    if cx.session().has_role("System Manager") {
        return Ok(Predicate::All);
    }
    let own = Predicate::Eq("owner".into(), cx.user().to_owned());
    if cx.session().system_user && matches!(right, Right::Read | Right::Select) {
        return Ok(Predicate::Or(vec![own, Predicate::Off("is_private".into())]));
    }
    Ok(own)
}
