//! The next action that resolves a condition or a refusal, as data.
//!
//! Surfaces render it once each: the command line as a command to paste, the console as a link or
//! a button, the API as a sentence with the command.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::cloud::{CloudName, Provider};
use crate::feature::Feature;
use crate::id::{ConnectionId, LinkId, StaticIpId};
use crate::limited::Limited;
use crate::name::{AccountName, NodeName, ProjectName, ServiceName};

/// One action that a member of the project, an operator or the consumer can take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Remedy {
    /// Approve a connection. Google and AWS also need the address of the consumer's endpoint.
    ApproveConnection(ConnectionRef),
    /// Set the address of the consumer's endpoint.
    SetEndpointAddress(ConnectionRef),
    /// Approve a rejected connection again.
    RestoreConnection(ConnectionRef),
    /// Approve a connection again, which adds a NAT range to its link.
    AddNatRange(ConnectionRef),
    /// Reject the approved connections that a change would cut.
    RejectConnections(LinkRef),
    /// Wait until the cloud confirms an approval.
    AwaitConfirmation(LinkRef),
    /// Have the consumer delete the endpoint and create a new one.
    RecreateEndpoint,
    /// Create the link.
    CreateLink(LinkRef),
    /// Show the link.
    ShowLink(LinkRef),
    /// Change the link.
    UpdateLink(LinkRef),
    /// Delete the link.
    DeleteLink(LinkRef),
    /// Wait until the link is active.
    AwaitLink(LinkRef),
    /// Wait until the link is deleted.
    AwaitLinkDeletion(LinkRef),
    /// Inspect the published service in the cloud, then list it again.
    InspectAttachment(LinkRef),
    /// Inspect a part of the link in the cloud. Underpass keeps trying.
    InspectPart {
        /// A name of the part that a person understands.
        part: String,
        /// Failures in a row so far.
        attempts: u32,
    },
    /// Allow the consumer's subscription to see the link.
    AllowSubscription(LinkRef),
    /// Give the consumer the name of the published service, then list its endpoints.
    ShareTarget(LinkRef),
    /// Register where the service runs.
    RegisterNodes {
        /// The service.
        service: ServiceName,
        /// Its type, which names its main component.
        service_type: String,
    },
    /// Register a component that the service lacks, and open it to links.
    RegisterComponent {
        /// The service.
        service: ServiceName,
        /// The missing component.
        component: String,
        /// The registered components as arguments, because a new list replaces the present one.
        present: Vec<String>,
    },
    /// Register the components with the link ports that the link keeps.
    KeepLinkPorts {
        /// The service.
        service: ServiceName,
        /// The components as arguments.
        components: Vec<String>,
    },
    /// Register the cloud resource ID of a node.
    RegisterNodeHandle {
        /// The service.
        service: ServiceName,
        /// The node.
        node: NodeName,
        /// The node's address.
        address: IpAddr,
        /// The cloud whose resource ID is missing.
        provider: Provider,
    },
    /// Register the public or private address of a node and open a component on that route.
    RegisterNodeAddress {
        /// The service.
        service: ServiceName,
        /// The node.
        node: NodeName,
        /// The node's address.
        address: IpAddr,
        /// The key of the node argument: `public` or `private`.
        key: String,
        /// The option that opens the component, as `public_access.pg`.
        option: String,
    },
    /// Switch an option of the service on or off.
    SetOption {
        /// The service.
        service: ServiceName,
        /// The option, as `privatelink_access.pg`.
        option: String,
        /// Its new value.
        value: bool,
    },
    /// Register a user of the service.
    RegisterUser {
        /// The service.
        service: ServiceName,
        /// The user's name; the client chooses one if absent.
        username: Option<String>,
    },
    /// Register other users in place of the present ones.
    ReplaceUsers {
        /// The service.
        service: ServiceName,
    },
    /// Issue a certificate for the servers of the service, and install it on them.
    IssueCertificate {
        /// The service.
        service: ServiceName,
    },
    /// Change the service that exists, instead of creating another one.
    UpdateService {
        /// The service.
        service: ServiceName,
    },
    /// Move the service into another project VPC.
    MoveService {
        /// The service.
        service: ServiceName,
    },
    /// Switch termination protection off.
    DisableTerminationProtection {
        /// The service.
        service: ServiceName,
    },
    /// Create static IP addresses, associate them with the service and switch their use on.
    ProvideStaticIps {
        /// The service.
        service: ServiceName,
        /// The region to create them in.
        cloud: CloudName,
    },
    /// Release a static IP address from its service.
    DissociateStaticIp {
        /// The static IP address.
        static_ip: StaticIpId,
    },
    /// List the static IP addresses of the project.
    ListStaticIps,
    /// Create a project VPC, and move a service into it.
    CreateVpc {
        /// The region to create it in.
        cloud: CloudName,
        /// The service, if it exists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<ServiceName>,
    },
    /// Move the services of a project VPC and delete its links.
    EmptyVpc,
    /// List the project VPCs.
    ListVpcs,
    /// List the projects.
    ListProjects,
    /// List the access tokens of the caller.
    ListAccessTokens,
    /// Have an operator switch a feature of the project on.
    EnableFeature {
        /// The project.
        project: ProjectName,
        /// The feature.
        feature: Feature,
    },
    /// Have an operator raise a limit of a project.
    RaiseLimit {
        /// The project.
        project: ProjectName,
        /// The limit.
        limited: Limited,
    },
    /// Have an operator allow the project to adopt a network.
    GrantAdoption {
        /// The project.
        project: ProjectName,
        /// The cloud account.
        account: AccountName,
        /// The prefix of the resource IDs.
        scope: String,
    },
    /// List the grants of a project.
    ListGrants {
        /// The project.
        project: ProjectName,
    },
    /// Show what differs between an older store and its clouds.
    ShowRecovery,
    /// Take over what the cloud shows.
    AdoptRecovery {
        /// The cloud account.
        account: AccountName,
    },
    /// List the orphans.
    ListOrphans,
    /// Remove an orphan, which asks for its name.
    RemoveOrphan {
        /// The ID of the link that it was.
        link: LinkId,
    },
    /// Check the path of a link again: what is broken is put right by itself, or was just put right.
    CheckPath(LinkRef),
    /// Have an operator check a cloud account.
    CheckAccount {
        /// The account.
        account: AccountName,
    },
    /// Run a command of another program.
    Run {
        /// An imperative sentence without a full stop.
        instruction: String,
        /// The command, in one line of a POSIX shell.
        line: String,
    },
    /// An action described in words, where no command of ours does it.
    Manual {
        /// An imperative sentence without a full stop. The documents that contain a remedy have a
        /// member `text` of their own.
        #[serde(rename = "instruction")]
        text: String,
    },
}

