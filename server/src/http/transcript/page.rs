//! A transcript as HTML. Knows no requests: what it is told it writes down, with everything that
//! visitors have written escaped.

use shared::{Entry, EntryBody, RoomName, Seq};

use super::language::Language;
use super::moment::{Day, time_of_day};

/// The look of the chat, as far as it goes here (client/styles/tokens.css).
pub(super) const STYLE: &str = include_str!("style.css");

/// What of a room is shown.
pub(super) struct Shown {
    pub(super) room: RoomName,
    /// In order.
    pub(super) entries: Vec<Entry>,
    /// The entry before which there are more.
    pub(super) older: Option<Seq>,
    /// The entry after which there are more.
    pub(super) newer: Option<Seq>,
    /// Whether these are the latest there were.
    pub(super) latest: bool,
}

/// A page of a transcript. `chosen` is the language that its address named, which the addresses on
/// it name, too.
pub(super) fn transcript(shown: &Shown, language: Language, chosen: Option<Language>) -> String {
    let words = language.words();
    let address = |language: Option<Language>, place: Option<(&str, Seq)>| {
        let language = language.map(|language| format!("lang={}", language.tag()));
        let place = place.map(|(side, seq)| format!("{side}={seq}"));
        let query: Vec<_> = language.into_iter().chain(place).collect();
        match query.is_empty() {
            true => "transcript".to_owned(),
            false => format!("transcript?{}", query.join("&amp;")),
        }
    };
    let older = shown
        .older
        .map(|seq| address(chosen, Some(("before", seq))));
    let newer = shown.newer.map(|seq| address(chosen, Some(("after", seq))));
    let sides = [("prev", older, words.older), ("next", newer, words.newer)];

    let room = shown.room.as_str();
    let mut head = format!("<title>{room} – {}</title>\n", words.transcript);
    let mut links = String::new();
    for (rel, address, text) in &sides {
        if let Some(address) = address {
            head += &format!("<link rel=\"{rel}\" href=\"{address}\">\n");
            links += &format!("<a rel=\"{rel}\" href=\"{address}\">{text}</a>\n");
        }
    }
    if !shown.latest {
        links += &format!(
            "<a href=\"{}\">{}</a>\n",
            address(chosen, None),
            words.latest
        );
    }
    for other in Language::ALL.into_iter().filter(|other| *other != language) {
        let (tag, name) = (other.tag(), other.words().name);
        let address = address(Some(other), None);
        links += &format!("<a href=\"{address}\" hreflang=\"{tag}\" lang=\"{tag}\">{name}</a>\n");
    }
    let nav = format!("<nav aria-label=\"{}\">\n{links}</nav>\n", words.pages);

    let mut body = format!(
        "<header>\n<h1>{room} <small>{}</small></h1>\n<p>{}</p>\n</header>\n{nav}<main>\n",
        words.transcript, words.lead
    );
    days(&shown.entries, language, &mut body);
    body += "</main>\n";
    if !shown.entries.is_empty() {
        body += &nav;
    }
    document(language, &head, &body)
}

/// A page that says why there is no other.
pub(super) fn refusal(why: &str, language: Language) -> String {
    let head = format!("<title>{}</title>\n", language.words().transcript);
    document(
        language,
        &head,
        &format!("<main>\n<h1>{why}</h1>\n</main>\n"),
    )
}

fn document(language: Language, head: &str, body: &str) -> String {
    let tag = language.tag();
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n{head}<style>{STYLE}</style>\n</head>\n\
         <body>\n{body}</body>\n</html>\n"
    )
}

/// The entries, under the days that they are of.
fn days(entries: &[Entry], language: Language, out: &mut String) {
    let said: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.body {
            EntryBody::Said { nick, text } => Some((entry.at, nick.as_str(), text.as_str())),
            EntryBody::Unknown => None,
        })
        .collect();
    if said.is_empty() {
        *out += &format!("<p class=\"empty\">{}</p>\n", language.words().empty);
    }
    for of_day in said.chunk_by(|(a, ..), (b, ..)| Day::of(*a) == Day::of(*b)) {
        let Some((at, ..)) = of_day.first() else {
            continue;
        };
        let day = Day::of(*at);
        let (iso, words) = (day.iso(), language.day(day));
        *out += &format!("<h2><time datetime=\"{iso}\">{words}</time></h2>\n<ol>\n");
        for (at, nick, text) in of_day {
            let (time, seconds) = time_of_day(*at);
            *out += "<li><b><bdi>";
            escape(nick, out);
            *out += &format!(
                "</bdi></b> <time datetime=\"{iso}T{time}:{seconds:02}Z\">{time}</time>\n\
                 <p dir=\"auto\">"
            );
            escape(text.trim_end(), out);
            *out += "</p></li>\n";
        }
        *out += "</ol>\n";
    }
}

