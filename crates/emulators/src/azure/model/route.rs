//! Paths of the resource manager, and the resource IDs among them.

use super::id::ResourceId;
use super::kind::Kind;

/// The provider of role assignments and permissions.
const AUTHORIZATION: &str = "Microsoft.Authorization";

/// The provider of template deployments, and their collection.
const RESOURCES: &str = "Microsoft.Resources";
const DEPLOYMENTS: &str = "deployments";

/// A path of the resource manager; case is ignored.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Route {
    /// All subscriptions of the caller.
    Subscriptions,
    /// One subscription.
    Subscription { subscription: String },
    /// The regions of a subscription.
    Locations { subscription: String },
    /// The caller's actions in a subscription or resource group.
    Permissions {
        subscription: String,
        /// The subscription or group, as an ID.
        scope: String,
    },
    /// The quotas of the network provider in a region.
    Usages {
        subscription: String,
        location: String,
    },
    /// The resource providers of a subscription, or one of them.
    Providers {
        subscription: String,
        namespace: Option<String>,
    },
    /// The registration of a resource provider.
    Register {
        subscription: String,
        namespace: String,
    },
    /// Template deployments, which do not exist here.
    Deployments { subscription: String },
    /// All resource groups of a subscription.
    Groups { subscription: String },
    /// All resources of a subscription or of a group, of every type.
    AllResources {
        subscription: String,
        group: Option<String>,
    },
    /// The result of the deletion of a resource group.
    GroupOperationResult {
        subscription: String,
        operation: String,
    },
    /// The status of an operation of the network provider.
    OperationStatus {
        subscription: String,
        operation: String,
    },
    /// The result of an operation of the network provider.
    OperationResult {
        subscription: String,
        operation: String,
    },
    /// The status of an operation of private DNS.
    DnsOperationStatus {
        subscription: String,
        operation: String,
    },
    /// The result of an operation of private DNS.
    DnsOperationResult {
        subscription: String,
        operation: String,
    },
    /// The check of the visibility of an alias.
    Visibility { subscription: String },
    /// The services that approve endpoints of the subscription automatically.
    AutoApproved { subscription: String },
    /// All resources of one type in a subscription or group.
    Collection {
        subscription: String,
        group: Option<String>,
        kind: Kind,
    },
    /// All children of one type of a resource.
    Children { parent: ResourceId, kind: Kind },
    /// The record sets of all types of a private DNS zone.
    RecordSets { zone: ResourceId },
    /// A resource group, a resource or a child.
    Resource(ResourceId),
    /// An array of elements of a resource, for instance its frontends.
    Elements {
        parent: ResourceId,
        collection: String,
    },
    /// The health of the members of a load balancing rule's pool.
    RuleHealth { balancer: ResourceId, rule: String },
    /// One element of such an array.
    Element {
        parent: ResourceId,
        collection: String,
        name: String,
    },
}

impl Route {
    /// Reads a percent-decoded path; `None` if it is unknown.
    pub(super) fn parse(path: &str) -> Option<Route> {
        if path.contains("//") {
            return None;
        }
        let mut segments = Segments(path.strip_prefix('/')?);
        segments.keyword("subscriptions")?;
        let Some(subscription) = segments.next() else {
            return Some(Route::Subscriptions);
        };
        let Some(area) = segments.next() else {
            return Some(Route::Subscription { subscription });
        };
        match area.to_ascii_lowercase().as_str() {
            "resourcegroups" => groups(subscription, segments),
            "resources" => segments.end(Route::AllResources {
                subscription,
                group: None,
            }),
            "operationresults" => {
                let operation = segments.next()?;
                segments.end(Route::GroupOperationResult {
                    subscription,
                    operation,
                })
            }
            "locations" => segments.end(Route::Locations { subscription }),
            "providers" => providers(subscription, segments),
            _ => None,
        }
    }

