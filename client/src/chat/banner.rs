//! What the reader is told about the line, and what they can do about it.

use shared::RefusalCode;
use yew::prelude::*;

use super::countdown::{Countdown, Until};
use crate::i18n::Lang;
use crate::state::Connection;

/// The close code of a newer connection of the same visitor.
const TAKEN_OVER: u16 = shared::CloseCode::TakenOver.code();

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    pub connection: Connection,
    /// Whether the visitor has been in the room: then the line broke, before it never was.
    pub was_in: bool,
    /// Why the server lets nobody in for now, where it said so.
    pub kept_out: Option<RefusalCode>,
    pub recovered: Option<usize>,
    pub on_connect: Callback<()>,
}

/// Always in the page, so that screen readers tell when it begins to speak.
#[component]
pub fn Banner(props: &Props) -> Html {
    let texts = props.lang.texts();
    let onclick = props.on_connect.reform(|_: MouseEvent| ());
    let button = |label: &'static str| html! { <button type="button" {onclick}>{label}</button> };
    let lost = match props.kept_out {
        Some(code) => (texts.kept_out)(code),
        None if props.was_in => texts.lost,
        None => texts.unreachable,
    };
    let (class, state, content) = match props.connection {
        Connection::Waiting { until, .. } if props.kept_out.is_some() => (
            "lost",
            "kept_out",
            html! { <p>{lost}{" "}<Countdown lang={props.lang} to={until} until={Until::NextTry} /></p> },
        ),
        Connection::Waiting { failures, until } => {
            let next = html! {<>
                <span aria-hidden="true">{(texts.attempt)(failures)}</span>{" "}
                <Countdown lang={props.lang} to={until} />
            </>};
            (
                "lost",
                "waiting",
                html! { <><p>{lost}{" "}{next}</p>{button(texts.try_now)}</> },
            )
        }
        Connection::Connecting { failures, .. } if failures > 0 => {
            let next = html! { <span aria-hidden="true">{(texts.attempt)(failures)}{" …"}</span> };
            ("lost", "connecting", html! { <p>{lost}{" "}{next}</p> })
        }
        Connection::Connecting { .. } => (
            "quiet late",
            "connecting",
            html! { <p>{texts.connecting}</p> },
        ),
        Connection::Elsewhere | Connection::Away { code: TAKEN_OVER } => (
            "quiet",
            "taken_over",
            html! { <><p>{texts.taken_over}</p>{button(texts.use_here)}</> },
        ),
        Connection::Away { code } => (
            "lost",
            "away",
            html! { <><p>{(texts.away)(code)}</p>{button(texts.connect_again)}</> },
        ),
        Connection::Live { .. } => match props.recovered {
            Some(missed) => (
                "good passing",
                "recovered",
                html! { <p>{(texts.recovered)(missed)}</p> },
            ),
            None => ("", "", Html::default()),
        },
        Connection::Off | Connection::Refused | Connection::Asleep => ("", "", Html::default()),
    };
    html! {
        <div role="status">
            if !class.is_empty() {
                <div class={classes!("banner", class)} key={class} data-testid="banner" data-state={state}>{content}</div>
            }
        </div>
    }
}
