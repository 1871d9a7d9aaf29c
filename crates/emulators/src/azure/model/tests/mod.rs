//! Tests of the model's rules through requests.

mod bindings;
mod connections;
mod deployments;
mod endpoints;
mod entity_tags;
mod envelope;
mod faults;
mod fixture;
mod groups;
mod health;
mod identity;
mod interfaces;
mod journal;
mod load_balancers;
mod names;
mod networks;
mod operations;
mod private_dns;
mod public_ips;
mod security_groups;
mod separate_pools;
mod services;
mod strictness;
mod tags;
mod weather;
mod zone_groups;
