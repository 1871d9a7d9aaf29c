//! The wording of remedies: one command to paste, one sentence.
//!
//! The command line prints the sentence, the API puts it into `message` and `next_action`, and the
//! console turns the action itself into a link or a button.

use serde::{Deserialize, Serialize};
use underpass_model::cloud::Provider;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::{ConnectionRef, LinkRef, Remedy};

/// The action that resolves a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemedyView {
    /// The action with what it applies to, for programs.
    #[serde(flatten)]
    pub remedy: Remedy,
    /// The command that does it, in one line of a POSIX shell; words in capitals are to be
    /// replaced. Null where no command of ours does it.
    pub command: Option<String>,
    /// The instruction as a sentence, with the command.
    pub text: String,
}

impl RemedyView {
    /// An action with its wording.
    pub fn new(remedy: Remedy) -> Self {
        Self {
            command: command(&remedy),
            text: sentence(&remedy),
            remedy,
        }
    }
}

/// A refusal in words: the rule, then the remedy, each a sentence of its own.
pub fn message(refusal: &Refusal) -> String {
    match &refusal.remedy {
        Some(remedy) => format!("{}. {}", refusal.message, sentence(remedy)),
        None => refusal.message.clone(),
    }
}

/// The command that does it; absent where no command of ours does it.
#[expect(clippy::too_many_lines, reason = "one arm for each remedy")]
pub fn command(remedy: &Remedy) -> Option<String> {
    Some(match remedy {
        Remedy::ApproveConnection(it) | Remedy::AddNatRange(it) => approve(it),
        Remedy::SetEndpointAddress(it) => connection("update", it, " --endpoint-ip-address IP"),
        Remedy::RestoreConnection(it) => connection("restore", it, ""),
        Remedy::RejectConnections(LinkRef { provider, service }) => {
            format!("underpass service privatelink {provider} connection reject {service} PLC")
        }
        Remedy::AwaitConfirmation(it) | Remedy::InspectAttachment(it) | Remedy::ShareTarget(it) => {
            link("refresh", it, "")
        }
        Remedy::CreateLink(it) => link("create", it, ""),
        Remedy::ShowLink(it) | Remedy::AwaitLink(it) | Remedy::AwaitLinkDeletion(it) => {
            link("get", it, "")
        }
        Remedy::UpdateLink(it) => link("update", it, ""),
        Remedy::DeleteLink(it) => link("delete", it, ""),
        Remedy::AllowSubscription(it) => link("update", it, " --user-subscription-id ID"),
        Remedy::RegisterNodes {
            service,
            service_type,
        } => format!(
            "underpass service update {service} --node NAME=ADDRESS --component {service_type}=PORT"
        ),
        Remedy::RegisterComponent {
            service,
            component,
            present,
        } => {
            let present: Vec<_> = present
                .iter()
                .map(|argument| format!("--component {argument} "))
                .collect();
            format!(
                "underpass service update {service} {}--component {component}=PORT -c \
                 privatelink_access.{component}=true",
                present.concat()
            )
        }
        Remedy::RegisterNodeHandle {
            service,
            node,
            address,
            provider,
        } => {
            let handle = match provider {
                Provider::Azure => "azure_nic=ID",
                Provider::Google | Provider::Aws => "google_instance=URL",
            };
            format!("underpass service update {service} --node {node}={address},{handle}")
        }
        Remedy::RegisterNodeAddress {
            service,
            node,
            address,
            key,
            option,
        } => format!(
            "underpass service update {service} --node {node}={address},{key}=ADDRESS -c \
             {option}=true"
        ),
        Remedy::SetOption {
            service,
            option,
            value,
        } => format!("underpass service update {service} -c {option}={value}"),
        Remedy::RegisterUser { service, username } => {
            let username = username.as_deref().unwrap_or("avnadmin");
            format!("underpass service register {service} --user {username}:@FILE")
        }
        Remedy::ReplaceUsers { service } => {
            format!("underpass service update {service} --user NAME:@FILE")
        }
        Remedy::IssueCertificate { service } => {
            format!("underpass service cert {service} --out DIR --force")
        }
        Remedy::UpdateService { service } => format!("underpass service update {service}"),
        Remedy::MoveService { service } => {
            format!("underpass service update {service} --project-vpc-id ID")
        }
        Remedy::DisableTerminationProtection { service } => {
            format!("underpass service update {service} --disable-termination-protection")
        }
        Remedy::ProvideStaticIps { service, .. } => {
            format!("underpass service update {service} --auto-static-ips")
        }
        Remedy::DissociateStaticIp { static_ip } => {
            format!("underpass static-ip dissociate {static_ip}")
        }
        Remedy::ListStaticIps => "underpass static-ip list".to_owned(),
        Remedy::CreateVpc { cloud, .. } => {
            format!("underpass vpc create --cloud {cloud} --network-cidr CIDR --wait")
        }
        Remedy::EmptyVpc => "underpass service list".to_owned(),
        Remedy::KeepLinkPorts {
            service,
            components,
        } => {
            let components: Vec<_> = components
                .iter()
                .map(|argument| format!(" --component {argument}"))
                .collect();
            format!("underpass service update {service}{}", components.concat())
        }
        Remedy::ListVpcs => "underpass vpc list".to_owned(),
        Remedy::ListProjects => "underpass project list".to_owned(),
        Remedy::ListAccessTokens => "underpass token list".to_owned(),
        Remedy::RaiseLimit { project, limited } => format!(
            "underpass project limits set {project} --{} NUMBER",
            limited.as_str().replace('_', "-")
        ),
        Remedy::EnableFeature { project, feature } => format!(
            "underpass project feature set {project} {} on",
            feature.as_str()
        ),
        Remedy::GrantAdoption {
            project,
            account,
            scope,
        } => format!(
            "underpass project grant add {project} --account {account} --scope {}",
            quoted(scope)
        ),
        Remedy::ListGrants { project } => format!("underpass project grant list {project}"),
        Remedy::ShowRecovery => "underpass recovery show".to_owned(),
        Remedy::AdoptRecovery { account } => format!("underpass recovery adopt {account}"),
        Remedy::ListOrphans => "underpass recovery orphans".to_owned(),
        Remedy::RemoveOrphan { link } => format!("underpass recovery remove {link}"),
        Remedy::CheckPath(LinkRef { provider, service }) => {
            format!("underpass doctor {service} --cloud {provider}")
        }
        Remedy::CheckAccount { account } => format!("underpass account check {account}"),
        Remedy::Run { line, .. } => line.clone(),
        Remedy::RecreateEndpoint | Remedy::InspectPart { .. } | Remedy::Manual { .. } => {
            return None;
        }
    })
}

