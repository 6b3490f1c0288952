//! The owner's Markdown as HTML: a program of its own, which only pages with texts fetch.
//! It is the owner's site, so HTML within their texts stays what it is.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};
use wasm_bindgen::prelude::wasm_bindgen;

/// `CommonMark` with tables and strikethrough. Headings get ids; an address that begins with a
/// slash is one below the site's own folder, wherever that is.
#[wasm_bindgen]
#[must_use]
pub fn to_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut page = Page::default();
    for event in Parser::new_ext(markdown, options) {
        page.take(event);
    }
    let mut html = String::new();
    html::push_html(&mut html, page.events.into_iter());
    html
}

#[derive(Default)]
struct Page<'a> {
    events: Vec<Event<'a>>,
    /// Where the heading or the paragraph that is open begins.
    from: usize,
    ids: Vec<String>,
}

impl<'a> Page<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::Paragraph) => {
                self.from = self.events.len();
                self.events.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                self.name_heading();
                self.events.push(event);
            }
            Event::End(TagEnd::Paragraph) => match self.captioned() {
                Some(caption) => {
                    if let Some(start) = self.events.get_mut(self.from) {
                        *start = markup("<figure>");
                    }
                    self.events.push(markup("<figcaption>"));
                    self.events.push(Event::Text(caption));
                    self.events.push(markup("</figcaption></figure>\n"));
                }
                None => self.events.push(event),
            },
            // What may be wider than the page scrolls by itself, by keyboard, too.
            Event::Start(Tag::Table(_)) => {
                self.events
                    .push(markup("<div class=\"table\" tabindex=\"0\">"));
                self.events.push(event);
            }
            Event::End(TagEnd::Table) => {
                self.events.push(event);
                self.events.push(markup("</div>\n"));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                self.events.push(markup("<pre tabindex=\"0\""));
                if let CodeBlockKind::Fenced(info) = kind {
                    let plain = |c: &char| c.is_ascii_alphanumeric() || "+-_#.".contains(*c);
                    let language: String = info.chars().take_while(plain).collect();
                    if !language.is_empty() {
                        let attribute = [" data-language=\"", &language, "\""].concat();
                        self.events.push(Event::InlineHtml(attribute.into()));
                    }
                }
                self.events.push(markup("><code>"));
            }
            Event::End(TagEnd::CodeBlock) => self.events.push(markup("</code></pre>\n")),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => self.events.push(Event::Start(Tag::Link {
                link_type,
                dest_url: page_address(dest_url),
                title,
                id,
            })),
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => self.events.push(Event::Start(Tag::Image {
                link_type,
                dest_url: own(&dest_url).map_or(dest_url.clone(), |path| path.to_owned().into()),
                title,
                id,
            })),
            _ => self.events.push(event),
        }
    }

    /// Gives the heading that ends an id after its words, another one to each.
    fn name_heading(&mut self) {
        let mut name = String::new();
        for event in self.events.iter().skip(self.from) {
            if let Event::Text(text) | Event::Code(text) = event {
                for c in text.chars().flat_map(char::to_lowercase) {
                    if c.is_alphanumeric() {
                        name.push(c);
                    } else if !name.is_empty() && !name.ends_with('-') {
                        name.push('-');
                    }
                }
            }
        }
        let name = name.trim_end_matches('-').to_owned();
        if name.is_empty() {
            return;
        }
        let same = self.ids.iter().filter(|other| **other == name).count();
        let unique = match same {
            0 => name.clone(),
            _ => [&name, "-", &(same + 1).to_string()].concat(),
        };
        self.ids.push(name);
        if let Some(Event::Start(Tag::Heading { id, .. })) = self.events.get_mut(self.from) {
            *id = Some(unique.into());
        }
    }

    /// A paragraph that is one picture with a title is a figure; the title becomes its caption.
    fn captioned(&mut self) -> Option<CowStr<'a>> {
        let inside = self.events.get_mut(self.from + 1..)?;
        let end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Image));
        let alone = inside.iter().position(end)? + 1 == inside.len();
        match inside.first_mut() {
            Some(Event::Start(Tag::Image { title, .. })) if alone && !title.is_empty() => {
                Some(std::mem::replace(title, "".into()))
            }
            _ => None,
        }
    }
}

