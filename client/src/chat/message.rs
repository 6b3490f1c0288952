//! One message: who, when, what, and how far it has come.

use shared::{AuthorId, MessageId, Nick, RefusalCode};
use yew::prelude::*;

use super::countdown::{Countdown, Until};
use super::rich::{names, rich};
use super::{clock, hue};
use crate::i18n::Lang;

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Stored,
    Sending,
    /// The line is down.
    Offline,
    /// The server asked to wait.
    Held {
        until: u64,
        code: RefusalCode,
    },
    /// One before it waits.
    Behind,
    Failed(RefusalCode),
}

impl Progress {
    fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Failed(_) => "failed",
            _ => "pending",
        }
    }
}

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    pub id: MessageId,
    pub author: AuthorId,
    pub nick: Nick,
    pub text: AttrValue,
    pub at: u64,
    /// Whether it shows who wrote it.
    pub first: bool,
    pub mine: bool,
    /// What the reader is called: they are marked where they are meant.
    #[prop_or_default]
    pub me: Option<Nick>,
    pub progress: Progress,
    pub on_retry: Callback<MessageId>,
    pub on_discard: Callback<MessageId>,
}

#[component]
pub fn Message(props: &Props) -> Html {
    let Props {
        lang, first, mine, ..
    } = *props;
    let time = html! {
        <time datetime={clock::iso(props.at)} title={clock::full(lang, props.at)}>
            {clock::time(lang, props.at)}
        </time>
    };
    let me = props.me.as_ref().filter(|_| !mine).map(Nick::as_str);
    let class = classes!(
        "msg",
        if first { "first" } else { "more" },
        mine.then_some("mine"),
        me.is_some_and(|me| names(&props.text, me))
            .then_some("named"),
        props.progress.name(),
    );
    html! {
        <li {class} style={hue::style(&props.author)} tabindex="-1"
            data-testid="message" data-state={props.progress.name()} data-id={props.id.as_str().to_owned()}>
            if first {
                <span class="mono" aria-hidden="true">{for initial(&props.nick)}</span>
                <div class="by">
                    <b dir="auto" data-testid="message-nick">{props.nick.as_str()}</b>
                    {time}
                </div>
            } else {
                <span class="sr-only" data-testid="message-nick">{props.nick.as_str()}</span>
                {time}
            }
            <div class="text" dir="auto" data-testid="message-text">{rich(&props.text, me)}</div>
            {progress(props)}
        </li>
    }
}

fn progress(props: &Props) -> Html {
    let texts = props.lang.texts();
    let emit = |to: &Callback<MessageId>| {
        let (to, id) = (to.clone(), props.id.clone());
        Callback::from(move |_: MouseEvent| to.emit(id.clone()))
    };
    let words = match props.progress {
        Progress::Stored => return Html::default(),
        Progress::Sending => texts.sending,
        Progress::Offline => texts.waiting,
        Progress::Behind => texts.behind,
        Progress::Held { until, code } => {
            return html! {
                <div class="state">
                    <span>{(texts.held)(code)}<Countdown lang={props.lang} to={until} until={Until::GoesOut} /></span>
                </div>
            };
        }
        Progress::Failed(code) => {
            return html! {
                <div class="state" role="alert">
                    <span>{(texts.failed)(code)}</span>
                    <button type="button" onclick={emit(&props.on_retry)} data-testid="retry">{texts.retry}</button>
                    <button type="button" onclick={emit(&props.on_discard)} data-testid="discard">{texts.discard}</button>
                </div>
            };
        }
    };
    html! { <div class="state">{words}</div> }
}

/// The letter that stands for a nick; the style sheet makes it a capital.
fn initial(nick: &Nick) -> Option<char> {
    let mut letters = nick.as_str().chars();
    let first = letters.find(|c| c.is_alphanumeric());
    first.or_else(|| nick.as_str().chars().next())
}
