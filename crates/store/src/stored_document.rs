//! Which model types are rows.

use ipnet::Ipv4Net;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use underpass_model::auth::{Token, User};
use underpass_model::connection::Connection;
use underpass_model::credentials::{CaKey, Credentials};
use underpass_model::link::Link;
use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::project::Project;
use underpass_model::service::Service;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;

use crate::Error;
use crate::key::{Key, Kind};
use crate::record::Record;

/// A type that is stored as rows of one kind.
pub trait StoredDocument: Serialize + DeserializeOwned {
    /// The kind of its rows.
    const KIND: Kind;
}

/// A noun with the version of its row, to expect when changing it.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<N> {
    /// The row's key.
    pub key: Key,
    /// The row's version.
    pub version: u64,
    /// The noun.
    pub value: N,
}

impl<N: StoredDocument> Versioned<N> {
    pub(crate) fn decode(record: &Record) -> Result<Self, Error> {
        Ok(Self {
            key: record.key.clone(),
            version: record.version,
            value: record.read()?,
        })
    }
}

/// Who holds a host label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostLabelClaim {
    /// The project of the service.
    pub project: ProjectName,
    /// The service.
    pub service: ServiceName,
}

/// Which link has a piece of the ranges for address translation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatRangeClaim {
    /// The project of the service.
    pub project: ProjectName,
    /// The service, whose link on Google has it.
    pub service: ServiceName,
    /// The piece.
    pub piece: Ipv4Net,
}

/// A service's place in a project VPC; the key says all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcResident {
    /// The service.
    pub service: ServiceName,
}

macro_rules! stored_documents {
    ($($type:ty => $kind:ident;)*) => {$(
        impl StoredDocument for $type { const KIND: Kind = Kind::$kind; }
    )*};
}

stored_documents! {
    CaKey => CaKey;
    Connection => Connection;
    Credentials => Credentials;
    HostLabelClaim => HostLabel;
    Link => Link;
    NatRangeClaim => NatRange;
    Observed => Observed;
    Project => Project;
    ProjectVpc => Vpc;
    Service => Service;
    StaticIp => StaticIp;
    Token => Token;
    User => User;
    VpcResident => VpcResident;
}
