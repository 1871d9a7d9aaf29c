use std::os::unix::fs::PermissionsExt as _;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::emulator::{CONSUMER_SUBSCRIPTION, Emulator, options};

#[tokio::test]
async fn the_certificate_covers_the_names_of_this_machine_and_clients_must_trust_the_ca() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let port = emulator.handle.address().port();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("https://{host}:{port}/metadata/endpoints?api-version=2022-09-01");
        let cloud: Value = emulator
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(cloud["resourceManager"], emulator.handle.base_url());
    }
    let stranger = Client::builder().build().unwrap();
    let refused = stranger
        .get(emulator.url("/metadata/endpoints"))
        .send()
        .await
        .unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    emulator.stop().await;
}

#[tokio::test]
async fn old_clients_get_a_list_of_clouds_and_new_ones_a_single_one() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let read = async |version: &str| -> Value {
        let url = emulator.url(&format!("/metadata/endpoints?api-version={version}"));
        emulator
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    };
    assert!(read("2019-05-01").await.is_array());
    assert!(read("2022-09-01").await.is_object());
    emulator.stop().await;
}

#[tokio::test]
async fn secrets_are_readable_by_their_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        if name != "azure-ca.pem" && name != "azure.lock" {
            assert_eq!(mode, 0o600, "{name}");
        }
    }
    emulator.stop().await;
}

#[tokio::test]
async fn the_authority_and_the_port_stay_over_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let first = Emulator::start(directory.path()).await;
    let (url, ca) = (
        first.handle.base_url().to_owned(),
        first.handle.ca_path().to_owned(),
    );
    let certificate = std::fs::read(&ca).unwrap();
    first.stop().await;
    let second = Emulator::start(directory.path()).await;
    assert_eq!(second.handle.base_url(), url);
    assert_eq!(std::fs::read(&ca).unwrap(), certificate);
    second.stop().await;
}

#[tokio::test]
async fn a_public_host_is_in_the_certificate_and_in_every_url() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(directory.path());
    options.public_host = Some("azure.example".to_owned());
    let emulator = Emulator::start_with(options).await;
    let address = emulator.handle.address();
    assert_eq!(
        emulator.handle.base_url(),
        format!("https://azure.example:{}", address.port())
    );
    let ca = std::fs::read(emulator.handle.ca_path()).unwrap();
    let client = Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
        .resolve("azure.example", address)
        .build()
        .unwrap();
    let reply = client
        .get(emulator.url("/metadata/endpoints"))
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    emulator.stop().await;
}

#[tokio::test]
async fn replies_carry_the_gateways_headers() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let mut sent = HeaderMap::new();
    sent.insert(
        "x-ms-correlation-request-id",
        "my-correlation".parse().unwrap(),
    );
    let url = emulator.url("/subscriptions?api-version=2022-12-01");
    let reply = emulator.client.get(url).headers(sent).send().await.unwrap();
    let header = |name: &str| reply.headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(header("content-type"), "application/json; charset=utf-8");
    assert_eq!(header("x-ms-correlation-request-id"), "my-correlation");
    assert_eq!(
        header("x-ms-ratelimit-remaining-subscription-global-reads"),
        "16499"
    );
    assert_eq!(header("x-ms-request-id").len(), 36);
    emulator.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_or_not_json_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let path = format!("/subscriptions/{CONSUMER_SUBSCRIPTION}/resourcegroups/g");
    let url = emulator.url(&format!("{path}?api-version=2021-04-01"));
    for (body, status, code) in [
        ("{".to_owned(), 400, "InvalidRequestContent"),
        (
            " ".repeat(4 * 1024 * 1024 + 1),
            413,
            "RequestContentTooLarge",
        ),
    ] {
        let reply = emulator.client.put(&url).body(body).send().await.unwrap();
        assert_eq!(reply.status(), status);
        let error: Value = reply.json().await.unwrap();
        assert_eq!(error["error"]["code"], code);
    }
    emulator.stop().await;
}

#[tokio::test]
async fn admin_routes_need_their_secret_and_refuse_web_pages() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let url = format!("{}/hosts", emulator.handle.admin_url());
    let secret = emulator.handle.admin_secret().reveal();
    let get = || emulator.client.get(&url);
    assert_eq!(get().send().await.unwrap().status(), 401);
    assert_eq!(get().bearer_auth("x").send().await.unwrap().status(), 401);
    let page = get()
        .bearer_auth(secret)
        .header("origin", "http://127.0.0.1");
    assert_eq!(page.send().await.unwrap().status(), 403);
    let rebound = get().bearer_auth(secret).header("host", "evil.example");
    assert_eq!(rebound.send().await.unwrap().status(), 421);
    assert_eq!(
        get().bearer_auth(secret).send().await.unwrap().status(),
        200
    );
    // The listener of the API does not serve the admin routes.
    let reply = emulator
        .client
        .get(emulator.url("/hosts"))
        .bearer_auth(secret)
        .send()
        .await;
    assert_ne!(reply.unwrap().status(), 200);

    let wild = json!({ "nic": "/x", "host": "0.0.0.0" });
    let request = emulator.client.put(&url).bearer_auth(secret).json(&wild);
    assert_eq!(request.send().await.unwrap().status(), 400);
    assert_eq!(
        emulator.admin(Method::GET, "/resources", None).await["value"],
        json!([])
    );
    emulator.stop().await;
}

#[tokio::test]
async fn options_that_could_never_work_are_refused_before_anything_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let fresh = directory.path().join("data");
    let mut wrong = [
        options(&fresh),
        options(&fresh),
        options(&fresh),
        options(&fresh),
    ];
    wrong[0].consumer_cidr = Some("10.0.0.0/16".parse().unwrap());
    wrong[1].admin_listen = "0.0.0.0:0".parse().unwrap();
    wrong[2].provider_tenant = "me".to_owned();
    wrong[3].public_host = Some("a/b".to_owned());
    for options in wrong {
        assert!(options.build().await.is_err());
        assert!(!fresh.exists());
    }
}
