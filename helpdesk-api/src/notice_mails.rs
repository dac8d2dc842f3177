//! The four mails that go out by themselves: where their switches and texts are kept, and what they say by themselves.
//!
//! Source: spec/helpdesk-b.md §9.2 and §16.

use helpdesk_core::prelude::*;
use helpdesk_core::site::single;

/// A mail that goes out by itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoticeMail {
    /// What clients call it.
    pub(crate) name: &'static str,
    /// Field of HD Settings: whether it goes out.
    pub(crate) switch: &'static str,
    /// Field of HD Settings: its text; blank means `default`.
    pub(crate) content: &'static str,
    /// The text nobody changed.
    pub(crate) default: &'static str,
}

/// Asks whoever raised a ticket for a rating. Filled with `doc` and `url`.
pub(crate) const SHARE_FEEDBACK: NoticeMail = NoticeMail {
    name: "share_feedback",
    switch: "enable_email_ticket_feedback",
    content: "feedback_email_content",
    default: "<p>Hello,</p><p>your ticket #{{ doc.name }}, {{ doc.subject }}, is {{ doc.status }}. \
              How did we do? Please <a href=\"{{ url }}\">rate our answer</a>.</p>",
};

/// Tells whoever wrote that the message has come. Filled with `doc`.
pub(crate) const ACKNOWLEDGEMENT: NoticeMail = NoticeMail {
    name: "acknowledgement",
    switch: "send_acknowledgement_email",
    content: "acknowledgement_email_content",
    default: "<p>Hello,</p><p>we have received your message about {{ doc.subject }}. \
              It is ticket #{{ doc.name }}; we will answer soon.</p>",
};

/// What agents read around a customer's words. Filled with `doc`, `message` and `ticket_url`.
pub(crate) const REPLY_TO_AGENTS: NoticeMail = NoticeMail {
    name: "reply_to_agents",
    switch: "enable_reply_email_to_agent",
    content: "reply_email_to_agent_content",
    default: "<p>There is a new message on ticket #{{ doc.name }}, {{ doc.subject }}:</p>\
              <div>{{ message }}</div><p><a href=\"{{ ticket_url }}\">Open the ticket</a></p>",
};

/// What a customer reads around an agent's words, where the ticket came by the portal. Filled as
/// [`REPLY_TO_AGENTS`].
pub(crate) const REPLY_VIA_AGENT: NoticeMail = NoticeMail {
    name: "reply_via_agent",
    switch: "enable_reply_email_via_agent",
    content: "reply_via_agent_email_content",
    default: "<div>{{ message }}</div><p>You can follow your ticket <a href=\"{{ ticket_url }}\">here</a>.</p>",
};

/// All of them.
pub(crate) const ALL: [&NoticeMail; 4] = [
    &SHARE_FEEDBACK,
    &ACKNOWLEDGEMENT,
    &REPLY_TO_AGENTS,
    &REPLY_VIA_AGENT,
];

impl NoticeMail {
    /// The mail of a client's name.
    pub(crate) fn named(name: &str) -> Option<&'static NoticeMail> {
        ALL.into_iter().find(|mail| mail.name == name)
    }

    /// The text that is set, else the one nobody changed.
    ///
    /// # Errors
    /// A database failure.
    pub(crate) fn text(&self, cx: &mut Cx) -> Result<String> {
        Ok(match single(cx, "HD Settings", self.content)? {
            Value::String(own) if !own.trim().is_empty() => own,
            _ => self.default.to_owned(),
        })
    }
}
