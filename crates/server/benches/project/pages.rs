//! The pages of the console, each as a browser would ask for it.

/// Below `/console/project/demo`, Home first.
pub(crate) const PAGES: [&str; 22] = [
    "",
    "/service",
    "/service?query=service-09&cloud=azure",
    "/service?cloud=google",
    "/service?after=service-0899",
    "/connection",
    "/connection?state=pending-user-approval",
    "/connection?query=team+blue",
    "/connection?query=pe-777-&state=active",
    "/network",
    "/network?query=service-0500",
    "/event",
    "/event?subject=service",
    "/register-service",
    "/service/service-0500",
    "/service/service-0500?route=privatelink",
    "/service/service-0500/privatelink/azure",
    "/service/service-0500/privatelink/azure/remove",
    "/service/service-0500/nodes",
    "/service/service-0500/settings",
    "/service/service-0500/settings/certificate",
    "/service/service-0500/settings/network-configuration",
];
