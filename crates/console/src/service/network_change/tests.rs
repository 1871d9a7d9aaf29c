use serde_json::json;

use super::*;

/// A Kafka with a listener for each way to log in, and a second one for SASL.
fn kafka(config: &Value) -> CompatibleService {
    let listener = |port: u16, method: &str, ca: &str| {
        json!({"component": "kafka", "port": port, "link_port": port, "usage": "primary",
               "kafka_authentication_method": method, "kafka_ssl_ca": ca})
    };
    serde_json::from_value(json!({
        "service_name": "kafka-1", "service_type": "kafka", "service_type_description": "",
        "state": "RUNNING", "plan": "startup-4", "cloud_name": "azure-westeurope",
        "project_vpc_id": null, "create_time": "", "update_time": "", "service_uri": null,
        "service_uri_params": {}, "user_config": config, "components": [], "connection_info": {},
        "users": [], "backups": [], "node_states": [], "node_count": 0, "group_list": [],
        "maintenance": {"dow": "never", "time": "", "enabled": false, "updates": []},
        "service_integrations": [], "termination_protection": false, "tags": {}, "features": {},
        "metadata": {}, "databases": [], "disk_space_mb": null, "tech_emails": [],
        "underpass": {"nodes": [], "ca_pem": null, "components": [
            listener(9094, "certificate", "project_ca"),
            listener(9095, "sasl", "project_ca"),
            listener(9096, "sasl", "letsencrypt"),
        ]},
    }))
    .unwrap()
}

/// Components that a change opens, closes and leaves open.
fn told(config: &Value, change: &Value) -> [String; 3] {
    let change = change.as_object().unwrap();
    let it = NetworkChange::new(&kafka(config), &[], change);
    [list(&it.opened), list(&it.closed), list(&it.unchanged)]
}

#[test]
fn a_component_is_told_with_the_ports_that_change() {
    let open = json!({"privatelink_access": {"kafka": true}});
    assert_eq!(
        told(&json!({}), &open),
        ["kafka (link ports 9094, 9095)", "", ""]
    );
    assert_eq!(
        told(&open, &json!({"privatelink_access": {"kafka": null}})),
        ["", "kafka (link ports 9094, 9095)", ""]
    );
    assert_eq!(
        told(&open, &json!({"letsencrypt_sasl_privatelink": true})),
        [
            "kafka (link port 9096)",
            "",
            "kafka (link ports 9094, 9095)"
        ]
    );
    let both = json!({"privatelink_access": {"kafka": true}, "letsencrypt_sasl_privatelink": true});
    assert_eq!(
        told(&both, &json!({"letsencrypt_sasl_privatelink": null})),
        [
            "",
            "kafka (link port 9096)",
            "kafka (link ports 9094, 9095)"
        ]
    );
    assert_eq!(
        told(&both, &json!({"privatelink_access": null})),
        ["", "kafka (link ports 9094, 9095, 9096)", ""]
    );
}

#[test]
fn a_component_that_is_not_registered_opens_later() {
    let change = json!({"privatelink_access": {"kafka_rest": true}, "ip_filter": ["10.0.0.0/8"]});
    assert_eq!(
        told(&json!({}), &change),
        ["kafka_rest (once it is registered)", "", ""]
    );
    let it = NetworkChange::new(&kafka(&json!({})), &[], change.as_object().unwrap());
    assert_eq!(
        it.flags(),
        [
            "-c",
            r#"ip_filter=["10.0.0.0/8"]"#,
            "-c",
            "privatelink_access.kafka_rest=true"
        ]
    );
    assert_eq!(
        it.describe(&[]),
        "Saved; open once the service has a private link: kafka_rest (once it is registered); \
         ip_filter = [\"10.0.0.0/8\"]"
    );
}
