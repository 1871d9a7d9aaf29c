//! Links of the store that their cloud does not have: their removal from the store, and their
//! replacement by the links that were created again.

use askama::Template;
use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};
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
#[template(path = "console/recovery_link.html")]
struct LinkPage {
    layout: PageLayout,
    /// `None`: the link does not differ any more.
    question: Option<String>,
    /// The consequences, a sentence each.
    sentences: Vec<String>,
    button: &'static str,
}

/// The change of a stored link.
#[derive(Clone, Copy)]
enum Change {
    Drop,
    Replace,
}

/// Shows what the removal from the store means, and asks.
pub(super) async fn ask_to_drop(OperatorPage(page): OperatorPage) -> Response {
    present(&page, Change::Drop).await
}

/// Shows both links, and asks.
pub(super) async fn ask_to_replace(OperatorPage(page): OperatorPage) -> Response {
    present(&page, Change::Replace).await
}

/// Removes a link from the store.
pub(super) async fn drop(OperatorSubmission(submission): OperatorSubmission) -> Response {
    change(submission, Change::Drop).await
}

/// Adopts a link in place of another one.
pub(super) async fn replace(OperatorSubmission(submission): OperatorSubmission) -> Response {
    change(submission, Change::Replace).await
}

async fn change(Submission { page, .. }: Submission, change: Change) -> Response {
    let link = page.segment("link");
    match settle(&page, change.action(), &change.body(link)).await {
        Ok(_settled) => {
            let notice = match change {
                Change::Drop => format!("Link `{link}` was dropped from the store"),
                Change::Replace => format!("Link `{link}` was adopted"),
            };
            page.done(&recovery_href(), notice)
        }
        Err(refused) => present(&page.with_problem(refused), change).await,
    }
}

async fn present(page: &Page, change: Change) -> Response {
    match load(page, change).await {
        Ok(content) => page.render(&content),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, change: Change) -> Result<LinkPage, ApiError> {
    let link = page.segment("link");
    let account = held_account(page).await?;
    let asked = account.and_then(|account| {
        let snippet = change.snippet(&account, link);
        Some((snippet, change.question(&account, link)?))
    });
    let layout = page.layout(change.title(), Section::Recovery).await;
    let button = change.title();
    Ok(match asked {
        Some((snippet, (question, sentences))) => LinkPage {
            layout: layout.with_snippets(vec![snippet]),
            question: Some(question),
            sentences,
            button,
        },
        None => LinkPage {
            layout,
            question: None,
            sentences: Vec::new(),
            button,
        },
    })
}

impl Change {
    const fn title(self) -> &'static str {
        match self {
            Self::Drop => "Drop link",
            Self::Replace => "Replace link",
        }
    }

    /// The action of the API.
    const fn action(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Replace => "adopt",
        }
    }

    fn body(self, link: &str) -> Value {
        match self {
            Self::Drop => json!({"link_id": link}),
            Self::Replace => json!({"link_id": link, "replace": true}),
        }
    }

    fn snippet(self, account: &HeldAccount, link: &str) -> CliSnippet {
        let name = account.it.account.as_str();
        let words = match self {
            Self::Drop => vec!["recovery", "drop", name, link],
            Self::Replace => vec!["recovery", "adopt", name, "--link", link],
        };
        cli_snippet(
            self.title(),
            words,
            &Method::POST,
            &format!("{API}{}", path([name, self.action()])),
            Some(&self.body(link)),
        )
    }

    /// Returns the question and the consequences; `None` if the account has no such link.
    fn question(self, account: &HeldAccount, link: &str) -> Option<(String, Vec<String>)> {
        match self {
            Self::Drop => {
                let mut absent = account.it.absent_links.iter();
                let it = absent.find(|it| it.link_id == link)?;
                let of = format!("{}/{}", it.project_name, it.service_name);
                let question = format!("Drop link {link} of {of} from the store?");
                let sentences = vec![
                    "The cloud does not have the link: it was deleted after the backup. When the \
                     work of the account goes on, Underpass would publish it again under a new alias."
                        .to_owned(),
                    format!(
                        "The store loses the link with {} connection(s). Nothing is written to the \
                         cloud.",
                        it.connections
                    ),
                ];
                Some((question, sentences))
            }
            Self::Replace => {
                let it = account.it.links.iter().find(|it| it.link_id == link)?;
                let old = &it.stored_link.as_ref()?.link_id;
                let of = format!("{}/{}", it.project_name, it.service_name);
                let question = format!("Replace link {old} of {of} by {link}?");
                let sentences = vec![
                    format!(
                        "The link was deleted and created again after the backup: the store has \
                         {old}, which the cloud does not have any more, and the cloud has {link}."
                    ),
                    format!(
                        "The store loses {old} with its connections, and gets {link} with {} \
                         connection(s) as the cloud shows them. Nothing is written to the cloud.",
                        it.connections.len()
                    ),
                ];
                Some((question, sentences))
            }
        }
    }
}
