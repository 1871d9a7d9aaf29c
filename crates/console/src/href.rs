//! Addresses of pages.

use axum::http::Method;
use underpass_web::url::{encode, path};

/// Path of the console; its cookies are sent nowhere else.
pub(crate) const ROOT: &str = "/console";

/// Parameter in which a page says how many changes it shows: something may have changed after the
/// page was made and before it began to listen.
pub(crate) const AFTER: &str = "after";

/// Path of a page of a project.
pub(crate) fn project_href<'a>(
    project: &'a str,
    below: impl IntoIterator<Item = &'a str>,
) -> String {
    let inside = path(["project", project].into_iter().chain(below));
    format!("{ROOT}{inside}")
}

/// Path of a project's first page.
pub(crate) fn home_href(project: &str) -> String {
    project_href(project, [])
}

/// Path of the page of accounts on hold.
pub(crate) fn recovery_href() -> String {
    format!("{ROOT}/recovery")
}

/// Path of the page of backups.
pub(crate) fn backup_href() -> String {
    format!("{ROOT}/backup")
}

/// Path of a link's page.
pub(crate) fn link_href(project: &str, service: &str, provider: &str) -> String {
    project_href(project, ["service", service, "privatelink", provider])
}

/// Path of the sign-in. It leads back to `path` after a request that only reads; a change must be
/// sent again.
pub(crate) fn sign_in_href(method: &Method, path: &str) -> String {
    match *method {
        Method::GET | Method::HEAD if path != ROOT => {
            format!("{ROOT}/sign-in?next={}", encode(path))
        }
        _ => format!("{ROOT}/sign-in"),
    }
}
