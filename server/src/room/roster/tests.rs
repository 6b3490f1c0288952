use super::*;

const TERMS: ClaimTerms = ClaimTerms {
    grace_ms: 30,
    hold_ms: 1_000,
    holds: 3,
};

fn nick(nick: &str) -> Nick {
    Nick::new(nick).unwrap()
}

/// A name that is compared without regard to case, and looks like all with the same letters.
fn name(shown: &str) -> Name {
    let comparison = shown.to_lowercase();
    let mut letters: Vec<_> = comparison.chars().collect();
    letters.sort_unstable();
    Name {
        nick: nick(shown),
        comparison: comparison.into(),
        skeleton: letters.into_iter().collect(),
    }
}

fn author(author: &str) -> AuthorId {
    AuthorId::new(author)
}

fn speaker(name: &str, session: u64) -> Speaker {
    Speaker {
        author: author(name),
        session: SessionId(session),
    }
}

fn member(name: &str, shown: &str) -> Member {
    Member {
        author: author(name),
        nick: nick(shown),
    }
}

type Outcome = Result<Admission<&'static str>, (Clash, &'static str)>;

/// Lets `author` in as `shown`, by connection `session`.
fn admit(roster: &mut Roster<&'static str>, shown: &str, author: &str, session: u64) -> Outcome {
    roster.admit(name(shown), speaker(author, session), "address", false)
}

fn with_asa() -> Roster<&'static str> {
    let mut roster = Roster::new(TERMS);
    let admission = roster.admit(name("Åsa"), speaker("a", 1), "first", false);
    assert_eq!(admission, Ok(Admission::Joined));
    roster
}

/// One whose connection ended at 0.
fn with_asa_away() -> Roster<&'static str> {
    let mut roster = with_asa();
    assert_eq!(roster.lose(&speaker("a", 1), 0), Some("first"));
    roster
}

fn back() -> Outcome {
    Ok(Admission::Resumed {
        previous: None,
        renamed_from: None,
    })
}

const TAKEN: Outcome = Err((Clash::Taken, "address"));

#[test]
fn a_nick_is_one_members_however_it_is_written_and_whatever_it_looks_like() {
    let mut roster = with_asa();
    assert_eq!(admit(&mut roster, "åSA", "b", 2), TAKEN);
    let alike = Err((Clash::Lookalike, "address"));
    assert_eq!(admit(&mut roster, "sÅa", "b", 2), alike);
    assert_eq!(roster.len(), 1);
}

#[test]
fn an_author_takes_over_from_the_own_stale_connection() {
    let mut roster = with_asa();
    let admission = roster.admit(name("Åsa"), speaker("a", 2), "second", false);
    assert_eq!(
        admission,
        Ok(Admission::Resumed {
            previous: Some("first"),
            renamed_from: None
        })
    );
    let (stale, fresh) = (speaker("a", 1), speaker("a", 2));
    assert!(roster.get_mut(&stale).is_none(), "cannot speak");
    assert!(roster.remove(&stale).is_none(), "nor take the new one out");
    assert!(roster.lose(&stale, 0).is_none(), "nor send it away");
    assert_eq!(roster.rename(&stale, name("Bo")), Ok(None), "nor rename it");
    assert_eq!(roster.get_mut(&fresh).map(|(_, a)| *a), Some("second"));
}

#[test]
fn coming_back_under_another_nick_frees_the_old_one() {
    for mut roster in [with_asa(), with_asa_away()] {
        let previous = roster.find(SessionId(1)).map(|_| "first");
        let renamed_from = Some(nick("Åsa"));
        assert_eq!(
            admit(&mut roster, "Bo", "a", 2),
            Ok(Admission::Resumed {
                previous,
                renamed_from
            })
        );
        assert_eq!(admit(&mut roster, "Åsa", "b", 3), Ok(Admission::Joined));
        assert_eq!(roster.expire(u64::MAX - 1), [], "nobody is away");
    }
}

#[test]
fn leaving_frees_the_nick_at_once() {
    let mut roster = with_asa();
    let gone = roster.remove(&speaker("a", 1));
    assert_eq!(gone, Some((member("a", "Åsa"), "first")));
    assert_eq!((roster.len(), roster.next_expiry()), (0, None));
    assert_eq!(admit(&mut roster, "Åsa", "b", 2), Ok(Admission::Joined));
}