/// The instruction as a sentence: imperative, with the command in backquotes, without a full stop.
#[expect(clippy::too_many_lines, reason = "one arm for each remedy")]
pub fn sentence(remedy: &Remedy) -> String {
    let command = command(remedy).unwrap_or_default();
    match remedy {
        Remedy::ApproveConnection(it) => match it.provider {
            Provider::Azure => format!("Approve it with `{command}`"),
            Provider::Google | Provider::Aws => {
                format!("Approve it with the address of the consumer's endpoint: `{command}`")
            }
        },
        Remedy::AddNatRange(_) => {
            format!("Approve it again, which adds a NAT range: `{command}`")
        }
        Remedy::SetEndpointAddress(_) => {
            format!("Set the address of the consumer's endpoint with `{command}`")
        }
        Remedy::RestoreConnection(_) => format!("Approve it again with `{command}`"),
        Remedy::RejectConnections(_) => format!("Reject a connection with `{command}`"),
        Remedy::AwaitConfirmation(it) => format!(
            "Wait until {} confirms the approval, or check now with `{command}`",
            it.provider.description()
        ),
        Remedy::RecreateEndpoint => {
            "Have the consumer delete the endpoint and create a new one".to_owned()
        }
        Remedy::CreateLink(_) => format!("Create one with `{command}`"),
        Remedy::ShowLink(_) => format!("Show it with `{command}`"),
        Remedy::UpdateLink(_) => format!("Change it with `{command}`"),
        Remedy::DeleteLink(_) => format!("Delete the private link first with `{command}`"),
        Remedy::AwaitLink(_) => format!("Wait until it is active. Check with `{command}`"),
        Remedy::AwaitLinkDeletion(_) => {
            format!("Wait until the private link is deleted. Check with `{command}`")
        }
        Remedy::InspectAttachment(it) => format!(
            "Inspect the published service in {}, then list it again with `{command}`",
            it.provider.description()
        ),
        Remedy::InspectPart { part, attempts } => format!(
            "Inspect the {part} in the cloud. Underpass keeps trying, after {attempts} failures \
             in a row"
        ),
        Remedy::AllowSubscription(_) => {
            format!("Allow the consumer's subscription with `{command}`")
        }
        Remedy::ShareTarget(it) => {
            let target = match it.provider {
                Provider::Azure => "alias",
                Provider::Google | Provider::Aws => "service attachment",
            };
            format!(
                "Give the {target} to the consumer. Once the endpoint exists, list it with \
                 `{command}`"
            )
        }
        Remedy::RegisterNodes { .. } => {
            format!("Register where the service runs with `{command}`")
        }
        Remedy::RegisterComponent { component, .. } => format!(
            "Component `{component}` is not registered. Register it and open it with `{command}`"
        ),
        Remedy::RegisterNodeHandle { .. } => format!("Register it with `{command}`"),
        Remedy::RegisterNodeAddress { .. } => {
            format!("Register the address and open the component with `{command}`")
        }
        Remedy::SetOption { value: true, .. } => format!("Switch the option on with `{command}`"),
        Remedy::SetOption { value: false, .. } => format!("Switch the option off with `{command}`"),
        Remedy::RegisterUser { .. } => format!("Register the user with `{command}`"),
        Remedy::ReplaceUsers { .. } => {
            format!("Register other users in its place with `{command}`")
        }
        Remedy::IssueCertificate { .. } => {
            format!("Issue a certificate with `{command}`, and install it on the servers")
        }
        Remedy::UpdateService { .. } => {
            format!("Change it with `{command}`, or choose another name")
        }
        Remedy::MoveService { .. } => {
            format!(
                "Move the service into another project VPC with `{command}`; `underpass vpc list` \
                 shows the IDs"
            )
        }
        Remedy::DisableTerminationProtection { .. } => {
            format!("Switch the protection off first with `{command}`")
        }
        Remedy::ProvideStaticIps { .. } => {
            format!("Create static IP addresses, associate them and use them: `{command}`")
        }
        Remedy::DissociateStaticIp { .. } => format!("Release it first with `{command}`"),
        Remedy::ListStaticIps => format!("List the static IP addresses with `{command}`"),
        Remedy::CreateVpc { service, .. } => match service {
            Some(service) => format!(
                "Create one with `{command}`, and move the service into it with `underpass service \
                 update {service} --project-vpc-id ID`"
            ),
            None => format!("Create one with `{command}`, and give its ID"),
        },
        Remedy::EmptyVpc => format!(
            "Find its services with `{command}`. Delete their private links, then terminate the \
             services with `underpass service terminate NAME` or move them with `underpass service \
             update NAME --project-vpc-id ID`"
        ),
        Remedy::KeepLinkPorts { .. } => {
            format!("Register it with `{command}`, or delete the private link first")
        }
        Remedy::ListVpcs => format!("List the project VPCs with `{command}`"),
        Remedy::ListProjects => format!("List the projects with `{command}`"),
        Remedy::ListAccessTokens => format!("List your access tokens with `{command}`"),
        Remedy::EnableFeature { .. } => {
            format!("Ask an operator to switch it on with `{command}`")
        }
        Remedy::RaiseLimit { .. } => format!("Or ask an operator to raise it with `{command}`"),
        Remedy::GrantAdoption { .. } => format!("Ask an operator to allow it with `{command}`"),
        Remedy::ListGrants { .. } => format!("List the grants with `{command}`"),
        Remedy::ShowRecovery => format!("Ask an operator to compare with `{command}`"),
        Remedy::AdoptRecovery { .. } => format!("Take over what the cloud shows with `{command}`"),
        Remedy::ListOrphans => format!("List the orphans with `{command}`"),
        Remedy::RemoveOrphan { .. } => {
            format!("Remove it with `{command}`, which asks for its name")
        }
        Remedy::CheckPath(_) => {
            format!("Underpass puts it right by itself. Check again with `{command}`")
        }
        Remedy::CheckAccount { .. } => {
            format!("Ask an operator to check the account with `{command}`")
        }
        Remedy::Run { instruction, .. } => format!("{instruction}: `{command}`"),
        Remedy::Manual { text } => text.clone(),
    }
}

