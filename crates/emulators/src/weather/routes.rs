//! Admin routes that show and change the weather.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::control::WeatherControl;
use super::settings::Weather;
use crate::admin;

/// Another weather.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewWeather {
    /// A name, or the settings.
    weather: Value,
    /// The seed; that of the present weather if it is absent.
    seed: Option<u64>,
}

/// Returns the routes.
pub(crate) fn routes(control: Arc<WeatherControl>) -> Router {
    Router::new()
        .route("/weather", get(show).put(replace))
        .with_state(control)
}

async fn show(State(control): State<Arc<WeatherControl>>) -> Response {
    Json(control.document()).into_response()
}

async fn replace(
    State(control): State<Arc<WeatherControl>>,
    new: Result<Json<NewWeather>, JsonRejection>,
) -> Response {
    let new = match new {
        Ok(Json(new)) => new,
        Err(rejection) => return admin::malformed(&rejection),
    };
    match read(new.weather) {
        Ok(weather) => {
            let seed = new.seed.unwrap_or_else(|| control.seed());
            control.begin(weather, seed);
            Json(control.document()).into_response()
        }
        Err(reason) => admin::refused_content(&reason),
    }
}

/// Reads a name or settings.
fn read(weather: Value) -> Result<Weather, String> {
    if let Value::String(name) = &weather {
        return Weather::named(name).map_err(|error| error.to_string());
    }
    let settings: Weather = serde_json::from_value(weather).map_err(|error| error.to_string())?;
    settings.checked().map_err(|error| error.to_string())
}
