//! One QuickJS runtime for transformers: its realm, the files compiled in it, and the slices of the run that has it.
//! It promises that a run which ended cleanly leaves nothing behind that another could see; whether to use the
//! runtime again is the pool's to decide.

use std::{collections::HashMap, rc::Rc, time::Duration};

use rquickjs::{
    Context, Ctx, Function, Object, Persistent, Runtime, Type, Value as JsValue, context::intrinsic,
};

use super::{
    brake::Brake,
    file::Transformer,
    host,
    job::{Bounds, Failure, FailureKind, Hook, Job},
    meter::{Meter, Pace, TOO_MANY},
    raw, source,
};
use crate::script::{realm, value};

/// Files kept compiled in one runtime, some tens of KiB each; past this all are forgotten, and those in use are soon back.
const FILES_MAX: usize = 64;
/// What a run may recurse into. Threads have 2 MiB, and a debug build needs some of it for itself.
const STACK_BYTES: usize = 256 << 10;

/// Globals beyond those of scripts. What has no bound or no end that we see (BigInt, Proxy, WeakRef,
/// FinalizationRegistry, SharedArrayBuffer, Atomics) is not among them.
const GLOBALS: [&str; 13] = [
    "Promise",
    "ArrayBuffer",
    "DataView",
    "Uint8Array",
    "Int8Array",
    "Uint8ClampedArray",
    "Uint16Array",
    "Int16Array",
    "Uint32Array",
    "Int32Array",
    "Float32Array",
    "Float64Array",
    "queueMicrotask",
];

pub(super) struct Engine {
    /// Before the context: nothing of JavaScript's may outlive its runtime.
    realm: Realm,
    pub(super) context: Context,
    pub(super) meter: Rc<Meter>,
    brake: Rc<Brake>,
    /// Whether there was a run in it before this one.
    pub(super) used: bool,
}

struct Realm {
    tools: Tools,
    files: HashMap<u64, Persistent<Function<'static>>>,
}

/// What the prelude gives the engine to work with.
struct Tools {
    look: Persistent<Function<'static>>,
    start: Persistent<Function<'static>>,
    go: Persistent<Function<'static>>,
    storage: Persistent<Function<'static>>,
    response: Persistent<Function<'static>>,
    end: Persistent<Function<'static>>,
    describe: Persistent<Function<'static>>,
}

/// What was thrown, in words, and where in the user's file as QuickJS counts it.
pub(super) struct Thrown {
    pub(super) text: String,
    pub(super) position: Option<(usize, usize)>,
    pub(super) kind: FailureKind,
}

type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
    intrinsic::Proxy,
);

