//! The chat put together: the form at the door, or the room with its log, list and composer.

use shared::Member;
use yew::prelude::*;

use super::attention::settings;
use super::banner::banner;
use super::composer::Composer;
use super::elsewhere::elsewhere;
use super::join::JoinForm;
use super::log::Log;
use super::who::who;
use super::{Chat, Msg, clock, ids, page};
use crate::i18n;
use crate::state::{Connection, Session, Stage};

/// Names in the line that tells who is writing.
const TYPING_NAMES: usize = 3;

pub fn view(chat: &Chat, ctx: &Context<Chat>) -> Html {
    let props = ctx.props();
    let Some(session) = &chat.session else {
        let words = props.lang.texts().bad_room;
        return html! { <div class="notice"><h1>{words}</h1><p><code>{&props.room}</code></p></div> };
    };
    match chat.stage() {
        Some(Stage::Room) => room(chat, session, ctx),
        _ => door(chat, session, ctx),
    }
}

fn door(chat: &Chat, session: &Session, ctx: &Context<Chat>) -> Html {
    let props = ctx.props();
    let busy = matches!(session.connection, Connection::Connecting { .. });
    // The button says so already.
    let says = !matches!(
        session.connection,
        Connection::Connecting { failures: 0, .. }
    );
    html! {
        <section class="chat at-door">
            <JoinForm lang={props.lang} id={chat.id} room={format!("#{}", props.room)} topic={props.topic.clone()}
                nick={chat.nick_offered(ctx)} problem={session.problem.clone()} {busy} input={chat.nick.clone()}
                level={props.level()} on_join={&chat.on.join} on_edited={&chat.on.edited}>
                if says { {banner(props.lang, session, &chat.on.connect)} }
            </JoinForm>
        </section>
    }
}

fn room(chat: &Chat, session: &Session, ctx: &Context<Chat>) -> Html {
    let props = ctx.props();
    let (lang, on) = (props.lang, &chat.on);
    let texts = lang.texts();
    let label = AttrValue::from(format!("#{}", props.room));
    let own = session.me.as_ref().map(|me| Member {
        author: me.author.clone(),
        nick: me.nick.clone(),
    });
    // Before the first welcome one's own messages stand under the nick that was asked for.
    let writer = own.clone().or_else(|| {
        session.nick().cloned().map(|nick| Member {
            author: shared::AuthorId::new(String::new()),
            nick,
        })
    });
    let author = writer.as_ref().map(|own| &own.author);
    let mut layout = chat.layout.borrow_mut();
    let rows = layout.rows(&session.timeline, &session.outbox, author, clock::day);
    let live = session.connection.is_live();
    // With nothing to show yet the place of the log says where the room is.
    let unseen = session.is_elsewhere() && session.me.is_none();
    let who_open = chat.who_open && !unseen;
    let online = session.roster.online();
    let onkeydown = {
        let (link, open, frame) = (ctx.link().clone(), chat.who_open, chat.frame.clone());
        move |event: KeyboardEvent| {
            if event.key() == "Escape" && open && !page::is_wide(&frame) {
                // What the chat stands in would close as well.
                event.prevent_default();
                link.send_message(Msg::ToggleWho);
            }
        }
    };
    html! {
        <section class={classes!("chat", who_open.then_some("with-who"), (!live).then_some("offline"))}
            aria-label={label.clone()} {onkeydown}>
            <header class="chat-head">
                <h1 aria-level={props.level()}>{&label}</h1>
                if let Some(topic) = &props.topic { <p class="topic" title={topic}>{topic}</p> }
                <button type="button" ref={chat.pill.clone()} class={classes!("pill", own.is_none().then_some("unknown"))} aria-expanded={if who_open { "true" } else { "false" }}
                    aria-controls={ids::of("who", chat.id)} onclick={&on.toggle_who} title={texts.who}>
                    <i class="dot" aria-hidden="true"></i>
                    <span data-testid="online-count">{(texts.here)(online)}</span>
                </button>
                {settings::view(chat, ctx)}
                <button type="button" class="plain leave" data-testid="leave" aria-label={texts.leave} title={texts.leave}
                    onclick={&on.leave}>{icon("M8 3.5H4.5v13H8M12.5 6.5 16 10l-3.5 3.5M16 10H8")}</button>
            </header>
            if unseen {
                {elsewhere(lang, &on.connect)}
            } else {
            <Log key={chat.key.clone()} {lang} room={label.clone()} {rows} heard={Vec::from(session.heard.clone())}
                own={writer} epoch={session.timeline.position().map(|position| position.epoch)}
                key_in_store={chat.read_key()} known={session.me.is_some()} {live}
                has_older={session.timeline.older_than().is_some()} loads_older={session.loads_older()}
                on_older={&on.older}
                on_long={&on.long}
                on_retry={&on.retry}
                on_discard={&on.discard} />
            }
            {who(chat, session, lang, who_open)}
            <div class="write">
                if !unseen { {banner(lang, session, &on.connect)} }
                <p class="typing" aria-hidden="true">{typing(session, ctx)}</p>
                <Composer {lang} id={chat.id} room={label} limits={session.limits} key_in_store={chat.draft_key()}
                    field={chat.composer.clone()} on_say={&on.say}
                    on_typed={&on.typed} own_texts={&on.own_texts} nicks={&on.nicks} />
            </div>
        </section>
    }
}

fn typing(session: &Session, ctx: &Context<Chat>) -> Html {
    let lang = ctx.props().lang;
    let nicks: Vec<&str> = session.typing.nicks().map(shared::Nick::as_str).collect();
    if nicks.is_empty() {
        return Html::default();
    }
    let count = nicks.len();
    let names = i18n::names(lang, nicks, TYPING_NAMES);
    html! {<><span class="dots"><i></i><i></i><i></i></span>{(lang.texts().typing)(&names, count)}</>}
}

/// What a button of the head shows, drawn in lines.
pub fn icon(path: &'static str) -> Html {
    html! {
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor"
            stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">
            <path d={path} />
        </svg>
    }
}
