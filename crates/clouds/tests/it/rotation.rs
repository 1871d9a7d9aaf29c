//! Rotations of credentials while calls are made, against the emulated clouds over HTTP.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rsa::PublicKeyComponents;
use ring::signature::RsaKeyPair;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use underpass_clouds::azure::{Azure, Credentials, Options};
use underpass_clouds::{Cloud, HttpTransport, SecretSource};
use underpass_emulators::{Secret, azure};

use crate::signing::{KEY_FILE, OTHER_KEY_FILE, signed};

const TENANT: &str = "10000000-0000-4000-8000-000000000001";
const CLIENT: &str = "10000000-0000-4000-8000-000000000002";
const SUBSCRIPTION: &str = "10000000-0000-4000-8000-000000000003";
const ISSUER: &str = "https://issuer.test";
const SUBJECT: &str = "system:serviceaccount:underpass:underpass";
const EXCHANGE: &str = "api://AzureADTokenExchange";

/// The callers at the same time.
const CALLERS: usize = 8;

/// One rotation: the provider knows old and new credentials, the file has the new ones, then the
/// provider knows only these, and refuses all tokens that were issued before.
pub(crate) struct Rotation<'a> {
    pub(crate) both: Value,
    /// The file and its new content; `None`: nothing on this machine changes.
    pub(crate) file: Option<(&'a Path, String)>,
    pub(crate) new: Value,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the emulator reads the clock, so the test must"
)]
pub(crate) fn today() -> Timestamp {
    Timestamp::now()
}

/// The time until which many more calls have succeeded.
async fn more_calls(done: &AtomicUsize) {
    let goal = done.load(Ordering::Relaxed) + 5 * CALLERS;
    while done.load(Ordering::Relaxed) < goal {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Makes calls while credentials are rotated, and checks that none fails.
pub(crate) async fn rotate_under_load(
    cloud: Arc<dyn Cloud>,
    admin: (String, String),
    rotations: Vec<Rotation<'_>>,
) {
    let (stop, done) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut callers = JoinSet::new();
    for _caller in 0..CALLERS {
        let (cloud, stop, done) = (Arc::clone(&cloud), Arc::clone(&stop), Arc::clone(&done));
        callers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let answer = cloud.attachments(today()).await;
                // Counted also if it failed, so that the test ends.
                done.fetch_add(1, Ordering::Relaxed);
                answer?;
            }
            Ok::<_, underpass_clouds::Error>(())
        });
    }
    more_calls(&done).await;
    let client = reqwest::Client::new();
    let (url, secret) = admin;
    let put = async |body: &Value| {
        let request = client
            .put(format!("{url}/credentials"))
            .bearer_auth(&secret);
        let status = request.json(body).send().await.unwrap().status();
        assert_eq!(status, 204, "{body}");
    };
    for Rotation {
        both,
        file,
        mut new,
    } in rotations
    {
        put(&both).await;
        more_calls(&done).await;
        if let Some((path, text)) = file {
            std::fs::write(path, text).unwrap();
        }
        more_calls(&done).await;
        new["revoke_tokens"] = true.into();
        put(&new).await;
        more_calls(&done).await;
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = callers.join_next().await {
        ended.unwrap().unwrap();
    }
}

/// The public half of a key file, as a JSON Web Key Set's member.
pub(crate) fn jwk(key_file: &str) -> Value {
    let file: Value = serde_json::from_str(key_file).unwrap();
    let pem = file["private_key"].as_str().unwrap();
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public: PublicKeyComponents<Vec<u8>> = key.public().into();
    json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e)})
}

/// A token of the other issuer, signed with a key.
pub(crate) fn subject_token(key_file: &str, audience: &str) -> String {
    let now = today().as_second();
    let claims = json!({"iss": ISSUER, "sub": SUBJECT, "aud": audience, "iat": now,
        "nbf": now, "exp": now + 600});
    signed(key_file, &claims)
}

