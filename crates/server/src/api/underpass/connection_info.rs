//! Connection information of a service on one route, also as commands and files of client tools.

mod tool;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::connection_info::{ConnectionInfo, ConnectionInfoAnswer};
use underpass_model::access::Way;
use underpass_model::connection_info::{
    Asked, ClientOption, FileNames, Rendered, TOOLS, Target, Tool, UsualUser, find_tool, select,
};
use underpass_model::credentials::{Secret, ServiceUser};
use underpass_model::refusal::Refusal;
use underpass_model::service::{KafkaAuthentication, KafkaSslCa, Usage};

use self::tool::tool_view;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::query::QueryParams;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/service/{service}/connection-info",
        get(show),
    )
}

/// Query parameters; their names are those of the compatible command line's flags.
#[derive(Deserialize)]
struct DesiredState {
    /// Only this tool; when omitted, all tools that fit the component.
    tool: Option<String>,
    /// Only this format.
    output: Option<String>,
    route: Option<String>,
    privatelink_connection_id: Option<String>,
    component: Option<String>,
    usage: Option<Usage>,
    kafka_authentication_method: Option<KafkaAuthentication>,
    kafka_ssl_ca: Option<KafkaSslCa>,
    username: Option<String>,
    dbname: Option<String>,
    sslmode: Option<String>,
    /// Paths of the client's files.
    ca: Option<String>,
    client_cert: Option<String>,
    client_key: Option<String>,
    /// Includes passwords and keys in the answer; the default is that of the service itself.
    include_secrets: Option<bool>,
}

impl DesiredState {
    fn asked(&self) -> Result<Asked, Refusal> {
        let words = [&self.tool, &self.output];
        let tools: Result<Vec<_>, _> = words
            .into_iter()
            .flatten()
            .map(|word| find_tool(word))
            .collect();
        Ok(Asked {
            route: self.route.as_deref().map(str::parse).transpose()?,
            connection: self
                .privatelink_connection_id
                .as_deref()
                .map(str::parse)
                .transpose()?,
            component: self.component.clone(),
            usage: self.usage.unwrap_or_default(),
            kafka_authentication_method: self.kafka_authentication_method,
            kafka_ssl_ca: self.kafka_ssl_ca,
            tools: tools?,
        })
    }

    /// Returns the parameters that only some tools support.
    fn options(&self) -> Vec<ClientOption> {
        let non_blank = [
            (ClientOption::Database, self.dbname.is_some()),
            (ClientOption::SslMode, self.sslmode.is_some()),
            (
                ClientOption::LoginMethod,
                self.kafka_authentication_method.is_some(),
            ),
            (ClientOption::ClientCert, self.client_cert.is_some()),
            (ClientOption::ClientKey, self.client_key.is_some()),
        ];
        let non_blank = non_blank.into_iter().filter(|(_, is_said)| *is_said);
        non_blank.map(|(option, _)| option).collect()
    }

    /// Returns the login with the requested name, or the default login of a tool.
    fn login(
        &self,
        snapshot: &ServiceSnapshot,
        usual: UsualUser,
    ) -> Result<Option<ServiceUser>, Refusal> {
        let service = &snapshot.service.value;
        usual.login(service, snapshot.users(), self.username.as_deref())
    }

    fn files(&self) -> FileNames<'_> {
        let usual = FileNames::default();
        FileNames {
            ca: self.ca.as_deref().unwrap_or(usual.ca),
            client_cert: self.client_cert.as_deref().unwrap_or(usual.client_cert),
            client_key: self.client_key.as_deref().unwrap_or(usual.client_key),
        }
    }
}

