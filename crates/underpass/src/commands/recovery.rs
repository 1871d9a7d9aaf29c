//! `recovery show|adopt|drop|resume|orphans|remove|unreadable`

mod absent_link;
mod held_account;
mod orphan;

use std::time::Duration;

use serde_json::{Value, json};
use underpass_api_types::recovery::{
    ConnectionDifferenceView, HeldAccountView, PlannedWriteView, RecoveryView, SettledView,
};

use self::held_account::{RECOVERY, SETTLED, next_step};
use super::unreadable;
use crate::cli::output::OutputArgs;
use crate::cli::recovery::{RecoveryAdoptArgs, RecoveryCommand, RecoveryResumeArgs};
use crate::client::Client;
use crate::clock;
use crate::document::Document;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::{self, Layout};

/// Columns of differences.
const DIFFERENCES: &[&str] = &[
    "account",
    "service",
    "link_id",
    "privatelink_connection_id",
    "cloud",
    "store",
    "user_ip_address",
    "endpoint",
];

/// Cause of a hold: the store was restored or put back.
const STORE_REPLACED: &str = "store_replaced";

/// The consequences of a store that was replaced.
const REPLACED: [&str; 2] = [
    "The store was restored or lost, or another copy was put in its place. Open components, nodes, lists \
     of subscriptions, deleted links and networks are as this store has them. `recovery resume` makes \
     the clouds follow the store and can cut connections: check what it writes",
    "Tokens that were revoked since are valid again, and so are grants and projects that ended. End all \
     tokens but your own with `underpass token revoke --all`",
];
/// Columns of planned writes.
const WRITES: &[&str] = &["object", "write", "adds", "cuts", "will_fail"];

/// Pause between two questions whether the cloud was read completely: half a second.
const READ_PAUSE: Duration = Duration::from_millis(500);

/// Longest wait until the cloud was read completely: 30 seconds, several discovery intervals.
const LONGEST_READ: Duration = Duration::from_secs(30);

pub(super) async fn run(
    command: RecoveryCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let client = Client::new(settings.target()?)?;
    match command {
        RecoveryCommand::Show(output) => show(&client, &output, printer).await,
        RecoveryCommand::Adopt(args) => adopt(&client, &args, printer).await,
        RecoveryCommand::Drop(args) => absent_link::drop(&client, &args, printer).await,
        RecoveryCommand::Resume(args) => resume(&client, &args, printer).await,
        RecoveryCommand::Orphans(output) => orphan::list(&client, &output, printer).await,
        RecoveryCommand::Unreadable(output) => unreadable::list(&client, &output, printer).await,
        RecoveryCommand::Remove(args) => orphan::remove(&client, args, printer).await,
    }
}

async fn show(client: &Client, output: &OutputArgs, printer: Printer) -> Result<(), Failure> {
    let answer: Document<RecoveryView> = client.read(&RECOVERY).await?;
    if output.json {
        return printer.row(&answer.raw, Layout::Columns(DIFFERENCES), output);
    }
    let accounts = &answer.content.accounts;
    if accounts.is_empty() {
        return printer.data("No account is on hold: the store is not older than a cloud");
    }
    let rows: Vec<Value> = accounts.iter().flat_map(rows).collect();
    printer.rows(&rows, Layout::Columns(DIFFERENCES), output)?;
    if accounts.iter().any(|it| it.cause == STORE_REPLACED) {
        for sentence in REPLACED {
            printer.say(sentence);
        }
    }
    for account in accounts {
        say_reads_and_writes(account, printer);
        if output.format.is_none() {
            for line in write_lines(account) {
                printer.data(&line)?;
            }
        }
        absent_link::say(account, printer);
        for sentence in absent_link::replacements(account) {
            printer.say(&sentence);
        }
        let lost = lost_addresses(account);
        let action = "After the adoption set it again";
        if let Some(sentence) = unknown_addresses(&account.account, &lost, action) {
            printer.say(&sentence);
        }
        printer.say(&next_step(account));
    }
    Ok(())
}

