//! Pages about refusals, to which the answers of the API lead.
//!
//! They show nothing of a tenant, so they need no session.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use underpass_web::head::Head;
use underpass_web::page::render;

use crate::asset::head;
use crate::console::Console;
use crate::refusal_page::{PAGES, nearest, page};

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/docs/errors", get(list))
        .route("/docs/errors/{code}", get(show))
}

/// Block of a page.
#[derive(Debug, PartialEq, Eq)]
enum Block<'a> {
    Heading(&'a str),
    /// Lines of a paragraph.
    Text(Vec<&'a str>),
    /// An example of the message.
    Example(Vec<&'a str>),
    /// Next steps.
    Steps(Vec<&'a str>),
}

/// Part of a line.
#[derive(Debug, PartialEq, Eq)]
struct Span<'a> {
    text: &'a str,
    /// Code of the refusal whose page the text leads to.
    code: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "console/refusal.html")]
struct RefusalPage {
    blocks: Vec<Block<'static>>,
}

#[derive(Template)]
#[template(path = "console/refusals.html")]
struct RefusalList {
    /// Code that has no page.
    unknown: Option<String>,
    similar: Vec<&'static str>,
    /// Codes, each with the first sentence of its page.
    rows: Vec<(&'static str, &'static str)>,
}

impl RefusalPage {
    fn head(&self) -> Head {
        match self.blocks.first() {
            Some(Block::Heading(title)) => head(title),
            _ => head("Refusal"),
        }
    }
}

impl RefusalList {
    fn new(unknown: Option<String>) -> Self {
        let similar = unknown.as_deref().map(nearest).unwrap_or_default();
        let rows = PAGES.iter().map(|(code, text)| (*code, summary(text)));
        Self {
            unknown,
            similar,
            rows: rows.collect(),
        }
    }

    #[expect(clippy::unused_self, reason = "the layout calls it as a method")]
    fn head(&self) -> Head {
        head("Refusals")
    }
}

async fn list() -> Response {
    render(StatusCode::OK, &RefusalList::new(None))
}

async fn show(Path(code): Path<String>) -> Response {
    match page(&code) {
        Some(text) => render(
            StatusCode::OK,
            &RefusalPage {
                blocks: blocks(text),
            },
        ),
        None => render(StatusCode::NOT_FOUND, &RefusalList::new(Some(code))),
    }
}

/// Returns the line after title and status.
fn summary(text: &str) -> &str {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    lines.nth(2).unwrap_or_default()
}

/// Returns the blocks of a page. Pages use these four only.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let paragraphs = text
        .split("\n\n")
        .map(str::trim)
        .filter(|it| !it.is_empty());
    paragraphs
        .map(|paragraph| {
            let without = |mark: &'static str| {
                let lines = paragraph.lines();
                lines
                    .map(|line| line.strip_prefix(mark).unwrap_or(line))
                    .collect()
            };
            match paragraph.get(..2) {
                Some("# ") => Block::Heading(paragraph.trim_start_matches("# ")),
                Some("> ") => Block::Example(without("> ")),
                Some("- ") => Block::Steps(without("- ")),
                _ => Block::Text(paragraph.lines().collect()),
            }
        })
        .collect()
}

/// Returns the parts of a line: a link to another refusal leads to its page, other links are text.
fn spans(line: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((text, behind)) = after.split_once("](") else {
            break;
        };
        let Some((target, behind)) = behind.split_once(')') else {
            break;
        };
        let code = target.strip_suffix(".md").filter(|it| page(it).is_some());
        spans.push(Span {
            text: before,
            code: None,
        });
        spans.push(Span { text, code });
        rest = behind;
    }
    spans.push(Span {
        text: rest,
        code: None,
    });
    spans.retain(|span| !span.text.is_empty());
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_in_blocks() {
        let text =
            "# a_code\n\nStatus: 400\n\nOne.\nTwo.\n\n> Refused\n\nNext:\n\n- Try `x`\n- Stop\n";
        let expected = [
            Block::Heading("a_code"),
            Block::Text(vec!["Status: 400"]),
            Block::Text(vec!["One.", "Two."]),
            Block::Example(vec!["Refused"]),
            Block::Text(vec!["Next:"]),
            Block::Steps(vec!["Try `x`", "Stop"]),
        ];
        assert_eq!(blocks(text), expected);
        assert_eq!(summary(text), "One.");
    }

    #[test]
    fn only_links_to_refusals_are_links() {
        let shown = |line| -> Vec<_> {
            let spans = spans(line);
            spans.iter().map(|it| (it.text, it.code)).collect()
        };
        assert_eq!(
            shown("see [no_token](no_token.md) or [the guide](../guides/azure.md)."),
            [
                ("see ", None),
                ("no_token", Some("no_token")),
                (" or ", None),
                ("the guide", None),
                (".", None)
            ]
        );
        assert_eq!(shown("a [ b"), [("a [ b", None)]);
    }

    #[test]
    fn every_page_consists_of_known_blocks() {
        for (code, text) in PAGES {
            let blocks = blocks(text);
            assert_eq!(blocks.first(), Some(&Block::Heading(code)));
            let steps = blocks.iter().filter(|it| matches!(it, Block::Steps(_)));
            assert_eq!(steps.count(), 1, "{code}");
            let plain = blocks.iter().all(|block| match block {
                Block::Heading(_) => true,
                Block::Text(lines) | Block::Example(lines) | Block::Steps(lines) => lines
                    .iter()
                    .all(|line| !line.starts_with(['|', '#', '*', ' '])),
            });
            assert!(plain, "{code} has a form that the console does not show");
            assert!(!summary(text).is_empty(), "{code}");
        }
    }
}
