//! What the views may ask of the chat. Made once: a view whose callbacks are new each time is
//! drawn anew each time.

use shared::{MessageId, MessageText, Nick};
use yew::html::Scope;
use yew::prelude::*;

use super::{Chat, Msg, ids};
use crate::state::Event;

pub struct Callbacks {
    pub join: Callback<Nick>,
    pub edited: Callback<()>,
    pub connect: Callback<MouseEvent>,
    pub leave: Callback<MouseEvent>,
    pub say: Callback<MessageText>,
    pub typed: Callback<()>,
    pub own_texts: Callback<(), Vec<String>>,
    pub nicks: Callback<(), Vec<Nick>>,
    pub older: Callback<()>,
    pub long: Callback<()>,
    pub retry: Callback<MessageId>,
    pub discard: Callback<MessageId>,
    pub toggle_who: Callback<MouseEvent>,
    pub toggle_settings: Callback<MouseEvent>,
    pub page: Callback<()>,
    pub edit_nick: Callback<MouseEvent>,
    pub rename: Callback<Nick>,
    pub cancel_rename: Callback<()>,
}

impl Callbacks {
    pub fn new(link: &Scope<Chat>) -> Self {
        Self {
            join: link.callback(|nick| Msg::Event(Event::Join(nick))),
            edited: link.callback(|()| Msg::Event(Event::Edited)),
            connect: link.callback(|_| Msg::Event(Event::Connect)),
            leave: link.callback(|_| Msg::Event(Event::Leave)),
            say: link.batch_callback(|text| {
                let id = ids::fresh().ok()?;
                Some(Msg::Event(Event::Say { id, text }))
            }),
            typed: link.callback(|()| Msg::Event(Event::Typed)),
            own_texts: asked(link, Chat::own_texts),
            nicks: asked(link, Chat::nicks),
            older: link.callback(|()| Msg::Event(Event::Older)),
            long: link.callback(|()| Msg::Event(Event::Trim)),
            retry: link.callback(Msg::Retry),
            discard: link.callback(|id| Msg::Event(Event::Discard(id))),
            toggle_who: link.callback(|_| Msg::ToggleWho),
            toggle_settings: link.callback(|_| Msg::ToggleSettings),
            page: link.callback(|()| Msg::Page),
            edit_nick: link.callback(|_| Msg::Event(Event::EditNick)),
            rename: link.callback(|nick| Msg::Event(Event::Rename(nick))),
            cancel_rename: link.callback(|()| Msg::Event(Event::CancelRename)),
        }
    }
}

/// What the chat knows, for a view that needs it at a key and not at each drawing.
fn asked<T: Default + 'static>(link: &Scope<Chat>, what: fn(&Chat) -> T) -> Callback<(), T> {
    let link = link.clone();
    Callback::from(move |()| {
        link.get_component()
            .map(|chat| what(&chat))
            .unwrap_or_default()
    })
}
