use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn user() -> User {
    User {
        email: "ada@example.net".to_owned(),
        real_name: "Ada".to_owned(),
        memberships: BTreeMap::from([("demo".parse().unwrap(), Role::Admin)]),
        is_operator: false,
        tokens_valid_from: at(0),
    }
}

fn token(max_age_seconds: Option<u64>) -> Token {
    Token {
        prefix: "abcdef".to_owned(),
        sha256: String::new(),
        email: user().email,
        description: String::new(),
        created_at: at(0),
        max_age_seconds,
        extend_when_used: true,
        expires_at: max_age_seconds.map(|seconds| end_of_life(at(0), seconds)),
        only_projects: BTreeSet::new(),
        incarnations: BTreeMap::new(),
        read_only: false,
        exchanged_for: None,
        sessions: Vec::new(),
        from_file: false,
    }
}

#[test]
fn a_token_ends_with_its_time_or_with_all_of_its_user() {
    assert_eq!(token(None).check(&user(), at(1_000_000)), Ok(()));
    assert_eq!(token(Some(10)).check(&user(), at(9)), Ok(()));
    assert_eq!(
        token(Some(10)).check(&user(), at(10)).unwrap_err().code,
        "token_expired"
    );
    let user = User {
        tokens_valid_from: at(1),
        ..user()
    };
    assert_eq!(
        token(None).check(&user, at(2)).unwrap_err().code,
        "token_revoked"
    );
}

#[test]
fn use_extends_a_token_only_where_asked_and_worth_a_write() {
    let token = token(Some(3600));
    assert_eq!(token.extended(at(60)), None);
    assert_eq!(token.extended(at(61)).unwrap().expires_at, Some(at(3661)));
    assert_eq!(
        Token {
            extend_when_used: false,
            ..token
        }
        .extended(at(61)),
        None
    );
    let short = super::tests::token(Some(10));
    assert_eq!(short.extended(at(2)).unwrap().expires_at, Some(at(12)));
}

#[test]
fn a_life_longer_than_time_ends_with_it() {
    assert_eq!(end_of_life(at(0), u64::MAX), Timestamp::MAX);
}

#[test]
fn a_token_narrows_what_its_user_may_do() {
    let demo = "demo".parse().unwrap();
    let principal = |token| Principal {
        user: user(),
        token,
    };
    let whole = principal(token(None));
    assert_eq!(whole.authorize(&demo, Access::Write), Ok(Role::Admin));
    let reading = principal(Token {
        read_only: true,
        ..token(None)
    });
    assert_eq!(reading.authorize(&demo, Access::Read), Ok(Role::ReadOnly));
    assert_eq!(
        reading.authorize(&demo, Access::Write).unwrap_err().code,
        "read_only"
    );
    let only_projects = BTreeSet::from(["other".parse().unwrap()]);
    let elsewhere = principal(Token {
        only_projects,
        ..token(None)
    });
    assert_eq!(
        elsewhere.authorize(&demo, Access::Read).unwrap_err().code,
        "not_a_member"
    );
}

#[test]
fn a_narrow_token_has_no_power_beyond_its_projects() {
    let operator = User {
        is_operator: true,
        ..user()
    };
    let principal = |token| Principal {
        user: operator.clone(),
        token,
    };
    assert!(principal(token(None)).authorize_operator().is_ok());
    assert!(principal(token(None)).authorize_tokens().is_ok());
    let reading = principal(Token {
        read_only: true,
        ..token(None)
    });
    assert!(reading.authorize_operator().is_err());
    assert!(reading.authorize_tokens().is_err());
    let only_projects = BTreeSet::from(["demo".parse().unwrap()]);
    let narrow = principal(Token {
        only_projects,
        ..token(None)
    });
    assert!(narrow.authorize_operator().is_err());
    assert!(narrow.authorize_tokens().is_err());
}

