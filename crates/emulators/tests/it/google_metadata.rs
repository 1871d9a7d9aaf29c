use std::path::Path;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::google_emulator::{Emulator, PROJECT, options};
use crate::signing::EMAIL;

async fn with_metadata(directory: &Path) -> Emulator {
    let mut options = options(directory);
    options.metadata_listen = Some("127.0.0.1:0".parse().unwrap());
    Emulator::start_with(options).await
}

fn request(emulator: &Emulator, path: &str) -> RequestBuilder {
    let address = emulator.handle.metadata_address().unwrap();
    emulator.client.get(format!("http://{address}{path}"))
}

#[tokio::test]
async fn a_local_process_gets_the_account_and_its_token() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = with_metadata(directory.path()).await;
    let read = async |path: &str| {
        let path = format!("/computeMetadata/v1/{path}");
        let request = request(&emulator, &path).header("metadata-flavor", "Google");
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 200, "{path}");
        assert_eq!(reply.headers()["metadata-flavor"], "Google", "{path}");
        reply.text().await.unwrap()
    };
    assert_eq!(read("project/project-id").await, PROJECT);
    let accounts = "instance/service-accounts";
    assert_eq!(read(&format!("{accounts}/default/email")).await, EMAIL);
    assert!(
        read(&format!("{accounts}/default/scopes"))
            .await
            .contains("/cloud-platform")
    );
    for account in ["default", EMAIL] {
        let token = read(&format!("{accounts}/{account}/token")).await;
        let token: Value = serde_json::from_str(&token).unwrap();
        assert_eq!(token["expires_in"], 3599);
        let bearer = token["access_token"].as_str().unwrap();
        assert_eq!(emulator.status_for(bearer).await, 200);
    }
    let whole = read(&format!("{accounts}/default/?recursive=true")).await;
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["email"], EMAIL);
    emulator.stop().await;
}

#[tokio::test]
async fn requests_without_the_flavor_of_web_pages_and_through_proxies_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = with_metadata(directory.path()).await;
    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    let plain = request(&emulator, path);
    let wrong = request(&emulator, path).header("metadata-flavor", "Vanilla");
    let passed_on = request(&emulator, path)
        .header("metadata-flavor", "Google")
        .header("x-forwarded-for", "10.0.0.1");
    let rebound = request(&emulator, path)
        .header("metadata-flavor", "Google")
        .header("host", "pages.example:80");
    let page = request(&emulator, path)
        .header("metadata-flavor", "Google")
        .header("origin", "http://127.0.0.1");
    for request in [plain, wrong, passed_on, rebound, page] {
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 403);
        assert!(!reply.text().await.unwrap().contains("access_token"));
    }
    // Clients detect Google by this request.
    let found = request(&emulator, "/").send().await.unwrap();
    assert_eq!(found.status(), 200);
    assert_eq!(found.headers()["metadata-flavor"], "Google");
    let named = request(&emulator, path)
        .header("metadata-flavor", "Google")
        .header("host", "metadata.google.internal");
    assert_eq!(named.send().await.unwrap().status(), 200);
    let missing = request(
        &emulator,
        "/computeMetadata/v1/instance/service-accounts/x/token",
    );
    let missing = missing.header("metadata-flavor", "Google");
    assert_eq!(missing.send().await.unwrap().status(), 404);
    emulator.stop().await;
}

#[tokio::test]
async fn it_is_disabled_by_default_local_only_and_keeps_its_port() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    assert_eq!(emulator.handle.metadata_address(), None);
    let path = "/computeMetadata/v1/project/project-id";
    let request = emulator.client.request(Method::GET, emulator.url(path));
    let reply = request.header("metadata-flavor", "Google").send().await;
    assert_eq!(reply.unwrap().status(), 404);
    emulator.stop().await;

    let mut open = options(directory.path());
    open.metadata_listen = Some("0.0.0.0:0".parse().unwrap());
    let error = open.build().await.err().unwrap();
    assert!(error.to_string().contains("loopback"), "{error}");

    let emulator = with_metadata(directory.path()).await;
    let address = emulator.handle.metadata_address();
    emulator.stop().await;
    let emulator = with_metadata(directory.path()).await;
    assert_eq!(emulator.handle.metadata_address(), address);
    emulator.stop().await;
}
