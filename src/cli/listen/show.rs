//! A callback as it is printed: a few lines for a person, or one line of JSON for a program.

use std::fmt::Write as _;

use actix_web::HttpRequest;
use serde_json::{Map, Value};

use super::order::{Mark, Order};
use crate::cli::plain::{plain, words};
use crate::cli::style::{BOLD, DIM, GOOD, WRONG};

type Signature<'a> = Option<&'a Result<(), String>>;

pub struct Callback {
    at: u64,
    webhook_id: String,
    content: Content,
}

/// A body as JSON; as text when it is none.
enum Content {
    One(Output),
    Batch(Vec<Output>),
}

struct Output {
    /// When this life of its session began, milliseconds since 1970.
    started_at: Option<u64>,
    sequence: Option<u64>,
    /// So many directly before it were given up.
    skipped: u64,
    body: Value,
}

impl Callback {
    pub fn read(request: &HttpRequest, body: &[u8], at: u64) -> Callback {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let numbers = |name: &str| {
            let text = header(name).unwrap_or_default();
            text.split(',').map(|number| number.trim().parse().ok()).collect::<Vec<Option<u64>>>()
        };
        let [lives, sequences, skipped] =
            ["antiphon-started-at", "antiphon-sequence", "antiphon-skipped"].map(numbers);
        let output = |place: usize, body: Value| Output {
            started_at: lives.get(place).copied().flatten(),
            sequence: sequences.get(place).copied().flatten(),
            skipped: skipped.get(place).copied().flatten().unwrap_or(0),
            body,
        };
        let text = || Value::String(String::from_utf8_lossy(body).into_owned());
        let content = match serde_json::from_slice(body).unwrap_or_else(|_| text()) {
            Value::Array(bodies) => Content::Batch(
                bodies.into_iter().enumerate().map(|(place, body)| output(place, body)).collect(),
            ),
            body => Content::One(output(0, body)),
        };
        Callback { at, webhook_id: header("webhook-id").unwrap_or_default().to_owned(), content }
    }

    /// One for each output.
    pub fn marks(&self, order: &mut Order) -> Vec<Mark> {
        let again = order.is_again(&self.webhook_id);
        let mark = |output: &Output| match again {
            true => Mark::Again,
            false => order.mark((output.session(), output.started_at), output.sequence, output.skipped),
        };
        self.outputs().iter().map(mark).collect()
    }

    fn outputs(&self) -> &[Output] {
        match &self.content {
            Content::One(output) => std::slice::from_ref(output),
            Content::Batch(outputs) => outputs,
        }
    }

    pub fn json(&self, marks: &[Mark], signature: Signature) -> Value {
        let signature = signature.map(|outcome| outcome.as_ref().map_or_else(String::as_str, |()| "valid"));
        let mut line = Map::new();
        line.insert("at".to_owned(), self.at.into());
        line.insert("webhookId".to_owned(), self.webhook_id.as_str().into());
        line.insert("signature".to_owned(), signature.into());
        let outputs = self.outputs().iter().zip(marks).map(|(output, mark)| output.json(mark));
        match &self.content {
            Content::One(_) => line.extend(outputs.flatten()),
            Content::Batch(_) => drop(line.insert("outputs".to_owned(), outputs.collect())),
        }
        Value::Object(line)
    }

    pub fn lines(&self, marks: &[Mark], signature: Signature) -> String {
        let mut lines = format!("{DIM}{} {}{DIM:#} ", time(self.at), plain(&self.webhook_id));
        let outputs = self.outputs().iter().zip(marks);
        match &self.content {
            Content::One(_) => {
                for (output, mark) in outputs {
                    lines += &output.head(mark);
                    lines += &told(signature);
                    lines += &output.words("\n  ");
                }
            }
            Content::Batch(all) => {
                let _ = write!(lines, "batch of {}{}", all.len(), told(signature));
                for (output, mark) in outputs {
                    lines += "\n  ";
                    lines += &output.head(mark);
                    lines += &output.words("\n    ");
                }
            }
        }
        lines
    }
}

