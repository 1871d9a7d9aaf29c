//! What surrounds every page: sections, project, visitor, notices, and how to do it from a shell.

use underpass_web::cli_snippet::CliSnippet;

use super::live::AFTER;
use super::page::project_href;
use super::problem;

/// The part of the console a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
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
pub(super) struct Shell {
    pub(super) title: String,
    pub(super) section: Section,
    pub(super) project: String,
    /// Those the visitor can switch to.
    pub(super) projects: Vec<String>,
    pub(super) user: String,
    /// Whether the visitor may only look.
    pub(super) is_reader: bool,
    /// Whether nothing can be changed just now.
    pub(super) is_degraded: bool,
    /// How many changes the page knows of; it is told of those that follow.
    pub(super) changes: u64,
    pub(super) csrf_token: String,
    pub(super) notice: Option<String>,
    pub(super) problem: Option<problem::View>,
    /// Whether the page answers a form that did what it says: its address is not where to look at
    /// it again.
    pub(super) is_answer: bool,
    /// How to do from a shell what the page does.
    pub(super) snippets: Vec<CliSnippet>,
}

impl Section {
    /// All, in the order of the menu.
    pub(super) const ALL: [Self; 5] = [
        Self::Home,
        Self::Services,
        Self::Connections,
        Self::Networks,
        Self::Events,
    ];

    pub(super) fn title(self) -> &'static str {
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

impl Shell {
    /// The same with snippets.
    pub(super) fn with(self, snippets: Vec<CliSnippet>) -> Self {
        Self { snippets, ..self }
    }

    /// The same for a page that answers a form.
    pub(super) fn answered(self) -> Self {
        Self {
            is_answer: true,
            ..self
        }
    }

    /// Whether forms are of any use to this visitor now.
    pub(super) fn can_change(&self) -> bool {
        !self.is_reader && !self.is_degraded
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass what they loop over by reference"
    )]
    pub(super) fn href(&self, section: &Section) -> String {
        project_href(&self.project, section.segment())
    }

    /// Where the page is told of changes.
    ///
    /// A page that answers a form is not: fetched anew, it would show neither what was wrong nor
    /// what was typed or made, and its address may be one that forms alone are sent to.
    pub(super) fn changes(&self) -> Option<String> {
        let is_live = self.problem.is_none() && !self.is_answer;
        is_live.then(|| {
            let place = project_href(&self.project, ["changes"]);
            format!("{place}?{AFTER}={}", self.changes)
        })
    }
}
