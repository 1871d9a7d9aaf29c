//! The steps on Google Cloud.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use underpass_model::part::{Admission, GooglePart, GoogleSpec, Part, Spec};
use underpass_model::vpc::GOOGLE_RESERVED;

use super::record::Phase;
use super::steps::{StepFailed, Steps};
use super::trial_target::TrialTarget;

/// Assumptions that a step shows, by the first cell of their row.
pub(super) const SHOWN: [(&str, &str); 10] = [
    ("Permissions of a request", "delete the network"),
    (
        "Permissions on other resources",
        "publish the service attachment",
    ),
    ("When a write takes effect", "make the forwarding rule"),
    (
        "Deleting a missing resource, or one in use",
        "delete the network",
    ),
    ("Target", "publish the service attachment"),
    ("Ranges", "publish the service attachment"),
    ("Fingerprints", "accept the endpoint"),
    ("Lag", "accept the endpoint: shown as accepted"),
    (
        "Removed from the accept list with `reconcileConnections`",
        "remove the endpoint from the list: shown",
    ),
    ("Lists", "list the account's networks"),
];

/// Bits of the NAT subnet's prefix: the smallest that serves some endpoints.
const NAT_PREFIX: u8 = 28;

/// The zone of the empty endpoint group.
fn zone(target: &TrialTarget) -> String {
    format!("{}-b", target.link.region)
}

/// The NAT range.
fn range() -> Ipv4Net {
    Ipv4Net::new(GOOGLE_RESERVED.network(), NAT_PREFIX).unwrap_or(GOOGLE_RESERVED)
}

/// Makes, watches and deletes the link.
pub(super) async fn run(steps: &mut Steps, target: &TrialTarget) {
    // The record has the failure.
    let _recorded = make_and_watch(steps, target).await;
    steps.begin(Phase::Delete);
    let own = Part::Google;
    for (name, part) in [
        ("delete the service attachment", Part::Attachment),
        (
            "delete the forwarding rule",
            own(GooglePart::ForwardingRule),
        ),
        (
            "delete the backend service",
            own(GooglePart::BackendService),
        ),
        (
            "delete the endpoint group",
            own(GooglePart::EndpointGroup(zone(target))),
        ),
        ("delete the health check", own(GooglePart::HealthCheck)),
        ("delete the allow rule", own(GooglePart::Allow)),
        ("delete the deny rule", own(GooglePart::Deny)),
        ("delete the NAT subnet", own(GooglePart::NatSubnet(range()))),
        ("delete the rule for health probes", own(GooglePart::Probes)),
        ("delete the subnet", own(GooglePart::Subnet)),
        ("delete the network", Part::Network),
    ] {
        steps.delete(name, &target.link, part).await;
    }
}

async fn make_and_watch(steps: &mut Steps, target: &TrialTarget) -> Result<(), StepFailed> {
    let link = &target.link;
    let firewall = |ports: &[u16]| GoogleSpec::Firewall {
        sources: BTreeSet::from([range()]),
        ports: ports.iter().copied().collect(),
    };
    let own = |part: GooglePart, spec: GoogleSpec| (Part::Google(part), Spec::Google(spec));
    let present = |part: GooglePart| (Part::Google(part), Spec::Present);
    let cidr = target.range;
    let zones = BTreeSet::from([zone(target)]);
    for (name, (part, spec)) in [
        ("make the network", (Part::Network, Spec::Present)),
        (
            "make the subnet",
            own(GooglePart::Subnet, GoogleSpec::Subnet { cidr }),
        ),
        (
            "make the rule for health probes",
            present(GooglePart::Probes),
        ),
        (
            "make the NAT subnet",
            present(GooglePart::NatSubnet(range())),
        ),
        ("make the deny rule", own(GooglePart::Deny, firewall(&[]))),
        (
            "make the allow rule",
            own(GooglePart::Allow, firewall(&[5432])),
        ),
        (
            "make the health check",
            own(
                GooglePart::HealthCheck,
                GoogleSpec::HealthCheck { port: 5432 },
            ),
        ),
        (
            "make the endpoint group",
            present(GooglePart::EndpointGroup(zone(target))),
        ),
        (
            "make the backend service",
            own(
                GooglePart::BackendService,
                GoogleSpec::BackendService { zones },
            ),
        ),
        (
            "make the forwarding rule",
            present(GooglePart::ForwardingRule),
        ),
    ] {
        steps.put(name, link, part, spec, None).await?;
    }
    let attachment = |accept: &[String]| {
        Spec::Google(GoogleSpec::ServiceAttachment {
            nat: BTreeSet::from([range()]),
            accept: accept.iter().cloned().collect(),
            reject: BTreeSet::new(),
        })
    };
    let part = Part::Attachment;
    let name = "publish the service attachment";
    let made = steps.put(name, link, part, attachment(&[]), None).await?;
    steps.begin(Phase::Watch);
    let name = "list the account's networks";
    steps.list(name, std::slice::from_ref(link)).await?;
    let id = made.facts.id.unwrap_or_default();
    let how = format!("Create one in another project with the target {id}");
    let Some(found) = steps.endpoint(link, &how).await else {
        return Ok(());
    };
    let endpoint = [found.identity.name.clone()];
    let (connected, _id) = target.connected(&found.identity.name);
    for (name, accept, shown) in [
        ("accept the endpoint", &endpoint[..], true),
        ("remove the endpoint from the list", &[], false),
    ] {
        let tag = steps.tag(&format!("{name}: read"), &connected).await?;
        let spec = attachment(accept);
        let part = Part::Attachment;
        steps.put(name, &connected, part, spec, tag).await?;
        let is_shown = |admission: Admission| (admission == Admission::Approved) == shown;
        let word = if shown { "shown as accepted" } else { "shown" };
        let name = format!("{name}: {word}");
        steps.until(&name, &connected, is_shown).await?;
    }
    Ok(())
}
