//! Deliveries as people read them: a table of many, a page about one.

use antiphon::model::Attempt;
use indicatif::HumanCount;
use serde_json::Value;

use super::server::{Listed, Whole};
use crate::cli::plain::{plain, words};
use crate::cli::style::{BOLD, DIM, WRONG};
use crate::cli::table;
use crate::cli::words::{count, name, time};

/// The rows of a table, the head first.
pub fn rows(deliveries: &[Listed]) -> Vec<String> {
    let head = "STATE\tENDPOINT\tUSER\tSESSION\tOUTPUT\tCREATED\tATTEMPTS\tID\tWHAT IS KNOWN";
    let row = |delivery: &Listed| {
        let text = |value: &Option<String>| value.as_deref().map_or_else(|| "-".to_owned(), plain);
        let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        [
            plain(&delivery.state),
            text(&delivery.endpoint),
            text(&delivery.user_id),
            text(&delivery.session_id),
            number(delivery.sequence),
            delivery.created_at.map_or_else(|| "-".to_owned(), time),
            delivery.attempts.to_string(),
            text(&delivery.id),
            known(delivery),
        ]
        .join("\t")
    };
    std::iter::once(head.to_owned()).chain(deliveries.iter().map(row)).collect()
}

/// How it stands, in a few words.
fn known(delivery: &Listed) -> String {
    if let Some(error) = &delivery.error {
        return plain(error);
    }
    let outcome = delivery.last_attempt.as_ref().map(|attempt| plain(&attempt.outcome));
    let reason = delivery.reason.as_deref().map(plain);
    match (outcome, reason) {
        (_, Some(reason)) => reason,
        (Some(outcome), None) => match (delivery.next_at, delivery.ended_at) {
            (Some(next_at), _) => format!("{outcome}; again at {}", time(next_at)),
            (None, Some(ended_at)) => format!("{outcome} at {}", time(ended_at)),
            (None, None) => outcome,
        },
        (None, None) => "its turn is to come, or it is on its way".to_owned(),
    }
}

/// Everything about one: how it stands, its attempts, its body; the members of a batch.
pub fn page(whole: &Whole) -> Vec<String> {
    let delivery = &whole.listed;
    let mut lines = vec![format!("{BOLD}{}{BOLD:#}", delivery.id.as_deref().map(plain).unwrap_or_default())];
    lines.extend(whose(delivery));
    lines.push(stands(delivery));
    lines.extend(delivery.batch.as_ref().map(|batch| format!("in the batch {}", plain(batch))));
    whole.attempts_kept.iter().for_each(|attempt| lines.extend(tried(attempt)));
    if let Some(body) = &whole.body {
        lines.extend([String::new(), written(body)]);
    }
    if !whole.members.is_empty() {
        lines.extend([String::new(), table::aligned(&rows(&whole.members)).trim_end().to_owned()]);
    }
    lines
}

fn whose(delivery: &Listed) -> Option<String> {
    match (delivery.session(), &delivery.endpoint) {
        (Some(session), _) => Some(format!(
            "{}, output {} of its life since {}, created {}",
            name(&session),
            HumanCount(delivery.sequence.unwrap_or_default()),
            time(delivery.started_at.unwrap_or_default()),
            time(delivery.created_at.unwrap_or_default()),
        )),
        (None, Some(endpoint)) => Some(format!("a batch of {}", plain(endpoint))),
        (None, None) => None,
    }
}

fn stands(delivery: &Listed) -> String {
    let (state, known) = (plain(&delivery.state), known(delivery));
    let attempts = count(delivery.attempts, "attempt");
    match delivery.error {
        Some(_) => format!("{WRONG}{state}, and not to be read: {known}{WRONG:#}"),
        // Some reasons begin with it.
        None if known.starts_with(&attempts) => format!("{BOLD}{state}{BOLD:#}, {known}"),
        None => format!("{BOLD}{state}{BOLD:#}, {attempts}: {known}"),
    }
}

