//! A consumer's project.

use std::collections::BTreeMap;

use serde_json::Value;
use underpass_web::url::path;

use super::portal::{BRANDING, GooglePortal};
use crate::failure::Failure;
use crate::google::{Compute, Endpoint, is_name, name_of, path_of, project_and_region};
use crate::portal::context::Visitor;
use crate::portal::layout::{AccountField, NavLink, PageLayout, notice};
use crate::portal::live::Snapshot;

/// Collection that contains endpoints.
const RULES: &str = "forwardingRules";

/// A project with all its regions.
pub(super) struct Project {
    pub(super) portal: GooglePortal,
    pub(super) compute: Compute,
    pub(super) name: String,
}

/// An endpoint of a list.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) region: String,
    /// Page of the endpoint; `None` until it exists.
    pub(super) href: Option<String>,
    /// Status of the connection, or of a pending operation.
    pub(super) state: String,
    pub(super) it: Endpoint,
}

/// A subnet for endpoints.
pub(super) struct Subnet {
    /// Path.
    pub(super) path: String,
    /// Network, name, region and range.
    pub(super) title: String,
}

impl Project {
    /// The project of a page.
    ///
    /// # Errors
    /// If the ID is not that of a project.
    pub(super) fn of(portal: &GooglePortal, visitor: &Visitor) -> Result<Self, Failure> {
        Self::open(portal, visitor.segment("project"))
    }

    /// Opens a project by its ID; the first use creates it.
    ///
    /// # Errors
    /// If the ID is not that of a project.
    pub(super) fn open(portal: &GooglePortal, name: &str) -> Result<Self, Failure> {
        if !is_name(name) {
            return Err(
                Failure::usage(format!("`{name}` is not a project ID")).hint(
                    "use lower-case letters, digits and `-`, a letter first; the first use of an ID \
                     creates the project",
                ),
            );
        }
        Ok(Self {
            portal: portal.clone(),
            compute: portal.compute.clone(),
            name: name.to_owned(),
        })
    }

