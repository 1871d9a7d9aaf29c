//! Starts, stops and restarts of `up`.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use insta::{assert_json_snapshot, assert_snapshot};

use crate::running::{Running, underpass, up};

#[test]
fn the_ready_line_is_what_scripts_rely_on() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    assert_json_snapshot!(running.ready, {
        ".pid" => "[pid]",
        ".data_dir" => "[dir]",
        ".api" => "[url]",
        ".token_file" => "[file]",
        ".project_vpcs[\"azure-westeurope\"]" => "[uuid]",
        ".project_vpcs[\"google-europe-west1\"]" => "[uuid]",
        ".dns" => "[address]",
        ".dns_listeners" => "[addresses]",
        ".consumer_cidr" => "[range]",
        ".azure.url" => "[url]",
        ".azure.portal" => "[url]",
        ".azure.ca" => "[file]",
        ".azure.secret_file" => "[file]",
        ".azure.admin_url" => "[url]",
        ".azure.admin_secret_file" => "[file]",
        ".google.admin_url" => "[url]",
        ".google.admin_secret_file" => "[file]",
        ".google.url" => "[url]",
        ".google.portal" => "[url]",
        ".console" => "[url]",
    }, @r#"
    {
      "api": "[url]",
      "aws": null,
      "azure": {
        "admin_secret_file": "[file]",
        "admin_url": "[url]",
        "ca": "[file]",
        "client_id": "10000000-0000-4000-8000-000000000002",
        "consumer_dns": null,
        "consumer_location": "westeurope",
        "consumer_subnet": "/subscriptions/20000000-0000-4000-8000-000000000003/resourceGroups/consumer/providers/Microsoft.Network/virtualNetworks/consumer/subnets/default",
        "consumer_subscription": "20000000-0000-4000-8000-000000000003",
        "consumer_tenant": "20000000-0000-4000-8000-000000000001",
        "portal": "[url]",
        "secret_file": "[file]",
        "subscription": "10000000-0000-4000-8000-000000000003",
        "tenant": "10000000-0000-4000-8000-000000000001",
        "url": "[url]"
      },
      "console": "[url]",
      "consumer_cidr": "[range]",
      "data_dir": "[dir]",
      "dns": "[address]",
      "dns_listeners": "[addresses]",
      "domain": "underpass.test",
      "google": {
        "admin_secret_file": "[file]",
        "admin_url": "[url]",
        "consumer_network": "projects/underpass-consumer/global/networks/consumer",
        "consumer_project": "underpass-consumer",
        "consumer_subnet": "projects/underpass-consumer/regions/europe-west1/subnetworks/default",
        "portal": "[url]",
        "project": "underpass-provider",
        "region": "europe-west1",
        "url": "[url]"
      },
      "pid": "[pid]",
      "project": "demo",
      "project_vpcs": {
        "azure-westeurope": "[uuid]",
        "google-europe-west1": "[uuid]"
      },
      "ready": true,
      "schema": 1,
      "token_file": "[file]"
    }
    "#);
    assert!(running.terminate().success());
}

#[test]
fn everything_is_as_it_was_after_a_kill() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let before = running.ready.clone();
    let tokens = running.person().does("token list");
    running.kill();

    let again = Running::start(scratch.path());
    let members = [
        "/api",
        "/dns",
        "/consumer_cidr",
        "/project_vpcs",
        "/azure",
        "/google",
    ];
    for member in members {
        assert_eq!(
            again.ready.pointer(member),
            before.pointer(member),
            "{member}"
        );
    }
    assert_eq!(again.person().does("token list"), tokens);
    assert!(again.terminate().success());
}

#[test]
fn clients_are_told_when_nothing_runs() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    assert!(running.terminate().success());
    let outcome = person.types("project list");
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .stderr
            .starts_with("error: no `underpass up` runs with data directory "),
        "{}",
        outcome.stderr
    );
}

#[test]
fn secrets_are_for_their_owner_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let files = [
        "token",
        "client.json",
        "store.key",
        "azure-provider.secret",
        "google-provider.token",
    ];
    for file in files {
        let mode = std::fs::metadata(scratch.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let mode = std::fs::metadata(scratch.path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    drop(running);
}

#[test]
fn a_second_up_on_the_same_directory_is_refused_in_one_line() {
    let scratch = tempfile::tempdir().unwrap();
    let _running = Running::start(scratch.path());
    let second = up(scratch.path()).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(second.stdout.is_empty());
    let said = String::from_utf8(second.stderr).unwrap();
    let said = said.replace(&scratch.path().display().to_string(), "[dir]");
    assert_snapshot!(said, @r"
    error: another `underpass up` or `underpass serve` uses [dir]
    hint: stop it, or choose another directory with --data-dir
    ");
}

#[test]
fn a_busy_port_is_refused_before_anything_is_made() {
    let scratch = tempfile::tempdir().unwrap();
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let parts = ["API", "AZURE", "GOOGLE", "AZURE_PORTAL", "GOOGLE_PORTAL"];
    for refused in parts {
        let mut command = underpass(scratch.path());
        command.args(["up", "--dns", "127.0.0.1:0"]);
        for part in parts {
            let port = if part == refused {
                &address
            } else {
                "127.0.0.1:0"
            };
            command.env(format!("UNDERPASS_UP_{part}"), port);
        }
        let outcome = command.output().unwrap();
        assert_eq!(outcome.status.code(), Some(1), "{refused}");
        let said = String::from_utf8(outcome.stderr).unwrap();
        assert!(
            said.starts_with(&format!("error: listen on {address}: ")),
            "{said}"
        );
        assert!(
            said.contains(&format!("--{};", refused.to_lowercase().replace('_', "-"))),
            "{said}"
        );
        for made in ["store.sqlite", "azure", "google"] {
            assert!(!scratch.path().join(made).exists(), "{refused}: {made}");
        }
    }
}

#[test]
fn a_region_is_used_once_it_is_allowed() {
    let scratch = tempfile::tempdir().unwrap();
    let create = |cloud: &str| format!("vpc create --cloud {cloud} --network-cidr 10.66.0.0/24");
    let newer = ["azure-newregion", "google-newregion1"];
    let running = Running::start(scratch.path());
    for cloud in newer {
        let refused = running.person().types(&create(cloud));
        let flag = format!("underpass up --allow-region {cloud}");
        assert!(
            refused.code != 0 && refused.stderr.contains(&flag),
            "{refused:?}"
        );
    }
    assert!(running.terminate().success());
    // The emulated clouds must know the region, too: the network is made.
    let allowed = ["--allow-region", newer[0], "--allow-region", newer[1]];
    let running = Running::start_with(scratch.path(), &allowed);
    for cloud in newer {
        running.person().does(&format!("{} --wait", create(cloud)));
    }
}