impl Output {
    /// Whose session it is.
    fn session(&self) -> String {
        let part = |name: &str| self.body[name].as_str().unwrap_or("?").to_owned();
        format!("{}/{}", part("userId"), part("sessionId"))
    }

    fn json(&self, mark: &Mark) -> Map<String, Value> {
        let mut line = Map::new();
        line.insert("startedAt".to_owned(), self.started_at.into());
        line.insert("sequence".to_owned(), self.sequence.into());
        line.insert("skipped".to_owned(), self.skipped.into());
        line.insert("mark".to_owned(), mark_text(mark).into());
        line.insert("body".to_owned(), self.body.clone());
        line
    }

    fn head(&self, mark: &Mark) -> String {
        let number = self.sequence.map_or_else(|| "-".to_owned(), |sequence| sequence.to_string());
        let mut head = format!("{DIM}#{number}{DIM:#} {BOLD}{}{BOLD:#}", plain(&self.session()));
        let mut wrong = Vec::new();
        if *mark != Mark::New {
            wrong.push(mark_text(mark));
        }
        if self.skipped > 0 {
            wrong.push(skipped_text(self.skipped));
        }
        if !wrong.is_empty() {
            let _ = write!(head, " {WRONG}{}{WRONG:#}", wrong.join("; "));
        }
        head
    }

    fn words(&self, indent: &str) -> String {
        let output = &self.body["AIOutput"];
        if !output.is_object() {
            return format!("{indent}{}", words(&self.body.to_string()));
        }
        let mut lines = String::new();
        if let Some(text) = output["text"].as_str().filter(|text| !text.is_empty()) {
            let _ = write!(lines, "{indent}{}", words(text).replace('\n', indent));
        }
        if output["data"].as_object().is_some_and(|data| !data.is_empty()) {
            let _ = write!(lines, "{indent}{DIM}{}{DIM:#}", words(&output["data"].to_string()));
        }
        lines
    }
}

fn told(signature: Signature) -> String {
    match signature {
        Some(Ok(())) => format!(" {GOOD}signature valid{GOOD:#}"),
        Some(Err(reason)) => format!(" {WRONG}signature refused: {}{WRONG:#}", plain(reason)),
        None => String::new(),
    }
}

fn skipped_text(skipped: u64) -> String {
    match skipped {
        1 => "the one before it was given up".to_owned(),
        skipped => format!("the {skipped} before it were given up"),
    }
}

fn mark_text(mark: &Mark) -> String {
    match mark {
        Mark::New => "new".to_owned(),
        Mark::Again => "again".to_owned(),
        Mark::Gap(first, last) if first == last => format!("gap: {first} is missing"),
        Mark::Gap(first, last) => format!("gap: {first} to {last} are missing"),
        Mark::Late => "late: a later one was here before".to_owned(),
    }
}

