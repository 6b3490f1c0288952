//! Where one writes. Works without a line, too: what is written waits in the outbox.

mod desk;

use std::rc::Rc;

use shared::{Limits, MessageText, Nick};
use web_sys::{HtmlTextAreaElement, KeyboardEvent};
use yew::prelude::*;

use super::ids;
use crate::i18n::Lang;
use desk::{Desk, Put};

/// How near the limit the count of what is left is shown.
const NEAR: usize = 200;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    /// Of the chat on its page.
    pub id: u32,
    pub room: AttrValue,
    pub limits: Limits,
    /// Where an unfinished text is kept over a reload.
    pub key_in_store: AttrValue,
    pub field: NodeRef,
    pub on_say: Callback<MessageText>,
    pub on_typed: Callback<()>,
    /// What the writer has said, in order.
    pub own_texts: Callback<(), Vec<String>>,
    /// Whose nicks may be completed, the likeliest first.
    pub nicks: Callback<(), Vec<Nick>>,
}

#[component]
pub fn Composer(props: &Props) -> Html {
    let texts = props.lang.texts();
    // Characters left; none where there are plenty.
    let left = use_state_eq(|| None::<isize>);

    let put = use_state_eq(Put::default);
    let keys = use_mut_ref(Default::default);
    let desk = Rc::new(Desk {
        field: props.field.clone(),
        key_in_store: props.key_in_store.clone(),
        limits: props.limits,
        left: left.clone(),
        put: put.clone(),
        on_say: props.on_say.clone(),
        on_typed: props.on_typed.clone(),
        own_texts: props.own_texts.clone(),
        nicks: props.nicks.clone(),
        keys,
    });

    {
        let desk = desk.clone();
        use_effect_with(props.key_in_store.clone(), move |_| desk.take_up());
    }
    let oninput = {
        let desk = desk.clone();
        Callback::from(move |_: InputEvent| desk.typed())
    };
    let onkeydown = {
        let desk = desk.clone();
        Callback::from(move |event: KeyboardEvent| desk.pressed(&event))
    };
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        desk.send();
    });
    // A press on the button would take the keyboard of a phone away.
    let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());

    let over = left.filter(|left| *left < 0);
    let count = ids::of("left", props.id);
    html! {
        <form class={classes!("composer", over.map(|_| "over"))} {onsubmit}>
            <textarea rows="1" dir="auto" ref={props.field.clone()} data-testid="composer"
                aria-label={texts.message} placeholder={(texts.write_to)(&props.room)}
                aria-invalid={over.map(|_| "true")} aria-describedby={left.map(|_| count.clone())}
                enterkeyhint="send" autocomplete="off" {oninput} {onkeydown} />
            if let Some(left) = *left {
                <span class="left-over" id={count} role="status">
                    {if left < 0 { (texts.too_long)(left.unsigned_abs()) } else { (texts.left_over)(left.unsigned_abs()) }}
                </span>
            }
            {told(props.lang, &put)}
            <button class="primary" type="submit" aria-disabled={over.map(|_| "true")} {onmousedown} data-testid="send">
                {texts.send}
            </button>
        </form>
    }
}

/// What was put in: read out, and shown where there is a choice.
fn told(lang: Lang, put: &Put) -> Html {
    let (class, words) = match put {
        Put::Nothing => ("sr-only", String::new()),
        Put::Recalled(text) => ("sr-only", text.clone()),
        Put::Completed(nick, (_, 1)) => ("sr-only", nick.clone()),
        Put::Completed(nick, (at, of)) => ("meant", (lang.texts().one_of)(nick, *at, *of)),
    };
    html! { <span {class} role="status" data-testid="told">{words}</span> }
}

/// As high as its text; the style sheet says how high at most.
fn fit(field: &HtmlTextAreaElement) {
    let pixels = |height: i32| [&height.to_string(), "px"].concat();
    let (style, frame) = (field.style(), field.parent_element());
    // The frame stays while the text is measured, or the log beside it would lose its place.
    if let Some(frame) = &frame {
        #[allow(clippy::cast_possible_truncation, reason = "the height of an element")]
        let height = pixels(frame.get_bounding_client_rect().height().ceil() as i32);
        let _ = frame.set_attribute("style", &["min-height:", &height].concat());
    }
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &pixels(field.scroll_height()));
    if let Some(frame) = frame {
        let _ = frame.remove_attribute("style");
    }
}

/// Characters left of what the server takes, near the end; negative for too many.
fn left_over(text: &str, limits: Limits) -> Option<isize> {
    let text = clean(text);
    let chars = limits.text_chars.saturating_sub(NEAR);
    let by_chars =
        isize::try_from(limits.text_chars).ok()? - isize::try_from(text.chars().count()).ok()?;
    let by_bytes = isize::try_from(limits.text_bytes).ok()? - isize::try_from(text.len()).ok()?;
    // Bytes matter only once they are too many: four to a character is the worst there is.
    let left = if by_bytes < 0 {
        by_chars.min(by_bytes)
    } else {
        by_chars
    };
    (text.chars().count() > chars || left < 0).then_some(left)
}

/// Drops what nobody can see and the protocol does not take: control characters that came with a
/// paste, and empty lines around the text.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.trim_start_matches('\n')
        .trim_end()
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        text_chars: 4_000,
        text_bytes: 16_384,
        in_flight: 16,
        page_entries: 100,
        ping_ms: 20_000,
    };

    #[test]
    fn the_count_shows_near_the_limit_and_beyond() {
        assert_eq!(left_over(&"x".repeat(3_800), LIMITS), None);
        assert_eq!(left_over(&"x".repeat(3_801), LIMITS), Some(199));
        assert_eq!(left_over(&"x".repeat(4_000), LIMITS), Some(0));
        assert_eq!(left_over(&"x".repeat(4_052), LIMITS), Some(-52));
    }

    #[test]
    fn pasted_controls_and_empty_edges_are_dropped() {
        assert_eq!(clean("\n\n  a\r\nb\u{1b}[31m\tc \n\n"), "  a\nb[31m\tc");
        assert!(MessageText::new(clean(" \n ")).is_err());
    }
}
