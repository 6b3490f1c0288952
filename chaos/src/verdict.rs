//! Whether all is there: every visitor's transcript against the history, and the history against
//! what was said.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};

use shared::{AuthorId, Entry, EntryBody, MessageId, Nick, Seq};

use crate::visitor::Draft;

/// What a visitor can account for in the end.
#[derive(Debug, Clone)]
pub struct Account {
    /// What it is called.
    pub nick: Nick,
    /// Who it was, throughout; nobody where it never got in.
    pub author: Option<AuthorId>,
    /// What it read begins after this one.
    pub first: Seq,
    /// All that it read, in order.
    pub transcript: Vec<Entry>,
    /// All that it meant to say, in order.
    pub said: Vec<Draft>,
    /// What it sent, and what it was called each time: it may have been stored any of them.
    pub sent: HashMap<MessageId, Vec<Nick>>,
    /// What it saw confirmed, and as which entry.
    pub confirmed: HashMap<MessageId, Seq>,
}

/// The first thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Finding(String);

/// Entries shown before and after the one that differs.
const CONTEXT: usize = 2;

/// Characters of a text that are shown.
const SHOWN_CHARS: usize = 40;

/// Checks everything, in the order in which one wants to know.
///
/// # Errors
/// The first thing that is wrong, with what is around it.
pub fn check(history: &[Entry], accounts: &[Account]) -> Result<(), Finding> {
    gapless(history)?;
    for account in accounts {
        read_all(history, account)?;
        said_all(history, account)?;
    }
    nothing_else(history, accounts)
}

fn gapless(history: &[Entry]) -> Result<(), Finding> {
    let mut ids = HashMap::new();
    for (at, entry) in history.iter().enumerate() {
        if entry.seq != Seq(at as u64 + 1) {
            return Err(finding("the history has a gap", history, at));
        }
        if let Some(before) = ids.insert(&entry.id, entry.seq) {
            let what = format!("the history has entry {before} once more");
            return Err(finding(what, history, at));
        }
    }
    Ok(())
}

/// The transcript is the history, from where it begins.
fn read_all(history: &[Entry], account: &Account) -> Result<(), Finding> {
    let nick = &account.nick;
    let first = usize::try_from(account.first.0).unwrap_or(usize::MAX);
    let expected = history.get(first..).unwrap_or_default();
    let pairs = expected.iter().zip(&account.transcript);
    let same = pairs.take_while(|(stored, read)| stored == read).count();
    if same == expected.len() && same == account.transcript.len() {
        return Ok(());
    }
    let read = around(&account.transcript, same);
    Err(finding(
        format!("{nick} read something else than the history; {nick} read:\n{read}the history"),
        expected,
        same,
    ))
}

/// All that was said is in the history once, as it was said, and in the order in which it was.
fn said_all(history: &[Entry], account: &Account) -> Result<(), Finding> {
    let nick = &account.nick;
    let by_id: HashMap<_, _> = history.iter().map(|entry| (&entry.id, entry)).collect();
    let mut last = Seq(0);
    for draft in &account.said {
        let confirmed = account.confirmed.get(&draft.id);
        let Some(entry) = by_id.get(&draft.id) else {
            let what = match confirmed {
                Some(seq) => format!("was confirmed as {seq}, and is gone"),
                None => "was never stored".to_owned(),
            };
            let text = shown(draft.text.as_str());
            return Err(Finding(format!("what {nick} said {what}: {text}")));
        };
        let at = usize::try_from(entry.seq.0).unwrap_or(0).saturating_sub(1);
        let sent = account.sent.get(&draft.id);
        let as_said = matches!(&entry.body, EntryBody::Said { nick: by, text }
            if sent.is_some_and(|nicks| nicks.contains(by)) && *text == draft.text);
        if !as_said || Some(&entry.author) != account.author.as_ref() {
            let what = format!("what {nick} said was stored as something else");
            return Err(finding(what, history, at));
        }
        if confirmed != Some(&entry.seq) {
            let what = format!("what {nick} saw confirmed as {confirmed:?} stands elsewhere");
            return Err(finding(what, history, at));
        }
        if entry.seq <= last {
            let what = format!("{nick} said this after entry {last}");
            return Err(finding(what, history, at));
        }
        last = entry.seq;
    }
    Ok(())
}

fn nothing_else(history: &[Entry], accounts: &[Account]) -> Result<(), Finding> {
    let drafts = accounts.iter().flat_map(|account| &account.said);
    let said: HashSet<_> = drafts.map(|draft| &draft.id).collect();
    match history.iter().position(|entry| !said.contains(&entry.id)) {
        Some(at) => Err(finding("nobody said this", history, at)),
        None => Ok(()),
    }
}

fn finding(what: impl fmt::Display, entries: &[Entry], at: usize) -> Finding {
    Finding(format!("{what}:\n{}", around(entries, at)))
}

/// Some entries, with an arrow at the one meant.
fn around(entries: &[Entry], at: usize) -> String {
    let mut lines = String::new();
    let from = at.saturating_sub(CONTEXT);
    for (n, entry) in entries.iter().enumerate().skip(from).take(2 * CONTEXT + 1) {
        let arrow = if n == at { "->" } else { "  " };
        let (seq, id, at) = (entry.seq, entry.id.as_str(), entry.at);
        let body = match &entry.body {
            EntryBody::Said { nick, text } => format!("{nick}: {}", shown(text.as_str())),
            EntryBody::Unknown => "of an unknown kind".to_owned(),
        };
        // Writing to a string never fails.
        let _ = writeln!(lines, "{arrow} {seq} {id} at {at} {body}");
    }
    if at >= entries.len() {
        lines.push_str("-> (the end)\n");
    }
    lines
}