#[test]
fn only_an_unrestricted_operator_learns_that_a_project_is_missing() {
    let missing: ProjectName = "missing".parse().unwrap();
    let refusal = |is_operator, token| {
        let user = User {
            is_operator,
            ..user()
        };
        Principal { user, token }.no_such_project(&missing).code
    };
    assert_eq!(refusal(true, token(None)), "project_not_found");
    assert_eq!(refusal(false, token(None)), "not_a_member");
    let reading = Token {
        read_only: true,
        ..token(None)
    };
    assert_eq!(refusal(true, reading), "not_a_member");
    let narrow = Token {
        only_projects: BTreeSet::from(["demo".parse().unwrap()]),
        ..token(None)
    };
    assert_eq!(refusal(true, narrow), "not_a_member");
}

fn project(name: &str, incarnation: u128, created_at: Timestamp) -> Project {
    Project {
        name: name.parse().unwrap(),
        ca_pem: String::new(),
        features: BTreeSet::new(),
        external_approval: crate::project::ExternalApproval::default(),
        grants: Vec::new(),
        limits: crate::project_limits::OwnLimits::default(),
        tags: BTreeMap::new(),
        created_at,
        incarnation: incarnation_of(incarnation),
        history_after: 0,
    }
}

fn incarnation_of(number: u128) -> ProjectIncarnation {
    ProjectIncarnation::new(uuid::Uuid::from_u128(number))
}

fn restricted(projects: &[(&str, u128)]) -> Token {
    let named = |name: &&str| name.parse::<ProjectName>().unwrap();
    Token {
        only_projects: projects.iter().map(|(name, _)| named(name)).collect(),
        incarnations: projects
            .iter()
            .map(|(name, incarnation)| (named(name), incarnation_of(*incarnation)))
            .collect(),
        ..token(None)
    }
}

#[test]
fn a_token_is_bound_to_the_incarnations_of_its_projects() {
    let token = restricted(&[("demo", 1), ("other", 2)]);
    let names = |stored: &[Project]| {
        let left = token.within(stored);
        left.map(|it| it.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let (demo, other) = (project("demo", 1, at(0)), project("other", 2, at(0)));
    assert_eq!(
        names(&[demo.clone(), other.clone()]).unwrap(),
        ["demo", "other"]
    );
    let again = project("demo", 3, at(1));
    assert_eq!(names(&[again.clone(), other]).unwrap(), ["other"]);
    assert_eq!(names(&[again]).unwrap_err().code, "token_expired");
    assert_eq!(names(&[]).unwrap_err().code, "token_expired");
}

#[test]
fn an_unrestricted_token_is_bound_to_no_project() {
    assert_eq!(token(None).within(&[]), Ok(BTreeSet::new()));
}

#[test]
fn a_token_of_an_earlier_build_is_bound_to_a_project_that_is_older_than_itself() {
    let token = Token {
        incarnations: BTreeMap::new(),
        ..restricted(&[("demo", 0)])
    };
    assert!(token.within(&[project("demo", 0, at(0))]).is_ok());
    // Created again by the earlier build, or by one with incarnations.
    assert!(token.within(&[project("demo", 0, at(1))]).is_err());
    assert!(token.within(&[project("demo", 1, at(0))]).is_err());
}

#[test]
fn a_token_leaves_a_deleted_project_without_becoming_unrestricted() {
    let demo = "demo".parse().unwrap();
    let mut wide = restricted(&[("demo", 1), ("other", 2)]);
    assert!(wide.leave(&demo, at(5)));
    assert_eq!(wide, restricted(&[("other", 2)]));
    assert!(!wide.leave(&demo, at(6)));
    let mut narrow = restricted(&[("demo", 1)]);
    assert!(narrow.leave(&demo, at(5)));
    assert!(narrow.is_narrowed());
    assert_eq!(
        narrow.check(&user(), at(5)).unwrap_err().code,
        "token_expired"
    );
}
