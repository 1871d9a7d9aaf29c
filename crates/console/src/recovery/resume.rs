//! End of a hold: its confirmation, and its result.

use askama::Template;
use axum::http::Method;
use axum::response::Response;
use serde_json::json;
use underpass_api_types::recovery::{LeftLinkView, SettledView};
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::url::path;

use super::held_account::{HeldAccount, held_account, settle};
use super::route::API;
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::href::recovery_href;
use crate::layout::{PageLayout, Section};
use crate::operator::{OperatorPage, OperatorSubmission};
use crate::page::{Page, Submission};

#[derive(Template)]
#[template(path = "console/recovery_resume.html")]
struct ResumePage {
    layout: PageLayout,
    name: String,
    /// The account; `None` if it is not on hold.
    account: Option<HeldAccount>,
    /// Input for the confirmation.
    typed: String,
}

#[derive(Template)]
#[template(path = "console/recovery_resumed.html")]
struct ResumedPage {
    layout: PageLayout,
    orphans: Vec<LeftLinkView>,
}

/// Shows what the end of the hold writes and cuts, and asks.
pub(super) async fn ask(OperatorPage(page): OperatorPage) -> Response {
    present(page, String::new()).await
}

/// Ends the hold of an account with the consent to what the page showed.
pub(super) async fn resume(OperatorSubmission(submission): OperatorSubmission) -> Response {
    let Submission { page, fields } = submission;
    let (agreed, typed) = (fields.text("agreed"), fields.text("typed"));
    let account = match held_account(&page).await {
        Ok(Some(account)) => account,
        Ok(None) => return present(page, String::new()).await,
        Err(refused) => return present(page.with_problem(refused), String::new()).await,
    };
    let unread = fields.text("unread") == "on";
    if let Err(refused) = account.check_consent(agreed, typed, unread) {
        // A name that was entered for something else is no consent to what is shown now.
        let typed = if agreed == account.it.plan { typed } else { "" };
        return present(page.with_problem(refused), typed.to_owned()).await;
    }
    let overrules = !account.it.links.is_empty();
    match settle(
        &page,
        "resume",
        &json!({"overrule": overrules, "unread": unread, "plan": agreed}),
    )
    .await
    {
        Ok(settled) => resumed(page, settled).await,
        Err(refused) => present(page.with_problem(refused), String::new()).await,
    }
}

async fn resumed(page: Page, settled: SettledView) -> Response {
    let notice = format!("The work of account `{}` goes on", page.segment("account"));
    if settled.orphans.is_empty() {
        return page.done(&recovery_href(), notice);
    }
    let page = page.with_notice(notice);
    let layout = page.layout("Recovery", Section::Recovery).await;
    page.render(&ResumedPage {
        layout: layout.answered(),
        orphans: settled.orphans,
    })
}

/// Shows the page, after a refusal with the refused input.
async fn present(page: Page, typed: String) -> Response {
    match load(&page, typed).await {
        Ok(content) => page.render(&content),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, typed: String) -> Result<ResumePage, ApiError> {
    let account = held_account(page).await?;
    let layout = page.layout("Resume account", Section::Recovery).await;
    let snippets = account.iter().map(snippet).collect();
    Ok(ResumePage {
        layout: layout.with_snippets(snippets),
        name: page.segment("account").to_owned(),
        account,
        typed,
    })
}

/// The command that ends the hold of an account.
pub(super) fn snippet(HeldAccount { it, .. }: &HeldAccount) -> CliSnippet {
    let account = it.account.as_str();
    cli_snippet(
        "Resume the work of the account",
        ["recovery", "resume", account],
        &Method::POST,
        &format!("{API}{}", path([account, "resume"])),
        Some(&json!({"overrule": false, "plan": it.plan})),
    )
}
