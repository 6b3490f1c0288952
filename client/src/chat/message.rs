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

/// What one message shows.
pub struct Message<'a> {
    pub lang: Lang,
    pub id: &'a MessageId,
    pub author: &'a AuthorId,
    pub nick: &'a Nick,
    pub text: &'a str,
    pub at: u64,
    /// Whether it shows who wrote it.
    pub first: bool,
    pub mine: bool,
    /// What the reader is called: they are marked where they are meant.
    pub me: Option<&'a Nick>,
    pub progress: Progress,
}

impl Message<'_> {
    /// Its line in the log; `state` stands below the text.
    pub fn view(&self, state: Html) -> Html {
        let (at, nick) = (self.at, self.nick.as_str());
        let time = html! {
            <time datetime={clock::iso(at)} title={clock::full(self.lang, at)}>
                {clock::time(self.lang, at)}
            </time>
        };
        let me = self.me.filter(|_| !self.mine).map(Nick::as_str);
        let class = classes!(
            "msg",
            if self.first { "first" } else { "more" },
            self.mine.then_some("mine"),
            me.is_some_and(|me| names(self.text, me)).then_some("named"),
            self.progress.name(),
        );
        html! {
            <div role="listitem" {class} style={hue::style(self.author)} tabindex="-1" key={self.id.as_str()}
                data-testid="message" data-state={self.progress.name()} data-id={self.id.as_str().to_owned()}>
                if self.first {
                    <span class="mono" aria-hidden="true">{for initial(self.nick)}</span>
                    <div class="by">
                        <b dir="auto" data-testid="message-nick">{nick}</b>
                        {time}
                    </div>
                } else {
                    <span class="sr-only" data-testid="message-nick">{nick}</span>
                    {time}
                }
                <div class="text" dir="auto" data-testid="message-text">{rich(self.text, me)}</div>
                {state}
            </div>
        }
    }

    /// How far it has come, in words, and what can be done about it.
    pub fn state(&self, on_retry: &Callback<MessageId>, on_discard: &Callback<MessageId>) -> Html {
        let texts = self.lang.texts();
        let emit = |to: &Callback<MessageId>| {
            let (to, id) = (to.clone(), self.id.clone());
            Callback::from(move |_: MouseEvent| to.emit(id.clone()))
        };
        let words = match self.progress {
            Progress::Stored => return Html::default(),
            Progress::Sending => texts.sending,
            Progress::Offline => texts.waiting,
            Progress::Behind => texts.behind,
            Progress::Held { until, code } => {
                return html! {
                    <div class="state">
                        <span>{(texts.held)(code)}<Countdown lang={self.lang} to={until} until={Until::GoesOut} /></span>
                    </div>
                };
            }
            Progress::Failed(code) => {
                return html! {
                    <div class="state" role="alert">
                        <span>{(texts.failed)(code)}</span>
                        <button type="button" onclick={emit(on_retry)} data-testid="retry">{texts.retry}</button>
                        <button type="button" onclick={emit(on_discard)} data-testid="discard">{texts.discard}</button>
                    </div>
                };
            }
        };
        html! { <div class="state">{words}</div> }
    }
}

/// The letter that stands for a nick; the style sheet makes it a capital.
fn initial(nick: &Nick) -> Option<char> {
    let mut letters = nick.as_str().chars();
    let first = letters.find(|c| c.is_alphanumeric());
    first.or_else(|| nick.as_str().chars().next())
}
