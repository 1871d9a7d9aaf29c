//! Client tools in connection information.

use underpass_api_types::connection_info::{
    DetourKind, DetourView, FileView, ToolRefusal, ToolView,
};
use underpass_model::connection_info::{ClientFile, Detour, Rendered, Tool};
use underpass_model::credentials::Secret;
use underpass_model::refusal::Refusal;

/// Returns a tool with its text, or with the reason why it has none.
pub(super) fn tool_view(tool: &Tool, outcome: Result<Rendered, Refusal>) -> ToolView {
    let empty = ToolView {
        tool: tool.word.to_owned(),
        title: tool.title.to_owned(),
        form: tool.form,
        text: None,
        files: Vec::new(),
        notes: Vec::new(),
        without_resolver: None,
        refusal: None,
    };
    match outcome {
        Ok(rendered) => ToolView {
            text: Some(Secret::new(rendered.text)),
            files: rendered.files.into_iter().map(file_view).collect(),
            notes: rendered.notes,
            without_resolver: rendered.detour.as_ref().map(detour_view),
            ..empty
        },
        Err(refusal) => ToolView {
            refusal: Some(ToolRefusal {
                error_code: refusal.code.to_owned(),
                message: refusal.message,
            }),
            ..empty
        },
    }
}

fn file_view(file: ClientFile) -> FileView {
    FileView {
        path: file.path,
        content: Secret::new(file.content),
    }
}

fn detour_view(detour: &Detour) -> DetourView {
    DetourView {
        kind: match detour {
            Detour::Environment(_) => DetourKind::Environment,
            Detour::Argument(_) => DetourKind::Argument,
            Detour::Hosts(_) => DetourKind::Hosts,
        },
        text: detour.text().to_owned(),
    }
}
