//! Problem of an account, before its place is known.

/// A problem of an account: the key within its table (empty: the whole), and the message.
pub(super) type AccountProblem = (String, String);