async fn adopt(client: &Client, args: &RecoveryAdoptArgs, printer: Printer) -> Result<(), Failure> {
    let replace = absent_link::asks_to_replace(client, args, printer).await?;
    let body = json!({"link_id": args.link, "connections": args.connections, "replace": replace});
    let path = [RECOVERY[0], RECOVERY[1], &args.account, "adopt"];
    let answer: Document<SettledView> = client.post_for(&path, body).await?;
    settled(&answer, &args.output, printer)?;
    let content = &answer.content;
    let unknown: Vec<_> = content
        .connections
        .iter()
        .filter(|it| it.decision == "approved" && it.user_ip_address.is_none())
        .map(|it| {
            let id = &it.privatelink_connection_id;
            set_address(&it.project_name, &it.service_name, &it.provider, id)
        })
        .collect();
    if let Some(sentence) = unknown_addresses(&args.account, &unknown, "Set it again") {
        printer.say(&sentence);
    }
    for it in &content.failed {
        let next = it.next_action.as_ref();
        let next = next.map_or_else(String::new, |next| format!(". {next}"));
        printer.say(&format!(
            "Link {} of {}/{} was not adopted: {}{next}",
            it.link_id, it.project_name, it.service_name, it.reason
        ));
    }
    if !args.output.json
        && let Some(remaining) = &content.remaining
    {
        printer.say(&next_step(remaining));
    }
    match content.failed.len() {
        0 => Ok(()),
        count => Err(Failure::refused(format!(
            "{count} link(s) of account {} were not adopted",
            args.account
        ))),
    }
}

async fn resume(
    client: &Client,
    args: &RecoveryResumeArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let account = fully_read(client, &args.account, printer).await?;
    // What the server refuses is not asked about.
    if let Some(account) = &account
        && (args.overrule || account.links.is_empty())
        && (args.unread || account.fully_read)
    {
        let overrules = overrules(account, printer);
        let writes = say_reads_and_writes(account, printer);
        for line in write_lines(account) {
            printer.say(&line);
        }
        absent_link::say(account, printer);
        if overrules || writes {
            let question = if overrules {
                format!("Overrule what account {} shows", args.account)
            } else {
                format!("Let the work of account {} go on", args.account)
            };
            printer.confirm(&question, args.consent)?;
        }
    }
    // The server refuses another plan than the one that was shown.
    let plan = account.map(|account| account.plan).unwrap_or_default();
    let body = json!({"overrule": args.overrule, "unread": args.unread, "plan": plan});
    let path = [RECOVERY[0], RECOVERY[1], &args.account, "resume"];
    let answer: Document<SettledView> = client.post_for(&path, body).await?;
    settled(&answer, &args.output, printer)?;
    for it in &answer.content.orphans {
        printer.say(&format!(
            "Link {} of {}/{} stays in the cloud as an orphan. List it with `underpass recovery \
             orphans`, and remove it with `underpass recovery remove {}`",
            it.link_id, it.project_name, it.service_name, it.link_id
        ));
    }
    printer.say(&format!("The work of account {} goes on", args.account));
    Ok(())
}

/// Returns an account on hold once the cloud was read completely, which takes some seconds after a
/// start or an adoption; what is known, if it takes too long.
async fn fully_read(
    client: &Client,
    name: &str,
    printer: Printer,
) -> Result<Option<HeldAccountView>, Failure> {
    let begun = clock::instant();
    loop {
        let held: Document<RecoveryView> = client.read(&RECOVERY).await?;
        let mut accounts = held.content.accounts.into_iter();
        let account = accounts.find(|held| held.account == name);
        let is_done = account.as_ref().is_none_or(|it| it.fully_read);
        if is_done || begun.elapsed() >= LONGEST_READ {
            return Ok(account);
        }
        if begun.elapsed() < READ_PAUSE {
            printer.say(&format!("The cloud of account {name} is being read"));
        }
        tokio::time::sleep(READ_PAUSE).await;
    }
}