    /// The subscription in the path.
    pub(super) fn subscription(&self) -> Option<&str> {
        match self {
            Route::Subscriptions => None,
            Route::Subscription { subscription }
            | Route::Providers { subscription, .. }
            | Route::Register { subscription, .. }
            | Route::Locations { subscription }
            | Route::Permissions { subscription, .. }
            | Route::Usages { subscription, .. }
            | Route::Groups { subscription }
            | Route::Deployments { subscription }
            | Route::AllResources { subscription, .. }
            | Route::GroupOperationResult { subscription, .. }
            | Route::OperationStatus { subscription, .. }
            | Route::OperationResult { subscription, .. }
            | Route::DnsOperationStatus { subscription, .. }
            | Route::DnsOperationResult { subscription, .. }
            | Route::Visibility { subscription }
            | Route::AutoApproved { subscription }
            | Route::Collection { subscription, .. } => Some(subscription),
            Route::Children { parent, .. }
            | Route::Elements { parent, .. }
            | Route::RecordSets { zone: parent }
            | Route::RuleHealth {
                balancer: parent, ..
            }
            | Route::Element { parent, .. } => Some(parent.subscription()),
            Route::Resource(id) => Some(id.subscription()),
        }
    }
}

/// Reads a resource ID; `None` for any other path, IDs of elements included.
pub(super) fn resource_id(text: &str) -> Option<ResourceId> {
    match Route::parse(text)? {
        Route::Resource(id) => Some(id),
        _ => None,
    }
}

/// Reads the ID of an element, for instance of a load balancer's frontend; returns the resource and
/// the name of the element.
pub(super) fn element_id(text: &str, kind: Kind, collection: &str) -> Option<(ResourceId, String)> {
    match Route::parse(text)? {
        Route::Element {
            parent,
            collection: found,
            name,
        } if parent.kind() == kind && found.eq_ignore_ascii_case(collection) => {
            Some((parent, name))
        }
        _ => None,
    }
}

/// Reads a resource ID, or the ID of an element; returns the resource.
pub(super) fn owner_id(text: &str) -> Option<ResourceId> {
    match Route::parse(text)? {
        Route::Resource(id) => Some(id),
        Route::Element { parent, .. } => Some(parent),
        _ => None,
    }
}

/// Paths below `/subscriptions/{subscription}/resourceGroups`.
fn groups(subscription: String, mut segments: Segments<'_>) -> Option<Route> {
    let Some(group) = segments.next() else {
        return Some(Route::Groups { subscription });
    };
    let id = ResourceId::of_group(&subscription, &group);
    let Some(area) = segments.next() else {
        return Some(Route::Resource(id));
    };
    match area.to_ascii_lowercase().as_str() {
        "resources" => segments.end(Route::AllResources {
            subscription,
            group: Some(group),
        }),
        "providers" => {
            let namespace = segments.next()?;
            if namespace.eq_ignore_ascii_case(AUTHORIZATION) {
                segments.keyword("permissions")?;
                let scope = id.to_string();
                return segments.end(Route::Permissions {
                    subscription,
                    scope,
                });
            }
            if namespace.eq_ignore_ascii_case(RESOURCES) {
                return deployments(subscription, segments);
            }
            if !namespace.eq_ignore_ascii_case("Microsoft.Network") {
                return None;
            }
            let collection = segments.next()?;
            match collection.to_ascii_lowercase().as_str() {
                "locations" => return location(subscription, segments),
                "privatednsoperationstatuses" => {
                    let operation = segments.next()?;
                    return segments.end(Route::DnsOperationStatus {
                        subscription,
                        operation,
                    });
                }
                "privatednsoperationresults" => {
                    let operation = segments.next()?;
                    return segments.end(Route::DnsOperationResult {
                        subscription,
                        operation,
                    });
                }
                _ => {}
            }
            let kind = Kind::top(&collection)?;
            match segments.next() {
                None => Some(Route::Collection {
                    subscription,
                    group: Some(group),
                    kind,
                }),
                Some(name) => below(id.sibling(kind, &name), segments),
            }
        }
        _ => None,
    }
}

/// Paths of template deployments, and of what is below one.
fn deployments(subscription: String, mut segments: Segments<'_>) -> Option<Route> {
    segments.keyword(DEPLOYMENTS)?;
    Some(Route::Deployments { subscription })
}