fn shown(text: &str) -> String {
    let short: String = text.chars().take(SHOWN_CHARS).collect();
    format!("{short:?} ({} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use shared::MessageText;

    use super::*;

    fn id(number: usize) -> MessageId {
        MessageId::new(format!("{number:020}")).unwrap()
    }

    fn text(number: usize) -> MessageText {
        MessageText::new(format!("number {number}")).unwrap()
    }

    fn entry(seq: u64, nick: &str, number: usize) -> Entry {
        Entry {
            body: EntryBody::Said {
                nick: Nick::new(nick).unwrap(),
                text: text(number),
            },
            seq: Seq(seq),
            at: 0,
            id: id(number),
            author: AuthorId::new(nick),
        }
    }

    /// Who said every second message of the history, and read from `first` on.
    fn account(nick: &str, history: &[Entry], first: usize) -> Account {
        let author = AuthorId::new(nick);
        let own = || history.iter().filter(|entry| entry.author == author);
        let draft = |entry: &Entry| Draft {
            id: entry.id.clone(),
            text: match &entry.body {
                EntryBody::Said { text, .. } => text.clone(),
                EntryBody::Unknown => unreachable!("nobody makes any"),
            },
        };
        Account {
            nick: Nick::new(nick).unwrap(),
            author: Some(author.clone()),
            first: Seq(first as u64),
            transcript: history[first..].to_vec(),
            said: own().map(draft).collect(),
            sent: own()
                .map(|entry| (entry.id.clone(), vec![Nick::new(nick).unwrap()]))
                .collect(),
            confirmed: own().map(|entry| (entry.id.clone(), entry.seq)).collect(),
        }
    }

    fn scene() -> (Vec<Entry>, Vec<Account>) {
        let nicks = ["Asa", "Bo"];
        let history: Vec<_> = (1..=10)
            .map(|n| entry(n, nicks[n as usize % 2], n as usize))
            .collect();
        let accounts = vec![account("Asa", &history, 0), account("Bo", &history, 3)];
        (history, accounts)
    }

    /// The finding, once `change` has spoilt something.
    fn found(change: impl Fn(&mut Vec<Entry>, &mut Vec<Account>)) -> String {
        let (mut history, mut accounts) = scene();
        change(&mut history, &mut accounts);
        check(&history, &accounts).unwrap_err().to_string()
    }

    #[test]
    fn all_is_well_where_all_is_there() {
        let (history, accounts) = scene();
        assert_eq!(check(&history, &accounts), Ok(()));
    }

    #[test]
    fn a_gap_and_a_doubled_message_in_the_history_are_found() {
        let gap = found(|history, _| drop(history.remove(4)));
        assert!(gap.contains("gap") && gap.contains("-> 6"), "{gap}");
        let doubled = found(|history, _| history[6].id = history[2].id.clone());
        assert!(doubled.contains("entry 3 once more"), "{doubled}");
    }

    #[test]
    fn a_transcript_that_differs_is_found() {
        let missed = found(|_, accounts| drop(accounts[1].transcript.remove(2)));
        assert!(missed.contains("Bo read something else"), "{missed}");
        assert!(
            missed.contains("-> 7") && missed.contains("-> 6"),
            "{missed}"
        );
        let short = found(|_, accounts| drop(accounts[0].transcript.pop()));
        assert!(short.contains("(the end)"), "{short}");
        let altered = found(|_, accounts| accounts[0].transcript[9].at = 7);
        assert!(altered.contains("at 7"), "{altered}");
    }

    #[test]
    fn a_message_that_is_gone_or_never_came_is_found() {
        let draft = |number| Draft {
            id: id(number),
            text: text(number),
        };
        let never = found(|_, accounts| accounts[0].said.push(draft(77)));
        assert!(never.contains("Asa said was never stored"), "{never}");
        let gone = found(|_, accounts| {
            accounts[0].said.push(draft(78));
            accounts[0].confirmed.insert(id(78), Seq(11));
        });
        assert!(gone.contains("was confirmed as 11, and is gone"), "{gone}");
    }

    #[test]
    fn another_order_text_nick_or_author_is_found() {
        let order = found(|_, accounts| accounts[0].said.swap(1, 2));
        assert!(order.contains("said this after"), "{order}");
        let altered = found(|_, accounts| accounts[0].said[0].text = text(99));
        assert!(altered.contains("stored as something else"), "{altered}");
        let nick = found(|_, accounts| {
            accounts[0]
                .sent
                .insert(id(4), vec![Nick::new("Asa 2").unwrap()]);
        });
        assert!(nick.contains("stored as something else"), "{nick}");
        let author = found(|_, accounts| accounts[1].author = None);
        assert!(author.contains("stored as something else"), "{author}");
    }

    #[test]
    fn a_message_that_nobody_said_is_found() {
        let stranger = found(|history, accounts| {
            history.push(entry(11, "Asa", 11));
            let last = history[10].clone();
            accounts
                .iter_mut()
                .for_each(|a| a.transcript.push(last.clone()));
        });
        assert!(stranger.contains("nobody said this"), "{stranger}");
    }
}
