//! Decisions about a connection.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;
use underpass_web::form::Fields;
use underpass_web::url::query;

use super::show;
use crate::api_error::ApiError;
use crate::page::{Page, Submission};

/// Executes the decision in the path.
pub(super) async fn decide(Submission { page, fields }: Submission) -> Response {
    let decided = match page.segment("decision") {
        "approve" => approve(&page, &fields).await,
        "reject" => reject(&page).await,
        "restore" => restore(&page).await,
        "address" => address(&page, &fields).await,
        "label" => label(&page, &fields).await,
        _ => Err(ApiError {
            status: StatusCode::NOT_FOUND,
            message: "This action does not exist".to_owned(),
            code: None,
        }),
    };
    match decided {
        // The form was part of the list of connections.
        Ok(notice) if fields.text("from") == "connections" => {
            let filter = query([("state", fields.text("state"))]);
            page.done(&format!("{}{filter}", page.href(["connection"])), notice)
        }
        Ok(notice) => {
            let href = format!("{}#{}", page.own_link_href(), page.segment("connection"));
            page.done(&href, notice)
        }
        Err(refused) => show::show_refused(page, refused, String::new()).await,
    }
}

/// Approves a connection, with the address of the endpoint if the form has one.
async fn approve(page: &Page, fields: &Fields) -> Result<String, ApiError> {
    let id = page.segment("connection");
    let route = page.link_route(["connections", id, "approve"]);
    let body = json!({ "user_ip_address": fields.filled("user_ip_address") });
    page.api.send(Method::POST, &route, Some(&body)).await?;
    Ok(format!("Approved {id}"))
}

async fn reject(page: &Page) -> Result<String, ApiError> {
    let id = page.segment("connection");
    let route = page.own_link_route(["connections", id, "reject"]);
    page.api
        .send(Method::POST, &route, Some(&json!({})))
        .await?;
    Ok(format!("Rejected {id}; its DNS name is removed"))
}

async fn restore(page: &Page) -> Result<String, ApiError> {
    let id = page.segment("connection");
    let route = page.own_link_route(["connections", id, "restore"]);
    page.api
        .send(Method::POST, &route, Some(&json!({})))
        .await?;
    Ok(format!("Restored {id} as approved"))
}

async fn address(page: &Page, fields: &Fields) -> Result<String, ApiError> {
    let id = page.segment("connection");
    let route = page.link_route(["connections", id]);
    let body = json!({ "user_ip_address": fields.text("user_ip_address") });
    page.api.send(Method::PUT, &route, Some(&body)).await?;
    Ok(format!("Updated the address of {id}"))
}

async fn label(page: &Page, fields: &Fields) -> Result<String, ApiError> {
    let id = page.segment("connection");
    let route = page.own_link_route(["connections", id, "label"]);
    let body = json!({ "label": fields.filled("label") });
    page.api.send(Method::PUT, &route, Some(&body)).await?;
    Ok(match fields.filled("label") {
        Some(_) => format!("Labelled {id}"),
        None => format!("Removed the label of {id}"),
    })
}
