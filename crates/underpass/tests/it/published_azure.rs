//! From registration to an active connection on Azure, by the command line only.

use std::net::{SocketAddr, TcpStream};

use insta::assert_snapshot;

use crate::greeter::{greeter, greets};
use crate::person::until;
use crate::running::Running;

const SUBSCRIPTION: &str = "20000000-0000-4000-8000-000000000003";

#[test]
fn a_service_is_published_reached_and_withdrawn() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let vpc = running.text("/project_vpcs/azure-westeurope");
    let port = greeter();
    let password = scratch.path().join("password");
    std::fs::write(&password, "p w\n").unwrap();

    person.does(&format!(
        "service create pg-1 -t pg --cloud azure-westeurope --project-vpc-id {vpc} \
         --auto-static-ips --node n1=127.0.0.1 --component pg={port} \
         --user avnadmin:@{} -c privatelink_access.pg=true --wait",
        password.display()
    ));
    person.does(&format!(
        "service privatelink azure create pg-1 --user-subscription-id {SUBSCRIPTION} --wait"
    ));
    let link = person.reads("service privatelink azure get pg-1");
    let alias = link[0]["azure_service_alias"].as_str().unwrap();
    let made = person.reads(&format!("cloud azure endpoint create pe1 --target {alias}"));
    assert_eq!(made["status"], "Pending");
    let address = made["address"].as_str().unwrap();
    let at: SocketAddr = format!("{address}:{port}").parse().unwrap();

    person.does("service privatelink azure refresh pg-1");
    let listed = person.reads("service privatelink azure connection list pg-1");
    let id = listed[0]["privatelink_connection_id"].as_str().unwrap();
    let table = person.does("service privatelink azure connection list pg-1");
    assert_snapshot!(table.replace(id, "plc0123456789ab"), @r"
    PRIVATELINK_CONNECTION_ID  PRIVATE_ENDPOINT_ID                                                                                                           STATE                  USER_IP_ADDRESS
    =========================  ============================================================================================================================  =====================  ===============
    plc0123456789ab            /subscriptions/20000000-0000-4000-8000-000000000003/resourceGroups/consumer/providers/Microsoft.Network/privateEndpoints/pe1  pending-user-approval  null
    ");
    assert!(!greets(at), "bytes flow before approval");
    let early = person.types("service connection-info psql pg-1 -r privatelink");
    assert_eq!(early.code, 1, "{early:?}");

    person.does(&format!(
        "service privatelink azure connection approve pg-1 --privatelink-connection-id {id} \
         --user-ip-address {address} --wait"
    ));
    until("bytes flow", || greets(at));
    let psql = person.types(&format!("service connection-info psql pg-1 -p {id}"));
    assert_eq!(
        psql.stdout,
        format!(
            "psql postgres://avnadmin:p%20w@privatelink-1-pg-1-demo.underpass.test:{port}\
             /defaultdb?sslmode=require\n"
        )
    );
    assert!(
        psql.stderr.contains(&format!("PGHOSTADDR={address}")),
        "{}",
        psql.stderr
    );

    let close = "service update pg-1 -c privatelink_access.pg=false";
    let unasked = person.types(close);
    assert_eq!(unasked.code, 2, "{unasked:?}");
    let endpoint = made["id"].as_str().unwrap();
    assert_snapshot!(unasked.stderr.replace(id, "PLC").replace(endpoint, "ENDPOINT"), @r"
    Components closed on the private link: pg
    This cuts flows of these connections:
      PLC (active) from ENDPOINT
    error: not confirmed, and stdin is not a terminal
    hint: nothing was changed. Add --yes to skip the confirmation prompt
    ");
    assert!(greets(at), "a refused change cut the flow");
    person.does(&format!("{close} --yes"));
    until("the port closes", || TcpStream::connect(at).is_err());
    person.does("service update pg-1 -c privatelink_access.pg=true");
    until("the port opens", || greets(at));

    let unasked = person.types(&format!(
        "service privatelink azure connection reject pg-1 {id}"
    ));
    assert_eq!(unasked.code, 2, "{unasked:?}");
    assert!(unasked.stderr.contains(endpoint), "{unasked:?}");
    person.does(&format!(
        "service privatelink azure connection reject pg-1 {id} --yes"
    ));
    until("the port closes", || TcpStream::connect(at).is_err());

    let held = person.types("service terminate pg-1 --force");
    assert_eq!(held.code, 1, "{held:?}");
    person.does("service privatelink azure delete pg-1 --yes --wait");
    assert_eq!(person.types("service privatelink azure get pg-1").code, 1);
    person.does("service terminate pg-1 --force");
    assert_eq!(person.reads("service list"), serde_json::json!([]));
    assert!(running.terminate().success());
}

#[test]
fn what_a_command_cuts_is_shown_and_needs_consent() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let vpc = running.text("/project_vpcs/azure-westeurope");
    let port = greeter();
    person.does(&format!(
        "service create gr -t grafana --cloud azure-westeurope --project-vpc-id {vpc} \
         --node n1=127.0.0.1 --component grafana={port}"
    ));
    let nodes = || -> Vec<String> {
        let service = person.reads("service get gr");
        let nodes = service["underpass"]["nodes"].as_array().unwrap();
        let text = |node: &serde_json::Value, key: &str| node[key].as_str().unwrap().to_owned();
        nodes
            .iter()
            .map(|node| format!("{}={}", text(node, "name"), text(node, "address")))
            .collect()
    };

    // The nodes get their cloud resources meanwhile, which changes the list that this one is based on.
    person.does("service update gr --add-node n2=127.0.0.2");
    assert_eq!(nodes(), ["n1=127.0.0.1", "n2=127.0.0.2"]);
    for replacing in [
        "service update gr --node n2=127.0.0.2 --node n3=127.0.0.3",
        "service register gr --node n2=127.0.0.2 --node n3=127.0.0.3",
    ] {
        let unasked = person.types(replacing);
        assert_eq!(unasked.code, 2, "{unasked:?}");
        assert!(
            unasked
                .stderr
                .starts_with("Nodes added: n3 (127.0.0.3)\nNodes removed: n1 (127.0.0.1)\nerror: "),
            "{unasked:?}"
        );
    }
    assert_eq!(nodes(), ["n1=127.0.0.1", "n2=127.0.0.2"]);
    assert_eq!(person.types("service update gr --remove-node n1").code, 2);
    person.does("service update gr --remove-node n1 --add-node n4=127.0.0.4 --yes");
    assert_eq!(nodes(), ["n2=127.0.0.2", "n4=127.0.0.4"]);
    let unknown = person.types("service update gr --remove-node n1 --yes");
    assert_eq!(unknown.code, 2, "{unknown:?}");

    let made = person.reads("static-ip create --cloud azure-westeurope --wait");
    let id = made["static_ip_address_id"].as_str().unwrap();
    let token = person.reads("token create --description spare");
    let prefix = token[0]["full_token"].as_str().unwrap();
    let prefix = prefix.get(..6).unwrap();
    for deletion in [
        format!("static-ip delete {id}"),
        format!("vpc delete --project-vpc-id {vpc}"),
        format!("token revoke {prefix}"),
        "service terminate gr".to_owned(),
    ] {
        let unasked = person.types(&deletion);
        assert_eq!(unasked.code, 2, "{deletion}: {unasked:?}");
        assert!(unasked.stderr.contains("--yes"), "{unasked:?}");
    }
    // One service that does not exist keeps the others.
    assert_eq!(person.types("service terminate gr gone --yes").code, 1);
    assert_eq!(nodes().len(), 2);
    person.does("service terminate gr --yes");
    person.does(&format!("static-ip delete {id} --yes"));
    person.does(&format!("token revoke {prefix} --yes"));

    // Those that a restored store revives, but not the own one.
    for _ in 0..2 {
        person.reads("token create --description spare");
    }
    assert_eq!(person.types("token revoke --all").code, 2);
    assert_eq!(person.reads("token list").as_array().unwrap().len(), 3);
    person.does("token revoke --all --yes");
    assert_eq!(person.reads("token list").as_array().unwrap().len(), 1);
    person.does("token revoke --all --yes");
}

