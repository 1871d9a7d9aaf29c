//! Rules of all routes: tokens, hosts, methods, bodies.

use std::io;

use axum::body::Body;
use axum::http::Request;
use futures_util::stream;

use crate::world::World;

#[tokio::test]
async fn probes_need_no_token_and_no_known_host() {
    let world = World::new().await;
    for path in ["/healthz", "/readyz"] {
        let request = Request::get(path)
            .header("host", "10.0.0.7")
            .body(Body::empty())
            .unwrap();
        world.stranger().exchange(request).await.ok();
    }
}

#[tokio::test]
async fn metrics_are_for_operators() {
    let world = World::new().await;
    insta::assert_snapshot!(world.admin().get("/metrics").await.text, @r#"
    underpass_test_total 1
    # HELP underpass_cloud_account_reachable Whether the account answers: 0 after several failures in a row.
    # TYPE underpass_cloud_account_reachable gauge
    underpass_cloud_account_reachable{account="azure"} 1
    underpass_cloud_account_reachable{account="google"} 1
    # HELP underpass_cloud_account_throttled Whether the account limits requests now.
    # TYPE underpass_cloud_account_throttled gauge
    underpass_cloud_account_throttled{account="azure"} 0
    underpass_cloud_account_throttled{account="google"} 0
    # HELP underpass_backends Backends of links by the last answer of the cloud's health probes.
    # TYPE underpass_backends gauge
    underpass_backends{account="azure",health="healthy"} 0
    underpass_backends{account="azure",health="unhealthy"} 0
    underpass_backends{account="google",health="healthy"} 0
    underpass_backends{account="google",health="unhealthy"} 0
    # HELP underpass_backend_health_age_seconds Age of the oldest of these answers.
    # TYPE underpass_backend_health_age_seconds gauge
    # HELP underpass_unreadable_documents Stored documents that cannot be read and are set aside.
    # TYPE underpass_unreadable_documents gauge
    underpass_unreadable_documents 0
    "#);
    world.stranger().get("/metrics").await.refusal(401);
    world.reader().await.get("/metrics").await.refusal(403);
}

#[tokio::test]
async fn an_unknown_route_and_a_wrong_method_are_refused_in_the_compatible_form() {
    let world = World::new().await;
    let reply = world.admin().get("/v1/nothing").await;
    insta::assert_snapshot!(reply.refusal(404), @"Route `/v1/nothing` does not exist. docs/reference/api.md lists the routes");
    let reply = world.admin().delete("/healthz").await;
    insta::assert_snapshot!(reply.refusal(405), @"This route does not support DELETE. The `allow` header lists the supported methods");
    assert_eq!(reply.headers["allow"], "GET,HEAD");
}

#[tokio::test]
async fn a_request_id_is_kept_if_it_is_sane_and_made_otherwise() {
    let world = World::new().await;
    let ask = async |id: &str| {
        let request = Request::get("/healthz")
            .header("x-request-id", id)
            .body(Body::empty());
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
        world
            .admin()
            .exchange(request.body(Body::empty()).unwrap())
            .await
            .status
            .as_u16()
    };
    assert_eq!(ask("host", "evil.example").await, 421);
    assert_eq!(ask("origin", "https://evil.example").await, 403);
    assert_ne!(ask("host", "api.example.net").await, 421);
}

#[tokio::test]
async fn a_token_is_taken_under_both_schemes_and_nothing_else_is() {
    let world = World::new().await;
    let token = world.token();
    let ask = async |authorization: &str| {
        let request = Request::get("/v1/me")
            .header("host", "localhost")
            .header("authorization", authorization)
            .body(Body::empty());
        world.stranger().exchange(request.unwrap()).await
    };
    for scheme in ["aivenv1", "AivenV1", "Bearer", "bearer"] {
        ask(&format!("{scheme} {}", token.expose())).await.ok();
    }
    insta::assert_snapshot!(
        ask("Basic YTpi").await.refusal(401),
        @"The request has no token. Send the header `authorization: aivenv1 TOKEN` or `authorization: Bearer TOKEN`"
    );
    insta::assert_snapshot!(
        ask("aivenv1 wrong").await.refusal(401),
        @"The token is unknown: it was mistyped, was revoked, or belongs to another installation. Use a valid token of this installation, or ask an operator for one"
    );
}

#[tokio::test]
async fn who_is_no_member_learns_nothing_about_projects() {
    let world = World::new().await;
    let other = world.user("eve@example.net", &[]).await;
    let known = other.get("/v1/project/demo").await.refusal(403);
    let unknown = other.get("/v1/project/none").await.refusal(403);
    assert_eq!(known.replace("demo", "none"), unknown);
    world.admin().get("/v1/project/none").await.refusal(404);
    world.stranger().get("/v1/project/demo").await.refusal(401);
    world
        .stranger()
        .get("/v1/project/Not%20A%20Name")
        .await
        .refusal(401);
}

#[tokio::test]
async fn a_reader_looks_and_changes_nothing() {
    let world = World::new().await;
    let reader = world.reader().await;
    reader.get("/v1/project/demo").await.ok();
    for (method, path) in [
        ("PUT", "/v1/project/demo"),
        ("DELETE", "/v1/project/demo"),
        ("POST", "/v1/project/demo/vpcs"),
        ("POST", "/v1/project/demo/static-ips"),
        (
            "PUT",
            "/v1/underpass/project/demo/features/privatelink_azure",
        ),
        ("PUT", "/v1/underpass/project/demo/settings"),
        (
            "POST",
            "/v1/underpass/project/demo/service/pg-1/certificate",
        ),
    ] {
        let reply = reader.send(method, path, "{}").await;
        assert_eq!(
            reply.json()["errors"][0]["error_code"],
            "read_only",
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_is_refused() {
    let world = World::new().await;
    let large = format!("{{\"description\": \"{}\"}}", "x".repeat(1024 * 1024));
    insta::assert_snapshot!(
        world.admin().send("POST", "/v1/access_token", &large).await.refusal(413),
        @"The request body exceeds the limit of 1048576 bytes"
    );
    insta::assert_snapshot!(
        world.admin().send("POST", "/v1/access_token", "{").await.refusal(400),
        @"Invalid request body: EOF while parsing an object at line 1 column 1"
    );
    let reply = world
        .admin()
        .send("POST", "/v1/access_token", r#"{"max_age_seconds": "x"}"#)
        .await;
    insta::assert_snapshot!(
        reply.refusal(400),
        @r#"Invalid request body: `max_age_seconds` must be a whole number that is not negative, but is "x""#
    );
}

#[tokio::test]
async fn a_body_that_is_late_or_ends_early_is_refused_in_the_compatible_form() {
    let world = World::new().await;
    for (kind, status) in [
        (io::ErrorKind::TimedOut, 408),
        (io::ErrorKind::UnexpectedEof, 400),
    ] {
        let pieces = [Ok("{"), Err(io::Error::from(kind))];
        let request = Request::post("/v1/access_token")
            .header("host", "127.0.0.1:8780")
            .header(
                "authorization",
                format!("Bearer {}", world.token().expose()),
            )
            .body(Body::from_stream(stream::iter(pieces)))
            .unwrap();
        let reply = world.admin().exchange(request).await;
        let message = reply.refusal(status);
        assert!(message.ends_with("Send the request again"), "{message}");
    }
}

#[tokio::test]
async fn a_process_that_stops_is_not_ready_and_answers() {
    let world = World::new().await;
    assert_eq!(world.admin().get("/readyz").await.status, 200);
    world.app.readiness.end();
    let refused = world.admin().get("/readyz").await.refusal(503);
    assert!(refused.contains("is stopping"), "{refused}");
    assert_eq!(world.admin().get("/healthz").await.status, 200);
    assert_eq!(world.admin().get("/v1/project").await.status, 200);
}
