//! Clouds, service types, plans and availability.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn the_catalogue_needs_no_token_but_a_projects_does() {
    let world = World::new().await;
    for path in ["/v1/clouds", "/v1/service_types", "/v1/service_versions"] {
        world.stranger().get(path).await.ok();
    }
    let reader = world.reader().await;
    for path in ["/v1/project/demo/clouds", "/v1/project/demo/service_types"] {
        world.stranger().get(path).await.refusal(401);
        reader.get(path).await.ok();
    }
    let clouds = world.stranger().get("/v1/clouds").await.ok();
    insta::assert_json_snapshot!(clouds["clouds"][2], @r#"
    {
      "cloud_description": "Europe, Netherlands - Azure: West Europe",
      "cloud_name": "azure-westeurope",
      "geo_latitude": 52.37,
      "geo_longitude": 4.9,
      "geo_region": "europe",
      "provider": "azure",
      "provider_description": "Azure"
    }
    "#);
}

#[tokio::test]
async fn links_are_offered_where_accounts_serve() {
    let world = World::new().await;
    let path = "/v1/project/demo/privatelink-availability";
    let offered = world.admin().get(path).await.ok();
    insta::assert_json_snapshot!(offered, @r#"
    {
      "privatelink_availability": [
        {
          "cloud_name": "azure-eastus",
          "price_usd": "0.0000"
        },
        {
          "cloud_name": "azure-northeurope",
          "price_usd": "0.0000"
        },
        {
          "cloud_name": "azure-westeurope",
          "price_usd": "0.0000"
        },
        {
          "cloud_name": "azure-westus2",
          "price_usd": "0.0000"
        },
        {
          "cloud_name": "google-europe-west1",
          "price_usd": "0.0000"
        },
        {
          "cloud_name": "google-us-east1",
          "price_usd": "0.0000"
        }
      ]
    }
    "#);
    let tenant = "/v1/tenants/underpass/privatelink-availability";
    assert_eq!(world.admin().get(tenant).await.ok(), offered);
    world
        .admin()
        .get("/v1/tenants/else/privatelink-availability")
        .await
        .refusal(404);
}

#[tokio::test]
async fn a_service_type_is_the_same_on_every_route() {
    let world = World::new().await;
    let all = world
        .admin()
        .get("/v1/project/demo/service_types")
        .await
        .ok();
    let hyphenated = world.admin().get("/v1/project/demo/service-types").await;
    assert_eq!(hyphenated.ok(), all);
    let one = world
        .admin()
        .get("/v1/project/demo/service-types/pg")
        .await
        .ok();
    assert_eq!(all["service_types"]["pg"], one);
    let access = &one["user_config_schema"]["properties"]["privatelink_access"]["properties"];
    assert_eq!(access["pgbouncer"]["type"], "boolean");
    let message = world
        .admin()
        .get("/v1/project/demo/service-types/cobol")
        .await
        .refusal(404);
    assert!(message.contains("kafka"), "{message}");
}

#[tokio::test]
async fn every_plan_is_known_and_costs_nothing() {
    let world = World::new().await;
    let types = "/v1/project/demo/service-types/pg";
    let plans = world.admin().get(&format!("{types}/plans")).await.ok();
    assert_eq!(plans["service_plans"][0]["service_plan"], "startup-4");
    let plan = world
        .admin()
        .get(&format!("{types}/plans/business-8"))
        .await
        .ok();
    assert_eq!(plan["service_plan"], "business-8");
    let prices = "/v1/project/demo/pricing/service-types/pg/plans/p/clouds/azure-westeurope";
    insta::assert_json_snapshot!(world.admin().get(prices).await.ok(), @r#"
    {
      "base_price_usd": "0",
      "cloud_name": "azure-westeurope",
      "extra_disk_price_per_gb_usd": "0",
      "service_plan": "p",
      "service_type": "pg"
    }
    "#);
    let versions = world
        .admin()
        .get("/v1/account/underpass/service_versions")
        .await
        .ok();
    let versions = versions["service_versions"].as_array().unwrap();
    let of_pg = versions
        .iter()
        .filter(|it| it["service_type"] == json!("pg"));
    let of_pg: Vec<_> = of_pg.map(|it| it["major_version"].clone()).collect();
    assert_eq!(of_pg, ["13", "14", "15", "16", "17", "18"]);
}
