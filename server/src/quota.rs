//! Quotas: how much one visitor, one address, and all of them may take. Owns the rates and the count
//! of connections, one set for all workers of a chat. Where they are asked, and what a refusal looks
//! like, is others' business.
//!
//! Rates are kept by author and by address, not by connection: coming back refills nothing. No
//! address is kept, only a hash of it, and that some seconds longer at most than its
//! bucket takes to fill.

mod limiter;
mod rate;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::AuthorId;

use crate::clock::Uptime;
use crate::config::{LimitsConfig, bound};
use limiter::{Key, Keys, Limiter};

pub use rate::Rate;

/// How long until what was refused may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl Wait {
    /// In milliseconds, never 0.
    #[must_use]
    pub fn ms(self) -> u64 {
        u64::try_from(self.0.as_nanos().div_ceil(1_000_000))
            .unwrap_or(u64::MAX)
            .max(1)
    }

    /// In whole seconds, never 0.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.ms().div_ceil(1_000)
    }
}

/// Why a connection is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    /// Its address opens them too quickly.
    TooFast(Wait),
    /// Its address has as many as it may have.
    OfAddress,
    /// There are as many as there may be.
    InAll,
}

/// What is left to everyone.
#[derive(Debug)]
pub struct Quotas {
    keys: Keys,
    messages: Limiter,
    messages_per_address: Limiter,
    joins: Limiter,
    joins_per_address: Limiter,
    pages: Limiter,
    pages_per_address: Limiter,
    nicks: Limiter,
    connections: Limiter,
    bytes: Limiter,
    open: Mutex<Open>,
    most: usize,
    most_per_address: usize,
}

/// The connections that there are.
#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_address: HashMap<Key, usize>,
}

impl Quotas {
    /// Full ones.
    #[must_use]
    pub fn new(limits: &LimitsConfig) -> Self {
        Self::with_clock(limits, &Uptime::system())
    }

    fn with_clock(limits: &LimitsConfig, clock: &Uptime) -> Self {
        let limiter = |rate| {
            let rate = if limits.no_rate_limits {
                Rate::OFF
            } else {
                rate
            };
            Limiter::new(rate, clock.clone())
        };
        Self {
            keys: Keys::default(),
            messages: limiter(limits.rate_messages),
            messages_per_address: limiter(limits.rate_messages_per_address),
            joins: limiter(limits.rate_joins),
            joins_per_address: limiter(limits.rate_joins_per_address),
            pages: limiter(limits.rate_pages),
            pages_per_address: limiter(limits.rate_pages_per_address),
            nicks: limiter(limits.rate_nicks),
            connections: limiter(limits.rate_connections),
            bytes: limiter(limits.rate_bytes),
            open: Mutex::default(),
            most: bound(limits.limit_connections),
            most_per_address: bound(limits.limit_connections_per_address),
        }
    }

    /// Lets a connection in, and counts it until its allowance is dropped.
    ///
    /// # Errors
    /// Why not.
    pub fn connect(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Allowance, TooMany> {
        let address = self.keys.address(address);
        self.connections
            .take(address, 1)
            .map_err(TooMany::TooFast)?;
        let mut open = self.open();
        if open.all >= self.most {
            return Err(TooMany::InAll);
        }
        let of_address = open.by_address.get(&address).copied().unwrap_or(0);
        if of_address >= self.most_per_address {
            return Err(TooMany::OfAddress);
        }
        open.all += 1;
        open.by_address.insert(address, of_address + 1);
        Ok(Allowance {
            quotas: self.clone(),
            address,
        })
    }

    /// Forgets whoever has a full quota again. To be called now and then.
    pub fn prune(&self) {
        // Taken apart, so that none that is added later is left out.
        let Self {
            messages,
            messages_per_address,
            joins,
            joins_per_address,
            pages,
            pages_per_address,
            nicks,
            connections,
            bytes,
            keys: _,
            open: _,
            most: _,
            most_per_address: _,
        } = self;
        for limiter in [
            messages,
            messages_per_address,
            joins,
            joins_per_address,
            pages,
            pages_per_address,
            nicks,
            connections,
            bytes,
        ] {
            limiter.prune();
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // Nothing in between can panic; and a count is better than none.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one connection may take. It counts as open as long as this lives.
#[derive(Debug)]
pub struct Allowance {
    quotas: Arc<Quotas>,
    address: Key,
}

impl Allowance {
    /// A `join`; `author` is who joins, where that is somebody who was here before.
    ///
    /// # Errors
    /// How long to wait.
    pub fn join(&self, author: Option<&AuthorId>) -> Result<(), Wait> {
        let quotas = &*self.quotas;
        match author {
            Some(author) => self.both(&quotas.joins, author, &quotas.joins_per_address),
            None => quotas.joins_per_address.take(self.address, 1),
        }
    }

    /// A `say`.
    ///
    /// # Errors
    /// How long to wait.
    pub fn say(&self, author: &AuthorId) -> Result<(), Wait> {
        let quotas = &*self.quotas;
        self.both(&quotas.messages, author, &quotas.messages_per_address)
    }

    /// A `page`.
    ///
    /// # Errors
    /// How long to wait.
    pub fn page(&self, author: &AuthorId) -> Result<(), Wait> {
        let quotas = &*self.quotas;
        self.both(&quotas.pages, author, &quotas.pages_per_address)
    }

    /// A `nick`.
    ///
    /// # Errors
    /// How long to wait.
    pub fn rename(&self, author: &AuthorId) -> Result<(), Wait> {
        let quotas = &*self.quotas;
        quotas.nicks.take(quotas.keys.author(author), 1)
    }

    /// Bytes that came, of whatever kind.
    ///
    /// # Errors
    /// How long to wait before they are dealt with.
    pub fn receive(&self, bytes: usize) -> Result<(), Wait> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.quotas.bytes.take(self.address, bytes)
    }

    /// Takes one of the visitor's own and one of the address's, or none of either: who is refused
    /// for the neighbours keeps their own, and who has used up their own does not use up the
    /// neighbours'. What the address does not give makes no bucket for whoever the visitor claims
    /// to be.
    fn both(&self, own: &Limiter, author: &AuthorId, shared: &Limiter) -> Result<(), Wait> {
        shared.peek(self.address, 1)?;
        own.take(self.quotas.keys.author(author), 1)?;
        // Refuses only where another worker came in between.
        shared.take(self.address, 1)
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        let mut open = self.quotas.open();
        open.all -= 1;
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
        AuthorId(name.to_owned())
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
}
