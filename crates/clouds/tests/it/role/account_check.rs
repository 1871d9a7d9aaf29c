//! The check of accounts on emulated clouds: it names each action that is taken away.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use underpass_clouds::azure::Action;
use underpass_clouds::google::Permission;
use underpass_clouds::{
    AccountFinding, CheckAccount, CheckKind, CheckPlan, CheckStatus, PermissionUser,
};
use underpass_emulators::CloudModel;
use underpass_emulators::azure::model::RoleAssignments;

use super::emulated::{Emulated, run};
use super::{azure, google};

fn plan(region: &str) -> CheckPlan {
    CheckPlan {
        account: "main".to_owned(),
        regions: vec![region.to_owned()],
        role_command: "underpass account role main".to_owned(),
    }
}

fn findings<C: CloudModel>(
    account: &dyn CheckAccount,
    emulated: &Emulated<C>,
    region: &str,
) -> Vec<AccountFinding> {
    let mut found = Vec::new();
    let mut report = |finding| found.push(finding);
    run(account.check_account(&plan(region), emulated.now(), &mut report));
    found
}

fn on_azure(
    emulated: &Arc<Emulated<underpass_emulators::azure::model::Azure>>,
) -> Vec<AccountFinding> {
    findings(&azure::driver(emulated), emulated, "westeurope")
}

fn on_google(
    emulated: &Arc<Emulated<underpass_emulators::google::model::Google>>,
) -> Vec<AccountFinding> {
    findings(&google::driver(emulated), emulated, "europe-west1")
}

fn not_ok(findings: &[AccountFinding]) -> Vec<&AccountFinding> {
    let wrong = findings.iter();
    wrong.filter(|it| it.status != CheckStatus::Ok).collect()
}

fn about<'a>(findings: &'a [AccountFinding], kind: CheckKind, subject: &str) -> &'a AccountFinding {
    let mut found = findings.iter();
    found
        .find(|it| it.check == kind && it.subject == subject)
        .unwrap_or_else(|| panic!("nothing about {kind:?} {subject}"))
}

#[test]
fn an_account_with_the_role_is_right_in_everything() {
    let emulated = azure::cloud();
    azure::assign(&emulated, &azure::role());
    let found = on_azure(&emulated);
    assert_eq!(not_ok(&found), Vec::<&AccountFinding>::new());
    let kinds = |found: &[AccountFinding]| {
        let kinds: std::collections::BTreeSet<_> = found.iter().map(|it| it.check).collect();
        kinds.len()
    };
    assert_eq!(kinds(&found), 9);

    let emulated = google::cloud();
    google::bind(&emulated, google::role());
    let found = on_google(&emulated);
    assert_eq!(not_ok(&found), Vec::<&AccountFinding>::new());
    assert_eq!(kinds(&found), 8, "a project has no resource groups");
}

#[test]
fn each_action_that_is_taken_away_is_named_with_the_command_that_grants_it() {
    for action in Action::ALL {
        let name = action.name();
        let emulated = azure::cloud();
        azure::assign(&emulated, &azure::role_without(&[name]));
        let found = on_azure(&emulated);
        let finding = about(&found, CheckKind::Permission, name);
        if *action == Action::ReadPermissions {
            // What cannot be read is not known, and nothing is called right.
            let permissions = found.iter().filter(|it| it.check == CheckKind::Permission);
            assert!(permissions.clone().count() == Action::ALL.len());
            for finding in permissions {
                assert_eq!(finding.status, CheckStatus::Unknown, "{finding:?}");
            }
            continue;
        }
        assert_eq!(finding.status, CheckStatus::Missing, "{finding:?}");
        let remedy = finding.remedy.as_deref().unwrap();
        assert!(
            remedy
                .contains("`underpass account role main > role.json && az role definition update"),
            "{remedy}"
        );
        // What needs the action cannot be checked without it.
        for other in not_ok(&found) {
            let is_about_it = other.subject == name;
            assert!(
                is_about_it || other.status == CheckStatus::Unknown,
                "{name}: {other:?}"
            );
            let of_driver = action.user() == PermissionUser::Driver;
            let is_group = other.check == CheckKind::ResourceGroup;
            assert!(is_about_it || !of_driver || is_group, "{name}: {other:?}");
        }
    }
    for permission in Permission::ALL {
        let name = permission.name();
        let emulated = google::cloud();
        google::bind(&emulated, google::role_without(&[name]));
        let found = on_google(&emulated);
        let finding = about(&found, CheckKind::Permission, name);
        assert_eq!(finding.status, CheckStatus::Missing, "{finding:?}");
        let remedy = finding.remedy.as_deref().unwrap();
        let command = format!(
            "`gcloud iam roles update underpass_main --project {} --add-permissions {name}`",
            google::PROJECT
        );
        assert!(remedy.contains(&command), "{remedy}");
        for other in not_ok(&found) {
            let is_about_it = other.subject == name;
            assert!(
                is_about_it || other.status == CheckStatus::Unknown,
                "{name}: {other:?}"
            );
        }
    }
}