#[test]
fn who_lost_the_line_is_here_for_the_grace_time() {
    let mut roster = with_asa_away();
    assert_eq!(roster.next_expiry(), Some(30));
    assert_eq!(roster.expire(29), []);
    assert_eq!(roster.len(), 1);
    assert_eq!(roster.sample(&author("b"), 9), [member("a", "Åsa")]);
    assert_eq!(roster.iter_mut().count(), 0, "and is told nothing");
    assert_eq!(admit(&mut roster, "Åsa", "b", 2), TAKEN);
    assert_eq!(admit(&mut roster, "Åsa", "a", 3), back());
    assert_eq!(roster.expire(u64::MAX), [], "came back");
}

#[test]
fn then_the_nick_is_held_for_its_author() {
    let mut roster = with_asa_away();
    let held_ms = Some(1_000);
    let member = member("a", "Åsa");
    assert_eq!(roster.expire(30), [Gone { member, held_ms }]);
    assert_eq!((roster.len(), roster.next_expiry()), (0, Some(1_030)));
    assert_eq!(admit(&mut roster, "åsa", "b", 2), TAKEN);
    assert!(roster.nick(&author("a")).is_some());
    assert_eq!(admit(&mut roster, "Åsa", "a", 3), Ok(Admission::Joined));
    assert_eq!(roster.next_expiry(), None, "held no more: it is hers");
}

#[test]
fn then_it_is_anyones() {
    let mut roster = with_asa_away();
    roster.expire(30);
    assert_eq!(roster.expire(1_029), []);
    assert!(roster.nick(&author("a")).is_some());
    assert_eq!(roster.expire(1_030), [], "nobody has gone");
    assert!(roster.nick(&author("a")).is_none());
    assert_eq!(admit(&mut roster, "Åsa", "b", 2), Ok(Admission::Joined));
    assert_eq!(admit(&mut roster, "Åsa", "a", 3), TAKEN);
}

#[test]
fn without_grace_and_hold_a_lost_line_is_a_leaving() {
    let mut roster = Roster::new(ClaimTerms {
        grace_ms: 0,
        hold_ms: 0,
        holds: 3,
    });
    admit(&mut roster, "Åsa", "a", 1).unwrap();
    roster.lose(&speaker("a", 1), 7);
    let held_ms = None;
    let member = member("a", "Åsa");
    assert_eq!(roster.expire(7), [Gone { member, held_ms }]);
    assert_eq!((roster.len(), roster.next_expiry()), (0, None));
    assert_eq!(admit(&mut roster, "Åsa", "b", 2), Ok(Admission::Joined));
}

#[test]
fn beyond_the_bound_the_oldest_hold_is_freed() {
    let mut roster = Roster::new(TERMS);
    for n in 0..5 {
        let session = u64::from(n);
        let nick = char::from(b'a' + n).to_string();
        admit(&mut roster, &nick, &nick, session).unwrap();
        roster.lose(&speaker(&nick, session), session);
        roster.expire(session + 30);
    }
    for (author, kept) in [("a", false), ("b", false), ("c", true), ("e", true)] {
        let other = admit(&mut roster, author, "other", 9);
        assert_eq!(other.is_err(), kept, "{author}");
    }
}

#[test]
fn a_nick_changes_within_the_room() {
    let mut roster = with_asa();
    admit(&mut roster, "Bo", "b", 2).unwrap();
    let bo = speaker("b", 2);
    assert_eq!(roster.rename(&bo, name("ÅSA")), Err(Clash::Taken));
    assert_eq!(roster.rename(&bo, name("sÅa")), Err(Clash::Lookalike));
    assert_eq!(roster.rename(&bo, name("BO")), Ok(Some(nick("Bo"))), "own");
    assert_eq!(roster.rename(&bo, name("Cy")), Ok(Some(nick("BO"))));
    assert_eq!(
        roster.get_mut(&bo).map(|(n, _)| n.clone()),
        Some(nick("Cy"))
    );
    assert_eq!(admit(&mut roster, "Bo", "c", 3), Ok(Admission::Joined));
}

#[test]
fn a_new_nick_is_free_of_those_who_are_away_and_gone_too() {
    let mut roster = with_asa_away();
    admit(&mut roster, "Bo", "b", 2).unwrap();
    let bo = speaker("b", 2);
    assert_eq!(roster.rename(&bo, name("Åsa")), Err(Clash::Taken));
    roster.expire(30);
    assert_eq!(roster.rename(&bo, name("Åsa")), Err(Clash::Taken));
    roster.expire(1_030);
    assert_eq!(roster.rename(&bo, name("Åsa")), Ok(Some(nick("Bo"))));
}

