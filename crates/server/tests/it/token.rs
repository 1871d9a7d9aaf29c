//! Tokens and the user they belong to.

use jiff::SignedDuration;
use serde_json::json;
use underpass_model::credentials::Secret;
use underpass_server::bootstrap::{self, Bootstrap};

use crate::world::{Client, World, project};

async fn made(world: &World, body: serde_json::Value) -> (Client, String) {
    let answer = world.admin().post("/v1/access_token", body).await.ok();
    let full = answer["full_token"].as_str().unwrap().to_owned();
    assert!(full.starts_with(answer["token_prefix"].as_str().unwrap()));
    (world.client(Some(Secret::new(full.clone()))), full)
}

#[tokio::test]
async fn user_info_has_every_field_clients_need() {
    let world = World::new().await;
    let user = world.admin().get("/v1/me").await.ok();
    insta::assert_json_snapshot!(user, @r#"
    {
      "user": {
        "auth": [
          "token"
        ],
        "invitations": [],
        "project_membership": {
          "demo": "admin"
        },
        "project_memberships": {
          "demo": [
            "admin"
          ]
        },
        "projects": [
          "demo"
        ],
        "real_name": "Ada",
        "state": "active",
        "tenant": "underpass",
        "token_validity_begin": "2027-01-15T08:00:00Z",
        "user": "ada@example.net",
        "user_id": "uda0385cbdb6"
      }
    }
    "#);
}

#[tokio::test]
async fn a_token_is_shown_once_and_ends_when_revoked() {
    let world = World::new().await;
    let (other, full) = made(&world, json!({"description": "ci"})).await;
    other.get("/v1/me").await.ok();
    let list = world.admin().get("/v1/access_token").await;
    assert!(!list.text.contains(&full));
    assert_eq!(list.ok()["tokens"].as_array().unwrap().len(), 2);
    let path = format!("/v1/access_token/{full}");
    let renamed = world
        .admin()
        .put(&path, json!({"description": "cd"}))
        .await
        .ok();
    assert_eq!(renamed["description"], "cd");
    world.admin().delete(&path).await.ok();
    other.get("/v1/me").await.refusal(401);
    world.admin().delete(&path).await.refusal(404);
}

#[tokio::test]
async fn a_token_lives_as_long_as_it_was_given() {
    let world = World::new().await;
    let (short, _) = made(&world, json!({"max_age_seconds": 600})).await;
    let extended = json!({"max_age_seconds": 600, "extend_when_used": true});
    let (used, _) = made(&world, extended).await;
    world.pass(SignedDuration::from_secs(500));
    short.get("/v1/me").await.ok();
    used.get("/v1/me").await.ok();
    world.pass(SignedDuration::from_secs(500));
    let message = short.get("/v1/me").await.refusal(401);
    assert!(message.contains("has expired"), "{message}");
    used.get("/v1/me").await.ok();
}

#[tokio::test]
async fn a_narrow_token_neither_widens_itself_nor_sees_other_projects() {
    let world = World::new().await;
    world
        .admin()
        .post("/v1/project", json!({"project": "other"}))
        .await
        .ok();
    let narrow = json!({"underpass": {"only_projects": ["other"], "read_only": true}});
    let (narrow, full) = made(&world, narrow).await;
    narrow.get("/v1/project/other").await.ok();
    narrow.get("/v1/project/demo").await.refusal(403);
    narrow
        .put("/v1/project/other", json!({}))
        .await
        .refusal(403);
    narrow
        .post("/v1/access_token", json!({}))
        .await
        .refusal(403);
    narrow
        .post("/v1/project", json!({"project": "third"}))
        .await
        .refusal(403);
    narrow
        .post("/v1/me/expire_tokens", json!({}))
        .await
        .refusal(403);
    // It sees and ends only itself.
    let listed = narrow.get("/v1/access_token").await.ok();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
    assert_eq!(listed["tokens"][0]["currently_active"], true);
    let (_, another) = made(&world, json!({})).await;
    let foreign = narrow.delete(&format!("/v1/access_token/{another}")).await;
    let unknown = narrow.delete("/v1/access_token/abcdef").await;
    assert_eq!(foreign.refusal(403), unknown.refusal(403));
    narrow
        .delete(&format!("/v1/access_token/{full}"))
        .await
        .ok();
    narrow.get("/v1/me").await.refusal(401);
}

#[tokio::test]
async fn expiring_all_tokens_ends_those_made_before() {
    let world = World::new().await;
    world.pass(SignedDuration::from_secs(1));
    world
        .admin()
        .post("/v1/me/expire_tokens", json!({}))
        .await
        .ok();
    let message = world.admin().get("/v1/me").await.refusal(401);
    assert!(message.contains("was revoked"), "{message}");
}

#[tokio::test]
async fn there_are_no_passwords() {
    let world = World::new().await;
    let body = json!({"email": "ada@example.net", "password": "x"});
    world
        .stranger()
        .post("/v1/userauth", body)
        .await
        .refusal(403);
}

#[tokio::test]
async fn beginning_again_changes_nothing_and_revives_no_token() {
    let world = World::new().await;
    let beginning = Bootstrap {
        email: "ada@example.net".to_owned(),
        real_name: "Ada".to_owned(),
        project: project(),
        token: world.token(),
    };
    let before = world.admin().get("/v1/project/demo/kms/ca").await.ok();
    bootstrap::ensure(&world.app, &beginning).await.unwrap();
    assert_eq!(
        world.admin().get("/v1/project/demo/kms/ca").await.ok(),
        before
    );
    // Another operator in the configuration voids no token.
    let other = Bootstrap {
        email: "grace@example.net".to_owned(),
        ..beginning.clone()
    };
    world.pass(SignedDuration::from_hours(1));
    bootstrap::ensure(&world.app, &other).await.unwrap();
    world.admin().get("/v1/me").await.ok();
    world.admin().post("/v1/me/logout", json!({})).await.ok();
    assert!(bootstrap::ensure(&world.app, &beginning).await.is_err());
    world.admin().get("/v1/me").await.refusal(401);
}

#[tokio::test]
async fn a_misspelt_restriction_makes_no_token() {
    let world = World::new().await;
    for (body, said) in [
        (
            json!({"underpass": {"only_project": ["demo"]}}),
            "`underpass.only_project` is not a member there",
        ),
        (
            json!({"underpass": {"readonly": true}}),
            "Valid members: only_projects, read_only",
        ),
        (
            json!({"underpass": {"only_projects": []}}),
            "`underpass.only_projects` must not be empty",
        ),
        (
            json!({"only_projects": ["demo"]}),
            "Did you mean `underpass.only_projects`?",
        ),
        (
            json!({"onlyProjects": ["demo"]}),
            "Did you mean `underpass.only_projects`?",
        ),
        (
            json!({"projects": ["demo"]}),
            "Did you mean `underpass.only_projects`?",
        ),
        (
            json!({"readonly": true}),
            "Did you mean `underpass.read_only`?",
        ),
        (json!({"max_age": 60}), "Did you mean `max_age_seconds`?"),
        (
            json!({"underpas": {"read_only": true}}),
            "Did you mean `underpass`?",
        ),
        (
            json!({"scopes": ["project:read"]}),
            "Underpass does not support `scopes`",
        ),
        (
            json!({"ip_allowlist": ["10.0.0.0/8"]}),
            "Underpass does not support `ip_allowlist`",
        ),
        (json!({"role": "viewer"}), "does not support `role`"),
        (json!({"write": false}), "does not support `write`"),
        (json!({"tenant": "demo"}), "does not support `tenant`"),
        (
            json!({"underpass": {"only_projects": null}}),
            "underpass.only_projects",
        ),
    ] {
        let message = world
            .admin()
            .post("/v1/access_token", body.clone())
            .await
            .refusal(400);
        assert!(message.contains(said), "{body}: {message}");
    }
    let listed = world.admin().get("/v1/access_token").await.ok();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
    // All members that the clients of the compatible API send.
    let known = json!({"description": "ci", "extend_when_used": false, "max_age_seconds": 60});
    made(&world, known).await;
}

#[tokio::test]
async fn a_token_made_after_an_expiry_is_valid_whatever_the_clock_said() {
    let world = World::new().await;
    // A token of a clock that was ahead, and an expiry by that clock.
    world.pass(SignedDuration::from_hours(24));
    let (ahead, _) = made(&world, json!({})).await;
    let (last, _) = made(&world, json!({})).await;
    world
        .admin()
        .post("/v1/me/expire_tokens", json!({}))
        .await
        .ok();
    world.pass(SignedDuration::from_hours(-24));
    ahead.get("/v1/me").await.refusal(401);
    // The installation gets a token of a new file.
    let text = Secret::new("f".repeat(64));
    let first = Bootstrap {
        email: "ada@example.net".to_owned(),
        real_name: "Ada".to_owned(),
        project: project(),
        token: text.clone(),
    };
    bootstrap::ensure(&world.app, &first).await.unwrap();
    let admin = world.client(Some(text.clone()));
    admin.get("/v1/me").await.ok();
    bootstrap::ensure(&world.app, &first).await.unwrap();
    let answer = admin.post("/v1/access_token", json!({})).await.ok();
    let full = answer["full_token"].as_str().unwrap().to_owned();
    let other = world.client(Some(Secret::new(full.clone())));
    other.get("/v1/me").await.ok();
    let session = underpass_server::session::begin(&world.app, &full, None).await;
    world
        .client(Some(session.unwrap()))
        .get("/v1/me")
        .await
        .ok();
    // The next expiry, by the right clock, voids them all.
    admin.post("/v1/me/expire_tokens", json!({})).await.ok();
    for client in [admin, other, last] {
        client.get("/v1/me").await.refusal(401);
    }
}
