//! The loops that are known; the list can only shrink.

/// A loop that is known.
pub(super) struct Known {
    /// Its files. The loop may become smaller, in which case it must be listed smaller.
    pub(super) files: &'static [&'static str],
    /// The reason why it is there.
    pub(super) because: &'static str,
}

pub(super) const KNOWN: &[Known] = &[];