/// Announces what the end of a hold writes to the cloud; false if it writes nothing.
fn say_reads_and_writes(account: &HeldAccountView, printer: Printer) -> bool {
    let name = &account.account;
    if !account.fully_read {
        printer.say(&format!(
            "The cloud of account {name} is not read completely yet, so differences and writes may \
             be missing. Wait some seconds and look again"
        ));
    }
    if account.writes.is_empty() {
        return !account.fully_read;
    }
    printer.say(&format!(
        "The cloud of account {name} was changed after the backup. When its work goes on, Underpass \
         writes what the store has. CUTS lose their flows; \"create\" makes what the cloud does not \
         have (deleted after the backup, or lost), and a published service gets a new alias. WILL_FAIL says why \
         the cloud will refuse a write, as far as this is known before:"
    ));
    true
}

fn write_lines(account: &HeldAccountView) -> Vec<String> {
    let rows: Vec<_> = account.writes.iter().map(write_row).collect();
    table::draw(&rows, Layout::Columns(WRITES))
}

fn write_row(it: &PlannedWriteView) -> Value {
    json!({
        "object": it.object,
        "write": format!("{} {}", it.action, it.part_name),
        "adds": it.adds.join(", "),
        "cuts": it.cuts.join(", "),
        "will_fail": it.expected_failure.as_deref().unwrap_or_default(),
    })
}

/// Prints what the end of a hold does about the differences that are left; false if there are none.
fn overrules(account: &HeldAccountView, printer: Printer) -> bool {
    let (known, unknown): (Vec<_>, Vec<_>) = account
        .links
        .iter()
        .cloned()
        .partition(|link| link.in_store);
    let with = |links| HeldAccountView {
        links,
        ..account.clone()
    };
    let overruled = rows(&with(known));
    if !overruled.is_empty() {
        printer.say(
            "These differences get the decision of the store. A connection that the store does \
             not have as approved is rejected, which cuts its flows:",
        );
        for line in table::draw(&overruled, Layout::Columns(DIFFERENCES)) {
            printer.say(&line);
        }
    }
    let left = rows(&with(unknown));
    if !left.is_empty() {
        printer.say(
            "The store does not have these links. They stay in the cloud as orphans, and the flows \
             of their connections go on. `underpass recovery orphans` lists them, `underpass \
             recovery remove` removes one; they cannot be adopted any more:",
        );
        for line in table::draw(&left, Layout::Columns(DIFFERENCES)) {
            printer.say(&line);
        }
    }
    !account.links.is_empty()
}

fn settled(
    answer: &Document<SettledView>,
    output: &OutputArgs,
    printer: Printer,
) -> Result<(), Failure> {
    if output.json {
        return printer.row(&answer.raw, Layout::Columns(SETTLED), output);
    }
    let connections: Vec<Value> = answer
        .content
        .connections
        .iter()
        .map(|it| {
            json!({
                "service": format!("{}/{}", it.project_name, it.service_name),
                "privatelink_connection_id": it.privatelink_connection_id,
                "decision": it.decision,
                "user_ip_address": it.user_ip_address,
                "endpoint": it.endpoint,
            })
        })
        .collect();
    printer.rows(&connections, Layout::Columns(SETTLED), output)
}

