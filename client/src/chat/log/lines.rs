//! The rows of a log as lines of the page.

use std::rc::Rc;

use shared::{EntryBody, Nick, Seq};
use yew::prelude::*;

use super::Props;
use crate::chat::message::{Message, Progress};
use crate::chat::{clock, notes};
use crate::i18n::Lang;
use crate::state::DraftState;
use crate::state::rows::{Chunk, Row};

/// A chunk is drawn anew only when it is another one.
#[derive(Properties)]
pub struct LinesProps {
    pub chunk: Rc<Chunk>,
    pub lang: Lang,
    /// What the reader is called.
    pub me: Option<Nick>,
    /// The first message that the reader has not read, if it is in this chunk.
    pub unread: Option<Seq>,
}

impl PartialEq for LinesProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.chunk, &other.chunk)
            && self.lang == other.lang
            && self.unread == other.unread
            && self.me == other.me
    }
}

#[component]
pub fn Lines(props: &LinesProps) -> Html {
    let (lang, unread) = (props.lang, props.unread);
    let mut lines = Vec::with_capacity(props.chunk.rows.len() + 1);
    for row in &props.chunk.rows {
        match row {
            Row::Day { at, day } => lines.push(day_line(lang, *at, *day)),
            Row::Note { after, note } => lines.push(note_line(lang, *after, note)),
            Row::Said { entry, first, mine } => {
                let EntryBody::Said { nick, text } = &entry.body else {
                    continue;
                };
                let is_unread = unread == Some(entry.seq);
                if is_unread {
                    lines.push(html! {
                        <div role="listitem" class="day unread" key="unread" data-testid="unread">
                            <span>{lang.texts().unread}</span>
                        </div>
                    });
                }
                let message = Message {
                    lang,
                    id: &entry.id,
                    author: &entry.author,
                    nick,
                    text: text.as_str(),
                    at: entry.at,
                    first: *first || is_unread,
                    mine: *mine,
                    me: props.me.as_ref(),
                    progress: Progress::Stored,
                };
                lines.push(message.view(Html::default()));
            }
            Row::Draft { .. } => {}
        }
    }
    html! { <div class="chunk" role="none">{for lines}</div> }
}

fn day_line(lang: Lang, at: u64, day: i32) -> Html {
    html! {
        <div role="listitem" class="day" key={format!("d{day}")} data-testid="day">
            <time datetime={clock::iso(at)}>{clock::day_name(lang, at)}</time>
        </div>
    }
}

pub fn note_line(lang: Lang, after: Seq, note: &crate::state::Note) -> Html {
    html! {
        <div role="listitem" class="note" key={format!("n{after}")} data-testid="note">{notes::words(lang, note)}</div>
    }
}

/// What is on its way.
pub fn drafts(props: &Props) -> Option<Html> {
    let (lang, rows) = (props.lang, &props.rows.drafts);
    let own = props.own.as_ref().filter(|_| !rows.is_empty())?;
    let holds = rows.iter().any(is_held);
    let line = |row: &Row| match row {
        Row::Day { at, day } => day_line(lang, *at, *day),
        Row::Draft { draft, first } => {
            let progress = match draft.state {
                DraftState::Failed(code) => Progress::Failed(code),
                _ if !props.live => Progress::Offline,
                DraftState::Held { until, code } => Progress::Held { until, code },
                DraftState::Queued if holds => Progress::Behind,
                DraftState::Queued | DraftState::Sent { .. } => Progress::Sending,
            };
            let message = Message {
                lang,
                id: &draft.id,
                author: &own.author,
                nick: &own.nick,
                text: draft.text.as_str(),
                at: draft.at,
                first: *first,
                mine: true,
                me: None,
                progress,
            };
            message.view(message.state(&props.on_retry, &props.on_discard))
        }
        Row::Said { .. } | Row::Note { .. } => Html::default(),
    };
    let lines = rows.iter().map(line);
    Some(html! { <div class="chunk drafts" role="none" key="drafts">{for lines}</div> })
}

/// Whether it waits because the server asked to.
fn is_held(row: &Row) -> bool {
    matches!(row, Row::Draft { draft, .. } if matches!(draft.state, DraftState::Held { .. }))
}

pub fn skeleton(label: &'static str) -> Html {
    html! {
        <div role="listitem" class="skeleton" key="skeleton">
            <span class="sr-only">{label}</span>
            for width in [38, 62, 24, 71, 45, 54] {
                <span class="bone" style={format!("--w:{width}%")}></span>
            }
        </div>
    }
}
