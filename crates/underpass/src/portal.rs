//! Portals of the emulated clouds: what a consumer clicks where the real cloud has its own pages.
//!
//! A portal is a client of the emulator's public API, as any consumer would be, and keeps nothing:
//! which account a page is about stands in its address, and every list is read when it is looked
//! at. It asks nobody who they are, as the emulators ask no consumer; so it answers on loopback
//! only, under names of loopback, and takes forms of its own pages alone.
//! Every page says that the cloud is emulated: nobody is to take it for the real one.

mod asset;
mod azure;
mod context;
mod google;
mod guard;
mod layout;
mod live;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use error_reporter::Report;
use tokio::net::TcpListener;
use tokio::sync::watch;
use underpass_web::security_headers::security_headers;
use underpass_web::url::query;

pub(crate) use self::azure::{AzurePortal, PortalOptions as AzurePortalOptions};
use self::context::{PortalContext, Visitor};
pub(crate) use self::google::{GooglePortal, PortalOptions as GooglePortalOptions};
use crate::failure::Failure;

/// Largest form: 64 KiB, several times the longest that anybody fills in.
const MAX_FORM: usize = 64 * 1024;

/// How long requests under way may take to end after a stop: 5 s. They wait for emulated
/// operations, which go on without them.
const DRAIN: Duration = Duration::from_secs(5);

/// Where others lead to begin an endpoint, with the `target` it is to have.
const CREATE: &str = "/create";

/// The pages of one cloud.
pub(crate) trait Pages {
    /// All of them; `context` is what every portal has.
    fn routes(self, context: PortalContext) -> Router;
}

/// Answers browsers until `stop` turns true.
pub(crate) async fn serve(
    listener: TcpListener,
    pages: impl Pages,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let context = PortalContext::new(stop.clone())?;
    let router = pages
        .routes(context)
        .merge(asset::ASSETS.routes())
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(from_fn(guard::check_origin))
        .layer(from_fn(security_headers));
    let mut asked = stop.clone();
    let mut overdue = stop;
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(async move { stopped(&mut asked).await });
    tokio::select! {
        ended = served => ended.map_err(|error| Failure::refused(Report::new(&error))),
        () = async { stopped(&mut overdue).await; tokio::time::sleep(DRAIN).await } => {
            tracing::warn!("close pages that did not end in time");
            Ok(())
        }
    }
}

/// The address of a page with the target that the visitor brings along.
fn with_target(place: &str, visitor: &Visitor) -> String {
    let asked = visitor.query();
    format!("{place}{}", query([("target", asked.text("target"))]))
}

/// Waits until a stop is asked for, or until nobody is left to ask.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _sender_gone = stop.wait_for(|stop| *stop).await;
}
