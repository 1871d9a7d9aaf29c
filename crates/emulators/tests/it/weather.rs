//! The weather of both clouds, over HTTP.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::emulator::{self, SUBSCRIPTION};
use crate::google_emulator;

const GROUP: &str = "/subscriptions/10000000-0000-4000-8000-000000000003/resourcegroups/g";

fn network_path(name: &str) -> String {
    format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/{name}")
}

fn network() -> Value {
    json!({
        "location": "westeurope",
        "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] } },
    })
}

async fn begin(emulator: &emulator::Emulator, weather: Value) {
    let body = json!({ "weather": weather, "seed": 1 });
    emulator.admin(Method::PUT, "/weather", Some(body)).await;
}

async fn faults(emulator: &emulator::Emulator) -> Value {
    emulator.admin(Method::GET, "/weather", None).await["faults"].clone()
}

async fn error_code(reply: Response) -> (u16, String) {
    let status = reply.status().as_u16();
    let body: Value = reply.json().await.unwrap_or_default();
    let code = body["error"]["code"].as_str().unwrap_or_default();
    (status, code.to_owned())
}

#[tokio::test]
async fn azure_refuses_in_the_forms_of_azure() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = emulator::Emulator::start(directory.path()).await;
    let provider = emulator.provider().await;
    provider
        .put(GROUP, json!({ "location": "westeurope" }))
        .await;
    provider.put(&network_path("v"), network()).await;
    let get = async || provider.send(Method::GET, &network_path("v"), None).await;
    let put = async || {
        provider
            .send(Method::PUT, &network_path("v"), Some(network()))
            .await
    };

    begin(
        &emulator,
        json!({ "throttling": 1.0, "throttling_seconds": 5.0 }),
    )
    .await;
    let reply = get().await;
    let wait = reply.headers()["retry-after"].to_str().unwrap().to_owned();
    assert!(!wait.is_empty());
    let throttled = (429, "SubscriptionRequestsThrottled".to_owned());
    assert_eq!(error_code(reply).await, throttled);

    begin(&emulator, json!({ "false_absence": 1.0 })).await;
    let absent = get().await;
    assert_eq!(absent.headers()["x-ms-failure-cause"], "gateway");
    assert_eq!(
        error_code(absent).await,
        (404, "ResourceNotFound".to_owned())
    );

    begin(&emulator, json!({ "conflict": 1.0 })).await;
    let conflict = (409, "AnotherOperationInProgress".to_owned());
    assert_eq!(error_code(put().await).await, conflict);
    assert_eq!(get().await.status(), 200, "a read has no conflict");

    begin(&emulator, json!({ "quota": 1.0 })).await;
    assert!(put().await.status().is_success(), "it exists");
    let other = network_path("w");
    let created = provider.send(Method::PUT, &other, Some(network())).await;
    let limit = (400, "VirtualNetworkCountLimitReached".to_owned());
    assert_eq!(error_code(created).await, limit);

    begin(&emulator, json!({ "expired_token": 1.0 })).await;
    assert_eq!(get().await.status(), 200, "its first use");
    let expired = get().await;
    assert!(expired.headers().contains_key("www-authenticate"));
    assert_eq!(
        error_code(expired).await,
        (401, "ExpiredAuthenticationToken".to_owned())
    );
    let again = emulator.provider().await;
    assert_eq!(
        again
            .send(Method::GET, &network_path("v"), None)
            .await
            .status(),
        200
    );

    assert_eq!(faults(&emulator).await, json!({ "expired_token": 1 }));
    emulator.stop().await;
}

