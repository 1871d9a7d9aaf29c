//! The steps on Azure.

use std::collections::BTreeSet;

use underpass_model::part::{Admission, AzurePart, AzureSpec, Part, Rule, Spec};

use super::record::Phase;
use super::steps::{StepFailed, Steps};
use super::trial_target::TrialTarget;

/// Assumptions that a step shows, by the first cell of their row.
pub(super) const SHOWN: [(&str, &str); 12] = [
    ("Actions of a request", "delete the resource group"),
    ("Linked scopes", "make the private link service"),
    ("When a write takes effect", "make the load balancer"),
    ("Duration", "make the private link service"),
    ("Parts of a resource", "make the load balancer"),
    ("SKU", "make the static IP"),
    ("Addresses", "make the static IP"),
    ("Lists", "list the account's networks"),
    (
        "When the provider sees a connection",
        "an endpoint connects",
    ),
    ("Link identifier", "an endpoint connects"),
    ("Decisions", "reject the endpoint"),
    ("A removed connection", "remove the endpoint's connection"),
];

/// Makes, watches and deletes the link.
pub(super) async fn run(steps: &mut Steps, target: &TrialTarget) {
    let (address, group) = (
        Part::Azure(AzurePart::Address),
        Part::Azure(AzurePart::Group),
    );
    let balancer = Part::Azure(AzurePart::Balancer);
    // The record has the failure.
    let _recorded = make_and_watch(steps, target).await;
    steps.begin(Phase::Delete);
    for (name, part) in [
        ("delete the private link service", Part::Attachment),
        ("delete the load balancer", balancer),
        ("delete the network", Part::Network),
        ("delete the resource group", group),
    ] {
        steps.delete(name, &target.link, part).await;
    }
    steps
        .delete("delete the static IP", &target.address, address)
        .await;
}

async fn make_and_watch(steps: &mut Steps, target: &TrialTarget) -> Result<(), StepFailed> {
    let link = &target.link;
    let put = |part: AzurePart| (Part::Azure(part), Spec::Present);
    let (part, spec) = put(AzurePart::Address);
    steps
        .put("make the static IP", &target.address, part, spec, None)
        .await?;
    let (part, spec) = put(AzurePart::Group);
    steps
        .put("make the resource group", link, part, spec, None)
        .await?;
    let spec = Spec::Azure(AzureSpec::Network { cidr: target.range });
    steps
        .put("make the network", link, Part::Network, spec, None)
        .await?;
    let rule = Rule {
        name: "trial".to_owned(),
        link_port: 5432,
        backend_port: 5432,
        node: None,
    };
    let spec = Spec::Azure(AzureSpec::Balancer {
        rules: BTreeSet::from([rule]),
        pools: BTreeSet::new(),
    });
    let part = Part::Azure(AzurePart::Balancer);
    steps
        .put("make the load balancer", link, part, spec, None)
        .await?;
    let spec = Spec::Azure(AzureSpec::Attachment {
        visibility: BTreeSet::new(),
    });
    let made = steps
        .put(
            "make the private link service",
            link,
            Part::Attachment,
            spec,
            None,
        )
        .await?;
    steps.begin(Phase::Watch);
    steps
        .list(
            "list the account's networks",
            &[target.link.clone(), target.address.clone()],
        )
        .await?;
    let id = made.facts.id.unwrap_or_default();
    let how = format!("Create one for {id}, with an identity that has a role in its subscription");
    let Some(found) = steps.endpoint(link, &how).await else {
        return Ok(());
    };
    let (connected, id) = target.connected(&found.identity.name);
    let part = Part::Admission(id);
    for (name, admission) in [
        ("approve the endpoint", Admission::Approved),
        ("reject the endpoint", Admission::Rejected),
    ] {
        let spec = Spec::Admission(admission);
        steps
            .put(name, &connected, part.clone(), spec, None)
            .await?;
        let name = format!("{name}: read again");
        steps.read(&name, &connected, part.clone()).await?;
    }
    let name = "remove the endpoint's connection";
    steps.delete(name, &connected, part).await;
    Ok(())
}
