//! Seconds counted down on the page.

use gloo_timers::callback::Interval;
use yew::prelude::*;

use super::clock;
use crate::i18n::Lang;

/// What happens when they are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// What was begun in the same sentence.
    Then,
    NextTry,
    GoesOut,
    TryAgain,
}

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    pub to: u64,
    #[prop_or(Until::Then)]
    pub until: Until,
}

/// The seconds that are left, as long as there are any. Counting down aloud would drown everything
/// else.
#[component]
pub fn Countdown(props: &Props) -> Html {
    let texts = props.lang.texts();
    let seconds = props.to.saturating_sub(use_seconds()).div_ceil(1_000);
    if seconds == 0 {
        return Html::default();
    }
    let words = match props.until {
        Until::Then => texts.in_seconds,
        Until::NextTry => texts.next_try_in,
        Until::GoesOut => texts.goes_out_in,
        Until::TryAgain => texts.again_in,
    };
    html! { <span class="num" aria-hidden="true">{words(seconds)}</span> }
}

/// The time, renewed each second.
#[hook]
fn use_seconds() -> u64 {
    let tick = use_force_update();
    use_effect_with((), move |()| {
        let interval = Interval::new(1_000, move || tick.force_update());
        move || drop(interval)
    });
    clock::now()
}
