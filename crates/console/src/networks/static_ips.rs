//! The page of static IPs that is shown, and which they are.

use underpass_web::paging::{Paging, ROWS};

use crate::answer::static_ip::StaticIp;
use crate::api_error::ApiError;
use crate::catalogue;
use crate::page::Page;

/// Which static IPs are shown.
pub(super) struct Filter {
    pub(super) query: String,
    /// Whether only those kept for nobody are.
    pub(super) is_free: bool,
    /// Where the page before ended.
    after: String,
}

/// Static IPs as the page shows them.
pub(super) struct StaticIpList {
    pub(super) filter: Filter,
    pub(super) rows: Vec<StaticIp>,
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

    /// What was said, without the place in the list.
    fn filters(&self) -> [(&str, &str); 2] {
        let free = if self.is_free { "true" } else { "" };
        [("query", &self.query), ("free", free)]
    }

    pub(super) fn is_set(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }
}

impl StaticIpList {
    /// Whether there is more to look through than is on one page.
    pub(super) fn is_long(&self) -> bool {
        self.filter.is_set() || self.paging.first.is_some() || self.paging.next.is_some()
    }

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
