mod client_options;
mod formats;
mod hostile;
mod scene;
mod tools;

use serde_json::json;

use super::*;
use crate::access::tests::{entrance, service};
use crate::access::{Entrance, ways};
use crate::cloud::Provider;
use crate::credentials::{Secrecy, Secret, ServiceUser};

fn candidate(entrance: &Entrance, state: ConnectionState) -> Candidate {
    Candidate {
        id: entrance.connection.clone(),
        provider: Provider::Azure,
        state,
        endpoint: "/e".to_owned(),
    }
}

fn admin() -> ServiceUser {
    ServiceUser {
        username: "avnadmin".to_owned(),
        password: Some(Secret::new("p@ss/word".to_owned())),
        access_cert: None,
        access_key: None,
    }
}

fn asked(route: Option<Route>, connection: Option<&Entrance>) -> Asked {
    Asked {
        route,
        connection: connection.map(|it| it.connection.clone()),
        ..Asked::default()
    }
}

#[test]
fn the_route_follows_the_connection_and_is_dynamic_without_one() {
    let (service, one) = (service(), entrance(1));
    let ways = ways(&service, std::slice::from_ref(&one), "underpass.test");
    let known = [candidate(&one, ConnectionState::Active)];
    let route = |asked| select(&service, &ways, &known, &asked).map(|way| way.route);
    assert_eq!(route(asked(None, None)).unwrap(), Route::Dynamic);
    assert_eq!(route(asked(None, Some(&one))).unwrap(), Route::Privatelink);
    assert_eq!(
        route(asked(Some(Route::Privatelink), None)).unwrap(),
        Route::Privatelink
    );
    let contradiction = route(asked(Some(Route::Dynamic), Some(&one))).unwrap_err();
    assert_eq!(contradiction.code, "route_without_connection");
    assert_eq!(
        route(asked(Some(Route::Public), None)).unwrap_err().code,
        "route_not_offered"
    );
}

#[test]
fn a_route_that_is_not_offered_lacks_an_address_a_switch_or_both() {
    let refusal = |service: &Service, route, component: Option<&str>| {
        let asked = Asked {
            component: component.map(str::to_owned),
            ..asked(Some(route), None)
        };
        let ways = ways(service, &[], "underpass.test");
        select(service, &ways, &[], &asked).unwrap_err().to_string()
    };
    let mut service = service();
    insta::assert_snapshot!(refusal(&service, Route::Public, None), @"Service `pg-1` does not offer `pg` on route `public`: its first node `n1` has no public address, and `public_access.pg` is off");
    service.nodes[0].private_address = Some("10.9.8.7".parse().unwrap());
    insta::assert_snapshot!(refusal(&service, Route::Private, Some("pgbouncer")), @"Service `pg-1` does not offer `pgbouncer` on route `private`: `private_access.pgbouncer` is off");
    let access = json!({"pg": true});
    service
        .user_config
        .insert("public_access".to_owned(), access.clone());
    insta::assert_snapshot!(refusal(&service, Route::Public, Some("pg")), @"Service `pg-1` does not offer `pg` on route `public`: its first node `n1` has no public address");
    service
        .user_config
        .insert("private_access".to_owned(), access);
    insta::assert_snapshot!(refusal(&service, Route::Private, Some("prometheus")), @"Service `pg-1` offers nothing on route `private` for prometheus with usage `primary`");
    service.service_type = "kafka_connect".to_owned();
    service.components[0].component = "jolokia".to_owned();
    insta::assert_snapshot!(refusal(&service, Route::Private, Some("jolokia")), @"Service `pg-1` does not offer `jolokia` on route `private`: component `jolokia` of service type `kafka_connect` is never offered on it");
    service.nodes.clear();
    insta::assert_snapshot!(refusal(&service, Route::Public, None), @"Service `pg-1` has no nodes or no components, so there is nothing to connect to");
}

#[test]
fn several_connections_must_be_told_apart() {
    let (service, one, two) = (service(), entrance(1), entrance(2));
    let ways = ways(&service, &[one.clone(), two.clone()], "underpass.test");
    let known = [&one, &two].map(|it| candidate(it, ConnectionState::Active));
    let refusal = select(
        &service,
        &ways,
        &known,
        &asked(Some(Route::Privatelink), None),
    );
    insta::assert_snapshot!(refusal.unwrap_err(), @"Service `pg-1` has several active private link connections, and each has a name of its own. Select one with `--privatelink-connection-id`: plc000000000001 (active, /e), plc000000000002 (active, /e)");
    let way = select(&service, &ways, &known, &asked(None, Some(&two))).unwrap();
    assert_eq!(way.connection.as_ref(), Some(&two.connection));
}

