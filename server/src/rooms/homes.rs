//! Where rooms live: on the threads that serve connections, by turns. There what a room sends reaches
//! the sockets without waking up another thread.

use std::sync::{Arc, Mutex, PoisonError};

use actix::prelude::*;

/// The threads that may be a room's home. Cloning gives another handle.
#[derive(Debug, Clone, Default)]
pub struct Homes(Arc<Mutex<Threads>>);

#[derive(Debug, Default)]
struct Threads {
    arbiters: Vec<ArbiterHandle>,
    turn: usize,
}

impl Homes {
    /// Offers the current thread.
    pub fn offer(&self) {
        if let Some(arbiter) = Arbiter::try_current() {
            self.threads(|threads| threads.arbiters.push(arbiter));
        }
    }

    /// Starts an actor on the next of the threads, or on this one where there is none.
    pub(super) fn start<A>(&self, make: impl Fn() -> A + Clone + Send + 'static) -> Addr<A>
    where
        A: Actor<Context = Context<A>>,
    {
        while let Some(arbiter) = self.threads(Threads::next) {
            let made = make.clone();
            let address = A::start_in_arbiter(&arbiter, move |_| made());
            if address.connected() {
                return address;
            }
            // That thread has ended.
            self.threads(Threads::forget);
        }
        make().start()
    }

    fn threads<T>(&self, change: impl FnOnce(&mut Threads) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Threads {
    fn next(&mut self) -> Option<ArbiterHandle> {
        self.turn = (self.turn + 1).checked_rem(self.arbiters.len())?;
        self.arbiters.get(self.turn).cloned()
    }

    /// Forgets the one whose turn it was.
    fn forget(&mut self) {
        if self.turn < self.arbiters.len() {
            self.arbiters.swap_remove(self.turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread::{self, ThreadId};

    use super::*;

    struct Tenant;

    impl Actor for Tenant {
        type Context = Context<Self>;
    }

    #[derive(Message)]
    #[rtype(result = "Option<ThreadId>")]
    struct Where;

    impl Handler<Where> for Tenant {
        type Result = Option<ThreadId>;

        fn handle(&mut self, _: Where, _: &mut Self::Context) -> Self::Result {
            Some(thread::current().id())
        }
    }

    async fn thread_of(tenant: &Addr<Tenant>) -> ThreadId {
        tenant.send(Where).await.unwrap().unwrap()
    }

    /// A thread that has offered itself.
    async fn offered(homes: &Homes) -> (Arbiter, ThreadId) {
        let arbiter = Arbiter::new();
        let (tell, told) = tokio::sync::oneshot::channel();
        let homes = homes.clone();
        arbiter.spawn_fn(move || {
            homes.offer();
            tell.send(thread::current().id()).unwrap();
        });
        (arbiter, told.await.unwrap())
    }

    #[actix::test]
    async fn homes_are_given_by_turns() {
        let homes = Homes::default();
        let (_first, one) = offered(&homes).await;
        let (_second, other) = offered(&homes).await;
        let mut given = HashSet::new();
        for _ in 0..2 {
            given.insert(thread_of(&homes.start(|| Tenant)).await);
        }
        assert_eq!(given, HashSet::from([one, other]));
    }

    #[actix::test]
    async fn a_thread_that_has_ended_is_nobodys_home() {
        let homes = Homes::default();
        let (arbiter, _) = offered(&homes).await;
        arbiter.stop();
        arbiter.join().unwrap();
        let here = thread::current().id();
        assert_eq!(thread_of(&homes.start(|| Tenant)).await, here);
    }
}
