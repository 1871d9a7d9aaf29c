//! Static public addresses for the nodes of services behind an Azure link.

use std::fmt;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::CloudName;
use crate::cloud_resource::CloudResource;
use crate::id::{Generation, StaticIpId};
use crate::name::{AccountName, ProjectName, ServiceName};
use crate::part::{AzurePart, Observed, Part};
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::service::Service;
use crate::work::WorkKey;

/// A Standard-SKU static public address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticIp {
    /// Its id.
    pub id: StaticIpId,
    /// The project.
    pub project: ProjectName,
    /// The cloud and region.
    pub cloud: CloudName,
    /// The cloud account that owns it.
    pub account: Option<AccountName>,
    /// The service that it is associated with.
    pub service: Option<ServiceName>,
    /// Refuses deletion while set.
    pub termination_protection: bool,
    /// Increases with each change of the desired state.
    pub generation: Generation,
    /// Requests the deletion.
    pub deleting: bool,
    /// The time of creation.
    pub created_at: Timestamp,
}

/// The states the compatible API shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StaticIpState {
    /// Requested, but it does not exist yet.
    Creating,
    /// Exists, without an association.
    Created,
    /// Associated with a service that does not use it.
    Available,
    /// Used by a service.
    Assigned,
    /// Being deleted.
    Deleting,
}

impl StaticIpState {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Created => "created",
            Self::Available => "available",
            Self::Assigned => "assigned",
            Self::Deleting => "deleting",
        }
    }
}

impl fmt::Display for StaticIpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Returns the number of static IPs that a service with so many nodes needs: two for each up to six
/// nodes, so that nodes can be replaced one by one, and six spare ones above (compatible API,
/// documented).
pub const fn required(nodes: usize) -> usize {
    if nodes <= 6 { 2 * nodes } else { nodes + 6 }
}

/// Returns the number of static IPs that a link on Azure needs of its service; one without nodes
/// counts as one node.
pub fn needed(service: &Service) -> usize {
    required(service.nodes.len().max(1))
}

/// Refuses a service on Azure that has too few static IPs for a link, or does not use them.
///
/// # Errors
/// * `static_ips_missing`: the service does not have enough static IPs in use.
pub fn check_enough(service: &Service, associated: usize) -> Result<(), Refusal> {
    let needed = needed(service);
    if associated >= needed && service.uses_static_ips() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "static_ips_missing",
        format!(
            "Service `{}` needs {needed} static IP addresses in use for Azure Private Link, \
             because the load balancer probes the nodes from outside the network. It has \
             {associated}{}",
            service.name,
            if service.uses_static_ips() {
                ""
            } else {
                ", and `static_ips` is off"
            },
        ),
    )
    .with_remedy(provide(service)))
}

fn provide(service: &Service) -> Remedy {
    Remedy::ProvideStaticIps {
        service: service.name.clone(),
        cloud: service.cloud.clone(),
    }
}

impl StaticIp {
    /// Returns the shown state. `in_use`: the associated service has `static_ips` on.
    pub fn state(&self, observed: &Observed, in_use: bool) -> StaticIpState {
        if self.deleting {
            return StaticIpState::Deleting;
        }
        if self.account.is_some() && self.address(observed).is_none() {
            return StaticIpState::Creating;
        }
        match (&self.service, in_use) {
            (None, _) => StaticIpState::Created,
            (Some(_), false) => StaticIpState::Available,
            (Some(_), true) => StaticIpState::Assigned,
        }
    }

    /// Returns the address, once the cloud has assigned one; that of a deleted address stays.
    pub fn address(&self, observed: &Observed) -> Option<Ipv4Addr> {
        observed
            .known(&Part::Azure(AzurePart::Address))?
            .facts
            .address
    }

    /// The cloud resource that it is, which belongs to its project; `None` without an account.
    pub fn cloud_resource(&self) -> Option<CloudResource> {
        let account = self.account.as_ref()?;
        Some(CloudResource::address(account, &self.id))
    }

    /// The key of its work.
    pub fn work_key(&self) -> WorkKey {
        WorkKey::StaticIp(self.project.clone(), self.id.clone())
    }

    /// Removes the association. `user` is the associated service, `associated` the number of its
    /// static IPs including this one, and `published` reports whether it has a link on Azure.
    ///
    /// # Errors
    /// * `static_ip_in_use`: the service uses static IPs, and too few would remain.
    pub fn dissociate(
        &mut self,
        user: Option<&Service>,
        associated: usize,
        published: bool,
    ) -> Result<(), Refusal> {
        let Some(service) = user.filter(|service| service.uses_static_ips()) else {
            self.service = None;
            return Ok(());
        };
        let needed = needed(service);
        if associated > needed {
            self.service = None;
            return Ok(());
        }
        // A link keeps the option on.
        let remedy = if published {
            Remedy::manual(format!(
                "Associate another static IP address first: `underpass static-ip create --cloud \
                 {}` and `underpass static-ip associate ID --service {}`",
                service.cloud, service.name
            ))
        } else {
            Remedy::SetOption {
                service: service.name.clone(),
                option: "static_ips".to_owned(),
                value: false,
            }
        };
        Err(Refusal::conflict(
            "static_ip_in_use",
            format!(
                "Static IP {} is used by service `{}`. The service has {associated} static IP \
                 addresses and must keep {needed}",
                self.id, service.name
            ),
        )
        .with_remedy(remedy))
    }

