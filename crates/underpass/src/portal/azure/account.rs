//! A consumer's subscription, in its directory.

use std::collections::BTreeMap;

use serde_json::Value;
use underpass_web::url::path;
use uuid::Uuid;

use super::portal::{AzurePortal, BRANDING};
use crate::azure::{Arm, Endpoint, interface_of, name_of, segment_after};
use crate::failure::Failure;
use crate::portal::context::Visitor;
use crate::portal::layout::{AccountField, NavLink, PageLayout, notice};
use crate::portal::live::Snapshot;

/// Most subscriptions that are listed, with their networks: 20. Others can be entered.
const SUBSCRIPTIONS: usize = 20;

/// A subscription and its directory (the tenant).
pub(super) struct Account {
    pub(super) portal: AzurePortal,
    pub(super) arm: Arm,
    pub(super) tenant: String,
    pub(super) subscription: String,
}

/// An endpoint of a list.
pub(super) struct Row {
    pub(super) it: Endpoint,
    pub(super) name: String,
    pub(super) group: String,
    pub(super) href: String,
    /// Connection status, or provisioning state while it is not `Succeeded`.
    pub(super) state: String,
}

/// A subnet for endpoints.
pub(super) struct Subnet {
    pub(super) id: String,
    /// Network, name and range.
    pub(super) title: String,
    pub(super) location: String,
}

impl Account {
    /// The account of a page.
    ///
    /// # Errors
    /// If the directory or the subscription is not a GUID.
    pub(super) fn of(portal: &AzurePortal, visitor: &Visitor) -> Result<Self, Failure> {
        let (tenant, subscription) = (visitor.segment("tenant"), visitor.segment("subscription"));
        Self::open(portal, tenant, subscription)
    }

    /// Opens an account by its IDs; the first use of a subscription creates it in its directory.
    ///
    /// # Errors
    /// If the directory or the subscription is not a GUID.
    pub(super) fn open(
        portal: &AzurePortal,
        tenant: &str,
        subscription: &str,
    ) -> Result<Self, Failure> {
        let tenant = guid("directory", tenant)?;
        Ok(Self {
            arm: portal.arm(&tenant),
            tenant,
            subscription: guid("subscription", subscription)?,
            portal: portal.clone(),
        })
    }

    /// Reports whether it is the account of the options.
    pub(super) fn is_default(&self) -> bool {
        let options = &self.portal.options;
        self.tenant == options.tenant && self.subscription == options.subscription
    }

