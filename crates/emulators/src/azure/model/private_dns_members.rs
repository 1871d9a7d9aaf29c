//! Members of private DNS resources and of zone groups, as Microsoft's models describe them
//! (azure-mgmt-privatedns 2.0.0, azure-mgmt-network 28.1.0).

use super::body_shape::Object;
use super::body_shape::Shape::{
    Any, Elements, Flag, Many, NewerWord, One, Reference, Text, Texts, Whole,
};

/// Members of a zone, all of which are output only.
pub(super) const ZONE: Object = Object {
    name: "PrivateZoneProperties",
    members: &[
        ("maxNumberOfRecordSets", Any),
        ("numberOfRecordSets", Any),
        ("maxNumberOfVirtualNetworkLinks", Any),
        ("numberOfVirtualNetworkLinks", Any),
        ("maxNumberOfVirtualNetworkLinksWithRegistration", Any),
        ("numberOfVirtualNetworkLinksWithRegistration", Any),
        ("provisioningState", Any),
        ("internalId", Any),
    ],
};

pub(super) const LINK: Object = Object {
    name: "VirtualNetworkLinkProperties",
    members: &[
        ("virtualNetwork", Reference),
        ("registrationEnabled", Flag),
        (
            "resolutionPolicy",
            NewerWord(&["Default", "NxDomainRedirect"]),
        ),
        ("virtualNetworkLinkState", Any),
        ("provisioningState", Any),
    ],
};

pub(super) const RECORD_SET: Object = Object {
    name: "RecordSetProperties",
    members: &[
        ("metadata", Any),
        ("ttl", Whole),
        ("fqdn", Any),
        ("isAutoRegistered", Any),
        ("aRecords", Many(&A)),
        ("aaaaRecords", Many(&AAAA)),
        ("cnameRecord", One(&CNAME)),
        ("mxRecords", Many(&MX)),
        ("ptrRecords", Many(&PTR)),
        ("soaRecord", One(&SOA)),
        ("srvRecords", Many(&SRV)),
        ("txtRecords", Many(&TXT)),
    ],
};

const A: Object = Object {
    name: "ARecord",
    members: &[("ipv4Address", Text)],
};

const AAAA: Object = Object {
    name: "AaaaRecord",
    members: &[("ipv6Address", Text)],
};

const CNAME: Object = Object {
    name: "CnameRecord",
    members: &[("cname", Text)],
};

const MX: Object = Object {
    name: "MxRecord",
    members: &[("preference", Whole), ("exchange", Text)],
};

const PTR: Object = Object {
    name: "PtrRecord",
    members: &[("ptrdname", Text)],
};

const SOA: Object = Object {
    name: "SoaRecord",
    members: &[
        ("host", Text),
        ("email", Text),
        ("serialNumber", Whole),
        ("refreshTime", Whole),
        ("retryTime", Whole),
        ("expireTime", Whole),
        ("minimumTtl", Whole),
    ],
};

const SRV: Object = Object {
    name: "SrvRecord",
    members: &[
        ("priority", Whole),
        ("weight", Whole),
        ("port", Whole),
        ("target", Text),
    ],
};

const TXT: Object = Object {
    name: "TxtRecord",
    members: &[("value", Texts)],
};

pub(super) const ZONE_GROUP: Object = Object {
    name: "PrivateDnsZoneGroupProperties",
    members: &[
        ("provisioningState", Any),
        ("privateDnsZoneConfigs", Elements(&ZONE_CONFIG)),
    ],
};

const ZONE_CONFIG: Object = Object {
    name: "PrivateDnsZonePropertiesFormat",
    members: &[
        ("provisioningState", Any),
        ("privateDnsZoneId", Text),
        ("recordSets", Any),
    ],
};