    /// Path of a page of the project.
    pub(super) fn href<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        path(["project", &self.name].into_iter().chain(below))
    }

    /// Path of the page of an endpoint.
    pub(super) fn endpoint_href(&self, region: &str, name: &str) -> String {
        self.href(["region", region, "endpoint", name])
    }

    /// Path of an endpoint.
    pub(super) fn endpoint_path(&self, region: &str, name: &str) -> String {
        format!("projects/{}/regions/{region}/{RULES}/{name}", self.name)
    }

    /// Endpoints in all regions, including those that are being created, by name.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses a request.
    pub(super) async fn endpoints(&self) -> Result<Vec<Row>, Failure> {
        let mut rows = BTreeMap::new();
        let mut add = |row: Row| rows.insert((row.name.clone(), row.region.clone()), row);
        for shown in self.compute.list_everywhere(&self.name, RULES).await? {
            if Endpoint::is_one(&shown) {
                add(self.row(Endpoint::read(&self.compute, &shown).await?));
            }
        }
        let pending_operations = self.pending_operations().await?;
        for operation in &pending_operations {
            let Some((region, name, verb)) = target_of(operation) else {
                continue;
            };
            let key = (name.to_owned(), region.to_owned());
            match (rows.get_mut(&key), verb) {
                (Some(row), "delete") => "Deleting".clone_into(&mut row.state),
                (None, "insert") => {
                    rows.insert(key, being_created(region, name));
                }
                (Some(_) | None, _) => {}
            }
        }
        Ok(rows.into_values().collect())
    }

    /// Pending operations on forwarding rules.
    async fn pending_operations(&self) -> Result<Vec<Value>, Failure> {
        let mut operations = self
            .compute
            .list_everywhere(&self.name, "operations")
            .await?;
        operations.retain(|it| {
            let is_done = it.get("status").and_then(Value::as_str) == Some("DONE");
            !is_done && target_of(it).is_some()
        });
        Ok(operations)
    }

    /// An endpoint as a row of a list.
    pub(super) fn row(&self, it: Endpoint) -> Row {
        let name = name_of(&it.id).to_owned();
        let region = project_and_region(&it.id, RULES).map_or("", |(_, region)| region);
        Row {
            href: Some(self.endpoint_href(region, &name)),
            region: region.to_owned(),
            name,
            state: title(&it.status),
            it,
        }
    }

    /// Subnets for endpoints, by network.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses a request.
    pub(super) async fn subnets(&self) -> Result<Vec<Subnet>, Failure> {
        let listed = self
            .compute
            .list_everywhere(&self.name, "subnetworks")
            .await?;
        let text = |from: &Value, name: &str| {
            let text = from.get(name).and_then(Value::as_str).unwrap_or_default();
            text.to_owned()
        };
        let mut subnets: Vec<Subnet> = listed
            .iter()
            // Other purposes are NAT and load balancers.
            .filter(|it| matches!(text(it, "purpose").as_str(), "" | "PRIVATE"))
            .map(|it| Subnet {
                path: path_of(&text(it, "selfLink")).to_owned(),
                title: format!(
                    "{} / {} ({}), {}",
                    name_of(&text(it, "network")),
                    text(it, "name"),
                    text(it, "ipCidrRange"),
                    name_of(&text(it, "region"))
                ),
            })
            .collect();
        subnets.sort_by(|a, b| a.title.cmp(&b.title));
        Ok(subnets)
    }

    /// Reserved addresses that are not in use, with their paths.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses a request.
    pub(super) async fn reserved(&self) -> Result<BTreeMap<String, String>, Failure> {
        let listed = self
            .compute
            .list_everywhere(&self.name, "addresses")
            .await?;
        let reserved = listed.iter().filter_map(|it| {
            let text = |name: &str| it.get(name).and_then(Value::as_str);
            let path = path_of(text("selfLink")?).to_owned();
            (text("status") == Some("RESERVED")).then_some((text("address")?.to_owned(), path))
        });
        Ok(reserved.collect())
    }

    /// Layout of a page of the project.
    pub(super) fn layout(&self, visitor: &Visitor, title: &str) -> PageLayout {
        let first = &self.portal.options.project;
        let mut accounts = vec![NavLink::new(self.name.as_str(), self.href([])).current(true)];
        if *first != self.name {
            accounts.push(NavLink::new(first.as_str(), path(["project", first])));
        }
        PageLayout {
            branding: &BRANDING,
            title: title.to_owned(),
            home: self.href([]),
            sections: vec![NavLink::new(BRANDING.product, self.href([])).current(true)],
            crumbs: Vec::new(),
            account: self.name.clone(),
            account_fields: vec![AccountField {
                name: "project",
                label: "Project ID",
                value: self.name.clone(),
            }],
            accounts,
            changes: None,
            csrf_token: visitor.csrf_token(),
            notice: notice(visitor),
            problem: None,
            snippets: Vec::new(),
        }
    }
}

impl Snapshot for Project {
    async fn snapshot(&self) -> Result<Vec<Value>, Failure> {
        let mut all = self.compute.list_everywhere(&self.name, RULES).await?;
        all.extend(self.pending_operations().await?);
        Ok(all)
    }
}

/// An endpoint that is being created.
fn being_created(region: &str, name: &str) -> Row {
    Row {
        name: name.to_owned(),
        region: region.to_owned(),
        href: None,
        state: "Creating".to_owned(),
        it: Endpoint::default(),
    }
}

/// Region and name of the forwarding rule of an operation, and the type of the operation.
fn target_of(operation: &Value) -> Option<(&str, &str, &str)> {
    let target = path_of(operation.get("targetLink")?.as_str()?);
    let (_, region) = project_and_region(target, RULES)?;
    let verb = operation.get("operationType")?.as_str()?;
    Some((region, name_of(target), verb))
}

/// Status in words: `NEEDS_ATTENTION` is `Needs attention`.
fn title(status: &str) -> String {
    let lower = status.replace('_', " ").to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

impl Row {
    /// CSS class of its state.
    pub(super) fn class(&self) -> String {
        self.state.replace(' ', "_").to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_of_the_cloud_are_written_as_its_pages_do() {
        assert_eq!(title("ACCEPTED"), "Accepted");
        assert_eq!(title("NEEDS_ATTENTION"), "Needs attention");
        assert_eq!(title(""), "");
    }

    #[test]
    fn operations_on_other_things_are_passed_over() {
        let operation = |target: &str| {
            json!({ "operationType": "insert", "targetLink":
                format!("https://www.googleapis.com/compute/v1/projects/p/regions/r/{target}") })
        };
        assert_eq!(
            target_of(&operation("forwardingRules/pe")),
            Some(("r", "pe", "insert"))
        );
        assert_eq!(target_of(&operation("addresses/pe")), None);
        assert_eq!(target_of(&json!({})), None);
    }
}
