//! A service with one node on this machine and its main component open.

use std::net::{IpAddr, Ipv4Addr};

use super::create;
use crate::cli::service::ServiceCreateArgs;
use crate::cli::service::registration::{ComponentArg, NodeArg, RegistrationArgs, UserArg};
use crate::cli::span::WaitArgs;
use crate::commands::session::Session;
use crate::compatible::service::Service;
use crate::failure::Failure;

/// A service to register.
pub(in crate::commands) struct Plan<'a> {
    pub(in crate::commands) name: &'a str,
    pub(in crate::commands) service_type: &'a str,
    /// Component that is open on the link.
    pub(in crate::commands) component: &'a str,
    /// TLS of the component.
    pub(in crate::commands) tls: bool,
    pub(in crate::commands) cloud: &'a str,
    /// ID of the project VPC.
    pub(in crate::commands) vpc: &'a str,
    pub(in crate::commands) node: Ipv4Addr,
    pub(in crate::commands) port: u16,
    pub(in crate::commands) users: &'a [UserArg],
    pub(in crate::commands) needs_static_ips: bool,
}

impl Plan<'_> {
    /// Returns the words of the command that registers the service.
    pub(in crate::commands) fn words(&self) -> Vec<String> {
        let Self {
            name,
            service_type,
            component,
            cloud,
            vpc,
            node,
            port,
            tls,
            ..
        } = self;
        let mut words: Vec<String> = ["underpass", "service", "create", name, "-t", service_type]
            .map(str::to_owned)
            .into();
        words.extend(["--cloud", cloud, "--project-vpc-id", vpc].map(str::to_owned));
        if self.needs_static_ips {
            words.push("--auto-static-ips".to_owned());
        }
        words.extend(["--node".to_owned(), format!("n1={node}")]);
        let tls = if *tls { "" } else { ",tls=off" };
        words.extend(["--component".to_owned(), format!("{component}={port}{tls}")]);
        for user in self.users {
            let file = user.password_file.display();
            words.extend(["--user".to_owned(), format!("{}:@{file}", user.name)]);
        }
        words.extend(["-c".to_owned(), self.option()]);
        words
    }

    fn option(&self) -> String {
        format!("privatelink_access.{}=true", self.component)
    }

    /// Registers the service.
    ///
    /// # Errors
    /// A refusal of the server.
    pub(in crate::commands) async fn create(&self, session: &Session) -> Result<(), Failure> {
        let args = ServiceCreateArgs {
            service_name: self.name.to_owned(),
            service_type: self.service_type.to_owned(),
            plan: "startup-4".to_owned(),
            cloud: Some(self.cloud.to_owned()),
            project_vpc_id: Some(self.vpc.to_owned()),
            no_project_vpc: false,
            static_ips: Vec::new(),
            auto_static_ips: self.needs_static_ips,
            user_config: vec![self.option()],
            enable_termination_protection: false,
            registration: RegistrationArgs {
                nodes: vec![NodeArg {
                    name: "n1".to_owned(),
                    address: IpAddr::V4(self.node),
                    azure_nic: None,
                    azure_ip_configuration: None,
                    google_instance: None,
                    public: None,
                    private: None,
                }],
                components: vec![ComponentArg {
                    component: self.component.to_owned(),
                    port: self.port,
                    link_port: None,
                    auth: None,
                    ssl_ca: None,
                    usage: None,
                    tls: (!self.tls).then_some(false),
                }],
                users: self.users.to_vec(),
                ca: None,
            },
            wait: WaitArgs {
                wait: false,
                timeout: std::time::Duration::ZERO,
            },
        };
        create::run(session, &args).await
    }

    /// Refuses another service with the same name.
    ///
    /// # Errors
    /// The service has another type, cloud, address or port.
    pub(in crate::commands) fn check(&self, known: &Service) -> Result<(), Failure> {
        let node = self.node.to_string();
        let registered = &known.underpass;
        let is_it = known.kind == self.service_type
            && known.cloud == self.cloud
            && (registered.nodes.first()).is_some_and(|first| first.address == node)
            && (registered.components.first()).is_some_and(|first| first.port == self.port);
        if is_it {
            return Ok(());
        }
        Err(Failure::refused(format!(
            "another service has the name `{}`: it is not a {} on {node}:{} in {}",
            self.name, self.service_type, self.port, self.cloud
        ))
        .hint("choose another name with --name"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan() -> Plan<'static> {
        Plan {
            name: "pg-5432",
            service_type: "pg",
            component: "pg",
            tls: true,
            cloud: "azure-westeurope",
            vpc: "v",
            node: Ipv4Addr::LOCALHOST,
            port: 5432,
            users: &[],
            needs_static_ips: true,
        }
    }

    #[test]
    fn the_words_are_those_that_do_it() {
        assert_eq!(
            plan().words().join(" "),
            "underpass service create pg-5432 -t pg --cloud azure-westeurope --project-vpc-id v \
             --auto-static-ips --node n1=127.0.0.1 --component pg=5432 \
             -c privatelink_access.pg=true"
        );
    }

    #[test]
    fn another_service_of_that_name_is_not_taken_for_it() {
        let known = |port: u16| {
            let service = json!({ "service_name": "pg-5432", "service_type": "pg", "state": "RUNNING",
                "cloud_name": "azure-westeurope", "underpass": {
                "nodes": [{ "name": "n1", "address": "127.0.0.1" }],
                "components": [{ "port": port }] } });
            serde_json::from_value(service).unwrap()
        };
        assert!(plan().check(&known(5432)).is_ok());
        let refused = plan().check(&known(5433)).unwrap_err();
        assert!(refused.lines()[1].contains("--name"));
    }
}
