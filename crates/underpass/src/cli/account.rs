//! `underpass account …`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::config::ConfigArgs;
use super::consent::ConsentArgs;
use super::span::span;

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Print the role that a cloud account needs: exactly the permissions that Underpass uses
    #[command(after_help = "\
Prints the role on stdout, and the commands that create and assign it on stderr: for Azure JSON for
`az role definition create`, for Google Cloud YAML for `gcloud iam roles create`. Calls no cloud.

Example:
  underpass account role azure-prod > role.json")]
    Role(RoleArgs),
    /// Check cloud accounts: sign-in, clock, each permission, registration, regions and quotas
    #[command(after_help = "\
Changes nothing, and needs no running server. Prints one line for each check: `ok` was checked and is
right, `missing` was checked and is wrong, with the command that corrects it, and `unknown` could not
be checked. Exits with 1 unless all are `ok`.

Example:
  underpass account check azure-prod")]
    Check(CheckArgs),
    /// Try a real account: publish nothing, watch, delete it all, and write a report
    #[command(after_help = "\
Checks the account, makes a network and a published service without nodes in one region, waits for an
endpoint of yours, approves and rejects it, and deletes everything it made, also after a failure or a
signal. Changes nothing else. The report lists each step with its duration, and each assumption about
the cloud with what was seen of it. Resources cost a few cents per hour.

Example:
  underpass account trial azure-prod --region westeurope --report report.md")]
    Trial(TrialArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TrialArgs {
    /// Name of the account in the configuration
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Region in the cloud's spelling [default: the first of the account]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Report to write: JSON if the name ends in .json, otherwise Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) report: PathBuf,
    /// Time to wait for an endpoint; 0s: none
    #[arg(long, value_name = "SPAN", default_value = "30m", value_parser = span)]
    pub(crate) wait: Duration,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RoleArgs {
    /// Name of the account in the configuration
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Further scope of the role in Azure, such as the resource group of an adopted network in
    /// another subscription; repeatable
    #[arg(long = "scope", value_name = "ID", value_parser = scope)]
    pub(crate) scopes: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Name of the account in the configuration; omit for all accounts
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Print the results as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Longest duration of the check of one account
    #[arg(long, value_name = "SPAN", default_value = "90s", value_parser = span)]
    pub(crate) time_limit: Duration,
}

/// Parses the ID of a subscription, resource group or resource.
///
/// # Errors
/// Another text.
fn scope(text: &str) -> Result<String, String> {
    let is_id = text.starts_with("/subscriptions/") && !text.contains(char::is_whitespace);
    if is_id {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(format!(
            "`{text}` is not an ID, such as /subscriptions/SUBSCRIPTION/resourceGroups/GROUP"
        ))
    }
}