    /// Requests the deletion. A second request changes nothing. Returns whether anything changed.
    ///
    /// # Errors
    /// * `static_ip_kept`: it is associated with a service.
    /// * `termination_protection`: it is protected.
    pub fn delete(&mut self) -> Result<bool, Refusal> {
        if self.deleting {
            return Ok(false);
        }
        if let Some(service) = &self.service {
            return Err(Refusal::conflict(
                "static_ip_kept",
                format!(
                    "Static IP {} is associated with service `{service}`",
                    self.id
                ),
            )
            .with_remedy(Remedy::DissociateStaticIp {
                static_ip: self.id.clone(),
            }));
        }
        if self.termination_protection {
            return Err(Refusal::conflict(
                "termination_protection",
                format!(
                    "Static IP {} is protected from termination. Switch `termination_protection` \
                     off first",
                    self.id
                ),
            ));
        }
        self.deleting = true;
        self.generation = self.generation.next();
        Ok(true)
    }

    /// Associates it with a service.
    ///
    /// # Errors
    /// * `static_ip_deleting`: it is being deleted.
    /// * `static_ip_cloud`: the service is in another region.
    /// * `static_ip_taken`: it is associated with another service.
    pub fn associate(&mut self, service: &ServiceName, cloud: &CloudName) -> Result<(), Refusal> {
        if self.deleting {
            return Err(Refusal::conflict(
                "static_ip_deleting",
                format!("Static IP {} is being deleted. Create another one", self.id),
            ));
        }
        if self.cloud != *cloud {
            return Err(Refusal::invalid(
                "static_ip_cloud",
                format!(
                    "Static IP {} is in {}, service `{service}` in {cloud}. Both must be in the \
                     same cloud and region",
                    self.id, self.cloud
                ),
            ));
        }
        match &self.service {
            Some(other) if other != service => Err(Refusal::conflict(
                "static_ip_taken",
                format!(
                    "Static IP {} is associated with service `{other}`. Dissociate it first, or \
                     use another one",
                    self.id
                ),
            )),
            _ => {
                self.service = Some(service.clone());
                Ok(())
            }
        }
    }
}

/// The refusal for a static IP that does not exist.
pub fn static_ip_not_found(id: &StaticIpId) -> Refusal {
    Refusal::not_found(
        "static_ip_not_found",
        format!("Static IP {id} not found in this project"),
    )
    .with_remedy(Remedy::ListStaticIps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::tests::service as pg;

    fn static_ip() -> StaticIp {
        StaticIp {
            id: StaticIpId::from_bits(7),
            project: "demo".parse().unwrap(),
            cloud: "azure-westeurope".parse().unwrap(),
            account: None,
            service: None,
            termination_protection: false,
            generation: Generation(1),
            deleting: false,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_static_ip_in_use_is_not_deleted() {
        let mut ip = static_ip();
        let (service, cloud) = ("pg-1".parse().unwrap(), "azure-westeurope".parse().unwrap());
        ip.associate(&service, &cloud).unwrap();
        assert_eq!(ip.delete().unwrap_err().code, "static_ip_kept");
        ip.dissociate(Some(&pg()), 1, false).unwrap();
        ip.termination_protection = true;
        assert_eq!(ip.delete().unwrap_err().code, "termination_protection");
        ip.termination_protection = false;
        assert_eq!((ip.delete(), ip.generation), (Ok(true), Generation(2)));
        assert_eq!((ip.delete(), ip.generation), (Ok(false), Generation(2)));
        assert_eq!(
            ip.associate(&service, &cloud).unwrap_err().code,
            "static_ip_deleting"
        );
    }

    #[test]
    fn surplus_static_ips_are_dissociated_while_enough_remain() {
        let mut service = pg();
        let on = serde_json::Value::Bool(true);
        service.user_config.insert("static_ips".to_owned(), on);
        let mut ip = static_ip();
        ip.associate(&service.name, &service.cloud).unwrap();
        for published in [false, true] {
            let refusal = ip
                .clone()
                .dissociate(Some(&service), 2, published)
                .unwrap_err();
            assert_eq!(refusal.code, "static_ip_in_use");
            assert!(
                refusal
                    .message
                    .ends_with("has 2 static IP addresses and must keep 2")
            );
            let is_switched = matches!(refusal.remedy.as_deref(), Some(Remedy::SetOption { .. }));
            assert_eq!(is_switched, !published, "a link keeps `static_ips` on");
            let mut surplus = ip.clone();
            surplus.dissociate(Some(&service), 3, published).unwrap();
            assert_eq!(surplus.service, None);
        }
    }

    #[test]
    fn the_required_count_follows_the_documented_rule() {
        let counts = [(1, 2), (3, 6), (6, 12), (7, 13), (20, 26)];
        for (nodes, needed) in counts {
            assert_eq!(required(nodes), needed);
        }
    }
}
