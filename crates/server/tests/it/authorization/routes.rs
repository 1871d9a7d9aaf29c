//! Routes of a router, read from the router itself, so that a new one is never forgotten.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::ALLOW;
use tower::ServiceExt as _;

/// A route with one of its methods.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    pub(crate) template: String,
    pub(crate) method: String,
}

/// Templates of a router's routes. The debug output is the only list of them that axum offers.
pub(crate) fn templates(router: &Router) -> BTreeSet<String> {
    let text = format!("{router:?}");
    let (_, paths) = text.split_once("paths: {").unwrap();
    let (paths, _) = paths.split_once("\"}").unwrap();
    let found: BTreeSet<_> = format!("{paths}\"")
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert!(
        !found.is_empty() && found.iter().all(|it| it.starts_with('/')),
        "the debug output of a router changed: {text}"
    );
    found
}

/// Methods of routes, as the routes state them when asked for a method that none has.
pub(crate) async fn endpoints(router: &Router, templates: BTreeSet<String>) -> Vec<Endpoint> {
    let mut found = Vec::new();
    for template in templates {
        let request = Request::builder()
            .method("TRACE")
            .uri(template.replace(['{', '}'], ""))
            .body(Body::empty())
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 405, "{template}");
        let allowed = response.headers()[ALLOW].to_str().unwrap().to_owned();
        // A GET route answers HEAD by the same handler.
        let methods = allowed.split(',').filter(|method| *method != "HEAD");
        found.extend(methods.map(|method| Endpoint {
            template: template.clone(),
            method: method.to_owned(),
        }));
    }
    found
}

// === impl Endpoint ===

impl Endpoint {
    /// Returns the path with values for its parameters.
    pub(crate) fn path(&self, values: &[(&str, &str)]) -> String {
        let segments = self.template.split('/').map(|segment| {
            match segment
                .strip_prefix('{')
                .and_then(|it| it.strip_suffix('}'))
            {
                None => segment,
                Some(name) => {
                    let value = values.iter().find(|(known, _)| *known == name);
                    value.unwrap_or_else(|| panic!("no value for {{{name}}}")).1
                }
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// Returns whether a request may change something.
    pub(crate) fn writes(&self) -> bool {
        self.method != "GET"
    }
}
