//! Changes of a link: creation, subscriptions, refresh.

use axum::http::Method;
use axum::response::Response;
use serde_json::json;
use underpass_web::form::words;

use super::show;
use crate::page::{Page, Submission};
use crate::refreshed::notice;

/// Creates the link.
pub(super) async fn create(Submission { page, fields }: Submission) -> Response {
    let body = match page.provider() {
        "azure" => {
            let ids: Vec<_> = fields.all("subscription").flat_map(words).collect();
            json!({ "user_subscription_ids": ids })
        }
        _ => json!({}),
    };
    let made = page
        .api
        .send(Method::POST, &page.link_route([]), Some(&body))
        .await;
    match made {
        Ok(_) => page.done(
            &page.own_link_href(),
            "The link is being created; this page shows its progress",
        ),
        Err(refused) => {
            let typed = fields.text("subscription").to_owned();
            show::show_refused(page, refused, typed).await
        }
    }
}

/// Adds or removes a subscription that may connect.
pub(super) async fn subscriptions(Submission { page, fields }: Submission) -> Response {
    let link = match page.link().await {
        Ok(Some(link)) => link,
        Ok(None) => return page.done(&page.own_link_href(), "The link does not exist any more"),
        Err(refused) => return page.refuse(refused),
    };
    let mut ids = link.subscriptions().to_vec();
    let gone = fields.text("remove");
    ids.retain(|id| id != gone);
    ids.extend(words(fields.text("add")).map(str::to_owned));
    let body = json!({ "user_subscription_ids": ids });
    let changed = page
        .api
        .send(Method::PUT, &page.link_route([]), Some(&body))
        .await;
    match changed {
        Ok(_) if gone.is_empty() => page.done(
            &page.own_link_href(),
            "Added the subscription: its endpoints can request connections",
        ),
        Ok(_) => page.done(&page.own_link_href(), "Removed the subscription"),
        Err(refused) => show::show_refused(page, refused, fields.text("add").to_owned()).await,
    }
}

/// Refreshes the connections from the provider.
pub(super) async fn refresh(Submission { page, .. }: Submission) -> Response {
    let looked = page
        .api
        .send(Method::POST, &page.link_route(["refresh"]), None)
        .await;
    match looked {
        Ok(answer) => {
            let done = "Refreshed the connections from the cloud";
            page.done(&page.own_link_href(), notice(&answer, done))
        }
        Err(refused) => show::show_refused(page, refused, String::new()).await,
    }
}

impl Page {
    /// Reports whether consumers are admitted by subscription.
    pub(super) fn has_subscriptions(&self) -> bool {
        self.provider() == "azure"
    }
}
