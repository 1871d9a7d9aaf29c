//! What people do: members of the project, consumers, and those who meddle in the cloud.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_model::link::{CreateContext, Link, shown_connection};
use underpass_model::project::Project;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Key, Lookup, Noun as _, Store as _, Versioned};

use crate::executor::run;
use crate::world::{ALLOWED, World, consumer_base, link_key, node, project, provider_base, vpc_id};

impl World {
    pub(crate) fn create_link(&mut self, allowed: &[&str]) -> bool {
        let now = self.engine.clock.now();
        let (project_row, vpc): (Versioned<Project>, Versioned<ProjectVpc>) = {
            let (project_key, vpc_key) = (Key::project(&project()), Key::vpc(&project(), vpc_id()));
            let lookups = [
                Lookup::One(Project::KIND, project_key.clone()),
                Lookup::One(ProjectVpc::KIND, vpc_key.clone()),
            ];
            let fetched = run(self.memory.fetch(&lookups)).unwrap().unwrap();
            (
                fetched.one(&project_key).unwrap().unwrap(),
                fetched.one(&vpc_key).unwrap().unwrap(),
            )
        };
        let service = self.service();
        let existing = self.link();
        let context = CreateContext {
            project: &project_row.value,
            service: &service.value,
            vpc: Some(&vpc.value),
            static_ips: 4,
            existing: existing.as_ref().map(|row| &row.value),
        };
        let list = subscriptions(allowed);
        let Ok(link) = Link::create_azure(context, list, self.new_link_id(), now) else {
            return false;
        };
        let change = Change::new().insert(link_key(), &link).unwrap();
        self.note(format!("member creates link {}", link.id));
        self.commit(change, link.generation);
        true
    }

    pub(crate) fn delete_link(&mut self) {
        let Some(mut link) = self.link() else { return };
        link.value.delete(self.engine.clock.now());
        self.note("member deletes the link");
        let generation = link.value.generation;
        self.commit(Change::new().update(&link).unwrap(), generation);
    }

    pub(crate) fn decide(&mut self, pick: usize, what: Decision) {
        let now = self.engine.clock.now();
        let Some(mut link) = self.link() else { return };
        let mut connections = self.connections();
        if connections.is_empty() {
            return;
        }
        let index = pick % connections.len();
        let connection = &mut connections[index];
        let observed = self.observed();
        let state = shown_connection(&link.value, &connection.value, &observed);
        let changed = match what {
            Decision::Approve => link.value.approve(&mut connection.value, &observed, now),
            Decision::Reject => link.value.reject(&mut connection.value, now),
            Decision::Restore => link.value.restore(&mut connection.value, &observed, now),
            Decision::Address => {
                let address = format!("127.64.0.{}", 4 + connection.value.ordinal)
                    .parse()
                    .unwrap();
                link.value
                    .set_address(&mut connection.value, address, &observed, now)
                    .map(|()| true)
            }
        };
        self.note(format!(
            "member: {what:?} {} ({})",
            connection.value.id,
            state.as_str()
        ));
        if let Ok(true) = changed {
            if matches!(what, Decision::Approve | Decision::Restore) {
                self.approved.insert(connection.value.identity.name.clone());
            }
            let change = Change::new()
                .update(&link)
                .unwrap()
                .update(&connections[index])
                .unwrap();
            self.commit(change, link.value.generation);
        }
    }

    pub(crate) fn toggle(&mut self, component: &str, open: bool) {
        let now = self.engine.clock.now();
        let mut service = self.service();
        let config = &mut service.value.user_config;
        let access = config
            .entry("privatelink_access")
            .or_insert_with(|| json!({}));
        access[component] = json!(open);
        self.note(format!(
            "member: {component} {}",
            if open { "on" } else { "off" }
        ));
        self.change_service(&service, now);
    }

    pub(crate) fn set_nodes(&mut self, nics: &[&str]) {
        let now = self.engine.clock.now();
        let mut service = self.service();
        service.value.nodes = nics.iter().map(|nic| node(nic)).collect();
        self.note(format!("member: nodes {nics:?}"));
        self.change_service(&service, now);
    }

    fn change_service(
        &mut self,
        service: &Versioned<underpass_model::service::Service>,
        now: jiff::Timestamp,
    ) {
        let change = Change::new().update(service).unwrap();
        match self.link() {
            Some(mut link) => {
                link.value.touch(now);
                let generation = link.value.generation;
                self.commit(change.update(&link).unwrap(), generation);
            }
            None => run(self.memory.commit(change)).unwrap().unwrap(),
        }
    }

