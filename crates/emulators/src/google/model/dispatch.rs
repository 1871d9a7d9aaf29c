//! From a request to the resource it concerns.

use jiff::{SignedDuration, Timestamp};

use super::call::Call;
use super::fault::{self, Fault};
use super::id::ResourceId;
use super::kind::Kind;
use super::place::Place;
use super::reading;
use super::refusal::Refusal;
use super::request::{Caller, Reply, Request};
use super::route::Route;
use super::{Generator, Google};

impl Google {
    /// Answers a request, a planted fault first.
    pub(super) fn answer(
        &mut self,
        request: &Request,
        now: Timestamp,
        rng: &mut dyn Generator,
    ) -> Reply {
        let fault = fault::take(&mut self.faults, request);
        let (of_operation, instead): (Option<Fault>, Option<Fault>) = match fault {
            Some(fault) if fault.is_of_operation() => (Some(fault), None),
            other => (None, other),
        };
        let mut call = Call {
            request,
            now,
            rng,
            failure: of_operation.as_ref().and_then(Fault::failure),
            hold: of_operation.map_or(SignedDuration::ZERO, |it| {
                SignedDuration::from_secs(i64::from(it.hold_seconds))
            }),
        };
        match instead {
            Some(fault) => {
                if fault.apply_first {
                    // What comes of it is nobody's to know: the answer is lost.
                    let _lost = self.carry_out(&mut call);
                }
                fault.refusal().into()
            }
            None => self.carry_out(&mut call).unwrap_or_else(Reply::from),
        }
    }

    fn carry_out(&mut self, call: &mut Call<'_>) -> Result<Reply, Refusal> {
        let request = call.request;
        if request.caller == Caller::Unknown {
            return Err(Refusal::unauthenticated("authError", "Invalid Credentials"));
        }
        let Some((project, route)) = Route::parse(&request.path) else {
            return Err(Refusal::not_found(&request.path));
        };
        let project = self.enter_project(call, &project)?;
        match (request.method.as_str(), route) {
            ("GET", Route::Project) => Ok(self.get_project(&project)),
            ("GET", Route::Regions) => reading::list_regions(request, &project),
            ("GET", Route::Region(name)) => reading::get_region(&project, &name),
            ("GET", Route::Zones) => reading::list_zones(request, &project),
            ("GET", Route::Zone(name)) => reading::get_zone(&project, &name),
            ("GET", Route::Aggregated(kind)) => self.list_all(call, &project, kind),
            ("GET", Route::Operations(place)) => {
                check_place(&place)?;
                self.list_operations(call, &project, &place)
            }
            ("GET", Route::Operation(place, name)) | ("POST", Route::Wait(place, name)) => {
                self.get_operation(&project, &place, &name, call.now)
            }
            ("DELETE", Route::Operation(place, name)) => {
                self.delete_operation(&project, &place, &name)
            }
            ("GET", Route::Collection(place, kind)) => {
                check_place(&place)?;
                self.list(request, &project, &place, kind)
            }
            ("POST", Route::Collection(place, kind)) => {
                check_place(&place)?;
                match self.replayed(request, &project, call.now)? {
                    Some(before) => Ok(before),
                    None => self.insert(call, &project, place, kind),
                }
            }
            (_, Route::Resource(id)) => self.on_resource(call, ResourceId { project, ..id }),
            ("POST", Route::Action(id, action)) => {
                self.act(call, &ResourceId { project, ..id }, &action)
            }
            (method, _) => Err(unserved(method, request)),
        }
    }

    fn on_resource(&mut self, call: &mut Call<'_>, id: ResourceId) -> Result<Reply, Refusal> {
        let request = call.request;
        check_place(&id.place)?;
        let id = self.by_name(id);
        if request.method == "GET" {
            return self.get(request, &id);
        }
        if let Some(before) = self.replayed(request, &id.project, call.now)? {
            return Ok(before);
        }
        match request.method.as_str() {
            "DELETE" => self.delete(call, &id),
            "PATCH" if id.kind.can_be_patched() => self.patch(call, &id),
            "PUT" if id.kind.can_be_replaced() => self.replace(call, &id),
            method => Err(unserved(method, request)),
        }
    }

    fn act(
        &mut self,
        call: &mut Call<'_>,
        id: &ResourceId,
        action: &str,
    ) -> Result<Reply, Refusal> {
        check_place(&id.place)?;
        let id = self.by_name(id.clone());
        match (id.kind, action) {
            (Kind::BackendService, "getHealth") => return self.get_health(call, &id),
            (Kind::InstanceGroup, "listInstances") => {
                return self.list_instances(call.request, &id);
            }
            (Kind::EndpointGroup, "listNetworkEndpoints") => {
                return self.list_endpoints(call.request, &id);
            }
            _ => {}
        }
        if let Some(before) = self.replayed(call.request, &id.project, call.now)? {
            return Ok(before);
        }
        match (id.kind, action) {
            (Kind::InstanceGroup, "addInstances") => self.add_instances(call, &id),
            (Kind::InstanceGroup, "removeInstances") => self.remove_instances(call, &id),
            (Kind::EndpointGroup, "attachNetworkEndpoints") => self.attach_endpoints(call, &id),
            (Kind::EndpointGroup, "detachNetworkEndpoints") => self.detach_endpoints(call, &id),
            _ => Err(Refusal::not_found(&call.request.path)),
        }
    }

    /// A resource may be asked for by its number too; no name begins with a digit.
    fn by_name(&self, id: ResourceId) -> ResourceId {
        let Ok(number) = id.name.parse::<u64>() else {
            return id;
        };
        let numbered = self.state.of_kind(id.kind).find(|it| {
            it.number == number && it.id.project == id.project && it.id.place == id.place
        });
        numbered.map_or(id, |it| it.id.clone())
    }
}

/// # Errors
/// Refuses regions and zones that do not exist.
fn check_place(place: &Place) -> Result<(), Refusal> {
    match place {
        _ if place.is_known() => Ok(()),
        Place::Zone(name) => Err(Refusal::parameter("zone", name, "Unknown zone.")),
        Place::Region(name) => Err(Refusal::parameter("region", name, "Unknown region.")),
        Place::Global => Ok(()),
    }
}

fn unserved(method: &str, request: &Request) -> Refusal {
    let path = &request.path;
    let message = format!("The method '{method}' is not served on '{path}'.");
    Refusal::new(405, "httpMethodNotAllowed", message)
}