#[tokio::test]
async fn a_server_error_and_a_cut_connection_may_hide_a_write() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = emulator::Emulator::start(directory.path()).await;
    let provider = emulator.provider().await;
    provider
        .put(GROUP, json!({ "location": "westeurope" }))
        .await;
    for (key, carried_out) in [
        ("server_error", 0.0),
        ("server_error", 1.0),
        ("cut_connection", 0.0),
        ("cut_connection", 1.0),
    ] {
        let name = format!("{}-{carried_out}", key.replace('_', "-"));
        begin(&emulator, json!({ key: 1.0, "carried_out": carried_out })).await;
        let url = format!(
            "{}?api-version=2024-05-01",
            emulator.url(&network_path(&name))
        );
        let request = emulator.client.put(url).json(&network());
        let reply = request.bearer_auth(provider.token()).send().await;
        match reply {
            Ok(reply) => assert!(reply.status().is_server_error(), "{}", reply.status()),
            Err(error) => assert!(key == "cut_connection" && !error.is_connect(), "{error:?}"),
        }
        begin(&emulator, json!("calm")).await;
        let found = provider.send(Method::GET, &network_path(&name), None).await;
        let exists = found.status() == StatusCode::OK;
        assert_eq!(exists, carried_out > 0.5, "{name}");
    }
    emulator.stop().await;
}

#[tokio::test]
async fn reads_may_be_short_or_from_the_past() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = emulator::Emulator::start(directory.path()).await;
    let provider = emulator.provider().await;
    provider
        .put(GROUP, json!({ "location": "westeurope" }))
        .await;
    for name in ["v", "w"] {
        provider.put(&network_path(name), network()).await;
    }
    let list = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks");
    let names = async || -> Vec<String> {
        let listed = provider.get(&list).await;
        let listed = listed["value"].as_array().unwrap().clone();
        listed
            .iter()
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect()
    };
    begin(
        &emulator,
        json!({ "short_list": 1.0, "short_list_seconds": 60.0 }),
    )
    .await;
    let short = names().await;
    assert_eq!(short.len(), 1);
    assert_eq!(names().await, short, "the same entry");

    begin(
        &emulator,
        json!({ "stale_answer": 1.0, "stale_answer_seconds": 60.0 }),
    )
    .await;
    assert_eq!(names().await, ["v", "w"]);
    provider.put(&network_path("x"), network()).await;
    assert_eq!(names().await, ["v", "w"]);
    assert_eq!(faults(&emulator).await, json!({ "stale_answer": 1 }));
    begin(&emulator, json!("calm")).await;
    assert_eq!(names().await, ["v", "w", "x"]);
    emulator.stop().await;
}

#[tokio::test]
async fn operations_fail_and_hang() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = emulator::Emulator::start(directory.path()).await;
    let provider = emulator.provider().await;
    provider
        .put(GROUP, json!({ "location": "westeurope" }))
        .await;
    begin(&emulator, json!({ "failed_operation": 1.0 })).await;
    let failed = provider.put(&network_path("v"), network()).await;
    assert_eq!(failed["properties"]["provisioningState"], "Failed");
    begin(&emulator, json!({ "hanging_operation": 1.0 })).await;
    let hanging = provider.put(&network_path("w"), network()).await;
    assert_eq!(hanging["properties"]["provisioningState"], "Updating");
    let blocked = provider
        .send(Method::PUT, &network_path("w"), Some(network()))
        .await;
    assert_eq!(
        error_code(blocked).await,
        (409, "AnotherOperationInProgress".to_owned())
    );
    emulator.stop().await;
}

