//! Sessions of the console: begun within limits, a few of each token.

use std::net::IpAddr;

use jiff::SignedDuration;
use serde_json::json;
use underpass_model::auth::Token;
use underpass_model::credentials::Secret;
use underpass_server::api::Error;
use underpass_server::{session, token};
use underpass_store::{Change, Key, Kind, Lookup, Versioned};

use crate::world::World;

/// Most sessions of a token, and sign-ins in a burst.
const MOST: usize = 20;

/// Makes a token that may read `demo`.
async fn narrowed(world: &World) -> Secret {
    let body = json!({"underpass": {"only_projects": ["demo"], "read_only": true}});
    let made = world.admin().post("/v1/access_token", body).await.ok();
    Secret::new(made["full_token"].as_str().unwrap().to_owned())
}

async fn sign_in(world: &World, token: &Secret, from: Option<&str>) -> Result<Secret, Error> {
    let client: Option<IpAddr> = from.map(|address| address.parse().unwrap());
    session::begin(&world.app, token.expose(), client).await
}

async fn tokens(world: &World) -> Vec<Versioned<Token>> {
    let all = [Lookup::Under(Kind::Token, Key::root())];
    world.app.store.fetch(&all).await.unwrap().all().unwrap()
}

fn too_many(begun: Result<Secret, Error>) -> (String, i64) {
    match begun {
        Err(Error::TooManyRequests {
            message,
            retry_after,
        }) => (message, retry_after),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_has_a_few_sessions_and_the_oldest_ends() {
    let world = World::new().await;
    let first = sign_in(&world, &world.token(), None).await.unwrap();
    let second = sign_in(&world, &world.token(), None).await.unwrap();
    for _ in 2..=MOST {
        world.pass(SignedDuration::from_secs(1));
        sign_in(&world, &world.token(), None).await.unwrap();
    }
    assert_eq!(tokens(&world).await.len(), MOST + 1);
    let client = |token: &Secret| world.client(Some(token.clone()));
    client(&first).get("/v1/me").await.refusal(401);
    client(&second).get("/v1/me").await.ok();
    // One that was left makes room, and its row goes.
    client(&second).post("/v1/me/logout", json!({})).await.ok();
    let last = sign_in(&world, &world.token(), None).await.unwrap();
    assert_eq!(tokens(&world).await.len(), MOST + 1);
    // A session is exchanged for one of the same access token.
    sign_in(&world, &last, None).await.unwrap();
    assert_eq!(tokens(&world).await.len(), MOST + 1);
    // All end with the token.
    world.admin().post("/v1/me/logout", json!({})).await.ok();
    client(&last).get("/v1/me").await.refusal(401);
}

#[tokio::test]
async fn sessions_are_no_access_tokens() {
    let world = World::new().await;
    sign_in(&world, &world.token(), None).await.unwrap();
    // As many as earlier builds stored.
    let rows = tokens(&world).await;
    let session = rows.iter().find(|row| row.value.exchanged_for.is_some());
    let session = session.unwrap().value.clone();
    let mut change = Change::new();
    for number in 0..1_000 {
        let sha256 = token::hash(&format!("session {number}"));
        let row = Token {
            sha256: sha256.clone(),
            ..session.clone()
        };
        change = change.insert(Key::token(&sha256), &row).unwrap();
    }
    world.app.store.commit(change).await.unwrap();
    let body = json!({"description": "ci"});
    world.admin().post("/v1/access_token", body).await.ok();
    let listed = world.admin().get("/v1/access_token").await.ok();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn sign_ins_with_a_token_are_limited() {
    let world = World::new().await;
    let token = narrowed(&world).await;
    for _ in 0..MOST {
        sign_in(&world, &token, None).await.unwrap();
    }
    let (message, retry_after) = too_many(sign_in(&world, &token, None).await);
    assert!(
        message.ends_with("more than 20 times, and then more than once a second. Retry in 1 s")
    );
    assert_eq!(retry_after, 1);
    // Sign-ins with another token are not.
    let other = narrowed(&world).await;
    sign_in(&world, &other, None).await.unwrap();
    world.pass(SignedDuration::from_secs(1));
    sign_in(&world, &token, None).await.unwrap();
}

#[tokio::test]
async fn failed_sign_ins_of_an_address_are_limited() {
    let world = World::new().await;
    let wrong = Secret::new("wrong".to_owned());
    for from in ["192.0.2.1", "2001:db8::1"] {
        for _ in 0..MOST {
            let refused = sign_in(&world, &wrong, Some(from)).await;
            assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        }
    }
    for from in ["192.0.2.1", "2001:db8::2"] {
        let (message, _) = too_many(sign_in(&world, &wrong, Some(from)).await);
        assert!(
            message.starts_with("Sign-ins from this address failed"),
            "{message}"
        );
        too_many(sign_in(&world, &world.token(), Some(from)).await);
    }
    // Others sign in; loopback may stand for many.
    let token = world.token();
    sign_in(&world, &token, Some("192.0.2.2")).await.unwrap();
    for _ in 0..=MOST {
        let refused = sign_in(&world, &wrong, Some("127.0.0.1")).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    }
    world.pass(SignedDuration::from_secs(1));
    sign_in(&world, &token, Some("192.0.2.1")).await.unwrap();
}
