//! Allocation of private IP addresses in subnets.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::Value;

use super::document;
use super::id::{Key, ResourceId};
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;

/// Offset of the first assignable address in a subnet: Azure reserves the first four
/// (documented: "Are there any restrictions on using IP addresses within these subnets?").
const FIRST_ASSIGNABLE: u32 = 4;

/// Lists of IP configurations that hold addresses, by kind of resource.
const HOLDERS: [(Kind, &str); 2] = [
    (Kind::NetworkInterface, "ipConfigurations"),
    (Kind::LoadBalancer, "frontendIPConfigurations"),
];

/// Allocates addresses to the IP configurations of one resource.
pub(super) struct AddressAllocator<'a> {
    state: &'a State,
    /// The resource whose addresses are allocated; it may keep the addresses it has.
    owner: &'a ResourceId,
    claimed: BTreeMap<Key, BTreeSet<Ipv4Addr>>,
}

impl<'a> AddressAllocator<'a> {
    pub(super) fn new(state: &'a State, owner: &'a ResourceId) -> AddressAllocator<'a> {
        AddressAllocator {
            state,
            owner,
            claimed: BTreeMap::new(),
        }
    }

    /// Allocates the address of one IP configuration in a subnet: the requested one, the previous
    /// one, or the first free one.
    ///
    /// # Errors
    /// `InvalidPrivateIPAddress`, `PrivateIPAddressNotInSubnet`, `PrivateIPAddressInReservedRange`,
    /// `PrivateIPAddressInUse`, `SubnetIsFull`, or `InvalidParameterValue`.
    pub(super) fn allocate(
        &mut self,
        element: &mut Value,
        previous: Option<&Value>,
        subnet: &Resource,
    ) -> Result<(), Refusal> {
        document::choice(element, "/properties/privateIPAddressVersion", &["IPv4"])?;
        document::choice(
            element,
            "/properties/privateIPAllocationMethod",
            &["Dynamic", "Static"],
        )?;
        let requested = if is_static(element) {
            Some(requested(element)?)
        } else {
            None
        };
        let had = previous
            .filter(|it| !is_static(it) && is_in(it, &subnet.id))
            .and_then(address_of);
        let address = self.claim(subnet, requested, had)?;
        document::put(element, "/properties/privateIPAddress", address.to_string());
        Ok(())
    }

    fn claim(
        &mut self,
        subnet: &Resource,
        requested: Option<Ipv4Addr>,
        had: Option<Ipv4Addr>,
    ) -> Result<Ipv4Addr, Refusal> {
        let range = prefix(subnet).ok_or_else(|| subnet_is_full(subnet))?;
        let allocated = allocated_in(self.state, &subnet.id, self.owner);
        let claimed = self.claimed.entry(subnet.id.key()).or_default();
        if let Some(requested) = requested {
            check_static(requested, range, subnet)?;
            let holder = claimed.contains(&requested).then(|| self.owner.to_string());
            if let Some(holder) = holder.or_else(|| allocated.get(&requested).cloned()) {
                return Err(Refusal::invalid(
                    "PrivateIPAddressInUse",
                    format!(
                        "Private IP address {requested} requested by {} is already allocated to \
                         resource {holder}.",
                        self.owner
                    ),
                ));
            }
            claimed.insert(requested);
            return Ok(requested);
        }
        let free = |it: &Ipv4Addr| !allocated.contains_key(it) && !claimed.contains(it);
        let found = had.filter(free).or_else(|| assignable(range).find(free));
        let address = found.ok_or_else(|| subnet_is_full(subnet))?;
        claimed.insert(address);
        Ok(address)
    }
}

/// The requested static address.
fn requested(element: &Value) -> Result<Ipv4Addr, Refusal> {
    address_of(element).ok_or_else(|| {
        Refusal::invalid(
            "InvalidPrivateIPAddress",
            format!(
                "Ip configuration '{}' is static: its privateIPAddress must be an IPv4 address.",
                document::text_or_empty(element, "/name")
            ),
        )
    })
}

/// The address of an IP configuration.
pub(super) fn address_of(element: &Value) -> Option<Ipv4Addr> {
    document::text(element, "/properties/privateIPAddress")?
        .parse()
        .ok()
}

fn is_static(element: &Value) -> bool {
    document::text_is(element, "/properties/privateIPAllocationMethod", "Static")
}

fn is_in(element: &Value, subnet: &ResourceId) -> bool {
    document::text(element, "/properties/subnet/id").is_some_and(|it| Key::of(it) == subnet.key())
}

/// Addresses allocated in a subnet to other resources than `but`, with the ID of the IP
/// configuration of each.
fn allocated_in(
    state: &State,
    subnet: &ResourceId,
    but: &ResourceId,
) -> BTreeMap<Ipv4Addr, String> {
    ip_configurations_in(state, subnet)
        .filter(|(owner, _, _)| !owner.id.is(but))
        .filter_map(|(_, id, element)| Some((address_of(element)?, id)))
        .collect()
}

/// The IP configurations in a subnet: owner, ID of the configuration, configuration.
pub(super) fn ip_configurations_in<'a>(
    state: &'a State,
    subnet: &'a ResourceId,
) -> impl Iterator<Item = (&'a Resource, String, &'a Value)> {
    let subnet = subnet.key();
    HOLDERS
        .into_iter()
        .flat_map(move |(kind, list)| state.of_kind(kind).map(move |owner| (owner, list)))
        .flat_map(|(owner, collection)| {
            let elements = document::list(&owner.body, &format!("/properties/{collection}"));
            elements.iter().map(move |element| {
                let name = document::text_or_empty(element, "/name");
                (owner, format!("{}/{collection}/{name}", owner.id), element)
            })
        })
        .filter(move |(_, _, element)| {
            document::text(element, "/properties/subnet/id").is_some_and(|it| Key::of(it) == subnet)
        })
}

/// The range of a subnet.
pub(super) fn prefix(subnet: &Resource) -> Option<Ipv4Net> {
    document::text(&subnet.body, "/properties/addressPrefix")
        .or_else(|| document::text(&subnet.body, "/properties/addressPrefixes/0"))?
        .parse()
        .ok()
}

/// Assignable addresses of a range, lowest first. Azure reserves the last one as well.
fn assignable(range: Ipv4Net) -> impl Iterator<Item = Ipv4Addr> {
    let first = u32::from(range.network()).saturating_add(FIRST_ASSIGNABLE);
    (first..u32::from(range.broadcast())).map(Ipv4Addr::from)
}

fn check_static(requested: Ipv4Addr, range: Ipv4Net, subnet: &Resource) -> Result<(), Refusal> {
    if !range.contains(&requested) {
        return Err(Refusal::invalid(
            "PrivateIPAddressNotInSubnet",
            format!(
                "Private static IP address {requested} does not belong to the range of subnet \
                 prefix {range} of {}.",
                subnet.id
            ),
        ));
    }
    let offset = u32::from(requested) - u32::from(range.network());
    if offset >= FIRST_ASSIGNABLE && requested != range.broadcast() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "PrivateIPAddressInReservedRange",
        format!(
            "Private static IP address {requested} falls within reserved IP range of subnet prefix \
             {range}: its first four addresses and its last are reserved."
        ),
    ))
}

fn subnet_is_full(subnet: &Resource) -> Refusal {
    Refusal::invalid(
        "SubnetIsFull",
        format!(
            "Subnet {} has no free address. Use a larger subnet.",
            subnet.id
        ),
    )
}
