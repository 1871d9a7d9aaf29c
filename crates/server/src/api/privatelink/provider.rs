//! Cloud in a path or a query.

use underpass_model::cloud::Provider;
use underpass_model::excerpt::excerpt;
use underpass_model::refusal::Refusal;

use crate::api::error::Error;
use crate::api::extract::Member;

/// Returns the provider in the segment `provider`, or the refusal that lists the valid values.
pub(in crate::api) fn provider(member: &Member) -> Result<Provider, Error> {
    let given = member.text("provider")?;
    let found = named(given);
    found.ok_or_else(|| Refusal::not_found("unknown_provider", unknown(given)).into())
}

/// Returns the provider in a query parameter.
pub(in crate::api) fn asked_provider(given: &str) -> Result<Provider, Refusal> {
    named(given).ok_or_else(|| Refusal::invalid("unknown_provider", unknown(given)))
}

fn named(given: &str) -> Option<Provider> {
    [Provider::Azure, Provider::Google, Provider::Aws]
        .into_iter()
        .find(|provider| provider.as_str() == given)
}

fn unknown(given: &str) -> String {
    format!(
        "`{}` is not a provider of privatelinks. Valid values: azure, google, aws",
        excerpt(given)
    )
}
