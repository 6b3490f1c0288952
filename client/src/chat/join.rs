//! The form at the door: a nick, and what is wrong with it.

use shared::Nick;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::ids;
use super::problem::{nick_in, said};
use crate::i18n::Lang;
use crate::state::Problem;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    /// Of the chat on its page.
    pub id: u32,
    pub room: AttrValue,
    #[prop_or_default]
    pub topic: Option<AttrValue>,
    /// What the field holds at first.
    pub nick: AttrValue,
    pub problem: Option<Problem>,
    /// Whether the server has been asked and has not answered.
    pub busy: bool,
    pub input: NodeRef,
    /// Of the heading.
    #[prop_or_default]
    pub level: Option<&'static str>,
    pub on_join: Callback<Nick>,
    pub on_edited: Callback<()>,
    /// Stands under the field: how things are with the line.
    pub children: Html,
}

#[component]
pub fn JoinForm(props: &Props) -> Html {
    let texts = props.lang.texts();
    let wrong = use_state_eq(|| None::<String>);

    // The server's answer replaces what was wrong before it.
    {
        let wrong = wrong.clone();
        use_effect_with(props.problem.clone(), move |_| wrong.set(None));
    }

    // Once: from then on the field is the visitor's.
    {
        let (input, nick) = (props.input.clone(), props.nick.clone());
        use_effect_with((), move |()| {
            if let Some(field) = input.cast::<HtmlInputElement>() {
                field.set_value(&nick);
            }
        });
    }

    let submit = {
        let (input, on_join, wrong) = (props.input.clone(), props.on_join.clone(), wrong.clone());
        let (lang, busy) = (props.lang, props.busy);
        Callback::from(move |suggested: Option<Nick>| {
            let Some(field) = input.cast::<HtmlInputElement>() else {
                return;
            };
            match nick_in(&field, suggested.as_ref(), lang) {
                Ok(nick) if !busy => {
                    wrong.set(None);
                    on_join.emit(nick);
                }
                Ok(_) => {}
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
        let (wrong, on_edited) = (wrong.clone(), props.on_edited.clone());
        Callback::from(move |_: InputEvent| {
            wrong.set(None);
            on_edited.emit(());
        })
    };

    let error = said(
        props.lang,
        wrong.as_ref(),
        props.problem.as_ref(),
        &submit.reform(Some),
    );
    let said = error.is_some();
    // Where the room will not do, another nick would not help.
    let invalid = wrong.is_some() || matches!(props.problem, Some(Problem::Nick { .. }));
    let [field, hint, problem] =
        ["nick", "nick-hint", "nick-error"].map(|name| ids::of(name, props.id));
    html! {
        <div class="join">
            <form {onsubmit} novalidate=true>
                <p class="where"><b>{&props.room}</b>
                    if let Some(topic) = &props.topic { {" "}<span>{topic}</span> }
                </p>
                <h1 aria-level={props.level}>{texts.join_title}</h1>
                <p class="lead">{texts.join_lead}</p>
                <div class="field">
                    <label for={field.clone()}>{texts.nick}</label>
                    <div class="row">
                        <input id={field} ref={props.input.clone()} data-testid="nick-input" dir="auto"
                            {oninput}
                            aria-invalid={invalid.then_some("true")}
                            aria-describedby={if said { problem.clone() } else { hint.clone() }}
                            autocomplete="nickname" autocapitalize="words" spellcheck="false" enterkeyhint="go" />
                        <button class="primary" type="submit" aria-disabled={props.busy.then_some("true")} data-testid="join-button">
                            {if props.busy { texts.joining } else { texts.join }}
                        </button>
                    </div>
                    <div role="alert">
                        if let Some(error) = error {
                            <p class="error" id={problem} data-testid="nick-error">{error}</p>
                        }
                    </div>
                    if !said {
                        <p class="hint" id={hint}>{texts.nick_hint}</p>
                    }
                </div>
                {props.children.clone()}
            </form>
        </div>
    }
}
