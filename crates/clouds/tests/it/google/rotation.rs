use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use underpass_clouds::google::{Credentials, Google, Options};
use underpass_clouds::{HttpTransport, SecretSource};
use underpass_emulators::{Secret, google};

use crate::rotation::{Rotation, jwk, rotate_under_load, subject_token, today};
use crate::signing::{EMAIL, KEY_FILE, OTHER_KEY_FILE};

const PROJECT: &str = "underpass-provider";
const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x";
const PRINCIPAL: &str = "principal://iam.googleapis.com/projects/1/locations/global/\
                         workloadIdentityPools/p/subject/system:serviceaccount:underpass:underpass";
const ROBOT: &str = "robot@underpass-provider.iam.gserviceaccount.com";

/// Runs an emulated Google for the time of a test.
async fn with_google(test: impl AsyncFnOnce(&google::Handle, &Path)) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir().unwrap();
    let options = google::Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin_listen: "127.0.0.1:0".parse().unwrap(),
        proxy_listen: None,
        metadata_listen: Some("127.0.0.1:0".parse().unwrap()),
        data_dir: directory.path().join("google"),
        operation_delay: Duration::ZERO,
        further_regions: std::collections::BTreeSet::new(),
        status_lag: Duration::ZERO,
        consumer_cidr: None,
        provider_project: PROJECT.to_owned(),
        principal: None,
        provider_token: Secret::new("a token"),
        service_account: Some(Secret::new(KEY_FILE)),
    };
    let service = options.build().await.unwrap();
    let handle = service.handle();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(service.run(stopped));
    test(&handle, directory.path()).await;
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
}

fn driver(handle: &google::Handle, credentials: Credentials) -> Google {
    let options = Options {
        base_url: handle.base_url().to_owned(),
        project: PROJECT.to_owned(),
        credentials,
    };
    Google::new(options, Arc::new(HttpTransport::new(None).unwrap()))
}

fn admin(handle: &google::Handle) -> (String, String) {
    (
        handle.admin_url(),
        handle.admin_secret().reveal().to_owned(),
    )
}

async fn rotate(handle: &google::Handle, credentials: Credentials, rotations: Vec<Rotation<'_>>) {
    let cloud = Arc::new(driver(handle, credentials));
    rotate_under_load(cloud, admin(handle), rotations).await;
}

async fn put(handle: &google::Handle, body: &Value) {
    let (url, secret) = admin(handle);
    let request = reqwest::Client::new().put(format!("{url}/credentials"));
    let reply = request.bearer_auth(secret).json(body).send().await.unwrap();
    assert_eq!(reply.status(), 204);
}

/// A key file whose tokens the emulator issues.
fn key_file(handle: &google::Handle, text: &str) -> Value {
    let mut file: Value = serde_json::from_str(text).unwrap();
    file["type"] = "service_account".into();
    file["token_uri"] = format!("{}/token", handle.base_url()).into();
    file
}

/// A configuration of workload identity federation.
fn external(handle: &google::Handle, token: &Path, impersonate: bool) -> Value {
    let base_url = handle.base_url();
    let mut file = json!({
        "type": "external_account", "audience": AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("{base_url}/v1/token"), "credential_source": {"file": token},
    });
    if impersonate {
        let url = format!("{base_url}/v1/projects/-/serviceAccounts/{ROBOT}:generateAccessToken");
        file["service_account_impersonation_url"] = url.into();
    }
    file
}

/// The provider's trust in the other issuer.
fn trust(keys: &[&str], direct: bool) -> Value {
    let keys: Vec<_> = keys.iter().map(|key| jwk(key)).collect();
    json!({
        "workload_identity_providers": [{"audience": AUDIENCE, "issuer": "https://issuer.test",
            "keys": keys, "direct_access": direct}],
        "token_creators": [{"service_account": ROBOT, "members": [PRINCIPAL]}],
    })
}

