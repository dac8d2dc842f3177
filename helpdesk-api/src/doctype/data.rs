//! DocTypes of the app, and of those it works with, that are kept as data.

use helpdesk_core::doctype_data;

doctype_data! {
    "src/doctype/data":
    "customer",
    "erpnext_hd_settings",
    "hd_article_feedback",
    "hd_email_feedback",
    "hd_field_layout",
    "hd_form_script",
    "hd_notification",
    "hd_saved_reply",
    "hd_saved_reply_team",
    "hd_stopword",
    "hd_synonym",
    "hd_synonyms",
    "hd_ticket_feedback_option",
    "hd_view",
    "tp_call_log",
    "tp_exotel_settings",
    "tp_telephony_agent",
    "tp_telephony_phone",
    "tp_twilio_settings",
}
