//! A project on the command line: queue, overview, latest events.

use insta::assert_snapshot;

use crate::greeter::greeter;
use crate::person::{Person, until};
use crate::running::Running;

/// Removes trailing blanks and replaces values that differ between runs.
fn tidy(table: &str, differs: &[(&str, &str)]) -> String {
    let lines: Vec<_> = table.lines().map(str::trim_end).collect();
    let alike = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
    differs.iter().fold(lines.join("\n"), alike)
}

const SUBSCRIPTION: &str = "20000000-0000-4000-8000-000000000003";

#[test]
fn a_project_is_looked_at_as_a_whole() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let empty = person.types("project overview");
    assert_snapshot!(empty.stdout, @"
    SERVICES  PENDING-USER-APPROVAL  USER-APPROVED  CONNECTED  ACTIVE  REJECTED  DISCONNECTED
    ========  =====================  =============  =========  ======  ========  ============
    0         0                      0              0          0       0         0
    ");
    assert_eq!(empty.stderr, "No problems need attention\n");
    assert_eq!(person.does("project connections"), "");

    let vpc = running.text("/project_vpcs/azure-westeurope");
    for name in ["gr-1", "gr-10"] {
        offer(&person, &vpc, name);
    }
    let queue = person.reads("project connections");
    let [first, second] = queue.as_array().unwrap().as_slice() else {
        panic!("two connections, not {queue}");
    };
    assert_eq!(
        (&first["service_name"], &second["service_name"]),
        (&"gr-1".into(), &"gr-10".into())
    );
    let id = |row: &serde_json::Value| {
        row["privatelink_connection_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (first, second) = (id(first), id(second));
    let format = "--format {service_name}:{cloud}:{state}";
    assert_eq!(
        person.does(&format!("project connections --service gr-1 {format}")),
        "gr-1:azure:pending-user-approval"
    );
    assert_eq!(
        person.does(&format!("project connections --query PE-GR-10 {format}")),
        "gr-10:azure:pending-user-approval"
    );

    let approve = "service privatelink azure connection approve gr-1 --privatelink-connection-id";
    person.does(&format!("{approve} {first}"));
    person.does(&format!(
        "service privatelink azure connection reject gr-10 {second} --yes"
    ));
    until("the approval is confirmed", || {
        person.does("project connections --state connected --format {service_name}") == "gr-1"
    });
    let states = "--state connected --state rejected --format {state}";
    assert_eq!(
        person.does(&format!("project connections {states}")),
        "connected\nrejected"
    );
    let table = person.does("project connections --state connected");
    let first_seen_at =
        &person.does("project connections --state connected --format {first_seen_at}");
    let differs = [
        (first.as_str(), "plc0123456789ab"),
        (first_seen_at, "2027-01-15T08:00:00Z"),
    ];
    assert_snapshot!(tidy(&table, &differs), @r#"
    FIRST_SEEN_AT         SERVICE_NAME  CLOUD  PRIVATELINK_CONNECTION_ID  STATE      NEXT_ACTION
    ====================  ============  =====  =========================  =========  =====================================================================================================================================================
    2027-01-15T08:00:00Z  gr-1          azure  plc0123456789ab            connected  Set the address of the consumer's endpoint with `underpass service privatelink azure connection update gr-1 plc0123456789ab --endpoint-ip-address IP`
    "#);
    let overview = person.does("project overview");
    let since = person.reads("project overview")["conditions"][0]["since"]
        .as_str()
        .unwrap()
        .to_owned();
    let differs = [
        (first.as_str(), "plc0123456789ab"),
        (since.as_str(), "2027-01-15T08:00:00Z"),
    ];
    assert_snapshot!(tidy(&overview, &differs), @r#"
    SERVICES  PENDING-USER-APPROVAL  USER-APPROVED  CONNECTED  ACTIVE  REJECTED  DISCONNECTED
    ========  =====================  =============  =========  ======  ========  ============
    2         0                      0              1          0       1         0

    CLOUD  CREATING  ACTIVE  DELETING
    =====  ========  ======  ========
    azure  0         2       0

    SERVICE_NAME  CLOUD  PRIVATELINK_CONNECTION_ID  STATE      SINCE                 MESSAGE                                                                  NEXT_ACTION
    ============  =====  =========================  =========  ====================  =======================================================================  =====================================================================================================================================================
    gr-1          azure  plc0123456789ab            connected  2027-01-15T08:00:00Z  Approved, but the address of its endpoint is not set, so it has no name  Set the address of the consumer's endpoint with `underpass service privatelink azure connection update gr-1 plc0123456789ab --endpoint-ip-address IP`
    "#);
    let unknown = person.types("project connections --state pending");
    assert_eq!(unknown.code, 1, "{unknown:?}");
    assert!(
        unknown.stderr.contains("pending-user-approval"),
        "{unknown:?}"
    );

    latest_events(&person);
}

/// Publishes a service and requests a connection to it.
fn offer(person: &Person, vpc: &str, name: &str) {
    person.does(&format!(
        "service create {name} -t grafana --cloud azure-westeurope --project-vpc-id {vpc} \
         --auto-static-ips --node n1=127.0.0.1 --component grafana={} \
         -c privatelink_access.grafana=true --wait",
        greeter()
    ));
    person.does(&format!(
        "service privatelink azure create {name} --user-subscription-id {SUBSCRIPTION} --wait"
    ));
    let shown = format!("service privatelink azure get {name} --format {{azure_service_alias}}");
    let alias = person.does(&shown);
    person.does(&format!(
        "cloud azure endpoint create pe-{name} --target {alias} --message \u{1b}[2Jhello"
    ));
    person.does(&format!("service privatelink azure refresh {name}"));
}

/// Checks that the newest events are printed, the oldest of them first.
fn latest_events(person: &Person) {
    let subjects = person.does("events --service gr-1 --format {subject}");
    assert!(
        subjects
            .lines()
            .all(|it| it == "service/gr-1" || it.starts_with("service/gr-1/"))
    );
    let all = person.reads("events");
    let [.., last_but_one, last] = all.as_array().unwrap().as_slice() else {
        panic!("more than two events, not {all}");
    };
    let newest = person.reads("events --limit 2");
    assert_eq!(newest, serde_json::json!([last_but_one, last]));
    let after = &last_but_one["seq"];
    let rest = person.reads(&format!("events --after {after}"));
    assert_eq!(rest, serde_json::json!([last]));
}
