//! What the reader is told about the line, and what they can do about it.

use gloo_timers::callback::Interval;
use yew::prelude::*;

use super::clock;
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
    pub recovered: Option<usize>,
    pub on_connect: Callback<()>,
}

/// Always in the page, so that screen readers tell when it begins to speak.
#[component]
pub fn Banner(props: &Props) -> Html {
    let now = use_seconds(matches!(props.connection, Connection::Waiting { .. }));
    let texts = props.lang.texts();
    let onclick = props.on_connect.reform(|_: MouseEvent| ());
    let button = |label: &'static str| html! { <button type="button" {onclick}>{label}</button> };
    let lost = if props.was_in {
        texts.lost
    } else {
        texts.unreachable
    };
    let (class, state, content) = match props.connection {
        Connection::Waiting { failures, until } => {
            let seconds = until.saturating_sub(now).div_ceil(1_000);
            let next = (texts.next_attempt)(failures, seconds);
            // Counting down aloud would drown everything else.
            let words =
                html! { <p>{lost}{" "}<span class="num" aria-hidden="true">{next}</span></p> };
            (
                "lost",
                "waiting",
                html! { <>{words}{button(texts.try_now)}</> },
            )
        }
        Connection::Connecting { failures, .. } if failures > 0 => {
            let next = (texts.attempt)(failures);
            (
                "lost",
                "connecting",
                html! { <p>{lost}{" "}<span class="num" aria-hidden="true">{next}</span></p> },
            )
        }
        Connection::Connecting { .. } => (
            "quiet late",
            "connecting",
            html! { <p>{texts.connecting}</p> },
        ),
        Connection::Away { code: TAKEN_OVER } => (
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
        Connection::Off | Connection::Refused => ("", "", Html::default()),
    };
    html! {
        <div role="status">
            if !class.is_empty() {
                <div class={classes!("banner", class)} key={class} data-testid="banner" data-state={state}>{content}</div>
            }
        </div>
    }
}

/// The time, renewed each second while `on`.
#[hook]
fn use_seconds(on: bool) -> u64 {
    let tick = use_force_update();
    use_effect_with(on, move |on| {
        let interval = on.then(|| Interval::new(1_000, move || tick.force_update()));
        move || drop(interval)
    });
    clock::now()
}