/// Runs an emulated Azure for the time of a test.
async fn with_azure(test: impl AsyncFnOnce(&azure::Handle, &Path)) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir().unwrap();
    let options = azure::Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin_listen: "127.0.0.1:0".parse().unwrap(),
        metadata_listen: Some("127.0.0.1:0".parse().unwrap()),
        consumer_dns: None,
        data_dir: directory.path().join("azure"),
        operation_delay: Duration::ZERO,
        further_regions: std::collections::BTreeSet::new(),
        consumer_cidr: None,
        provider_tenant: TENANT.to_owned(),
        provider_client: CLIENT.to_owned(),
        application: None,
        provider_secret: Secret::new("one"),
        provider_subscription: SUBSCRIPTION.to_owned(),
        public_host: None,
    };
    let service = options.build().await.unwrap();
    let handle = service.handle();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(service.run(stopped));
    test(&handle, directory.path()).await;
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
}

fn driver(handle: &azure::Handle, credentials: Credentials) -> Azure {
    let ca = std::fs::read(handle.ca_path()).unwrap();
    let options = Options {
        base_url: handle.base_url().to_owned(),
        authority: handle.base_url().to_owned(),
        scope: None,
        credentials,
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: "account".to_owned(),
    };
    Azure::new(options, Arc::new(HttpTransport::new(Some(&ca)).unwrap()))
}

fn admin(handle: &azure::Handle) -> (String, String) {
    (
        handle.admin_url(),
        handle.admin_secret().reveal().to_owned(),
    )
}

async fn rotate(handle: &azure::Handle, credentials: Credentials, rotations: Vec<Rotation<'_>>) {
    let cloud = Arc::new(driver(handle, credentials));
    rotate_under_load(cloud, admin(handle), rotations).await;
}

#[tokio::test]
async fn azure_client_secrets_rotate_under_load() {
    with_azure(async |handle, directory| {
        let file = directory.join("secret");
        std::fs::write(&file, "one\n").unwrap();
        let mut rotations = Vec::new();
        for (old, new) in [("one", "two"), ("two", "three"), ("three", "four")] {
            rotations.push(Rotation {
                both: json!({"secrets": [old, new]}),
                file: Some((&file, format!("{new}\n"))),
                new: json!({"secrets": [new]}),
            });
        }
        // The file has the new secret before the provider knows it.
        rotations.push(Rotation {
            both: json!({"secrets": ["four"]}),
            file: Some((&file, "five".to_owned())),
            new: json!({"secrets": ["five"]}),
        });
        let credentials = Credentials::ClientSecret {
            tenant: TENANT.to_owned(),
            client_id: CLIENT.to_owned(),
            secret: SecretSource::File(file.clone()),
        };
        rotate(handle, credentials, rotations).await;
    })
    .await;
}

#[tokio::test]
async fn azure_client_certificates_rotate_under_load() {
    let one = include_str!("../fixtures/test-only-certificate.pem");
    let two = include_str!("../fixtures/test-only-other-certificate.pem");
    let public = |pem: &str| pem.split_once("-----BEGIN PRIVATE").unwrap().0.to_owned();
    with_azure(async |handle, directory| {
        let file = directory.join("certificate.pem");
        std::fs::write(&file, one).unwrap();
        let rotations = vec![
            Rotation {
                both: json!({"certificates": public(one)}),
                file: None,
                new: json!({"certificates": public(one)}),
            },
            Rotation {
                both: json!({"certificates": public(one) + &public(two)}),
                file: Some((&file, two.to_owned())),
                new: json!({"certificates": public(two)}),
            },
        ];
        let credentials = Credentials::ClientCertificate {
            tenant: TENANT.to_owned(),
            client_id: CLIENT.to_owned(),
            pem: SecretSource::File(file.clone()),
        };
        put_first(handle, &json!({"certificates": public(one)})).await;
        rotate(handle, credentials, rotations).await;
    })
    .await;
}

async fn put_first(handle: &azure::Handle, body: &Value) {
    let (url, secret) = admin(handle);
    let request = reqwest::Client::new().put(format!("{url}/credentials"));
    let reply = request.bearer_auth(secret).json(body).send().await.unwrap();
    assert_eq!(reply.status(), 204);
}

