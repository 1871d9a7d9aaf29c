//! The check of an account before it is used: it changes nothing, and each finding is one of three:
//! right, wrong, or not known.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::answer::Answer;
use crate::clock_skew;
use crate::error::{Error, ErrorKind};

/// An account that can be checked.
#[async_trait]
pub trait CheckAccount: Send + Sync {
    /// Checks the account, and reports each finding as soon as it is known. It ends at the first call
    /// that its endpoints do not answer; what was not checked by then is reported as unknown.
    async fn check_account(&self, plan: &CheckPlan, now: Timestamp, report: &mut Report<'_>);
}

/// The receiver of findings.
pub type Report<'a> = dyn FnMut(Finding) + Send + 'a;

/// The parts of a check that the driver does not know.
#[derive(Debug, Clone)]
pub struct CheckPlan {
    /// The name of the account.
    pub account: String,
    /// The regions that the account serves, in the provider's spelling.
    pub regions: Vec<String>,
    /// The command that prints the account's role.
    pub role_command: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The checked aspect.
    pub check: CheckKind,
    /// The checked object, such as the name of a permission or region.
    pub subject: String,
    /// The result.
    pub status: CheckStatus,
    /// The result in words; never a secret.
    pub message: String,
    /// The next step, if the result is not right.
    pub remedy: Option<String>,
}

/// An aspect of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// The credentials are accepted.
    SignIn,
    /// The cloud's API answers.
    Reachability,
    /// This machine's clock is right.
    Clock,
    /// The subscription or project can be used.
    Scope,
    /// The account has a permission.
    Permission,
    /// The account's own resource group exists.
    ResourceGroup,
    /// The resource provider is registered, or the API is enabled.
    Service,
    /// A configured region exists.
    Region,
    /// A quota is not used up.
    Quota,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// It was checked, and is right.
    Ok,
    /// It was checked, and something is missing.
    Missing,
    /// It could not be checked.
    Unknown,
}

impl CheckKind {
    /// The name, as the command line prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Reachability => "reachability",
            Self::Clock => "clock",
            Self::Scope => "scope",
            Self::Permission => "permission",
            Self::ResourceGroup => "resource_group",
            Self::Service => "service",
            Self::Region => "region",
            Self::Quota => "quota",
        }
    }
}

impl CheckStatus {
    /// The name, as the command line prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

impl Finding {
    /// A finding that is right.
    pub(crate) fn ok(check: CheckKind, subject: &str, message: impl Into<String>) -> Self {
        Self {
            check,
            subject: subject.to_owned(),
            status: CheckStatus::Ok,
            message: message.into(),
            remedy: None,
        }
    }

    /// Something that is missing, with the next step.
    pub(crate) fn missing(
        check: CheckKind,
        subject: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            status: CheckStatus::Missing,
            remedy: Some(remedy.into()),
            ..Self::ok(check, subject, message)
        }
    }

    /// Something that could not be checked.
    pub fn unknown(check: CheckKind, subject: &str, message: impl Into<String>) -> Self {
        Self {
            status: CheckStatus::Unknown,
            ..Self::ok(check, subject, message)
        }
    }

    /// Something that could not be checked because a call failed.
    pub(crate) fn not_checked(check: CheckKind, subject: &str, error: &Error) -> Self {
        Self {
            remedy: error.remedy.clone(),
            ..Self::unknown(check, subject, format!("not checked: {error}"))
        }
    }

    /// The finding about the clock by an answer's date.
    pub(crate) fn of_clock(answer: &Answer, host: &str) -> Self {
        let Some(skew) = answer.clock_skew() else {
            let message = format!("{host} does not tell its time");
            return Self::unknown(CheckKind::Clock, host, message);
        };
        let limit = clock_skew::LARGEST_CLOCK_SKEW.as_secs();
        if clock_skew::is_large(skew) {
            let message = format!(
                "differs from {host} by {} s, more than {limit} s",
                rounded(skew)
            );
            let remedy = "Synchronise this machine's clock: `timedatectl set-ntp true`";
            return Self::missing(CheckKind::Clock, host, message, remedy);
        }
        let message = format!("differs by {} s; {limit} s are allowed", rounded(skew));
        Self::ok(CheckKind::Clock, host, message)
    }
}

fn rounded(skew: SignedDuration) -> u64 {
    skew.unsigned_abs().as_secs()
}

/// Reports whether a failed call ends the check: its endpoints do not answer.
pub(crate) fn is_end(error: &Error) -> bool {
    error.reachability() == Some(crate::error::Reachability::Unreachable)
}

/// Reports whether a failed call says that the account lacks a permission.
pub(crate) fn is_denied(error: &Error) -> bool {
    error.kind == ErrorKind::Denied
}

/// The findings about the rest of a check that ended.
pub(crate) fn not_reached(
    rest: impl IntoIterator<Item = (CheckKind, String)>,
    report: &mut Report<'_>,
) {
    for (check, subject) in rest {
        let message = "not checked, because an earlier check failed";
        report(Finding::unknown(check, &subject, message));
    }
}

/// The finding about a quota.
pub(crate) fn quota(subject: &str, used: f64, limit: f64, remedy: &str) -> Finding {
    let message = format!("{used} of {limit} in use");
    // Negative limits stand for none.
    if limit >= 0.0 && used >= limit {
        return Finding::missing(CheckKind::Quota, subject, message, remedy);
    }
    Finding::ok(CheckKind::Quota, subject, message)
}
