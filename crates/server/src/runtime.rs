//! Settings of the runtime on which the control plane runs.

/// Polls of tasks after which a thread of the runtime looks for network events and timers: 4.
///
/// A poll here reads the store and takes up to a millisecond or two, where those that the default of 61
/// is meant for take microseconds. With 61, a request that arrives while the threads are busy waits for
/// some 60 ms before anything of it is done; looking costs a microsecond.
pub const EVENT_INTERVAL: u32 = 4;