/// When, how it went and how long it took; below it what was answered.
fn tried(attempt: &Attempt) -> Vec<String> {
    let Attempt { at, took_ms, outcome, answer } = attempt;
    let mut lines = vec![format!("  {}  {} after {} ms", time(*at), plain(outcome), HumanCount(*took_ms))];
    lines.extend(answer.lines().map(|line| format!("    {DIM}{}{DIM:#}", plain(line))));
    lines
}

fn written(body: &Value) -> String {
    words(&serde_json::to_string_pretty(body).unwrap_or_else(|_| body.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(more: Value) -> Value {
        let mut item = json!({
            "id": "msg_a", "endpoint": "shop", "userId": "ann", "sessionId": "1", "startedAt": 0, "sequence": 3,
            "createdAt": 0, "state": "owed", "attempts": 0,
        });
        let more = more.as_object().unwrap().clone();
        item.as_object_mut().unwrap().extend(more);
        item
    }

    fn listed(more: Value) -> Listed {
        Listed::read(&[item(more)]).unwrap().remove(0)
    }

    #[test]
    fn each_state_says_in_a_few_words_what_is_known() {
        let last = json!({ "at": 0, "tookMs": 5, "outcome": "503" });
        for (more, told) in [
            (json!({}), "its turn is to come, or it is on its way".to_owned()),
            (json!({ "lastAttempt": last, "nextAt": 9_000 }), format!("503; again at {}", time(9_000))),
            (json!({ "lastAttempt": last, "reason": "2 attempts\u{1b}" }), "2 attempts\\u{1b}".to_owned()),
            (json!({ "lastAttempt": last, "endedAt": 9_000 }), format!("503 at {}", time(9_000))),
            (json!({ "error": "torn" }), "torn".to_owned()),
        ] {
            assert_eq!(known(&listed(more)), told);
        }
    }

    #[test]
    fn the_columns_line_up_whatever_stands_in_them() {
        let long = listed(json!({ "userId": "somebody with\ta tab", "sequence": 12_345 }));
        let unreadable = Listed::read(&[json!({ "state": "delivered", "error": "torn" })]).unwrap().remove(0);
        let table = table::aligned(&rows(&[listed(json!({})), long, unreadable]));
        let lines: Vec<&str> = table.lines().collect();
        let column = lines[0].find("OUTPUT").unwrap();
        let cells: Vec<&str> =
            lines[1..].iter().map(|line| line[column..].split(' ').next().unwrap()).collect();
        assert_eq!(cells, ["3", "12345", "-"], "{table}");
        assert!(lines[2].contains("somebody with\\ta tab") && lines[3].ends_with("torn"), "{table}");
    }

    #[test]
    fn the_number_of_attempts_is_told_once() {
        for (attempts, reason, told) in [
            (1, "1 attempt: 503", "dead, 1 attempt: 503"),
            (7, "7 attempts, the last one: 503", "dead, 7 attempts, the last one: 503"),
            (2, "a person gave it up", "dead, 2 attempts: a person gave it up"),
        ] {
            let dead = listed(json!({ "state": "dead", "attempts": attempts, "reason": reason }));
            assert_eq!(anstream::adapter::strip_str(&stands(&dead)).to_string(), told);
        }
    }

    #[test]
    fn a_page_has_the_attempts_with_their_answers_and_the_body() {
        let attempts = json!([{ "at": 0, "tookMs": 1_205, "outcome": "503", "answer": "busy\nsorry\u{7}" }]);
        let more = json!({
            "state": "dead", "attempts": 1, "reason": "gone", "attemptsKept": attempts, "batch": "batch_b",
            "body": { "userId": "ann" },
        });
        let whole: Whole = serde_json::from_value(item(more)).unwrap();
        let lines: Vec<String> =
            page(&whole).iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
        let epoch = time(0);
        assert_eq!(
            lines,
            [
                "msg_a".to_owned(),
                format!("shop / ann / 1, output 3 of its life since {epoch}, created {epoch}"),
                "dead, 1 attempt: gone".to_owned(),
                "in the batch batch_b".to_owned(),
                format!("  {epoch}  503 after 1,205 ms"),
                "    busy".to_owned(),
                "    sorry\\u{7}".to_owned(),
                String::new(),
                "{\n  \"userId\": \"ann\"\n}".to_owned(),
            ]
        );
    }
}
