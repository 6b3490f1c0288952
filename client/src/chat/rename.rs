//! The form in which one's own nick is changed: stands in the list, where the name was.

use shared::Nick;
use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::ids;
use super::problem::{nick_in, said};
use crate::i18n::Lang;
use crate::state::Rename;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    /// Of the chat on its page.
    pub id: u32,
    /// What the field holds at first.
    pub nick: Nick,
    pub rename: Rename,
    pub input: NodeRef,
    pub on_rename: Callback<Nick>,
    pub on_cancel: Callback<()>,
}

#[component]
pub fn RenameForm(props: &Props) -> Html {
    let texts = props.lang.texts();
    let wrong = use_state_eq(|| None::<String>);
    let busy = matches!(props.rename, Rename::Asked { .. });

    {
        let (input, nick) = (props.input.clone(), props.nick.clone());
        use_effect_with((), move |()| {
            if let Some(field) = input.cast::<HtmlInputElement>() {
                field.set_value(nick.as_str());
                field.select();
            }
        });
    }

    let submit = {
        let (input, on_rename, wrong) =
            (props.input.clone(), props.on_rename.clone(), wrong.clone());
        let lang = props.lang;
        Callback::from(move |suggested: Option<Nick>| {
            let Some(field) = input.cast::<HtmlInputElement>() else {
                return;
            };
            match nick_in(&field, suggested.as_ref(), lang) {
                Ok(nick) => {
                    wrong.set(None);
                    on_rename.emit(nick);
                }
                Err(words) => wrong.set(Some(words)),
            }
        })
    };
    let onsubmit = {
        let submit = submit.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            submit.emit(None);
        })
    };
    let oninput = {
        let wrong = wrong.clone();
        Callback::from(move |_: InputEvent| wrong.set(None))
    };
    let onkeydown = {
        let on_cancel = props.on_cancel.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" && !event.is_composing() {
                // On a phone the list around it would close as well.
                event.stop_propagation();
                on_cancel.emit(());
            }
        })
    };

    let error = said(
        props.lang,
        wrong.as_ref(),
        props.rename.problem(),
        &submit.reform(Some),
    );
    let said = error.is_some();
    let [field, problem] = ["rename", "rename-error"].map(|name| ids::of(name, props.id));
    html! {
        <form class="rename field" {onsubmit} {onkeydown} novalidate=true data-testid="rename-form">
            <label for={field.clone()}>{texts.new_nick}</label>
            <input id={field} ref={props.input.clone()} data-testid="rename-input" dir="auto" {oninput}
                aria-invalid={said.then_some("true")} aria-describedby={said.then(|| problem.clone())}
                autocomplete="nickname" autocapitalize="words" spellcheck="false" enterkeyhint="done" />
            <div role="alert">
                if let Some(error) = error {
                    <p class="error" id={problem} data-testid="rename-error">{error}</p>
                }
            </div>
            <div class="row">
                <button class="primary" type="submit" aria-disabled={busy.then_some("true")} data-testid="rename-save">
                    {if busy { texts.renaming } else { texts.rename_save }}
                </button>
                <button class="plain" type="button" onclick={props.on_cancel.reform(|_: MouseEvent| ())}
                    data-testid="rename-cancel">{texts.cancel}</button>
            </div>
        </form>
    }
}
