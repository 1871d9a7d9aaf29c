//! Events that record the changes of callers in a project's history.

use jiff::Timestamp;
use serde_json::Value;
use underpass_model::cloud::Provider;
use underpass_model::event::Event;
use underpass_model::id::{ConnectionId, ProjectVpcId, StaticIpId};
use underpass_model::name::ServiceName;

use super::extract::Member;

/// Subject of an event.
pub(super) enum Subject<'a> {
    /// Project.
    Project,
    /// Project VPC.
    Vpc(ProjectVpcId),
    /// Static IP.
    StaticIp(&'a StaticIpId),
    /// Service.
    Service(&'a ServiceName),
    /// Link.
    Link(&'a ServiceName, Provider),
    /// Connection.
    Connection(&'a ServiceName, Provider, &'a ConnectionId),
}

impl std::fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Project => f.write_str("project"),
            Self::Vpc(id) => write!(f, "vpc/{id}"),
            Self::StaticIp(id) => write!(f, "static-ip/{id}"),
            Self::Service(service) => write!(f, "service/{service}"),
            Self::Link(service, provider) => write!(f, "service/{service}/privatelink/{provider}"),
            Self::Connection(service, provider, id) => {
                write!(
                    f,
                    "service/{service}/privatelink/{provider}/connection/{id}"
                )
            }
        }
    }
}

impl Member {
    /// Returns the event of a change by this caller.
    pub(super) fn event(
        &self,
        now: Timestamp,
        subject: &Subject<'_>,
        code: &'static str,
        message: String,
    ) -> Event {
        Event {
            at: now,
            project: self.name().clone(),
            subject: subject.to_string(),
            actor: self.principal.actor(),
            code: code.to_owned(),
            message,
            details: Value::Null,
        }
    }
}