/// Returns one row for each connection that differs, and for each link without one.
fn rows(account: &HeldAccountView) -> Vec<Value> {
    let mut rows = Vec::new();
    for link in &account.links {
        let row = |connection: Value, cloud: &str, store: &str, address: Value, endpoint: Value| {
            json!({
                "account": account.account,
                "service": format!("{}/{}", link.project_name, link.service_name),
                "link_id": link.link_id,
                "privatelink_connection_id": connection,
                "cloud": cloud,
                "store": store,
                "user_ip_address": address,
                "endpoint": endpoint,
            })
        };
        if !link.in_store {
            let none = Value::Null;
            let stored = link.stored_link.as_ref();
            let stored = stored.map_or_else(
                || "no link".to_owned(),
                |other| format!("link {}", other.link_id),
            );
            rows.push(row(none.clone(), "published", &stored, none.clone(), none));
        }
        for it in &link.connections {
            let stored = it.stored_decision.as_deref().unwrap_or("unknown");
            let (id, endpoint) = (&it.privatelink_connection_id, &it.endpoint);
            let (cloud, address) = (&it.cloud_decision, json!(it.user_ip_address));
            rows.push(row(json!(id), cloud, stored, address, json!(endpoint)));
        }
    }
    rows
}

/// Returns the commands that set the lost addresses of approved endpoints of an account.
fn lost_addresses(account: &HeldAccountView) -> Vec<String> {
    let is_lost = |it: &&ConnectionDifferenceView| {
        it.cloud_decision == "approved" && it.user_ip_address.is_none()
    };
    let mut commands = Vec::new();
    for link in &account.links {
        commands.extend(link.connections.iter().filter(is_lost).map(|it| {
            let id = &it.privatelink_connection_id;
            set_address(&link.project_name, &link.service_name, &link.provider, id)
        }));
    }
    commands
}

fn set_address(project: &str, service: &str, provider: &str, connection: &str) -> String {
    format!(
        "`underpass service privatelink {provider} connection update {service} {connection} \
         --endpoint-ip-address IP --project {project}`"
    )
}

/// Returns the instruction for approved connections whose address is not known any more: it was set
/// after the decision.
fn unknown_addresses(account: &str, commands: &[String], action: &str) -> Option<String> {
    let first = commands.first()?;
    let others = match commands.len() {
        1 => String::new(),
        count => format!(", and the same for the other {}", count - 1),
    };
    Some(format!(
        "The address of {} approved endpoint(s) of account {account} is not known any more: it was \
         set after the decision. Their names are not answered. {action} with {first}{others}",
        commands.len(),
    ))
}

#[cfg(test)]
mod tests {
    use underpass_api_types::recovery::LinkDifferenceView;

    use super::*;

    fn held(decision: &str, address: Option<&str>) -> HeldAccountView {
        HeldAccountView {
            account: "azure".to_owned(),
            since: "2026-01-01T00:00:00Z".to_owned(),
            cause: "difference".to_owned(),
            fully_read: true,
            writes: Vec::new(),
            absent_links: Vec::new(),
            plan: String::new(),
            links: vec![LinkDifferenceView {
                link_id: "s0a1b2c3d4e5".to_owned(),
                project_name: "demo".to_owned(),
                service_name: "pg-1".to_owned(),
                provider: "azure".to_owned(),
                in_store: true,
                stored_link: None,
                connections: vec![ConnectionDifferenceView {
                    privatelink_connection_id: "plc000000000001".to_owned(),
                    ordinal: 1,
                    endpoint: "/pe".to_owned(),
                    cloud_decision: decision.to_owned(),
                    stored_decision: None,
                    user_ip_address: address.map(str::to_owned),
                }],
            }],
        }
    }

    #[test]
    fn an_approved_endpoint_without_a_known_address_is_named() {
        let sentence = |decision, address| {
            let lost = lost_addresses(&held(decision, address));
            unknown_addresses("azure", &lost, "After the adoption set it again")
        };
        insta::assert_snapshot!(sentence("approved", None).unwrap(), @"The address of 1 approved endpoint(s) of account azure is not known any more: it was set after the decision. Their names are not answered. After the adoption set it again with `underpass service privatelink azure connection update pg-1 plc000000000001 --endpoint-ip-address IP --project demo`");
        assert_eq!(sentence("approved", Some("10.0.0.4")), None);
        assert_eq!(sentence("rejected", None), None);
    }
}
