//! The steps that wait for something outside the turn, and how the flow goes on when it has come. A step only says what
//! is to be waited for; whoever commits the turn sees to it.

use super::memory;
use super::position::is_reminded;
use super::run::{End, Flow, Run};
use super::steps::too_deep;
use crate::flow::{Ask, Body, Handover, Http, Remind, Span};
use crate::model::{Awaited, Call, CallResult, Map, is_too_deep, span_ms};

/// Of one session at a time: more is a loop that nobody meant.
const REMINDERS_MAX: usize = 100;
/// Between a reminder and one that follows from it, in milliseconds: nobody is there who would end a loop of them.
const REMINDED_AGAIN_MS_MIN: u64 = 60_000;
/// As of any input: contract, section 3.
const TEXT_CHARS_MAX: usize = 10_000;
/// Of a call with all its headers, and of what a reminder brings: it is kept until then.
const CALL_BYTES_MAX: usize = 1 << 20;
/// Of the name of who takes over: it is kept with the session.
const TO_CHARS_MAX: usize = 256;

impl Run<'_> {
    /// The question was asked: it waits, for as long as it gives.
    pub(super) fn asked(&mut self, at: usize, ask: &Ask, failed: u32) -> Flow {
        let timeout = match &ask.timeout {
            Some(timeout) => Some(Box::new((self.due_in(at, &timeout.after)?, Awaited::Time))),
            None => None,
        };
        Err(End::Asks { at, failed, timeout })
    }

    pub(super) fn pause(&mut self, at: usize, span: &Span) -> Flow {
        let wait = Box::new((self.due_in(at, span)?, Awaited::Time));
        Err(End::Waits { at, wait })
    }

    fn due_in(&mut self, at: usize, span: &Span) -> Result<u64, End> {
        let ms = match span {
            Span::Fixed(ms) => *ms,
            Span::Template(template) => {
                let text = self.text(template)?;
                span_ms(&text).map_err(|fault| End::fault(self.place(at), fault))?
            }
        };
        Ok(self.event.now.saturating_add(ms))
    }

    pub(super) fn http(&mut self, at: usize, http: &Http) -> Flow {
        let url = self.text(&http.url)?;
        let mut headers = Vec::new();
        for (name, value) in &http.headers {
            headers.push((name.clone(), self.text(value)?));
        }
        let body = match &http.body {
            Body::None => None,
            Body::Text(template) => Some(self.text(template)?),
            Body::Json(tree) => {
                if !http.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                    headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
                }
                Some(self.tree(tree)?.to_string())
            }
        };
        let (method, timeout_ms, retries) = (http.method.to_owned(), http.timeout_ms, http.retries);
        let call = Call { method, url, headers, body, timeout_ms, retries };
        if size(&call) > CALL_BYTES_MAX {
            let text =
                format!("a call may have {CALL_BYTES_MAX} bytes at the most, this one has {}", size(&call));
            return Err(End::fault(self.place(at), text));
        }
        Err(End::Waits { at, wait: Box::new((self.event.now, Awaited::Call(call))) })
    }

    /// A call ended: what came of it is kept, and the flow goes on behind the step or in its `onError`.
    pub(super) fn called(&mut self, at: usize, http: &Http, result: &CallResult) -> Flow {
        self.next = if result.is_success() { http.answered } else { at + 1 };
        if !result.is_success() && http.answered == at + 1 {
            let told = match result {
                CallResult::Answered { status, .. } => format!("was answered {status}"),
                CallResult::Failed { reason } => format!("had no answer: {reason}"),
            };
            self.warn(self.place(at), format!("the call {told}; without onError the flow goes on"));
        }
        match &http.into {
            Some(target) => self.write(at, target, result.to_json()),
            None => Ok(()),
        }
    }

    pub(super) fn remind(&mut self, at: usize, remind: &Remind) -> Flow {
        let due_at = self.due_in(at, &remind.after)?;
        let text = remind.text.as_ref().map_or(Ok(String::new()), |text| self.text(text))?;
        let data = match &remind.data {
            Some(tree) => Some(self.data(at, tree)?),
            None => None,
        };
        self.check_reminder(at, due_at, &text, data.as_ref())?;
        if text.is_empty() && data.is_none() {
            let place = self.place(at);
            self.warn(
                place,
                "a reminder without text and data would bring nothing: there is none".to_owned(),
            );
            return Ok(());
        }
        self.start(due_at, Awaited::Reminder { text, data });
        Ok(())
    }

    fn check_reminder(&self, at: usize, due_at: u64, text: &str, data: Option<&Map>) -> Flow {
        let chars = text.chars().count();
        let reminded = is_reminded(&self.event);
        let fault = if self.session.waits.iter().filter(|wait| wait.reminder).count() >= REMINDERS_MAX {
            format!(
                "a session may have {REMINDERS_MAX} reminders at a time; call them off with remind: cancel"
            )
        } else if chars > TEXT_CHARS_MAX {
            format!("the text of a reminder has {chars} characters; {TEXT_CHARS_MAX} are allowed")
        } else if reminded && due_at < self.event.now.saturating_add(REMINDED_AGAIN_MS_MIN) {
            "a reminder that follows from a reminder comes after 1m at the earliest: this may be an endless loop".to_owned()
        } else if data.map_or(0, memory::size) > CALL_BYTES_MAX {
            format!("`data` of a reminder may have {CALL_BYTES_MAX} bytes at the most")
        } else if data.is_some_and(is_too_deep) {
            too_deep("`data` of a reminder")
        } else {
            return Ok(());
        };
        Err(End::fault(self.place(at), fault))
    }

    pub(super) fn cancel_reminders(&mut self) -> Flow {
        self.session.waits.retain(|wait| !wait.reminder);
        self.started.retain(|wait| !wait.pending().reminder);
        Ok(())
    }

    pub(super) fn hand_over(&mut self, at: usize, handover: &Handover) -> Flow {
        if let Some(say) = &handover.say {
            self.say(at, say)?;
        }
        let to = handover.to.as_ref().map_or(Ok(String::new()), |to| self.text(to))?;
        if to.chars().count() > TO_CHARS_MAX {
            let text = format!("`to` of a handover may have {TO_CHARS_MAX} characters at the most");
            return Err(End::fault(self.place(at), text));
        }
        Err(End::HandsOver { at, to })
    }
}

fn size(call: &Call) -> usize {
    let headers: usize = call.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    call.url.len() + headers + call.body.as_ref().map_or(0, String::len)
}
