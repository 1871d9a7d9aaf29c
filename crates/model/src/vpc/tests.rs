use super::*;

const VNET: &str =
    "/subscriptions/1/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v";

fn adopted() -> AdoptedAzure {
    AdoptedAzure {
        resource_group: "links".to_owned(),
        vnet_id: VNET.to_owned(),
        node_subnet: "nodes".to_owned(),
        nat_subnet: format!("{VNET}/subnets/nat"),
    }
}

#[test]
fn a_range_must_be_private_aligned_and_of_the_documented_size() {
    let azure: CloudName = "azure-westeurope".parse().unwrap();
    let check = |cidr: &str, cloud: &CloudName| {
        ProjectVpc::check_cidr(cidr.parse().unwrap(), &[], cloud).map_err(|refusal| refusal.code)
    };
    assert_eq!(check("10.64.0.0/24", &azure), Ok(()));
    assert_eq!(check("10.64.0.0/25", &azure), Err("vpc_prefix"));
    assert_eq!(check("10.64.0.0/19", &azure), Err("vpc_prefix"));
    assert_eq!(check("10.64.0.1/24", &azure), Err("vpc_host_bits"));
    assert_eq!(check("8.8.8.0/24", &azure), Err("vpc_public_range"));
    assert_eq!(check("172.24.7.0/24", &azure), Ok(()));
    let google: CloudName = "google-europe-west1".parse().unwrap();
    assert_eq!(check("172.24.7.0/24", &google), Err("vpc_reserved_range"));
}

#[test]
fn an_adopted_network_is_named_as_azure_names_it() {
    assert_eq!(adopted().check(), Ok(()));
    let message = |adopted: AdoptedAzure| adopted.check().unwrap_err().message;
    let bad = AdoptedAzure {
        vnet_id: "v".to_owned(),
        ..adopted()
    };
    assert!(message(bad).contains("`underpass.azure.vnet_id` is `v`"));
    for subnet in [
        "",
        "../x",
        "/subscriptions/2/resourceGroups/net/subnets/nat",
        "a/b",
    ] {
        let bad = AdoptedAzure {
            nat_subnet: subnet.to_owned(),
            ..adopted()
        };
        assert!(message(bad).contains("nat_subnet"), "{subnet}");
    }
    for group in ["..", "a/b", ""] {
        let bad = AdoptedAzure {
            resource_group: group.to_owned(),
            ..adopted()
        };
        assert!(message(bad).contains("resource_group"), "{group}");
    }
}
