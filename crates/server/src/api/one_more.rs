//! Limits of the numbers of a project's objects.

use underpass_model::project::Project;
use underpass_model::project_limits::Limited;
use underpass_store::{Change, Expectation, Key, Kind};

use super::error::Error;
use crate::app::App;

/// Returns the kind of the rows that count.
pub(super) const fn counted(limited: Limited) -> Kind {
    match limited {
        Limited::Services => Kind::Service,
        Limited::Links => Kind::Link,
        Limited::Vpcs => Kind::Vpc,
        Limited::StaticIps => Kind::StaticIp,
    }
}

/// Checks that a project may have one more object than it has, also at the commit of the change.
///
/// # Errors
/// * `project_limit_reached`: the project has as many as it may have.
pub(super) async fn one_more(
    app: &App,
    project: &Project,
    limited: Limited,
    change: Change,
) -> Result<Change, Error> {
    let limits = app.settings.limits.get().project.with(project.limits);
    let (kind, key) = (counted(limited), Key::project(&project.name));
    let present = app.store.count(kind, &key).await?;
    limits.check(limited, present, &project.name)?;
    let limit = usize::try_from(limits.of(limited)).unwrap_or(usize::MAX);
    Ok(change.expect(Expectation::FewerUnder(kind, key, limit)))
}