#[test]
fn a_connection_that_is_not_active_says_what_is_missing() {
    let (service, one) = (service(), entrance(1));
    let known = [candidate(&one, ConnectionState::Connected)];
    let refusal = select(&service, &[], &known, &asked(None, Some(&one))).unwrap_err();
    insta::assert_snapshot!(refusal, @"Connection plc000000000001 of service `pg-1` is `connected`. Only an active connection has a name");
    let none = select(&service, &[], &[], &asked(Some(Route::Privatelink), None)).unwrap_err();
    assert_eq!(none.code, "no_active_connection");
}

#[test]
fn a_closed_component_names_the_option_that_opens_it() {
    let (service, one) = (service(), entrance(1));
    let ways = ways(&service, std::slice::from_ref(&one), "underpass.test");
    let known = [candidate(&one, ConnectionState::Active)];
    let bouncer = Asked {
        component: Some("pgbouncer".to_owned()),
        ..asked(None, Some(&one))
    };
    let refusal = select(&service, &ways, &known, &bouncer).unwrap_err();
    let remedy = Remedy::open_component(&service.name, "pgbouncer");
    assert_eq!(refusal.remedy, Some(Box::new(remedy)));
}

#[test]
fn a_component_without_a_listener_is_registered_before_it_is_opened() {
    let (service, one) = (service(), entrance(1));
    let ways = ways(&service, std::slice::from_ref(&one), "underpass.test");
    let known = [candidate(&one, ConnectionState::Active)];
    let over_http = Asked {
        tools: vec![find_tool("curl").unwrap()],
        ..asked(None, Some(&one))
    };
    let refusal = select(&service, &ways, &known, &over_http).unwrap_err();
    let remedy = Remedy::RegisterComponent {
        service: service.name.clone(),
        component: "prometheus".to_owned(),
        present: service.components.iter().map(Component::argument).collect(),
    };
    assert_eq!(refusal.remedy, Some(Box::new(remedy)));
}

#[test]
fn a_uri_escapes_what_a_password_may_hold() {
    let service = service();
    let ways = ways(&service, &[], "underpass.test");
    let user = admin();
    let of = |secrecy| {
        let address = Address::of(&service, &ways[0], secrecy).unwrap();
        Address {
            login: Some(&user),
            ..address
        }
    };
    assert_eq!(
        of(Secrecy::Told).uri(),
        "postgres://avnadmin:p%40ss%2Fword@127.0.0.1:5432/defaultdb?sslmode=require"
    );
    assert_eq!(
        of(Secrecy::Redacted).uri(),
        "postgres://avnadmin:<redacted>@127.0.0.1:5432/defaultdb?sslmode=require"
    );
    insta::assert_json_snapshot!(of(Secrecy::Redacted).params(), @r#"
    {
      "dbname": "defaultdb",
      "host": "127.0.0.1",
      "password": "<redacted>",
      "port": "5432",
      "sslmode": "require",
      "user": "avnadmin"
    }
    "#);
}

#[test]
fn a_bootstrap_list_is_host_and_port() {
    let mut kafka = service();
    kafka.service_type = "kafka".to_owned();
    kafka.components[1].component = "kafka".to_owned();
    kafka.components.remove(0);
    let ways = ways(&kafka, &[], "underpass.test");
    let info = document(&kafka, &ways, &[], Secrecy::Told);
    insta::assert_json_snapshot!(info, @r#"
    {
      "kafka": [
        "127.0.0.1:5432"
      ],
      "kafka_access_cert": null,
      "kafka_access_key": null
    }
    "#);
}

#[test]
fn the_document_shows_the_dynamic_way_to_the_main_component() {
    let service = service();
    let info = document(
        &service,
        &ways(&service, &[], "x.test"),
        &[admin()],
        Secrecy::Told,
    );
    assert_eq!(
        info["pg"],
        json!(["postgres://avnadmin:p%40ss%2Fword@127.0.0.1:5432/defaultdb?sslmode=require"])
    );
    assert_eq!(info["pg_params"][0]["port"], json!("5432"));
}
