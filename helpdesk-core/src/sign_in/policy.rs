//! How strong a new password must be.
//!
//! Source: spec/framework.md §4.7.

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::password::LONGEST;

/// What is said of a new password.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Strength {
    /// From 0 (guessed at once) to 4.
    pub score: u8,
    /// What to do better.
    pub feedback: Feedback,
}

/// Advice on a new password.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Feedback {
    /// What is wrong with it; empty where nothing stands out.
    pub warning: String,
    /// How it would be better.
    pub suggestions: Vec<String>,
    /// Whether the site takes it.
    pub password_policy_validation_passed: bool,
}

/// Judges a password against the lowest score a site takes. `about` holds words that are easy to guess for this user.
/// Slow: belongs on the lane for passwords.
pub(crate) fn judge(password: &str, about: &[&str], lowest: u8) -> Strength {
    // The estimate grows with the square of the length, and a hundred characters tell enough.
    let begin: String = password.chars().take(100).collect();
    let estimate = zxcvbn::zxcvbn(&begin, about);
    let score = u8::from(estimate.score());
    let feedback = estimate.feedback();
    let warning = feedback.and_then(|feedback| feedback.warning());
    let suggestions = feedback.map_or(&[][..], |feedback| feedback.suggestions());
    Strength {
        score,
        feedback: Feedback {
            warning: warning.map(|warning| warning.to_string()).unwrap_or_default(),
            suggestions: suggestions.iter().map(ToString::to_string).collect(),
            password_policy_validation_passed: score > 0 && score >= lowest,
        },
    }
}

/// Refuses a new password that the site does not take; `lowest` is `None` where any will do.
///
/// # Errors
/// 417 naming what is wrong with it.
pub(crate) fn require(password: &str, about: &[&str], lowest: Option<u8>) -> Result<()> {
    let refused = |text: String| {
        Err(Error::new(ErrorKind::ValidationError, text).title("Password requirements not met"))
    };
    if password.is_empty() {
        return refused("A new password is needed.".to_owned());
    }
    if password.chars().count() > LONGEST {
        return refused(format!("A password has at most {LONGEST} characters."));
    }
    let Some(lowest) = lowest else {
        return Ok(());
    };
    let Feedback {
        warning,
        suggestions,
        password_policy_validation_passed,
    } = judge(password, about, lowest).feedback;
    if password_policy_validation_passed {
        return Ok(());
    }
    let mut text = "This password is too easy to guess.".to_owned();
    for sentence in [warning].into_iter().chain(suggestions) {
        if !sentence.is_empty() {
            text.push(' ');
            text.push_str(&sentence);
        }
    }
    refused(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_easy_to_guess_is_refused() {
        for easy in ["", "password", "12345678", "ada@desk.example", "qwertyuiop"] {
            assert!(require(easy, &["ada@desk.example"], Some(2)).is_err(), "{easy}");
        }
        assert!(require("violet-gravel-87-owl", &[], Some(4)).is_ok());
        assert!(require("password", &[], None).is_ok());
        assert!(require(&"x".repeat(513), &[], None).is_err());
        assert!(require(&"\u{1F600}".repeat(512), &[], None).is_ok());
    }
}
