//! One private endpoint: its connection, its address, and its deletion.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use underpass_web::page::see_other;

use super::account::{Account, Row};
use super::snippets;
use super::state::AppState;
use crate::azure::{Endpoint, is_endpoint_name, is_group_name, name_of};
use crate::failure::Failure;
use crate::portal::context::{Submission, Visitor, status_of};
use crate::portal::layout::{NavLink, PageLayout};

#[derive(Template)]
#[template(path = "portal/azure_endpoint.html")]
struct EndpointPage {
    layout: PageLayout,
    row: Row,
    subscription: String,
    interface: String,
    delete: String,
}

pub(super) async fn show(State(state): State<AppState>, visitor: Visitor) -> Response {
    visitor.answer(load(&state, &visitor, None).await)
}

pub(super) async fn delete(State(state): State<AppState>, submission: Submission) -> Response {
    let Submission { visitor, fields } = submission;
    let is_sure = fields.filled("confirm").is_some();
    match remove(&state, &visitor, is_sure).await {
        Ok(list) => see_other(&format!("{list}?done=deleted")),
        Err(failure) => {
            let page = load(&state, &visitor, Some(&failure)).await;
            visitor.answer_with(status_of(&failure), page)
        }
    }
}

async fn remove(state: &AppState, visitor: &Visitor, is_sure: bool) -> Result<String, Failure> {
    let account = Account::of(&state.portal, visitor)?;
    let id = id_of(&account, visitor)?;
    if !is_sure {
        return Err(
            Failure::usage("nothing was deleted: the confirmation is missing")
                .hint("check the box beside the button"),
        );
    }
    account.arm.begin_delete(&id).await?;
    Ok(account.href(["endpoint"]))
}

async fn load(
    state: &AppState,
    visitor: &Visitor,
    failure: Option<&Failure>,
) -> Result<EndpointPage, Failure> {
    let account = Account::of(&state.portal, visitor)?;
    let id = id_of(&account, visitor)?;
    let Some(shown) = account.arm.get(&id).await? else {
        return Err(
            Failure::missing(format!("private endpoint {id} does not exist"))
                .hint("it may have been deleted; the list shows all endpoints"),
        );
    };
    let row = account.row(Endpoint::read(&account.arm, &shown).await?);
    let layout = account.layout(visitor, &row.name).await?;
    let list = NavLink::new("Private endpoints", account.href(["endpoint"]));
    Ok(EndpointPage {
        layout: layout
            .live(account.href(["changes"]))
            .below(vec![list])
            .after(failure)
            .with_snippets(snippets::of_endpoint(&account, &row)),
        interface: name_of(&row.it.interface).to_owned(),
        delete: format!("{}/delete", row.href),
        row,
        subscription: account.subscription,
    })
}

/// Resource id of the endpoint that a page is about.
fn id_of(account: &Account, visitor: &Visitor) -> Result<String, Failure> {
    let (group, name) = (visitor.segment("group"), visitor.segment("name"));
    if is_group_name(group) && is_endpoint_name(name) {
        return Ok(account.endpoint_id(group, name));
    }
    Err(Failure::missing(format!(
        "private endpoint `{name}` does not exist in resource group `{group}`"
    )))
}

impl EndpointPage {
    /// Meaning of its state for the consumer.
    fn meaning(&self) -> &'static str {
        match self.row.state.as_str() {
            "Pending" => {
                "It waits for approval by the owner of the service. Until then, its address does \
                 not respond."
            }
            "Approved" => "It carries connections to the service.",
            "Rejected" => "The owner of the service rejected it, and can still approve it.",
            "Disconnected" => {
                "The owner of the service removed the connection, or the service was deleted. \
                 This state is final: delete the endpoint and create a new one."
            }
            "Deleting" => "It is being deleted.",
            "Failed" => "Provisioning failed. Delete it and create it again.",
            _ => "The cloud is working on it.",
        }
    }
}
