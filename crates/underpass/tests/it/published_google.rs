//! From registration to an active connection on Google, by the command line only.

use std::net::{SocketAddr, TcpStream};

use insta::assert_snapshot;
use serde_json::Value;

use crate::greeter::{greeter, greets};
use crate::person::{Person, until};
use crate::running::{Running, underpass};

/// Publishes a service and returns its port.
fn published(running: &Running, person: &Person, name: &str) -> u16 {
    let vpc = running.text("/project_vpcs/google-europe-west1");
    let port = greeter();
    person.does(&format!(
        "service create {name} -t grafana --cloud google-europe-west1 --project-vpc-id {vpc} \
         --node n1=127.0.0.1 --component grafana={port} -c privatelink_access.grafana=true --wait"
    ));
    person.does(&format!("service privatelink google create {name} --wait"));
    port
}

/// Creates a consumer's endpoint for a service and returns its connection's ID.
fn asked(person: &Person, service: &str, endpoint: &str) -> (Value, String) {
    let attachment = person.does(&format!(
        "service privatelink google get {service} --format {{google_service_attachment}}"
    ));
    let made = person.reads(&format!(
        "cloud google endpoint create {endpoint} --target {attachment}"
    ));
    person.does(&format!("service privatelink google refresh {service}"));
    let listed = person.reads(&format!(
        "service privatelink google connection list {service}"
    ));
    let psc = made.get("psc_connection_id").unwrap();
    let connections = listed.as_array().unwrap();
    let is_it = |one: &&Value| one.get("psc_connection_id") == Some(psc);
    let found = connections.iter().find(is_it).unwrap();
    let id = found["privatelink_connection_id"].as_str().unwrap();
    (made, id.to_owned())
}

#[test]
fn a_service_is_published_reached_and_withdrawn_on_google() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let port = published(&running, &person, "web-1");

    let link = person.does("service privatelink google get web-1");
    let attachment =
        person.does("service privatelink google get web-1 --format {google_service_attachment}");
    assert!(
        attachment.starts_with("projects/underpass-provider/regions/europe-west1/"),
        "{attachment}"
    );
    let heading = link.lines().next().unwrap();
    let columns: Vec<&str> = heading.split_whitespace().collect();
    assert_eq!(columns, ["GOOGLE_SERVICE_ATTACHMENT", "STATE"]);

    let (made, id) = asked(&person, "web-1", "pe1");
    assert_eq!(made["status"], "PENDING");
    let address = made["address"].as_str().unwrap();
    let at: SocketAddr = format!("{address}:{port}").parse().unwrap();
    let psc = made["psc_connection_id"].as_str().unwrap();
    let table = person.does("service privatelink google connection list web-1");
    let table: Vec<String> = table
        .lines()
        .filter(|line| !line.starts_with('='))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let table = table.join("\n").replace(&id, "[plc]").replace(psc, "[psc]");
    assert_snapshot!(table, @r"
    PRIVATELINK_CONNECTION_ID PSC_CONNECTION_ID STATE USER_IP_ADDRESS
    [plc] [psc] pending-user-approval null
    ");
    let refreshed = person.does("service privatelink google refresh web-1");
    let words: Vec<&str> = refreshed.split_whitespace().collect();
    assert_eq!(words.first(), Some(&"MESSAGE"), "{refreshed}");
    assert!(!greets(at), "bytes flow before approval");

    let approve = "service privatelink google connection approve web-1";
    let unnamed = person.types(approve);
    assert_eq!(unnamed.code, 2, "{unnamed:?}");
    assert!(unnamed.stderr.contains(&id), "{}", unnamed.stderr);
    let without = person.types(&format!("{approve} {id}"));
    assert_eq!(without.code, 2, "{without:?}");
    assert!(
        without.stderr.contains("--user-ip-address"),
        "{}",
        without.stderr
    );
    person.does(&format!(
        "{approve} --privatelink-connection-id {id} --user-ip-address {address} --wait"
    ));
    until("bytes flow", || greets(at));
    let seen = person.reads("cloud google endpoint show pe1");
    assert_eq!(seen["status"], "ACCEPTED");
    let all = person.reads("service privatelink connections web-1");
    assert_eq!(all[0]["state"], "active");

    let label = format!("service privatelink google connection label web-1 {id}");
    person.does(&format!("{label} blue"));
    let all = person.reads("service privatelink connections web-1");
    assert_eq!(all[0]["label"], "blue");
    person.does(&format!("{label} --clear"));
    assert_eq!(person.types(&label).code, 2);

    let close = "service update web-1 -c privatelink_access.grafana=false";
    let unasked = person.types(close);
    assert_eq!(unasked.code, 2, "{unasked:?}");
    assert!(unasked.stderr.contains(&id), "{unasked:?}");
    person.does(&format!("{close} --yes"));
    until("the port closes", || TcpStream::connect(at).is_err());
    person.does("service update web-1 -c privatelink_access.grafana=true");
    until("the port opens", || greets(at));

    let reject = format!("service privatelink google connection reject web-1 {id}");
    assert_eq!(person.types(&reject).code, 2);
    person.does(&format!("{reject} --yes"));
    until("the port closes", || TcpStream::connect(at).is_err());
    person.does(&format!(
        "service privatelink google connection restore web-1 {id}"
    ));
    until("the port opens", || greets(at));

    let held = person.types("service terminate web-1 --force");
    assert_eq!(held.code, 1, "{held:?}");
    person.does("service privatelink google delete web-1 --yes --wait");
    assert_eq!(person.types("service privatelink google get web-1").code, 1);
    let seen = person.reads("cloud google endpoint show pe1");
    assert_eq!(seen["status"], "CLOSED");
    assert_eq!(person.types("cloud google endpoint delete pe1").code, 2);
    person.does("cloud google endpoint delete pe1 --yes");
    let endpoints = person.reads("cloud google endpoint list");
    assert_eq!(endpoints, serde_json::json!([]));
    person.does("service terminate web-1 --force");
    assert!(running.terminate().success());
}