/// Quotes a resource ID for a shell if necessary: names of resource groups may contain parentheses.
fn quoted(id: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':');
    if id.chars().all(is_plain) {
        return id.to_owned();
    }
    format!("'{id}'")
}

fn approve(it: &ConnectionRef) -> String {
    match it.provider {
        Provider::Azure => connection("approve", it, ""),
        // The cloud never reports the endpoint's address: the consumer does.
        Provider::Google | Provider::Aws => format!(
            "underpass service privatelink {} connection approve {} --privatelink-connection-id {} \
             --user-ip-address IP",
            it.provider, it.service, it.connection
        ),
    }
}

fn connection(verb: &str, it: &ConnectionRef, options: &str) -> String {
    format!(
        "underpass service privatelink {} connection {verb} {} {}{options}",
        it.provider, it.service, it.connection
    )
}

fn link(verb: &str, it: &LinkRef, options: &str) -> String {
    format!(
        "underpass service privatelink {} {verb} {}{options}",
        it.provider, it.service
    )
}

#[cfg(test)]
mod tests {
    use underpass_model::id::ConnectionId;

    use super::*;
    use crate::round_trip::assert_round_trip;

    fn reference(provider: Provider) -> ConnectionRef {
        let service = "pg-1".parse().unwrap();
        ConnectionRef::new(provider, &service, &ConnectionId::from_bits(1))
    }

