//! Grants: what a project may adopt of that which exists in a cloud account already.
//!
//! An operator adopts anything; a project's own members adopt only what a grant covers. Otherwise
//! a project could adopt the network of another one and publish its machines.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::Provider;
use crate::cloud_resource::fold;
use crate::excerpt::excerpt;
use crate::google;
use crate::id::GrantId;
use crate::name::{AccountName, ProjectName};
use crate::refusal::Refusal;
use crate::remedy::Remedy;

/// The maximum of grants of one project: 64. A grant can cover a whole subscription or project.
pub const MAX_GRANTS: usize = 64;

/// The fixed segments of an Azure resource ID of a subnet, the narrowest scope; empty segments are
/// names.
const AZURE_SHAPE: [&str; 10] = [
    "subscriptions",
    "",
    "resourceGroups",
    "",
    "providers",
    "Microsoft.Network",
    "virtualNetworks",
    "",
    "subnets",
    "",
];

/// The lengths at which an Azure scope may end: subscription, group, network, subnet.
const AZURE_LENGTHS: [usize; 4] = [2, 4, 8, 10];

/// A permission to adopt the resources within a scope of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptionGrant {
    /// The ID.
    pub id: GrantId,
    /// The account.
    pub account: AccountName,
    /// The scope.
    pub scope: GrantScope,
    /// The operator who granted it, as actors of events are shown.
    pub granted_by: String,
    /// The time of creation.
    pub created_at: Timestamp,
}

/// The prefix of the IDs that a grant covers, in whole segments: on Azure a subscription, resource
/// group, virtual network, subnet or network interface; on Google a project, network or instance. The
/// name of an interface or instance may end with `*`, for all names with that beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrantScope(String);

// === impl AdoptionGrant ===

impl AdoptionGrant {
    /// Reports whether the grant covers a resource of its account.
    pub fn covers(&self, id: &str) -> bool {
        self.scope.covers(id)
    }
}

// === impl GrantScope ===

impl GrantScope {
    /// Parses a scope of a provider.
    ///
    /// # Errors
    /// * `grant_scope`: the text names nothing that can be adopted there.
    pub fn parse(provider: Provider, text: &str) -> Result<Self, Refusal> {
        let (scope, expected) = match provider {
            Provider::Azure => (
                azure(text),
                "the resource ID of a subscription, resource group, virtual network, subnet or \
                 network interface: /subscriptions/S[/resourceGroups/G[/providers/\
                 Microsoft.Network/(virtualNetworks/V[/subnets/N] or networkInterfaces/N)]]; the \
                 name of an interface may end with `*`",
            ),
            Provider::Google => (
                google::project_path(text)
                    .or_else(|_malformed| google::network_path(text))
                    .or_else(|_malformed| instances(text))
                    .ok(),
                "the path of a project, network or instance: projects/P[/(global/networks/N or \
                 zones/Z/instances/N)]; the name of an instance may end with `*`",
            ),
            Provider::Aws => (None, "an account on Azure or Google"),
        };
        scope.map(Self).ok_or_else(|| {
            Refusal::invalid(
                "grant_scope",
                format!("`scope` is `{}`, but must be {expected}", excerpt(text)),
            )
        })
    }

