//! Weather of an emulated cloud: the faults that a real cloud shows, at random and reproducibly.
//!
//! Theory of operation.
//! [`Weather`] has a rate for each kind of fault. For each request, [`fault_injector`] draws at most
//! one fault from a generator that is seeded with the seed, the method, the collection and the number of
//! the request among those of its method and collection. So the same seed and the same requests meet
//! the same faults, also if requests about other collections come between them in another order.
//! [`answer`] applies the fault between the HTTP routes of the cloud and its model. Endpoints, token
//! endpoints, discovery and the admin routes have no weather.

mod answer;
mod control;
mod cut;
mod disturbance;

mod false_read;
mod fault_injector;
mod in_weather;
mod request_facts;
mod retry_after;
pub(crate) mod routes;
mod settings;

#[cfg(test)]
mod tests;

pub(crate) use self::answer::answer;
pub(crate) use self::control::WeatherControl;
pub(crate) use self::cut::cut;
pub(crate) use self::disturbance::{FalseRefusal, OperationFault, ServerError};
pub(crate) use self::in_weather::{InWeather, Settings};
pub(crate) use self::request_facts::{Access, RequestFacts, target};
pub(crate) use self::retry_after::Form;
pub use self::settings::{InvalidWeather, Weather};
