//! `account check`

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use underpass_clouds::{AccountFinding, CheckAccount, CheckKind, CheckPlan, CheckStatus};

use super::configured::{find, loaded, role_command};
use crate::cli::account::CheckArgs;
use crate::cli::global::GlobalArgs;
use crate::clock;
use crate::config::AccountConfig;
use crate::failure::Failure;
use crate::json_text;
use crate::printer::Printer;
use crate::serve;

/// A finding about an account.
type Named = (String, AccountFinding);

pub(super) async fn run(
    args: CheckArgs,
    global: &GlobalArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let config = args.config.clone();
    let loaded = loaded(args.config, global)?;
    let accounts: Vec<&AccountConfig> = match &args.name {
        Some(name) => vec![find(&loaded, name)?],
        None => loaded.accounts.iter().collect(),
    };
    if accounts.is_empty() {
        return Err(Failure::missing("the configuration has no accounts")
            .hint("add a section [accounts.NAME] to the configuration"));
    }
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut checks = JoinSet::new();
    for account in accounts {
        let plan = CheckPlan {
            account: account.name.as_str().to_owned(),
            regions: account.regions.clone(),
            role_command: role_command(account.name.as_str(), &config),
        };
        match serve::checked_account(account, &loaded.configuration) {
            Ok(driver) => {
                checks.spawn(check(driver, plan, args.time_limit, sender.clone()));
            }
            Err(failure) => {
                let finding = AccountFinding {
                    status: CheckStatus::Missing,
                    remedy: failure.next().map(str::to_owned),
                    ..AccountFinding::unknown(CheckKind::SignIn, &plan.account, failure.message())
                };
                let _ = sender.send((plan.account, finding));
            }
        }
    }
    drop(sender);
    let mut findings = Vec::new();
    while let Some((account, finding)) = receiver.recv().await {
        if !args.json {
            printer.data(&line(&account, &finding))?;
        }
        findings.push((account, finding));
    }
    if args.json {
        let rows: Vec<_> = findings.iter().map(document).collect();
        printer.data(&json_text::indented(&Value::Array(rows)))?;
    }
    conclude(&findings, printer)
}

/// Checks one account within a time limit.
async fn check(
    driver: Arc<dyn CheckAccount>,
    plan: CheckPlan,
    limit: Duration,
    sender: mpsc::UnboundedSender<Named>,
) {
    let account = plan.account.clone();
    let mut report = |finding: AccountFinding| {
        let _ = sender.send((account.clone(), finding));
    };
    let check = driver.check_account(&plan, clock::now(), &mut report);
    if tokio::time::timeout(limit, check).await.is_err() {
        let message = format!(
            "the check did not end within {} s; what is not listed was not checked",
            limit.as_secs()
        );
        let finding = AccountFinding::unknown(CheckKind::Reachability, &plan.account, message);
        let _ = sender.send((plan.account, finding));
    }
}

fn line(account: &str, finding: &AccountFinding) -> String {
    let (status, check) = (finding.status.name(), finding.check.name());
    let (subject, message) = (&finding.subject, &finding.message);
    let remedy = finding.remedy.as_deref().map(|it| format!(". {it}"));
    let line = format!(
        "{status:<8} {account}  {check}  {subject}: {}{}",
        message.trim_end_matches('.'),
        remedy.unwrap_or_default()
    );
    // Messages contain texts of the cloud.
    line.chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect()
}

fn document((account, finding): &Named) -> Value {
    json!({
        "account": account,
        "check": finding.check,
        "subject": finding.subject,
        "status": finding.status,
        "message": finding.message,
        "remedy": finding.remedy,
    })
}

/// Prints the totals.
///
/// # Errors
/// Something is not right, or not known.
fn conclude(findings: &[Named], printer: Printer) -> Result<(), Failure> {
    let count = |status| {
        findings
            .iter()
            .filter(|(_, it)| it.status == status)
            .count()
    };
    let (missing, unknown) = (count(CheckStatus::Missing), count(CheckStatus::Unknown));
    let total = findings.len();
    if missing == 0 && unknown == 0 && total > 0 {
        printer.say(&format!("all {total} checks are ok"));
        return Ok(());
    }
    Err(Failure::refused(format!(
        "of {total} checks, {missing} are missing and {unknown} are unknown"
    )))
}
