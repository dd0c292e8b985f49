//! The lives of a session: whether one goes on at a given time, with what the next one begins, and who may speak in it.
//! Whoever keeps sessions asks here, so that a conversation without a server ends and begins as one with it.

use crate::model::{Position, Session, SessionId, Source};

/// Why an input does not get into a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    UnknownSession,
    NotHandedOver,
}

/// The state, unless it ended or was quiet for too long. While it waits for anything it is not quiet: what came due while the
/// server was down finds it.
pub fn alive(session: Option<&Session>, expire_ms: u64, now: u64) -> Option<&Session> {
    let quiet = |session: &Session| session.waits.is_empty() && now >= session.expires_at(expire_ms);
    session.filter(|session| session.position != Position::Ended && !quiet(session))
}

/// The state that a turn at this time begins with. A new life begins after the last one, so that their
/// records stay apart even when the clock was set back.
pub fn base(session: Option<&Session>, id: &SessionId, expire_ms: u64, now: u64) -> Session {
    match (alive(session, expire_ms, now), session) {
        (Some(session), _) => session.clone(),
        (None, Some(over)) => Session::new(id.clone(), now.max(over.started_at + 1)),
        (None, None) => Session::new(id.clone(), now),
    }
}

/// The place of the next input; `waiting`: that of the last one that waits, 0 if none does.
pub fn next_sequence(alive: Option<&Session>, waiting: u64) -> u64 {
    alive.map_or(0, |session| session.inputs).max(waiting) + 1
}

/// Only its user begins a session, and only an agent who has it speaks in it.
pub fn admit(source: Source, alive: Option<&Session>, inputs_wait: bool) -> Result<(), Barred> {
    let exists = alive.is_some() || inputs_wait;
    match source {
        Source::User => Ok(()),
        _ if !exists => Err(Barred::UnknownSession),
        Source::Inject | Source::Notify | Source::Timeout => Ok(()),
        Source::Agent | Source::Returned => {
            let with_agent = matches!(alive, Some(Session { position: Position::Handover { .. }, .. }));
            if with_agent { Ok(()) } else { Err(Barred::NotHandedOver) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Pending;

    fn session(started_at: u64) -> Session {
        let id = SessionId { endpoint: "e".to_owned(), user_id: "u".to_owned(), session_id: "s".to_owned() };
        Session::new(id, started_at)
    }

    #[test]
    fn a_session_that_was_quiet_or_ended_begins_anew_and_later() {
        let mut kept = session(100);
        kept.inputs = 7;
        assert_eq!(base(Some(&kept), &kept.id, 50, 149), kept);
        let anew = base(Some(&kept), &kept.id, 50, 150);
        assert_eq!((anew.started_at, anew.inputs), (150, 0));
        kept.position = Position::Ended;
        assert_eq!(base(Some(&kept), &kept.id, 50, 90).started_at, 101, "the clock was set back");
    }

    #[test]
    fn a_session_that_waits_for_something_does_not_expire_before_it_came() {
        let mut kept = session(100);
        kept.waits = vec![Pending { id: 1, due_at: 200, reminder: true }];
        assert_eq!(base(Some(&kept), &kept.id, 50, 9_999), kept, "the server was down");
        kept.waits.clear();
        assert_eq!(base(Some(&kept), &kept.id, 50, 9_999).started_at, 9_999);
    }

    #[test]
    fn a_place_comes_after_those_that_wait() {
        let mut kept = session(1);
        kept.inputs = 3;
        assert_eq!(next_sequence(Some(&kept), 0), 4);
        assert_eq!(next_sequence(Some(&kept), 5), 6);
        assert_eq!(next_sequence(None, 0), 1);
    }

    #[test]
    fn only_its_user_begins_a_session_and_only_an_agent_who_has_it_speaks_in_it() {
        assert_eq!(admit(Source::User, None, false), Ok(()));
        assert_eq!(admit(Source::Inject, None, false), Err(Barred::UnknownSession));
        assert_eq!(admit(Source::Notify, None, true), Ok(()));
        let kept = session(1);
        assert_eq!(admit(Source::Agent, Some(&kept), false), Err(Barred::NotHandedOver));
        assert_eq!(admit(Source::Returned, None, false), Err(Barred::UnknownSession));
    }
}
