//! Who is here, and the way to be called something else.

use shared::{AuthorId, Member, Nick};
use yew::prelude::*;

use super::rename::RenameForm;
use super::{hue, ids};
use crate::i18n::Lang;
use crate::state::Rename;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    /// Of the chat on its page.
    pub id: u32,
    /// Oneself first; in a large room a sample.
    pub members: Vec<Member>,
    pub online: u32,
    pub own: Option<AuthorId>,
    pub open: bool,
    pub on_close: Callback<()>,
    pub rename: Rename,
    /// Of the own name, and of the field that takes its place.
    pub name: NodeRef,
    pub input: NodeRef,
    pub on_edit: Callback<()>,
    pub on_rename: Callback<Nick>,
    pub on_cancel: Callback<()>,
}

#[component]
pub fn Who(props: &Props) -> Html {
    let texts = props.lang.texts();
    let others = props
        .online
        .saturating_sub(u32::try_from(props.members.len()).unwrap_or(u32::MAX));
    html! {
        <aside class="who" id={ids::of("who", props.id)} data-testid="who" aria-label={texts.who} hidden={!props.open}>
            <div class="who-head">
                <h2>{texts.who}</h2>
                <button type="button" class="plain close" aria-label={texts.close}
                    onclick={props.on_close.reform(|_: MouseEvent| ())}>{"×"}</button>
            </div>
            <ul>
                for member in &props.members {
                    <li key={member.author.as_str().to_owned()} style={hue::style(&member.author)}>
                        if props.own.as_ref() == Some(&member.author) {
                            {own(props, &member.nick)}
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

fn own(props: &Props, nick: &Nick) -> Html {
    let texts = props.lang.texts();
    if props.rename.is_open() {
        return html! {
            <RenameForm lang={props.lang} id={props.id} nick={nick.clone()} rename={props.rename.clone()} input={props.input.clone()}
                on_rename={&props.on_rename} on_cancel={&props.on_cancel} />
        };
    }
    html! {<>
        <i class="dot" aria-hidden="true"></i>
        <button type="button" class="self" ref={props.name.clone()} data-testid="edit-nick" title={texts.change_nick}
            onclick={props.on_edit.reform(|_: MouseEvent| ())}>
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
