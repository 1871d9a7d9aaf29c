//! Remedies as links: the page on which the action is taken.

use underpass_model::remedy::{ConnectionRef, LinkRef, Remedy};

use crate::href::{link_href, project_href, recovery_href};

/// A link to the page on which a remedy's action is taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RemedyLink {
    /// Path of the page.
    pub(crate) href: String,
    /// Text of the link.
    pub(crate) label: &'static str,
}

/// The page of a project on which an action is taken; absent where the console has none.
/// Some pages are for operators only.
pub(crate) fn remedy_link(project: &str, is_operator: bool, remedy: &Remedy) -> Option<RemedyLink> {
    let (href, label) = match remedy {
        Remedy::ApproveConnection(it)
        | Remedy::SetEndpointAddress(it)
        | Remedy::RestoreConnection(it)
        | Remedy::AddNatRange(it) => (connection(project, it), "Open connection"),
        Remedy::RejectConnections(it)
        | Remedy::AwaitConfirmation(it)
        | Remedy::CreateLink(it)
        | Remedy::ShowLink(it)
        | Remedy::UpdateLink(it)
        | Remedy::DeleteLink(it)
        | Remedy::AwaitLink(it)
        | Remedy::AwaitLinkDeletion(it)
        | Remedy::InspectAttachment(it)
        | Remedy::AllowSubscription(it)
        | Remedy::CheckPath(it)
        | Remedy::ShareTarget(it) => (link(project, it), "Open link"),
        Remedy::RegisterNodes { service, .. }
        | Remedy::RegisterComponent { service, .. }
        | Remedy::KeepLinkPorts { service, .. }
        | Remedy::RegisterNodeHandle { service, .. }
        | Remedy::RegisterNodeAddress { service, .. } => (
            project_href(project, ["service", service.as_str(), "nodes"]),
            "Open nodes",
        ),
        Remedy::SetOption { service, .. } => {
            let page = [
                "service",
                service.as_str(),
                "settings",
                "network-configuration",
            ];
            (project_href(project, page), "Open network configuration")
        }
        Remedy::IssueCertificate { service } => (
            project_href(
                project,
                ["service", service.as_str(), "settings", "certificate"],
            ),
            "Open server certificate",
        ),
        Remedy::RegisterUser { service, .. }
        | Remedy::ReplaceUsers { service }
        | Remedy::UpdateService { service }
        | Remedy::MoveService { service }
        | Remedy::DisableTerminationProtection { service } => (
            project_href(project, ["service", service.as_str(), "settings"]),
            "Open service settings",
        ),
        Remedy::ProvideStaticIps { .. }
        | Remedy::DissociateStaticIp { .. }
        | Remedy::ListStaticIps
        | Remedy::CreateVpc { .. }
        | Remedy::EmptyVpc
        | Remedy::ListVpcs => (project_href(project, ["network"]), "Open networks"),
        Remedy::ShowRecovery
        | Remedy::AdoptRecovery { .. }
        | Remedy::ListOrphans
        | Remedy::RemoveOrphan { .. }
            if is_operator =>
        {
            (recovery_href(), "Open recovery")
        }
        Remedy::ListGrants { .. } | Remedy::GrantAdoption { .. } => {
            (project_href(project, ["network"]), "Open networks")
        }
        Remedy::ShowRecovery
        | Remedy::AdoptRecovery { .. }
        | Remedy::ListOrphans
        | Remedy::RemoveOrphan { .. }
        | Remedy::RecreateEndpoint
        | Remedy::ListProjects
        | Remedy::ListAccessTokens
        | Remedy::InspectPart { .. }
        | Remedy::EnableFeature { .. }
        | Remedy::RaiseLimit { .. }
        | Remedy::CheckAccount { .. }
        | Remedy::Run { .. }
        | Remedy::Manual { .. } => return None,
    };
    Some(RemedyLink { href, label })
}

fn link(project: &str, it: &LinkRef) -> String {
    link_href(project, it.service.as_str(), it.provider.as_str())
}

fn connection(project: &str, it: &ConnectionRef) -> String {
    let page = link_href(project, it.service.as_str(), it.provider.as_str());
    format!("{page}#{}", it.connection)
}

#[cfg(test)]
mod tests {
    use underpass_model::cloud::Provider;
    use underpass_model::id::ConnectionId;

    use super::*;

    #[test]
    fn a_connection_is_found_on_the_page_of_its_link() {
        let service = "pg-1".parse().unwrap();
        let id = ConnectionId::from_bits(1);
        let remedy = Remedy::ApproveConnection(ConnectionRef::new(Provider::Azure, &service, &id));
        assert_eq!(
            remedy_link("demo", false, &remedy).unwrap().href,
            "/console/project/demo/service/pg-1/privatelink/azure#plc000000000001"
        );
        assert_eq!(remedy_link("demo", true, &Remedy::RecreateEndpoint), None);
    }

    #[test]
    fn recovery_is_a_page_of_operators() {
        let found = |is_operator| remedy_link("demo", is_operator, &Remedy::ShowRecovery);
        assert_eq!(found(true).unwrap().href, "/console/recovery");
        assert_eq!(found(false), None);
    }
}
