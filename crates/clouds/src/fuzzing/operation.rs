//! The calls of a driver, and the rules that hold for each whatever the provider answers.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;
use underpass_model::backend_health::{HealthAnswer, HealthSubject};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::Part;
use underpass_model::reconcile::{Outcome, Step};

use super::provider::{Provider, TOKEN};
use crate::account_check::{CheckAccount, CheckPlan, Finding};
use crate::cloud::Cloud;
use crate::error::Error;
use crate::listing::Scope;

/// The most bytes of an error: an excerpt of 1,000 characters of four bytes, and what surrounds it.
const LONGEST_ERROR: usize = 8 * 1024;

/// One call.
pub(super) enum Operation {
    Step(Step),
    Sweep(Scope),
    Attachments,
    Networks,
    Health(HealthSubject),
    SignIn,
    CheckAccount,
}

/// A step that reads a part, one that deletes it, and those that poll operations on it.
pub(super) fn of_part(part: &Part, operation: &str) -> Vec<Operation> {
    use underpass_model::part::OperationKind::{Delete, Put};
    let poll = |kind| Step::Poll {
        part: part.clone(),
        operation: operation.to_owned(),
        kind,
    };
    let steps = [
        Step::Read(part.clone()),
        Step::Delete(part.clone()),
        poll(Put),
        poll(Delete),
    ];
    steps.map(Operation::Step).into()
}

/// The call of an input's first byte, the target of its second, and the answers that follow.
pub(super) fn chosen<'a>(
    input: &'a [u8],
    operations: &'a [Operation],
    targets: &'a [CloudTarget],
) -> Option<(&'a Operation, &'a CloudTarget, &'a [u8])> {
    let [call, target, answers @ ..] = input else {
        return None;
    };
    let operation = operations.get(usize::from(*call).checked_rem(operations.len())?)?;
    let target = targets.get(usize::from(*target).checked_rem(targets.len())?)?;
    Some((operation, target, answers))
}

/// Runs a future that never waits.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    let ready = match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    };
    ready.expect("the driver waits for nothing but answers")
}

/// Performs a call. An operation that it began is polled, too.
pub(super) fn perform<C: Cloud + CheckAccount>(
    cloud: &C,
    provider: &Provider,
    operation: &Operation,
    target: &CloudTarget,
    now: Timestamp,
) {
    match operation {
        Operation::Step(step) => perform_step(cloud, provider, step, target, now),
        Operation::Sweep(scope) => check(run(cloud.sweep(scope, now))),
        Operation::Attachments => check(run(cloud.attachments(now))),
        Operation::Networks => check(run(cloud.networks(std::slice::from_ref(target), now))),
        Operation::Health(subject) => {
            let answer = run(cloud.health(target, subject, None, now));
            if let Ok(HealthAnswer::InProgress { operation, .. }) = &answer {
                check(run(cloud.health(target, subject, Some(operation), now)));
            }
            check(answer);
        }
        Operation::CheckAccount => {
            let plan = CheckPlan {
                account: "main".to_owned(),
                regions: vec!["westeurope".to_owned(), "europe-west1".to_owned()],
                role_command: "underpass account role".to_owned(),
            };
            let mut report = |finding: Finding| check_text(&finding.message);
            run(cloud.check_account(&plan, now, &mut report));
        }
        Operation::SignIn => {}
    }
    if !matches!(operation, Operation::Step(_)) {
        assert_eq!(provider.writes(), 0, "a listing writes");
    }
}

fn perform_step<C: Cloud>(
    cloud: &C,
    provider: &Provider,
    step: &Step,
    target: &CloudTarget,
    now: Timestamp,
) {
    let report = run(cloud.perform(target, step, now));
    let allowed = match step {
        Step::Put { .. } | Step::Delete(_) => 1,
        Step::Read(_) | Step::Survey(_) | Step::Poll { .. } => 0,
    };
    let writes = provider.writes();
    assert!(writes <= allowed, "{writes} writes in {step:?}");
    let outcome = match report {
        Ok(report) => report.outcome,
        Err(error) => return check_error(&error),
    };
    if let (Step::Put { spec, .. }, Outcome::Ready(confirmed)) = (step, &outcome) {
        assert_eq!(&confirmed.spec, spec, "a write is confirmed as it was sent");
    }
    if let Outcome::Making {
        operation: Some(operation),
        check_after,
        kind,
    } = outcome
    {
        assert!(check_after >= now, "an operation is polled later");
        let poll = Step::Poll {
            part: step.part().clone(),
            operation,
            kind,
        };
        check(run(cloud.perform(target, &poll, now)));
        assert_eq!(provider.writes(), writes, "a poll writes");
    }
}

/// Checks the result of a call.
pub(super) fn check<T>(result: Result<T, Error>) {
    if let Err(error) = result {
        check_error(&error);
    }
}

fn check_error(error: &Error) {
    check_text(&error.to_string());
    let failure = error.failure();
    check_text(&failure.message);
    check_text(failure.remedy.as_deref().unwrap_or_default());
    let _ = (error.reachability(), error.side());
}

/// Checks a text that is shown: it is bounded, and has no secret.
fn check_text(text: &str) {
    assert!(text.len() <= LONGEST_ERROR, "{} bytes", text.len());
    assert!(!text.contains(TOKEN), "an error has the access token");
}
