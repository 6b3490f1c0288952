//! Token buckets, one for each key, within a bound of memory whatever keys strangers make.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::RateLimiter;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::{HashMapStateStore, ShrinkableKeyedStateStore};
use shared::AuthorId;

use super::{Rate, Wait};
use crate::clock::Uptime;

/// Buckets of one limiter that are not full: some 2 MiB. An address that has the networks to fill
/// them all makes newcomers share.
const KEYS: usize = 65_536;

/// Buckets that newcomers share then.
const SHARED_KEYS: u64 = 1_024;

/// Whose bucket. A hash under a key of this process's own: what it was made from is not kept, and
/// cannot be found out by trying, nor can anyone choose to share a bucket with somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(u64);

/// Makes keys.
#[derive(Debug, Default)]
pub(super) struct Keys(RandomState);

impl Keys {
    pub(super) fn author(&self, author: &AuthorId) -> Key {
        Key(self.0.hash_one(author))
    }

    /// Addresses that one customer of a network has count as one: an IPv6 /64. All whose address is
    /// not known count as one, too.
    pub(super) fn address(&self, address: Option<IpAddr>) -> Key {
        // An IPv4 address may come mapped into IPv6 (RFC 4291, section 2.5.5.2).
        Key(match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => self.0.hash_one(address.to_bits()),
            Some(IpAddr::V6(address)) => self.0.hash_one(address.to_bits() >> 64),
            None => self.0.hash_one("unknown"),
        })
    }
}

impl Clock for Uptime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.elapsed()
    }
}

type Buckets = RateLimiter<Ask, Store, Uptime, NoOpMiddleware<Duration>>;

/// What is asked of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Ask {
    key: Key,
    /// Only whether it would give.
    peek: bool,
}

/// The library's store, beside which it has no way to look without taking.
#[derive(Debug, Default)]
struct Store(HashMapStateStore<Key>);

impl StateStore for Store {
    type Key = Ask;

    fn measure_and_replace<T, F, E>(&self, ask: &Ask, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        if !ask.peek {
            return self.0.measure_and_replace(&ask.key, measure);
        }
        // What is refused replaces nothing: so that is what the store below is told.
        let answer = self.0.measure_and_replace(&ask.key, |state| {
            Err::<((), Nanos), _>(measure(state).map(|(passes, _)| passes))
        });
        match answer {
            Err(answer) => answer,
            // Never: nothing is told to pass. Measured as if it were new.
            Ok(()) => measure(None).map(|(passes, _)| passes),
        }
    }
}

