//! Permissions that an account needs, the same shape for every cloud.

/// The user of a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PermissionUser {
    /// The driver: without it, links are not made, changed, seen or deleted.
    Driver,
    /// The account check: without it, something cannot be checked.
    AccountCheck,
}

/// Confidence that a cloud requires a permission for the calls of the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    /// Stated in the vendor's documentation.
    Documented,
    /// Described in public issue threads or third-party roles.
    Reported,
    /// Our reading; the first real account shows it.
    Assumed,
}

impl Confidence {
    /// The name, as the documentation of the emulators uses it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Reported => "reported",
            Self::Assumed => "assumed",
        }
    }
}
