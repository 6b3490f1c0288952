//! What the reader is told about the line, and what they can do about it.

use yew::prelude::*;

use super::countdown::{Countdown, Until};
use crate::i18n::Lang;
use crate::state::{Connection, Session};

/// The close code of a newer connection of the same visitor.
const TAKEN_OVER: u16 = shared::CloseCode::TakenOver.code();

/// Always in the page, so that screen readers tell when it begins to speak.
pub fn banner(lang: Lang, session: &Session, on_connect: &Callback<MouseEvent>) -> Html {
    let texts = lang.texts();
    let button = |label| html! { <button type="button" onclick={on_connect}>{label}</button> };
    let lost = match session.kept_out {
        Some(code) => (texts.kept_out)(code),
        // The line broke, or there never was one.
        None if session.me.is_some() => texts.lost,
        None => texts.unreachable,
    };
    let (class, state, content) = match session.connection {
        Connection::Waiting { until, .. } if session.kept_out.is_some() => (
            "lost",
            "kept_out",
            html! { <p>{lost}{" "}<Countdown {lang} to={until} until={Until::NextTry} /></p> },
        ),
        Connection::Waiting { failures, until } => {
            let next = html! {<>
                <span aria-hidden="true">{(texts.attempt)(failures)}</span>{" "}
                <Countdown {lang} to={until} />
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
        Connection::Live { .. } => match session.recovered {
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
