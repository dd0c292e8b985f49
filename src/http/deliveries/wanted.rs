//! Which deliveries are wanted: the query of a list, checked name by name, and where the page before it ended.

use std::fmt;

use actix_web::web::Query;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::known::{Found, Known, State};
use crate::http::problem::Problem;
use crate::model::FieldError;
use crate::model::{Number, SessionId, SessionKey, UserKey};
use crate::yaml::did_you_mean;

/// Deliveries of one page, unless the caller asks for fewer.
const PAGE_MAX: usize = 100;
const NAMES: [&str; 9] =
    ["endpoint", "user", "session", "state", "since", "until", "batch", "limit", "cursor"];

/// Absent: whatever it is.
pub struct Wanted {
    endpoint: Option<String>,
    user: Option<String>,
    session: Option<String>,
    batch: Option<String>,
    states: Vec<State>,
    /// Whose turn ran at this time or later, and before that one; milliseconds since 1970.
    pub since: u64,
    until: u64,
    pub limit: usize,
}

/// Where a page goes on: after a callback, or in a row of receipts of which so many were told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cursor {
    Owed(Option<Number>),
    Dead(Option<Number>),
    Delivered(Option<(Vec<u8>, usize)>),
}

/// The query of a list that has these states, and where it goes on. Every fault is named at once.
pub fn read(query: &str, states: &[State]) -> Result<(Wanted, Cursor), Problem> {
    let pairs = Query::<Vec<(String, String)>>::from_query(query);
    let pairs = pairs.map(Query::into_inner).map_err(|error| faulty(vec![fault("query", error)]))?;
    let mut asked = Asked::of(states);
    pairs.into_iter().for_each(|(name, value)| asked.take(&name, value));
    if asked.wanted.until < asked.wanted.since {
        asked.faults.push(fault("until", "lies before since; give the later time to until"));
    }
    if !asked.faults.is_empty() {
        return Err(faulty(asked.faults));
    }
    if !asked.states.is_empty() {
        asked.wanted.states = asked.states;
    }
    Ok((asked.wanted, asked.from))
}

/// A query as far as it was read.
struct Asked<'a> {
    wanted: Wanted,
    from: Cursor,
    /// What this list has.
    of: &'a [State],
    states: Vec<State>,
    faults: Vec<FieldError>,
}

impl Asked<'_> {
    fn of(states: &[State]) -> Asked<'_> {
        let wanted = Wanted {
            endpoint: None,
            user: None,
            session: None,
            batch: None,
            states: states.to_vec(),
            since: 0,
            until: u64::MAX,
            limit: PAGE_MAX,
        };
        Asked { wanted, from: Cursor::Owed(None), of: states, states: Vec::new(), faults: Vec::new() }
    }

    fn take(&mut self, name: &str, value: String) {
        match name {
            "endpoint" => self.wanted.endpoint = Some(value),
            "user" => self.wanted.user = Some(value),
            "session" => self.wanted.session = Some(value),
            "batch" => self.wanted.batch = Some(value),
            "state" => value.split(',').for_each(|word| self.state(word)),
            "since" => self.wanted.since = self.number("since", &value).unwrap_or(0),
            "until" => self.wanted.until = self.number("until", &value).unwrap_or(u64::MAX),
            "limit" => {
                let limit = self.number("limit", &value).and_then(|limit| usize::try_from(limit).ok());
                self.wanted.limit = limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
            }
            "cursor" => match Cursor::parse(&value) {
                Some(cursor) => self.from = cursor,
                None => self.faults.push(fault("cursor", "is what the page before gave as its next")),
            },
            other => self.faults.push(fault(other, format!("is not known{}", did_you_mean(other, NAMES)))),
        }
    }

    fn state(&mut self, word: &str) {
        match self.of.iter().find(|state| state.name() == word) {
            Some(state) => self.states.push(*state),
            None => {
                let known = self.of.iter().map(|state| state.name());
                self.faults.push(fault(
                    "state",
                    format!("{word:?} is no state in this list{}", did_you_mean(word, known)),
                ));
            }
        }
    }

    fn number(&mut self, name: &str, value: &str) -> Option<u64> {
        let number = value.parse().ok();
        if number.is_none() {
            let unit = if name == "limit" { "" } else { " of milliseconds since 1970" };
            self.faults.push(fault(name, format!("is a whole number{unit}, not {value:?}")));
        }
        number
    }
}

fn fault(field: &str, detail: impl fmt::Display) -> FieldError {
    FieldError { field: field.to_owned(), detail: detail.to_string() }
}

fn faulty(faults: Vec<FieldError>) -> Problem {
    Problem::fields(faults)
}

