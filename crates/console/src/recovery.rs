//! Accounts on hold, because the store is older than their cloud. For operators only.

mod held_account;
mod orphan;
mod resume;
mod route;
mod stored_link;

use std::fmt;

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;
use underpass_api_types::recovery::{SettledView, UnadoptedLinkView};
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::url::path;

use self::held_account::{HeldAccount, held_accounts, settle};
use self::orphan::OrphanRow;
use self::route::API;
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::{ROOT, recovery_href};
use crate::layout::{PageLayout, Section};
use crate::operator::{OperatorPage, OperatorSubmission};
use crate::page::{Page, Submission};

pub(crate) fn routes() -> Router<Console> {
    let at = |action: &str| format!("{ROOT}/recovery/{{account}}/{action}");
    Router::new()
        .route(&recovery_href(), get(show))
        .route(&at("adopt"), post(adopt))
        .route(&at("resume"), get(resume::ask).post(resume::resume))
        .route(
            &at("replace/{link}"),
            get(stored_link::ask_to_replace).post(stored_link::replace),
        )
        .route(
            &at("drop/{link}"),
            get(stored_link::ask_to_drop).post(stored_link::drop),
        )
        .route(
            &at("orphan/{orphan}"),
            get(orphan::ask).post(orphan::remove),
        )
}

#[derive(Template)]
#[template(path = "console/recovery.html")]
struct RecoveryPage {
    layout: PageLayout,
    accounts: Vec<HeldAccount>,
    orphans: Vec<OrphanRow>,
    /// Why the list of orphans may lack some.
    incomplete: Vec<String>,
    /// Links that an adoption left out.
    unadopted: Vec<UnadoptedLinkView>,
}

async fn show(OperatorPage(page): OperatorPage) -> Response {
    present(page, Vec::new()).await
}

/// Shows the page, after an adoption with the links that it left out.
async fn present(page: Page, unadopted: Vec<UnadoptedLinkView>) -> Response {
    match load(&page, unadopted).await {
        Ok(content) => page.render(&content),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, unadopted: Vec<UnadoptedLinkView>) -> Result<RecoveryPage, ApiError> {
    let accounts = held_accounts(page).await?;
    let layout = page.layout("Recovery", Section::Recovery).await;
    let layout = layout.with_snippets(snippets(&accounts));
    let (orphans, incomplete) = orphan::orphans(page).await?;
    Ok(RecoveryPage {
        layout: if unadopted.is_empty() {
            layout
        } else {
            layout.answered()
        },
        accounts,
        orphans,
        incomplete,
        unadopted,
    })
}

/// Takes over what the cloud shows about a connection, a link or the account.
async fn adopt(OperatorSubmission(submission): OperatorSubmission) -> Response {
    let Submission { page, fields } = submission;
    let connections: Vec<_> = fields.filled("connection").into_iter().collect();
    let body = json!({"link_id": fields.filled("link"), "connections": connections});
    match settle(&page, "adopt", &body).await {
        Ok(settled) => {
            let notice = adopted(page.segment("account"), &settled);
            if settled.failed.is_empty() {
                page.done(&recovery_href(), notice)
            } else {
                present(page.with_notice(notice), settled.failed).await
            }
        }
        Err(refused) => present(page.with_problem(refused), Vec::new()).await,
    }
}

/// The result of an adoption in words.
fn adopted(account: &str, settled: &SettledView) -> String {
    let count = Connections(settled.connections.len());
    let rest = match &settled.remaining {
        Some(rest) if rest.links.is_empty() => ". No differences are left: resume its work",
        _ => "",
    };
    format!("Adopted {count} of account `{account}`{rest}")
}

fn snippets(accounts: &[HeldAccount]) -> Vec<CliSnippet> {
    let mut all = vec![
        cli_snippet(
            "Show what differs",
            ["recovery", "show"],
            &Method::GET,
            API,
            None,
        ),
        cli_snippet(
            "List the orphans",
            ["recovery", "orphans"],
            &Method::GET,
            &format!("{API}/orphans"),
            None,
        ),
    ];
    for account in accounts {
        let name = account.it.account.as_str();
        all.push(cli_snippet(
            "Adopt what the cloud shows",
            ["recovery", "adopt", name],
            &Method::POST,
            &format!("{API}{}", path([name, "adopt"])),
            Some(&json!({})),
        ));
        all.push(resume::snippet(account));
    }
    all
}

/// A number of connections in words.
struct Connections(usize);

impl fmt::Display for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 connection"),
            count => write!(f, "{count} connections"),
        }
    }
}
