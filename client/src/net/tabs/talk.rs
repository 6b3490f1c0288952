//! How tabs agree on one that leads, where the browser has no locks: questions and answers that all
//! of them hear. Decisions only: the channel, the clock and the dice are others'.

/// What tabs say to each other; all others hear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Does anybody lead? `by` is the asker's own, drawn at random.
    Ask { by: u32 },
    /// Yes, this one does.
    Here,
    /// This one leads from now on.
    Take,
}

impl Word {
    pub fn written(self) -> String {
        match self {
            Self::Ask { by } => by.to_string(),
            Self::Here => "here".to_owned(),
            Self::Take => "take".to_owned(),
        }
    }

    pub fn read(word: &str) -> Option<Self> {
        match word {
            "here" => Some(Self::Here),
            "take" => Some(Self::Take),
            by => by.parse().ok().map(|by| Self::Ask { by }),
        }
    }
}

/// A tab's part in the talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    Asking { by: u32 },
    Leading,
}

/// What follows from a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Say(Word),
    /// Another one leads: this one's part is over.
    Over,
}

impl Talk {
    /// How long to wait for an answer, in milliseconds. A tab that the browser has frozen gives
    /// none: it hears later that it has lost the lead.
    pub const WAIT_MS: u32 = 250;

    /// Begins to talk, by the word that is returned.
    pub fn begin(by: u32, take: bool) -> (Self, Word) {
        if take {
            (Self::Leading, Word::Take)
        } else {
            (Self::Asking { by }, Word::Ask { by })
        }
    }

    pub fn hear(self, word: Word) -> Option<Turn> {
        match (self, word) {
            (Self::Leading, Word::Ask { .. }) => Some(Turn::Say(Word::Here)),
            (Self::Leading, Word::Here) => None,
            // Two that ask at once: one of them is answered, the other gives way.
            (Self::Asking { by }, Word::Ask { by: other }) if by < other => {
                Some(Turn::Say(Word::Here))
            }
            (Self::Asking { .. }, _) | (Self::Leading, Word::Take) => Some(Turn::Over),
        }
    }

    /// Nobody answered in time: this one leads, and says so.
    pub fn unanswered(&mut self) -> Word {
        *self = Self::Leading;
        Word::Take
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_heard_as_it_was_said() {
        for word in [Word::Ask { by: 7 }, Word::Here, Word::Take] {
            assert_eq!(Word::read(&word.written()), Some(word));
        }
        assert_eq!(Word::read("hello"), None);
    }

    #[test]
    fn one_that_asks_a_leader_gives_way() {
        let (asking, ask) = Talk::begin(7, false);
        let answer = Talk::Leading.hear(ask);
        assert_eq!(answer, Some(Turn::Say(Word::Here)));
        assert_eq!(asking.hear(Word::Here), Some(Turn::Over));
    }

    #[test]
    fn one_that_nobody_answers_leads_and_ends_a_lead_that_was_frozen() {
        let (mut asking, _) = Talk::begin(7, false);
        let word = asking.unanswered();
        assert_eq!(asking, Talk::Leading);
        assert_eq!(Talk::Leading.hear(word), Some(Turn::Over));
        assert_eq!(asking.hear(Word::Here), None, "a late answer is no reason");
    }

    #[test]
    fn the_visitors_own_wish_takes_the_lead_at_once() {
        let (taking, word) = Talk::begin(7, true);
        assert_eq!(taking, Talk::Leading);
        assert_eq!(Talk::Leading.hear(word), Some(Turn::Over));
        let (asking, _) = Talk::begin(1, false);
        assert_eq!(asking.hear(word), Some(Turn::Over));
    }

    #[test]
    fn of_two_that_ask_at_once_exactly_one_leads() {
        let (low, low_asks) = Talk::begin(1, false);
        let (high, high_asks) = Talk::begin(2, false);
        assert_eq!(low.hear(high_asks), Some(Turn::Say(Word::Here)));
        assert_eq!(high.hear(low_asks), Some(Turn::Over));
    }
}