/// `14:03:59.120` in this machine's time zone.
fn time(at: u64) -> String {
    let at = jiff::Timestamp::from_millisecond(at as i64).unwrap_or_default();
    at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%H:%M:%S%.3f").to_string()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde_json::json;

    use super::*;

    fn callback(body: &str) -> Callback {
        let request = TestRequest::default()
            .insert_header(("webhook-id", "msg_1"))
            .insert_header(("antiphon-started-at", "7"))
            .insert_header(("antiphon-sequence", "3"))
            .to_http_request();
        Callback::read(&request, body.as_bytes(), 0)
    }

    fn plain(lines: &str) -> String {
        let text = anstream::adapter::strip_str(lines).to_string();
        text.split_once(' ').expect("the time comes first").1.to_owned()
    }

    const BODY: &str = r#"{"userId":"u","sessionId":"s","AIOutput":{"text":"one\ntwo","data":{"a":1}}}"#;

    #[test]
    fn a_callback_shows_its_number_its_session_its_text_and_its_data() {
        let lines = callback(BODY).lines(&[Mark::New], None);
        assert_eq!(plain(&lines), "msg_1 #3 u/s\n  one\n  two\n  {\"a\":1}");
    }

    #[test]
    fn a_gap_and_a_refused_signature_stand_in_the_first_line() {
        let lines = callback(BODY).lines(&[Mark::Gap(1, 2)], Some(&Err("signature invalid".to_owned())));
        let first = plain(&lines).lines().next().map(str::to_owned);
        let expected = "msg_1 #3 u/s gap: 1 to 2 are missing signature refused: signature invalid";
        assert_eq!(first.as_deref(), Some(expected));
    }

    #[test]
    fn a_body_that_is_no_callback_is_shown_as_it_came() {
        assert_eq!(plain(&callback("hello").lines(&[Mark::New], None)), "msg_1 #3 ?/?\n  \"hello\"");
    }

    #[test]
    fn the_line_of_json_holds_everything() {
        let line = callback(BODY).json(&[Mark::Again], Some(&Ok(())));
        assert_eq!((&line["mark"], &line["signature"]), (&json!("again"), &json!("valid")));
        assert_eq!(
            (&line["startedAt"], &line["sequence"], &line["skipped"]),
            (&json!(7), &json!(3), &json!(0))
        );
        assert_eq!(line["body"]["AIOutput"]["text"], "one\ntwo");
    }

    /// The last output belongs to a later life of the session that the first one is of.
    fn batch() -> Callback {
        let output = |session: &str, text: &str| json!({ "userId": "u", "sessionId": session, "AIOutput": { "text": text, "data": {} } });
        let body = json!([output("s", "one"), output("t", "two"), output("s", "three")]).to_string();
        let request = TestRequest::default()
            .insert_header(("webhook-id", "bat_1"))
            .insert_header(("antiphon-started-at", "7,7, 9"))
            .insert_header(("antiphon-sequence", "3,8, 2"))
            .insert_header(("antiphon-skipped", "0,0,1"))
            .to_http_request();
        Callback::read(&request, body.as_bytes(), 0)
    }

    #[test]
    fn the_outputs_of_a_batch_are_counted_each_in_its_life_of_its_session() {
        let mut order = Order::default();
        order.mark(("u/s".to_owned(), Some(7)), Some(1), 0);
        assert_eq!(batch().marks(&mut order), [Mark::Gap(2, 2), Mark::New, Mark::New]);
        assert_eq!(batch().marks(&mut order), [Mark::Again, Mark::Again, Mark::Again]);
    }

    #[test]
    fn a_batch_shows_each_output_below_the_line_of_the_callback() {
        let lines = batch().lines(&[Mark::Gap(2, 2), Mark::New, Mark::New], Some(&Ok(())));
        let expected = "bat_1 batch of 3 signature valid\n  #3 u/s gap: 2 is missing\n    one\n  #8 u/t\n    two\n  \
                        #2 u/s the one before it was given up\n    three";
        assert_eq!(plain(&lines), expected);
    }

    #[test]
    fn the_line_of_json_of_a_batch_lists_its_outputs() {
        let line = batch().json(&[Mark::New, Mark::New, Mark::New], None);
        assert_eq!((&line["webhookId"], &line["signature"]), (&json!("bat_1"), &Value::Null));
        let outputs = line["outputs"].as_array().unwrap();
        let sequences: Vec<_> = outputs.iter().map(|output| output["sequence"].as_u64()).collect();
        assert_eq!(sequences, [Some(3), Some(8), Some(2)]);
        assert_eq!((&outputs[2]["skipped"], &outputs[2]["body"]["sessionId"]), (&json!(1), &json!("s")));
    }

    #[test]
    fn what_was_given_up_before_an_output_is_told_as_one_or_as_many() {
        assert_eq!(skipped_text(1), "the one before it was given up");
        assert_eq!(skipped_text(2), "the 2 before it were given up");
    }

    #[test]
    fn outputs_without_a_number_of_their_own_have_none() {
        let request = TestRequest::default().insert_header(("antiphon-sequence", "5")).to_http_request();
        let callback = Callback::read(&request, b"[{},{}]", 0);
        let numbers: Vec<_> = callback.outputs().iter().map(|output| output.sequence).collect();
        assert_eq!(numbers, [Some(5), None]);
    }
}
