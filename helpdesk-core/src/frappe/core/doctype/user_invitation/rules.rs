//! What apps say about invitations: who may invite for which roles, and what follows when one is accepted.

use std::collections::BTreeSet;

use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::error::Result;
use crate::session::Session;

/// An app's say.
pub struct InvitationRule {
    /// The app.
    pub app: &'static str,
    /// Whoever has the first role may invite for the others.
    pub allowed: &'static [(&'static str, &'static [&'static str])],
    /// Arguments of an invitation that go into its fields.
    pub params: &'static [&'static str],
    /// What invitations are called: what people are invited to.
    pub title: fn(&mut Cx) -> Result<String>,
    /// Runs when an invitation is accepted: the invitation, its user, whether the user is new.
    pub after_accept: fn(&mut Cx, &Document, &Document, bool) -> Result<()>,
}

inventory::collect!(InvitationRule);

/// Registers what an app says about invitations.
///
/// ```ignore
/// invitation_rule! {
///     app: "helpdesk",
///     allowed: &[("Agent Manager", &["Agent"])],
///     params: &["customer"],
///     title: title,
///     after_accept: welcome,
/// }
/// ```
#[macro_export]
macro_rules! invitation_rule {
    (app: $app:expr, allowed: $allowed:expr, params: $params:expr, title: $title:path,
     after_accept: $after:path $(,)?) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::frappe::core::doctype::user_invitation::rules::InvitationRule {
                    app: $app,
                    allowed: $allowed,
                    params: $params,
                    title: $title,
                    after_accept: $after,
                }
            }
        };
    };
}

/// The rule of an app; `None` for apps that invite nobody, and for those that are not there.
pub fn of_app(app: &str) -> Option<&'static InvitationRule> {
    inventory::iter::<InvitationRule>
        .into_iter()
        .find(|rule| rule.app == app)
}

impl InvitationRule {
    /// Whether a caller may invite at all.
    pub fn lets_invite(&self, session: &Session) -> bool {
        session.is_administrator() || self.allowed.iter().any(|(role, _)| session.has_role(role))
    }

    /// The roles a caller may invite for.
    pub fn roles_for(&self, session: &Session) -> BTreeSet<&'static str> {
        self.allowed
            .iter()
            .filter(|(role, _)| session.is_administrator() || session.has_role(role))
            .flat_map(|(_, roles)| roles.iter().copied())
            .collect()
    }
}
