//! A person's request for a tool, on a service with everything.

use super::*;
use crate::access::Way;
use crate::service::{Component, Tls};
use crate::service_type;

/// A service of a type with every component registered and open.
pub(super) fn whole(service_type: &str, tls: Tls) -> Service {
    let facts = service_type::find(service_type).unwrap();
    let names = facts.components.iter().map(|facts| facts.name);
    let access = names.map(|name| (name.to_owned(), json!(true)));
    let methods = |name: &str| match (name, tls) {
        ("kafka", Tls::On) => vec![
            Some(KafkaAuthentication::Certificate),
            Some(KafkaAuthentication::Sasl),
        ],
        _ => vec![None],
    };
    let components = facts.components.iter().flat_map(|facts| {
        let listeners = methods(facts.name).into_iter().zip(facts.usual_port..);
        listeners.map(|(method, port)| Component {
            component: facts.name.to_owned(),
            port,
            link_port: port,
            usage: Usage::Primary,
            kafka_authentication_method: method,
            kafka_ssl_ca: crate::service::KafkaSslCa::ProjectCa,
            tls,
        })
    });
    let mut service = crate::access::tests::service();
    service.service_type = service_type.to_owned();
    service.user_config = [(
        "privatelink_access".to_owned(),
        serde_json::Value::Object(access.collect()),
    )]
    .into_iter()
    .collect();
    service.components = components.collect();
    service
}

/// A login with everything, of this name and password.
pub(super) fn user(username: &str, password: &str) -> ServiceUser {
    ServiceUser {
        username: username.to_owned(),
        password: Some(Secret::new(password.to_owned())),
        access_cert: Some("-----CERT-----\n".to_owned()),
        access_key: Some(Secret::new("-----KEY-----\n".to_owned())),
    }
}

/// A person's request and what came of it.
pub(super) struct Scene {
    pub(super) service: Service,
    pub(super) users: Vec<ServiceUser>,
    connections: Vec<Entrance>,
    pub(super) secrecy: Secrecy,
}

impl Scene {
    pub(super) fn new(service: Service, user: ServiceUser) -> Self {
        Self {
            service,
            users: vec![user],
            connections: vec![entrance(1)],
            secrecy: Secrecy::Told,
        }
    }

    pub(super) fn of(service_type: &str) -> Self {
        Self::new(whole(service_type, Tls::On), user("avnadmin", "s3cret"))
    }

    pub(super) fn render(&self, tool: &'static Tool, asked: Asked) -> Result<Rendered, Refusal> {
        self.render_with(tool, asked, None, |target| target)
    }

    pub(super) fn render_with(
        &self,
        tool: &'static Tool,
        mut asked: Asked,
        username: Option<&str>,
        change: impl for<'a> Fn(Target<'a>) -> Target<'a>,
    ) -> Result<Rendered, Refusal> {
        asked.tools = vec![tool];
        let ways = ways(&self.service, &self.connections, "underpass.test");
        let active = |it: &Entrance| candidate(it, ConnectionState::Active);
        let candidates: Vec<_> = self.connections.iter().map(active).collect();
        let way: &Way = select(&self.service, &ways, &candidates, &asked)?;
        let facts = self.service.facts().unwrap();
        let component = facts.component(&way.component).unwrap();
        let usual = tool.usual_user(component);
        let login = usual.login(&self.service, &self.users, username)?;
        tool.render(&change(Target {
            service: &self.service,
            way,
            component,
            login: login.as_ref(),
            secrecy: self.secrecy,
            database: None,
            sslmode: None,
            ca_pem: "-----CA-----\n",
            files: FileNames::default(),
            endpoint: Some("127.64.0.4".parse().unwrap()),
        }))
    }

    pub(super) fn text(&self, word: &str, asked: Asked) -> String {
        self.render(find_tool(word).unwrap(), asked).unwrap().text
    }
}

pub(super) fn through_the_link() -> Asked {
    asked(Some(Route::Privatelink), None)
}
