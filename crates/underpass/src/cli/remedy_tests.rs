//! The commands that remedies name are commands of this program.

use clap::Parser as _;
use underpass_api_types::remedy::command;
use underpass_model::cloud::{CloudName, Provider};
use underpass_model::id::{ConnectionId, LinkId};
use underpass_model::project::Feature;
use underpass_model::project_limits::Limited;
use underpass_model::remedy::{ConnectionRef, LinkRef, Remedy};

use super::Cli;

/// Words that a person replaces, with what they could be replaced by. Longer words come first.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("NAME=ADDRESS", "n1=10.0.0.5"),
    ("ADDRESS", "10.0.0.6"),
    ("CIDR", "10.0.0.0/24"),
    ("PORT", "5432"),
    ("NUMBER", "2000"),
    ("PLC", "plc000000000001"),
    ("URL", "projects/p/zones/europe-west1-b/instances/i"),
    ("IP", "10.0.0.5"),
    ("ID", "3f0c1d2e-0000-4000-8000-000000000002"),
];

/// Fills a word of a command: the whole word, or what follows a `=`.
fn fill(word: &str) -> String {
    for (placeholder, value) in PLACEHOLDERS {
        if let Some(before) = word.strip_suffix(placeholder)
            && (before.is_empty() || before.ends_with('='))
        {
            return format!("{before}{value}");
        }
    }
    word.to_owned()
}

#[expect(clippy::too_many_lines, reason = "one line for each remedy")]
fn remedies(provider: Provider) -> Vec<Remedy> {
    let service = "pg-1".parse().unwrap();
    let link = LinkRef::new(provider, &service);
    let connection = ConnectionRef::new(provider, &service, &ConnectionId::from_bits(1));
    let cloud: CloudName = match provider {
        Provider::Google => "google-europe-west1",
        Provider::Azure | Provider::Aws => "azure-westeurope",
    }
    .parse()
    .unwrap();
    vec![
        Remedy::ApproveConnection(connection.clone()),
        Remedy::SetEndpointAddress(connection.clone()),
        Remedy::RestoreConnection(connection.clone()),
        Remedy::AddNatRange(connection),
        Remedy::RejectConnections(link.clone()),
        Remedy::AwaitConfirmation(link.clone()),
        Remedy::CreateLink(link.clone()),
        Remedy::ShowLink(link.clone()),
        Remedy::DeleteLink(link.clone()),
        Remedy::AwaitLink(link.clone()),
        Remedy::AwaitLinkDeletion(link.clone()),
        Remedy::InspectAttachment(link.clone()),
        Remedy::ShareTarget(link.clone()),
        Remedy::CheckPath(link),
        Remedy::CheckAccount {
            account: "azure".parse().unwrap(),
        },
        Remedy::RegisterNodes {
            service: service.clone(),
            service_type: "pg".to_owned(),
        },
        Remedy::RegisterComponent {
            service: service.clone(),
            component: "prometheus".to_owned(),
            present: vec!["pg=5432,link_port=15432,usage=replica,tls=off".to_owned()],
        },
        Remedy::RegisterNodeHandle {
            service: service.clone(),
            node: "n1".parse().unwrap(),
            address: "10.0.0.5".parse().unwrap(),
            provider,
        },
        Remedy::RegisterNodeAddress {
            service: service.clone(),
            node: "n1".parse().unwrap(),
            address: "10.0.0.5".parse().unwrap(),
            key: "public".to_owned(),
            option: "public_access.pg".to_owned(),
        },
        Remedy::open_component(&service, "pg"),
        Remedy::RegisterUser {
            service: service.clone(),
            username: None,
        },
        Remedy::ReplaceUsers {
            service: service.clone(),
        },
        Remedy::IssueCertificate {
            service: service.clone(),
        },
        Remedy::UpdateService {
            service: service.clone(),
        },
        Remedy::MoveService {
            service: service.clone(),
        },
        Remedy::DisableTerminationProtection {
            service: service.clone(),
        },
        Remedy::ProvideStaticIps {
            service,
            cloud: cloud.clone(),
        },
        Remedy::ShowRecovery,
        Remedy::ListOrphans,
        Remedy::RemoveOrphan {
            link: LinkId::from_bits(1),
        },
        Remedy::AdoptRecovery {
            account: "azure".parse().unwrap(),
        },
        Remedy::DissociateStaticIp {
            static_ip: "ip35843e80510".parse().unwrap(),
        },
        Remedy::ListStaticIps,
        Remedy::CreateVpc {
            cloud,
            service: None,
        },
        Remedy::EmptyVpc,
        Remedy::KeepLinkPorts {
            service: "pg-1".parse().unwrap(),
            components: vec!["pg=5432,link_port=PORT".to_owned()],
        },
        Remedy::ListVpcs,
        Remedy::ListProjects,
        Remedy::ListAccessTokens,
        Remedy::RaiseLimit {
            project: "demo".parse().unwrap(),
            limited: Limited::StaticIps,
        },
        Remedy::EnableFeature {
            project: "demo".parse().unwrap(),
            feature: Feature::PrivatelinkAzure,
        },
        Remedy::GrantAdoption {
            project: "demo".parse().unwrap(),
            account: "azure".parse().unwrap(),
            scope: "/subscriptions/S/resourceGroups/(net)".to_owned(),
        },
        Remedy::ListGrants {
            project: "demo".parse().unwrap(),
        },
    ]
}

#[test]
fn the_command_of_a_remedy_is_accepted() {
    let mut all = remedies(Provider::Azure);
    all.extend(remedies(Provider::Google));
    // What can be changed of a link, only Azure has.
    let service = "pg-1".parse().unwrap();
    let azure = LinkRef::new(Provider::Azure, &service);
    all.push(Remedy::UpdateLink(azure.clone()));
    all.push(Remedy::AllowSubscription(azure));
    for remedy in all {
        let text = command(&remedy).unwrap();
        for line in text.split(" && ") {
            let words: Vec<String> = line.split(' ').map(fill).collect();
            assert_eq!(words[0], "underpass", "{line}");
            if let Err(error) = Cli::try_parse_from(&words) {
                panic!("{line}: {error}");
            }
        }
    }
}