#[test]
fn what_was_approved_on_google_carries_bytes_after_a_kill() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let port = published(&running, &person, "web-1");
    let (made, id) = asked(&person, "web-1", "pe1");
    let address = made["address"].as_str().unwrap().to_owned();
    person.does(&format!(
        "service privatelink google connection approve web-1 {id} {address} --wait"
    ));
    running.kill();

    let running = Running::start(scratch.path());
    let at: SocketAddr = format!("{address}:{port}").parse().unwrap();
    until("bytes flow again", || greets(at));
    assert!(running.terminate().success());
}

#[test]
fn a_consumers_own_project_and_address_are_taken() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    published(&running, &person, "web-1");
    let target =
        person.does("service privatelink google get web-1 --format {google_service_attachment}");
    let subnet = running.text("/google/consumer_subnet");
    let create = format!("cloud google endpoint create pe --target {target}");
    let elsewhere = person.types(&format!("{create} --project other-consumer"));
    assert_eq!(elsewhere.code, 2, "{elsewhere:?}");
    assert!(elsewhere.stderr.contains("--subnet"), "{elsewhere:?}");

    let consumers = running.text("/consumer_cidr");
    let octet = consumers.split('.').nth(1).unwrap();
    let address = format!("127.{octet}.200.9");
    let made = person.reads(&format!("{create} --address {address} --subnet {subnet}"));
    assert_eq!(made["address"], address);
    assert!(running.terminate().success());
}

#[test]
fn the_ready_consumer_is_the_default_whatever_project_services_are_in() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    // The variable names the project of services, which is not a consumer's.
    let output = underpass(scratch.path())
        .args(["cloud", "google", "endpoint", "show", "nothing"])
        .env("UNDERPASS_PROJECT", "project-of-services")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("project underpass-consumer"), "{said}");
    let named = running
        .person()
        .types("cloud google endpoint show nothing --project other-consumer");
    assert!(named.stderr.contains("project other-consumer"), "{named:?}");
    assert!(running.terminate().success());
}
