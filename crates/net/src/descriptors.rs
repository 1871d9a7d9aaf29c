//! The limit of open descriptors of this process.

use rustix::process::{Resource, getrlimit};

/// Number of descriptors that this process may open (`RLIMIT_NOFILE`, soft limit).
pub(crate) fn limit() -> usize {
    let current = getrlimit(Resource::Nofile).current;
    // `None` means unlimited.
    current.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}
