//! The list of static IPs and its filter.

use underpass_api_types::condition::ConditionView;
use underpass_api_types::static_ip::{StaticIpRow, StaticIpView};
use underpass_model::static_ip::StaticIpState;
use underpass_web::paging::{Paging, ROWS};

use super::vpc::notable;
use crate::api_error::ApiError;
use crate::catalogue;
use crate::page::Page;

/// Filter of the list.
pub(super) struct Filter {
    pub(super) query: String,
    /// True to show only static IPs without a service.
    pub(super) is_free: bool,
    /// End of the previous page.
    after: String,
}

/// A page of the list.
pub(super) struct StaticIpList {
    pub(super) filter: Filter,
    pub(super) rows: Vec<StaticIpRow>,
    pub(super) total: usize,
    pub(super) paging: Paging,
}

impl Filter {
    fn of(page: &Page) -> Self {
        Self {
            query: page.query("query").trim().to_owned(),
            is_free: page.query("free") == "true",
            after: page.query("after"),
        }
    }

    /// The filters as parameters, without the position in the list.
    fn filters(&self) -> [(&str, &str); 2] {
        let free = if self.is_free { "true" } else { "" };
        [("query", &self.query), ("free", free)]
    }

    pub(super) fn is_set(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }
}

impl StaticIpList {
    /// Reports whether the list has more than one page, so that a filter is useful.
    pub(super) fn is_long(&self) -> bool {
        self.filter.is_set() || self.paging.first.is_some() || self.paging.next.is_some()
    }

    /// Loads the page of the list in the address.
    ///
    /// # Errors
    /// If the API refuses the request.
    pub(super) async fn load(page: &Page) -> Result<Self, ApiError> {
        let filter = Filter::of(page);
        let limit = ROWS.to_string();
        let place = [("limit", limit.as_str()), ("after", &filter.after)];
        let asked = filter.filters().into_iter().chain(place);
        let answer = catalogue::static_ips(page, asked).await?;
        let paging = Paging::new(
            "First page",
            &page.href(["network"]),
            &filter.filters(),
            "after",
            &filter.after,
            answer.next_after.as_deref(),
        );
        Ok(Self {
            filter,
            rows: answer.static_ips,
            total: answer.total,
            paging,
        })
    }
}

pub(super) fn is_deleting(static_ip: &StaticIpView) -> bool {
    static_ip.state == StaticIpState::Deleting
}

/// Returns the conditions that are no mere progress.
pub(super) fn conditions(row: &StaticIpRow) -> impl Iterator<Item = &ConditionView> {
    notable(&row.conditions)
}
