use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use underpass_emulators::Secret;
use underpass_emulators::google::Error;

use crate::google_emulator::{CONSUMER, Emulator, options};

fn network(name: &str) -> Value {
    json!({ "name": name, "autoCreateSubnetworks": false })
}

#[tokio::test]
async fn replies_are_json_with_or_without_the_apis_prefix() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    emulator
        .consumer()
        .post("global/networks", network("v"))
        .await;
    for prefix in ["/compute/v1", ""] {
        let url = format!("{prefix}/projects/{CONSUMER}/global/networks/v?alt=json");
        let reply = emulator
            .client
            .get(emulator.url(&url))
            .send()
            .await
            .unwrap();
        assert_eq!(
            reply.headers()["content-type"],
            "application/json; charset=UTF-8"
        );
        let shown: Value = reply.json().await.unwrap();
        let link = "https://www.googleapis.com/compute/v1/projects/a-consumer/global/networks/v";
        assert_eq!(shown["selfLink"], link);
    }
    emulator.stop().await;
}

#[tokio::test]
async fn wait_replies_when_the_operation_is_done() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(directory.path());
    options.operation_delay = Duration::from_millis(200);
    let emulator = Emulator::start_with(options).await;
    let consumer = emulator.consumer();
    let (_, started) = consumer
        .send(Method::POST, "global/networks", Some(network("v")))
        .await;
    assert_ne!(started["status"], "DONE", "{started:#}");
    let name = started["name"].as_str().unwrap();
    let wait = format!("global/operations/{name}/wait");
    let (status, ended) = consumer.send(Method::POST, &wait, None).await;
    assert_eq!((status.as_u16(), &ended["status"]), (200, &json!("DONE")));
    consumer.get("global/networks/v").await;
    let unknown = "global/operations/operation-1-2-3-4/wait";
    let (status, _) = consumer.send(Method::POST, unknown, None).await;
    assert_eq!(status, 404);
    emulator.stop().await;
}

#[tokio::test]
async fn a_long_list_request_may_be_a_post_with_method_override() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let consumer = emulator.consumer();
    for name in ["one", "two"] {
        consumer.post("global/networks", network(name)).await;
    }
    let url = emulator.url(&format!("/compute/v1/projects/{CONSUMER}/global/networks"));
    let request = emulator.client.post(url);
    let request = request
        .header("x-http-method-override", "GET")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("filter=name+%3D+%22two%22&alt=json");
    let list: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list:#}");
    assert_eq!(list["items"][0]["name"], "two");
    emulator.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_or_not_json_is_refused_in_googles_format() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let url = emulator.url(&format!("/compute/v1/projects/{CONSUMER}/global/networks"));
    for (body, status, reason) in [
        ("{".to_owned(), 400, "parseError"),
        (" ".repeat(4 * 1024 * 1024 + 1), 413, "uploadTooLarge"),
    ] {
        let reply = emulator.client.post(&url).body(body).send().await.unwrap();
        assert_eq!(reply.status(), status);
        let error: Value = reply.json().await.unwrap();
        assert_eq!(error["error"]["code"], status);
        assert_eq!(error["error"]["errors"][0]["reason"], reason);
    }
    emulator.stop().await;
}

#[tokio::test]
async fn web_pages_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let url = emulator.url(&format!("/compute/v1/projects/{CONSUMER}/global/networks"));
    let body = network("v").to_string();
    let page = emulator.client.post(&url).body(body);
    let page = page.header("origin", "https://pages.example");
    let reply = page.send().await.unwrap();
    assert_eq!(reply.status(), 403);
    let error: Value = reply.json().await.unwrap();
    assert_eq!(error["error"]["errors"][0]["reason"], "forbidden");
    let list = emulator.consumer().get("global/networks").await;
    assert_eq!(list.get("items"), None, "{list:#}");
    emulator.stop().await;
}

#[tokio::test]
async fn admin_routes_need_their_secret_and_list_resources() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let url = format!("{}/hosts", emulator.handle.admin_url());
    assert_eq!(
        emulator.client.get(&url).send().await.unwrap().status(),
        401
    );
    let secret = emulator.handle.admin_secret().reveal();
    let page = emulator.client.get(&url).bearer_auth(secret);
    let page = page.header("origin", "http://127.0.0.1").send().await;
    assert_eq!(page.unwrap().status(), 403);
    let instance = "projects/p-12345/zones/europe-west1-b/instances/n1";
    let unspecified = json!({ "instance": instance, "host": "0.0.0.0" });
    let request = emulator
        .client
        .put(&url)
        .bearer_auth(secret)
        .json(&unspecified);
    assert_eq!(request.send().await.unwrap().status(), 400);
    // The API listener does not serve admin routes.
    let reply = emulator
        .client
        .get(emulator.url("/hosts"))
        .bearer_auth(secret);
    assert_ne!(reply.send().await.unwrap().status(), 200);

    emulator
        .consumer()
        .post("global/networks", network("v"))
        .await;
    let left = emulator.admin(Method::GET, "/resources", None).await;
    let expected = json!([format!("projects/{CONSUMER}/global/networks/v")]);
    assert_eq!(left["value"], expected);
    emulator.stop().await;
}

#[tokio::test]
async fn secrets_are_readable_by_their_owner_only_and_the_port_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let with_all = || {
        let mut options = options(directory.path());
        options.proxy_listen = Some("127.0.0.1:0".parse().unwrap());
        options
    };
    let emulator = Emulator::start_with(with_all()).await;
    let url = emulator.handle.base_url().to_owned();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        if name != "google-ca.pem" && name != "google.lock" {
            assert_eq!(mode, 0o600, "{name}");
        }
    }
    emulator.stop().await;
    let emulator = Emulator::start_with(with_all()).await;
    assert_eq!(emulator.handle.base_url(), url);
    emulator.stop().await;
}

#[tokio::test]
async fn invalid_options_are_refused_before_anything_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let fresh = directory.path().join("data");
    let mut wrong = [(); 5].map(|()| options(&fresh));
    wrong[0].consumer_cidr = Some("10.0.0.0/16".parse().unwrap());
    wrong[1].admin_listen = "0.0.0.0:0".parse().unwrap();
    wrong[2].provider_project = "No".to_owned();
    wrong[3].provider_token = Secret::new("");
    wrong[4].service_account = Some(Secret::new("{}"));
    for options in wrong {
        assert!(options.build().await.is_err());
        assert!(!fresh.exists());
    }
}

#[tokio::test]
async fn a_second_emulator_on_the_same_data_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let error = options(directory.path()).build().await.err().unwrap();
    assert!(matches!(error, Error::Journal(_)), "{error}");
    emulator.stop().await;
}
