//! The link in the page's path, and its connections.

use underpass_api_types::connection::{ConnectionList, ConnectionView};
use underpass_api_types::link::LinkView;

use crate::api_error::ApiError;
use crate::page::Page;

impl Page {
    /// Loads the link, if there is one.
    ///
    /// # Errors
    /// If the API refuses the request for another reason than that the link does not exist.
    pub(super) async fn link(&self) -> Result<Option<LinkView>, ApiError> {
        self.api.find(&self.own_link_route([])).await
    }

    /// Loads the connections of the link.
    ///
    /// # Errors
    /// If the API refuses the request.
    pub(super) async fn connections(&self) -> Result<Vec<ConnectionView>, ApiError> {
        let path = self.own_link_route(["connections"]);
        let answer: ConnectionList = self.api.get(&path).await?;
        Ok(answer.connections)
    }
}
