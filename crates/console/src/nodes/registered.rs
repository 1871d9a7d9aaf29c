//! Nodes and components of a service, as forms show them.

use std::collections::BTreeMap;

use serde_json::Value;
use underpass_api_types::compatible_service::CompatibleService;

use crate::rows::{ComponentRow, NodeRow, Rows};

/// Nodes and components as rows of a form.
pub(super) fn rows(service: &CompatibleService) -> Rows {
    let components = service.underpass.components.iter().cloned();
    Rows {
        nodes: node_rows(service),
        components: components.map(ComponentRow::from).collect(),
    }
}

/// Nodes as rows of a form.
pub(super) fn node_rows(service: &CompatibleService) -> Vec<NodeRow> {
    let nodes = service.underpass.nodes.iter().cloned();
    nodes.map(NodeRow::from).collect()
}

/// Switch of each component.
pub(super) fn access(service: &CompatibleService) -> BTreeMap<String, bool> {
    let access = service.user_config.get("privatelink_access");
    let members = access.and_then(Value::as_object).into_iter().flatten();
    let word = |(name, value): (&String, &Value)| (name.clone(), value == &Value::Bool(true));
    members.map(word).collect()
}
