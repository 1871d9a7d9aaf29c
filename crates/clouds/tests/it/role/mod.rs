//! The printed roles against the emulated clouds' own reading of the same documentation: a flow with
//! every kind of call succeeds with exactly the role, and fails without any one action of it.

mod account_check;
mod azure;
mod emulated;
mod google;
