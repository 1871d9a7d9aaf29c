//! Orphans: links in a cloud that belong to nothing in the store, and their removal.

use askama::Template;
use axum::http::Method;
use axum::response::Response;
use underpass_api_types::orphan::{OrphanList, OrphanView};
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::time::RelativeTime;
use underpass_web::url::{path, query};

use super::route::API;
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::href::recovery_href;
use crate::layout::{PageLayout, Section};
use crate::operator::{OperatorPage, OperatorSubmission};
use crate::page::{Page, Submission};

#[derive(Template)]
#[template(path = "console/orphan_removal.html")]
struct RemovalPage {
    layout: PageLayout,
    orphan: OrphanRow,
}

/// An orphan of the list.
pub(super) struct OrphanRow {
    pub(super) it: OrphanView,
    pub(super) last_seen: RelativeTime,
}

/// Loads the orphans of all accounts, and why the list may lack some.
///
/// # Errors
/// If the API refuses the request.
pub(super) async fn orphans(page: &Page) -> Result<(Vec<OrphanRow>, Vec<String>), ApiError> {
    let answer: OrphanList = page.api.get(&format!("{API}/orphans")).await?;
    let row = |it: OrphanView| OrphanRow {
        last_seen: RelativeTime::new(&it.last_seen, page.now),
        it,
    };
    let rows = answer.orphans.into_iter().map(row).collect();
    Ok((rows, answer.incomplete))
}

/// Shows what the removal deletes and cuts, and asks for the name of the orphan.
pub(super) async fn ask(OperatorPage(page): OperatorPage) -> Response {
    present(&page).await
}

async fn present(page: &Page) -> Response {
    match load(page).await {
        Ok(Some(content)) => page.render(&content),
        Ok(None) => page.done(&recovery_href(), "The orphan does not exist any more"),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<Option<RemovalPage>, ApiError> {
    let (account, id) = (page.segment("account"), page.segment("orphan"));
    let mut all = orphans(page).await?.0.into_iter();
    let found = all.find(|row| row.it.account == account && row.it.orphan_id == id);
    let Some(orphan) = found else {
        return Ok(None);
    };
    let layout = page.layout("Remove orphan", Section::Recovery).await;
    Ok(Some(RemovalPage {
        layout: layout.with_snippets(vec![snippet(&orphan.it)]),
        orphan,
    }))
}

fn snippet(orphan: &OrphanView) -> CliSnippet {
    let (account, id) = (orphan.account.as_str(), orphan.orphan_id.as_str());
    let confirm = query([("confirm", orphan.name.as_str())]);
    cli_snippet(
        "Remove the orphan",
        ["recovery", "remove", id, "--account", account],
        &Method::DELETE,
        &format!("{API}{}{confirm}", path([account, "orphans", id])),
        None,
    )
}

/// Requests the removal; the API compares the typed name.
pub(super) async fn remove(OperatorSubmission(submission): OperatorSubmission) -> Response {
    let Submission { page, fields } = submission;
    let (account, id) = (page.segment("account"), page.segment("orphan"));
    let below = path([account, "orphans", id]);
    let confirm = query([("confirm", fields.text("typed"))]);
    let route = format!("{API}{below}{confirm}");
    match page.api.send(Method::DELETE, &route, None).await {
        Ok(_orphan) => page.done(
            &recovery_href(),
            "The orphan is being removed; this page shows its progress",
        ),
        Err(refused) => present(&page.with_problem(refused)).await,
    }
}

impl OrphanRow {
    pub(super) fn remove_href(&self) -> String {
        let below = path([&self.it.account, "orphan", &self.it.orphan_id]);
        format!("{}{below}", recovery_href())
    }

    /// Project and service of the link that it was, if its tag says them.
    pub(super) fn origin(&self) -> Option<String> {
        let (project, service) = (
            self.it.project_name.as_ref()?,
            self.it.service_name.as_ref()?,
        );
        Some(format!("{project}/{service}"))
    }

    /// Reports whether a removal can be requested.
    pub(super) fn is_removable(&self) -> bool {
        self.it.removal.is_none() && self.it.removal_refused.is_none()
    }
}