impl Engine {
    pub(super) fn new() -> Engine {
        let runtime = Runtime::new().expect("there is memory for an empty runtime");
        runtime.set_max_stack_size(STACK_BYTES);
        let context = Context::custom::<Intrinsics>(&runtime).expect("there is memory for an empty context");
        let meter = Rc::new(Meter::default());
        let brake = Rc::new(Brake::of(&context));
        let (asked, pulled) = (meter.clone(), brake.clone());
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let stop = asked.interrupt();
            if stop {
                pulled.pull();
            }
            stop
        })));
        let tools =
            context.with(|ctx| Tools::new(&ctx, &meter, &brake)).expect("the prelude is our own and runs");
        let realm = Realm { tools, files: HashMap::new() };
        Engine { realm, context, meter, brake, used: false }
    }

    /// Everything up to the opening of the meter is ours.
    pub(super) fn begin(&self, job: &Job, memory_bytes: usize) {
        self.set_memory(memory_bytes);
        self.meter.begin(job, memory_bytes);
    }

    pub(super) fn set_memory(&self, bytes: usize) {
        self.context.runtime().set_memory_limit(bytes);
        self.brake.set_memory(bytes);
    }

    /// Evaluates the file and calls the function. Gives what it gave, a promise or a value.
    pub(super) fn start<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        job: &Job,
        pace: Pace,
    ) -> rquickjs::Result<JsValue<'js>> {
        let file = self.compiled(ctx, &job.transformer)?;
        let argument = argument(ctx, job)?;
        let of = job.of.as_ref().map(|(user, session)| vec![user.as_str(), session.as_str()]);
        let start = self.realm.tools.start.clone().restore(ctx)?;
        self.meter.open(pace);
        start.call((file, job.hook.function(), argument, job.hook.answers(), of))
    }

    /// What kind of thing the file exports under the name of each hook.
    pub(super) fn look(
        &mut self,
        ctx: &Ctx<'_>,
        file: &Transformer,
        pace: Pace,
    ) -> rquickjs::Result<Vec<String>> {
        let file = self.compiled(ctx, file)?;
        let look = self.realm.tools.look.clone().restore(ctx)?;
        self.meter.open(pace);
        look.call((file, Hook::ALL.map(Hook::function).to_vec()))
    }

    fn compiled<'js>(&mut self, ctx: &Ctx<'js>, file: &Transformer) -> rquickjs::Result<Function<'js>> {
        if let Some(function) = self.realm.files.get(&file.id()) {
            return function.clone().restore(ctx);
        }
        let compile = || realm::evaluate(ctx, source::FILE, &file.text);
        let function: Function = self.brake.with_room(compile)?;
        if self.realm.files.len() >= FILES_MAX {
            self.realm.files.clear();
        }
        self.realm.files.insert(file.id(), Persistent::save(ctx, function.clone()));
        Ok(function)
    }

    /// Hands over the answers, in the order of what was asked, as a JSON list.
    pub(super) fn go(&self, ctx: &Ctx<'_>, answers: String) -> rquickjs::Result<()> {
        let answers = ctx.json_parse(answers)?;
        self.realm.tools.go.clone().restore(ctx)?.call((answers,))
    }

    /// The storage as the run has it now; undefined if it never asked.
    pub(super) fn storage<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<JsValue<'js>> {
        self.realm.tools.storage.clone().restore(ctx)?.call(())
    }

    /// The response as JSON, if it was sent.
    pub(super) fn response(&self, ctx: &Ctx<'_>) -> rquickjs::Result<Option<String>> {
        self.realm.tools.response.clone().restore(ctx)?.call(())
    }

    /// Works off what promises have to do. Gives whether some of it was lost for want of memory.
    pub(super) fn settle(&self, ctx: &Ctx<'_>) -> bool {
        let mut lost = false;
        while !self.meter.stopped() && ctx.execute_pending_job() {
            // QuickJS drops a job that it has no memory for, and leaves the exception lying about.
            if ctx.has_exception() {
                ctx.catch();
                lost = true;
            }
        }
        lost
    }

    /// Lets go of the run. Gives whether the runtime is as it was before it.
    pub(super) fn end(&mut self, failed: Option<FailureKind>) -> bool {
        let broken = self.meter.stopped() || failed == Some(FailureKind::OutOfMemory);
        if broken || self.context.runtime().is_job_pending() {
            return false;
        }
        self.used = true;
        let end = |ctx: Ctx<'_>| self.realm.tools.end.clone().restore(&ctx)?.call::<_, ()>(());
        self.context.with(end).is_ok()
    }

    /// The exception that waits in the context.
    pub(super) fn thrown(&self, ctx: &Ctx<'_>) -> Thrown {
        let thrown = ctx.catch();
        if self.meter.stopped() {
            // Where it was is not to be known: QuickJS does not note the line of what it interrupts.
            return Thrown { text: String::new(), position: None, kind: FailureKind::OutOfTime };
        }
        // With no memory left even for an exception, QuickJS throws nothing or null. A file that throws null itself is too
        // rare to be told apart.
        if thrown.is_null() || thrown.type_of() == Type::Uninitialized {
            return Thrown { text: String::new(), position: None, kind: FailureKind::OutOfMemory };
        }
        let described = self.describe(ctx, thrown).unwrap_or_else(|_| {
            ctx.catch();
            Vec::new()
        });
        let kind = match described.first() {
            _ if self.meter.stopped() => FailureKind::OutOfTime,
            Some(text) if text == "InternalError: out of memory" => FailureKind::OutOfMemory,
            Some(text) if self.meter.refused() && text.contains(TOO_MANY) => FailureKind::TooManyRequests,
            _ => FailureKind::Thrown,
        };
        match <[String; 2]>::try_from(described) {
            Ok([text, stack]) => Thrown { text, position: realm::position(&stack, source::FILE), kind },
            Err(_) => {
                Thrown { text: "something that cannot be shown was thrown".to_owned(), position: None, kind }
            }
        }
    }

    fn describe<'js>(&self, ctx: &Ctx<'js>, thrown: JsValue<'js>) -> rquickjs::Result<Vec<String>> {
        self.realm.tools.describe.clone().restore(ctx)?.call((thrown,))
    }
}

