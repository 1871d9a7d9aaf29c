//! Backups of the store over the API.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;
use underpass_model::project::Project;
use underpass_server::app::App;
use underpass_store::{Cipher, Key, Kind, Lineage, Lookup, Sqlite, Store as _};

use crate::router;
use crate::world::{World, project};

const BACKUP: &str = "/v1/underpass/backup";

fn cipher() -> Cipher {
    Cipher::from_bytes(&[7; 32])
}

async fn back_up(app: App, token: &str) -> Response<Body> {
    let request = Request::builder()
        .method("POST")
        .uri(BACKUP)
        .header("host", "127.0.0.1:8780")
        .header("authorization", format!("aivenv1 {token}"))
        .body(Body::empty())
        .unwrap();
    router(app).oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_backup_contains_what_was_committed_and_no_readable_text() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    let store = Arc::new(Sqlite::open(&path, cipher(), Lineage::from_bits(1)).unwrap());
    let world = World::on_store(Arc::clone(&store) as _).await;
    let app = App {
        backups: store,
        ..world.app.clone()
    };
    let answer = back_up(app, world.token().expose()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(!String::from_utf8_lossy(&bytes).contains("ada@example.net"));

    let (file, restored) = (directory.path().join("b"), directory.path().join("r"));
    std::fs::write(&file, &bytes).unwrap();
    let done = Sqlite::restore(&file, &restored, &cipher(), world.now()).unwrap();
    assert_eq!((done.made_at, done.replaced), (world.now(), None));
    let store = Sqlite::open(&restored, cipher(), Lineage::from_bits(2)).unwrap();
    let key = Key::project(&project());
    let lookup = Lookup::One(Kind::Project, key.clone());
    let fetched = store.fetch(&[lookup]).await.unwrap();
    assert!(fetched.one::<Project>(&key).unwrap().is_some());
}

#[tokio::test]
async fn a_backup_that_is_read_slowly_ends_with_its_token() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    let store = Arc::new(Sqlite::open(&path, cipher(), Lineage::from_bits(1)).unwrap());
    let world = World::on_store(Arc::clone(&store) as _).await;
    let app = App {
        backups: store,
        ..world.app.clone()
    };
    let body = json!({"description": "backups"});
    let made = world.admin().post("/v1/access_token", body).await.ok();
    let answer = back_up(app, made["full_token"].as_str().unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let mut body = answer.into_body();
    body.frame().await.unwrap().unwrap();
    let prefix = made["token_prefix"].as_str().unwrap();
    let revoked = format!("/v1/access_token/{prefix}");
    world.admin().delete(&revoked).await.ok();
    assert!(body.collect().await.is_err(), "the copy stays incomplete");
}

#[tokio::test]
async fn a_disk_that_takes_no_copy_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sqlite");
    let store = Arc::new(Sqlite::open(&path, cipher(), Lineage::from_bits(1)).unwrap());
    let world = World::on_store(Arc::clone(&store) as _).await;
    let app = App {
        backups: store,
        ..world.app.clone()
    };
    // Open files stay usable; a copy cannot be created where the directory was.
    std::fs::rename(directory.path(), directory.path().with_extension("moved")).unwrap();
    let answer = back_up(app, world.token().expose()).await;
    std::fs::rename(directory.path().with_extension("moved"), directory.path()).unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn only_an_unrestricted_operator_makes_a_backup() {
    let world = World::new().await;
    let reader = world.reader().await;
    let refused = reader.post(BACKUP, json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("not_an_operator"), "{}", refused.text);
}
