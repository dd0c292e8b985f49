//! A run that is under way: it computes in slices and waits between them for the answers that it asked for. It ends
//! when nothing is left to compute and nothing is asked for any more, awaited or not. A run owns its runtime until then.

use std::sync::Arc;

use rquickjs::{Ctx, Persistent, Value as JsValue, promise::PromiseState};
use serde_json::{Value, json};

use super::{
    engine::{Engine, Thrown},
    file::Transformer,
    job::{Answer, Ask, Bounds, Done, Failure, FailureKind, Job, Kept, Line, Step},
    meter::Pace,
    pool::Pool,
};
use crate::{
    model::{Map, Response},
    script::value::{self, Trouble},
};

/// It needs answers. Nothing was sent before the caller sends it.
pub struct Waiting {
    run: Box<Run>,
    asks: Vec<Ask>,
}

pub(super) struct Run {
    /// Before the engine: nothing of JavaScript's may outlive its runtime.
    main: Main,
    engine: Engine,
    transformer: Arc<Transformer>,
    bounds: Bounds,
    pace: Pace,
    /// The session whose storage the run has, and the storage as it was found.
    found: Option<(String, String, Map)>,
    /// Whether promises were lost for want of memory.
    lost: bool,
}

/// What the function gave.
enum Main {
    /// A value, or the promise of one.
    Value(Persistent<JsValue<'static>>),
    Failed(Failure),
}

impl Waiting {
    /// What it asks for now; every ask is to be answered, in this order.
    pub fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// So many milliseconds went by while it waited: from here on the run sees them on its clock.
    pub fn waited(&mut self, ms: u64) {
        let now = &self.run.engine.meter.now;
        now.set(now.get().saturating_add(ms));
    }

    /// Goes on with the answers until the run is done or waits again. What it lacks an answer to has failed.
    pub fn go_on(self, answers: Vec<Answer>, pool: &mut Pool) -> Step {
        let Waiting { mut run, asks } = self;
        let mut given = answers.into_iter();
        let answers: Vec<Value> = asks.into_iter().map(|ask| run.answer(ask, given.next())).collect();
        run.pace = Pace::within(&run.bounds);
        run.resume(Value::Array(answers).to_string());
        run.drive_on(pool)
    }

    /// Ends the run here, and gives what it wrote. Its runtime is ready for another; nothing of the run is left in it.
    pub fn drop_run(self, pool: &mut Pool) -> Vec<Line> {
        let Run { main, mut engine, .. } = *self.run;
        drop(main);
        let lines = engine.meter.take_lines();
        if engine.end(None) {
            pool.put(engine);
        }
        lines
    }
}

impl Run {
    pub(super) fn begin(mut engine: Engine, job: &Job, pace: Pace, memory_bytes: usize) -> Run {
        engine.begin(job, memory_bytes);
        let context = engine.context.clone();
        let main = context.with(|ctx| match engine.start(&ctx, job, pace) {
            Ok(given) => Main::Value(Persistent::save(&ctx, given)),
            Err(_) => Main::Failed(Failure::of(engine.thrown(&ctx), &job.transformer, &job.bounds)),
        });
        let found = job.of.clone().zip(job.storage.clone());
        Run {
            main,
            engine,
            transformer: job.transformer.clone(),
            bounds: job.bounds.clone(),
            pace,
            found: found.map(|((user, session), map)| (user, session, map)),
            lost: false,
        }
    }

    /// Computes as far as its bounds allow.
    pub(super) fn drive_on(self, pool: &mut Pool) -> Step {
        self.drive(pool).expect("only a moment is cut short")
    }

    /// Computes as far as it can. None: further than a moment.
    pub(super) fn drive(mut self, pool: &mut Pool) -> Option<Step> {
        let context = self.engine.context.clone();
        self.lost |= context.with(|ctx| self.engine.settle(&ctx));
        let asks = self.engine.meter.take_asks();
        if !asks.is_empty() && !self.engine.meter.stopped() {
            self.engine.meter.close();
            return Some(Step::Waits(Waiting { run: Box::new(self), asks }));
        }
        let done = context.with(|ctx| self.finish(&ctx));
        self.engine.meter.close();
        drop(context);
        let cut = self.stopped() && self.pace == Pace::Moment;
        let Run { main, mut engine, .. } = self;
        drop(main);
        if engine.end(done.result.as_ref().err().map(|failure| failure.kind)) {
            pool.put(engine);
        }
        (!cut).then_some(Step::Done(done))
    }

    fn stopped(&self) -> bool {
        self.engine.meter.stopped()
    }

    fn resume(&mut self, answers: String) {
        self.engine.meter.open(self.pace);
        let context = self.engine.context.clone();
        let failed = context.with(|ctx| {
            let gone = self.engine.go(&ctx, answers);
            gone.is_err().then(|| self.failure(self.engine.thrown(&ctx)))
        });
        if let Some(failure) = failed {
            self.main = Main::Failed(failure);
        }
    }

    /// The answer as the prelude takes it.
    fn answer(&mut self, ask: Ask, answer: Option<Answer>) -> Value {
        match (ask, answer) {
            (Ask::Storage { user_id, session_id }, Some(Answer::Storage(storage))) => {
                let answer = json!({ "storage": storage });
                self.found = Some((user_id, session_id, storage));
                answer
            }
            (Ask::Request(_), Some(Answer::Answered { status, headers, text })) => {
                json!({ "status": status, "headers": headers, "text": text })
            }
            (_, Some(Answer::Failed(why))) => json!({ "failed": why }),
            (_, _) => json!({ "failed": "there was no answer" }),
        }
    }

