//! Documents for readers without a session: the reference of the API, and the pages about refusals.

use axum::http::StatusCode;

use crate::world::World;

#[tokio::test]
async fn a_refusal_leads_to_its_page() {
    let world = World::new().await;
    let stranger = world.stranger();
    let refused = stranger.get("/v1/me").await.json();
    let page = refused["errors"][0]["more_info"].as_str().unwrap();
    let reply = stranger.get(page).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert!(
        reply.text.contains("<code>no_token</code>"),
        "{}",
        reply.text
    );
    let listed = stranger.get("/docs/errors").await;
    assert!(listed.text.contains("href=\"/docs/errors/no_token\""));
}

#[tokio::test]
async fn an_unknown_code_is_answered_with_similar_ones() {
    let world = World::new().await;
    let reply = world.stranger().get("/docs/errors/no-tokens").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert!(
        reply
            .text
            .contains("Similar codes: <a href=\"/docs/errors/no_token\">"),
        "{}",
        reply.text
    );
    let hostile = world.stranger().get("/docs/errors/%3Cscript%3E").await;
    assert_eq!(hostile.status, StatusCode::NOT_FOUND);
    assert!(!hostile.text.contains("<script>"), "{}", hostile.text);
}

#[tokio::test]
async fn the_reference_shows_every_operation_of_the_document() {
    let world = World::new().await;
    let stranger = world.stranger();
    let document = stranger.get("/openapi.json").await.ok();
    let list = stranger.get("/docs/api").await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.text);
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            let path = format!("/docs/api/{}", operation["operationId"].as_str().unwrap());
            assert!(list.text.contains(&format!("href=\"{path}\"")), "{path}");
            let page = stranger.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                assert!(
                    page.text.contains(&format!("<code>{name}</code>")),
                    "{path}"
                );
            }
        }
    }
    let missing = stranger.get("/docs/api/get_nothing").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_reference_shows_members_with_their_limits() {
    let world = World::new().await;
    let page = world
        .stranger()
        .get("/docs/api/post_access_token")
        .await
        .text;
    for text in [
        "max_age_seconds",
        "at least 1",
        "1000 characters at most",
        "AccessTokenNarrowing",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}
