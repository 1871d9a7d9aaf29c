//! What surrounds every page: sections, project, visitor, notices, and how to do it from a shell.

use underpass_web::cli_snippet::{CliSnippet, SnippetsSection};
use underpass_web::head::Head;

use crate::asset::head;
use crate::href::AFTER;
use crate::href::project_href;
use crate::problem::Problem;

/// The part of the console a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// What waits and what is broken.
    Home,
    /// Services and their links.
    Services,
    /// Who is connected, or would like to be.
    Connections,
    /// Project VPCs and static IPs.
    Networks,
    /// What happened.
    Events,
}

/// What surrounds a page.
#[derive(Debug, Clone)]
pub(crate) struct PageLayout {
    pub(crate) title: String,
    pub(crate) section: Section,
    pub(crate) project: String,
    /// Those the visitor can switch to.
    pub(crate) projects: Vec<String>,
    pub(crate) user: String,
    /// Whether the visitor may only look.
    pub(crate) is_reader: bool,
    /// Whether nothing can be changed just now.
    pub(crate) is_degraded: bool,
    /// How many changes the page knows of; it is told of those that follow.
    pub(crate) changes: u64,
    pub(crate) csrf_token: String,
    pub(crate) notice: Option<String>,
    pub(crate) problem: Option<Problem>,
    /// Whether the page answers a form that did what it says: its address is not where to look at
    /// it again.
    pub(crate) is_answer: bool,
    /// How to do from a shell what the page does.
    pub(crate) snippets: Vec<CliSnippet>,
}

impl Section {
    /// All, in the order of the menu.
    pub(crate) const ALL: [Self; 5] = [
        Self::Home,
        Self::Services,
        Self::Connections,
        Self::Networks,
        Self::Events,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Services => "Services",
            Self::Connections => "Connections",
            Self::Networks => "Networks",
            Self::Events => "Events",
        }
    }

    /// The last segment of its address.
    fn segment(self) -> Option<&'static str> {
        match self {
            Self::Home => None,
            Self::Services => Some("service"),
            Self::Connections => Some("connection"),
            Self::Networks => Some("network"),
            Self::Events => Some("event"),
        }
    }
}

impl PageLayout {
    /// Head of the page.
    pub(crate) fn head(&self) -> Head {
        head(format!("{} · {}", self.title, self.project))
    }

    /// Section with the commands.
    pub(crate) fn snippets_section(&self) -> SnippetsSection<'_> {
        SnippetsSection {
            snippets: &self.snippets,
            note: "",
        }
    }

    /// The same with snippets.
    pub(crate) fn with(self, snippets: Vec<CliSnippet>) -> Self {
        Self { snippets, ..self }
    }

    /// The same for a page that answers a form.
    pub(crate) fn answered(self) -> Self {
        Self {
            is_answer: true,
            ..self
        }
    }

    /// Whether forms are of any use to this visitor now.
    pub(crate) fn can_change(&self) -> bool {
        !self.is_reader && !self.is_degraded
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass what they loop over by reference"
    )]
    pub(crate) fn href(&self, section: &Section) -> String {
        project_href(&self.project, section.segment())
    }

    /// Where the page is told of changes.
    ///
    /// A page that answers a form is not: fetched anew, it would show neither what was wrong nor
    /// what was typed or made, and its address may be one that forms alone are sent to.
    pub(crate) fn changes(&self) -> Option<String> {
        let is_live = self.problem.is_none() && !self.is_answer;
        is_live.then(|| {
            let place = project_href(&self.project, ["changes"]);
            format!("{place}?{AFTER}={}", self.changes)
        })
    }
}
