//! What there is: the overview and the list of endpoints.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::account::{Account, Row};
use super::{Office, recipes};
use crate::failure::Failure;
use crate::portal::desk::Visitor;
use crate::portal::frame::Frame;

/// States that a tile is shown for even when there is none.
const TILES: [&str; 2] = ["Approved", "Pending"];

#[derive(Template)]
#[template(path = "portal/azure_overview.html")]
struct OverviewPage {
    frame: Frame,
    total: usize,
    states: BTreeMap<String, usize>,
    list: String,
    create: String,
}

#[derive(Template)]
#[template(path = "portal/azure_endpoints.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    subscription: String,
    create: String,
}

pub(super) async fn overview(State(office): State<Office>, visitor: Visitor) -> Response {
    visitor.answer(load_overview(&office, &visitor).await)
}

pub(super) async fn list(State(office): State<Office>, visitor: Visitor) -> Response {
    visitor.answer(load_list(&office, &visitor).await)
}

async fn load_overview(office: &Office, visitor: &Visitor) -> Result<OverviewPage, Failure> {
    let account = Account::of(&office.portal, visitor)?;
    let rows = account.endpoints().await?;
    let mut states = BTreeMap::from(TILES.map(|state| (state.to_owned(), 0)));
    for row in &rows {
        *states.entry(row.state.clone()).or_default() += 1;
    }
    let frame = account.frame(visitor, "Overview").await?;
    Ok(OverviewPage {
        frame: frame
            .live(account.href(["changes"]))
            .with(recipes::of_list(&account)),
        total: rows.len(),
        states,
        list: account.href(["endpoint"]),
        create: account.href(["create"]),
    })
}

async fn load_list(office: &Office, visitor: &Visitor) -> Result<ListPage, Failure> {
    let account = Account::of(&office.portal, visitor)?;
    let rows = account.endpoints().await?;
    let frame = account.frame(visitor, "Private endpoints").await?;
    Ok(ListPage {
        frame: frame
            .live(account.href(["changes"]))
            .with(recipes::of_list(&account)),
        rows,
        create: account.href(["create"]),
        subscription: account.subscription,
    })
}
