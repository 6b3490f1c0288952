//! Quotas: how much one visitor, one address, and all of them may take. Owns the rates and the count
//! of connections, one set for all workers of a chat. Where they are asked, and what a refusal looks
//! like, is others' business.
//!
//! Rates are kept by author and by address, not by connection: coming back refills nothing. No
//! address is kept, only a hash of it, and that some seconds longer at most than its
//! bucket takes to fill.

mod limiter;
mod rate;

#[cfg(test)]
mod tests;

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

impl TooMany {
    /// How long it is to wait.
    #[must_use]
    pub fn wait(self) -> Wait {
        match self {
            Self::TooFast(wait) => wait,
            Self::OfAddress | Self::InAll => FULL_RETRY,
        }
    }
}

/// What is to be waited for somebody else's connection to end.
const FULL_RETRY: Wait = Wait(Duration::from_secs(10));

/// What is left to everyone.
#[derive(Debug)]
pub struct Quotas {
    keys: Keys,
    messages: Arc<Limiter>,
    messages_per_address: Arc<Limiter>,
    joins: Arc<Limiter>,
    joins_per_address: Arc<Limiter>,
    pages: Arc<Limiter>,
    pages_per_address: Arc<Limiter>,
    nicks: Arc<Limiter>,
    connections: Arc<Limiter>,
    bytes: Arc<Limiter>,
    /// Each of them.
    limiters: Vec<Arc<Limiter>>,
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
        let mut limiters = Vec::new();
        let mut limiter = |rate| {
            let rate = if limits.no_rate_limits {
                Rate::OFF
            } else {
                rate
            };
            let limiter = Arc::new(Limiter::new(rate, clock.clone()));
            limiters.push(limiter.clone());
            limiter
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
            limiters,
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

    /// A page for somebody at that address who is no visitor.
    ///
    /// # Errors
    /// How long to wait.
    pub fn page(&self, address: Option<IpAddr>) -> Result<(), Wait> {
        self.pages_per_address.take(self.keys.address(address), 1)
    }

    /// Forgets whoever has a full quota again. To be called now and then.
    pub fn prune(&self) {
        for limiter in &self.limiters {
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

    /// A look into a room, which costs a page.
    ///
    /// # Errors
    /// How long to wait.
    pub fn look(&self) -> Result<(), Wait> {
        self.quotas.pages_per_address.take(self.address, 1)
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
