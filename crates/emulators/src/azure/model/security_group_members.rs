//! Members of network security groups, as Microsoft's models of api-version 2024-05-01 describe them
//! (azure-mgmt-network 28.1.0).

use super::body_shape::Object;
use super::body_shape::Shape::{Any, Elements, Flag, References, Text, Texts, Whole, Word};

pub(super) const SECURITY_GROUP: Object = Object {
    name: "NetworkSecurityGroupProperties",
    members: &[
        ("flushConnection", Flag),
        ("securityRules", Elements(&RULE)),
        ("defaultSecurityRules", Any),
        ("networkInterfaces", Any),
        ("subnets", Any),
        ("flowLogs", Any),
        ("resourceGuid", Any),
        ("provisioningState", Any),
    ],
};

const RULE: Object = Object {
    name: "SecurityRuleProperties",
    members: &[
        ("description", Text),
        ("protocol", Word(&["Tcp", "Udp", "Icmp", "Esp", "*", "Ah"])),
        ("sourcePortRange", Text),
        ("destinationPortRange", Text),
        ("sourceAddressPrefix", Text),
        ("sourceAddressPrefixes", Texts),
        ("sourceApplicationSecurityGroups", References),
        ("destinationAddressPrefix", Text),
        ("destinationAddressPrefixes", Texts),
        ("destinationApplicationSecurityGroups", References),
        ("sourcePortRanges", Texts),
        ("destinationPortRanges", Texts),
        ("access", Word(&["Allow", "Deny"])),
        ("priority", Whole),
        ("direction", Word(&["Inbound", "Outbound"])),
        ("provisioningState", Any),
    ],
};
