//! Creation of the static IPs that a service needs.

use axum::http::Method;
use serde_json::{Value, json};
use underpass_api_types::compatible_service::CompatibleService;
use underpass_model::static_ip::{self, StaticIpState};

use crate::api_error::ApiError;
use crate::catalogue::{self, MOST_STATIC_IPS};
use crate::page::Page;

/// Option of a service that uses its static IPs.
const OPTION: &str = "static_ips";

/// Static IPs that a service lacks for a link on Azure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MissingStaticIps {
    /// Number to create.
    pub(crate) count: usize,
    /// True if the service does not use its static IPs.
    is_off: bool,
}

impl MissingStaticIps {
    /// Counts the static IPs that a service lacks for a number of nodes.
    ///
    /// # Errors
    /// If the API refuses the request.
    pub(crate) async fn of(
        page: &Page,
        service: &CompatibleService,
        nodes: usize,
    ) -> Result<Self, ApiError> {
        let its = [
            ("service", service.service_name.as_str()),
            ("limit", MOST_STATIC_IPS),
        ];
        let all = catalogue::static_ips(page, its).await?.static_ips;
        let associated = all
            .iter()
            .filter(|row| row.static_ip.state != StaticIpState::Deleting);
        let needed = static_ip::required(nodes.max(1));
        Ok(Self {
            count: needed.saturating_sub(associated.count()),
            is_off: service.user_config.get(OPTION) != Some(&Value::Bool(true)),
        })
    }

    /// Reports whether nothing is missing.
    pub(crate) fn is_complete(self) -> bool {
        self.count == 0 && !self.is_off
    }

    /// Label of the button that provides them.
    pub(crate) fn button(self) -> String {
        match self.count {
            0 => "Use the static IPs".to_owned(),
            1 => "Make 1 static IP".to_owned(),
            count => format!("Make {count} static IPs"),
        }
    }

    /// Creates them, associates them with the service and switches their use on.
    ///
    /// # Errors
    /// If the API refuses a request. The static IPs of this call are deleted.
    pub(crate) async fn provide(
        self,
        page: &Page,
        service: &CompatibleService,
    ) -> Result<String, ApiError> {
        let name = service.service_name.as_str();
        let made = create(page, &service.cloud_name, self.count).await?;
        for (number, id) in made.iter().enumerate() {
            let route = page.route(["static-ips", id, "association"]);
            let body = json!({"service_name": name});
            if let Err(refused) = page.api.send(Method::POST, &route, Some(&body)).await {
                let (used, unused) = made.split_at(number);
                let refused = delete(page, unused, refused).await;
                return Err(withdraw(page, used, refused).await);
            }
        }
        if self.is_off {
            let body = json!({"user_config": {OPTION: true}});
            let route = page.route(["service", name]);
            if let Err(refused) = page.api.send(Method::PUT, &route, Some(&body)).await {
                return Err(withdraw(page, &made, refused).await);
            }
        }
        Ok(match self.count {
            0 => format!("Service `{name}` uses its static IPs"),
            1 => format!("Service `{name}` has 1 more static IP"),
            count => format!("Service `{name}` has {count} more static IPs"),
        })
    }
}

/// Creates a number of static IPs, all or none.
///
/// # Errors
/// If the API refuses a static IP.
pub(crate) async fn create(
    page: &Page,
    cloud: &str,
    count: usize,
) -> Result<Vec<String>, ApiError> {
    let route = page.route(["static-ips"]);
    let body = json!({"cloud_name": cloud});
    let mut made = Vec::new();
    for _ in 0..count {
        match page.api.send(Method::POST, &route, Some(&body)).await {
            Ok(answer) => {
                let id = answer.get("static_ip_address_id").and_then(Value::as_str);
                made.extend(id.map(str::to_owned));
            }
            Err(refused) => return Err(delete(page, &made, refused).await),
        }
    }
    Ok(made)
}

/// Dissociates static IPs from their service and deletes them, see [`delete`].
async fn withdraw(page: &Page, made: &[String], refused: ApiError) -> ApiError {
    for id in made {
        let route = page.route(["static-ips", id, "association"]);
        if let Err(kept) = page.api.send(Method::DELETE, &route, None).await {
            // The API refuses the deletion, too, so the message names it.
            tracing::warn!(
                static_ip.id = id,
                error = kept.message,
                "failed to dissociate a static IP that was just created"
            );
        }
    }
    delete(page, made, refused).await
}

/// Deletes static IPs, and adds those that could not be deleted to the refusal.
pub(crate) async fn delete(page: &Page, made: &[String], mut refused: ApiError) -> ApiError {
    let mut left = Vec::new();
    for id in made {
        let route = page.route(["static-ips", id]);
        if page.api.send(Method::DELETE, &route, None).await.is_err() {
            left.push(id.as_str());
        }
    }
    if !left.is_empty() {
        refused.message = format!(
            "{}. Static IPs that were created for the service still exist; delete them under Networks: {}",
            refused.message,
            left.join(", ")
        );
    }
    refused
}
