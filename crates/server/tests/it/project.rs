//! Projects, their features and settings.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_project_has_every_field_clients_need() {
    let world = World::new().await;
    let project = world.admin().get("/v1/project/demo").await.ok();
    insta::assert_json_snapshot!(project, @r#"
    {
      "project": {
        "account_id": "underpass",
        "account_name": null,
        "available_credits": "0.00",
        "billing_address": "",
        "billing_currency": "USD",
        "billing_emails": [],
        "billing_extra_text": null,
        "billing_group_id": "",
        "billing_group_name": "",
        "card_info": null,
        "country": "",
        "country_code": "",
        "default_cloud": "azure-eastus",
        "estimated_balance": "0.00",
        "estimated_balance_local": "0.00",
        "features": {
          "privatelink_azure": true,
          "privatelink_google": true
        },
        "payment_method": "no_payment_expected",
        "project_name": "demo",
        "tags": {},
        "tech_emails": [],
        "tenant_id": "underpass",
        "trial_expiration_time": null,
        "vat_id": ""
      }
    }
    "#);
    let list = world.admin().get("/v1/project").await.ok();
    assert_eq!(list["projects"], json!([project["project"]]));
    assert_eq!(list["project_membership"], json!({"demo": "admin"}));
}

#[tokio::test]
async fn a_project_is_made_by_operators_and_goes_when_empty() {
    let world = World::new().await;
    let admin = world.admin();
    let eve = world.user("eve@example.net", &[]).await;
    eve.post("/v1/project", json!({"project": "other"}))
        .await
        .refusal(403);
    let body = json!({"project": "other", "cloud": null, "tags": {"team": "a"}});
    let made = admin.post("/v1/project", body.clone()).await.ok();
    assert_eq!(made["project"]["tags"], json!({"team": "a"}));
    let message = admin.post("/v1/project", body).await.refusal(409);
    assert!(message.contains("already exists"), "{message}");
    let certificate = admin.get("/v1/project/other/kms/ca").await.ok();
    assert!(
        certificate["certificate"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE")
    );

    let vpc = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.64.0.0/24"});
    let vpc = admin.post("/v1/project/other/vpcs", vpc).await.ok();
    let id = vpc["project_vpc_id"].as_str().unwrap();
    let message = admin.delete("/v1/project/other").await.refusal(409);
    assert_eq!(
        message,
        format!("Project `other` still has VPC {id}. Delete them first")
    );
    admin.delete("/v1/project/demo").await.ok();
    admin.get("/v1/project/demo").await.refusal(404);
    assert_eq!(
        admin.get("/v1/me").await.ok()["user"]["projects"],
        json!(["other"])
    );
}

#[tokio::test]
async fn tags_are_replaced_and_merged_but_the_name_stays() {
    let world = World::new().await;
    let admin = world.admin();
    let path = "/v1/project/demo/tags";
    admin
        .put(path, json!({"tags": {"a": "1", "b": "2"}}))
        .await
        .ok();
    admin
        .patch(path, json!({"tags": {"a": null, "c": "3"}}))
        .await
        .ok();
    assert_eq!(
        admin.get(path).await.ok(),
        json!({"tags": {"b": "2", "c": "3"}})
    );
    admin
        .put(
            "/v1/project/demo",
            json!({"project_name": "demo", "tags": {}}),
        )
        .await
        .ok();
    assert_eq!(admin.get(path).await.ok(), json!({"tags": {}}));
    admin
        .put("/v1/project/demo", json!({"project_name": "else"}))
        .await
        .refusal(400);
    assert_eq!(
        world.history().await,
        [
            "project.created",
            "project.tagged",
            "project.tagged",
            "project.tagged"
        ]
    );
}

#[tokio::test]
async fn features_are_switched_by_operators() {
    let world = World::new().await;
    let path = "/v1/underpass/project/demo/features/privatelink_google_pg";
    let answer = world.admin().put(path, json!({"enabled": true})).await.ok();
    assert_eq!(
        answer,
        world
            .admin()
            .get("/v1/underpass/project/demo/features")
            .await
            .ok()
    );
    assert_eq!(
        answer["features"][2],
        json!({"feature": "privatelink_google_pg", "enabled": true})
    );
    let member = underpass_model::auth::Role::Admin;
    let member = world.user("bob@example.net", &[("demo", member)]).await;
    member
        .put(path, json!({"enabled": false}))
        .await
        .refusal(403);
    let unknown = "/v1/underpass/project/demo/features/x";
    world
        .admin()
        .put(unknown, json!({"enabled": true}))
        .await
        .refusal(400);
}

#[tokio::test]
async fn approvals_made_elsewhere_are_rejected_or_adopted() {
    let world = World::new().await;
    let path = "/v1/underpass/project/demo/settings";
    assert_eq!(
        world.admin().get(path).await.ok(),
        json!({"external_approval": "reject"})
    );
    world
        .admin()
        .put(path, json!({"external_approval": "adopt"}))
        .await
        .ok();
    assert_eq!(
        world.admin().get(path).await.ok(),
        json!({"external_approval": "adopt"})
    );
    let message = world
        .admin()
        .put(path, json!({"external_approval": "maybe"}))
        .await
        .refusal(400);
    assert!(message.contains("`external_approval`"), "{message}");
}
