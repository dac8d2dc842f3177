//! HD Settings: what an administrator sets for the whole help desk.

mod events;
pub mod helpers;

use helpdesk_core::doctype::typed::{Layout, doctype};

/// What an administrator sets for the whole help desk.
#[doctype(
    name = "HD Settings", app = "helpdesk", module = "Helpdesk", sort_field = "modified", issingle,
    track_changes, quick_entry,
    permission(role = "System Manager", rights = [read, write, create, delete, share, print, email]),
    permission(role = "Agent", rights = [read, share, print, email]),
    permission(role = "Agent Manager", rights = [read, write, create, delete, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdSettings {
    #[field(standard)]
    pub name: String,

    #[field(section_break, label = "Priority")]
    pub priority_section: Layout,
    #[field(link = "HD Ticket Priority", label = "Default priority")]
    pub default_priority: Option<String>,
    #[field(column_break)]
    pub column_break_nvbf: Layout,

    #[field(section_break, label = "Team Restrictions")]
    pub agent_groups_section: Layout,
    /// Agents see only the tickets of their teams.
    #[field(label = "Restrict tickets by Team")]
    pub restrict_tickets_by_agent_group: bool,
    /// Tickets without a team are seen by all agents all the same.
    #[field(
        label = "Do not restrict tickets without a Team",
        depends_on = "restrict_tickets_by_agent_group"
    )]
    pub do_not_restrict_tickets_without_an_agent_group: bool,
    #[field(column_break)]
    pub column_break_dxlq: Layout,
    #[field(
        label = "Restrict agent assignment to selected Team",
        depends_on = "restrict_tickets_by_agent_group"
    )]
    pub assign_within_team: bool,
    #[field(
        label = "Disable saved replies with scope 'Global'",
        depends_on = "restrict_tickets_by_agent_group"
    )]
    pub disable_saved_replies_global_scope: bool,

    #[field(section_break, label = "Assignment Rules", hidden)]
    pub assignment_rules_section: Layout,
    #[field(link = "Assignment Rule", read_only, hidden)]
    pub base_support_rotation: Option<String>,

    #[field(section_break, label = "Knowledge Base")]
    pub knowledge_base_section: Layout,
    #[field(label = "Prefer knowledge base")]
    pub prefer_knowledge_base: bool,

    #[field(tab_break, label = "Ticket")]
    pub ticket_tab: Layout,
    #[field(section_break, label = "Ticket Type")]
    pub ticket_type_section: Layout,
    #[field(link = "HD Ticket Type", label = "Default ticket type")]
    pub default_ticket_type: Option<String>,
    #[field(column_break)]
    pub column_break_zxek: Layout,

    #[field(section_break, label = "Feedback")]
    pub feedback_section: Layout,
    #[field(label = "Enable feedback for Customer Portal", default = true)]
    pub is_feedback_mandatory: bool,
    #[field(column_break)]
    pub column_break_kegb: Layout,

    #[field(section_break, label = "Comments")]
    pub comments_section: Layout,
    #[field(label = "Enable comment reactions")]
    pub enable_comment_reactions: bool,

    #[field(section_break)]
    pub ticket_restrictions_section: Layout,
    #[field(label = "Allow anyone to create tickets")]
    pub allow_anyone_to_create_tickets: bool,
    #[field(label = "Auto update status")]
    pub auto_update_status: bool,
    /// Status a ticket gets when an agent replies.
    #[field(
        link = "HD Ticket Status",
        label = "Update status to",
        depends_on = "eval:doc.auto_update_status",
        mandatory_depends_on = "eval:doc.auto_update_status",
        link_filters = "[]"
    )]
    pub update_status_to: Option<String>,
    #[field(column_break)]
    pub column_break_iarl: Layout,
    #[field(label = "Automatically Close Tickets when")]
    pub auto_close_tickets: bool,
    #[field(
        link = "HD Ticket Status",
        label = "Status",
        depends_on = "auto_close_tickets",
        mandatory_depends_on = "eval: doc.auto_close_tickets",
        link_filters = r#"[["HD Ticket Status","category","in",["Paused","Resolved",null]]]"#
    )]
    pub auto_close_status: Option<String>,
    /// Days since the ticket's last message.
    #[field(
        label = "Auto-close after (Days)",
        default = 14,
        depends_on = "auto_close_tickets",
        mandatory_depends_on = "eval: doc.auto_close_tickets"
    )]
    pub auto_close_after_days: i64,

    #[field(section_break)]
    pub section_break_ylvs: Layout,
    #[field(label = "Apply outside working hours")]
    pub enable_outside_hours_banner: bool,
    #[field(
        small_text,
        label = "Custom Outside Working Hours Message",
        depends_on = "enable_outside_hours_banner",
        mandatory_depends_on = "eval: doc.enable_outside_hours_banner",
        default = "Thank you for writing to us. Your ticket arrived outside our working hours; we will get back to you on {{ next_working_day }}."
    )]
    pub outside_working_hours_message: Option<String>,
    #[field(column_break)]
    pub column_break_fzef: Layout,

    #[field(section_break, label = "Ticket Routing")]
    pub ticket_routing_section: Layout,
    #[field(label = "Auto-set customer from contact", default = true)]
    pub auto_set_customer_from_contact: bool,

    #[field(section_break, label = "Status")]
    pub status_section: Layout,
    #[field(
        link = "HD Ticket Status",
        label = "Default ticket status",
        reqd,
        in_list_view,
        link_filters = r#"[["HD Ticket Status","category","=","Open"]]"#
    )]
    pub default_ticket_status: String,
    #[field(column_break)]
    pub column_break_yfbu: Layout,
    #[field(
        link = "HD Ticket Status",
        label = "Ticket Reopen status",
        reqd,
        in_list_view,
        link_filters = r#"[["HD Ticket Status","category","=","Open"]]"#
    )]
    pub ticket_reopen_status: String,

    #[field(tab_break, label = "Workflow")]
    pub workflow_tab: Layout,
    /// Replies and notices are kept but not mailed.
    #[field(label = "Skip e-mail workflow")]
    pub skip_email_workflow: bool,
    /// Mails go out with the request instead of waiting in the queue.
    #[field(label = "Instantly send e-mail")]
    pub instantly_send_email: bool,
    #[field(column_break)]
    pub column_break_aomm: Layout,

    #[field(tab_break, label = "Branding")]
    pub branding_tab: Layout,
    #[field(column_break)]
    pub column_break_fsjn: Layout,
    #[field(label = "Name")]
    pub brand_name: Option<String>,
    #[field(attach_image, label = "Logo")]
    pub brand_logo: Option<String>,
    #[field(attach_image)]
    pub favicon: Option<String>,
    #[field(column_break)]
    pub images_column: Layout,

    #[field(tab_break, label = "Misc")]
    pub misc_tab: Layout,
    #[field(section_break, label = "Setup")]
    pub setup_section: Layout,
    #[field(label = "Is setup complete")]
    pub setup_complete: bool,
    #[field(label = "Is name setup skipped")]
    pub initial_helpdesk_name_setup_skipped: bool,
    #[field(hidden)]
    pub show_customer_portal_permission_notice: bool,
    #[field(hidden)]
    pub persona_captured: bool,
    #[field(column_break)]
    pub column_break_hjfh: Layout,

    #[field(tab_break, label = "Search")]
    pub search_tab: Layout,
    #[field(default = 1)]
    pub name_weight: i64,
    #[field(default = 6)]
    pub subject_weight: i64,
    #[field(column_break)]
    pub column_break_qoxt: Layout,
    #[field(default = 5)]
    pub description_weight: i64,
    #[field(default = 8)]
    pub headings_weight: i64,

    #[field(tab_break, label = "Email Notifications")]
    pub email_customisations_tab: Layout,
    #[field(section_break, label = "Share Feedback")]
    pub share_feedback_section: Layout,
    #[field(label = "Enabled")]
    pub enable_email_ticket_feedback: bool,
    #[field(
        link = "HD Ticket Status",
        label = "Send feedback when",
        depends_on = "eval:doc.enable_email_ticket_feedback",
        mandatory_depends_on = "eval:doc.enable_email_ticket_feedback",
        link_filters = r#"[["HD Ticket Status","category","=","Resolved"]]"#
    )]
    pub send_email_feedback_on_status: Option<String>,
    #[field(text, label = "Email Content")]
    pub feedback_email_content: Option<String>,

    #[field(section_break, label = "Acknowledgement")]
    pub acknowledgement_section: Layout,
    #[field(label = "Enabled")]
    pub send_acknowledgement_email: bool,
    #[field(text, label = "Email Content")]
    pub acknowledgement_email_content: Option<String>,

    #[field(section_break, label = "Reply From Contact")]
    pub reply_from_contact_section: Layout,
    #[field(label = "Enabled", default = true)]
    pub enable_reply_email_to_agent: bool,
    #[field(text, label = "Email Content")]
    pub reply_email_to_agent_content: Option<String>,

    #[field(section_break, label = "Reply From Agent")]
    pub reply_from_agent_section: Layout,
    #[field(label = "Enabled", default = true)]
    pub enable_reply_email_via_agent: bool,
    #[field(text, label = "Email Content")]
    pub reply_via_agent_email_content: Option<String>,
}