#[tokio::test]
async fn azure_federated_credentials_rotate_under_load() {
    let trusts = |keys: &[&str]| {
        let keys: Vec<_> = keys.iter().map(|key| jwk(key)).collect();
        json!({"federated": [{"issuer": ISSUER, "subject": SUBJECT, "audiences": [EXCHANGE],
            "keys": keys}]})
    };
    with_azure(async |handle, directory| {
        let file = directory.join("token");
        std::fs::write(&file, subject_token(KEY_FILE, EXCHANGE)).unwrap();
        put_first(handle, &trusts(&[KEY_FILE])).await;
        let credentials = Credentials::WorkloadIdentity {
            tenant: TENANT.to_owned(),
            client_id: CLIENT.to_owned(),
            token_file: file.clone(),
        };
        let rotations = vec![Rotation {
            both: trusts(&[KEY_FILE, OTHER_KEY_FILE]),
            file: Some((&file, subject_token(OTHER_KEY_FILE, EXCHANGE))),
            new: trusts(&[OTHER_KEY_FILE]),
        }];
        rotate(handle, credentials, rotations).await;
    })
    .await;
}

#[tokio::test]
async fn azure_managed_identities_outlive_the_revocation_of_their_tokens() {
    with_azure(async |handle, _directory| {
        let endpoint = format!("http://{}", handle.metadata_address().unwrap());
        for client_id in [None, Some(CLIENT.to_owned())] {
            let endpoint = endpoint.clone();
            let credentials = Credentials::ManagedIdentity {
                client_id,
                endpoint,
            };
            let rotations = vec![Rotation {
                both: json!({}),
                file: None,
                new: json!({}),
            }];
            rotate(handle, credentials, rotations).await;
        }
        let foreign = Credentials::ManagedIdentity {
            client_id: Some("30000000-0000-4000-8000-000000000003".to_owned()),
            endpoint,
        };
        let error = driver(handle, foreign).sign_in(today()).await.unwrap_err();
        assert!(error.message.contains("Identity not found"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn azure_refuses_assertions_in_the_words_of_the_real_service() {
    let one = include_str!("../fixtures/test-only-certificate.pem");
    let certificate = |client_id: &str| Credentials::ClientCertificate {
        tenant: TENANT.to_owned(),
        client_id: client_id.to_owned(),
        pem: SecretSource::Given(underpass_model::credentials::Secret::new(one.to_owned())),
    };
    with_azure(async |handle, directory| {
        let refused = async |credentials| {
            let refused = driver(handle, credentials).sign_in(today()).await;
            refused.unwrap_err().to_string()
        };
        let message = refused(certificate(CLIENT)).await;
        assert!(message.contains("AADSTS700027"), "{message}");
        let message = refused(certificate(SUBSCRIPTION)).await;
        assert!(message.contains("AADSTS700016"), "{message}");
        let file = directory.join("token");
        let federated = || Credentials::WorkloadIdentity {
            tenant: TENANT.to_owned(),
            client_id: CLIENT.to_owned(),
            token_file: file.clone(),
        };
        std::fs::write(&file, subject_token(KEY_FILE, EXCHANGE)).unwrap();
        let message = refused(federated()).await;
        assert!(message.contains("AADSTS700211"), "{message}");
        let trust = |subject: &str, audience: &str, key: &str| {
            json!({"federated": [{"issuer": ISSUER, "subject": subject, "audiences": [audience],
                "keys": [jwk(key)]}]})
        };
        for (trust, code) in [
            (trust("other", EXCHANGE, KEY_FILE), "AADSTS700213"),
            (trust(SUBJECT, "other", KEY_FILE), "AADSTS700212"),
            (trust(SUBJECT, EXCHANGE, OTHER_KEY_FILE), "AADSTS50013"),
        ] {
            put_first(handle, &trust).await;
            let message = refused(federated()).await;
            assert!(message.contains(code), "{message}");
        }
    })
    .await;
}
