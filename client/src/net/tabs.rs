//! The lead among the tabs of one visitor: by the browser's locks (Web Locks), or, where a page has
//! none, as over plain HTTP in a local network, by talk between the tabs.

mod locks;
mod talk;
mod talks;

use yew::Callback;

use locks::Lock;
use talks::Talks;

/// What becomes of a question for the lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TabsEvent {
    /// This tab leads.
    Led,
    /// Another one does.
    Elsewhere,
    /// Another one has taken the lead from this one.
    Lost,
}

/// The lead, or the question for it. Dropped, both are given up, and nothing more is told.
pub struct Tabs {
    _way: Option<Way>,
}

enum Way {
    Lock { _held: Lock },
    Talk { _held: Talks },
}

impl Tabs {
    /// Asks for the lead of all tabs that ask by `name`; `take` it, whoever has it.
    pub fn ask(name: &str, take: bool, on: Callback<TabsEvent>) -> Self {
        let lock = Lock::request(name, take, on.clone()).map(|held| Way::Lock { _held: held });
        let way = lock.or_else(|| {
            let talks = Talks::begin(name, take, on.clone());
            talks.map(|held| Way::Talk { _held: held })
        });
        if way.is_none() {
            // Nobody to agree with.
            on.emit(TabsEvent::Led);
        }
        Self { _way: way }
    }
}
