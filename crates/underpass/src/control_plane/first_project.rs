//! Project and operator of the first start.

use underpass_model::credentials::Secret;
use underpass_server::api::Error;
use underpass_server::app::App;
use underpass_server::bootstrap::{self, Bootstrap};

use crate::failure::Failure;

/// Name of the operator who is created at the first start.
const OPERATOR_NAME: &str = "Operator";

/// Project and operator that exist from the first start on.
#[derive(Debug, Clone)]
pub(crate) struct FirstProject {
    /// Name of the project.
    pub(crate) project: String,
    /// Email address of the operator.
    pub(crate) operator: String,
}

impl FirstProject {
    /// Creates what is missing of them; `token` is the operator's.
    ///
    /// # Errors
    /// If the name is invalid, the token was revoked, or the store fails.
    pub(super) async fn ensure(&self, app: &App, token: &Secret) -> Result<(), Failure> {
        let beginning = Bootstrap {
            email: self.operator.clone(),
            real_name: OPERATOR_NAME.to_owned(),
            project: self
                .project
                .parse()
                .map_err(|error| Failure::caused("read the name of the first project", &error))?,
            token: token.clone(),
        };
        bootstrap::ensure(app, &beginning)
            .await
            .map_err(|error| match error {
                Error::Refused(refusal) => Failure::refused(refusal.message),
                other => Failure::ours(format!("create the first project: {other:?}")),
            })
    }
}
