//! Tags of a service.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use underpass_model::tag::{Tags, check_tags, merge_tags};
use underpass_store::Change;

use crate::api::body::JsonBody;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::history::Subject;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::tags_body::{TagsBody, TagsChangeBody};
use crate::app::App;

#[derive(Serialize)]
pub(super) struct TagsAnswer {
    tags: Tags,
    /// The compatible command line requires and prints it after a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

pub(super) async fn get(State(app): State<App>, member: Member) -> Result<Json<TagsAnswer>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    Ok(Json(TagsAnswer {
        tags: snapshot.service.value.tags,
        message: None,
    }))
}

pub(super) async fn replace(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<TagsBody>,
) -> Result<Json<TagsAnswer>, Error> {
    write(&app, &member, |_before| body.tags.clone()).await
}

pub(super) async fn change(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<TagsChangeBody>,
) -> Result<Json<TagsAnswer>, Error> {
    let merge = |mut tags: Tags| {
        merge_tags(&mut tags, &body.tags);
        tags
    };
    write(&app, &member, merge).await
}

async fn write(
    app: &App,
    member: &Member,
    make: impl Fn(Tags) -> Tags,
) -> Result<Json<TagsAnswer>, Error> {
    let name = member.service()?;
    let tags = app
        .transact(|| async {
            let mut row = ServiceSnapshot::load(app, &member.project.value, &name)
                .await?
                .service;
            let tags = make(row.value.tags.clone());
            if tags == row.value.tags {
                return Ok((Change::new(), tags));
            }
            check_tags(&tags)?;
            row.value.tags.clone_from(&tags);
            let subject = Subject::Service(&name);
            let message = format!("The tags of service `{name}` were changed");
            let event = member.event(app.clock.now(), &subject, "service.tagged", message);
            Ok((Change::new().update(&row)?.event(event), tags))
        })
        .await?;
    Ok(Json(TagsAnswer {
        tags,
        message: Some("tags updated"),
    }))
}
