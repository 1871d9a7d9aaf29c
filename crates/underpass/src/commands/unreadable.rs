//! Stored documents that the server cannot read.

use serde_json::{Value, json};
use underpass_api_types::unreadable::{UnreadableDocument, UnreadableDocumentList};

use crate::cli::output::OutputArgs;
use crate::client::Client;
use crate::document::Document;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::table::Layout;

/// Path of the list for operators.
const LIST: [&str; 2] = ["underpass", "unreadable-documents"];

const COLUMNS: &[&str] = &["kind", "key", "defect"];

const NEXT: &str = "They are left unchanged, and what needs them is refused. What to do for each \
                    defect: `underpass explain stored_document_unreadable`";

/// Lists all of them, as `recovery unreadable`.
///
/// # Errors
/// A refusal of the server, or a failed output.
pub(super) async fn list(
    client: &Client,
    output: &OutputArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let answer: Document<UnreadableDocumentList> = client.read(&LIST).await?;
    if output.json {
        return printer.row(&answer.raw, Layout::Columns(COLUMNS), output);
    }
    if answer.content.documents.is_empty() {
        return printer.data("Every stored document can be read");
    }
    print(&answer.content.documents, output, printer)
}

/// Prints a table of them, and the next step.
///
/// # Errors
/// A failed output.
pub(super) fn print(
    documents: &[UnreadableDocument],
    output: &OutputArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let row =
        |it: &UnreadableDocument| json!({"kind": it.kind, "key": it.key, "defect": it.defect});
    let rows: Vec<Value> = documents.iter().map(row).collect();
    printer.rows(&rows, Layout::Columns(COLUMNS), output)?;
    printer.say(NEXT);
    Ok(())
}