fn argument<'js>(ctx: &Ctx<'js>, job: &Job) -> rquickjs::Result<JsValue<'js>> {
    let argument = value::map_to_js(ctx, &job.arguments)?;
    if let (Some(bytes), Some(argument)) = (&job.raw_body, argument.as_object()) {
        raw::put(&argument.get("request")?, bytes)?;
    }
    Ok(argument)
}

impl Tools {
    fn new<'js>(ctx: &Ctx<'js>, meter: &Rc<Meter>, brake: &Rc<Brake>) -> rquickjs::Result<Tools> {
        // The realm takes it away.
        let proxy: JsValue = ctx.globals().get("Proxy")?;
        let kinds = "[async function () {}, async function* () {}]";
        let kinds: Vec<JsValue> = realm::evaluate(ctx, "kinds", kinds)?;
        let (time, chance, work) = (meter.clone(), meter.clone(), meter.clone());
        let hosts = realm::Hosts {
            now: move || time.now.get() as f64,
            chance: move || realm::draw(&chance.chance),
            work: move |cost: f64| work.charge(cost),
        };
        let kit = realm::make(ctx, hosts, &GLOBALS, kinds)?;
        let prelude: Function = realm::evaluate(ctx, "prelude", include_str!("js/prelude.js"))?;
        let brake = brake.clone();
        let compile = move |ctx: Ctx<'js>, name: String| -> rquickjs::Result<Function<'js>> {
            brake.with_room(|| library(&ctx, &name))
        };
        let tools: Object =
            prelude.call((kit, host::host(ctx, meter)?, Function::new(ctx.clone(), compile)?, proxy))?;
        let tool = |name: &str| tools.get::<_, Function>(name).map(|tool| Persistent::save(ctx, tool));
        Ok(Tools {
            look: tool("look")?,
            start: tool("start")?,
            go: tool("go")?,
            storage: tool("storage")?,
            response: tool("response")?,
            end: tool("end")?,
            describe: tool("describe")?,
        })
    }
}

/// Compiles a file of the prelude's.
fn library<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Function<'js>> {
    let source = match name {
        "response" => include_str!("js/response.js"),
        "bytes" => include_str!("js/bytes.js"),
        "requests" => include_str!("js/requests.js"),
        "clone" => include_str!("js/clone.js"),
        "lodash" => include_str!("js/lodash.js"),
        "moment" => include_str!("js/moment.js"),
        "cleaner" => include_str!("js/cleaner.js"),
        "xmljs" => include_str!("js/xmljs.js"),
        _ => include_str!("js/web.js"),
    };
    realm::evaluate(ctx, "library", source)
}

impl Pace {
    /// As far as the bounds of the job.
    pub(super) fn within(bounds: &Bounds) -> Pace {
        Pace::Until(Duration::from_millis(bounds.computing_ms))
    }
}

impl Failure {
    /// What was thrown in `file`, in words that say what to do.
    pub(super) fn of(thrown: Thrown, file: &Transformer, bounds: &Bounds) -> Failure {
        let text = match thrown.kind {
            FailureKind::OutOfTime => format!(
                "it computed for more than {} ms: look for a loop that does not end, or raise the limit",
                bounds.computing_ms
            ),
            FailureKind::OutOfMemory => format!(
                "it used more than {} bytes of memory, or threw null, which looks the same: look for a list or text that \
                 grows in a loop, or raise the limit",
                bounds.memory_bytes
            ),
            FailureKind::Thrown
            | FailureKind::WaitedTooLong
            | FailureKind::NoEnd
            | FailureKind::NotJson
            | FailureKind::TooLarge
            | FailureKind::TooManyRequests => thrown.text,
        };
        let line = thrown.position.map(|(line, column)| file.line(line, column));
        Failure { text, line, kind: thrown.kind }
    }
}
