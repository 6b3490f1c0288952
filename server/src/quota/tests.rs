//! Quotas by a clock that the test moves.

use super::*;
use crate::clock::ManualClock;

fn quotas(change: impl FnOnce(&mut LimitsConfig), clock: &ManualClock) -> Arc<Quotas> {
    let mut limits = LimitsConfig::default();
    change(&mut limits);
    Arc::new(Quotas::with_clock(&limits, &clock.uptime()))
}

fn address(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

fn author(name: &str) -> AuthorId {
    AuthorId::new(name)
}

fn said(allowance: &Allowance, author: &AuthorId) -> usize {
    let passes = |_: &usize| allowance.say(author).is_ok();
    (0..1_000).take_while(passes).count()
}

#[test]
fn connections_are_counted_until_they_end() {
    let clock = ManualClock::default();
    let quotas = quotas(
        |limits| {
            limits.limit_connections = 3;
            limits.limit_connections_per_address = 2;
        },
        &clock,
    );
    let (one, two) = (address("192.0.2.1"), address("192.0.2.2"));
    let first = quotas.connect(one).unwrap();
    let _second = quotas.connect(one).unwrap();
    assert_eq!(quotas.connect(one).unwrap_err(), TooMany::OfAddress);
    let _third = quotas.connect(two).unwrap();
    assert_eq!(quotas.connect(two).unwrap_err(), TooMany::InAll);
    drop(first);
    quotas.connect(one).unwrap();
    quotas.connect(two).unwrap();
}

#[test]
fn nothing_is_left_of_a_connection_that_ended_even_by_a_panic() {
    let quotas = quotas(|_| {}, &ManualClock::default());
    let allowance = quotas.connect(address("192.0.2.1")).unwrap();
    std::thread::spawn(move || {
        let _held = allowance;
        panic!("on purpose");
    })
    .join()
    .unwrap_err();
    let open = quotas.open();
    assert!(open.all == 0 && open.by_address.is_empty());
}

#[test]
fn an_address_opens_connections_no_faster_than_it_may() {
    let clock = ManualClock::default();
    let quotas = quotas(|l| l.rate_connections = "3:0.5".parse().unwrap(), &clock);
    let one = address("192.0.2.1");
    for _ in 0..3 {
        quotas.connect(one).unwrap();
    }
    match quotas.connect(one).unwrap_err() {
        TooMany::TooFast(wait) => assert_eq!(wait.seconds(), 2),
        other => panic!("{other:?}"),
    }
    quotas.connect(address("192.0.2.2")).unwrap();
    clock.set(2_000);
    quotas.connect(one).unwrap();
}

#[test]
fn coming_back_refills_nothing() {
    let quotas = quotas(|_| {}, &ManualClock::default());
    let (asa, bo) = (author("a"), author("b"));
    let before = quotas.connect(address("192.0.2.1")).unwrap();
    assert_eq!(said(&before, &asa), 10);
    drop(before);
    let after = quotas.connect(address("192.0.2.2")).unwrap();
    assert_eq!(said(&after, &asa), 0, "not even from elsewhere");
    assert_eq!(said(&after, &bo), 10, "others have their own");
}

#[test]
fn ever_new_authors_are_bounded_by_their_address() {
    let clock = ManualClock::default();
    let quotas = quotas(
        |limits| {
            limits.rate_messages_per_address = "25:1".parse().unwrap();
            limits.rate_joins_per_address = "4:1".parse().unwrap();
        },
        &clock,
    );
    let crowd = quotas.connect(address("192.0.2.1")).unwrap();
    let said_by = |allowance: &Allowance| -> usize {
        (0..9)
            .map(|n| said(allowance, &author(&n.to_string())))
            .sum()
    };
    assert_eq!(said_by(&crowd), 25);
    let joined = (0..9).take_while(|_| crowd.join(None).is_ok()).count();
    assert_eq!(joined, 4);
    let other = quotas.connect(address("192.0.2.2")).unwrap();
    assert!(other.join(None).is_ok() && said(&other, &author("x")) > 0);
}

#[test]
fn who_is_refused_uses_up_nothing_of_the_neighbours() {
    let clock = ManualClock::default();
    let quotas = quotas(
        |limits| {
            limits.rate_messages_per_address = "11:1".parse().unwrap();
            limits.rate_joins = "1:1".parse().unwrap();
            limits.rate_joins_per_address = "2:1".parse().unwrap();
        },
        &clock,
    );
    let shared = quotas.connect(address("192.0.2.1")).unwrap();
    let (greedy, neighbour) = (author("greedy"), author("neighbour"));
    for _ in 0..100 {
        let _ = shared.say(&greedy);
        let _ = shared.join(Some(&greedy));
    }
    assert_eq!(shared.say(&neighbour), Ok(()));
    assert_eq!(shared.join(Some(&neighbour)), Ok(()));
}

#[test]
fn who_is_refused_for_their_address_keeps_what_is_their_own() {
    let clock = ManualClock::default();
    let quotas = quotas(
        |limits| {
            limits.rate_messages = "5:0.001".parse().unwrap();
            limits.rate_messages_per_address = "1:10".parse().unwrap();
        },
        &clock,
    );
    let shared = quotas.connect(address("192.0.2.1")).unwrap();
    shared.say(&author("neighbour")).unwrap();
    let asa = author("a");
    for n in 1..=5 {
        for _ in 0..100 {
            assert_eq!(shared.say(&asa).unwrap_err().ms(), 100);
        }
        clock.set(n * 100);
        assert_eq!(shared.say(&asa), Ok(()), "as it was told");
    }
}

#[test]
fn invented_tokens_make_no_more_buckets_than_their_address_has_joins() {
    let quotas = quotas(
        |limits| limits.rate_joins_per_address = "4:1".parse().unwrap(),
        &ManualClock::default(),
    );
    let stranger = quotas.connect(address("192.0.2.1")).unwrap();
    for n in 0..100 {
        let _ = stranger.join(Some(&author(&n.to_string())));
    }
    assert_eq!(quotas.joins.len(), 4);
}

#[test]
fn one_flag_turns_all_rates_off_and_no_count() {
    let quotas = quotas(
        |limits| {
            limits.no_rate_limits = true;
            limits.limit_connections = 1;
        },
        &ManualClock::default(),
    );
    let allowance = quotas.connect(None).unwrap();
    let asa = author("a");
    assert_eq!(said(&allowance, &asa), 1_000);
    for _ in 0..1_000 {
        allowance.join(Some(&asa)).unwrap();
        allowance.rename(&asa).unwrap();
        allowance.receive(1 << 30).unwrap();
    }
    assert_eq!(quotas.connect(None).unwrap_err(), TooMany::InAll);
}

#[test]
fn a_class_behind_one_address_gets_in_twice_over() {
    // Thirty open the page at once, the server restarts, all of them come back: as it is by
    // default.
    let quotas = quotas(|_| {}, &ManualClock::default());
    let mut class: Vec<_> = (0..30).map(|_| quotas.connect(None).unwrap()).collect();
    for (n, pupil) in class.iter().enumerate() {
        let author = author(&n.to_string());
        pupil.join(None).unwrap();
        pupil.say(&author).unwrap();
        pupil.receive(500).unwrap();
    }
    class.clear();
    for n in 0..30 {
        let pupil = quotas.connect(None).unwrap();
        let author = author(&n.to_string());
        pupil.join(Some(&author)).unwrap();
        pupil.say(&author).unwrap();
        pupil.receive(500).unwrap();
        class.push(pupil);
    }
}

#[test]
fn a_wait_is_never_none() {
    assert_eq!(Wait(Duration::ZERO).ms(), 1);
    assert_eq!(Wait(Duration::from_micros(1_001)).ms(), 2);
    assert_eq!(Wait(Duration::from_millis(1_001)).seconds(), 2);
}
