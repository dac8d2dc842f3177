//! What System Settings say of signing in.
//!
//! Source: spec/framework.md §4.1, §4.2, §4.8; spec/framework-api.md §13.

/// Settings of signing in, with the defaults that hold where nothing was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInSettings {
    /// Seconds a session lasts without use.
    pub session_expiry: i64,
    /// Failed logins that are allowed in a row; 0: any number.
    pub attempts: i64,
    /// Seconds from the first failure until failures are forgotten.
    pub after_fail: i64,
    /// Whether a mobile number names a user.
    pub by_mobile: bool,
    /// Whether a user name names a user.
    pub by_username: bool,
    /// Whether nobody may sign in by password.
    pub no_passwords: bool,
    /// Whether a new session ends a user's older ones.
    pub one_session: bool,
    /// Lowest score of a new password (0 to 4); `None`: any password will do.
    pub lowest_score: Option<u8>,
    /// Password resets an address may ask for in an hour.
    pub reset_limit: u32,
    /// Seconds a link to set a password holds.
    pub reset_link_expiry: i64,
    /// Whether people sign in by a mailed link.
    pub by_link: bool,
    /// Minutes a link to sign in holds.
    pub link_minutes: i64,
    /// Links to sign in that an address may ask for, and use, in an hour.
    pub link_limit: u32,
    /// Whether roles may ask for a second factor.
    pub second_factor: bool,
    /// Whether the second factor is a code that is mailed; else one that an app makes.
    pub second_by_mail: bool,
    /// Whether users who are confined to addresses need no second factor.
    pub second_not_for_confined: bool,
    /// What apps show as the name of this site.
    pub second_issuer: String,
    /// Whether a new password ends all other sessions of its user.
    pub sign_out_on_reset: bool,
    /// Days a password may be used; 0: any number.
    pub password_days: i32,
    policy: bool,
    score: u8,
}

/// What a blank `session_expiry` means.
const BLANK_EXPIRY: i64 = 240 * 3600;

impl Default for SignInSettings {
    fn default() -> SignInSettings {
        SignInSettings {
            session_expiry: 170 * 3600,
            attempts: 10,
            after_fail: 60,
            by_mobile: false,
            by_username: false,
            no_passwords: false,
            one_session: false,
            lowest_score: Some(2),
            reset_limit: 3,
            reset_link_expiry: 1200,
            by_link: true,
            link_minutes: 10,
            link_limit: 5,
            second_factor: false,
            second_by_mail: false,
            second_not_for_confined: false,
            second_issuer: "Helpdesk".to_owned(),
            sign_out_on_reset: true,
            password_days: 0,
            policy: true,
            score: 2,
        }
    }
}

impl SignInSettings {
    /// Takes one stored value of System Settings; other fields are left alone.
    pub(crate) fn read(&mut self, field: &str, value: &str) {
        let number = value.trim().parse::<i64>();
        let on = number.as_ref().is_ok_and(|number| *number != 0);
        match field {
            "session_expiry" => self.session_expiry = seconds(value).unwrap_or(BLANK_EXPIRY),
            "allow_consecutive_login_attempts" => self.attempts = number.unwrap_or(self.attempts).max(0),
            "allow_login_after_fail" => self.after_fail = number.unwrap_or(self.after_fail).max(0),
            "allow_login_using_mobile_number" => self.by_mobile = on,
            "allow_login_using_user_name" => self.by_username = on,
            "disable_user_pass_login" => self.no_passwords = on,
            "deny_multiple_sessions" => self.one_session = on,
            "enable_password_policy" => self.policy = on,
            "minimum_password_score" => self.score = number.unwrap_or(2).clamp(1, 4).try_into().unwrap_or(2),
            "password_reset_limit" => {
                // 0 is what a form leaves where nobody set it; no limit at all would send mails without end.
                let limit = number.ok().and_then(|number| u32::try_from(number).ok());
                self.reset_limit = limit.filter(|limit| *limit > 0).unwrap_or(3);
            }
            "reset_password_link_expiry_duration" => {
                let seconds = value.trim().parse::<f64>().ok().filter(|seconds| *seconds >= 1.0);
                self.reset_link_expiry = seconds.map_or(1200, |seconds| seconds as i64);
            }
            "enable_two_factor_auth" => self.second_factor = on,
            "two_factor_method" => self.second_by_mail = value == "Email",
            "bypass_2fa_for_retricted_ip_users" => self.second_not_for_confined = on,
            "otp_issuer_name" if !value.trim().is_empty() => value.trim().clone_into(&mut self.second_issuer),
            "login_with_email_link" => self.by_link = on,
            // 0 is what a form leaves where nobody set it.
            "login_with_email_link_expiry" => {
                self.link_minutes = number
                    .ok()
                    .filter(|minutes| *minutes > 0)
                    .map_or(10, |minutes| minutes.min(1440));
            }
            "rate_limit_email_link_login" => {
                let limit = number.ok().and_then(|number| u32::try_from(number).ok());
                self.link_limit = limit.filter(|limit| *limit > 0).unwrap_or(5);
            }
            "force_user_to_reset_password" => {
                self.password_days = number
                    .ok()
                    .and_then(|days| i32::try_from(days).ok())
                    .map_or(0, |days| days.max(0));
            }
            "logout_on_password_reset" => self.sign_out_on_reset = on,
            _ => {}
        }
        self.lowest_score = self.policy.then_some(self.score);
    }
}

/// `HH:MM` or `HH:MM:SS` in seconds; `None` for anything else, and for nothing at all.
fn seconds(text: &str) -> Option<i64> {
    let mut parts = text.trim().split(':').map(|part| part.parse::<u32>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = match parts.next() {
        Some(seconds) => seconds?,
        None => 0,
    };
    let total = i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds);
    (parts.next().is_none() && total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_hours_minutes_and_maybe_seconds() {
        let expiry = |value| {
            let mut settings = SignInSettings::default();
            settings.read("session_expiry", value);
            settings.session_expiry
        };

        assert_eq!(expiry("170:00"), 612_000);
        assert_eq!(expiry("00:30:10"), 1_810);
        for blank in ["", "soon", "1", "1:2:3:4", "00:00", "-1:00"] {
            assert_eq!(expiry(blank), BLANK_EXPIRY, "{blank:?}");
        }
    }

    #[test]
    fn the_policy_can_be_switched_off_and_on() {
        let mut settings = SignInSettings::default();
        settings.read("enable_password_policy", "0");
        settings.read("minimum_password_score", "3");
        assert_eq!(settings.lowest_score, None);
        settings.read("enable_password_policy", "1");
        assert_eq!(settings.lowest_score, Some(3));
    }
}
