//! Public IP addresses.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::admission;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::id::{Key, ResourceId};
use super::kind::Kind;
use super::reference;
use super::refusal::Refusal;
use super::request_body::tracked_body;
use super::resource::{ProvisioningState, Resource};
use super::route;
use super::state::State;

/// The ranges of public addresses: those reserved for documentation (RFC 5737), which no host on
/// the internet has.
const POOL: [[u8; 4]; 3] = [[203, 0, 113, 0], [198, 51, 100, 0], [192, 0, 2, 0]];

/// The address of a public IP address resource.
const ADDRESS: &str = "/properties/ipAddress";

/// How an address is allocated: a dynamic one has none until it is used by a running machine.
const METHOD: &str = "/properties/publicIPAllocationMethod";

/// `PUT …/publicIPAddresses/{name}`.
///
/// # Errors
/// Those of [`admission::admit`] and of the body, and `PublicIPCountLimitReached`.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, &id)?;
    let mut body = tracked_body(state, call, &id, existing.as_ref())?;
    document::discard(&mut body, "/properties/ipConfiguration");
    // Recorded: without a SKU the address is Basic and Dynamic.
    document::choice(&mut body, "/sku/name", &["Basic", "Standard"])?;
    document::choice(&mut body, "/sku/tier", &["Regional"])?;
    let standard = document::text_is(&body, "/sku/name", "Standard");
    let methods: &[&str] = if standard {
        &["Static"]
    } else {
        &["Dynamic", "Static"]
    };
    document::choice(&mut body, METHOD, methods)?;
    document::choice(&mut body, "/properties/publicIPAddressVersion", &["IPv4"])?;
    document::default(&mut body, "/properties/idleTimeoutInMinutes", 4);
    document::default(&mut body, "/properties/ipTags", json!([]));
    let held = existing
        .as_ref()
        .and_then(|it| document::text(&it.body, ADDRESS));
    document::discard(&mut body, ADDRESS);
    if document::text_is(&body, METHOD, "Static") {
        let address = match held {
            Some(held) => held.to_owned(),
            None => free_public_address(state)?.to_string(),
        };
        document::put(&mut body, ADDRESS, address);
    }
    if standard {
        let inherited = json!({ "protectionMode": "VirtualNetworkInherited" });
        document::default(&mut body, "/properties/ddosSettings", inherited);
    }
    let draft = Draft::new(id, existing, body);
    Ok(Write::long_running(draft, Vec::new()))
}

fn free_public_address(state: &State) -> Result<Ipv4Addr, Refusal> {
    let taken: BTreeSet<&str> = state
        .of_kind(Kind::PublicIp)
        .filter_map(|it| document::text(&it.body, ADDRESS))
        .collect();
    POOL.into_iter()
        .filter_map(|network| Ipv4Net::new(Ipv4Addr::from(network), 24).ok())
        .flat_map(|range| range.hosts())
        .find(|address| !taken.contains(address.to_string().as_str()))
        .ok_or_else(|| {
            Refusal::invalid(
                "PublicIPCountLimitReached",
                "Cannot create more public IP addresses in this emulation. Delete unused ones.",
            )
        })
}

/// Refuses to delete an attached address.
///
/// # Errors
/// `PublicIPAddressCannotBeDeleted`.
pub(super) fn check_unused(state: &State, id: &ResourceId) -> Result<(), Refusal> {
    match user(state, id) {
        None => Ok(()),
        Some(user) => Err(Refusal::invalid(
            "PublicIPAddressCannotBeDeleted",
            format!(
                "Public IP address {id} can not be deleted since it is still allocated to \
                 resource {user}. Detach it first."
            ),
        )),
    }
}

/// Checks the public address of an IP configuration: it exists and is not attached elsewhere.
///
/// # Errors
/// Those of [`reference::refer`], and `PublicIPAddressInUse`.
pub(super) fn refer(
    state: &State,
    call: &Call<'_>,
    owner: &ResourceId,
    region: &str,
    element: &Value,
) -> Result<(), Refusal> {
    let Some(text) = document::text(element, "/properties/publicIPAddress/id") else {
        return Ok(());
    };
    let found = reference::refer(state, call, owner, region, text, Kind::PublicIp)?;
    let own = Key::of(&owner.to_string());
    let other = user(state, &found.id).filter(|user| {
        !Key::of(user)
            .as_str()
            .starts_with(&format!("{}/", own.as_str()))
    });
    match other {
        None => Ok(()),
        Some(user) => Err(Refusal::invalid(
            "PublicIPAddressInUse",
            format!(
                "Resource {owner} is referencing public IP address {} that is already \
                 allocated to resource {user}.",
                found.id
            ),
        )),
    }
}

/// Refuses a Basic address on a load balancer, which is Standard.
///
/// # Errors
/// `PublicIPAndLBSkuDoNotMatch`.
pub(super) fn check_standard(
    state: &State,
    balancer: &ResourceId,
    frontend: &Value,
) -> Result<(), Refusal> {
    let text = document::text_or_empty(frontend, "/properties/publicIPAddress/id");
    let found = route::resource_id(text).and_then(|id| state.resource(&id));
    if found.is_none_or(|it| document::text_is(&it.body, "/sku/name", "Standard")) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "PublicIPAndLBSkuDoNotMatch",
        format!(
            "Standard sku load balancer {balancer} cannot reference Basic sku publicIP {text}."
        ),
    ))
}

/// The ID of the IP configuration to which a public address is attached.
fn user(state: &State, id: &ResourceId) -> Option<String> {
    let address = id.key();
    [
        (Kind::NetworkInterface, "ipConfigurations"),
        (Kind::LoadBalancer, "frontendIPConfigurations"),
    ]
    .into_iter()
    .flat_map(|(kind, list)| state.of_kind(kind).map(move |owner| (owner, list)))
    .find_map(|(owner, collection)| {
        document::list(&owner.body, &format!("/properties/{collection}"))
            .iter()
            .find(|element| {
                document::text(element, "/properties/publicIPAddress/id")
                    .is_some_and(|id| Key::of(id) == address)
            })
            .map(|element| {
                let name = document::text_or_empty(element, "/name");
                format!("{}/{collection}/{name}", owner.id)
            })
    })
}

/// Adds the IP configuration to which a public address is attached.
pub(super) fn add_read_only(state: &State, address: &Resource, shown: &mut Value) {
    // Recorded: the first reply does not show the address yet.
    if address.provisioning == ProvisioningState::Creating {
        document::discard(shown, ADDRESS);
    }
    if let Some(user) = user(state, &address.id) {
        document::put(shown, "/properties/ipConfiguration", json!({ "id": user }));
    }
}
