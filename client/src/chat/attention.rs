//! Calls the reader who looks elsewhere: by the browser's tab, and, where they want it, by a
//! notification or a tone when somebody speaks to them.

pub mod alert;
pub mod settings;
mod tab;

use shared::Seq;

use super::{Chat, Props, page, rich};
use alert::{Notice, Way};

use crate::state::attention::Attention;

impl Chat {
    /// What was heard last.
    pub(super) fn heard(&self) -> Option<Seq> {
        self.session.as_ref()?.heard.back().map(|heard| heard.seq)
    }

    /// The log may have changed, and the page come into view or gone; `before` is what was heard
    /// last then. A page of somebody else's keeps its title and icon.
    pub(super) fn attend(&mut self, props: &Props, before: Option<Seq>) {
        let lang = props.lang;
        let hidden = page::is_hidden();
        if !hidden && let Some(notice) = self.notice.take() {
            notice.close();
        }
        let Some(session) = &self.session else { return };
        let own = session.me.as_ref().map(|me| &me.author);
        let unseen = self.attention.unseen(hidden, &session.timeline, own);
        let room = session.room().as_str();
        if props.host.is_none() {
            tab::tell(self.id, room, unseen);
        }

        let (Some(me), Some(last)) = (&session.me, session.heard.back()) else {
            return;
        };
        if Some(last.seq) == before || !rich::names(last.text.as_str(), me.nick.as_str()) {
            return;
        }
        if alert::is_on(Way::Sound) && !page::is_looked_at() {
            alert::tone();
        }
        if alert::is_on(Way::Notify) && hidden {
            let title = (lang.texts().named_in)(last.nick.as_str(), room);
            self.notice =
                Notice::show(&title, last.text.as_str(), &self.key).or(self.notice.take());
        }
    }

    /// The chat goes from its room, or from the page.
    pub(super) fn unattend(&mut self) {
        self.attention = Attention::default();
        tab::tell(self.id, "", 0);
        if let Some(notice) = self.notice.take() {
            notice.close();
        }
    }

    pub(super) fn switch(&self, way: Way) {
        let on = !alert::is_on(way);
        alert::set(way, on);
        match way {
            Way::Sound if on => alert::tone(),
            Way::Notify if on => alert::ask(self.on.page.clone()),
            _ => {}
        }
    }
}
