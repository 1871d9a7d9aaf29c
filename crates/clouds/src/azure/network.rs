//! Virtual networks made by Underpass, and the network policy on an adopted subnet.

use serde_json::{Value, json};
use underpass_model::cloud_target::AzurePlacement;
use underpass_model::part::{AzureSpec, Confirmed, Facts, Spec};
use underpass_model::reconcile::{Evidence, Outcome};
use underpass_model::vpc::{NAT_SUBNET, NODE_SUBNET, SUBNET_RANGE_DIFFERS};

use super::classify;
use super::job::{Job, confirmed, present, require_tag};
use super::operation::{self, ProvisioningState};
use super::ownership;
use super::resource::Resource;
use crate::document;
use crate::error::{Error, ErrorKind};

/// The network policy: a subnet refuses private link services unless it is disabled.
const POLICY: &str = "privateLinkServiceNetworkPolicies";

/// The pointer to the GUID that a network keeps over its updates: one that is deleted and made again
/// under the same name has another (Microsoft.Network REST reference, `VirtualNetworkPropertiesFormat`).
const RESOURCE_GUID: &str = "/properties/resourceGuid";

/// Most characters that an error shows of a subnet's ranges: 200.
const MOST_SHOWN: usize = 200;

/// The address ranges of a network made by Underpass, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ranges {
    whole: String,
    /// The lower half.
    nodes: String,
    /// The upper half.
    nat: String,
}

pub(super) async fn read(job: Job<'_>) -> Result<Outcome, Error> {
    let network = job.names.network()?;
    let Some(document) = job.get_own(&network).await? else {
        return Ok(Outcome::Absent(Evidence::Alone));
    };
    Ok(operation::observed_outcome(
        &document,
        confirm(job, &network, &document)?,
        job.now,
    ))
}

/// Creates the network, or restores its missing properties; other content is kept.
pub(super) async fn put(job: Job<'_>, desired: &Spec) -> Result<Outcome, Error> {
    let network = job.names.network()?;
    let ranges = Ranges::of(job)?;
    let confirm = |document: &Value| confirm(job, &network, document);
    let Some(mut document) = job.get_own(&network).await? else {
        let target = job.target();
        let body = json!({
            "location": target.region,
            "tags": ownership::tags(&target.ownership),
            "properties": {
                "addressSpace": {"addressPrefixes": [ranges.whole]},
                "subnets": ranges.subnets(),
            },
        });
        return Ok(job.put(&network, &body, None, desired, confirm).await?.1);
    };
    let found = confirm(&document)?;
    match ProvisioningState::of(&document) {
        ProvisioningState::Succeeded if found.spec == *desired => return Ok(Outcome::Found(found)),
        ProvisioningState::Updating | ProvisioningState::Deleting => {
            return Ok(operation::observed_outcome(&document, found, job.now));
        }
        ProvisioningState::Succeeded | ProvisioningState::Failed => {}
    }
    let tag = require_tag(&document, &network)?;
    ranges.restore(&mut document);
    if !ranges.are_in(&document) {
        return Err(ranges.refuse_other_subnet(&network, &document));
    }
    Ok(job
        .put(&network, &document, Some(&tag), desired, confirm)
        .await?
        .1)
}

pub(super) async fn delete(job: Job<'_>) -> Result<Outcome, Error> {
    job.remove_own(&job.names.network()?).await
}

/// Returns the confirmed state of the network. A network with a missing property is confirmed as `Present`,
/// which is never the desired spec; therefore it is put again.
pub(super) fn confirm(
    job: Job<'_>,
    network: &Resource,
    document: &Value,
) -> Result<Confirmed, Error> {
    let spec = match job.target().placement.azure() {
        Some(AzurePlacement::Made { cidr, .. }) if Ranges::of(job)?.are_in(document) => {
            Spec::Azure(AzureSpec::Network { cidr: *cidr })
        }
        Some(
            AzurePlacement::Made { .. } | AzurePlacement::Adopted(_) | AzurePlacement::Group(_),
        )
        | None => Spec::Present,
    };
    let confirmed = confirmed(spec, document, network);
    let guid = document::text(document, RESOURCE_GUID).map(str::to_owned);
    Ok(Confirmed {
        facts: Facts {
            instance: guid,
            ..confirmed.facts
        },
        ..confirmed
    })
}

// === impl Ranges ===

impl Ranges {
    fn of(job: Job<'_>) -> Result<Self, Error> {
        let invalid = || {
            let action = format!("divide the network of `{}`", job.target().object);
            let message = "its network has no range that could be halved".to_owned();
            classify::own(ErrorKind::Invalid, &action, "Misplaced", message)
        };
        let Some(AzurePlacement::Made { cidr, .. }) = job.target().placement.azure() else {
            return Err(invalid());
        };
        let halves = cidr.subnets(cidr.prefix_len().saturating_add(1));
        let mut halves = halves.map_err(|_too_small| invalid())?;
        match (halves.next(), halves.next()) {
            (Some(nodes), Some(nat)) => Ok(Self {
                whole: cidr.to_string(),
                nodes: nodes.to_string(),
                nat: nat.to_string(),
            }),
            _ => Err(invalid()),
        }
    }

    fn subnets(&self) -> [Value; 2] {
        [
            json!({"name": NODE_SUBNET, "properties": {"addressPrefix": self.nodes}}),
            json!({
                "name": NAT_SUBNET,
                "properties": {"addressPrefix": self.nat, POLICY: "Disabled"},
            }),
        ]
    }

