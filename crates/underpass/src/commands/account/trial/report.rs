//! The report of a trial.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use underpass_model::cloud::Provider;

use super::record::{Record, StepRecord};
use super::{assumption, azure, google};
use crate::json_text;

/// The text of the report: JSON if the file's name ends in `.json`.
pub(super) fn text(record: &Record, provider: Provider, file: &Path) -> String {
    if file.extension().is_some_and(|it| it == "json") {
        return json_text::indented(&document(record, provider));
    }
    markdown(record, provider)
}

/// The step that shows an assumption, if it succeeded.
fn shown<'a>(record: &'a Record, provider: Provider, behaviour: &str) -> Option<&'a StepRecord> {
    let table = match provider {
        Provider::Google => &google::SHOWN[..],
        _ => &azure::SHOWN[..],
    };
    let mut rows = table.iter();
    let (_, step) = rows.find(|(it, _)| *it == behaviour)?;
    record.step(step)
}

fn document(record: &Record, provider: Provider) -> Value {
    let assumptions: Vec<_> = assumption::of(provider)
        .into_iter()
        .map(|it| {
            json!({
                "behaviour": it.behaviour,
                "assumed": it.assumed,
                "confidence": it.confidence,
                "exercised_by": shown(record, provider, it.behaviour).map(|step| &step.step),
            })
        })
        .collect();
    let mut document = json!(record);
    if let Some(members) = document.as_object_mut() {
        members.insert("assumptions".to_owned(), json!(assumptions));
    }
    document
}

fn markdown(record: &Record, provider: Provider) -> String {
    let mut text = format!(
        "# Trial of account {} in {}\n\nUnderpass {}, begun {}.\n\n## Account\n\n\
         | Status | Check | Subject | Message |\n|---|---|---|---|\n",
        record.account, record.region, record.version, record.began
    );
    // Writing to a string cannot fail.
    for it in &record.check {
        let (status, check) = (it.status.name(), it.check.name());
        let (subject, message) = (cell(&it.subject), cell(&it.message));
        let _ = writeln!(text, "| {status} | {check} | {subject} | {message} |");
    }
    text.push_str("\n## Steps\n\n| Step | Seconds | Result | Seen |\n|---|---|---|---|\n");
    for it in &record.steps {
        let result = it.error.as_deref().unwrap_or("ok");
        let (step, result, seen) = (cell(&it.step), cell(result), cell(&it.seen));
        let _ = writeln!(text, "| {step} | {} | {result} | {seen} |", it.seconds);
    }
    text.push_str(
        "\n## Assumptions\n\nThe emulated cloud assumes these. A step that exercised one ended as \
         the emulator's; compare the others by hand, and send this report to the project.\n\n\
         | Behaviour | Assumed | Exercised by |\n|---|---|---|\n",
    );
    for it in assumption::of(provider) {
        let step = shown(record, provider, it.behaviour);
        let step = step.map_or("not exercised", |step| step.step.as_str());
        let _ = writeln!(text, "| {} | {} | {step} |", it.behaviour, it.assumed);
    }
    text
}

/// A text as a cell of a table: of a cloud, so it may be anything.
fn cell(text: &str) -> String {
    let replaced = text.chars().map(|it| match it {
        '|' => '/',
        '<' | '>' => '\'',
        it if it.is_control() => ' ',
        it => it,
    });
    replaced.collect()
}
