//! Refusals for a service without an address on the public or the private route.

use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::route::Route;
use crate::service::Service;

/// Returns the refusal that names what is missing, the address or the option, and how to add it;
/// `None` if both exist or the route needs neither.
pub(super) fn not_offered(service: &Service, route: Route, component: &str) -> Option<Refusal> {
    let Service { name, .. } = service;
    let node = service.nodes.first()?;
    let listener = service
        .components
        .iter()
        .find(|it| it.component == component)?;
    let (Route::Public | Route::Private) = route else {
        return None;
    };
    let (word, group) = (route.as_str(), route.access_option()?);
    let facts = service
        .facts()
        .and_then(|facts| facts.component(component))?;
    let has_switch = match route {
        Route::Public => facts.access.is_public(),
        Route::Private => facts.access.is_private(),
        Route::Dynamic | Route::Privatelink => false,
    };
    let option = format!("{group}.{component}");
    let register = || Remedy::RegisterNodeAddress {
        service: name.clone(),
        node: node.name.clone(),
        address: node.address,
        key: word.to_owned(),
        option: option.clone(),
    };
    let (reason, remedy) = match (node.address_on(route), service.offers(listener, route)) {
        _ if !has_switch => (
            format!(
                "component `{component}` of service type `{}` is never offered on it",
                service.service_type
            ),
            Remedy::manual("Use route `dynamic` or `privatelink`"),
        ),
        (None, false) => (
            format!(
                "its first node `{}` has no {word} address, and `{option}` is off",
                node.name
            ),
            register(),
        ),
        (None, true) => (
            format!("its first node `{}` has no {word} address", node.name),
            register(),
        ),
        (Some(_), false) => (
            format!("`{option}` is off"),
            Remedy::SetOption {
                service: name.clone(),
                option: option.clone(),
                value: true,
            },
        ),
        (Some(_), true) => return None,
    };
    let message =
        format!("Service `{name}` does not offer `{component}` on route `{word}`: {reason}");
    Some(Refusal::conflict("route_not_offered", message).with_remedy(remedy))
}
