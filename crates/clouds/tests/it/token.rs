use jiff::SignedDuration;
use serde_json::json;
use underpass_clouds::{Cloud, ErrorKind};
use underpass_model::part::{AzurePart, Part};
use underpass_model::reconcile::Step;

use crate::script::{Reply, Script, json as reply, run};
use crate::world::{absent, driver, now, refused, target, token};

const TOKEN: &str = "POST /tenant-1/oauth2/v2.0/token";

#[test]
fn a_token_is_requested_once_and_renewed_before_it_ends() {
    let script = Script::new();
    script
        .on(TOKEN, token())
        .on("GET /vpc-1", absent())
        .on("GET /vpc-1", absent())
        .on(TOKEN, token())
        .on("GET /vpc-1", absent());
    let driver = driver(&script);
    let (target, step) = (target(), Step::Delete(Part::Azure(AzurePart::Group)));
    let last_good = now() + SignedDuration::from_secs(3599 - 300 - 1);
    for at in [now(), last_good, last_good + SignedDuration::from_secs(1)] {
        run(driver.perform(&target, &step, at)).unwrap();
    }
    script.assert_done();
    let asked = script.asked();
    insta::assert_snapshot!(asked[0].body, @"grant_type=client_credentials&client_id=client-1&client_secret=s3cret%2F%26&scope=https%3A%2F%2Fmanagement.test%2F.default");
    assert_eq!(asked[1].header("authorization"), Some("Bearer t1"));
    insta::assert_snapshot!(asked[1].line, @"GET /subscriptions/sub-1/resourceGroups/vpc-1?api-version=2021-04-01");
}

#[test]
fn a_call_with_an_expired_token_is_sent_again_with_a_new_one() {
    let script = Script::new();
    let expired = || refused(401, "ExpiredAuthenticationToken", "The token expired.");
    script
        .on(TOKEN, token())
        .on("GET /vpc-1", absent())
        .on("GET /vpc-1", expired())
        .on(TOKEN, token())
        .on("GET /vpc-1", absent());
    let driver = driver(&script);
    let (target, step) = (target(), Step::Delete(Part::Azure(AzurePart::Group)));
    for _call in 0..2 {
        run(driver.perform(&target, &step, now())).unwrap();
    }
    script.assert_done();
}

#[test]
fn a_new_token_that_has_expired_already_is_requested_again_by_the_next_call() {
    let script = Script::new();
    let expired = || refused(401, "ExpiredAuthenticationToken", "The token expired.");
    script
        .on(TOKEN, token())
        .on("GET /vpc-1", expired())
        .on(TOKEN, token())
        .on("GET /vpc-1", absent());
    let driver = driver(&script);
    let (target, step) = (target(), Step::Delete(Part::Azure(AzurePart::Group)));
    let error = run(driver.perform(&target, &step, now())).unwrap_err();
    let after = Some(SignedDuration::ZERO);
    assert_eq!(error.kind, ErrorKind::Retry { after });
    run(driver.perform(&target, &step, now())).unwrap();
    script.assert_done();
}

#[test]
fn a_fresh_token_that_is_turned_away_needs_a_person() {
    let script = Script::new();
    let invalid = || refused(401, "InvalidAuthenticationToken", "The audience is wrong.");
    script.on(TOKEN, token()).on("GET /vpc-1", invalid());
    let driver = driver(&script);
    let error = run(driver.perform(
        &target(),
        &Step::Delete(Part::Azure(AzurePart::Group)),
        now(),
    ))
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.remedy.unwrap().contains("scope"));
}

#[test]
fn a_wrong_secret_is_denied_with_a_remedy_and_without_the_secret() {
    let script = Script::new();
    let body = json!({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid."});
    script.on(TOKEN, reply(401, &body));
    let driver = driver(&script);
    let error = run(driver.perform(
        &target(),
        &Step::Delete(Part::Azure(AzurePart::Group)),
        now(),
    ))
    .unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Denied, "invalid_client")
    );
    assert_eq!(
        error.to_string(),
        "request an access token: AADSTS7000215: Invalid. (invalid_client)"
    );
    assert!(!format!("{error:?}{driver:?}").contains("s3cret"));
}

#[test]
fn a_lost_token_request_leaves_no_doubt_about_the_step() {
    for lost in [Reply::NotSent, Reply::Lost] {
        let script = Script::new();
        script.on(TOKEN, lost);
        let error = run(driver(&script).perform(
            &target(),
            &Step::Delete(Part::Azure(AzurePart::Balancer)),
            now(),
        ));
        assert_eq!(error.unwrap_err().kind, ErrorKind::Retry { after: None });
    }
}
