//! Who is here, and the way to be called something else.

use shared::Nick;
use yew::prelude::*;

use super::rename::RenameForm;
use super::{Chat, hue, ids};
use crate::i18n::Lang;
use crate::state::Session;

pub fn who(chat: &Chat, session: &Session, lang: Lang, open: bool) -> Html {
    let texts = lang.texts();
    let me = session.me.as_ref().map(|me| &me.author);
    // Oneself first; in a large room a sample.
    let members = session.roster.list(me);
    let shown = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let others = session.roster.online().saturating_sub(shown);
    html! {
        <aside class="who" id={ids::of("who", chat.id)} data-testid="who" aria-label={texts.who} hidden={!open}>
            <div class="who-head">
                <h2>{texts.who}</h2>
                <button type="button" class="plain close" aria-label={texts.close}
                    onclick={&chat.on.toggle_who}>{"×"}</button>
            </div>
            <ul>
                for member in members {
                    <li key={member.author.as_str().to_owned()} style={hue::style(&member.author)}>
                        if me == Some(&member.author) {
                            {own(chat, session, lang, member.nick)}
                        } else {
                            <i class="dot" aria-hidden="true"></i>
                            <span class="name" dir="auto">{member.nick.as_str()}</span>
                        }
                    </li>
                }
            </ul>
            if others > 0 {
                <p class="others">{(texts.and_others)(others)}</p>
            }
        </aside>
    }
}

fn own(chat: &Chat, session: &Session, lang: Lang, nick: Nick) -> Html {
    let texts = lang.texts();
    if session.rename.is_open() {
        return html! {
            <RenameForm {lang} id={chat.id} {nick} rename={session.rename.clone()} input={&chat.rename}
                on_rename={&chat.on.rename} on_cancel={&chat.on.cancel_rename} />
        };
    }
    html! {<>
        <i class="dot" aria-hidden="true"></i>
        <button type="button" class="self" ref={&chat.name} data-testid="edit-nick" title={texts.change_nick}
            onclick={&chat.on.edit_nick}>
            <span class="name" dir="auto">{nick.as_str()}</span>
            <span class="sr-only">{texts.change_nick}</span>
            {pencil()}
        </button>
        <span class="you">{texts.you}</span>
    </>}
}

fn pencil() -> Html {
    html! {
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor"
            stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round">
            <path d="M10.8 2.7a1.4 1.4 0 0 1 2 2L5.3 12.2l-2.8.8.8-2.8zM9.6 3.9l2.5 2.5" />
        </svg>
    }
}