    fn finish(&self, ctx: &Ctx<'_>) -> Done {
        let (result, response, storage) = self.outcome(ctx);
        let meter = &self.engine.meter;
        let (result, response, storage) = match (meter.stopped(), result) {
            (false, Ok(value)) => (Ok(value), response, storage),
            (false, Err(failure)) => (Err(failure), response, None),
            (true, _) => (Err(self.late()), None, None),
        };
        Done { result, response, storage, lines: meter.take_lines(), requests: meter.requests() }
    }

    /// What can be read of the run, as long as it is not stopped on the way: much of it is the user's own code.
    fn outcome(&self, ctx: &Ctx<'_>) -> (Result<Value, Failure>, Option<Response>, Option<Kept>) {
        if self.stopped() {
            return (Err(self.late()), None, None);
        }
        let (response, mut failed) = match self.response(ctx) {
            Ok(response) => (response, None),
            Err(failure) => (None, Some(failure)),
        };
        let result = self.result(ctx);
        let storage = self.storage(ctx).unwrap_or_else(|failure| {
            failed.get_or_insert(failure);
            None
        });
        (result.and_then(|value| failed.map_or(Ok(value), Err)), response, storage)
    }

    fn late(&self) -> Failure {
        self.failure(Thrown { text: String::new(), position: None, kind: FailureKind::OutOfTime })
    }

    fn result(&self, ctx: &Ctx<'_>) -> Result<Value, Failure> {
        let given = match &self.main {
            Main::Failed(failure) => return Err(failure.clone()),
            Main::Value(given) => given.clone(),
        };
        let thrown = |_| self.failure(self.engine.thrown(ctx));
        let given = given.restore(ctx).map_err(thrown)?;
        let given = match given.as_promise() {
            None => given,
            Some(promise) if promise.state() == PromiseState::Pending => return Err(self.no_end()),
            Some(promise) => {
                let settled = promise.result::<JsValue>().expect("it is not pending");
                settled.map_err(thrown)?
            }
        };
        if given.is_function() || given.is_symbol() {
            let text = format!("the result is a {}, which JSON does not have", given.type_name());
            return Err(self.plain(FailureKind::NotJson, text));
        }
        self.json(ctx, "the result", &given)
    }

    /// Nothing is under way any more, and still there is no result.
    fn no_end(&self) -> Failure {
        if self.lost {
            let thrown = Thrown { text: String::new(), position: None, kind: FailureKind::OutOfMemory };
            return self.failure(thrown);
        }
        let text = "it awaits something that never comes: look for a promise that nobody resolves";
        self.plain(FailureKind::NoEnd, text.to_owned())
    }

    /// The session's storage, if it is not as it was found.
    fn storage(&self, ctx: &Ctx<'_>) -> Result<Option<Kept>, Failure> {
        let Some((user_id, session_id, found)) = &self.found else { return Ok(None) };
        let left = self.engine.storage(ctx).map_err(|_| self.failure(self.engine.thrown(ctx)))?;
        if left.is_undefined() {
            return Ok(None);
        }
        let Value::Object(left) = self.json(ctx, "the session storage", &left)? else {
            let text = "the session storage is no object any more".to_owned();
            return Err(self.plain(FailureKind::NotJson, text));
        };
        let found = found.clone();
        if value::as_javascript(&Value::Object(found.clone())) == Value::Object(left.clone()) {
            return Ok(None);
        }
        Ok(Some(Kept { user_id: user_id.clone(), session_id: session_id.clone(), found, left }))
    }

    fn response(&self, ctx: &Ctx<'_>) -> Result<Option<Response>, Failure> {
        let sent = self.engine.response(ctx).map_err(|_| self.failure(self.engine.thrown(ctx)))?;
        let Some(sent) = sent else { return Ok(None) };
        let max = self.bounds.result_bytes_max;
        if sent.len() > max {
            let text = format!("the response has {} bytes, at most {max} are taken", sent.len());
            return Err(self.plain(FailureKind::TooLarge, text));
        }
        let sent = serde_json::from_str(&sent);
        Ok(Some(sent.expect("the prelude keeps whole texts and numbers of a response")))
    }

    fn json<'js>(&self, ctx: &Ctx<'js>, what: &str, value: &JsValue<'js>) -> Result<Value, Failure> {
        let trouble = match value::from_js(ctx, value, self.bounds.result_bytes_max) {
            Ok(value) => return Ok(value),
            Err(trouble) => trouble,
        };
        Err(match trouble {
            Trouble::TooLarge(why) => {
                self.plain(FailureKind::TooLarge, format!("{what} is too large: {why}"))
            }
            Trouble::NotJson(why) => {
                self.plain(FailureKind::NotJson, format!("{what} cannot be kept as JSON: {why}"))
            }
            Trouble::Exception => match self.engine.thrown(ctx) {
                Thrown { text, position, kind: FailureKind::Thrown } => self.failure(Thrown {
                    text: format!("{what} cannot be kept as JSON: {text}"),
                    position,
                    kind: FailureKind::NotJson,
                }),
                other => self.failure(other),
            },
        })
    }

    fn failure(&self, thrown: Thrown) -> Failure {
        Failure::of(thrown, &self.transformer, &self.bounds)
    }

    fn plain(&self, kind: FailureKind, text: String) -> Failure {
        Failure { text, line: None, kind }
    }
}
