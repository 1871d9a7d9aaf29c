//! A tool with what it is to be given, as our API shows it.

use serde::Serialize;
use underpass_model::connection_info::{ClientFile, Detour, Rendered, Tool};
use underpass_model::refusal::Refusal;

/// A tool with what it is to be given, or with the reason why there is nothing to give.
#[derive(Serialize)]
pub(super) struct ToolView {
    /// What it is asked for by.
    tool: &'static str,
    title: &'static str,
    /// `command`, `address` or `file`.
    form: &'static str,
    text: Option<String>,
    /// What the client must have beside it.
    files: Vec<FileView>,
    notes: Vec<String>,
    /// How it works as long as the client's resolver does not know the private name.
    without_resolver: Option<DetourView>,
    refusal: Option<RefusalView>,
}

#[derive(Serialize)]
struct FileView {
    path: String,
    content: String,
}

#[derive(Serialize)]
struct DetourView {
    /// `environment`, `argument` or `hosts`.
    kind: &'static str,
    text: String,
}

#[derive(Serialize)]
struct RefusalView {
    error_code: &'static str,
    message: String,
}

impl ToolView {
    pub(super) fn new(tool: &Tool, outcome: Result<Rendered, Refusal>) -> Self {
        let empty = Self {
            tool: tool.word,
            title: tool.title,
            form: tool.form.as_str(),
            text: None,
            files: Vec::new(),
            notes: Vec::new(),
            without_resolver: None,
            refusal: None,
        };
        match outcome {
            Ok(rendered) => Self {
                text: Some(rendered.text),
                files: rendered.files.into_iter().map(FileView::new).collect(),
                notes: rendered.notes,
                without_resolver: rendered.detour.as_ref().map(DetourView::new),
                ..empty
            },
            Err(refusal) => Self {
                refusal: Some(RefusalView {
                    error_code: refusal.code,
                    message: refusal.message,
                }),
                ..empty
            },
        }
    }
}

impl FileView {
    fn new(file: ClientFile) -> Self {
        Self {
            path: file.path,
            content: file.content,
        }
    }
}

impl DetourView {
    fn new(detour: &Detour) -> Self {
        Self {
            kind: detour.kind(),
            text: detour.text().to_owned(),
        }
    }
}
