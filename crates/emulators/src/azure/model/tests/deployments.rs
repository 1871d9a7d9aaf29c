//! Template deployments.

use serde_json::json;

use super::fixture::*;

#[test]
fn deployments_are_refused_with_what_to_use_instead() {
    let mut fixture = Fixture::new();
    let name = "providers/Microsoft.Resources/deployments/lb_deploy_1";
    for path in [
        format!("{}/{name}", group(PROVIDER, "rg")),
        format!("{}/{name}/operations", group(PROVIDER, "rg")),
        format!("/subscriptions/{PROVIDER}/{name}"),
    ] {
        let path = format!("{path}?api-version=2022-09-01");
        let reply = fixture.put(&path, json!({ "properties": {} }));
        assert_eq!(
            refusal(&reply),
            (400, "DeploymentsNotSupported".to_owned()),
            "{path}"
        );
        let message = reply.body.unwrap()["error"]["message"].to_string();
        assert!(message.contains("az rest"), "{message}");
        assert_eq!(refusal(&fixture.get(&path)).1, "DeploymentsNotSupported");
    }
}
