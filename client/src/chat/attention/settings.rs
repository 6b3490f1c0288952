//! How the reader wants to be called: two switches behind a button in the room's head.

use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, KeyboardEvent, Node, NotificationPermission};
use yew::prelude::*;

use super::alert::{self, Way};
use crate::chat::room::icon;
use crate::chat::{Chat, Msg, ids};

pub fn view(chat: &Chat, ctx: &Context<Chat>) -> Html {
    let texts = ctx.props().lang.texts();
    let open = chat.settings_open;
    let id = ids::of("settings", chat.id);
    let close = ctx.link().clone();
    let onkeydown = move |event: KeyboardEvent| {
        if open && event.key() == "Escape" {
            // On a phone the list of who is here would close as well.
            event.stop_propagation();
            close.send_message(Msg::ToggleSettings);
        }
    };
    let (leave, frame) = (ctx.link().clone(), chat.bell.clone());
    let onfocusout = move |event: FocusEvent| {
        let frame = frame.get().and_then(|bell| bell.parent_node());
        let to = event
            .related_target()
            .and_then(|to| to.dyn_into::<Node>().ok());
        // Nowhere is not elsewhere: some browsers focus no button that is clicked.
        if let (true, Some(frame), Some(to)) = (open, frame, to)
            && !frame.contains(Some(&to))
        {
            leave.send_message(Msg::LeaveSettings);
        }
    };
    let toggle = &chat.on.toggle_settings;
    html! {
        <div class="settings" {onkeydown} {onfocusout}>
            <button type="button" class="plain" ref={chat.bell.clone()} data-testid="settings"
                aria-label={texts.alerts} title={texts.alerts} aria-controls={open.then(|| id.clone())}
                aria-expanded={if open { "true" } else { "false" }} onclick={toggle}>{icon("M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1.5h-13zM8.5 17.2h3")}</button>
            if open {
                <div class="scrim" onclick={toggle}></div>
                <div class="panel" {id} role="group" aria-label={texts.when_named} data-testid="settings-panel">
                    <h2>{texts.when_named}</h2>
                    {notify(chat, ctx)}
                    {switch(ctx, Way::Sound, texts.sound, None)}
                </div>
            }
        </div>
    }
}

/// Not offered where the browser has none.
fn notify(chat: &Chat, ctx: &Context<Chat>) -> Html {
    let texts = ctx.props().lang.texts();
    let Some(permission) = alert::permission() else {
        return Html::default();
    };
    let denied = permission == NotificationPermission::Denied;
    let why = denied.then(|| ids::of("denied", chat.id));
    html! {<>
        {switch(ctx, Way::Notify, texts.notify, why.clone())}
        if denied { <p id={why}>{texts.notify_denied}</p> }
    </>}
}

fn switch(ctx: &Context<Chat>, way: Way, label: &'static str, cannot: Option<String>) -> Html {
    let testid = match way {
        Way::Notify => "notify",
        Way::Sound => "sound",
    };
    let disabled = cannot.is_some();
    let link = ctx.link().clone();
    let onclick = move |_: MouseEvent| {
        if !disabled {
            link.send_message(Msg::Switch(way));
        }
    };
    html! {
        <button type="button" class="switch" role="switch" data-testid={testid} {onclick}
            aria-checked={if alert::is_on(way) { "true" } else { "false" }}
            aria-disabled={disabled.then_some("true")} aria-describedby={cannot}>
            <span>{label}</span><i aria-hidden="true"></i>
        </button>
    }
}
