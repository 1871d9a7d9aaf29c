//! Measures one path, and prints its figures as a row of a table.

use std::time::Duration;

use crate::stage::Stage;

/// Calls of each path.
const ROUNDS: usize = 30;

/// Asks for a path again and again.
pub(crate) fn measure(stage: &Stage, name: &str, path: &str) {
    let bytes = stage.get(path).1;
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| stage.get(path).0).collect();
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "| `{name}` | {:.1} ms | {:.1} ms | {} KiB |",
        milliseconds(times[ROUNDS / 2]),
        milliseconds(times[ROUNDS - 1]),
        bytes / 1024,
    );
}
