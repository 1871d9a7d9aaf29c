//! The network with its subnets: one for nodes and forwarding rules, others for NAT.

use ipnet::Ipv4Net;
use serde_json::{Value, json};
use underpass_model::nat_range::OVERLAPPED;
use underpass_model::part::{Confirmed, GoogleSpec, Spec};
use underpass_model::reconcile::Outcome;
use underpass_model::vpc::SUBNET_RANGE_DIFFERS;

use super::job::{Job, Write, confirmed};
use super::resource::Resource;
use crate::document;
use crate::error::{Error, ErrorKind, own};

/// The purpose of a NAT subnet of a service attachment, which has no other use.
const NAT_PURPOSE: &str = "PRIVATE_SERVICE_CONNECT";

/// The text in the error for a range that overlaps another subnet's (`Invalid IPCidrRange: …
/// conflicts with existing subnetwork …`); its code is not specific.
const OVERLAP: &str = "conflicts with existing subnetwork";

pub(super) async fn read(job: Job<'_>) -> Result<Outcome, Error> {
    let network = job.names.network()?;
    job.read(&network, present(&network)).await
}

pub(super) async fn put(job: Job<'_>) -> Result<Outcome, Error> {
    let network = job.names.network()?;
    let members = json!({"autoCreateSubnetworks": false});
    job.put_once(&network, members, present(&network)).await
}

pub(super) async fn read_subnet(job: Job<'_>) -> Result<Outcome, Error> {
    let subnet = job.names.node_subnet()?;
    job.read(&subnet, |document| confirm_subnet(document, &subnet))
        .await
}

pub(super) async fn put_subnet(job: Job<'_>, cidr: &Ipv4Net) -> Result<Outcome, Error> {
    let subnet = job.names.node_subnet()?;
    let desired = Spec::Google(GoogleSpec::Subnet { cidr: *cidr });
    if let Some(document) = job.get_own(&subnet).await? {
        // A range can be expanded, which keeps its addresses.
        return match range(&document) {
            Some(found) if found.contains(cidr) => {
                Ok(Outcome::Found(confirmed(desired, &document, &subnet)))
            }
            found => Err(other_range(&subnet, *cidr, found)),
        };
    }
    let members = json!({
        "network": job.names.network_link()?,
        "ipCidrRange": cidr.to_string(),
        "purpose": "PRIVATE",
    });
    let body = job.body(&subnet, members);
    job.write(&subnet, Write::Insert(body), &desired, |document| {
        confirm_subnet(document, &subnet)
    })
    .await
}

pub(super) async fn read_nat(job: Job<'_>, range: Ipv4Net) -> Result<Outcome, Error> {
    let subnet = job.names.nat_subnet(range);
    job.read(&subnet, present(&subnet)).await
}

pub(super) async fn put_nat(job: Job<'_>, range: Ipv4Net) -> Result<Outcome, Error> {
    let subnet = job.names.nat_subnet(range);
    let members = json!({
        "network": job.names.network_link()?,
        "ipCidrRange": range.to_string(),
        "purpose": NAT_PURPOSE,
    });
    job.put_once(&subnet, members, present(&subnet))
        .await
        .map_err(|error| explain_overlap(error, range))
}

/// Adds a code and a remedy for a range that is not free: within 172.24.0.0/16 it has another use than a
/// link of the store. A range that was never used is replaced. The error is in the answer or in the operation, and it is permanent with any code.
pub(super) fn explain_overlap(mut error: Error, range: Ipv4Net) -> Error {
    if error.message.contains(OVERLAP) {
        error.kind = ErrorKind::Invalid;
        OVERLAPPED.clone_into(&mut error.code);
        error.remedy = Some(format!(
            "If a link that the store does not have holds {range}, `underpass recovery orphans` lists \
             it: delete one of both links. Otherwise remove the subnet of the network that holds it: \
             all of 172.24.0.0/16 is reserved for publishing"
        ));
    }
    error
}

pub(super) fn confirm_subnet(document: &Value, subnet: &Resource) -> Confirmed {
    let spec = range(document).map_or(Spec::Present, |cidr| {
        Spec::Google(GoogleSpec::Subnet { cidr })
    });
    confirmed(spec, document, subnet)
}

fn range(document: &Value) -> Option<Ipv4Net> {
    document::text(document, "/ipCidrRange")?.parse().ok()
}

/// The range of a subnet cannot be replaced.
fn other_range(subnet: &Resource, cidr: Ipv4Net, found: Option<Ipv4Net>) -> Error {
    let found = found.map_or("another range".to_owned(), |found| found.to_string());
    let message = format!("{subnet} has {found} instead of {cidr}");
    let action = format!("write {subnet}");
    let mut error = own(ErrorKind::Invalid, &action, SUBNET_RANGE_DIFFERS, message);
    error.remedy = Some(format!(
        "Delete {} when nothing is in it; Underpass makes it again with {cidr}",
        subnet.path()
    ));
    error
}

/// Returns the confirmed state of a part without variable properties.
pub(super) fn present(resource: &Resource) -> impl Fn(&Value) -> Confirmed + '_ {
    |document| confirmed(Spec::Present, document, resource)
}
