//! Links of the store that their cloud does not have: `recovery drop`, and their replacement by
//! `recovery adopt`.

use serde_json::json;
use underpass_api_types::recovery::{
    HeldAccountView, LinkDifferenceView, RecoveryView, SettledView,
};

use super::held_account::{RECOVERY, SETTLED, next_step};
use crate::cli::recovery::{RecoveryAdoptArgs, RecoveryDropArgs};
use crate::client::Client;
use crate::document::Document;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::table::Layout;

/// Presence of a link of which the cloud has no part.
const ABSENT: &str = "absent";

/// Asks, and removes a link from the store.
pub(super) async fn drop(
    client: &Client,
    args: &RecoveryDropArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let held: Document<RecoveryView> = client.read(&RECOVERY).await?;
    let accounts = held.content.accounts.iter();
    let mut links = accounts
        .filter(|held| held.account == args.account)
        .flat_map(|held| &held.absent_links);
    // What is not listed is refused by the server, with the reason.
    if let Some(link) = links.find(|it| it.link_id == args.link && it.is_proven) {
        printer.say(&format!(
            "Link {} of {}/{} is removed from the store with {} connection(s). The cloud does not \
             have it, so nothing is written there",
            link.link_id, link.project_name, link.service_name, link.connections
        ));
        printer.confirm(&format!("Drop link {}", args.link), args.consent)?;
    }
    let path = [RECOVERY[0], RECOVERY[1], &args.account, "drop"];
    let body = json!({"link_id": args.link});
    let answer: Document<SettledView> = client.post_for(&path, body).await?;
    if args.output.json {
        return printer.row(&answer.raw, Layout::Columns(SETTLED), &args.output);
    }
    printer.say(&format!("Link {} was dropped", args.link));
    if let Some(remaining) = &answer.content.remaining {
        printer.say(&next_step(remaining));
    }
    Ok(())
}

/// Names the links that the cloud does not show, with the command that drops each.
pub(super) fn say(account: &HeldAccountView, printer: Printer) {
    for sentence in sentences(account) {
        printer.say(&sentence);
    }
}

fn sentences(account: &HeldAccountView) -> Vec<String> {
    let name = &account.account;
    let links = account.absent_links.iter();
    let sentence = links.map(|it| {
        let link = format!(
            "link {} of {}/{}",
            it.link_id, it.project_name, it.service_name
        );
        if it.is_proven {
            format!(
                "The cloud does not have {link}, which was deleted after the backup. `recovery \
                 resume` publishes it again. To remove it from the store instead: `underpass \
                 recovery drop {name} {}`",
                it.link_id
            )
        } else {
            format!(
                "The cloud does not show {link}. Underpass proves that it was deleted, which takes \
                 minutes; then it can be dropped"
            )
        }
    });
    sentence.collect()
}

/// Returns the links whose adoption replaces another link of the store, in words.
pub(super) fn replacements(account: &HeldAccountView) -> Vec<String> {
    let replaced = |link: &LinkDifferenceView| {
        let stored = link.stored_link.as_ref()?;
        let (id, old) = (&link.link_id, &stored.link_id);
        let of = format!("{}/{}", link.project_name, link.service_name);
        Some(match stored.presence.as_str() {
            ABSENT => format!(
                "The link of {of} was deleted and created again after the backup: the cloud has \
                 {id}, and the store has {old}, which the cloud does not have. The adoption \
                 replaces {old} with its connections by {id}"
            ),
            "present" => format!(
                "The cloud has both {id} and {old} of {of}. The store has {old}, so {id} cannot be \
                 adopted"
            ),
            _ => format!(
                "The store has {old} in place of {id} of {of}. {id} can be adopted once it is \
                 proven that the cloud does not have {old}, which takes minutes"
            ),
        })
    };
    account.links.iter().filter_map(replaced).collect()
}

/// Shows what the adoption replaces, and asks; false if it replaces nothing.
pub(super) async fn asks_to_replace(
    client: &Client,
    args: &RecoveryAdoptArgs,
    printer: Printer,
) -> Result<bool, Failure> {
    let held: Document<RecoveryView> = client.read(&RECOVERY).await?;
    let mut accounts = held.content.accounts.into_iter();
    let Some(mut account) = accounts.find(|held| held.account == args.account) else {
        return Ok(false);
    };
    account.links.retain(|link| {
        let stored = link.stored_link.as_ref();
        stored.is_some_and(|stored| stored.presence == ABSENT)
            && args.link.as_ref().is_none_or(|only| *only == link.link_id)
    });
    if account.links.is_empty() {
        return Ok(false);
    }
    for sentence in replacements(&account) {
        printer.say(&sentence);
    }
    let question = format!("Replace {} link(s) of the store", account.links.len());
    printer.confirm(&question, args.consent)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use underpass_api_types::recovery::{AbsentLinkView, StoredLinkView};

    use super::*;

    fn account(presence: &str, is_proven: bool) -> HeldAccountView {
        HeldAccountView {
            account: "azure".to_owned(),
            since: "2026-01-01T00:00:00Z".to_owned(),
            cause: "store_replaced".to_owned(),
            fully_read: true,
            writes: Vec::new(),
            plan: String::new(),
            absent_links: vec![AbsentLinkView {
                link_id: "sold".to_owned(),
                project_name: "demo".to_owned(),
                service_name: "pg-1".to_owned(),
                provider: "azure".to_owned(),
                connections: 1,
                is_proven,
            }],
            links: vec![LinkDifferenceView {
                link_id: "snew".to_owned(),
                project_name: "demo".to_owned(),
                service_name: "pg-1".to_owned(),
                provider: "azure".to_owned(),
                in_store: false,
                stored_link: Some(StoredLinkView {
                    link_id: "sold".to_owned(),
                    presence: presence.to_owned(),
                }),
                connections: Vec::new(),
            }],
        }
    }

    #[test]
    fn a_link_that_was_created_again_is_shown_with_the_stored_one() {
        let sentences: Vec<_> = ["absent", "present", "suspected_absent"]
            .iter()
            .flat_map(|presence| replacements(&account(presence, true)))
            .collect();
        insta::assert_snapshot!(sentences.join("\n"), @r#"
        The link of demo/pg-1 was deleted and created again after the backup: the cloud has snew, and the store has sold, which the cloud does not have. The adoption replaces sold with its connections by snew
        The cloud has both snew and sold of demo/pg-1. The store has sold, so snew cannot be adopted
        The store has sold in place of snew of demo/pg-1. snew can be adopted once it is proven that the cloud does not have sold, which takes minutes
        "#);
    }

    #[test]
    fn an_absent_link_is_shown_with_the_command_that_drops_it() {
        let all: Vec<_> = [true, false]
            .iter()
            .flat_map(|is_proven| sentences(&account("absent", *is_proven)))
            .collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        The cloud does not have link sold of demo/pg-1, which was deleted after the backup. `recovery resume` publishes it again. To remove it from the store instead: `underpass recovery drop azure sold`
        The cloud does not show link sold of demo/pg-1. Underpass proves that it was deleted, which takes minutes; then it can be dropped
        "#);
    }
}
