//! A service with its nodes and components, as forms show them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use underpass_model::service::Node;

use crate::answer::service::ServiceSummary;
use crate::api_error::ApiError;
use crate::load;
use crate::page::Page;
use crate::rows::{ComponentRow, NodeRow};

/// A service with its registration.
#[derive(Deserialize)]
pub(super) struct Registered {
    #[serde(flatten)]
    pub(super) summary: ServiceSummary,
    user_config: BTreeMap<String, Value>,
    pub(super) underpass: Registration,
}

#[derive(Deserialize)]
pub(super) struct Registration {
    pub(super) nodes: Vec<Node>,
    pub(super) components: Vec<ComponentRow>,
}

impl Registration {
    /// Nodes as rows of a form.
    pub(super) fn node_rows(&self) -> Vec<NodeRow> {
        self.nodes.iter().cloned().map(NodeRow::from).collect()
    }
}

impl Registered {
    pub(super) async fn load(page: &Page) -> Result<Self, ApiError> {
        load::service_as(page, page.segment("service")).await
    }

    /// Switch of each component.
    pub(super) fn access(&self) -> BTreeMap<String, bool> {
        let access = self.user_config.get("privatelink_access");
        let members = access.and_then(Value::as_object).into_iter().flatten();
        let word = |(name, value): (&String, &Value)| (name.clone(), value == &Value::Bool(true));
        members.map(word).collect()
    }
}
