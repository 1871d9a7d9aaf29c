//! The model as the shell that all clouds share sees it.

use std::net::IpAddr;

use jiff::Timestamp;

use super::model::{Azure, Binding, Change, Fault, Generator, HostMapping, Reply, Request};
use crate::cloud::{Cloud, Mapping};

// The model's own methods have the same names; inside `impl` they come first.
impl Cloud for Azure {
    type Request = Request;
    type Reply = Reply;
    type HostMapping = HostMapping;
    type Fault = Fault;

    fn handle(&mut self, request: &Request, now: Timestamp, rng: &mut dyn Generator) -> Reply {
        self.handle(request, now, rng)
    }

    fn advance(&mut self, now: Timestamp) {
        self.advance(now);
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.next_due()
    }

    fn take_changes(&mut self) -> Vec<Change> {
        self.take_changes()
    }

    fn snapshot(&self) -> Vec<Change> {
        self.snapshot()
    }

    fn bindings(&self) -> Vec<Binding> {
        self.bindings()
    }

    fn map_host(&mut self, mapping: HostMapping) {
        self.map_host(mapping);
    }

    fn host_mappings(&self) -> Vec<HostMapping> {
        self.host_mappings()
    }

    fn inject_fault(&mut self, fault: Fault) {
        self.inject_fault(fault);
    }

    fn resource_ids(&self) -> Vec<String> {
        self.resource_ids()
    }
}

impl Mapping for HostMapping {
    fn host(&self) -> IpAddr {
        self.host
    }
}
