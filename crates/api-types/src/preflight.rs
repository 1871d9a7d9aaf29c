//! Check of a link that is to be created.

use serde::{Deserialize, Serialize};

use crate::remedy::RemedyView;

/// Outcome of a check: `GET …/privatelink/{provider}/preflight`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightView {
    /// First rule that refuses the creation now; null if none does.
    pub refusal: Option<PreflightRefusal>,
}

/// Reason why a link cannot be created now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightRefusal {
    /// Code of the rule; it has a page in the documentation.
    pub error_code: String,
    /// The rule, without the remedy.
    pub message: String,
    /// Action that resolves it; null if there is none.
    pub remedy: Option<RemedyView>,
}

#[cfg(test)]
mod tests {
    use underpass_model::remedy::Remedy;

    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn a_check_is_read_as_it_was_written() {
        assert_round_trip(&PreflightView { refusal: None });
        assert_round_trip(&PreflightView {
            refusal: Some(PreflightRefusal {
                error_code: "no_project_vpc".to_owned(),
                message: "No project VPC".to_owned(),
                remedy: Some(RemedyView::new(Remedy::ListVpcs)),
            }),
        });
    }
}