    /// Reports whether a network has these ranges and the policy.
    fn are_in(&self, document: &Value) -> bool {
        let subnets = document::list(document, "/properties/subnets");
        let is_there = |name: &str, range: &str| {
            let subnet = subnets.iter().find(|it| document::says(it, "/name", name));
            subnet.is_some_and(|it| {
                document::says(it, "/properties/addressPrefix", range)
                    || contains(document::list(it, "/properties/addressPrefixes"), range)
            })
        };
        contains(
            document::list(document, "/properties/addressSpace/addressPrefixes"),
            &self.whole,
        ) && is_there(NODE_SUBNET, &self.nodes)
            && is_there(NAT_SUBNET, &self.nat)
            && subnets
                .iter()
                .any(|it| document::says(it, "/name", NAT_SUBNET) && is_permitted(it))
    }

    /// The error for a subnet with another range, which no update of ours changes: what is in it
    /// would lose its addresses.
    fn refuse_other_subnet(&self, network: &Resource, document: &Value) -> Error {
        let subnets = document::list(document, "/properties/subnets");
        let found = |name: &str| -> Vec<&str> {
            let subnet = subnets.iter().find(|it| document::says(it, "/name", name));
            subnet.map_or_else(Vec::new, |subnet| {
                let listed = document::list(subnet, "/properties/addressPrefixes").iter();
                document::text(subnet, "/properties/addressPrefix")
                    .into_iter()
                    .chain(listed.filter_map(Value::as_str))
                    .collect()
            })
        };
        let others: Vec<_> = [(NODE_SUBNET, &self.nodes), (NAT_SUBNET, &self.nat)]
            .into_iter()
            .map(|(name, range)| (name, range, found(name)))
            .filter(|(_, range, found)| !found.contains(&range.as_str()))
            .map(|(name, range, found)| {
                let found = document::bounded(&found.join(", "), MOST_SHOWN);
                format!("subnet `{name}` has range {found} instead of {range}")
            })
            .collect();
        let message = format!("in {network}, {}", others.join("; "));
        let action = format!("update {network}");
        let mut error = classify::own(ErrorKind::Invalid, &action, SUBNET_RANGE_DIFFERS, message);
        let remedy =
            "Delete the subnet when nothing is in it: Underpass makes it again with its range";
        error.remedy = Some(remedy.to_owned());
        error
    }

    /// Restores the missing ranges and the policy.
    fn restore(&self, document: &mut Value) {
        let mut prefixes =
            document::list(document, "/properties/addressSpace/addressPrefixes").to_vec();
        if !contains(&prefixes, &self.whole) {
            prefixes.push(json!(self.whole));
        }
        document::set(
            document,
            "/properties/addressSpace",
            "addressPrefixes",
            json!(prefixes),
        );
        let mut subnets = document::list(document, "/properties/subnets").to_vec();
        for made in self.subnets() {
            let name = document::text(&made, "/name").unwrap_or_default();
            let found = subnets
                .iter_mut()
                .find(|it| document::says(it, "/name", name));
            match found {
                Some(subnet) if name == NAT_SUBNET => permit(subnet),
                Some(_) => {}
                None => subnets.push(made),
            }
        }
        document::set(document, "/properties", "subnets", json!(subnets));
    }
}

fn contains(prefixes: &[Value], range: &str) -> bool {
    prefixes.iter().any(|prefix| prefix.as_str() == Some(range))
}

fn is_permitted(subnet: &Value) -> bool {
    document::says(subnet, &format!("/properties/{POLICY}"), "Disabled")
}

fn permit(subnet: &mut Value) {
    document::set(subnet, "/properties", POLICY, json!("Disabled"));
}

// === the permission on a borrowed subnet ===

/// Reads the policy; in a subnet without it, it was reset.
pub(super) async fn read_policy(job: Job<'_>) -> Result<Outcome, Error> {
    let subnet = job.names.nat_subnet()?;
    Ok(match job.get(&subnet).await? {
        Some(document) => observed_policy(job, &document, &subnet),
        None => Outcome::Absent(Evidence::Alone),
    })
}

/// Returns the outcome of reading the policy in the document of its subnet.
pub(super) fn observed_policy(job: Job<'_>, document: &Value, subnet: &Resource) -> Outcome {
    if is_permitted(document) {
        operation::observed_outcome_of_adopted(document, present(document, subnet), job.now)
    } else {
        Outcome::Absent(Evidence::FieldReset)
    }
}

/// Sets the policy and changes nothing else: a write replaces the whole subnet.
pub(super) async fn put_policy(job: Job<'_>) -> Result<Outcome, Error> {
    let subnet = job.names.nat_subnet()?;
    let Some(mut document) = job.get(&subnet).await? else {
        let remedy = "Create the subnet again, or adopt the network with another NAT subnet";
        return Err(classify::missing(
            &format!("update {subnet}"),
            &subnet,
            remedy.to_owned(),
        ));
    };
    let found = present(&document, &subnet);
    let state = ProvisioningState::of(&document);
    if is_permitted(&document)
        || matches!(
            state,
            ProvisioningState::Updating | ProvisioningState::Deleting
        )
    {
        return Ok(operation::observed_outcome_of_adopted(
            &document, found, job.now,
        ));
    }
    let tag = require_tag(&document, &subnet)?;
    permit(&mut document);
    let confirm = |document: &Value| {
        if is_permitted(document) {
            return Ok(present(document, &subnet));
        }
        let action = format!("update {subnet}");
        Err(classify::stale(
            &action,
            &subnet,
            "did not accept the network policy",
        ))
    };
    Ok(job
        .put(&subnet, &document, Some(&tag), &Spec::Present, confirm)
        .await?
        .1)
}

/// Keeps the policy, without a call: other private link services in the subnet may need it, and it
/// grants no access by itself.
pub(super) const fn keep_policy() -> Outcome {
    Outcome::Gone
}