/// A link, as commands name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRef {
    /// The cloud of the link.
    pub provider: Provider,
    /// The published service.
    pub service: ServiceName,
}

/// A connection, as commands name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRef {
    /// The cloud of the link.
    pub provider: Provider,
    /// The published service.
    pub service: ServiceName,
    /// The connection.
    pub connection: ConnectionId,
}

// === impl Remedy ===

impl Remedy {
    /// An action in words.
    pub fn manual(text: impl Into<String>) -> Self {
        Self::Manual { text: text.into() }
    }

    /// Opens a component of a service to links.
    pub fn open_component(service: &ServiceName, component: &str) -> Self {
        Self::SetOption {
            service: service.clone(),
            option: format!("privatelink_access.{component}"),
            value: true,
        }
    }
}

// === impl LinkRef ===

impl LinkRef {
    /// The link of a service on a cloud.
    pub fn new(provider: Provider, service: &ServiceName) -> Self {
        Self {
            provider,
            service: service.clone(),
        }
    }
}

// === impl ConnectionRef ===

impl ConnectionRef {
    /// A connection of the link of a service on a cloud.
    pub fn new(provider: Provider, service: &ServiceName, connection: &ConnectionId) -> Self {
        Self {
            provider,
            service: service.clone(),
            connection: connection.clone(),
        }
    }
}
