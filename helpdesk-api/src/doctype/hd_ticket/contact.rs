//! Whose ticket it is: contact and customer.
//!
//! Source: spec/helpdesk-a.md §2.2, steps 10 to 12.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::link_refusal;
use helpdesk_core::prelude::*;

use super::events::setting_is_on;
use crate::agents::{first_name, is_agent, memberships_of, session_contact};

link_refusal!("HD Ticket", "contact", no_such_contact);
link_refusal!("HD Ticket", "customer", no_such_customer);

/// Customers hear the same of contacts that are not theirs, whether there are such contacts or not.
fn no_such_contact(cx: &mut Cx, _: &str) -> Result<Option<Error>> {
    Ok((!is_agent(cx)?).then(others_contact))
}

fn no_such_customer(cx: &mut Cx, customer: &str) -> Result<Option<Error>> {
    if is_agent(cx)? || !setting_is_on(cx, "auto_set_customer_from_contact")? {
        return Ok(None);
    }
    Ok(Some(others_customer(customer)))
}

fn others_contact() -> Error {
    forbidden("You can raise tickets for yourself only.")
}

fn others_customer(customer: &str) -> Error {
    invalid(format!(
        "The ticket's contact does not belong to the customer {customer}; please choose another one."
    ))
}

/// Customers raise tickets for themselves only.
pub(super) fn guard(ticket: &Document, cx: &mut Cx) -> Result<()> {
    if ticket.is_empty("contact") || !ticket.has_value_changed("contact") || is_agent(cx)? {
        return Ok(());
    }
    if session_contact(cx)?.as_deref() == Some(ticket.text("contact")) {
        return Ok(());
    }
    Err(others_contact())
}

/// The contact with the address of whoever raised the ticket, where none is given.
pub(super) fn find(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    if !ticket.is_empty("contact") {
        return Ok(());
    }
    let address = bare_address(ticket.text("raised_by")).to_owned();
    if address.is_empty() {
        return Ok(());
    }
    if let Some(contact) = first_name(cx, "Contact", json!({ "email_id": address }))? {
        ticket.set("contact", contact);
    }
    Ok(())
}

/// The address in `Ada <ada@acme.example>`.
fn bare_address(text: &str) -> &str {
    let address = match (text.rfind('<'), text.rfind('>')) {
        (Some(open), Some(close)) if open < close => &text[open + 1..close],
        _ => text,
    };
    address.trim()
}

/// The customer of the contact; one that is given must be one of the contact's, unless an agent gives it.
pub(super) fn set_customer(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    if !setting_is_on(cx, "auto_set_customer_from_contact")?
        || ticket.before.is_some() && !ticket.has_value_changed("customer")
    {
        return Ok(());
    }
    let contact = ticket.text("contact").to_owned();
    let mut linked: Vec<String> = if contact.is_empty() {
        Vec::new()
    } else {
        let memberships = memberships_of(cx, &contact)?;
        memberships.into_iter().map(|member| member.customer).collect()
    };
    let customer = ticket.text("customer");
    if !customer.is_empty() {
        if linked.iter().any(|known| known == customer) {
            return Ok(());
        }
        let refusal = others_customer(customer);
        return if is_agent(cx)? { Ok(()) } else { Err(refusal) };
    }
    if !ticket.is_new || contact.is_empty() {
        return Ok(());
    }
    if linked.len() > 1 {
        if ticket.is_on("via_customer_portal") && !is_agent(cx)? {
            return Err(invalid("Please choose the customer this ticket is for."));
        }
        return Ok(());
    }
    if let Some(only) = linked.pop() {
        ticket.set("customer", only);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_out_of_what_mail_programs_write() {
        assert_eq!(bare_address("Ada <ada@acme.example>"), "ada@acme.example");
        assert_eq!(bare_address(" ada@acme.example "), "ada@acme.example");
        assert_eq!(bare_address(">odd<"), ">odd<");
    }
}
