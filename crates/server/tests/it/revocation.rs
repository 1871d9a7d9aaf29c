//! Tokens that are revoked while one of their requests waits.

use std::convert::Infallible;
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::{Body, Bytes};
use axum::http::Request;
use futures_util::stream;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Notify;
use underpass_clouds::{Cloud, Error, Listing, PlacedAttachment, Report, Scope};
use underpass_model::auth::{Role, User};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::credentials::Secret;
use underpass_model::reconcile::Step;
use underpass_store::{Change, Key, Kind, Lookup};

use crate::published::{LINK, with_link};
use crate::world::{Client, Reply, World};

const TAGS: &str = "/v1/project/demo/tags";

/// Cloud whose listing does not end.
#[derive(Default)]
struct EndlessListing {
    begun: Notify,
}

/// Sends a body that ends only after `meanwhile`, which runs once the request was authorized.
async fn held(
    client: &Client,
    method: &str,
    path: &str,
    body: &str,
    meanwhile: impl Future<Output = ()>,
) -> Reply {
    let (read, sent) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (read, sent) = (Arc::clone(&read), Arc::clone(&sent));
        let body = body.to_owned();
        stream::once(async move {
            // The body is read after the authorization.
            read.notify_one();
            sent.notified().await;
            Ok::<_, Infallible>(Bytes::from(body))
        })
    };
    let token = client.token.as_ref().unwrap();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1:8780")
        .header("authorization", format!("Bearer {}", token.expose()))
        .body(Body::from_stream(slow))
        .unwrap();
    let meanwhile = async {
        read.notified().await;
        meanwhile.await;
        sent.notify_one();
    };
    tokio::join!(client.exchange(request), meanwhile).0
}

/// Makes another token of the operator; returns a client with it and its prefix.
async fn other_token(world: &World) -> (Client, String) {
    let answer = world
        .admin()
        .post("/v1/access_token", json!({"description": "ci"}))
        .await
        .ok();
    let full = answer["full_token"].as_str().unwrap().to_owned();
    let prefix = answer["token_prefix"].as_str().unwrap().to_owned();
    (world.client(Some(Secret::new(full))), prefix)
}

async fn revoke(world: &World, prefix: &str) {
    let path = format!("/v1/access_token/{prefix}");
    world.admin().delete(&path).await.ok();
}

#[tokio::test]
async fn a_body_that_comes_after_the_revocation_has_no_effect() {
    for (method, path, body) in [
        ("PUT", TAGS, json!({"tags": {"a": "1"}})),
        ("POST", "/v1/project", json!({"project": "other"})),
        ("POST", "/v1/access_token", json!({"description": "next"})),
    ] {
        let world = World::new().await;
        let (other, prefix) = other_token(&world).await;
        let body = body.to_string();
        let reply = held(&other, method, path, &body, revoke(&world, &prefix)).await;
        let message = reply.refusal(401);
        assert!(message.contains("revoked"), "{method} {path}: {message}");
        let me = world.admin().get("/v1/me").await.ok();
        assert_eq!(me["user"]["projects"], json!(["demo"]));
        assert_eq!(world.admin().get(TAGS).await.ok()["tags"], json!({}));
        let tokens = world.admin().get("/v1/access_token").await.ok();
        assert_eq!(tokens["tokens"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_body_that_comes_after_its_user_left_the_project_has_no_effect() {
    let world = World::new().await;
    let memberships = [("demo", Role::Admin)];
    let member = world.user("eve@example.net", &memberships).await;
    let leave = async {
        let key = Key::user("eve@example.net");
        let lookup = Lookup::One(Kind::User, key.clone());
        let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
        let mut user = fetched.one::<User>(&key).unwrap().unwrap();
        user.value.memberships.clear();
        let change = Change::new().update(&user).unwrap();
        world.app.store.commit(change).await.unwrap();
    };
    let tags = json!({"tags": {"a": "1"}}).to_string();
    let reply = held(&member, "PUT", TAGS, &tags, leave).await;
    reply.refusal(403);
    assert_eq!(world.admin().get(TAGS).await.ok()["tags"], json!({}));
}

#[tokio::test]
async fn a_slow_body_with_a_valid_token_is_accepted() {
    let world = World::new().await;
    let tags = json!({"tags": {"a": "1"}}).to_string();
    let reply = held(&world.admin(), "PUT", TAGS, &tags, async {}).await;
    reply.ok();
}

#[tokio::test]
async fn a_request_that_waits_ends_with_its_token() {
    let cloud = Arc::new(EndlessListing::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    with_link(&world).await;
    let (other, prefix) = other_token(&world).await;
    let refresh = format!("{LINK}/refresh");
    let revoke = async {
        cloud.begun.notified().await;
        revoke(&world, &prefix).await;
    };
    let (reply, ()) = tokio::join!(other.post(&refresh, json!({})), revoke);
    let message = reply.refusal(401);
    assert!(message.contains("revoked"), "{message}");
}

#[async_trait]
impl Cloud for EndlessListing {
    async fn perform(&self, _: &CloudTarget, step: &Step, _: Timestamp) -> Result<Report, Error> {
        panic!("a refresh performed {step:?}");
    }

    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, Error> {
        self.begun.notify_one();
        std::future::pending().await
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        std::future::pending().await
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        Ok(Listing::default())
    }
}
