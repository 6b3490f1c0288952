//! The page of the chat: which server and rooms there are is the owner's setting.

use yew::prelude::*;

use super::header::NavLink;
use super::notice::NotFound;
use super::{Page, Route};
use crate::chat::Chat;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub page: Page,
    /// The first one where none is named.
    #[prop_or_default]
    pub room: Option<String>,
}

#[component]
pub fn ChatPage(props: &Props) -> Html {
    let Page { config, lang } = &props.page;
    let rooms = &config.chat.rooms;
    let room = match &props.room {
        Some(name) => rooms.iter().find(|room| room.name == *name),
        None => rooms.first(),
    };
    if props.room.is_some() && room.is_none() {
        return html! { <NotFound lang={*lang} /> };
    }
    let name = room.map_or("lobby", |room| room.name.as_str()).to_owned();
    let topic = room.map(|room| room.topic.of(*lang).to_owned());
    let topic = topic.filter(|topic| !topic.is_empty()).map(AttrValue::from);
    html! {
        <div class="chat-page">
            if rooms.len() > 1 {
                <nav class="rooms" aria-label={lang.texts().rooms}>
                    for other in rooms {
                        <NavLink to={Route::Room { room: other.name.clone() }} current={other.name == name}>
                            {format!("#{}", other.name)}
                        </NavLink>
                    }
                </nav>
            }
            <Chat server={config.chat.server.clone()} room={name} {topic} lang={*lang} />
        </div>
    }
}
