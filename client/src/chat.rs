//! The chat as one component: `<Chat server="" room="lobby" />`, as wide as its place. Holds the
//! visit's state, and does what it asks for: the socket, the timer, the browser's memory. The views
//! are beside it.

mod attention;
mod banner;
mod callbacks;
pub mod clock;
mod composer;
mod countdown;
mod elsewhere;
mod frame;
mod hue;
mod ids;
mod join;
mod log;
mod markup;
mod message;
mod news;
mod notes;
mod page;
mod problem;
mod rename;
mod rich;
mod room;
#[cfg(debug_assertions)]
mod still;
mod who;

use std::cell::RefCell;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use shared::{AuthorId, CloseCode, MessageId, Nick, RoomName, ServerMessage};
use web_sys::HtmlElement;
use yew::prelude::*;

pub use news::Host;
#[cfg(debug_assertions)]
pub use still::Still;

use attention::alert::{Notice, Way};
use callbacks::Callbacks;
use news::News;

use crate::i18n::Lang;
use crate::net::reconnect::come_back_ms;
use crate::net::socket::{Socket, SocketEvent};
use crate::net::tabs::{Tabs, TabsEvent};
use crate::state::attention::Attention;
use crate::state::rows::Layout;
use crate::state::{Draft, Effect, Event, Remembered, Session, Stage};
use crate::state::{completion, recall};
use crate::store::{self, Kept};

/// The nick last used in any room: what the form offers.
const NICK_KEY: &str = "realtid:nick";

#[derive(PartialEq, Properties)]
pub struct Props {
    /// Where the chat server is: empty for the page's own origin, or an address.
    #[prop_or_default]
    pub server: AttrValue,
    /// The room's name.
    pub room: AttrValue,
    /// What the room is about.
    #[prop_or_default]
    pub topic: Option<AttrValue>,
    #[prop_or_default]
    pub lang: Lang,
    /// What the form offers to who has not been called anything here yet.
    #[prop_or_default]
    pub nick: AttrValue,
    /// The page of somebody else's that this chat stands in, if it does: is told what is said.
    /// Such a page's title, icon and headings are its own.
    #[prop_or_default]
    pub host: Option<Host>,
    /// A state to stand still in.
    #[cfg(debug_assertions)]
    #[prop_or_default]
    pub still: Option<Still>,
}

impl Props {
    /// The headings' own level where it is not the first: a page of somebody else's has one of that.
    fn level(&self) -> Option<&'static str> {
        self.host.as_ref().map(|_| "2")
    }
}

pub enum Msg {
    Event(Event),
    /// Of which connection, so that one that was replaced is not heard any more.
    Socket(u32, SocketEvent),
    /// Of which question, likewise.
    Tabs(u32, TabsEvent),
    Retry(MessageId),
    ToggleWho,
    ToggleSettings,
    /// The keyboard has left them.
    LeaveSettings,
    Switch(Way),
    /// The page came into view or went, or the browser's permission may have changed.
    Page,
    /// A frame has come for what waited for it.
    Draw,
}

pub struct Chat {
    /// Its number on the page.
    id: u32,
    /// None where the room's name is none.
    session: Option<Session>,
    url: String,
    key: String,
    socket: Option<Socket>,
    generation: u32,
    tabs: Option<Tabs>,
    question: u32,
    timer: Option<Timeout>,
    composer: NodeRef,
    nick: NodeRef,
    pill: NodeRef,
    rename: NodeRef,
    name: NodeRef,
    focus: Option<NodeRef>,
    frame: NodeRef,
    news: News,
    who_open: bool,
    settings_open: bool,
    bell: NodeRef,
    attention: Attention,
    notice: Option<Notice>,
    layout: RefCell<Layout>,
    /// Whether a frame is on its way, in which all that came meanwhile is drawn at once.
    awaits_frame: bool,
    on: Callbacks,
    _listeners: Vec<EventListener>,
}

