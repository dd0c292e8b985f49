//! How sessions and deliveries are written for people: times, counts, names, and where a flow stands.

use antiphon::model::{Frame, Position, SessionId};
use indicatif::HumanCount;

use crate::cli::plain::plain;

/// `2026-03-01 14:03:59` in this machine's time zone.
pub fn time(at: u64) -> String {
    let at = i64::try_from(at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    let at = at.unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `1 turn`, `1,204 turns`
pub fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", HumanCount(number))
}

/// `support / ann / 1`
pub fn name(id: &SessionId) -> String {
    [&id.endpoint, &id.user_id, &id.session_id].map(|part| plain(part)).join(" / ")
}

/// Where the flow stands: what it does, and the path of the step.
pub fn stands(position: &Position) -> String {
    let at = |does: &str, frames: &[Frame]| {
        frames.last().map_or_else(|| does.to_owned(), |frame| format!("{does} at {}", frame.path))
    };
    match position {
        Position::Start => "starts with the next input".to_owned(),
        Position::Ask { frames, .. } => at("asks", frames),
        Position::Suspended { frames, .. } => at("waits", frames),
        Position::Listen { frames, .. } => at("listens", frames),
        Position::Handover { to, .. } => format!("with a human agent: {}", plain(to)),
        Position::Ended => "ended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use antiphon::model::ProgramHash;

    use super::*;

    #[test]
    fn counts_are_grouped_and_have_their_plural() {
        assert_eq!(count(1, "turn"), "1 turn");
        assert_eq!(count(0, "turn"), "0 turns");
        assert_eq!(count(1_204, "session"), "1,204 sessions");
    }

    #[test]
    fn a_position_tells_what_is_done_and_where() {
        let frame = |path: &str| Frame { path: path.to_owned(), loops: Vec::new() };
        let frames = vec![frame("support/1"), frame("billing/3/then/0")];
        let program = ProgramHash("p".to_owned());
        assert_eq!(stands(&Position::Listen { program, frames }), "listens at billing/3/then/0");
        assert_eq!(stands(&Position::Start), "starts with the next input");
    }
}
