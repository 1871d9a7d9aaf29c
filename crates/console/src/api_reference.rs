//! Reference of the API for readers, from the document that describes it.
//!
//! It shows nothing of a tenant, so it needs no session.

mod members;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;
use underpass_web::head::Head;
use underpass_web::page::render;

use self::members::{Member, Object, Objects, form, limits, text};
use crate::api_error::ApiError;
use crate::asset::head;
use crate::console::Console;
use crate::href::ROOT;
use crate::problem::ProblemPage;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/docs/api", get(list))
        .route("/docs/api/{operation}", get(show))
}

/// The document, as far as the pages show it.
#[derive(Deserialize)]
struct Document {
    info: Info,
    tags: Vec<Tag>,
    /// Operations, by path and method.
    paths: BTreeMap<String, BTreeMap<String, Operation>>,
    components: Components,
}

#[derive(Deserialize)]
struct Info {
    description: String,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Deserialize)]
struct Components {
    schemas: BTreeMap<String, Value>,
    responses: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    #[serde(rename = "operationId")]
    id: String,
    tags: Vec<String>,
    summary: String,
    description: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
    request_body: Option<Value>,
    responses: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
    r#in: String,
    #[serde(default)]
    description: String,
    schema: Value,
}

/// Row of the list.
struct Row {
    id: String,
    method: String,
    path: String,
    summary: String,
}

/// Routes of one section.
struct SectionOfApi {
    title: String,
    rows: Vec<Row>,
}

/// Answer of an operation.
struct Answer {
    status: String,
    meaning: String,
}

#[derive(Template)]
#[template(path = "console/api_list.html")]
struct ListPage {
    introduction: String,
    sections: Vec<SectionOfApi>,
}

#[derive(Template)]
#[template(path = "console/api_operation.html")]
struct OperationPage {
    method: String,
    path: String,
    summary: String,
    callers: String,
    parameters: Vec<Member>,
    answers: Vec<Answer>,
    body: Vec<Object>,
    success: Vec<Object>,
}

impl ListPage {
    fn new(document: Document) -> Self {
        let mut sections: Vec<_> = document
            .tags
            .into_iter()
            .map(|tag| SectionOfApi {
                title: tag.name,
                rows: Vec::new(),
            })
            .collect();
        for (path, methods) in document.paths {
            for (method, operation) in methods {
                let section = sections
                    .iter_mut()
                    .find(|it| operation.tags.contains(&it.title));
                if let Some(section) = section {
                    section.rows.push(Row {
                        id: operation.id,
                        method: method.to_ascii_uppercase(),
                        path: path.clone(),
                        summary: operation.summary,
                    });
                }
            }
        }
        Self {
            introduction: document.info.description,
            sections,
        }
    }

    #[expect(clippy::unused_self, reason = "the layout calls it as a method")]
    fn head(&self) -> Head {
        head("API")
    }
}

impl OperationPage {
    /// The page of an operation, if there is one of that name.
    fn find(document: &Document, id: &str) -> Option<Self> {
        let (path, method, operation) = document.paths.iter().find_map(|(path, methods)| {
            let mut methods = methods.iter();
            let (method, operation) = methods.find(|(_, it)| it.id == id)?;
            Some((path, method, operation))
        })?;
        let schemas = &document.components.schemas;
        let content = |holder: &Value| {
            let schema = holder.pointer("/content/application~1json/schema");
            schema
                .map(|schema| Objects::of(schema, schemas))
                .unwrap_or_default()
        };
        let success = operation.responses.get("200").map(content);
        Some(Self {
            method: method.to_ascii_uppercase(),
            path: path.clone(),
            summary: operation.summary.clone(),
            callers: operation.description.clone(),
            parameters: operation.parameters.iter().map(parameter).collect(),
            answers: answers(operation, &document.components.responses),
            body: operation
                .request_body
                .as_ref()
                .map(content)
                .unwrap_or_default(),
            success: success.unwrap_or_default(),
        })
    }

    fn head(&self) -> Head {
        head(format!("{} {}", self.method, self.path))
    }
}

fn parameter(parameter: &Parameter) -> Member {
    Member {
        name: parameter.name.clone(),
        form: form(&parameter.schema),
        limits: limits(&parameter.schema),
        is_required: parameter.r#in == "path",
        meaning: parameter.description.clone(),
    }
}

fn answers(operation: &Operation, shared: &BTreeMap<String, Value>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (status, response) in &operation.responses {
        let named = response.get("$ref").and_then(Value::as_str);
        let named = named.and_then(|it| shared.get(it.rsplit('/').next()?));
        answers.push(Answer {
            status: status.clone(),
            meaning: text(named.unwrap_or(response), "description"),
        });
    }
    answers
}

/// Reads the document.
///
/// # Errors
/// If the API does not answer with it; the answer is a page about the problem.
async fn document(console: &Console) -> Result<Document, Response> {
    let read = console.api.document("/openapi.json").await;
    let read = read.and_then(crate::api::read);
    read.map_err(|error| refuse(&error))
}

fn refuse(error: &ApiError) -> Response {
    render(error.status, &ProblemPage::new(error, ROOT.to_owned()))
}

async fn list(State(console): State<Console>) -> Result<Response, Response> {
    let page = ListPage::new(document(&console).await?);
    Ok(render(StatusCode::OK, &page))
}

async fn show(
    State(console): State<Console>,
    Path(operation): Path<String>,
) -> Result<Response, Response> {
    let document = document(&console).await?;
    match OperationPage::find(&document, &operation) {
        Some(page) => Ok(render(StatusCode::OK, &page)),
        None => Err(refuse(&ApiError {
            status: StatusCode::NOT_FOUND,
            message: "The API has no operation of this name. `/docs/api` lists all.".to_owned(),
            code: None,
        })),
    }
}
