//! Answers to refreshes of links and project VPCs.

use std::time::Duration;

use underpass_model::cloud::Provider;

use crate::reconcile::RefreshOutcome;

/// Longest wait of a refresh for a listing of the cloud: 20 s, less than the 30 s after which
/// compatible clients give up.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Longest provider text in an answer: 300 characters, one or two sentences.
const LONGEST_REASON: usize = 300;

/// Object of a refresh.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refreshed {
    Link,
    Vpc,
}

/// Returns the message of an answer.
pub(super) fn describe(outcome: &RefreshOutcome, provider: Provider, object: Refreshed) -> String {
    let (name, listed) = match object {
        Refreshed::Link => ("link", provider.product().to_owned()),
        Refreshed::Vpc => (
            "project VPC",
            format!("The networks of {}", provider.description()),
        ),
    };
    match outcome {
        RefreshOutcome::Recorded => "refreshed".to_owned(),
        RefreshOutcome::Contended => format!(
            "{} was listed, but the {name} changed concurrently. Changes appear after the next sweep",
            provider.description()
        ),
        RefreshOutcome::Failed(failure) => format!(
            "{listed} could not be listed ({}). Changes appear after a later sweep",
            shorten(&failure.reason)
        ),
        RefreshOutcome::TimedOut => format!(
            "{} was not listed within {} s. Changes appear after a later sweep",
            provider.description(),
            PATIENCE.as_secs()
        ),
    }
}

/// Shortens a provider's text to one line.
fn shorten(original: &str) -> String {
    let mut text: String = original
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_REASON)
        .collect();
    if original.chars().nth(LONGEST_REASON).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::ListingFailure;

    #[test]
    fn a_providers_text_is_shortened_to_one_line() {
        assert_eq!(shorten("denied:\n\u{1b}[31mno"), "denied:  [31mno");
        let long = "ä".repeat(LONGEST_REASON + 1);
        assert_eq!(shorten(&long).chars().count(), LONGEST_REASON + 1);
        assert!(shorten(&long).ends_with('…'));
    }

    fn failed(reason: &str) -> RefreshOutcome {
        let reason = reason.to_owned();
        RefreshOutcome::Failed(ListingFailure {
            reason,
            is_passing: false,
        })
    }

    #[test]
    fn a_refresh_reports_its_outcome() {
        let said = |outcome| describe(&outcome, Provider::Google, Refreshed::Link);
        insta::assert_snapshot!(said(RefreshOutcome::Recorded), @"refreshed");
        insta::assert_snapshot!(said(RefreshOutcome::Contended), @"Google Cloud was listed, but the link changed concurrently. Changes appear after the next sweep");
        insta::assert_snapshot!(said(failed("list x: denied")), @"Google Private Service Connect could not be listed (list x: denied). Changes appear after a later sweep");
        insta::assert_snapshot!(said(RefreshOutcome::TimedOut), @"Google Cloud was not listed within 20 s. Changes appear after a later sweep");
        let said = |outcome| describe(&outcome, Provider::Azure, Refreshed::Vpc);
        insta::assert_snapshot!(said(RefreshOutcome::Contended), @"Azure was listed, but the project VPC changed concurrently. Changes appear after the next sweep");
        insta::assert_snapshot!(said(failed("denied")), @"The networks of Azure could not be listed (denied). Changes appear after a later sweep");
    }
}
