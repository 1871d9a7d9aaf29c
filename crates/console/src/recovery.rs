//! Accounts on hold, because the store is older than their cloud. For operators only.

mod orphan;
mod route;

use std::fmt;

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use underpass_api_types::recovery::{
    ConnectionDifferenceView, HeldAccountView, RecoveryView, SettledView,
};
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::fingerprint::fingerprint;
use underpass_web::time::RelativeTime;
use underpass_web::url::path;

use self::orphan::OrphanRow;
use self::route::API;
use crate::api::read;
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
        .route(&at("resume"), post(resume))
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
    /// Input for the confirmation of an overruling.
    typed: String,
}

/// An account on hold.
struct HeldAccount {
    it: HeldAccountView,
    since: RelativeTime,
}

async fn show(OperatorPage(page): OperatorPage) -> Response {
    present(page, String::new()).await
}

/// Shows the page, after a refusal with the refused input.
async fn present(page: Page, typed: String) -> Response {
    match load(&page, typed).await {
        Ok(content) => page.render(&content),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, typed: String) -> Result<RecoveryPage, ApiError> {
    let held: RecoveryView = page.api.get(API).await?;
    let accounts: Vec<_> = held
        .accounts
        .into_iter()
        .map(|it| HeldAccount {
            since: RelativeTime::new(&it.since, page.now),
            it,
        })
        .collect();
    let layout = page.layout("Recovery", Section::Recovery).await;
    Ok(RecoveryPage {
        layout: layout.with_snippets(snippets(&accounts)),
        accounts,
        orphans: orphan::orphans(page).await?,
        typed,
    })
}

/// Takes over what the cloud shows about a connection, a link or the account.
async fn adopt(OperatorSubmission(submission): OperatorSubmission) -> Response {
    let Submission { page, fields } = submission;
    let connections: Vec<_> = fields.filled("connection").into_iter().collect();
    let body = json!({"link_id": fields.filled("link"), "connections": connections});
    match settle(&page, "adopt", &body).await {
        Ok(settled) => {
            let account = page.segment("account");
            let count = settled.connections.len();
            let rest = match settled.remaining {
                Some(rest) if rest.links.is_empty() => ". No differences are left: resume its work",
                _ => "",
            };
            let notice = format!(
                "Adopted {} of account `{account}`{rest}",
                Connections(count)
            );
            page.done(&recovery_href(), notice)
        }
        Err(refused) => present(page.with_problem(refused), String::new()).await,
    }
}

/// Ends the hold of an account. Differences that are left need the name of the account as consent.
async fn resume(OperatorSubmission(submission): OperatorSubmission) -> Response {
    let Submission { page, fields } = submission;
    let (account, typed) = (page.segment("account").to_owned(), fields.text("typed"));
    let overrules = fields.filled("agreed").is_some();
    if overrules && let Err(refused) = consent(&page, &account, typed, fields.text("agreed")).await
    {
        return present(page.with_problem(refused), typed.to_owned()).await;
    }
    match settle(&page, "resume", &json!({"overrule": overrules})).await {
        Ok(_settled) => page.done(
            &recovery_href(),
            format!("The work of account `{account}` goes on"),
        ),
        Err(refused) => present(page.with_problem(refused), String::new()).await,
    }
}

/// Checks the consent to overrule what the cloud shows: to the differences that the page showed.
async fn consent(page: &Page, account: &str, typed: &str, agreed: &str) -> Result<(), ApiError> {
    if typed != account {
        return Err(ApiError::invalid(format!(
            "Nothing was overruled. To confirm, enter the name of the account: `{account}`"
        )));
    }
    let held: RecoveryView = page.api.get(API).await?;
    let mut accounts = held.accounts.iter();
    let is_same = accounts.any(|it| it.account == account && differences(it) == agreed);
    if is_same {
        Ok(())
    } else {
        Err(ApiError::invalid(
            "Nothing was overruled: the differences changed since the page was made. Check them \
             again"
                .to_owned(),
        ))
    }
}

async fn settle(page: &Page, action: &str, body: &Value) -> Result<SettledView, ApiError> {
    let below = path([page.segment("account"), action]);
    let route = format!("{API}{below}");
    read(page.api.send(Method::POST, &route, Some(body)).await?)
}

/// Fingerprint of the differences of an account.
fn differences(account: &HeldAccountView) -> String {
    let mut entries = Vec::new();
    for link in &account.links {
        entries.push(format!("{} {}\n", link.link_id, link.in_store));
        let of_link = link.connections.iter();
        entries.extend(of_link.map(|it| {
            let stored = it.stored_decision.as_deref().unwrap_or_default();
            let id = &it.privatelink_connection_id;
            format!("{id} {} {stored}\n", it.cloud_decision)
        }));
    }
    fingerprint(entries.iter().map(String::as_str))
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
    for HeldAccount { it, .. } in accounts {
        let account = it.account.as_str();
        let route = |action| format!("{API}{}", path([account, action]));
        all.push(cli_snippet(
            "Adopt what the cloud shows",
            ["recovery", "adopt", account],
            &Method::POST,
            &route("adopt"),
            Some(&json!({})),
        ));
        all.push(cli_snippet(
            "Resume the work of the account",
            ["recovery", "resume", account],
            &Method::POST,
            &route("resume"),
            Some(&json!({"overrule": false})),
        ));
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

impl HeldAccount {
    fn href(&self, action: &str) -> String {
        format!("{}{}", recovery_href(), path([&self.it.account, action]))
    }

    /// See [`differences`].
    fn fingerprint(&self) -> String {
        differences(&self.it)
    }

    /// Connections that lose their approval if the store overrules the cloud.
    fn losing(&self) -> impl Iterator<Item = &ConnectionDifferenceView> {
        let all = self.it.links.iter().flat_map(|link| &link.connections);
        all.filter(|it| {
            it.cloud_decision == "approved" && it.stored_decision.as_deref() != Some("approved")
        })
    }
}
