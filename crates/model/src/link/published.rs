//! Restrictions on changes of published and protected services.

use super::brokers::check_brokers;
use super::desired::Link;
use crate::cloud::Provider;
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::service::Service;
use crate::static_ip;

/// Refuses changes that would break a link as a side effect.
///
/// # Errors
/// * `termination_protection`: the service is protected from being powered off.
/// * `service_published`: a published service cannot move.
/// * `static_ips_in_use`: the link needs the static IPs.
/// * `brokers_not_told_apart`: see [`check_brokers`].
pub fn check_change(before: &Service, after: &Service, links: &[&Link]) -> Result<(), Refusal> {
    let name = &before.name;
    if before.termination_protection && before.powered && !after.powered {
        return Err(protected(before, "powered off"));
    }
    let Some(link) = links.first() else {
        return Ok(());
    };
    let moved = before.cloud != after.cloud || before.project_vpc_id != after.project_vpc_id;
    if moved {
        return Err(Refusal::conflict(
            "service_published",
            format!(
                "Service `{name}` has a private link on {}, which stays in the project VPC it was \
                 created in. The service can be moved once the private link is deleted",
                link.provider,
            ),
        )
        .with_remedy(Remedy::DeleteLink(link.reference())));
    }
    // Only a deterioration is refused: an older state that breaks the rule can be corrected in
    // steps.
    if check_brokers(link.provider, before).is_ok() {
        check_brokers(link.provider, after)?;
    }
    let on_azure = links.iter().any(|link| link.provider == Provider::Azure);
    if on_azure && before.uses_static_ips() && !after.uses_static_ips() {
        return Err(Refusal::conflict(
            "static_ips_in_use",
            format!(
                "The private link of service `{name}` needs its static IP addresses, so \
                 `static_ips` must stay on"
            ),
        )
        .with_remedy(Remedy::DeleteLink(link.reference())));
    }
    Ok(())
}

/// Refuses more nodes than the static IPs of a service with a link on Azure suffice for. An older
/// state that breaks the rule can be corrected in steps.
///
/// # Errors
/// * `static_ips_missing`: the service does not have enough static IPs in use.
pub fn check_scale_out(
    before: &Service,
    after: &Service,
    links: &[&Link],
    static_ips: usize,
) -> Result<(), Refusal> {
    if !is_scaled_out(before, after, links) {
        return Ok(());
    }
    // The addresses of the present nodes may be complete, so the change itself must ask for more.
    static_ip::check_enough(after, static_ips).map_err(|refusal| {
        refusal.with_remedy(Remedy::manual(format!(
            "Add `--auto-static-ips` to the change, as in `underpass service update {} --add-node \
             NODE --auto-static-ips`, or associate {} more static IP addresses first",
            after.name,
            static_ip::needed(after).saturating_sub(static_ips)
        )))
    })
}

/// Reports whether a change raises the number of static IPs that a link needs.
pub fn is_scaled_out(before: &Service, after: &Service, links: &[&Link]) -> bool {
    let needs_them = |link: &&Link| link.provider == Provider::Azure && !link.deleting;
    links.iter().any(needs_them) && static_ip::needed(before) < static_ip::needed(after)
}

/// Refuses to delete a service that is protected or published.
///
/// # Errors
/// * `termination_protection`: the service is protected.
/// * `service_published`: the service has a link.
pub fn check_removal(service: &Service, links: &[&Link]) -> Result<(), Refusal> {
    if service.termination_protection {
        return Err(protected(service, "deleted"));
    }
    let Some(link) = links.first() else {
        return Ok(());
    };
    let (message, remedy) = if link.deleting {
        let message = format!(
            "Service `{}` still has a private link on {}, which is being deleted",
            service.name, link.provider
        );
        (message, Remedy::AwaitLinkDeletion(link.reference()))
    } else {
        let message = format!(
            "Service `{}` has a private link on {}, which deleting the service would cut",
            service.name, link.provider,
        );
        (message, Remedy::DeleteLink(link.reference()))
    };
    Err(Refusal::conflict("service_published", message).with_remedy(remedy))
}

fn protected(service: &Service, verb: &str) -> Refusal {
    Refusal::conflict(
        "termination_protection",
        format!("Service `{}` is protected from being {verb}", service.name),
    )
    .with_remedy(Remedy::DisableTerminationProtection {
        service: service.name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::access::tests::service;
    use crate::id::{Generation, LinkId};
    use crate::link::Topology;

    fn link(service: &Service) -> Link {
        Link {
            id: LinkId::from_bits(1),
            project: service.project.clone(),
            service: service.name.clone(),
            provider: Provider::Azure,
            vpc: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
            topology: Topology::Direct,
            subscriptions: BTreeSet::new(),
            nat_ranges: Vec::new(),
            refused_ranges: Vec::new(),
            ports: BTreeMap::new(),
            broker_ports: crate::broker_port::BrokerPorts::default(),
            generation: Generation(1),
            deleting: false,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_published_service_does_not_move() {
        let before = service();
        let after = Service {
            cloud: "azure-eastus".parse().unwrap(),
            ..before.clone()
        };
        check_change(&before, &after, &[]).unwrap();
        let refusal = check_change(&before, &after, &[&link(&before)]).unwrap_err();
        assert_eq!(refusal.code, "service_published");
    }

    #[test]
    fn a_published_service_keeps_its_static_ips() {
        let mut before = service();
        let after = before.clone();
        before
            .user_config
            .insert("static_ips".to_owned(), json!(true));
        let refusal = check_change(&before, &after, &[&link(&before)]).unwrap_err();
        assert_eq!(refusal.code, "static_ips_in_use");
    }

    #[test]
    fn scale_out_needs_the_static_ips_of_all_nodes() {
        let mut before = service();
        before
            .user_config
            .insert("static_ips".to_owned(), json!(true));
        let mut after = before.clone();
        after.nodes.push(after.nodes[0].clone());
        let azure = link(&before);
        let refusal = check_scale_out(&before, &after, &[&azure], 3).unwrap_err();
        assert_eq!(refusal.code, "static_ips_missing");
        assert!(refusal.message.contains("needs 4"), "{}", refusal.message);
        check_scale_out(&before, &after, &[&azure], 4).unwrap();
        check_scale_out(&after, &before, &[&azure], 0).unwrap();
        check_scale_out(&after, &after, &[&azure], 3).unwrap();
        let mut google = azure;
        google.provider = Provider::Google;
        check_scale_out(&before, &after, &[&google], 0).unwrap();
        check_scale_out(&before, &after, &[], 0).unwrap();
    }

    #[test]
    fn protection_covers_switching_off_and_deleting() {
        let mut before = service();
        before.termination_protection = true;
        let after = Service {
            powered: false,
            ..before.clone()
        };
        let codes = [
            check_change(&before, &after, &[]),
            check_removal(&before, &[]),
        ]
        .map(|refused| refused.unwrap_err().code);
        assert_eq!(codes, ["termination_protection"; 2]);
    }

    #[test]
    fn a_published_service_is_not_deleted() {
        let service = service();
        check_removal(&service, &[]).unwrap();
        let refusal = check_removal(&service, &[&link(&service)]).unwrap_err();
        insta::assert_snapshot!(refusal, @"Service `pg-1` has a private link on azure, which deleting the service would cut");
    }
}