/// Text as it stands between tags, and would stand in a quoted attribute; with its line breaks, for
/// those without the style, too.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => *out += "&amp;",
            '<' => *out += "&lt;",
            '>' => *out += "&gt;",
            '"' => *out += "&quot;",
            '\'' => *out += "&#39;",
            '\n' => *out += "<br>",
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOON: u64 = 1_763_812_800_000;

    fn said(seq: u64, at: u64, nick: &str, text: &str) -> Entry {
        let entry = json!({
            "type": "said", "seq": seq, "at": at, "nick": nick, "text": text,
            "id": format!("m-000000000000000000{seq}"), "author": "a",
        });
        serde_json::from_value(entry).unwrap()
    }

    fn shown(entries: Vec<Entry>) -> Shown {
        Shown {
            room: RoomName::default(),
            entries,
            older: None,
            newer: None,
            latest: true,
        }
    }

    fn english(shown: &Shown) -> String {
        transcript(shown, Language::English, None)
    }

    #[test]
    fn what_visitors_write_is_text_and_nothing_else() {
        let page = english(&shown(vec![said(
            1,
            NOON,
            "<b>\"O'Neill\" & co",
            "</p><script>alert('x')</script>&lt;\n<img src=x onerror=\"x\">",
        )]));
        assert!(page.contains("<bdi>&lt;b&gt;&quot;O&#39;Neill&quot; &amp; co</bdi>"));
        assert!(page.contains(
            "<p dir=\"auto\">&lt;/p&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;lt;\
             <br>&lt;img src=x onerror=&quot;x&quot;&gt;</p>"
        ));
        assert!(!page.contains("<script") && !page.contains("<img"));
    }

    #[test]
    fn text_of_one_direction_does_not_turn_its_neighbours() {
        let page = english(&shown(vec![said(1, NOON, "אסתר", "\u{202e}cba\nשלום")]));
        assert!(page.contains("<b><bdi>אסתר</bdi></b> <time"));
        assert!(page.contains("<p dir=\"auto\">\u{202e}cba<br>שלום</p></li>"));
    }

    #[test]
    fn a_text_keeps_its_lines() {
        let page = english(&shown(vec![said(1, NOON, "Bo", "en\n\n  två\n")]));
        assert!(page.contains("<p dir=\"auto\">en<br><br>  två</p>"));
    }

    #[test]
    fn entries_stand_under_their_days_with_their_times() {
        let page = english(&shown(vec![
            said(1, NOON, "Bo", "a"),
            said(2, NOON + 61_000, "Bo", "b"),
            said(3, NOON + 43_200_000, "Bo", "c"),
        ]));
        let (first, second) = ("2025-11-22", "2025-11-23");
        let heading =
            format!("<h2><time datetime=\"{first}\">Saturday 22 November 2025</time></h2>\n<ol>");
        assert!(page.contains(&heading), "{page}");
        assert!(page.contains(&format!(
            "<time datetime=\"{first}T12:01:01Z\">12:01</time>"
        )));
        assert!(page.contains(&format!(
            "<time datetime=\"{second}T00:00:00Z\">00:00</time>"
        )));
        assert_eq!(page.matches("<h2>").count(), 2);
        assert_eq!(page.matches("<ol>").count(), 2);
        assert_eq!(page.matches("<li>").count(), 3);
    }

    #[test]
    fn pages_lead_to_older_and_newer_ones_in_the_language_that_was_chosen() {
        let mut of = shown(vec![said(101, NOON, "Bo", "hej")]);
        of.older = Some(Seq(101));
        of.newer = Some(Seq(200));
        of.latest = false;
        let page = english(&of);
        for part in [
            "<link rel=\"prev\" href=\"transcript?before=101\">",
            "<a rel=\"prev\" href=\"transcript?before=101\">Older</a>",
            "<a rel=\"next\" href=\"transcript?after=200\">Newer</a>",
            "<a href=\"transcript\">Latest</a>",
            "<a href=\"transcript?lang=sv\" hreflang=\"sv\" lang=\"sv\">Svenska</a>",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let page = transcript(&of, Language::Swedish, Some(Language::Swedish));
        for part in [
            "<html lang=\"sv\">",
            "<a rel=\"prev\" href=\"transcript?lang=sv&amp;before=101\">Äldre</a>",
            "<a href=\"transcript?lang=sv\">Senaste</a>",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn the_only_page_leads_nowhere_and_an_empty_one_says_so() {
        let page = english(&shown(vec![said(1, NOON, "Bo", "hej")]));
        for part in ["rel=\"prev\"", "rel=\"next\"", "Latest", "class=\"empty\""] {
            assert!(!page.contains(part), "{part}");
        }
        assert!(english(&shown(vec![])).contains("There is nothing to read here."));
    }

    #[test]
    fn what_a_newer_server_has_stored_is_passed_over() {
        let unknown = json!({
            "type": "drawn", "seq": 1, "at": NOON, "author": "a", "id": "m-00000000000000000000",
        });
        let page = english(&shown(vec![serde_json::from_value(unknown).unwrap()]));
        assert!(!page.contains("<li>") && page.contains("There is nothing to read here."));
    }

    #[test]
    fn no_page_is_for_search_engines() {
        let tag = "<meta name=\"robots\" content=\"noindex\">";
        assert!(english(&shown(vec![])).contains(tag));
        assert!(refusal("no", Language::Swedish).contains(tag));
    }
}