#[test]
fn what_is_remembered_of_before_is_put_back() {
    let mut roster: Roster<&str> = Roster::new(TERMS);
    assert!(roster.restore(&author("a"), name("Åsa"), 100));
    assert!(roster.restore_hold(&author("b"), name("Bo"), 50, 100));
    assert!(!roster.restore_hold(&author("c"), name("Cy"), 0, 100));
    assert!(!roster.restore_hold(&author("d"), name("åsa"), 50, 100));
    assert_eq!(roster.len(), 1, "who was present is away");
    assert_eq!(roster.next_expiry(), Some(130), "with a grace time of now");
    let gone = roster.expire(130);
    assert_eq!(gone[0].held_ms, Some(1_000));
    assert_eq!(roster.next_expiry(), Some(150), "what was held goes on");
    assert_eq!(admit(&mut roster, "Bo", "x", 1), TAKEN);
    assert_eq!(admit(&mut roster, "Cy", "x", 1), Ok(Admission::Joined));
    assert!(roster.nick(&author("d")).is_none(), "it was another's");
}

#[test]
fn a_first_visit_is_tentative_until_its_token_has_arrived() {
    let mut roster = Roster::new(TERMS);
    let (asa, other) = (speaker("a", 1), speaker("a", 2));
    roster.admit(name("Åsa"), asa.clone(), (), true).unwrap();
    assert!(roster.is_tentative(&asa) && !roster.is_tentative(&other));
    let ghosts = roster.ghosts(&name("Åsa"), &author("b"));
    assert!(!ghosts.is_empty() && ghosts.iter().all(|ghost| *ghost == asa));
    assert_eq!(roster.ghosts(&name("Åsa"), &author("a")), []);
    assert_eq!(roster.ghosts(&name("Bo"), &author("b")), []);
    assert!(!roster.settle(&other) && roster.settle(&asa) && !roster.settle(&asa));
    assert!(!roster.is_tentative(&asa));
    assert_eq!(roster.ghosts(&name("Åsa"), &author("b")), []);
}

#[test]
fn a_ghost_beside_a_settled_owner_is_left_alone() {
    let mut roster = Roster::new(TERMS);
    // One key of the name wanted is each one's.
    let key = |nick: &str, comparison: &str, skeleton: &str| Name {
        comparison: comparison.into(),
        skeleton: skeleton.into(),
        ..name(nick)
    };
    let (settled, ghost) = (key("elia", "elia", "elia"), key("Ella", "ella", "ella"));
    roster.admit(settled, speaker("a", 1), (), false).unwrap();
    roster.admit(ghost, speaker("b", 2), (), true).unwrap();
    let wanted = key("ELIA", "elia", "ella");
    assert_eq!(roster.ghosts(&wanted, &author("c")), []);
}

#[test]
fn a_hold_is_put_back_for_no_longer_than_a_hold_is() {
    let mut roster = Roster::<()>::new(TERMS);
    assert!(roster.restore_hold(&author("a"), name("Åsa"), u64::MAX, 100));
    assert_eq!(roster.next_expiry(), Some(100 + TERMS.hold_ms));
}

#[test]
fn whoever_is_away_for_longest_gives_way() {
    let mut roster = Roster::new(TERMS);
    for (n, nick) in [(1, "a"), (2, "b"), (3, "c")] {
        admit(&mut roster, nick, nick, n).unwrap();
    }
    assert_eq!(roster.give_way(5), None, "nobody is away");
    roster.lose(&speaker("b", 2), 5);
    roster.lose(&speaker("a", 1), 6);
    let gone = roster.give_way(7).unwrap();
    assert_eq!((gone.member, gone.held_ms), (member("b", "b"), Some(1_000)));
    assert_eq!(roster.len(), 2);
    assert!(roster.nick(&author("b")).is_some(), "the nick is kept");
}

#[test]
fn a_sample_begins_with_oneself_and_ends_with_who_is_away() {
    let mut roster = Roster::new(TERMS);
    for n in 0..20 {
        let nick = char::from(b'a' + n).to_string();
        admit(&mut roster, &nick, &nick, u64::from(n)).unwrap();
    }
    roster.lose(&speaker("a", 0), 0);
    let sample = roster.sample(&author("h"), 5);
    assert_eq!((sample.len(), &sample[0]), (5, &member("h", "h")));
    assert!(!sample.contains(&member("a", "a")));
    assert_eq!(
        roster.sample(&author("h"), 99).last(),
        Some(&member("a", "a"))
    );
    assert_eq!(roster.drain().count(), 19);
    assert_eq!((roster.len(), roster.next_expiry()), (0, None));
}