#[tokio::test]
async fn the_weather_is_shown_and_changed_while_the_cloud_runs() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = emulator::Emulator::start(directory.path()).await;
    let shown = emulator.admin(Method::GET, "/weather", None).await;
    assert_eq!(
        (&shown["seed"], &shown["weather"]["cut_connection"]),
        (&json!(0), &json!(0.0))
    );
    let body = json!({ "weather": "storm", "seed": 7 });
    let shown = emulator.admin(Method::PUT, "/weather", Some(body)).await;
    assert_eq!(
        (&shown["seed"], &shown["weather"]["cut_connection"]),
        (&json!(7), &json!(0.03))
    );
    for (body, expected) in [
        (json!({ "weather": "hail" }), "calm, breezy, storm"),
        (json!({ "weather": { "cut": 1.0 } }), "unknown field `cut`"),
        (
            json!({ "weather": { "quota": 2.0 } }),
            "`quota` is 2. Valid values: 0 to 1",
        ),
        (
            json!({ "weather": "calm", "sed": 1 }),
            "unknown field `sed`",
        ),
        (json!({ "seed": 1 }), "missing field `weather`"),
    ] {
        let request = emulator
            .client
            .put(format!("{}/weather", emulator.handle.admin_url()))
            .bearer_auth(emulator.handle.admin_secret().reveal())
            .json(&body);
        let reply = request.send().await.unwrap();
        assert!(reply.status().is_client_error(), "{body}");
        let refusal: Value = reply.json().await.unwrap();
        let message = refusal["error"]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{body}: {message}");
    }
    let shown = emulator.admin(Method::GET, "/weather", None).await;
    assert_eq!(shown["seed"], 7, "a refused body changes nothing");
    emulator.stop().await;
}

#[tokio::test]
async fn token_endpoint_and_discovery_have_no_weather() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = emulator::Emulator::start(directory.path()).await;
    begin(&emulator, json!({ "server_error": 1.0 })).await;
    let provider = emulator.provider().await;
    let url = emulator.url("/metadata/endpoints?api-version=2022-09-01");
    assert_eq!(emulator.client.get(url).send().await.unwrap().status(), 200);
    let path = format!("/subscriptions/{SUBSCRIPTION}");
    let reply = provider.send(Method::GET, &path, None).await;
    assert!(reply.status().is_server_error());
    emulator.stop().await;
}

#[tokio::test]
async fn google_refuses_in_the_forms_of_google() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = google_emulator::Emulator::start(directory.path()).await;
    let consumer = emulator.consumer();
    let network = |name: &str| json!({ "name": name, "autoCreateSubnetworks": false });
    let begin = async |weather: Value| {
        let body = json!({ "weather": weather, "seed": 1 });
        emulator.admin(Method::PUT, "/weather", Some(body)).await
    };
    let reason = |(status, body): (StatusCode, Value)| {
        let reason = &body["error"]["errors"][0]["reason"];
        (
            status.as_u16(),
            reason.as_str().unwrap_or_default().to_owned(),
        )
    };
    consumer.post("global/networks", network("v")).await;

    begin(json!({ "throttling": 1.0 })).await;
    let (status, code) = reason(consumer.send(Method::GET, "global/networks/v", None).await);
    assert!(
        (status == 429 || status == 403) && code == "rateLimitExceeded",
        "{status} {code}"
    );

    begin(json!({ "false_absence": 1.0 })).await;
    let absent = consumer.send(Method::GET, "global/networks/v", None).await;
    assert_eq!(reason(absent), (404, "notFound".to_owned()));

    begin(json!({ "quota": 1.0 })).await;
    let refused = consumer
        .send(Method::POST, "global/networks", Some(network("w")))
        .await;
    let message = refused.1["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("Quota 'NETWORKS' exceeded."),
        "{message}"
    );
    assert_eq!(reason(refused), (403, "quotaExceeded".to_owned()));

    begin(json!({ "conflict": 1.0 })).await;
    let refused = consumer
        .send(Method::DELETE, "global/networks/v", None)
        .await;
    assert_eq!(reason(refused), (400, "resourceNotReady".to_owned()));

    begin(json!({ "failed_operation": 1.0 })).await;
    let (_, failed) = consumer
        .send(Method::POST, "global/networks", Some(network("x")))
        .await;
    assert_eq!(
        failed["error"]["errors"][0]["code"], "INTERNAL_ERROR",
        "{failed:#}"
    );

    begin(json!({ "hanging_operation": 1.0 })).await;
    let (_, hanging) = consumer
        .send(Method::POST, "global/networks", Some(network("y")))
        .await;
    assert_ne!(hanging["status"], "DONE");
    emulator.stop().await;
}
