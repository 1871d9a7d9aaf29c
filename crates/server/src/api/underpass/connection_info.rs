//! Everything a client needs to reach a service by one route, in one answer.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use underpass_model::connection_info::{Address, Asked, select};
use underpass_model::credentials::{MAIN_USER, ServiceUser};
use underpass_model::refusal::Refusal;
use underpass_model::service::{KafkaAuthentication, Usage};

use crate::api::dossier::Dossier;
use crate::api::{Error, Member, QueryParams};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/service/{service}/connection-info",
        get(show),
    )
}

/// What the client wants; the names are those of the compatible command line's flags.
#[derive(Deserialize)]
struct Wanted {
    route: Option<String>,
    privatelink_connection_id: Option<String>,
    component: Option<String>,
    usage: Option<Usage>,
    kafka_authentication_method: Option<KafkaAuthentication>,
    username: Option<String>,
    dbname: Option<String>,
    sslmode: Option<String>,
}

impl Wanted {
    fn asked(&self) -> Result<Asked, Error> {
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
        })
    }

    /// The login of that name; without a name the main one, if there is any.
    fn login<'a>(&self, dossier: &'a Dossier) -> Result<Option<&'a ServiceUser>, Refusal> {
        let users = dossier.users();
        let named = |name: &str| users.iter().find(|user| user.username == name);
        let Some(name) = &self.username else {
            return Ok(named(MAIN_USER).or(users.first()));
        };
        let found = named(name).ok_or_else(|| dossier.user_not_found(name))?;
        Ok(Some(found))
    }
}

#[derive(Serialize)]
struct ConnectionInfo {
    service_name: String,
    service_type: String,
    route: &'static str,
    privatelink_connection_id: Option<String>,
    component: String,
    usage: &'static str,
    kafka_authentication_method: Option<&'static str>,
    host: String,
    port: u16,
    user: Option<String>,
    password: Option<String>,
    access_cert: Option<String>,
    access_key: Option<String>,
    dbname: Option<String>,
    sslmode: Option<String>,
    uri: String,
    /// The URI in pieces, every value a string.
    params: BTreeMap<String, String>,
    /// Who signs the server's certificate.
    ca: String,
}

#[derive(Serialize)]
struct ConnectionInfoAnswer {
    connection_info: ConnectionInfo,
}

async fn show(
    State(app): State<App>,
    member: Member,
    QueryParams(wanted): QueryParams<Wanted>,
) -> Result<Json<ConnectionInfoAnswer>, Error> {
    let dossier = Dossier::load(&app, member.name(), &member.service()?).await?;
    let service = &dossier.service.value;
    let ways = dossier.ways(&app.settings.domain);
    let way = select(service, &ways, &dossier.candidates(), &wanted.asked()?)?;
    let secrecy = member.secrecy();
    let address = Address::of(service, way, secrecy).ok_or_else(|| {
        Refusal::conflict(
            "unknown_component",
            format!(
                "Component `{}` is not known to this version of Underpass",
                way.component
            ),
        )
    })?;
    let login = wanted.login(&dossier)?;
    let (database, tls) = (wanted.dbname.as_deref(), wanted.sslmode.as_deref());
    let address = Address {
        login,
        database,
        tls,
        ..address
    };
    let text = |secret| secrecy.text(secret).to_owned();
    let connection_info = ConnectionInfo {
        service_name: service.name.to_string(),
        service_type: service.service_type.clone(),
        route: way.route.as_str(),
        privatelink_connection_id: way.connection.as_ref().map(ToString::to_string),
        component: way.component.clone(),
        usage: way.usage.as_str(),
        kafka_authentication_method: way
            .kafka_authentication_method
            .map(KafkaAuthentication::as_str),
        host: way.host.clone(),
        port: way.port,
        user: login.map(|user| user.username.clone()),
        password: login.and_then(|user| user.password.as_ref()).map(text),
        access_cert: login.and_then(|user| user.access_cert.clone()),
        access_key: login.and_then(|user| user.access_key.as_ref()).map(text),
        dbname: address.database().map(str::to_owned),
        sslmode: address.tls().map(|(_, mode)| mode.to_owned()),
        uri: address.uri(),
        params: address.params(),
        ca: service
            .ca_pem
            .clone()
            .unwrap_or_else(|| member.project.value.ca_pem.clone()),
    };
    Ok(Json(ConnectionInfoAnswer { connection_info }))
}