/// HTML of ours, between what the parser says.
fn markup<'a>(html: &'static str) -> Event<'a> {
    Event::InlineHtml(html.into())
}

/// What stands behind the slash that means the site's folder.
fn own(address: &str) -> Option<&str> {
    address
        .strip_prefix('/')
        .filter(|path| !path.starts_with('/'))
}

/// A link to a page of the site, relative to the site's folder. Pages are folders: with the slash
/// at the end, no host has to send its visitor on.
fn page_address(address: CowStr<'_>) -> CowStr<'_> {
    let Some(path) = own(&address) else {
        return address;
    };
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (path, rest) = path.split_at(end);
    let slash = match path.rsplit('/').next() {
        Some("") | None => "",
        Some(file) if file.contains('.') => "",
        Some(_) => "/",
    };
    let here = if path.is_empty() { "./" } else { "" };
    [here, path, slash, rest].concat().into()
}

#[cfg(test)]
mod tests {
    use super::to_html;

    #[test]
    fn pages_of_the_site_are_below_its_folder_wherever_that_is() {
        for (written, href) in [
            ("/chat", "chat/"),
            ("/reports/kmom01#why", "reports/kmom01/#why"),
            ("/", "./"),
            ("/content/cv.pdf", "content/cv.pdf"),
            ("#why", "#why"),
            ("https://a.example/b", "https://a.example/b"),
            ("//a.example/b", "//a.example/b"),
        ] {
            let html = to_html(&["[a](", written, ")"].concat());
            assert_eq!(html.trim(), format!(r#"<p><a href="{href}">a</a></p>"#));
        }
        let picture = to_html("see ![a cat](/content/cat.jpg)");
        assert!(picture.contains(r#"src="content/cat.jpg""#), "{picture}");
    }

    #[test]
    fn headings_have_ids_and_no_two_the_same() {
        let html = to_html("## Så *gick* det!\n\n## Så gick det\n\n## ?");
        assert_eq!(
            html,
            "<h2 id=\"så-gick-det\">Så <em>gick</em> det!</h2>\n\
             <h2 id=\"så-gick-det-2\">Så gick det</h2>\n<h2>?</h2>\n"
        );
    }

    #[test]
    fn what_is_wide_scrolls_by_itself_and_is_reached_by_keyboard() {
        let table = to_html("| a |\n|---|\n| b |");
        assert!(table.starts_with("<div class=\"table\" tabindex=\"0\"><table>"));
        assert!(table.ends_with("</table>\n</div>\n"), "{table}");
        let code = to_html("```rust,ignore\na < b\n```");
        assert_eq!(
            code,
            "<pre tabindex=\"0\" data-language=\"rust\"><code>a &lt; b\n</code></pre>\n"
        );
    }

    #[test]
    fn a_picture_alone_with_a_title_is_a_figure() {
        let html = to_html("![A cat](cat.jpg \"Asleep & <warm>\")");
        assert_eq!(
            html,
            "<figure><img src=\"cat.jpg\" alt=\"A cat\" />\
             <figcaption>Asleep &amp; &lt;warm&gt;</figcaption></figure>\n"
        );
        let amid = to_html("![A](a.jpg \"b\") and ![C](c.jpg \"d\")");
        assert!(amid.starts_with("<p><img"), "{amid}");
    }

    #[test]
    fn html_in_the_text_stays() {
        assert_eq!(to_html("a <kbd>Tab</kbd>"), "<p>a <kbd>Tab</kbd></p>\n");
    }
}
