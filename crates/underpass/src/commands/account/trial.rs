//! `account trial`: a link without nodes in a real account, made, watched and deleted.

mod assumption;
mod azure;
mod google;
mod record;
mod report;
mod steps;
mod trial_target;

use std::path::Path;

use tokio::time::timeout;
use underpass_clouds::{AccountFinding, CheckPlan, CheckStatus};

use self::record::Record;
use self::steps::Steps;
use self::trial_target::TrialTarget;
use super::configured::{find, loaded, role_command};
use crate::cli::account::TrialArgs;
use crate::cli::global::GlobalArgs;
use crate::clock;
use crate::config::Access;
use crate::control_plane::signals;
use crate::failure::Failure;
use crate::ids;
use crate::printer::Printer;
use crate::serve;

/// Time limit of the account check: as for `account check`.
const CHECK_LIMIT: std::time::Duration = std::time::Duration::from_secs(90);

/// Runs the trial and writes its report.
///
/// # Errors
/// The account cannot be used, a step failed, or something that was made could not be deleted.
pub(super) async fn run(
    args: TrialArgs,
    global: &GlobalArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let role = role_command(&args.name, &args.config);
    let loaded = loaded(args.config, global)?;
    let account = find(&loaded, &args.name)?;
    let first = account.regions.first().cloned();
    let region = args.region.or(first).ok_or_else(|| {
        Failure::usage("the account is for every region").hint("choose one with --region")
    })?;
    let id: String = ids::uuid()?.simple().to_string().chars().take(10).collect();
    let target = TrialTarget::new(account, &region, &id)?;
    printer.confirm(
        &format!(
            "Make {} in `{}`, region {region}, and delete it afterwards",
            target.made(),
            account.native_id()
        ),
        args.consent,
    )?;
    // A report that cannot be written is told before anything is made. If this process is killed, it names what
    // may be left.
    let begun = format!(
        "The trial of account {} has begun and not ended. It makes {}. If no trial runs, look for them in `{}`, \
         and delete them.\n",
        args.name,
        target.made(),
        account.native_id()
    );
    write(&args.report, &begun)?;
    let mut stop = signals::stop_on_signal()?;
    let plan = CheckPlan {
        account: args.name.clone(),
        regions: vec![region.clone()],
        role_command: role,
    };
    let mut findings: Vec<AccountFinding> = Vec::new();
    let checked = serve::checked_account(account, &loaded.configuration)?;
    let mut push = |finding| findings.push(finding);
    let check = checked.check_account(&plan, clock::now(), &mut push);
    tokio::select! {
        _in_time = timeout(CHECK_LIMIT, check) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    if *stop.borrow() {
        return Err(Failure::refused("stopped by a signal. Nothing was made"));
    }
    let wrong = findings.iter().filter(|it| it.status != CheckStatus::Ok);
    for finding in wrong {
        printer.say(&format!(
            "{}: {} {}: {}",
            finding.status.name(),
            finding.check.name(),
            finding.subject,
            finding.message
        ));
    }
    let mut record = Record::new(args.name, region, clock::now(), findings);
    if record.may_begin() {
        let cloud = serve::account_driver(account, &loaded.configuration)?;
        let mut steps = Steps::new(cloud, stop, args.wait, printer);
        match &account.access {
            Access::Azure(_) => azure::run(&mut steps, &target).await,
            Access::Google(_) => google::run(&mut steps, &target).await,
        }
        record.steps = steps.into_records();
    }
    let text = report::text(&record, account.provider(), &args.report);
    write(&args.report, &text)?;
    printer.say(&format!("report: {}", args.report.display()));
    record.conclude(&target)
}

fn write(report: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(report, text)
        .map_err(|error| Failure::refused(format!("write {}: {error}", report.display())))
}