    #[test]
    fn an_action_in_words_is_read_back() {
        let view = RemedyView::new(Remedy::manual("Ask the operator"));
        assert_round_trip(&view);
        let document = serde_json::to_value(&view).unwrap();
        assert_eq!(document["text"], "Ask the operator");
    }

    #[test]
    fn a_command_names_everything_it_applies_to() {
        let approve = Remedy::ApproveConnection(reference(Provider::Azure));
        assert_eq!(
            command(&approve).unwrap(),
            "underpass service privatelink azure connection approve pg-1 plc000000000001"
        );
        let approve = Remedy::ApproveConnection(reference(Provider::Google));
        assert_eq!(
            command(&approve).unwrap(),
            "underpass service privatelink google connection approve pg-1 \
             --privatelink-connection-id plc000000000001 --user-ip-address IP"
        );
    }

    #[test]
    fn a_refusal_is_the_rule_and_then_the_remedy() {
        let refusal = Refusal::conflict("connection_rejected", "Connection plc1 is rejected")
            .with_remedy(Remedy::RestoreConnection(reference(Provider::Azure)));
        assert_eq!(
            message(&refusal),
            "Connection plc1 is rejected. Approve it again with `underpass service privatelink \
             azure connection restore pg-1 plc000000000001`"
        );
        let plain = Refusal::conflict("code", "It is refused");
        assert_eq!(message(&plain), "It is refused");
    }

    #[test]
    fn a_remedy_is_read_back_with_its_wording() {
        let view = RemedyView::new(Remedy::ListVpcs);
        let text = serde_json::to_string(&view).unwrap();
        assert_eq!(
            text,
            r#"{"action":"list_vpcs","command":"underpass vpc list","text":"List the project VPCs with `underpass vpc list`"}"#
        );
        assert_eq!(serde_json::from_str::<RemedyView>(&text).unwrap(), view);
        let view = RemedyView::new(Remedy::ApproveConnection(reference(Provider::Azure)));
        let text = serde_json::to_string(&view).unwrap();
        assert_eq!(serde_json::from_str::<RemedyView>(&text).unwrap(), view);
    }
}