impl Wanted {
    pub fn any_of(&self, states: &[State]) -> bool {
        states.iter().any(|state| self.states.contains(state))
    }

    /// Where to begin reading in the order of sessions: those of one user lie side by side.
    pub fn begin(&self, after: Option<Number>) -> Option<Number> {
        let mut first = [0; 24];
        match (self.key(), &self.user) {
            (Some(key), _) => first = key.0,
            (None, Some(user)) => first[..12].copy_from_slice(&UserKey::of(user).0),
            (None, None) => return after,
        }
        // Outputs are counted from 1.
        after.max(Some(Number { session: SessionKey(first), started_at: 0, sequence: 0 }))
    }

    /// Whether a callback can be one of those that are wanted, as far as its number tells.
    pub fn may_be(&self, number: &Number) -> bool {
        match (self.key(), &self.user) {
            (Some(key), _) => number.session == key,
            (None, Some(user)) => number.session.0[..12] == UserKey::of(user).0,
            (None, None) => true,
        }
    }

    /// One that cannot be read is shown if it may be wanted.
    pub fn has(&self, found: &Found) -> bool {
        match found {
            Found::Known(known) => self.has_known(known),
            Found::Unreadable { number, .. } => {
                self.batch.is_none() && number.is_none_or(|number| self.may_be(&number))
            }
        }
    }

    fn has_known(&self, known: &Known) -> bool {
        let is =
            |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        self.states.contains(&known.state)
            && is(&self.endpoint, &known.id.endpoint)
            && is(&self.user, &known.id.user_id)
            && is(&self.session, &known.id.session_id)
            && is(&self.batch, known.batch.as_deref().unwrap_or_default())
            && (self.since..self.until).contains(&known.created_at)
    }

    /// The session, if all its names are wanted.
    fn key(&self) -> Option<SessionKey> {
        let (endpoint, user_id) = (self.endpoint.clone()?, self.user.clone()?);
        Some(SessionId { endpoint, user_id, session_id: self.session.clone()? }.key())
    }
}

impl Cursor {
    pub fn parse(text: &str) -> Option<Cursor> {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

/// As `parse` reads it; what is inside is nobody's business.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inside = serde_json::to_vec(self).expect("a cursor is plain data");
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(inside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(user: &str, sequence: u64) -> Number {
        let [endpoint, user_id, session_id] = ["shop", user, "1"].map(str::to_owned);
        let session = SessionId { endpoint, user_id, session_id }.key();
        Number { session, started_at: 7, sequence }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_told_and_nothing_else_is() {
        for cursor in [
            Cursor::Owed(None),
            Cursor::Owed(Some(number("ann", 9))),
            Cursor::Dead(Some(number("ann", 9))),
            Cursor::Delivered(Some((vec![1, 2], 3))),
        ] {
            let told = cursor.to_string();
            assert!(told.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{told}");
            assert_eq!(Cursor::parse(&told), Some(cursor));
        }
        for wrong in ["", "7", "e30", "msg_x", "ä"] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn reading_begins_with_the_user_or_the_session_that_is_wanted() {
        let read = |query: &str| read(query, &State::ALL).unwrap_or_else(|_| panic!("{query}")).0;
        assert_eq!(read("endpoint=shop&session=1").begin(None), None);
        for query in ["user=ann", "user=ann&endpoint=shop&session=1"] {
            let wanted = read(query);
            let begin = wanted.begin(None);
            assert!(begin < Some(number("ann", 1)) && begin > Some(less(number("ann", 1))), "{query}");
            assert_eq!(wanted.begin(Some(number("ann", 4))), Some(number("ann", 4)));
            assert!(wanted.may_be(&number("ann", 4)) && !wanted.may_be(&number("bob", 4)));
        }
    }

    /// The last callback of a session that comes before those of this user.
    fn less(number: Number) -> Number {
        let mut session = [0xff; 24];
        let head = u64::from_be_bytes(number.session.0[..8].try_into().expect("8 bytes"));
        session[..8].copy_from_slice(&(head - 1).to_be_bytes());
        Number { session: SessionKey(session), ..number }
    }

    #[test]
    fn states_are_a_list_or_repeated_and_the_default_is_all_there_are() {
        let states = |query: &str| read(query, &State::ALL).map(|(wanted, _)| wanted.states).ok();
        assert_eq!(states(""), Some(State::ALL.to_vec()));
        let two = Some(vec![State::Dead, State::Owed]);
        assert_eq!((states("state=dead,owed"), states("state=dead&state=owed")), (two.clone(), two));
        assert_eq!(states("state=ded"), None);
        assert!(read("state=owed", &[State::Dead]).is_err());
    }
}