    /// Path of a page of the account.
    pub(super) fn href<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        self.href_of(&self.subscription, below)
    }

    fn href_of<'a>(
        &'a self,
        subscription: &'a str,
        below: impl IntoIterator<Item = &'a str>,
    ) -> String {
        let root = ["directory", &self.tenant, "subscription", subscription];
        path(root.into_iter().chain(below))
    }

    /// Path of the page of an endpoint.
    pub(super) fn endpoint_href(&self, group: &str, name: &str) -> String {
        self.href(["group", group, "endpoint", name])
    }

    /// Resource ID of a group.
    pub(super) fn group_id(&self, group: &str) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{group}",
            self.subscription
        )
    }

    /// Resource ID of an endpoint.
    pub(super) fn endpoint_id(&self, group: &str, name: &str) -> String {
        let group = self.group_id(group);
        format!("{group}/providers/Microsoft.Network/privateEndpoints/{name}")
    }

    /// Path of a list of the whole subscription.
    pub(super) fn collection(&self, kind: &str) -> String {
        let subscription = &self.subscription;
        format!("/subscriptions/{subscription}/providers/Microsoft.Network/{kind}")
    }

    /// Endpoints, by name.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses a request.
    pub(super) async fn endpoints(&self) -> Result<Vec<Row>, Failure> {
        let shown = self.arm.list(&self.collection("privateEndpoints")).await?;
        if shown.is_empty() {
            return Ok(Vec::new());
        }
        let interfaces = self.collection("networkInterfaces");
        // IDs are case-insensitive.
        let interfaces: BTreeMap<String, Value> = self
            .arm
            .list(&interfaces)
            .await?
            .into_iter()
            .filter_map(|it| Some((it.get("id")?.as_str()?.to_lowercase(), it)))
            .collect();
        let mut rows: Vec<Row> = shown
            .iter()
            .map(|shown| {
                let interface = interfaces.get(&interface_of(shown).to_lowercase());
                self.row(Endpoint::with(shown, interface))
            })
            .collect();
        rows.sort_by(|a, b| (&a.name, &a.group).cmp(&(&b.name, &b.group)));
        Ok(rows)
    }

    /// An endpoint as a row of a list.
    pub(super) fn row(&self, it: Endpoint) -> Row {
        let name = name_of(&it.id).to_owned();
        let group = segment_after(&it.id, "resourceGroups").unwrap_or_default();
        let state = if it.provisioning == "Succeeded" {
            it.status.clone()
        } else {
            it.provisioning.clone()
        };
        Row {
            href: self.endpoint_href(group, &name),
            group: group.to_owned(),
            name,
            state,
            it,
        }
    }

    /// Subscriptions of the directory, this one first.
    async fn subscriptions(&self) -> Result<Vec<String>, Failure> {
        let listed = self.arm.list("/subscriptions").await?;
        let listed = listed
            .iter()
            .filter_map(|it| it.get("subscriptionId")?.as_str())
            .filter(|it| *it != self.subscription)
            .map(str::to_owned);
        let first = std::iter::once(self.subscription.clone());
        Ok(first.chain(listed).take(SUBSCRIPTIONS).collect())
    }

    /// Subnets of all subscriptions of the directory.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses a request.
    pub(super) async fn subnets(&self) -> Result<Vec<Subnet>, Failure> {
        let mut subnets = Vec::new();
        for subscription in self.subscriptions().await? {
            let networks = format!(
                "/subscriptions/{subscription}/providers/Microsoft.Network/virtualNetworks"
            );
            for network in self.arm.list(&networks).await? {
                subnets.extend(subnets_of(&network));
            }
        }
        Ok(subnets)
    }

    /// Layout of a page of the account.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses a request.
    pub(super) async fn layout(
        &self,
        visitor: &Visitor,
        title: &str,
    ) -> Result<PageLayout, Failure> {
        let accounts = self.subscriptions().await?;
        let nav_link = |it: &String| {
            let href = self.href_of(it, ["endpoint"]);
            NavLink::new(it, href).current(*it == self.subscription)
        };
        Ok(PageLayout {
            branding: &BRANDING,
            title: title.to_owned(),
            home: self.href([]),
            sections: vec![
                NavLink::new("Overview", self.href([])).current(title == "Overview"),
                NavLink::new("Private endpoints", self.href(["endpoint"]))
                    .current(title != "Overview"),
            ],
            crumbs: Vec::new(),
            account: self.subscription.clone(),
            account_fields: vec![
                AccountField {
                    name: "subscription",
                    label: "Subscription ID",
                    value: self.subscription.clone(),
                },
                AccountField {
                    name: "directory",
                    label: "Directory (tenant) ID",
                    value: self.tenant.clone(),
                },
            ],
            accounts: accounts.iter().map(nav_link).collect(),
            changes: None,
            csrf_token: visitor.csrf_token(),
            notice: notice(visitor),
            problem: None,
            snippets: Vec::new(),
        })
    }
}

impl Snapshot for Account {
    async fn snapshot(&self) -> Result<Vec<Value>, Failure> {
        self.arm.list(&self.collection("privateEndpoints")).await
    }
}

fn subnets_of(network: &Value) -> Vec<Subnet> {
    let text = |from: &Value, pointer: &str| {
        let text = from.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let location = text(network, "/location");
    let subnets = network.pointer("/properties/subnets");
    let subnets = subnets.and_then(Value::as_array).into_iter().flatten();
    subnets
        .map(|subnet| Subnet {
            id: text(subnet, "/id"),
            title: format!(
                "{} / {} ({})",
                text(network, "/name"),
                text(subnet, "/name"),
                text(subnet, "/properties/addressPrefix")
            ),
            location: location.clone(),
        })
        .collect()
}

/// Parses a GUID, which becomes a segment of a path.
fn guid(what: &str, text: &str) -> Result<String, Failure> {
    match Uuid::try_parse(text) {
        Ok(guid) => Ok(guid.hyphenated().to_string()),
        Err(_) => Err(
            Failure::usage(format!("`{text}` is not a {what} ID")).hint(
                "enter a GUID, for instance 20000000-0000-4000-8000-000000000003; the first use of a GUID \
                 creates it",
            ),
        ),
    }
}