impl ShrinkableKeyedStateStore<Ask> for Store {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.retain_recent(drop_below);
    }

    fn shrink_to_fit(&self) {
        self.0.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The buckets of one rate.
#[derive(Debug)]
pub(super) struct Limiter {
    /// `None` where there is no limit.
    buckets: Option<(Buckets, NonZeroU32)>,
    clock: Uptime,
}

impl Limiter {
    pub(super) fn new(rate: Rate, clock: Uptime) -> Self {
        let buckets = rate.quota().map(|quota| {
            let buckets = RateLimiter::new(quota, Store::default(), clock.clone());
            (buckets, quota.burst_size())
        });
        Self { buckets, clock }
    }

    /// Takes `tokens` out of a bucket, a full one at most.
    ///
    /// # Errors
    /// How long until it has so many. Nothing is taken then.
    pub(super) fn take(&self, key: Key, tokens: u32) -> Result<(), Wait> {
        self.ask(Ask { key, peek: false }, tokens)
    }

    /// The same, but for that nothing is taken in any case.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(super) fn peek(&self, key: Key, tokens: u32) -> Result<(), Wait> {
        self.ask(Ask { key, peek: true }, tokens)
    }

    fn ask(&self, mut ask: Ask, tokens: u32) -> Result<(), Wait> {
        let (Some((buckets, burst)), Some(tokens)) = (&self.buckets, NonZeroU32::new(tokens))
        else {
            return Ok(());
        };
        if buckets.len() >= KEYS {
            ask.key = Key(ask.key.0 % SHARED_KEYS);
        }
        match buckets.check_key_n(&ask, tokens.min(*burst)) {
            Ok(Err(not_until)) => Err(Wait(not_until.wait_time_from(self.clock.now()))),
            // The other error is of those who ask for more than a full bucket.
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }

    /// Forgets the buckets that are full again: a new one would be the same.
    pub(super) fn prune(&self) {
        if let Some((buckets, _)) = &self.buckets {
            buckets.retain_recent();
            buckets.shrink_to_fit();
        }
    }

    /// How many buckets are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.buckets
            .as_ref()
            .map_or(0, |(buckets, _)| buckets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn limiter(rate: &str, clock: &ManualClock) -> Limiter {
        Limiter::new(rate.parse().unwrap(), clock.uptime())
    }

    fn taken(limiter: &Limiter, key: u64) -> usize {
        (0..1_000)
            .take_while(|_| limiter.take(Key(key), 1).is_ok())
            .count()
    }

    #[test]
    fn a_burst_passes_and_then_so_many_a_second() {
        let clock = ManualClock::default();
        let limiter = limiter("10:2", &clock);
        assert_eq!(taken(&limiter, 1), 10);
        let wait = limiter.take(Key(1), 1).unwrap_err();
        assert_eq!(wait.ms(), 500);
        clock.set(499);
        assert_eq!(limiter.take(Key(1), 1).unwrap_err().ms(), 1);
        clock.set(500);
        assert_eq!(taken(&limiter, 1), 1);
        clock.set(2_500);
        assert_eq!(taken(&limiter, 1), 4);
        clock.set(60_000);
        assert_eq!(taken(&limiter, 1), 10, "no more than a full bucket");
    }

    #[test]
    fn who_waits_as_long_as_told_passes() {
        let clock = ManualClock::default();
        let limiter = limiter("3:0.7", &clock);
        taken(&limiter, 1);
        let mut now = 0;
        for _ in 0..100 {
            let wait = limiter.take(Key(1), 1).unwrap_err().ms();
            assert!(wait > 0);
            now += wait;
            clock.set(now);
            assert_eq!(limiter.take(Key(1), 1), Ok(()), "after {now} ms");
        }
    }

    #[test]
    fn a_refusal_takes_nothing() {
        let clock = ManualClock::default();
        let limiter = limiter("4:1", &clock);
        assert_eq!(limiter.take(Key(1), 3), Ok(()));
        for _ in 0..100 {
            assert_eq!(limiter.take(Key(1), 2).unwrap_err().ms(), 1_000);
        }
        assert_eq!(limiter.take(Key(1), 1), Ok(()));
        assert_eq!(limiter.take(Key(1), 1_000).unwrap_err().ms(), 4_000);
        clock.set(4_000);
        assert_eq!(limiter.take(Key(1), 1_000), Ok(()), "costs a full bucket");
        assert!(limiter.take(Key(1), 1).is_err());
    }

    #[test]
    fn a_look_takes_nothing_and_tells_the_same() {
        let clock = ManualClock::default();
        let limiter = limiter("2:1", &clock);
        for _ in 0..100 {
            assert_eq!(limiter.peek(Key(1), 2), Ok(()));
        }
        assert_eq!(taken(&limiter, 1), 2);
        assert_eq!(limiter.peek(Key(1), 1), limiter.take(Key(1), 1));
        clock.set(1_000);
        assert_eq!(limiter.peek(Key(1), 1), Ok(()));
    }

    #[test]
    fn each_has_a_bucket_of_their_own() {
        let clock = ManualClock::default();
        let limiter = limiter("2:1", &clock);
        assert_eq!((taken(&limiter, 1), taken(&limiter, 2)), (2, 2));
    }

    #[test]
    fn no_rate_is_no_limit() {
        let clock = ManualClock::default();
        let limiter = limiter("0", &clock);
        assert_eq!(taken(&limiter, 1), 1_000);
        assert_eq!(limiter.len(), 0);
    }

    #[test]
    fn a_bucket_is_forgotten_once_it_is_full_and_no_sooner() {
        let clock = ManualClock::default();
        let limiter = limiter("10:1", &clock);
        taken(&limiter, 1);
        limiter.take(Key(2), 1).unwrap();
        clock.set(5_000);
        limiter.prune();
        assert_eq!(limiter.len(), 1);
        assert_eq!(taken(&limiter, 1), 5, "pruning refills nothing");
        clock.set(60_000);
        limiter.prune();
        assert_eq!(limiter.len(), 0);
    }

    #[test]
    fn strangers_cannot_make_the_buckets_grow() {
        let clock = ManualClock::default();
        let limiter = limiter("2:1", &clock);
        let spread = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for n in 1..=3 * KEYS as u64 {
            let _ = limiter.take(Key(spread(n)), 1);
        }
        assert!(limiter.len() <= KEYS + SHARED_KEYS as usize);
        clock.set(60_000);
        limiter.prune();
        assert_eq!(taken(&limiter, spread(1)), 2, "and all is well afterwards");
    }

    #[test]
    fn an_address_is_what_one_customer_has() {
        let keys = Keys::default();
        let key = |address: &str| keys.address(Some(address.parse().unwrap()));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(keys.address(None), keys.address(None));
        assert_ne!(keys.address(None), key("192.0.2.1"));
    }

    #[test]
    fn a_key_tells_nothing_of_its_address() {
        let address = Some("192.0.2.1".parse().unwrap());
        assert_ne!(
            Keys::default().address(address),
            Keys::default().address(address)
        );
    }
}
