//! What holds for every route: tokens, hosts, methods, bodies.

use axum::body::Body;
use axum::http::Request;

use crate::world::World;

#[tokio::test]
async fn probes_need_no_token_and_no_known_host() {
    let world = World::new().await;
    for path in ["/healthz", "/readyz"] {
        let request = Request::get(path).header("host", "10.0.0.7").body(Body::empty()).unwrap();
        world.stranger().exchange(request).await.ok();
    }
}

#[tokio::test]
async fn metrics_are_for_operators() {
    let world = World::new().await;
    assert_eq!(world.admin().get("/metrics").await.text, "underpass_test_total 1\n");
    world.stranger().get("/metrics").await.refusal(401);
    world.reader().await.get("/metrics").await.refusal(403);
}

#[tokio::test]
async fn an_unknown_route_and_a_wrong_method_are_refused_in_the_compatible_form() {
    let world = World::new().await;
    let reply = world.admin().get("/v1/nothing").await;
    insta::assert_snapshot!(reply.text, @"");
    assert_eq!(reply.status, 404);
    let reply = world.admin().delete("/healthz").await;
    insta::assert_snapshot!(reply.refusal(405), @"");
    assert_eq!(reply.headers["allow"], "GET,HEAD");
}

#[tokio::test]
async fn a_request_id_is_kept_if_it_is_sane_and_made_otherwise() {
    let world = World::new().await;
    let ask = async |id: &str| {
        let request = Request::get("/healthz").header("x-request-id", id).body(Body::empty());
        let reply = world.stranger().exchange(request.unwrap()).await;
        reply.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(ask("trace-1").await, "trace-1");
    assert_eq!(ask("no spaces").await.len(), 36);
}

#[tokio::test]
async fn foreign_hosts_and_pages_are_refused() {
    let world = World::new().await;
    let ask = async |name: &str, value: &str| {
        let mut request = Request::get("/v1/clouds").header(name, value);
        if name != "host" {
            request = request.header("host", "127.0.0.1:8780");
        }
        world.admin().exchange(request.body(Body::empty()).unwrap()).await.status.as_u16()
    };
    assert_eq!(ask("host", "evil.example").await, 421);
    assert_eq!(ask("origin", "https://evil.example").await, 403);
    assert_ne!(ask("host", "api.example.net").await, 421);
}
