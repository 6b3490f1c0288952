//! Who is here.

use shared::{AuthorId, Member};
use yew::prelude::*;

use super::hue;
use crate::i18n::Lang;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    /// Oneself first; in a large room a sample.
    pub members: Vec<Member>,
    pub online: u32,
    pub own: Option<AuthorId>,
    pub open: bool,
    pub on_close: Callback<()>,
}

#[component]
pub fn Who(props: &Props) -> Html {
    let texts = props.lang.texts();
    let others = props
        .online
        .saturating_sub(u32::try_from(props.members.len()).unwrap_or(u32::MAX));
    html! {
        <aside class="who" id="who" data-testid="who" aria-label={texts.who} hidden={!props.open}>
            <div class="who-head">
                <h2>{texts.who}</h2>
                <button type="button" class="plain close" aria-label={texts.close}
                    onclick={props.on_close.reform(|_: MouseEvent| ())}>{"×"}</button>
            </div>
            <ul>
                for member in &props.members {
                    <li key={member.author.0.clone()} style={hue::style(&member.author)}>
                        <i class="dot" aria-hidden="true"></i>
                        <span class="name" dir="auto">{member.nick.as_str()}</span>
                        if props.own.as_ref() == Some(&member.author) {
                            <span class="you">{texts.you}</span>
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
