//! Where one writes. Works without a line, too: what is written waits in the outbox.

use shared::{Limits, MessageText};
use web_sys::{HtmlTextAreaElement, KeyboardEvent};
use yew::prelude::*;

use crate::i18n::Lang;
use crate::store::{self, Kept};

/// The key code of a key that an input method has taken (UI Events, section 7.3.1).
const IME_KEY_CODE: u32 = 229;

/// How near the limit the count of what is left is shown.
const NEAR: usize = 200;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    pub room: AttrValue,
    pub limits: Limits,
    /// Where an unfinished text is kept over a reload.
    pub key_in_store: AttrValue,
    pub field: NodeRef,
    pub on_say: Callback<MessageText>,
    pub on_typed: Callback<()>,
}

#[component]
pub fn Composer(props: &Props) -> Html {
    let texts = props.lang.texts();
    // Characters left; none where there are plenty.
    let left = use_state_eq(|| None::<isize>);

    let refresh = {
        let (field, left, limits) = (props.field.clone(), left.clone(), props.limits);
        move || {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                fit(&field);
                left.set(left_over(&field.value(), limits));
            }
        }
    };

    // What was written before a reload.
    {
        let (field, refresh) = (props.field.clone(), refresh.clone());
        use_effect_with(props.key_in_store.clone(), move |key| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                let kept = store::text(Kept::ForTab, key);
                field.set_value(&kept.unwrap_or_default());
                refresh();
            }
        });
    }

    let oninput = {
        let (field, on_typed, key) = (
            props.field.clone(),
            props.on_typed.clone(),
            props.key_in_store.clone(),
        );
        let refresh = refresh.clone();
        Callback::from(move |_: InputEvent| {
            refresh();
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                let value = field.value();
                if value.trim().is_empty() {
                    store::remove(Kept::ForTab, &key);
                } else {
                    store::set(Kept::ForTab, &key, &value);
                    on_typed.emit(());
                }
            }
        })
    };

    let send = {
        let (field, on_say, key, limits) = (
            props.field.clone(),
            props.on_say.clone(),
            props.key_in_store.clone(),
            props.limits,
        );
        Callback::from(move |()| {
            let Some(field) = field.cast::<HtmlTextAreaElement>() else {
                return;
            };
            let _ = field.focus();
            let value = field.value();
            if left_over(&value, limits).is_some_and(|left| left < 0) {
                return;
            }
            if let Ok(text) = MessageText::new(clean(&value)) {
                field.set_value("");
                store::remove(Kept::ForTab, &key);
                refresh();
                on_say.emit(text);
            }
        })
    };

    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            let composing = event.is_composing() || event.key_code() == IME_KEY_CODE;
            if event.key() == "Enter" && !event.shift_key() && !composing {
                event.prevent_default();
                send.emit(());
            }
        })
    };
    let onsubmit = {
        let send = send.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            send.emit(());
        })
    };
    // A press on the button would take the keyboard of a phone away.
    let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());

    let over = left.filter(|left| *left < 0);
    html! {
        <form class={classes!("composer", over.map(|_| "over"))} {onsubmit}>
            <textarea rows="1" dir="auto" ref={props.field.clone()} data-testid="composer"
                aria-label={texts.message} placeholder={(texts.write_to)(&props.room)}
                aria-invalid={over.map(|_| "true")} aria-describedby={left.map(|_| "left-over")}
                enterkeyhint="send" autocomplete="off" {oninput} {onkeydown} />
            if let Some(left) = *left {
                <span class="left-over" id="left-over" role="status">
                    {if left < 0 { (texts.too_long)(left.unsigned_abs()) } else { (texts.left_over)(left.unsigned_abs()) }}
                </span>
            }
            <button class="primary" type="submit" aria-disabled={over.map(|_| "true")} {onmousedown} data-testid="send">
                {texts.send}
            </button>
        </form>
    }
}

/// As high as its text; the style sheet says how high at most.
fn fit(field: &HtmlTextAreaElement) {
    let style = field.style();
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", field.scroll_height()));
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
