//! Who is in the room, as a visitor has been told.

use std::collections::BTreeMap;
use std::sync::Arc;

use shared::{AuthorId, Nick, Presence, Welcome};

/// The members of a room, by author; handing it on shares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Company(Arc<BTreeMap<AuthorId, Nick>>);

impl Company {
    pub(super) fn welcomed(&mut self, welcome: &Welcome) {
        let members = welcome.members.iter();
        self.0 = Arc::new(
            members
                .map(|m| (m.author.clone(), m.nick.clone()))
                .collect(),
        );
    }

    pub(super) fn told(&mut self, presence: &Presence) {
        let members = Arc::make_mut(&mut self.0);
        for member in &presence.left {
            members.remove(&member.author);
        }
        for member in &presence.joined {
            members.insert(member.author.clone(), member.nick.clone());
        }
        for renamed in &presence.renamed {
            members.insert(renamed.author.clone(), renamed.to.clone());
        }
    }
}

impl FromIterator<(AuthorId, Nick)> for Company {
    fn from_iter<T: IntoIterator<Item = (AuthorId, Nick)>>(members: T) -> Self {
        Self(Arc::new(members.into_iter().collect()))
    }
}
