//! Which of a visitor's tabs is in the room. One leads: it alone has a connection and writes the
//! outbox. How tabs agree on one is the browser's business.

/// How this tab stands among the visitor's tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lead {
    /// It wants nothing: the form is shown, or the page is put away.
    #[default]
    None,
    /// It has asked for the lead. `take`: the visitor wants it here, whoever has it.
    Asked { take: bool },
    /// It leads.
    Held,
    /// Another one does.
    Elsewhere,
}
