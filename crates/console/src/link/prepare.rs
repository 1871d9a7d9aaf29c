//! Actions that provide what a link needs. Each leads back to the form with what was typed.

use axum::http::Method;
use axum::response::Response;
use serde_json::json;
use underpass_model::excerpt::excerpt;
use underpass_web::form::Fields;
use underpass_web::url::query;

use super::new::SUBSCRIPTION;
use super::show;
use crate::api_error::ApiError;
use crate::catalogue;
use crate::load;
use crate::page::{Page, Submission};
use crate::static_ips::MissingStaticIps;

/// Executes the action of the pressed button.
pub(super) async fn submit(Submission { page, fields }: Submission) -> Response {
    let typed = fields.text(SUBSCRIPTION);
    let done = match (fields.text("do"), fields.text("use_vpc")) {
        ("static-ips", _) => provide_static_ips(&page).await,
        ("create-vpc", _) => create_vpc(&page, &fields).await,
        ("enable-feature", _) => enable_feature(&page, fields.text("feature")).await,
        ("", vpc) if !vpc.is_empty() => use_vpc(&page, vpc).await,
        (other, _) => Err(ApiError::invalid(format!(
            "The action `{}` does not exist",
            excerpt(other)
        ))),
    };
    match done {
        Ok(notice) => {
            let kept = query([(SUBSCRIPTION, typed)]);
            page.done(&format!("{}{kept}", page.own_link_href()), notice)
        }
        Err(refused) => show::show_refused(page, refused, typed.to_owned()).await,
    }
}

async fn provide_static_ips(page: &Page) -> Result<String, ApiError> {
    let service = load::service(page).await?;
    let nodes = service.underpass.nodes.len();
    let missing = MissingStaticIps::of(page, &service, nodes).await?;
    missing.provide(page, &service).await
}

async fn create_vpc(page: &Page, fields: &Fields) -> Result<String, ApiError> {
    let service = load::service(page).await?;
    let range = fields.text("network_cidr");
    catalogue::create_vpc(page, &service.cloud_name, range).await?;
    Ok(format!(
        "Project VPC {range} in {} is being created; move the service into it when it is ACTIVE",
        service.cloud_name
    ))
}

async fn use_vpc(page: &Page, vpc: &str) -> Result<String, ApiError> {
    let name = page.segment("service");
    let body = json!({"project_vpc_id": vpc});
    let route = page.route(["service", name]);
    page.api.send(Method::PUT, &route, Some(&body)).await?;
    Ok(format!("Service `{name}` is in project VPC {vpc}"))
}

async fn enable_feature(page: &Page, feature: &str) -> Result<String, ApiError> {
    let route = page.own_route(["features", feature]);
    let body = json!({"enabled": true});
    page.api.send(Method::PUT, &route, Some(&body)).await?;
    Ok(format!("Switched the feature `{feature}` on"))
}