#[tokio::test]
async fn google_service_account_keys_rotate_under_load() {
    with_google(async |handle, directory| {
        let file = directory.join("key.json");
        let [one, two] = [KEY_FILE, OTHER_KEY_FILE].map(|text| key_file(handle, text));
        std::fs::write(&file, one.to_string()).unwrap();
        let rotation = |old: &Value, new: &Value, file| Rotation {
            both: json!({"service_account_keys": [old, new]}),
            file: Some((file, new.to_string())),
            new: json!({"service_account_keys": [new]}),
        };
        let rotations = vec![
            rotation(&one, &two, file.as_path()),
            rotation(&two, &one, file.as_path()),
            // The file has the new key before the provider knows it.
            Rotation {
                both: json!({"service_account_keys": [one]}),
                file: Some((&file, two.to_string())),
                new: json!({"service_account_keys": [two]}),
            },
        ];
        let credentials = Credentials::File(SecretSource::File(file.clone()));
        rotate(handle, credentials, rotations).await;
    })
    .await;
}

#[tokio::test]
async fn google_federated_identities_rotate_under_load() {
    with_google(async |handle, directory| {
        let (token, file) = (directory.join("token"), directory.join("credentials.json"));
        for impersonate in [false, true] {
            let trust = |keys: &[&str]| trust(keys, !impersonate);
            std::fs::write(
                &token,
                subject_token(KEY_FILE, &format!("https:{AUDIENCE}")),
            )
            .unwrap();
            std::fs::write(&file, external(handle, &token, impersonate).to_string()).unwrap();
            put(handle, &trust(&[KEY_FILE])).await;
            let rotations = vec![Rotation {
                both: trust(&[KEY_FILE, OTHER_KEY_FILE]),
                file: Some((&token, subject_token(OTHER_KEY_FILE, AUDIENCE))),
                new: trust(&[OTHER_KEY_FILE]),
            }];
            let credentials = Credentials::File(SecretSource::File(file.clone()));
            rotate(handle, credentials, rotations).await;
        }
    })
    .await;
}

#[tokio::test]
async fn google_machine_accounts_outlive_the_revocation_of_their_tokens_also_as_a_source() {
    with_google(async |handle, _directory| {
        let metadata = Credentials::Metadata {
            base_url: format!("http://{}", handle.metadata_address().unwrap()),
            service_account: None,
        };
        let through = Credentials::Impersonation {
            source: Box::new(metadata.clone()),
            service_account: ROBOT.to_owned(),
            delegates: Vec::new(),
            base_url: handle.base_url().to_owned(),
        };
        let state = json!({"service_account_keys": [key_file(handle, KEY_FILE)],
            "token_creators": [{"service_account": ROBOT, "members": [EMAIL]}]});
        put(handle, &state).await;
        for credentials in [metadata, through] {
            let rotations = vec![Rotation {
                both: state.clone(),
                file: None,
                new: state.clone(),
            }];
            rotate(handle, credentials, rotations).await;
        }
    })
    .await;
}

#[tokio::test]
async fn google_refuses_other_issuers_audiences_and_members() {
    with_google(async |handle, directory| {
        let token = directory.join("token");
        let refused = async |audience: &str, key: &str, impersonate| {
            std::fs::write(&token, subject_token(key, audience)).unwrap();
            let file = external(handle, &token, impersonate).to_string();
            let secret = underpass_model::credentials::Secret::new(file);
            let credentials = Credentials::File(SecretSource::Given(secret));
            let refused = driver(handle, credentials).sign_in(today()).await;
            refused.unwrap_err()
        };
        let error = refused(AUDIENCE, KEY_FILE, false).await;
        assert_eq!(error.code, "invalid_target");
        put(handle, &trust(&[KEY_FILE], false)).await;
        let error = refused("https://else.test", KEY_FILE, false).await;
        assert!(error.message.contains("audience"), "{error}");
        let error = refused(AUDIENCE, OTHER_KEY_FILE, false).await;
        assert!(error.message.contains("signature"), "{error}");
        let mut without = trust(&[KEY_FILE], false);
        without["token_creators"] = json!([]);
        put(handle, &without).await;
        let error = refused(AUDIENCE, KEY_FILE, true).await;
        assert_eq!(error.code, "PERMISSION_DENIED");
    })
    .await;
}
