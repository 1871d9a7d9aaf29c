//! The document: operations with their parameters, bodies and answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::leaves::parameter;
use super::operations::{Answer, Operation, operations};
use super::schema::{Direction, Schemas};
use super::source::{Source, handlers};
use crate::authorization::rules::Rule;
use crate::authorization::rules::rules;

/// Reference for readers: its sections and effects are those of the document.
const REFERENCE: &str = include_str!("../../../../../docs/reference/api.md");

/// Statuses of refusals, each with its name, the name of its answer, and its meaning.
const REFUSALS: &[(u16, &str, &str)] = &[
    (
        400,
        "BadRequest",
        "The path, the query or the body breaks a rule.",
    ),
    (401, "Unauthorized", "The request has no valid token."),
    (
        403,
        "Forbidden",
        "The token does not permit the request, or a page of another site sent it.",
    ),
    (404, "NotFound", "The object does not exist."),
    (
        408,
        "RequestTimeout",
        "The request took too long to arrive or to be answered.",
    ),
    (
        409,
        "Conflict",
        "The state of an object does not permit the request, or a stored document cannot be read.",
    ),
    (413, "ContentTooLarge", "The body is larger than 1 MiB."),
    (414, "UriTooLong", "The path and the query are too long."),
    (
        421,
        "MisdirectedRequest",
        "The host name is not one of this API.",
    ),
    (
        429,
        "TooManyRequests",
        "The caller made too many requests. Retry after the time in `Retry-After`.",
    ),
    (431, "HeaderFieldsTooLarge", "The header is too large."),
    (
        500,
        "InternalError",
        "Internal failure. The header `x-request-id` identifies the request in the log.",
    ),
    (
        503,
        "Unavailable",
        "The server cannot serve the request now. Retry after the time in `Retry-After`.",
    ),
];

/// Statuses that every route may answer with, without regard to what it does.
const OF_EVERY_ROUTE: [u16; 9] = [400, 403, 408, 414, 421, 429, 431, 500, 503];

/// Returns the document.
pub(super) fn document() -> Value {
    let source = Source::read();
    let mut schemas = Schemas::new(&source);
    let rules: BTreeMap<_, _> = rules()
        .into_iter()
        .map(|(endpoint, rule)| ((endpoint.method, endpoint.template), rule))
        .collect();
    let effects = effects();
    let mut tags = Vec::new();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let by_effect: BTreeMap<_, _> = effects
        .iter()
        .map(|row| ((row.method.clone(), row.template.clone()), row))
        .collect();
    for row in &effects {
        if !tags.contains(&row.section) {
            tags.push(row.section.clone());
        }
    }
    for operation in operations(&source) {
        let key = (operation.method.clone(), operation.template.clone());
        let rule = rules
            .get(&key)
            .unwrap_or_else(|| panic!("{key:?} has no row in `rules.txt`"));
        let row = by_effect
            .get(&key)
            .unwrap_or_else(|| panic!("{key:?} has no row in docs/reference/api.md"));
        let described = describe(&operation, *rule, row, &mut schemas);
        let methods = paths.entry(operation.template).or_default();
        methods.insert(operation.method.to_ascii_lowercase(), described);
    }
    let error: syn::Type = syn::parse_str("ErrorBody").unwrap();
    let error = schemas.of(&error, &handlers().join("error.rs"), Direction::Answer);
    let mut responses = Map::new();
    for (status, name, meaning) in REFUSALS {
        let mut response = json!({
            "description": meaning,
            "content": {"application/json": {"schema": error}},
        });
        if [429, 503].contains(status) {
            response["headers"] = json!({"Retry-After": {
                "description": "Seconds after which a retry may succeed.",
                "schema": {"type": "integer", "minimum": 0},
            }});
        }
        responses.insert((*name).to_owned(), response);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Underpass",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Routes outside `/v1/underpass` are those of the compatible API; \
                `/v1/underpass` adds what that API does not have. Bodies are JSON, whatever content \
                type a request names. Compatible routes ignore unknown members of bodies.",
        },
        "tags": tags.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas.into_named(),
            "responses": responses,
            "securitySchemes": {
                "aivenv1": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "authorization",
                    "description": "`aivenv1 TOKEN`",
                },
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    })
}

/// A row of the reference.
struct Row {
    section: String,
    method: String,
    template: String,
    effect: String,
}