/// Paths below a resource.
fn below(parent: ResourceId, mut segments: Segments<'_>) -> Option<Route> {
    let Some(collection) = segments.next() else {
        return Some(Route::Resource(parent));
    };
    let name = segments.next();
    let route = match (parent.kind().child(&collection), name) {
        (Some(kind), None) => Route::Children { parent, kind },
        (Some(kind), Some(name)) => Route::Resource(parent.child(kind, &name)),
        (None, None)
            if parent.kind() == Kind::PrivateDnsZone && collection.eq_ignore_ascii_case("ALL") =>
        {
            Route::RecordSets { zone: parent }
        }
        (None, None) => Route::Elements { parent, collection },
        (None, Some(rule))
            if parent.kind() == Kind::LoadBalancer
                && collection.eq_ignore_ascii_case("loadBalancingRules")
                && segments.0.eq_ignore_ascii_case("health") =>
        {
            return Some(Route::RuleHealth {
                balancer: parent,
                rule,
            });
        }
        (None, Some(name)) => Route::Element {
            parent,
            collection,
            name,
        },
    };
    segments.end(route)
}

/// Paths below `/subscriptions/{subscription}/providers`.
fn providers(subscription: String, mut segments: Segments<'_>) -> Option<Route> {
    let namespace = segments.next();
    let (Some(namespace), Some(area)) = (namespace.clone(), segments.next()) else {
        return Some(Route::Providers {
            subscription,
            namespace,
        });
    };
    if area.eq_ignore_ascii_case("register") {
        return segments.end(Route::Register {
            subscription,
            namespace,
        });
    }
    if namespace.eq_ignore_ascii_case(AUTHORIZATION) && area.eq_ignore_ascii_case("permissions") {
        let scope = format!("/subscriptions/{subscription}");
        return segments.end(Route::Permissions {
            subscription,
            scope,
        });
    }
    if namespace.eq_ignore_ascii_case(RESOURCES) && area.eq_ignore_ascii_case(DEPLOYMENTS) {
        return Some(Route::Deployments { subscription });
    }
    if !namespace.eq_ignore_ascii_case("Microsoft.Network") {
        return None;
    }
    if area.eq_ignore_ascii_case("locations") {
        return location(subscription, segments);
    }
    let kind = Kind::top(&area)?;
    segments.end(Route::Collection {
        subscription,
        group: None,
        kind,
    })
}

/// Paths below `…/providers/Microsoft.Network/locations`.
fn location(subscription: String, mut segments: Segments<'_>) -> Option<Route> {
    let location = segments.next()?;
    let area = segments.next()?.to_ascii_lowercase();
    let route = match (area.as_str(), segments.next()) {
        ("checkprivatelinkservicevisibility", None) => Route::Visibility { subscription },
        ("usages", None) => Route::Usages {
            subscription,
            location,
        },
        ("autoapprovedprivatelinkservices", None) => Route::AutoApproved { subscription },
        ("operations", Some(operation)) => Route::OperationStatus {
            subscription,
            operation,
        },
        ("operationresults", Some(operation)) => Route::OperationResult {
            subscription,
            operation,
        },
        _ => return None,
    };
    segments.end(route)
}

/// The rest of a path.
struct Segments<'a>(&'a str);

impl Segments<'_> {
    /// The next segment; `None` at the end, and for an empty segment.
    fn next(&mut self) -> Option<String> {
        let (segment, rest) = self.0.split_once('/').unwrap_or((self.0, ""));
        if segment.is_empty() {
            return None;
        }
        let segment = segment.to_owned();
        self.0 = rest;
        Some(segment)
    }

    /// Skips a fixed segment.
    fn keyword(&mut self, word: &str) -> Option<()> {
        self.next()
            .filter(|segment| segment.eq_ignore_ascii_case(word))
            .map(|_| ())
    }

    /// Returns the route if no segment is left.
    fn end(&self, route: Route) -> Option<Route> {
        self.0.is_empty().then_some(route)
    }
}
