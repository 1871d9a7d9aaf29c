use crate::emulator::{CLIENT, CONSUMER_TENANT, Emulator, SECRET, TENANT};

const GRANT: &str = "grant_type=client_credentials";
const SCOPE: &str = "scope=https%3A%2F%2Fmanagement.azure.com%2F%2F.default";

#[tokio::test]
async fn refusals_have_the_codes_and_the_shape_of_the_real_service() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let (provider, consumer) = (
        format!("/{TENANT}/oauth2/v2.0/token"),
        format!("/{CONSUMER_TENANT}/oauth2/v2.0/token"),
    );
    let cases = [
        (
            &provider,
            format!("{GRANT}&client_id={CLIENT}&client_secret=x&{SCOPE}"),
            401,
            7_000_215,
        ),
        (
            &provider,
            format!("{GRANT}&client_id=x&client_secret={SECRET}&{SCOPE}"),
            400,
            700_016,
        ),
        (
            &consumer,
            format!("{GRANT}&client_id=x&client_secret=y"),
            400,
            1_002_012,
        ),
        (
            &consumer,
            format!("{GRANT}&client_id=x&{SCOPE}"),
            401,
            7_000_216,
        ),
        (
            &consumer,
            format!("{GRANT}&client_secret=y&{SCOPE}"),
            400,
            900_144,
        ),
        (&consumer, "grant_type=password".to_owned(), 400, 70_003),
        (&consumer, "x".repeat(64 * 1024 + 1), 413, 900_144),
        (
            &"/somewhere/oauth2/v2.0/token".to_owned(),
            GRANT.to_owned(),
            400,
            900_023,
        ),
    ];
    for (path, form, status, code) in cases {
        let (answered, error) = emulator.request_token(path, &form).await;
        assert_eq!(answered, status, "{form}: {error:#}");
        assert_eq!(error["error_codes"][0], code, "{form}: {error:#}");
        let text = error["error_description"].as_str().unwrap();
        assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
    emulator.stop().await;
}

#[tokio::test]
async fn the_older_endpoint_answers_numbers_as_text() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let form = format!("{GRANT}&client_id=x&client_secret=y&resource=https%3A%2F%2Fx%2F");
    let (status, reply) = emulator
        .request_token(&format!("/{CONSUMER_TENANT}/oauth2/token"), &form)
        .await;
    assert_eq!(status, 200);
    assert_eq!(reply["expires_in"], "3599");
    assert_eq!(reply["resource"], "https://x/");
    emulator.stop().await;
}

#[tokio::test]
async fn credentials_may_come_as_http_basic() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let request = emulator
        .client
        .post(emulator.url(&format!("/{TENANT}/oauth2/v2.0/token")))
        .basic_auth(CLIENT, Some(SECRET.replace(' ', "+")))
        .body(format!("{GRANT}&{SCOPE}"));
    assert_eq!(request.send().await.unwrap().status(), 200);
    emulator.stop().await;
}

#[tokio::test]
async fn without_a_token_the_resource_manager_answers_401() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let url = emulator.url("/subscriptions?api-version=2022-12-01");
    for token in ["", "x", "a.b.c"] {
        let reply = emulator
            .client
            .get(&url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), 401);
        assert!(reply.headers().contains_key("www-authenticate"));
    }
    emulator.stop().await;
}

#[tokio::test]
async fn tokens_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let form = format!("{GRANT}&client_id=x&client_secret=y&{SCOPE}");
    let path = format!("/{CONSUMER_TENANT}/oauth2/v2.0/token");
    let (_, reply) = emulator.request_token(&path, &form).await;
    let token = reply["access_token"].as_str().unwrap().to_owned();
    emulator.stop().await;

    let emulator = Emulator::start(directory.path()).await;
    let url = emulator.url("/subscriptions?api-version=2022-12-01");
    let reply = emulator
        .client
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    emulator.stop().await;
}