    pub(crate) fn allow(&mut self, list: &[&str]) {
        let now = self.engine.clock.now();
        let Some(mut link) = self.link() else { return };
        let rows = self.connections();
        let connections: Vec<_> = rows.iter().map(|row| row.value.clone()).collect();
        let Ok(changed) = link.value.allow(subscriptions(list), &connections, now) else {
            return;
        };
        self.note(format!("member allows {} subscriptions", list.len()));
        let mut change = Change::new().update(&link).unwrap();
        for connection in changed {
            let row = rows
                .iter()
                .find(|row| row.value.id == connection.id)
                .unwrap();
            let row = Versioned {
                value: connection,
                ..row.clone()
            };
            change = change.update(&row).unwrap();
        }
        self.commit(change, link.value.generation);
    }

    /// A consumer makes an endpoint to the link, by alias.
    pub(crate) fn make_endpoint(&mut self, subscription: &str) {
        let observed = self.observed();
        let published = observed
            .last(&underpass_model::part::Part::Attachment)
            .cloned();
        let Some(alias) = published.and_then(|last| last.facts.alias) else {
            return;
        };
        self.endpoints += 1;
        let base = consumer_base(subscription);
        let path = format!("{base}/privateEndpoints/pe-{}", self.endpoints);
        let body = json!({"location": "westeurope", "properties": {
            "subnet": {"id": format!("{base}/virtualNetworks/vnet/subnets/default")},
            "manualPrivateLinkServiceConnections": [
                {"name": "c", "properties": {"privateLinkServiceId": alias, "requestMessage": "hi"}}]}});
        let (status, _) = self.consumer(subscription, "PUT", &path, Some(body));
        self.note(format!(
            "consumer {subscription} makes pe-{} -> {status}",
            self.endpoints
        ));
    }

    pub(crate) fn drop_endpoint(&mut self, subscription: &str, number: u32) {
        let path = format!(
            "{}/privateEndpoints/pe-{number}",
            consumer_base(subscription)
        );
        let (status, _) = self.consumer(subscription, "DELETE", &path, None);
        self.note(format!(
            "consumer {subscription} deletes pe-{number} -> {status}"
        ));
    }

    /// Somebody approves an endpoint at the provider, not through us.
    pub(crate) fn approve_behind_our_back(&mut self) {
        let Some(name) = self.published_name() else {
            return;
        };
        let path = format!(
            "{}/privateLinkServices/{name}/privateEndpointConnections",
            provider_base()
        );
        let (_, list) = self.provider("GET", &path, None);
        let pending = list["value"].as_array().and_then(|list| {
            list.iter().find(|connection| {
                connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Pending"
            })
        });
        let Some(connection) = pending.cloned() else {
            return;
        };
        let connection_name = connection["name"].as_str().unwrap().to_owned();
        let body = json!({"name": connection_name, "properties":
            {"privateLinkServiceConnectionState": {"status": "Approved", "description": "elsewhere"}}});
        let (status, _) = self.provider("PUT", &format!("{path}/{connection_name}"), Some(body));
        self.note(format!("a stranger approves {connection_name} -> {status}"));
        self.approved.insert(connection_name);
    }

    /// Somebody empties the balancer's rules.
    pub(crate) fn empty_rules(&mut self) {
        let Some(name) = self.published_name() else {
            return;
        };
        let path = format!("{}/loadBalancers/{name}-lb", provider_base());
        let (status, mut balancer) = self.provider("GET", &path, None);
        if status != 200 {
            return;
        }
        balancer["properties"]["loadBalancingRules"] = json!([]);
        let (status, _) = self.provider("PUT", &path, Some(balancer));
        self.note(format!("a stranger empties the rules -> {status}"));
    }

    pub(crate) fn published_name(&self) -> Option<String> {
        let link = self.link()?;
        Some(format!("up-{}", link.value.id))
    }

    pub(crate) fn published(&mut self) -> Option<Value> {
        let name = self.published_name()?;
        let path = format!("{}/privateLinkServices/{name}", provider_base());
        let (status, body) = self.provider("GET", &path, None);
        (status == 200).then_some(body)
    }
}

/// What a member decides about a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Decision {
    Approve,
    Reject,
    Restore,
    Address,
}

fn subscriptions(list: &[&str]) -> BTreeSet<underpass_model::id::SubscriptionId> {
    list.iter().map(|id| id.parse().unwrap()).collect()
}

/// The lists people choose from.
pub(crate) fn lists() -> [Vec<&'static str>; 3] {
    [ALLOWED.to_vec(), vec![ALLOWED[0]], vec![ALLOWED[1]]]
}
