//! The rows of a log as lines of the page, and what counts among them.

use shared::Seq;
use yew::prelude::*;

use super::Props;
use crate::chat::message::{Message, Progress};
use crate::chat::{clock, notes};
use crate::state::DraftState;
use crate::state::rows::Row;

pub fn newest(rows: &[Row]) -> Seq {
    let seq = |row: &Row| match row {
        Row::Said { entry, .. } => Some(entry.seq),
        _ => None,
    };
    rows.iter().rev().find_map(seq).unwrap_or_default()
}

pub fn unseen(rows: &[Row], seen: Seq) -> usize {
    rows.iter()
        .rev()
        .filter_map(|row| match row {
            Row::Said { entry, mine, .. } => Some((entry.seq, *mine)),
            _ => None,
        })
        .take_while(|(seq, _)| *seq > seen)
        .filter(|(_, mine)| !mine)
        .count()
}

pub fn drafts(rows: &[Row]) -> usize {
    rows.iter()
        .rev()
        .take_while(|row| matches!(row, Row::Draft { .. }))
        .count()
}

pub fn line(props: &Props, row: &Row) -> Html {
    let lang = props.lang;
    match row {
        Row::Day { at, day } => html! {
            <li class="day" key={format!("d{day}")}>
                <time datetime={clock::iso(*at)}>{clock::day_name(lang, *at)}</time>
            </li>
        },
        Row::Note { after, note } => html! {
            <li class="note" key={format!("n{after}")}>{notes::words(lang, note)}</li>
        },
        Row::Said {
            entry,
            nick,
            text,
            first,
            mine,
        } => html! {
            <Message key={entry.id.as_str()} {lang} id={entry.id.clone()} author={entry.author.clone()}
                nick={nick.clone()} text={text.as_str().to_owned()} at={entry.at} first={*first} mine={*mine}
                me={props.own.as_ref().map(|own| own.nick.clone())} progress={Progress::Stored}
                on_retry={props.on_retry.clone()} on_discard={props.on_discard.clone()} />
        },
        Row::Draft { draft, first } => {
            let Some(own) = &props.own else {
                return Html::default();
            };
            let progress = match draft.state {
                DraftState::Failed(code) => Progress::Failed(code),
                _ if !props.live => Progress::Offline,
                DraftState::Held { until, code } => Progress::Held { until, code },
                DraftState::Queued if holds(&props.rows) => Progress::Behind,
                DraftState::Queued | DraftState::Sent { .. } => Progress::Sending,
            };
            html! {
                <Message key={draft.id.as_str()} {lang} id={draft.id.clone()} author={own.author.clone()}
                    nick={own.nick.clone()} text={draft.text.as_str().to_owned()} at={draft.at} first={*first} mine=true
                    {progress} on_retry={props.on_retry.clone()} on_discard={props.on_discard.clone()} />
            }
        }
    }
}

/// Whether one's own messages wait because the server asked to.
fn holds(rows: &[Row]) -> bool {
    let is_held = |row: &Row| matches!(row, Row::Draft { draft, .. } if matches!(draft.state, DraftState::Held { .. }));
    rows.iter()
        .rev()
        .take_while(|row| matches!(row, Row::Draft { .. }))
        .any(is_held)
}

pub fn skeleton(label: &'static str) -> Html {
    html! {
        <li class="skeleton" key="skeleton">
            <span class="sr-only">{label}</span>
            for width in [38, 62, 24, 71, 45, 54] {
                <span class="bone" style={format!("--w:{width}%")}></span>
            }
        </li>
    }
}
