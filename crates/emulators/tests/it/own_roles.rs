//! Principals that the emulated clouds are started with have exactly their roles, and the provider
//! keeps every right beside them.

use reqwest::Method;
use serde_json::json;
use underpass_emulators::Secret;
use underpass_emulators::azure::Application;
use underpass_emulators::azure::model::{RoleAssignment, RoleAssignments, RoleDefinition};
use underpass_emulators::google::Principal;
use underpass_emulators::google::model::{IamBinding, IamPolicy, Role};

use crate::emulator::{self, SUBSCRIPTION, TENANT};
use crate::google_emulator::{self, PROJECT};

const APPLICATION: &str = "10000000-0000-4000-8000-000000000004";
const OWN_SECRET: &str = "another secret of this test";
const EMAIL: &str = "underpass@underpass-provider.iam.gserviceaccount.com";

#[tokio::test]
async fn an_application_of_azure_has_the_actions_of_its_role_alone() {
    let directory = tempfile::tempdir().unwrap();
    let scope = format!("/subscriptions/{SUBSCRIPTION}");
    let group = format!("{scope}/resourceGroups/a-group");
    // Also after a restart.
    for _start in 0..2 {
        let assignment = RoleAssignment {
            principal: APPLICATION.to_owned(),
            scope: scope.clone(),
            role: RoleDefinition {
                name: "reader".to_owned(),
                actions: vec!["Microsoft.Resources/subscriptions/resourceGroups/read".to_owned()],
                not_actions: Vec::new(),
                assignable_scopes: vec![scope.clone()],
            },
        };
        let mut options = emulator::options(directory.path());
        options.application = Some(Application {
            client_id: APPLICATION.to_owned(),
            secret: Secret::new(OWN_SECRET),
            assignments: RoleAssignments {
                assignments: vec![assignment],
            },
        });
        let emulator = emulator::Emulator::start_with(options).await;
        let owner = emulator.provider().await;
        owner.put(&group, json!({"location": "westeurope"})).await;

        let own = emulator.api_client(TENANT, APPLICATION, OWN_SECRET).await;
        assert_eq!(own.get(&group).await["name"], "a-group");
        let refused = own.send(Method::DELETE, &group, None).await;
        assert_eq!(refused.status(), 403);
        emulator.stop().await;
    }
}

#[tokio::test]
async fn a_service_account_of_google_has_the_permissions_of_its_role_alone() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = google_emulator::options(directory.path());
    let binding = IamBinding {
        role: Role::Custom {
            included_permissions: ["compute.networks.list".to_owned()].into(),
        },
        members: vec![format!("serviceAccount:{EMAIL}")],
    };
    options.principal = Some(Principal {
        email: EMAIL.to_owned(),
        token: Secret::new(OWN_SECRET),
        policy: IamPolicy {
            bindings: vec![binding],
        },
    });
    let emulator = google_emulator::Emulator::start_with(options).await;
    assert_eq!(emulator.status_for(OWN_SECRET).await, 200);
    let addresses = format!("/compute/v1/projects/{PROJECT}/regions/europe-west1/addresses");
    for (token, status) in [(OWN_SECRET, 403), (google_emulator::TOKEN, 200)] {
        let request = emulator.client.get(emulator.url(&addresses));
        let reply = request.bearer_auth(token).send().await.unwrap();
        assert_eq!(reply.status(), status, "{token}");
    }
    emulator.stop().await;
}
