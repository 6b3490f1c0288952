//! What stands where the log would be, while another tab of the visitor is in the room.

use yew::prelude::*;

use crate::i18n::Lang;

pub fn elsewhere(lang: Lang, on_use_here: &Callback<MouseEvent>) -> Html {
    let texts = lang.texts();
    html! {
        <div class="elsewhere" role="status" data-testid="banner" data-state="taken_over">
            {tabs_icon()}
            <h2>{texts.elsewhere_title}</h2>
            <p>{texts.elsewhere_text}</p>
            <button type="button" class="primary" onclick={on_use_here}>
                {texts.use_here}
            </button>
        </div>
    }
}

fn tabs_icon() -> Html {
    html! {
        <svg viewBox="0 0 48 40" width="60" height="50" aria-hidden="true" fill="none" stroke="currentColor"
            stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
            <path d="M14 10V6a3 3 0 0 1 3-3h25a3 3 0 0 1 3 3v18a3 3 0 0 1-3 3h-4" />
            <path d="M3 16a3 3 0 0 1 3-3h28a3 3 0 0 1 3 3v18a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3zM3 20h34" />
        </svg>
    }
}
