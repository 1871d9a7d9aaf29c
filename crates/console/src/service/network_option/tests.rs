use serde_json::json;

use super::*;

fn schema() -> Value {
    json!({"properties": {
        "ip_filter": {"type": ["array", "null"], "title": "IP filter"},
        "kafka_authentication_methods": {"type": "object", "properties": {
            "certificate": {"type": "boolean", "default": true},
            "sasl": {"type": "boolean", "default": false},
        }},
        "letsencrypt_sasl_cname": {"type": ["string", "null"]},
        "pg_version": {"type": ["string", "null"]},
        "privatelink_access": {"type": "object", "properties": {
            "pg": {"type": "boolean", "title": "Enable pg"},
            "pgbouncer": {"type": "boolean"},
        }},
    }})
}

fn options() -> Vec<NetworkOption> {
    let config = json!({
        "ip_filter": ["10.0.0.0/8", {"network": "192.0.2.0/24", "description": "x"}],
        "privatelink_access": {"pg": true},
    });
    NetworkOption::all(&schema(), config.as_object().unwrap())
}

/// Change that a form with these fields makes.
fn changed(body: &str) -> Value {
    let fields = Fields::parse(body.as_bytes());
    let options: Vec<_> = options().into_iter().map(|it| it.filled(&fields)).collect();
    Value::Object(NetworkOption::change(&options))
}

#[test]
fn the_schema_says_what_there_is_and_how_it_is_filled_in() {
    let options = options();
    let names: Vec<_> = options
        .iter()
        .map(|it| (it.name.as_str(), it.is_set))
        .collect();
    assert_eq!(
        names,
        [
            ("privatelink_access", true),
            ("ip_filter", true),
            ("kafka_authentication_methods", false),
            ("letsencrypt_sasl_cname", false),
        ]
    );
    let entries = options.iter().flat_map(|it| &it.entries);
    let shown: Vec<_> = entries
        .map(|it| (it.path.as_str(), it.shown.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("privatelink_access.pg", "true"),
            ("privatelink_access.pgbouncer", ""),
            (
                "ip_filter",
                "10.0.0.0/8\n{\"description\":\"x\",\"network\":\"192.0.2.0/24\"}"
            ),
            ("kafka_authentication_methods.certificate", "true"),
            ("kafka_authentication_methods.sasl", ""),
            ("letsencrypt_sasl_cname", ""),
        ]
    );
    assert!(options[0].has("privatelink_access PGBOUNCER"));
    assert!(!options[1].has("privatelink_access"));
}

#[test]
fn only_what_the_visitor_changed_is_changed() {
    assert_eq!(
        changed("was.privatelink_access.pg=true&set.privatelink_access.pg=true"),
        json!({})
    );
    assert_eq!(
        changed(
            "was.privatelink_access.pg=true&was.privatelink_access.pgbouncer=&set.privatelink_access.pgbouncer=true"
        ),
        json!({"privatelink_access": {"pg": false, "pgbouncer": true}})
    );
    assert_eq!(
        changed("was.letsencrypt_sasl_cname=&set.letsencrypt_sasl_cname=+a.b+"),
        json!({"letsencrypt_sasl_cname": "a.b"})
    );
    assert_eq!(
        changed("was.ip_filter=x&set.ip_filter="),
        json!({"ip_filter": null})
    );
    assert_eq!(
        changed("was.ip_filter=x&set.ip_filter=10.0.0.0/8%0D%0A%0D%0A{%22network%22:%22n%22}"),
        json!({"ip_filter": ["10.0.0.0/8", {"network": "n"}]})
    );
    assert_eq!(changed("remove.ip_filter=true"), json!({"ip_filter": null}));
    // Its components are switched off instead.
    assert_eq!(changed("remove.privatelink_access=true"), json!({}));
}

#[test]
fn what_was_not_on_the_page_stays() {
    assert_eq!(changed("set.privatelink_access.pg="), json!({}));
    // Another request opened `pg` since the page was shown.
    assert_eq!(changed("was.privatelink_access.pg="), json!({}));
    assert_eq!(changed("was.pg_version=17&set.pg_version=18"), json!({}));
}
