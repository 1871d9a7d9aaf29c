use serde_json::{Value, json};

use super::fixture::*;

fn patched(fixture: &mut Fixture, path: &str, body: Value) -> super::super::Reply {
    fixture.by(provider()).send("PATCH", path, Some(body))
}

#[test]
fn tags_are_replaced_and_nothing_else_changes() {
    let mut fixture = Fixture::new().with_endpoint();
    for path in [
        group(PROVIDER, "rg"),
        ours("virtualNetworks/v"),
        ours("loadBalancers/lb"),
        ours("networkInterfaces/n1"),
    ] {
        let before = fixture.seen(&path);
        let tags = json!({ "Team": "blue", "cost": "" });
        let reply = patched(&mut fixture, &path, json!({ "tags": tags }));
        assert_eq!(reply.status, 200, "{path}: {:?}", reply.body);
        let shown = reply.body.unwrap();
        assert_eq!(shown["tags"], tags);
        assert_eq!(fixture.seen(&path), shown);
        let mut expected = before.clone();
        expected["tags"] = tags;
        expected["etag"] = shown["etag"].clone();
        let mut shown = shown;
        // Parts of a resource have its entity tag.
        strip_etags(&mut expected);
        strip_etags(&mut shown);
        assert_eq!(shown, expected);

        let fewer = patched(&mut fixture, &path, json!({ "tags": { "cost": "1" } }));
        assert_eq!(fewer.body.unwrap()["tags"], json!({ "cost": "1" }));
        let none = patched(&mut fixture, &path, json!({}));
        assert_eq!(none.body.unwrap()["tags"], json!({ "cost": "1" }));
    }
}

#[test]
fn an_update_of_tags_is_checked() {
    let mut fixture = Fixture::new().with_endpoint();
    let balancer = ours("loadBalancers/lb");
    for body in [
        json!({ "tags": ["a"] }),
        json!({ "tags": { "a": 1 } }),
        json!([]),
    ] {
        let refused = patched(&mut fixture, &balancer, body);
        assert_eq!(refused.status, 400);
    }
    let missing = patched(
        &mut fixture,
        &ours("loadBalancers/no"),
        json!({ "tags": {} }),
    );
    assert_eq!(missing.status, 404);
    // The network provider has no such operation for them.
    for path in [
        ours("privateLinkServices/s"),
        ours("virtualNetworks/v/subnets/nodes"),
    ] {
        let refused = patched(&mut fixture, &path, json!({ "tags": {} }));
        assert_eq!(refused.status, 405, "{path}");
    }
}

fn strip_etags(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("etag");
            members.values_mut().for_each(strip_etags);
        }
        Value::Array(values) => values.iter_mut().for_each(strip_etags),
        _ => {}
    }
}
