//! `token create|list|revoke`

use std::path::Path;

use serde_json::json;
use underpass_private_file as private_file;

use crate::cli::token::{TokenCommand, TokenCreateArgs};
use crate::client::{Client, list, text};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;

pub(super) async fn run(
    command: TokenCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let client = Client::new(settings.target()?)?;
    match command {
        TokenCommand::Create(args) => create(&client, &args, printer).await,
        TokenCommand::List(output) => {
            let answer = client.get(&["access_token"]).await?;
            let columns = &[
                "expiry_time",
                "token_prefix",
                "description",
                "max_age_seconds",
                "extend_when_used",
            ];
            printer.rows(list(&answer, "tokens")?, Layout::Columns(columns), &output)
        }
        TokenCommand::Revoke(args) => {
            let prefix = &args.token_prefix;
            if !args.consent.yes {
                printer.say(&format!(
                    "This revokes token {prefix}. Clients that use it are refused immediately."
                ));
            }
            printer.confirm(&format!("Revoke token {prefix}"), args.consent)?;
            client.delete(&["access_token", prefix]).await?;
            printer.data("Revoked")
        }
    }
}

async fn create(client: &Client, args: &TokenCreateArgs, printer: Printer) -> Result<(), Failure> {
    if let Some(path) = &args.out {
        refuse_existing(path)?;
    }
    let body = json!({
        "description": args.description,
        "extend_when_used": args.extend_when_used,
        "max_age_seconds": args.max_age.map(|age| age.as_secs()),
    });
    let mut token = client.post(&["access_token"], body).await?;
    let mut shown = "full_token";
    if let Some(path) = &args.out {
        let full = format!("{}\n", text(&token, "full_token")?);
        if let Err(failure) = private_file::write(path, full.as_bytes()) {
            // The token was not delivered, so it must not stay valid.
            client
                .delete(&["access_token", text(&token, "token_prefix")?])
                .await?;
            return Err(failure.into());
        }
        printer.say(&format!("Wrote the token to {}", path.display()));
        if let Some(members) = token.as_object_mut() {
            members.remove("full_token");
        }
        shown = "token_prefix";
    }
    let columns = [
        "expiry_time",
        "description",
        "max_age_seconds",
        "extend_when_used",
        shown,
    ];
    printer.rows(&[token], Layout::Columns(&columns), &args.output)
}

fn refuse_existing(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        return Err(
            Failure::refused(format!("{} exists already", path.display()))
                .hint("give another file, or delete this one"),
        );
    }
    Ok(())
}
