//! Nodes and components as rows of a form.
//!
//! Rows are numbered, so that the form works without a script: a button shows it again with one more
//! row.

mod component;
mod node;
mod row;

use std::collections::BTreeMap;

use serde_json::Value;
use underpass_model::cloud::Provider;
use underpass_model::service::MAX_NODES;
use underpass_model::service_type::{self, ServiceTypeFacts};
use underpass_web::form::Fields;

pub(crate) use self::component::ComponentRow;
pub(crate) use self::node::NodeRow;
use self::row::Row;
use crate::api_error::ApiError;

/// Most rows of one kind: as many as a service may have nodes.
const MOST: usize = MAX_NODES;

/// Nodes and components of a service, as they were entered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) nodes: Vec<NodeRow>,
    pub(crate) components: Vec<ComponentRow>,
}

impl Rows {
    /// Rows of a new service of a type: one node, and the components of the type.
    pub(crate) fn for_type(facts: &ServiceTypeFacts) -> Self {
        Self {
            nodes: vec![NodeRow::first()],
            components: ComponentRow::for_type(facts),
        }
    }

    /// Rows of a form that was sent.
    pub(crate) fn read(fields: &Fields) -> Self {
        Self {
            nodes: read(fields, "node.").iter().map(NodeRow::read).collect(),
            components: read(fields, "component.")
                .iter()
                .map(ComponentRow::read)
                .collect(),
        }
    }

    /// Adds the empty row of a button; returns whether it was such a button.
    pub(crate) fn add(&mut self, button: &str, service_type: &str) -> bool {
        match button {
            "add-node" => self.nodes.push(NodeRow::default()),
            "add-component" => {
                let main =
                    service_type::find(service_type).and_then(ServiceTypeFacts::main_component);
                self.components.push(ComponentRow::blank(main));
            }
            _ => return false,
        }
        true
    }

    /// Body for the API, without empty rows.
    ///
    /// # Errors
    /// If the input is invalid.
    pub(crate) fn body(&self, provider: Provider) -> Result<BTreeMap<String, Value>, ApiError> {
        let components: Result<Vec<_>, _> = self.listeners().map(ComponentRow::body).collect();
        Ok(BTreeMap::from([
            (
                "nodes".to_owned(),
                self.machines().map(|node| node.body(provider)).collect(),
            ),
            ("components".to_owned(), Value::Array(components?)),
        ]))
    }

    /// Flags of the command line.
    pub(crate) fn flags(&self, provider: Provider) -> Vec<String> {
        let mut flags = Vec::new();
        for node in self.machines() {
            flags.extend(["--node".to_owned(), node.flag(provider)]);
        }
        for component in self.listeners() {
            flags.extend(["--component".to_owned(), component.flag()]);
        }
        flags
    }

    /// Rows of nodes that are not empty.
    pub(crate) fn machines(&self) -> impl Iterator<Item = &NodeRow> {
        self.nodes.iter().filter(|node| !node.is_blank())
    }

    /// Rows of enabled components.
    pub(crate) fn listeners(&self) -> impl Iterator<Item = &ComponentRow> {
        self.components.iter().filter(|component| component.used)
    }
}

/// The numbered rows below a prefix, in the order of their numbers.
fn read<'a>(fields: &'a Fields, prefix: &'a str) -> Vec<Row<'a>> {
    let mut rows: BTreeMap<usize, Row<'a>> = BTreeMap::new();
    for (rest, value) in fields.below(prefix) {
        let Some((number, name)) = rest.split_once('.') else {
            continue;
        };
        if let Some(number) = number.parse().ok().filter(|number| *number < MOST) {
            rows.entry(number).or_default().insert(name, value);
        }
    }
    rows.into_values().collect()
}

/// Provider of a cloud; Azure for an unknown one, which the API refuses.
pub(crate) fn provider_of(cloud: &str) -> Provider {
    match cloud.split('-').next() {
        Some("google") => Provider::Google,
        Some("aws") => Provider::Aws,
        _ => Provider::Azure,
    }
}
