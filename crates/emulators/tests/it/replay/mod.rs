//! Exchanges that were recorded with the real Azure, as facts about the emulated one.
//!
//! Sources: the go-vcr recordings of `kubernetes-sigs/cloud-provider-azure` (one test for each
//! client in `pkg/azclient`, api-version 2025-05-01), and two of `Azure/azure-cli` (api-version
//! 2021-08-01). Only facts are here: status, headers, members with their types, states.
//! Every line of a test stands for as many recorded exchanges as [`player::Player`] counts;
//! `docs/reference/azure-replay.md` lists those that no line stands for.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a shape is written where it is used"
)]

mod decisions;
mod endpoints;
mod networks;
mod player;
mod private_dns;
mod public;
mod services;
mod shape;
mod shapes;