impl Component for Chat {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let mut chat = Self {
            id: ids::chat(),
            session: None,
            url: String::new(),
            key: String::new(),
            socket: None,
            generation: 0,
            tabs: None,
            question: 0,
            timer: None,
            composer: NodeRef::default(),
            nick: NodeRef::default(),
            pill: NodeRef::default(),
            rename: NodeRef::default(),
            name: NodeRef::default(),
            focus: None,
            frame: NodeRef::default(),
            news: News::default(),
            who_open: false,
            settings_open: false,
            bell: NodeRef::default(),
            attention: Attention::default(),
            notice: None,
            layout: RefCell::default(),
            awaits_frame: false,
            on: Callbacks::new(ctx.link()),
            _listeners: page::listeners(ctx.link()),
        };
        chat.enter(ctx);
        chat
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let new = ctx.props();
        if new.server != old.server || new.room != old.room {
            self.enter(ctx);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            // Each key: nothing that is shown changes by it.
            Msg::Event(event @ Event::Typed) => {
                self.handle(ctx, event);
                return false;
            }
            Msg::Event(event) => self.handle(ctx, event),
            Msg::Socket(generation, event) if generation == self.generation => match event {
                SocketEvent::Text(json) => {
                    // What a newer server may say besides is none of our business.
                    let message = serde_json::from_str::<ServerMessage>(&json);
                    if let (Some(host), Ok(message)) = (&ctx.props().host, &message) {
                        let own = self
                            .session
                            .as_ref()
                            .and_then(|session| session.me.as_ref());
                        self.news.tell(host, message, own.map(|me| &me.author));
                    }
                    self.handle(ctx, message.map_or(Event::Unread, Event::Server));
                    if !self.awaits_frame {
                        let link = ctx.link().clone();
                        self.awaits_frame = frame::next(move || link.send_message(Msg::Draw));
                    }
                    return !self.awaits_frame || page::is_hidden();
                }
                SocketEvent::Closed(code) => self.closed(ctx, code, 0),
            },
            Msg::Tabs(question, event) if question == self.question => {
                let event = match event {
                    TabsEvent::Led => Event::Led {
                        remembered: self.remembered(),
                        drafts: store::get(Kept::Always, &outbox_key(&self.key))
                            .map(|kept| Draft::read_all(&kept))
                            .unwrap_or_default(),
                    },
                    TabsEvent::Elsewhere => Event::LedElsewhere,
                    TabsEvent::Lost => Event::Lost,
                };
                self.handle(ctx, event);
            }
            Msg::Socket(..) | Msg::Tabs(..) => return false,
            Msg::Retry(id) => {
                if let Ok(fresh) = ids::fresh() {
                    self.handle(ctx, Event::Retry { id, fresh });
                }
            }
            Msg::ToggleSettings => {
                self.settings_open = !self.settings_open;
                self.focus = Some(self.bell.clone());
            }
            Msg::LeaveSettings => self.settings_open = false,
            Msg::Switch(way) => self.switch(way),
            Msg::Page => self.attend(ctx.props(), self.heard()),
            Msg::Draw => self.awaits_frame = false,
            Msg::ToggleWho => {
                self.who_open = !self.who_open;
                if !self.who_open {
                    self.handle(ctx, Event::CancelRename);
                    // The button that closed it is gone with it.
                    self.focus = Some(self.pill.clone());
                }
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        html! { <div class="chat-frame" ref={&self.frame}>{room::view(self, ctx)}</div> }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first && self.has_room_for_who(ctx) {
            ctx.link().send_message(Msg::ToggleWho);
        }
        if let Some(element) = self
            .focus
            .take()
            .and_then(|node| node.cast::<HtmlElement>())
            .filter(|element| !page::keyboard_is_elsewhere(element))
        {
            let _ = element.focus();
        }
    }

    fn destroy(&mut self, _: &Context<Self>) {
        self.unattend();
    }
}

impl Chat {
    /// Goes to the door of the room that the properties name, and in, where it is known.
    fn enter(&mut self, ctx: &Context<Self>) {
        let props = ctx.props();
        self.hang_up();
        self.yield_lead();
        self.unattend();
        self.session = None;
        self.news = News::default();
        #[cfg(debug_assertions)]
        if let Some(still) = props.still {
            self.key = still.name().to_owned();
            self.session = Some(still.session(clock::now()));
            store::set(Kept::ForTab, &self.draft_key(), &still.draft());
            return;
        }
        let Ok(room) = RoomName::new(props.room.to_string()) else {
            return;
        };
        self.url = page::address(&props.server);
        self.key = format!("{}#{room}", self.url);
        let remembered = self.remembered();
        let rejoin = remembered.as_ref().is_some_and(|before| before.rejoin);
        self.session = Some(Session::new(room, remembered));
        if rejoin {
            self.handle(ctx, Event::Connect);
        }
    }

    fn handle(&mut self, ctx: &Context<Self>, event: Event) {
        #[cfg(debug_assertions)]
        if ctx.props().still.is_some() {
            return;
        }
        let heard = self.heard();
        let Some(session) = &mut self.session else {
            return;
        };
        let drafts = |session: &Session| -> Vec<MessageId> {
            let drafts = session.outbox.drafts().iter();
            drafts.map(|draft| draft.id.clone()).collect()
        };
        let before = drafts(session);
        let effects = session.handle(event, clock::now());
        // Before anything of it is sent.
        if session.leads() && before != drafts(session) {
            let to_keep = session.outbox.to_keep();
            if store::set(Kept::Always, &outbox_key(&self.key), &to_keep) {
                session.outbox.kept();
            }
        }
        for effect in effects {
            self.perform(ctx, effect);
        }
        self.attend(ctx.props(), heard);
        self.set_timer(ctx);
    }

