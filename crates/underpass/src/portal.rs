//! Portals of the emulated clouds: the pages that a consumer uses where the real cloud has its own.
//!
//! A portal is a client of the emulator's public API, like any consumer, and stores nothing: the
//! address of a page names the account that it is about, and every list is read when it is shown.
//! It has no sign-in, as the emulators accept every consumer; so it listens on loopback only,
//! under names of loopback, and accepts forms of its own pages only.
//! Every page says that the cloud is emulated, so that it is not taken for the real one.

mod asset;
mod azure;
mod context;
mod google;
mod layout;
mod live;
mod origin;
mod pages;
mod problem;
mod serve;

pub(crate) use self::azure::portal::{AzurePortal, PortalOptions as AzurePortalOptions};
pub(crate) use self::google::portal::{GooglePortal, PortalOptions as GooglePortalOptions};
pub(crate) use self::pages::Pages;
pub(crate) use self::serve::serve;
