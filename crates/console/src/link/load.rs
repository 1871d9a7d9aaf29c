//! The link in the page's path, and its connections.

use crate::answer::connection::{Connection, Connections};
use crate::answer::link::Link;
use crate::api_error::ApiError;
use crate::page::Page;

impl Page {
    /// Loads the link, if there is one.
    pub(super) async fn link(&self) -> Result<Option<Link>, ApiError> {
        self.api.find(&self.own_link_route([])).await
    }

    /// Loads the connections of the link.
    pub(super) async fn connections(&self) -> Result<Vec<Connection>, ApiError> {
        let path = self.own_link_route(["connections"]);
        let answer: Connections = self.api.get(&path).await?;
        Ok(answer.connections)
    }
}
