//! The parameter `api-version`.

use super::refusal::Refusal;
use super::request::Request;

/// Versions of `Microsoft.Network`: those of its published specifications up to 2024-05-01, and later
/// ones that clients were seen to send.
const NETWORK: &[&str] = &[
    "2015-06-15",
    "2016-03-30",
    "2016-06-01",
    "2016-09-01",
    "2016-12-01",
    "2017-03-01",
    "2017-06-01",
    "2017-08-01",
    "2017-09-01",
    "2017-10-01",
    "2017-11-01",
    "2018-01-01",
    "2018-02-01",
    "2018-04-01",
    "2018-06-01",
    "2018-07-01",
    "2018-08-01",
    "2018-10-01",
    "2018-11-01",
    "2018-12-01",
    "2019-02-01",
    "2019-04-01",
    "2019-06-01",
    "2019-07-01",
    "2019-08-01",
    "2019-09-01",
    "2019-11-01",
    "2019-12-01",
    "2020-03-01",
    "2020-04-01",
    "2020-05-01",
    "2020-06-01",
    "2020-07-01",
    "2020-08-01",
    "2020-11-01",
    "2021-02-01",
    "2021-03-01",
    "2021-05-01",
    "2021-08-01",
    "2021-12-01",
    "2022-01-01",
    "2022-05-01",
    "2022-07-01",
    "2022-09-01",
    "2022-11-01",
    "2023-02-01",
    "2023-04-01",
    "2023-05-01",
    "2023-06-01",
    "2023-09-01",
    "2023-11-01",
    "2024-01-01",
    "2024-03-01",
    "2024-05-01",
    "2024-07-01",
    "2024-10-01",
    "2025-01-01",
    "2025-03-01",
    "2025-05-01",
    "2025-07-01",
    "2026-01-01",
    "2026-03-01",
];

/// Versions of private DNS (its published specifications; that of the previews is left out).
const PRIVATE_DNS: &[&str] = &["2018-09-01", "2020-01-01", "2020-06-01", "2024-06-01"];

/// Types of private DNS in paths, in lower case.
const PRIVATE_DNS_TYPES: [&str; 3] = [
    "privatednszones",
    "privatednsoperationstatuses",
    "privatednsoperationresults",
];

/// The network provider in a path, in lower case.
const PROVIDER: &str = "/providers/microsoft.network/";

/// Reads the api-version: of the network provider one of its versions; of others any date, with or
/// without `-preview`.
///
/// # Errors
/// `MissingApiVersionParameter`, `InvalidApiVersionParameter` or `NoRegisteredProviderFound`.
pub(super) fn check(request: &Request) -> Result<&str, Refusal> {
    let given = request
        .query
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("api-version"));
    let Some((_, version)) = given else {
        return Err(Refusal::gateway(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    };
    let date = version.strip_suffix("-preview").unwrap_or(version);
    if date.len() != 10 || date.parse::<jiff::civil::Date>().is_err() {
        return Err(Refusal::gateway(
            400,
            "InvalidApiVersionParameter",
            format!(
                "The api-version '{version}' is invalid. Use a date: YYYY-MM-DD or \
                 YYYY-MM-DD-preview."
            ),
        ));
    }
    let known = |kind: &str| {
        if is_private_dns(kind) {
            PRIVATE_DNS
        } else {
            NETWORK
        }
    };
    match network_type(&request.path) {
        Some(kind) if !known(kind).contains(&version.as_str()) => Err(Refusal::gateway(
            400,
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for API version '{version}' for type \
                 '{kind}'. The supported api-versions are '{}'.",
                known(kind).join(", ")
            ),
        )
        .header("x-ms-failure-cause", "gateway")),
        Some(_) | None => Ok(version),
    }
}

fn is_private_dns(kind: &str) -> bool {
    PRIVATE_DNS_TYPES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(kind))
}

/// Reports whether private DNS answers for a path, not the network provider.
pub(crate) fn is_private_dns_path(path: &str) -> bool {
    network_type(path).is_some_and(is_private_dns)
}

/// The type of the network provider in a path.
fn network_type(path: &str) -> Option<&str> {
    let begin = path.to_ascii_lowercase().find(PROVIDER)? + PROVIDER.len();
    path.get(begin..)?.split('/').next()
}