#[test]
fn a_key_is_not_replaced_without_force() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let create = "service create gr -t grafana --cloud azure-westeurope --no-project-vpc";
    let created = person.types(create);
    let remedy = "`underpass service update gr --project-vpc-id ID`";
    assert!(created.stderr.contains(remedy), "{created:?}");
    let certificates = scratch.path().join("certificates");
    let issue = format!("service cert gr --out {}", certificates.display());
    assert_eq!(person.types(&format!("{issue} --days 0")).code, 1);
    assert!(
        !certificates.exists(),
        "a refused request leaves a directory"
    );
    let issued = person.types(&issue);
    assert_eq!(issued.code, 0, "{issued:?}");
    assert!(
        issued.stderr.contains("0 connection(s) and of the next 64"),
        "{issued:?}"
    );
    let key = || std::fs::read(certificates.join("server.key")).unwrap();
    let first = key();
    let again = person.types(&issue);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("--force"), "{again:?}");
    assert_eq!(key(), first);
    person.does(&format!("{issue} --force"));
    assert_ne!(key(), first);
}

#[test]
fn what_a_consumer_writes_cannot_reach_the_terminal() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let vpc = running.text("/project_vpcs/azure-westeurope");
    person.does(&format!(
        "service create gr -t grafana --cloud azure-westeurope --project-vpc-id {vpc} \
         --auto-static-ips --node n1=127.0.0.1 --component grafana={}",
        greeter()
    ));
    person.does(&format!(
        "service privatelink azure create gr --user-subscription-id {SUBSCRIPTION} --wait"
    ));
    let alias = person.does("service privatelink azure get gr --format {azure_service_alias}");
    person.does(&format!(
        "cloud azure endpoint create pe --target {alias} --message \u{1b}[2Jboo\u{202e}"
    ));
    person.does("service privatelink azure refresh gr");
    for words in [
        "service privatelink connections gr",
        "events",
        "cloud azure endpoint list",
    ] {
        let shown = person.does(words);
        assert!(
            shown.chars().all(|c| c == '\n' || (' '..='~').contains(&c)),
            "{words}: {shown:?}"
        );
    }
}
