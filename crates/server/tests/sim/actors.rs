//! Actions of providers, consumers and operators who change the cloud out of band.

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::json;
use underpass_model::connection::Connection;
use underpass_model::link::{CreateContext, Link, shown_connection};
use underpass_model::part::Observed;
use underpass_model::project::Project;
use underpass_model::refusal::Refusal;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Key, Store as _, Versioned};

use crate::executor::run;
use crate::simulation::{Simulation, project, vpc_id};

/// Actions that differ between the clouds.
pub(crate) trait Actors {
    /// Two invited consumers, and an uninvited one.
    fn consumers(&self) -> [&'static str; 3];
    /// Creates a link as the API does; `pick` selects among the valid inputs.
    fn request_link(
        &self,
        sim: &Simulation,
        context: CreateContext<'_>,
        pick: usize,
        now: Timestamp,
    ) -> Result<(Link, Change), Refusal>;
    fn approve(
        &self,
        link: &mut Link,
        connection: &mut Connection,
        observed: &Observed,
        now: Timestamp,
    ) -> Result<bool, Refusal>;
    /// Further writes that belong to a decision.
    fn changes_with_decision(
        &self,
        sim: &Simulation,
        link: &mut Link,
        rows: &[Connection],
    ) -> Change;
    /// Performs an action of the provider that only this cloud has.
    fn act_as_provider(&self, sim: &mut Simulation, pick: usize);
    /// Creates an endpoint of the consumer, if the link was observed as published.
    fn make_endpoint(&self, sim: &mut Simulation, consumer: &str);
    fn drop_endpoint(&self, sim: &mut Simulation, consumer: &str, number: u32) -> u16;
    /// Changes a resource of the link in the cloud, as an operator does.
    fn change_out_of_band(&self, sim: &mut Simulation, rng: &mut StdRng, way: usize);
}

/// Action of the provider on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Approve,
    Reject,
    Restore,
    Address,
}

// === providers ===

impl Simulation {
    pub(crate) fn create_link(&mut self, pick: usize) -> bool {
        let now = self.engine.clock.now();
        let project_row: Versioned<Project> = self.one(&Key::project(&project())).unwrap();
        let vpc: Versioned<ProjectVpc> = self.one(&Key::vpc(&project(), vpc_id())).unwrap();
        let service = self.service();
        let existing = self.link();
        let context = CreateContext {
            project: &project_row.value,
            service: &service.value,
            vpc: Some(&vpc.value),
            static_ips: 4,
            existing: existing.as_ref().map(|row| &row.value),
            neighbours: &underpass_model::link::Neighbours::default(),
        };
        let Ok((link, change)) = self.cloud.request_link(self, context, pick, now) else {
            return false;
        };
        let change = change.insert(self.link_key(), &link).unwrap();
        self.note(format!("provider creates link {}", link.id));
        self.commit(change, link.generation);
        true
    }

    pub(crate) fn delete_link(&mut self) {
        let Some(mut link) = self.link() else { return };
        link.value.delete(self.engine.clock.now());
        self.note("provider deletes the link");
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
        let connection = &mut connections[index].value;
        let observed = self.observed();
        let state = shown_connection(&link.value, connection, &observed);
        let changed = match what {
            Decision::Approve => self
                .cloud
                .approve(&mut link.value, connection, &observed, now),
            Decision::Reject => link.value.reject(connection, now),
            Decision::Restore => link.value.restore(connection, &observed, now),
            Decision::Address => {
                let address = address_of(connection);
                link.value
                    .set_address(connection, address, &observed, now)
                    .map(|()| true)
            }
        };
        let note = format!("provider: {what:?} {} ({})", connection.id, state.as_str());
        self.note(note);
        if let Ok(true) = changed {
            if matches!(what, Decision::Approve | Decision::Restore) {
                let name = self
                    .cloud
                    .connection_key(&connections[index].value.identity);
                self.approved.insert(name);
            }
            let rows: Vec<_> = connections.iter().map(|row| row.value.clone()).collect();
            let change = self
                .cloud
                .changes_with_decision(self, &mut link.value, &rows)
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
            "provider: {component} {}",
            if open { "on" } else { "off" }
        ));
        self.change_service(&service, now);
    }

    pub(crate) fn set_nodes(&mut self, names: &[&str]) {
        let now = self.engine.clock.now();
        let mut service = self.service();
        service.value.nodes = names.iter().map(|name| self.cloud.node(name)).collect();
        self.note(format!("provider: nodes {names:?}"));
        self.change_service(&service, now);
    }

    fn change_service(
        &mut self,
        service: &Versioned<underpass_model::service::Service>,
        now: Timestamp,
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
}

/// Endpoint address of a connection, as the provider states it.
pub(crate) fn address_of(connection: &Connection) -> std::net::Ipv4Addr {
    let last = u8::try_from(4 + connection.ordinal % 250).unwrap();
    [127, 64, 0, last].into()
}

// === consumers ===

impl Simulation {
    /// Number of the next endpoint.
    pub(crate) fn next_endpoint(&mut self) -> u32 {
        self.endpoints += 1;
        self.endpoints
    }

    pub(crate) fn make_endpoint(&mut self, consumer: &str) {
        self.cloud.make_endpoint(self, consumer);
    }

    pub(crate) fn drop_endpoint(&mut self, consumer: &str, number: u32) {
        let status = self.cloud.drop_endpoint(self, consumer, number);
        self.note(format!(
            "consumer {consumer} deletes pe-{number} -> {status}"
        ));
    }
}