fn effects() -> Vec<Row> {
    let mut section = String::new();
    let mut rows = Vec::new();
    for line in REFERENCE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut section);
        }
        if line.starts_with("| `") {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let [_, method, template, _, effect, _] = cells[..] else {
                panic!("not a row of four cells: {line}");
            };
            rows.push(Row {
                section: section.clone(),
                method: method.trim_matches('`').to_owned(),
                template: template.trim_matches('`').to_owned(),
                effect: effect.to_owned(),
            });
        }
    }
    rows
}

/// Returns the words of the reference about a rule.
fn callers(rule: Rule) -> &'static str {
    match rule {
        Rule::Public => "all, without a token",
        Rule::NoPasswords => "none",
        Rule::AnyToken => "every valid token",
        Rule::TokenManagement => "unrestricted tokens; every token about itself",
        Rule::Read => "members of the project",
        Rule::Write => "admins of the project",
        Rule::Operator => "unrestricted tokens of operators",
        Rule::OperatorInProject => "unrestricted tokens of operators who are admins of the project",
    }
}

fn describe(operation: &Operation, rule: Rule, row: &Row, schemas: &mut Schemas<'_>) -> Value {
    let mut parameters = Vec::new();
    let segments = operation.template.split('/');
    for name in segments.filter_map(|it| it.strip_prefix('{')?.strip_suffix('}')) {
        let (schema, meaning) = parameter(name);
        parameters.push(json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": meaning,
            "schema": schema,
        }));
    }
    if let Some(query) = &operation.query {
        for (name, mut schema) in schemas.members(&query.ty, &query.file) {
            let meaning = schema.as_object_mut().unwrap().remove("description");
            let mut parameter = json!({
                "name": name,
                "in": "query",
                "required": false,
                "schema": without_null(schema),
            });
            if let Some(meaning) = meaning {
                parameter["description"] = meaning;
            }
            parameters.push(parameter);
        }
    }
    let mut responses = BTreeMap::new();
    match &operation.answer {
        Answer::Json(answer) => {
            let schema = schemas.of(&answer.ty, &answer.file, Direction::Answer);
            let content = json!({"application/json": {"schema": schema}});
            responses.insert(
                "200".to_owned(),
                json!({"description": "Success.", "content": content}),
            );
        }
        Answer::Bytes(content) => {
            let schema = match content.as_str() {
                "application/json" => json!({"type": "object"}),
                _ => json!({"type": "string"}),
            };
            let content = json!({content: {"schema": schema}});
            responses.insert(
                "200".to_owned(),
                json!({"description": "Success.", "content": content}),
            );
        }
        Answer::Never => {}
    }
    let mut statuses = OF_EVERY_ROUTE.to_vec();
    let is_public = matches!(rule, Rule::Public | Rule::NoPasswords);
    if !is_public {
        statuses.extend([401, 409]);
        if !parameters.is_empty() || operation.body.is_some() {
            statuses.push(404);
        }
    }
    if operation.body.is_some() {
        statuses.push(413);
    }
    for (status, name, _) in REFUSALS {
        if statuses.contains(status) {
            let reference = format!("#/components/responses/{name}");
            responses.insert(status.to_string(), json!({"$ref": reference}));
        }
    }
    let security = if is_public {
        json!([])
    } else {
        json!([{"aivenv1": []}, {"bearer": []}])
    };
    let mut described = json!({
        "operationId": operation.id,
        "tags": [row.section],
        "summary": row.effect,
        "description": format!("Callers: {}.", callers(rule)),
        "security": security,
        "responses": responses,
    });
    if !parameters.is_empty() {
        described["parameters"] = json!(parameters);
    }
    if let Some(body) = &operation.body {
        let mut schema = schemas.of(&body.ty, &body.file, Direction::Request);
        if operation.accepts_null {
            schema = json!({"anyOf": [schema, {"type": "null"}]});
        }
        let content = json!({"application/json": {"schema": schema}});
        // An empty body counts as `{}`.
        described["requestBody"] = json!({"required": false, "content": content});
    }
    described
}

/// Returns the schema of a parameter: a query has no null.
fn without_null(schema: Value) -> Value {
    if let Some(Value::Array(types)) = schema.get("type").cloned() {
        let mut plain = schema;
        plain["type"] = types[0].clone();
        return plain;
    }
    match schema.get("anyOf").and_then(Value::as_array) {
        Some(forms) if forms.len() == 2 && forms[1] == json!({"type": "null"}) => forms[0].clone(),
        _ => schema,
    }
}
