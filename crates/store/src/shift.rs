//! Shifts of a task that one of the processes on a store does at an interval.

use std::time::Duration;

/// An answer to the question who does a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// No other process uses the store.
    Alone,
    /// The caller's shift; shifts of a task are numbered from 1 on.
    Own(u64),
    /// Another process does the task, or did it less than the interval ago.
    Other,
}

/// A task that is done at an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task<'a> {
    /// Name, unique in the installation.
    pub name: &'a str,
    /// Interval between the beginnings of two shifts.
    pub interval: Duration,
    /// Longest time that a shift takes. Another process takes the next one afterwards, as if the holder had
    /// ended.
    pub longest: Duration,
}
