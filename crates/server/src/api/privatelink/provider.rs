//! The cloud named in a path.

use underpass_model::cloud::Provider;
use underpass_model::refusal::Refusal;

use crate::api::{Error, Member};

/// The provider of the segment `provider`, or the refusal that lists those there are.
pub(in crate::api) fn provider(member: &Member) -> Result<Provider, Error> {
    match member.text("provider")? {
        "azure" => Ok(Provider::Azure),
        "google" => Ok(Provider::Google),
        "aws" => Ok(Provider::Aws),
        other => Err(Refusal::not_found(
            "unknown_provider",
            format!("There is no privatelink on `{other}`: there are azure, google and aws"),
        )
        .into()),
    }
}
