//! The facts of a request that decide which faults it can meet.

/// The facts of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestFacts {
    /// HTTP method.
    pub(crate) method: String,
    /// The access.
    pub(crate) access: Access,
    /// The collection of the resource, for instance `privateLinkServices`.
    pub(crate) collection: String,
    /// The resource or listing, compared as the cloud compares paths.
    pub(crate) target: String,
    /// The subscription or project, whose requests the cloud counts together.
    pub(crate) scope: String,
}

/// Returns a path with the query, without the parameter `api-version`.
pub(crate) fn target(path: &str, query: &[(String, String)]) -> String {
    let mut target = path.to_owned();
    let told = query.iter().filter(|(name, _)| name != "api-version");
    for (number, (name, value)) in told.enumerate() {
        let separator = if number == 0 { '?' } else { '&' };
        target = format!("{target}{separator}{name}={value}");
    }
    target
}

/// The access to a cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reads a resource.
    Read,
    /// Lists resources.
    List,
    /// Reads an operation.
    Poll,
    /// Creates a resource.
    Create,
    /// Changes or deletes a resource.
    Change {
        /// The request names the state that it is based on.
        is_conditional: bool,
    },
    /// Anything else.
    Other,
}

impl Access {
    /// Reports whether the request starts an operation.
    pub(super) const fn is_write(self) -> bool {
        matches!(self, Self::Create | Self::Change { .. })
    }

    /// Reports whether the answer shows resources.
    pub(super) const fn is_read(self) -> bool {
        matches!(self, Self::Read | Self::List)
    }
}
