//! The overview and the list of endpoints.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::account::{Account, Row};
use super::snippets;
use super::state::AppState;
use crate::failure::Failure;
use crate::portal::context::Visitor;
use crate::portal::layout::PageLayout;

/// States that always have a tile.
const TILES: [&str; 2] = ["Approved", "Pending"];

#[derive(Template)]
#[template(path = "portal/azure_overview.html")]
struct OverviewPage {
    layout: PageLayout,
    total: usize,
    states: BTreeMap<String, usize>,
    list: String,
    create: String,
}

#[derive(Template)]
#[template(path = "portal/azure_endpoints.html")]
struct ListPage {
    layout: PageLayout,
    rows: Vec<Row>,
    subscription: String,
    create: String,
}

pub(super) async fn overview(State(state): State<AppState>, visitor: Visitor) -> Response {
    visitor.answer(load_overview(&state, &visitor).await)
}

pub(super) async fn list(State(state): State<AppState>, visitor: Visitor) -> Response {
    visitor.answer(load_list(&state, &visitor).await)
}

async fn load_overview(state: &AppState, visitor: &Visitor) -> Result<OverviewPage, Failure> {
    let account = Account::of(&state.portal, visitor)?;
    let rows = account.endpoints().await?;
    let mut states = BTreeMap::from(TILES.map(|state| (state.to_owned(), 0)));
    for row in &rows {
        *states.entry(row.state.clone()).or_default() += 1;
    }
    let layout = account.layout(visitor, "Overview").await?;
    Ok(OverviewPage {
        layout: layout
            .live(account.href(["changes"]))
            .with_snippets(snippets::of_list(&account)),
        total: rows.len(),
        states,
        list: account.href(["endpoint"]),
        create: account.href(["create"]),
    })
}

async fn load_list(state: &AppState, visitor: &Visitor) -> Result<ListPage, Failure> {
    let account = Account::of(&state.portal, visitor)?;
    let rows = account.endpoints().await?;
    let layout = account.layout(visitor, "Private endpoints").await?;
    Ok(ListPage {
        layout: layout
            .live(account.href(["changes"]))
            .with_snippets(snippets::of_list(&account)),
        rows,
        create: account.href(["create"]),
        subscription: account.subscription,
    })
}
