//! Connections of a link.

use serde::Deserialize;

use crate::document::Document;

/// Answer of `GET …/privatelink/{provider}/connections`.
#[derive(Debug, Deserialize)]
pub(crate) struct ConnectionList {
    /// Connections of the link.
    pub(crate) connections: Vec<Document<Connection>>,
}

/// A connection.
#[derive(Debug, Deserialize)]
pub(crate) struct Connection {
    /// ID of the connection.
    #[serde(rename = "privatelink_connection_id")]
    pub(crate) id: String,
    /// State of the connection.
    pub(crate) state: String,
}
