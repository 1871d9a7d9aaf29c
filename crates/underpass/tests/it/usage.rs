//! Usage errors and help.

use crate::person::Person;

#[test]
fn a_usage_error_exits_with_two() {
    let scratch = tempfile::tempdir().unwrap();
    let person = Person::new(scratch.path());
    for words in [
        "nonsense",
        "service create",
        "service create pg-1 -t pg --node n1=nowhere",
        "service create pg-1 -t pg --user avnadmin:secret",
        "service create pg-1 -t pg --component pg=5432,tls=maybe",
        "service connection-info",
        "up --cloud-delay soon",
        "up --consumer-cidr 10.0.0.0/16",
        "up --google-portal 10.0.0.1:8785",
        "vpc create --cloud azure-westeurope --network-cidr 10.70.0.0/24 --azure-vnet-id x",
        "vpc create --cloud google-europe-west1 --network-cidr 10.70.0.0/24 --google-network x",
        "vpc create --cloud google-europe-west1 --network-cidr 10.70.0.0/24 \
         --google-node-subnet x",
        "service create pg-1 -t pg --node n1=127.0.0.1,azure_nic=/x,google_instance=projects/x",
        "service privatelink google create",
        "service privatelink google create web-1 --user-subscription-id x",
        "service privatelink google update web-1",
        "service privatelink google connection update web-1 plc1",
        "service privatelink google connection approve web-1 plc1 \
         --privatelink-connection-id plc2 --user-ip-address 10.0.0.1",
        "service privatelink google connection approve web-1 plc1 10.0.0.1 \
         --user-ip-address 10.0.0.2",
        "service privatelink azure connection approve pg-1 plc1 --format {state",
        "cloud google endpoint create pe",
        "cloud google endpoint create Pe --target projects/p/regions/r/serviceAttachments/a",
        "cloud google endpoint create pe --target up-s1",
        "cloud google endpoint create pe --region s \
         --target projects/p/regions/r/serviceAttachments/a",
        "token revoke",
        "token revoke 0a1b2c --all",
        "emulate google --listen 127.0.0.1:0",
        "emulate google --state x --status-lag soon",
        "--url http://127.0.0.1:1 service list",
        "token create --description evil --project evil",
        "token create --description evil --project=evil --only-project evil",
    ] {
        let outcome = person.types(words);
        assert_eq!(outcome.code, 2, "{words}: {outcome:?}");
        assert!(outcome.stdout.is_empty(), "{words}");
    }
}

#[test]
fn an_unreachable_server_exits_with_one() {
    let scratch = tempfile::tempdir().unwrap();
    let token = scratch.path().join("token");
    std::fs::write(&token, "nothing").unwrap();
    let words = format!(
        "--url http://127.0.0.1:1 --token-file {} project list",
        token.display()
    );
    let outcome = Person::new(scratch.path()).types(&words);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .stderr
            .contains("hint: check the URL; or start a server"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn every_command_explains_itself() {
    let scratch = tempfile::tempdir().unwrap();
    let person = Person::new(scratch.path());
    for words in [
        "--help",
        "up --help",
        "demo --help",
        "emulate azure --help",
        "account role --help",
        "account check --help",
        "emulate google --help",
        "service create --help",
        "service connection-info --help",
        "service privatelink azure connection approve --help",
        "service privatelink google connection approve --help",
        "project overview --help",
        "token create --help",
        "project connections --help",
        "cloud azure endpoint create --help",
        "cloud google endpoint create --help",
    ] {
        let help = person.does(words);
        assert!(help.contains("Usage: underpass"), "{words}");
    }
}