#[test]
fn a_role_in_a_resource_group_is_not_one_in_the_subscription() {
    let emulated = azure::cloud();
    let group = format!(
        "/subscriptions/{}/resourceGroups/{}",
        azure::SUBSCRIPTION,
        azure::GROUP
    );
    let assignments = RoleAssignments {
        assignments: vec![azure::assigned(&group, &azure::role())],
    };
    emulated.change(|cloud| cloud.assign_roles(assignments));
    let found = on_azure(&emulated);
    // The permissions of the subscription cannot be listed, those of the group can.
    for action in Action::ALL {
        let finding = about(&found, CheckKind::Permission, action.name());
        let expected = if action.is_in_account_group() {
            CheckStatus::Ok
        } else {
            CheckStatus::Unknown
        };
        assert_eq!(finding.status, expected, "{finding:?}");
    }

    let reader = |scope: &str, actions: &[&str]| {
        let mut role = azure::role();
        role["Actions"] = json!(actions);
        azure::assigned(scope, &role)
    };
    let subscription = format!("/subscriptions/{}", azure::SUBSCRIPTION);
    let assignments = RoleAssignments {
        assignments: vec![
            azure::assigned(&group, &azure::role()),
            reader(&subscription, &["*/read"]),
        ],
    };
    emulated.change(|cloud| cloud.assign_roles(assignments));
    let found = on_azure(&emulated);
    let finding = about(&found, CheckKind::Permission, Action::WriteBalancer.name());
    assert_eq!(finding.status, CheckStatus::Missing);
    assert_eq!(
        finding.message,
        "granted only in resource group `underpass`, not in the subscription"
    );
    let remedy = finding.remedy.as_deref().unwrap();
    let assign = format!("--scope {subscription}");
    assert!(remedy.contains("az role assignment create"), "{remedy}");
    assert!(remedy.contains(&assign), "{remedy}");
    let reads = about(&found, CheckKind::Permission, Action::ReadBalancer.name());
    assert_eq!(reads.status, CheckStatus::Ok);
}

#[test]
fn wildcard_roles_are_right() {
    let emulated = azure::cloud();
    let mut role = azure::role();
    role["Actions"] = json!(["*"]);
    azure::assign(&emulated, &role);
    assert_eq!(not_ok(&on_azure(&emulated)), Vec::<&AccountFinding>::new());
    role["NotActions"] = json!(["Microsoft.Network/*/join/action"]);
    azure::assign(&emulated, &role);
    let found = on_azure(&emulated);
    let wrong: Vec<_> = not_ok(&found).iter().map(|it| it.subject.clone()).collect();
    let joins = Action::ALL.iter().map(|it| it.name());
    let joins: Vec<_> = joins.filter(|it| it.ends_with("/join/action")).collect();
    assert_eq!(wrong, joins);
}

/// The only finding that is not right.
fn only_wrong(findings: &[AccountFinding]) -> &AccountFinding {
    match not_ok(findings).as_slice() {
        [one] => one,
        all => panic!("{all:?}"),
    }
}

