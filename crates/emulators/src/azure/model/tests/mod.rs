//! Tests of the model's rules through requests.

mod bindings;
mod connections;
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
mod networks;
mod operations;
mod public_ips;
mod services;
mod strictness;
mod tags;
mod weather;
