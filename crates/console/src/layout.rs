//! Layout of every page: sections, project, visitor, messages, and the commands for a shell.

use underpass_web::cli_snippet::{CliSnippet, SnippetsSection};
use underpass_web::head::Head;

use crate::asset::head;
use crate::href::{AFTER, ROOT, backup_href, home_href, project_href, recovery_href};
use crate::problem::Problem;

/// Section of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// Pending connections and problems.
    Home,
    /// Services and their links.
    Services,
    /// Connections of consumers.
    Connections,
    /// Project VPCs and static IPs.
    Networks,
    /// Events.
    Events,
    /// Accounts on hold; for operators.
    Recovery,
    /// Backup of the store; for operators.
    Backup,
}

/// Layout of a page.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent properties of the visitor, the store and the page"
)]
pub(crate) struct PageLayout {
    pub(crate) title: String,
    pub(crate) section: Section,
    pub(crate) project: String,
    /// Projects of the visitor.
    pub(crate) projects: Vec<String>,
    pub(crate) user: String,
    /// True if the visitor is an operator whose session is not restricted.
    pub(crate) is_operator: bool,
    /// True if the visitor's role is read only.
    pub(crate) is_reader: bool,
    /// True if no changes are possible now.
    pub(crate) is_degraded: bool,
    /// Number of changes that the page shows; later ones refresh it.
    pub(crate) changes: u64,
    pub(crate) csrf_token: String,
    pub(crate) notice: Option<String>,
    pub(crate) problem: Option<Problem>,
    /// True if the page is the result of a form: its address does not show it again.
    pub(crate) is_answer: bool,
    /// Commands that do from a shell what the page does.
    pub(crate) snippets: Vec<CliSnippet>,
}

impl Section {
    /// Those of a project, in the order of the menu.
    const PROJECT: [Self; 5] = [
        Self::Home,
        Self::Services,
        Self::Connections,
        Self::Networks,
        Self::Events,
    ];

    /// Those of the installation, in the order of the menu.
    const INSTALLATION: [Self; 2] = [Self::Recovery, Self::Backup];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Services => "Services",
            Self::Connections => "Connections",
            Self::Networks => "Networks",
            Self::Events => "Events",
            Self::Recovery => "Recovery",
            Self::Backup => "Backup",
        }
    }

    fn href(self, project: &str) -> String {
        match self {
            Self::Home => home_href(project),
            Self::Services => project_href(project, ["service"]),
            Self::Connections => project_href(project, ["connection"]),
            Self::Networks => project_href(project, ["network"]),
            Self::Events => project_href(project, ["event"]),
            Self::Recovery => recovery_href(),
            Self::Backup => backup_href(),
        }
    }
}

impl PageLayout {
    /// Head of the page.
    pub(crate) fn head(&self) -> Head {
        match self.project.as_str() {
            "" => head(self.title.as_str()),
            project => head(format!("{} · {project}", self.title)),
        }
    }

    /// Section with the commands.
    pub(crate) fn snippets_section(&self) -> SnippetsSection<'_> {
        SnippetsSection {
            snippets: &self.snippets,
            note: "",
        }
    }

    /// The layout with commands for a shell.
    pub(crate) fn with_snippets(self, snippets: Vec<CliSnippet>) -> Self {
        Self { snippets, ..self }
    }

    /// The layout of the result of a form.
    pub(crate) fn answered(self) -> Self {
        Self {
            is_answer: true,
            ..self
        }
    }

    /// Reports whether the visitor can make changes now.
    pub(crate) fn can_change(&self) -> bool {
        !self.is_reader && !self.is_degraded
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass loop variables by reference"
    )]
    pub(crate) fn href(&self, section: &Section) -> String {
        section.href(&self.project)
    }

    /// Sections that the visitor sees: of the project, if the page has one, and of the installation.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let mut all = Vec::new();
        if !self.project.is_empty() {
            all.extend(Section::PROJECT);
        }
        if self.is_operator {
            all.extend(Section::INSTALLATION);
        }
        all
    }

    /// Path of the page that the name of the product leads to.
    pub(crate) fn home_href(&self) -> String {
        match self.project.as_str() {
            "" => ROOT.to_owned(),
            project => home_href(project),
        }
    }

    /// Path of the events for the page.
    ///
    /// The result of a form has none: refreshed, it would lose the problem and the input, and its
    /// address may accept forms only.
    pub(crate) fn changes(&self) -> Option<String> {
        let is_live = self.problem.is_none() && !self.is_answer;
        is_live.then(|| {
            let path = match self.project.as_str() {
                "" => format!("{ROOT}/changes"),
                project => project_href(project, ["changes"]),
            };
            format!("{path}?{AFTER}={}", self.changes)
        })
    }
}
