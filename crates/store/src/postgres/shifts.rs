//! Shifts of tasks. The clock is that of the database, so those of the replicas may differ.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Error as PgError;

use crate::shift::{Shift, Task};

/// Part of the interval by which a shift may begin early: a tenth. Timers are not exact, and a process that
/// comes a millisecond too early would come too late the next time.
const EARLY: f64 = 0.1;

const TAKE: &str = "INSERT INTO shift (task, number, began_at, due_at)
    VALUES ($1, 1, now(), now() + $2 * interval '1 s')
    ON CONFLICT (task) DO UPDATE
    SET number = shift.number + 1, began_at = now(), due_at = now() + $2 * interval '1 s'
    WHERE shift.due_at <= now() + $3 * interval '1 s'
    RETURNING number";

const END: &str = "UPDATE shift SET due_at = greatest(began_at + $3 * interval '1 s', now())
    WHERE task = $1 AND number = $2";

/// Takes the shift of a task, unless it is another replica's.
pub(super) async fn take(client: &ClientWrapper, task: &Task<'_>) -> Result<Shift, PgError> {
    let busy = task.longest.max(task.interval).as_secs_f64();
    let early = task.interval.as_secs_f64() * EARLY;
    let statement = client.prepare_cached(TAKE).await?;
    let row = client
        .query_opt(&statement, &[&task.name, &busy, &early])
        .await?;
    match row {
        Some(row) => Ok(Shift::Own(row.try_get::<_, i64>(0)?.cast_unsigned())),
        None => Ok(Shift::Other),
    }
}

/// Ends a shift, so that the next one begins at the interval.
pub(super) async fn end(
    client: &ClientWrapper,
    task: &Task<'_>,
    number: u64,
) -> Result<(), PgError> {
    let interval = task.interval.as_secs_f64();
    let statement = client.prepare_cached(END).await?;
    client
        .execute(&statement, &[&task.name, &number.cast_signed(), &interval])
        .await
        .map(drop)
}