    /// Reports whether a resource is the scope itself or within it. Azure ignores the case of IDs,
    /// and Google's are in lower case.
    fn covers(&self, id: &str) -> bool {
        let (scope, id) = (fold(&self.0), fold(id));
        if let Some(prefix) = scope.strip_suffix('*') {
            let rest = id.strip_prefix(prefix);
            return rest.is_some_and(|rest| !rest.contains('/'));
        }
        id.strip_prefix(&scope)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GrantScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Refuses to adopt resources that no grant covers.
///
/// # Errors
/// * `adoption_not_granted`: a resource is not covered.
pub fn check(
    grants: &[AdoptionGrant],
    project: &ProjectName,
    account: &AccountName,
    ids: &[String],
) -> Result<(), Refusal> {
    let is_covered = |id: &&String| {
        grants
            .iter()
            .any(|grant| grant.account == *account && grant.covers(id))
    };
    let Some(id) = ids.iter().find(|id| !is_covered(id)) else {
        return Ok(());
    };
    Err(Refusal::forbidden(
        "adoption_not_granted",
        format!(
            "Project `{project}` may not adopt `{id}` with account `{account}`. Only an operator's \
             token that is not restricted to projects adopts what no grant covers"
        ),
    )
    .with_remedy(Remedy::GrantAdoption {
        project: project.clone(),
        account: account.clone(),
        scope: id.clone(),
    }))
}

/// The refusal for a grant that does not exist.
pub fn grant_not_found(id: &GrantId, project: &ProjectName) -> Refusal {
    Refusal::not_found(
        "grant_not_found",
        format!("Project `{project}` has no grant {id}"),
    )
    .with_remedy(Remedy::ListGrants {
        project: project.clone(),
    })
}

/// Returns an instance as a path from `projects/` on, or those whose names have a beginning.
fn instances(text: &str) -> Result<String, google::Malformed> {
    let (exact, star) = match text.strip_suffix('*') {
        Some(beginning) => (beginning, "*"),
        None => (text, ""),
    };
    exact
        .parse::<google::Instance>()
        .map(|instance| format!("{instance}{star}"))
}

/// Returns an Azure scope, if the text is one; a final slash is dropped.
fn azure(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let segments: Vec<&str> = text.strip_prefix('/')?.split('/').collect();
    let fits = |(given, fixed): (&&str, &&str)| {
        if fixed.is_empty() {
            is_name(given)
        } else {
            given.eq_ignore_ascii_case(fixed)
        }
    };
    let is_interface = segments.len() == 8
        && segments
            .get(6)
            .is_some_and(|it| it.eq_ignore_ascii_case("networkInterfaces"))
        && segments.iter().zip(&AZURE_SHAPE).take(6).all(fits)
        && segments.last().is_some_and(|it| {
            let beginning = it.strip_suffix('*').unwrap_or(it);
            is_name(beginning)
        });
    if is_interface {
        return Some(text.to_owned());
    }
    let all =
        AZURE_LENGTHS.contains(&segments.len()) && segments.iter().zip(&AZURE_SHAPE).all(fits);
    all.then(|| text.to_owned())
}

/// Reports whether a text can be one name in a resource ID.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '(' | ')');
    !text.is_empty()
        && text.chars().count() <= 90
        && text.chars().all(fits)
        && text.chars().any(|c| c != '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "/subscriptions/S/resourceGroups/net";

    fn grant(provider: Provider, scope: &str) -> AdoptionGrant {
        AdoptionGrant {
            id: GrantId::from_bits(1),
            account: provider.as_str().parse().unwrap(),
            scope: GrantScope::parse(provider, scope).unwrap(),
            granted_by: "ada".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn allows(provider: Provider, scope: &str, id: &str) -> bool {
        let project = "demo".parse().unwrap();
        let account = provider.as_str().parse().unwrap();
        let ids = [id.to_owned()];
        check(&[grant(provider, scope)], &project, &account, &ids).is_ok()
    }

    #[test]
    fn a_grant_covers_whole_segments_below_its_scope() {
        let vnet = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/v");
        for scope in ["/subscriptions/s", GROUP, &vnet, &format!("{vnet}/")] {
            let subnet = format!("{vnet}/subnets/nodes").to_uppercase();
            assert!(allows(Provider::Azure, scope, &subnet), "{scope}");
        }
        for other in [
            "/subscriptions/S/resourceGroups/network",
            "/subscriptions/S",
            "/subscriptions/S2/resourceGroups/net",
        ] {
            assert!(!allows(Provider::Azure, GROUP, other), "{other}");
        }
        let network = "projects/p/global/networks/n";
        assert!(allows(Provider::Google, "projects/p", network));
        assert!(allows(
            Provider::Google,
            &format!("https://www.googleapis.com/compute/v1/{network}"),
            network
        ));
        assert!(!allows(Provider::Google, network, &format!("{network}2")));
        assert!(!allows(
            Provider::Google,
            "projects/p",
            "projects/p2/global/networks/n"
        ));
    }

    #[test]
    fn a_grant_covers_interfaces_and_instances_by_the_beginning_of_their_names() {
        let nics = format!("{GROUP}/providers/Microsoft.Network/networkInterfaces");
        let nic = format!("{nics}/db-7").to_uppercase();
        for scope in [GROUP, &format!("{nics}/db-*"), &format!("{nics}/db-7")] {
            assert!(allows(Provider::Azure, scope, &nic), "{scope}");
        }
        for scope in ["web-*", "db-70", "db"] {
            let scope = format!("{nics}/{scope}");
            assert!(!allows(Provider::Azure, &scope, &nic), "{scope}");
        }
        let instances = "projects/p/zones/europe-west1-b/instances";
        let instance = format!("{instances}/db-7");
        for scope in ["projects/p", &format!("{instances}/db-*"), &instance] {
            assert!(allows(Provider::Google, scope, &instance), "{scope}");
        }
        let other_zone = "projects/p/zones/europe-west1-c/instances/db-*";
        assert!(!allows(Provider::Google, other_zone, &instance));
        // Only names of nodes' resources have a beginning.
        let network = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/v*");
        assert!(GrantScope::parse(Provider::Azure, &network).is_err());
        assert!(GrantScope::parse(Provider::Azure, &format!("{nics}/*")).is_err());
        assert!(GrantScope::parse(Provider::Google, "projects/p/global/networks/n*").is_err());
    }

    #[test]
    fn a_refused_scope_is_quoted_as_one_short_line() {
        let long = format!("projects/\n{}", "x".repeat(10_000));
        for provider in [Provider::Azure, Provider::Google, Provider::Aws] {
            let message = GrantScope::parse(provider, &long).unwrap_err().message;
            let is_short = message.len() < 500 && !message.contains('\n');
            assert!(is_short, "{message}");
        }
    }

    #[test]
    fn a_grant_is_for_its_account() {
        let grants = [grant(Provider::Azure, GROUP)];
        let project = "evil".parse().unwrap();
        let account = "other".parse().unwrap();
        let refusal = check(&grants, &project, &account, &[GROUP.to_owned()]).unwrap_err();
        assert_eq!(refusal.code, "adoption_not_granted");
        assert_eq!(
            *refusal.remedy.unwrap(),
            Remedy::GrantAdoption {
                project,
                account,
                scope: GROUP.to_owned()
            }
        );
    }

    #[test]
    fn a_scope_is_something_that_can_be_adopted() {
        for (provider, bad) in [
            (Provider::Azure, ""),
            (Provider::Azure, "/"),
            (Provider::Azure, "/subscriptions"),
            (Provider::Azure, "/subscriptions/.."),
            (Provider::Azure, "subscriptions/S"),
            (Provider::Azure, "/subscriptions/S/resourceGroups"),
            (
                Provider::Azure,
                "/subscriptions/S/resourceGroups/g/providers/Microsoft.Compute/x/y",
            ),
            (Provider::Google, "projects"),
            (Provider::Google, "projects/"),
            (Provider::Google, "projects/p/global"),
            (Provider::Google, "/subscriptions/S"),
            (Provider::Aws, "vpc-1"),
        ] {
            let refusal = GrantScope::parse(provider, bad).unwrap_err();
            assert_eq!(refusal.code, "grant_scope", "{bad}");
        }
    }
}
