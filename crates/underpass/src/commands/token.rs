//! `token create|list|revoke`

use std::path::Path;

use serde_json::{Value, json};
use underpass_private_file as private_file;

use crate::cli::consent::ConsentArgs;
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
    if let TokenCommand::Create(_) = command {
        settings.refuse_project_flag(
            "--project does not restrict a token",
            "restrict it with --only-project NAME, or omit --project for a token with all \
             permissions of your user",
        )?;
    }
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
                "only_projects",
                "read_only",
            ];
            let tokens = list(&answer, "tokens")?.iter().cloned();
            let tokens: Vec<_> = tokens.map(with_restrictions).collect();
            printer.rows(&tokens, Layout::Columns(columns), &output)
        }
        TokenCommand::Revoke(args) => {
            let Some(prefix) = &args.token_prefix else {
                return revoke_others(&client, args.consent, printer).await;
            };
            let answer = client.get(&["access_token"]).await?;
            // The whole token is accepted, too.
            let is_known = list(&answer, "tokens")?.iter().any(|token| {
                text(token, "token_prefix").is_ok_and(|known| prefix.starts_with(known))
            });
            if !is_known {
                return Err(Failure::refused("you have no such token")
                    .hint("list your tokens with `underpass token list`"));
            }
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

/// Revokes every token of the user except the one of the requests.
async fn revoke_others(
    client: &Client,
    consent: ConsentArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let answer = client.get(&["access_token"]).await?;
    let is_own = |token: &Value| token["currently_active"] == Value::Bool(true);
    let others: Vec<_> = list(&answer, "tokens")?
        .iter()
        .filter(|token| !is_own(token))
        .map(|token| text(token, "token_prefix"))
        .collect::<Result<_, _>>()?;
    if others.is_empty() {
        return printer.data("You have no other token");
    }
    if !consent.yes {
        printer.say(&format!(
            "This revokes {} token(s), all but the one that this command uses. Clients that use \
             them are refused immediately, and sessions of the console end.",
            others.len()
        ));
    }
    printer.confirm(&format!("Revoke {} token(s)", others.len()), consent)?;
    for prefix in &others {
        match client.delete(&["access_token", prefix]).await {
            // Expired or revoked meanwhile.
            Err(failure) if failure.is_missing() => {}
            answer => drop(answer?),
        }
    }
    printer.data(&format!("Revoked {}", others.len()))
}

async fn create(client: &Client, args: &TokenCreateArgs, printer: Printer) -> Result<(), Failure> {
    if let Some(path) = &args.out {
        refuse_existing(path)?;
    }
    let restrictions = if args.only_projects.is_empty() {
        json!({"read_only": args.read_only})
    } else {
        json!({"read_only": args.read_only, "only_projects": args.only_projects})
    };
    let body = json!({
        "description": args.description,
        "extend_when_used": args.extend_when_used,
        "max_age_seconds": args.max_age.map(|age| age.as_secs()),
        "underpass": restrictions,
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
        "only_projects",
        "read_only",
        shown,
    ];
    let token = with_restrictions(token);
    printer.rows(&[token], Layout::Columns(&columns), &args.output)
}

/// Returns a token with its restrictions beside its other members.
fn with_restrictions(mut token: Value) -> Value {
    for name in ["only_projects", "read_only"] {
        let restriction = token.pointer(&format!("/underpass/{name}")).cloned();
        if let Some(members) = token.as_object_mut() {
            members.insert(name.to_owned(), restriction.unwrap_or_default());
        }
    }
    token
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
