//! Types of DNS records in private DNS zones.

use serde::{Deserialize, Serialize};

/// The record types of private DNS (documented: "Overview of private DNS records").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum RecordType {
    A,
    Aaaa,
    Cname,
    Mx,
    Ptr,
    Soa,
    Srv,
    Txt,
}

impl RecordType {
    /// All types, in alphabetical order.
    pub(super) const ALL: [RecordType; 8] = [
        RecordType::A,
        RecordType::Aaaa,
        RecordType::Cname,
        RecordType::Mx,
        RecordType::Ptr,
        RecordType::Soa,
        RecordType::Srv,
        RecordType::Txt,
    ];

    /// The name in paths and in types of resources.
    pub(super) fn name(self) -> &'static str {
        match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Cname => "CNAME",
            RecordType::Mx => "MX",
            RecordType::Ptr => "PTR",
            RecordType::Soa => "SOA",
            RecordType::Srv => "SRV",
            RecordType::Txt => "TXT",
        }
    }

    /// The member of a record set's properties that has its records.
    pub(super) fn member(self) -> &'static str {
        match self {
            RecordType::A => "aRecords",
            RecordType::Aaaa => "aaaaRecords",
            RecordType::Cname => "cnameRecord",
            RecordType::Mx => "mxRecords",
            RecordType::Ptr => "ptrRecords",
            RecordType::Soa => "soaRecord",
            RecordType::Srv => "srvRecords",
            RecordType::Txt => "txtRecords",
        }
    }
}
