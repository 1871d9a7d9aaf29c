//! Tests of the model's rules through requests.

mod addresses;
mod attachments;
mod backends;
mod bindings;
mod consumers;
mod documents;
mod envelope;
mod faults;
mod fingerprints;
mod firewalls;
mod fixture;
mod groups;
mod health;
mod hostile;
mod journal;
mod lag;
mod lists;
mod load_balancers;
mod nat;
mod networks;
mod operations;
mod projects;
mod replays;
mod strictness;
mod weather;