#[test]
fn what_else_is_missing_is_named_with_its_command() {
    let azure = || {
        let emulated = azure::cloud();
        azure::assign(&emulated, &azure::role());
        emulated
    };
    let google = || {
        let emulated = google::cloud();
        google::bind(&emulated, google::role());
        emulated
    };
    let check = |finding: &AccountFinding, kind: CheckKind, remedy: &str| {
        assert_eq!(
            (finding.check, finding.status),
            (kind, CheckStatus::Missing)
        );
        let found = finding.remedy.as_deref().unwrap();
        assert!(found.contains(remedy), "{found}");
    };

    let emulated = azure();
    let provider = json!({"registrationState": "NotRegistered"});
    emulated.replace("/providers/Microsoft.Network", 200, provider);
    let found = on_azure(&emulated);
    let finding = about(&found, CheckKind::Service, "Microsoft.Network");
    check(
        finding,
        CheckKind::Service,
        "az provider register --namespace Microsoft.Network",
    );

    let emulated = google();
    let service = json!({"state": "DISABLED"});
    emulated.replace("/services/", 200, service);
    let found = on_google(&emulated);
    check(
        only_wrong(&found),
        CheckKind::Service,
        "gcloud services enable compute.googleapis.com",
    );

    let emulated = azure();
    let usage =
        |name: &str, used: u32| json!({"name": {"value": name}, "currentValue": used, "limit": 10});
    let usages = json!({"value": [usage("VirtualNetworks", 10), usage("LoadBalancers", 9),
        usage("PrivateLinkServices", 0)]});
    emulated.replace("/usages", 200, usages);
    let found = on_azure(&emulated);
    let full = about(&found, CheckKind::Quota, "westeurope VirtualNetworks");
    assert_eq!(full.message, "10 of 10 in use");
    check(full, CheckKind::Quota, "request a higher quota");
    let absent = about(&found, CheckKind::Quota, "westeurope NetworkInterfaces");
    assert_eq!(
        absent.status,
        CheckStatus::Unknown,
        "a quota that is not shown"
    );

    for region in ["atlantis", "us-atlantis1"] {
        let found = findings(&azure::driver(&azure()), &azure(), region);
        let finding = about(&found, CheckKind::Region, region);
        check(finding, CheckKind::Region, "accounts.main.regions");
    }
    let emulated = google();
    let found = findings(&google::driver(&emulated), &emulated, "us-atlantis1");
    check(
        only_wrong(&found),
        CheckKind::Region,
        "accounts.main.regions",
    );
}

#[test]
fn a_clock_that_is_wrong_or_unknown_is_not_right() {
    let (azure, google) = (azure::cloud(), google::cloud());
    let clock = |found: &[AccountFinding]| {
        let mut found = found.iter();
        let finding = found.find(|it| it.check == CheckKind::Clock).unwrap();
        (finding.status, finding.message.clone())
    };
    for (difference, expected) in [
        (Some(299), CheckStatus::Ok),
        (Some(-299), CheckStatus::Ok),
        (Some(301), CheckStatus::Missing),
        (Some(-301), CheckStatus::Missing),
        (None, CheckStatus::Unknown),
    ] {
        let difference = difference.map(SignedDuration::from_secs);
        azure.set_clock(difference);
        google.set_clock(difference);
        for (status, message) in [clock(&on_azure(&azure)), clock(&on_google(&google))] {
            assert_eq!(status, expected, "{difference:?}: {message}");
        }
    }
}

#[test]
fn a_permission_under_a_condition_is_not_known() {
    let emulated = azure::cloud();
    azure::assign(&emulated, &azure::role());
    let entry = json!({"actions": ["*"], "notActions": [], "condition": "@Resource[x] == 'y'"});
    emulated.replace("/permissions", 200, json!({"value": [entry]}));
    let found = on_azure(&emulated);
    for finding in found.iter().filter(|it| it.check == CheckKind::Permission) {
        assert_eq!(finding.status, CheckStatus::Unknown, "{finding:?}");
    }
}

#[test]
fn an_api_that_is_not_enabled_is_told_and_nothing_is_called_right() {
    let emulated = google::cloud();
    let error = json!({"error": {"code": 403, "message": "Cloud Resource Manager API has not been used",
        "status": "PERMISSION_DENIED", "errors": [{"reason": "accessNotConfigured"}]}});
    emulated.replace(":testIamPermissions", 403, error);
    let found = on_google(&emulated);
    for finding in found.iter().filter(|it| it.check == CheckKind::Permission) {
        assert_eq!(finding.status, CheckStatus::Unknown, "{finding:?}");
        assert!(
            finding.message.contains("Cloud Resource Manager API"),
            "{finding:?}"
        );
        let remedy = finding.remedy.as_deref().unwrap();
        let command = "`gcloud services enable cloudresourcemanager.googleapis.com";
        assert!(remedy.contains(command), "{remedy}");
    }
}