async fn show(
    State(app): State<App>,
    member: Member,
    QueryParams(desired): QueryParams<DesiredState>,
) -> Result<Json<ConnectionInfoAnswer>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let service = &snapshot.service.value;
    let ways = snapshot.ways(&app.settings.domain);
    let asked = desired.asked()?;
    let options = desired.options();
    for tool in &asked.tools {
        tool.check(service)?;
    }
    // Without a tool, the parameters apply to all tools, and some may support them.
    if let Some(writer) = asked.tools.last() {
        writer.check_options(service, None, &options)?;
    }
    let way = select(service, &ways, &snapshot.candidates(), &asked)?;
    let secrecy = member.secrecy_unless_declined(desired.include_secrets);
    let facts = service.facts();
    let component = facts.and_then(|facts| facts.component(&way.component));
    let component = component.ok_or_else(|| {
        Refusal::conflict(
            "unknown_component",
            format!(
                "Component `{}` is unknown to this version of Underpass",
                way.component
            ),
        )
    })?;
    if let Some(writer) = asked.tools.last() {
        writer.check_options(service, Some(component), &options)?;
    }
    let tool = asked.tools.first();
    let usual = tool.map_or(UsualUser::Main, |tool| tool.usual_user(component));
    let login = desired.login(&snapshot, usual)?;
    let ca = service.ca_pem.as_ref();
    let ca_pem = ca.unwrap_or(&member.project.value.ca_pem);
    let target = Target {
        service,
        way,
        component,
        login: login.as_ref(),
        secrecy,
        database: desired.dbname.as_deref(),
        sslmode: desired.sslmode.as_deref(),
        ca_pem,
        files: desired.files(),
        endpoint: endpoint(&snapshot, way),
    };
    let tools = match asked.tools.last() {
        Some(tool) => vec![tool_view(tool, Ok(tool.render(&target)?))],
        None => TOOLS
            .iter()
            .filter(|tool| tool.fits(&service.service_type, component))
            .map(|tool| tool_view(tool, render(tool, &target, &desired, &snapshot)))
            .collect(),
    };
    let address = target.address();
    let login = target.login;
    let text = |secret| Secret::new(secrecy.text(secret).to_owned());
    let connection_info = ConnectionInfo {
        service_name: service.name.to_string(),
        service_type: service.service_type.clone(),
        route: way.route,
        privatelink_connection_id: way.connection.as_ref().map(ToString::to_string),
        component: way.component.clone(),
        usage: way.usage,
        kafka_authentication_method: way.kafka_authentication_method,
        host: way.host.clone(),
        port: way.port,
        ssl: way.tls,
        user_ip_address: target.endpoint,
        user: login.map(|user| user.username.clone()),
        password: login.and_then(|user| user.password.as_ref()).map(text),
        access_cert: login.and_then(|user| user.access_cert.clone()),
        access_key: login.and_then(|user| user.access_key.as_ref()).map(text),
        dbname: address.database().map(str::to_owned),
        sslmode: address.tls().map(|(_, mode)| mode.to_owned()),
        uri: Secret::new(address.uri()),
        params: address
            .params()
            .into_iter()
            .map(|(name, value)| (name, Secret::new(value)))
            .collect(),
        ca: way.kafka_ssl_ca.is_project_ca().then(|| ca_pem.clone()),
        tools,
        other_components: others(&ways, way),
    };
    Ok(Json(ConnectionInfoAnswer { connection_info }))
}

/// Renders one of many tools, each with its default login.
fn render(
    tool: &Tool,
    target: &Target<'_>,
    desired: &DesiredState,
    snapshot: &ServiceSnapshot,
) -> Result<Rendered, Refusal> {
    let login = desired.login(snapshot, tool.usual_user(target.component))?;
    tool.render(&Target {
        login: login.as_ref(),
        ..*target
    })
}

/// Returns the other components on the same route and connection.
fn others(ways: &[Way], way: &Way) -> BTreeSet<String> {
    ways.iter()
        .filter(|other| other.route == way.route && other.connection == way.connection)
        .filter(|other| other.component != way.component)
        .map(|other| other.component.clone())
        .collect()
}

/// Returns the address of the endpoint of a route.
fn endpoint(snapshot: &ServiceSnapshot, way: &Way) -> Option<Ipv4Addr> {
    let id = way.connection.as_ref()?;
    let mut connections = snapshot.links.iter().flat_map(|link| &link.connections);
    let found = connections.find(|row| row.value.id == *id)?;
    found.value.address
}
