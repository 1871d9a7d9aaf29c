use super::*;

const NIC: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/\
                   providers/Microsoft.Network/networkInterfaces/n1";

fn azure() -> CloudName {
    "azure-westeurope".parse().unwrap()
}

fn google() -> CloudName {
    "google-europe-west1".parse().unwrap()
}

fn machine(name: &str, instance: &str) -> Node {
    Node {
        cloud: Some(NodeHandle::Google {
            instance: instance.to_owned(),
        }),
        ..node(name, NIC)
    }
}

#[test]
fn an_instance_is_of_the_services_region() {
    let path = "projects/p/zones/europe-west1-b/instances/n1";
    check_handles(&[machine("n1", path)], &google()).unwrap();
    let code = |node: Node| check_handles(&[node], &google()).unwrap_err().code;
    let elsewhere = path.replace("west1", "west4");
    assert_eq!(code(machine("n1", &elsewhere)), "node_handle_region");
    assert_eq!(code(machine("n1", "n1")), "node_handle");
    let url = format!("https://www.googleapis.com/compute/v1/{path}");
    let twice = [machine("n1", path), machine("n2", &url)];
    assert_eq!(
        check_handles(&twice, &google()).unwrap_err().code,
        "node_handle_twice"
    );
}

fn node(name: &str, nic_id: &str) -> Node {
    Node {
        name: name.parse().unwrap(),
        address: "127.0.0.1".parse().unwrap(),
        cloud: Some(NodeHandle::Azure {
            nic_id: nic_id.to_owned(),
            ip_configuration: None,
        }),
        public_address: None,
        private_address: None,
    }
}

#[test]
fn a_handle_is_a_full_resource_id() {
    check_handles(&[node("n1", NIC)], &azure()).unwrap();
    check_handles(&[node("n1", &NIC.to_uppercase())], &azure()).unwrap();
    let walks = NIC.replace("/n1", "/..");
    for bad in [
        "",
        "n1",
        &NIC[1..],
        &walks,
        &NIC.replace("/n1", "/a?b"),
        &format!("{NIC}/x"),
    ] {
        let refusal = check_handles(&[node("n1", bad)], &azure()).unwrap_err();
        assert_eq!(refusal.code, "node_handle", "{bad}");
    }
}

#[test]
fn two_nodes_are_two_machines() {
    let nodes = [node("n1", NIC), node("n2", &NIC.to_uppercase())];
    assert_eq!(
        check_handles(&nodes, &azure()).unwrap_err().code,
        "node_handle_twice"
    );
}

#[test]
fn a_handle_is_of_the_services_cloud() {
    let refusal = check_handles(&[node("n1", NIC)], &google()).unwrap_err();
    assert_eq!(refusal.code, "node_handle_cloud");
}
