//! The page of the chat: which server and rooms there are is the owner's setting.

use yew::prelude::*;

use super::Site;
use super::header::nav_link;
use super::route::Route;
use crate::chat::Chat;

pub fn page(site: &Site) -> Html {
    let (config, lang) = (&site.config, site.lang);
    let room = site.room();
    let name = room.map_or("lobby", |room| room.name.as_str());
    let topic = room.map(|room| room.topic.text(lang).to_owned());
    let topic = topic.filter(|topic| !topic.is_empty()).map(AttrValue::from);
    let to = |other: &str| {
        let label = ["#", other].concat();
        nav_link(&Route::Room(other.to_owned()), other == name, label.into())
    };
    html! {
        <div key="chat" class="chat-page">
            if config.rooms.len() > 1 {
                <nav class="rooms" aria-label={lang.texts().rooms}>
                    for other in &config.rooms { {to(&other.name)} }
                </nav>
            }
            <Chat server={config.server.clone()} room={name.to_owned()} {topic} {lang} />
        </div>
    }
}