    fn perform(&mut self, ctx: &Context<Self>, effect: Effect) {
        match effect {
            Effect::Lead { take } => {
                self.yield_lead();
                let question = self.question;
                let on = ctx.link().callback(move |event| Msg::Tabs(question, event));
                self.tabs = Some(Tabs::ask(&format!("realtid:{}", self.key), take, on));
            }
            Effect::Yield => self.yield_lead(),
            Effect::Open => {
                self.hang_up();
                let generation = self.generation;
                let on = ctx
                    .link()
                    .callback(move |event| Msg::Socket(generation, event));
                self.socket = Some(Socket::open(&self.url, on));
            }
            Effect::Send(message) => {
                if let (Some(socket), Ok(json)) = (&self.socket, serde_json::to_string(&message)) {
                    socket.send(json);
                }
            }
            Effect::Close => {
                if let Some(socket) = self.socket.take() {
                    socket.finish();
                }
                self.hang_up();
            }
            Effect::HangUp => self.hang_up(),
            Effect::ComeBack { at_least_ms } => {
                if let Some(socket) = self.socket.take() {
                    socket.finish();
                }
                self.closed(ctx, CloseCode::Abnormal.code(), at_least_ms);
            }
            Effect::GiveUp => self.closed(ctx, CloseCode::Abnormal.code(), 0),
            Effect::Remember(remembered) => {
                store::set(Kept::Always, NICK_KEY, &remembered.nick);
                store::set(Kept::Always, &visit_key(&self.key), &remembered);
            }
            Effect::FocusComposer => self.focus = Some(self.composer.clone()),
            Effect::FocusNick => self.focus = Some(self.nick.clone()),
            Effect::FocusRename => self.focus = Some(self.rename.clone()),
            Effect::FocusName => self.focus = Some(self.name.clone()),
        }
    }

    /// This tab neither leads nor asks, and no answer to what it asked counts any more.
    fn yield_lead(&mut self) {
        self.tabs = None;
        self.question = self.question.wrapping_add(1);
    }

    /// The connection is over, and none of its events counts any more.
    fn hang_up(&mut self) {
        self.socket = None;
        self.generation = self.generation.wrapping_add(1);
    }

    fn closed(&mut self, ctx: &Context<Self>, code: u16, at_least_ms: u64) {
        let Some(session) = &self.session else {
            return;
        };
        let failures = session.connection.failures(clock::now());
        let come_back_ms = come_back_ms(code, failures, js_sys::Math::random())
            .map(|delay_ms| delay_ms.max(at_least_ms));
        self.hang_up();
        self.handle(ctx, Event::Closed { code, come_back_ms });
    }

    fn set_timer(&mut self, ctx: &Context<Self>) {
        let wake_at = self.session.as_ref().and_then(Session::wake_at);
        self.timer = wake_at.map(|at| {
            let link = ctx.link().clone();
            let wait = u32::try_from(at.saturating_sub(clock::now())).unwrap_or(u32::MAX >> 1);
            Timeout::new(wait, move || link.send_message(Msg::Event(Event::Tick)))
        });
    }

    /// Asks the style sheet, which makes the browser lay the page out: not for each drawing.
    fn has_room_for_who(&self, _ctx: &Context<Self>) -> bool {
        #[cfg(debug_assertions)]
        if _ctx.props().still.is_some_and(Still::shows_who) {
            return true;
        }
        page::is_wide(&self.frame)
    }

    fn draft_key(&self) -> String {
        format!("realtid:draft:{}", self.key)
    }

    fn read_key(&self) -> String {
        format!("realtid:read:{}", self.key)
    }

    /// The visit of before.
    fn remembered(&self) -> Option<Remembered> {
        let kept = store::get(Kept::Always, &visit_key(&self.key))?;
        Remembered::read(&kept)
    }

    fn own(&self) -> Option<&AuthorId> {
        let session = self.session.as_ref()?;
        session.me.as_ref().map(|me| &me.author)
    }

    /// What the visitor has said here.
    fn own_texts(&self) -> Vec<String> {
        self.session.as_ref().map_or_else(Vec::new, |session| {
            recall::own_texts(&session.timeline, &session.outbox, self.own())
        })
    }

    /// Whom the visitor may want to name, the likeliest first.
    fn nicks(&self) -> Vec<Nick> {
        self.session.as_ref().map_or_else(Vec::new, |session| {
            completion::candidates(&session.timeline, &session.roster, self.own())
        })
    }

    /// What the form offers.
    fn nick_offered(&self, ctx: &Context<Self>) -> AttrValue {
        let here = self.session.as_ref().and_then(Session::nick).cloned();
        match here {
            Some(nick) => nick.to_string().into(),
            None => store::text(Kept::Always, NICK_KEY)
                .map_or_else(|| ctx.props().nick.clone(), AttrValue::from),
        }
    }

    fn stage(&self) -> Option<Stage> {
        self.session.as_ref().map(|session| session.stage)
    }
}

fn visit_key(key: &str) -> String {
    format!("realtid:visit:{key}")
}

fn outbox_key(key: &str) -> String {
    format!("realtid:outbox:{key}")
}
