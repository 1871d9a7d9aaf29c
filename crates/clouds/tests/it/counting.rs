use std::sync::Arc;

use underpass_clouds::azure::Azure;
use underpass_clouds::{Cloud, CountedTransport, Counters, Transport};
use underpass_model::cloud::Provider;
use underpass_model::part::{AzurePart, Part, Spec};

use crate::script::{Reply, run};
use crate::world::{absent, now, options, put, signed_in, target};

#[test]
fn every_call_is_counted_even_one_without_an_answer() {
    let script = signed_in();
    script
        .on("GET /vpc-1", absent())
        .on("PUT /vpc-1", Reply::Lost);
    let counters = Arc::new(Counters::default());
    let inner: Arc<dyn Transport> = script.clone();
    let counted = CountedTransport::new(Provider::Azure, counters.clone(), inner);
    let driver = Azure::new(options(), Arc::new(counted));
    let step = put(Part::Azure(AzurePart::Group), Spec::Present, None);
    run(driver.perform(&target(), &step, now())).unwrap_err();
    insta::assert_snapshot!(counters.render(), @r#"
    # HELP underpass_cloud_requests_total Calls to a cloud's API, token requests included.
    # TYPE underpass_cloud_requests_total counter
    underpass_cloud_requests_total{cloud="azure",method="GET",status="404"} 1
    underpass_cloud_requests_total{cloud="azure",method="POST",status="200"} 1
    underpass_cloud_requests_total{cloud="azure",method="PUT",status="in_doubt"} 1
    "#);
    let counts = counters.snapshot();
    assert_eq!((counts.calls(), counts.writes()), (3, 1));
}
