//! One QuickJS runtime: the functions compiled in it, the objects it was handed, and how a function is called.
//! It promises that a run gives the same result however used the runtime is, as long as there is memory, and
//! never decides whether to try again: that is the sandbox's.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use rquickjs::{
    Context, Ctx, Error, Function, Object, Persistent, Runtime, Value as JsValue, context::intrinsic,
    function::Args,
};
use serde_json::Value;

use super::{
    Fault,
    gauge::{Gauge, Pace},
    realm,
    scope::{CONTEXT, PROFILE, Scope},
    syntax::{self, Binding},
    value::{self, RESULT_BYTES_MAX, Trouble},
};
use crate::model::{Map, Script, ScriptKind};

/// Scripts kept compiled, a few KiB each; past this all are forgotten, and those in use are soon back.
const FUNCTIONS_MAX: usize = 256;
/// What a script may recurse into. The threads of actix have 2 MiB, and a debug build needs some of it for itself.
const STACK_BYTES: usize = 256 << 10;
/// Memory kept back for the exception that stops a script. Without it a script that fills its memory and catches
/// all exceptions could not be stopped: QuickJS would throw that it has no memory for one, which can be caught.
const RESERVE_BYTES: usize = 64 << 10;

/// A text of JavaScript's that is let go when a script is stopped.
type Reserve = RefCell<Option<Persistent<rquickjs::String<'static>>>>;

pub(super) struct Engine {
    /// Before the context: nothing of JavaScript's may outlive its runtime.
    realm: Realm,
    context: Context,
}

/// What a run has to show: its result, and what ended it early.
pub(super) struct Run<T> {
    pub(super) result: T,
    pub(super) fault: Option<Fault>,
}

/// What a code step left in `context` and `profile`, by index.
pub(super) type Changes = Vec<(usize, Map)>;

/// A script to run, what it sees, and the values of its locals by name.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) script: &'a Script,
    pub(super) scope: &'a Scope,
    pub(super) locals: &'a [(String, Value)],
}

struct Realm {
    gauge: Rc<Gauge>,
    /// Shared with the runtime's handler of interrupts.
    reserve: Rc<Reserve>,
    tools: Tools,
    functions: HashMap<u64, Compiled>,
    /// The objects as scripts may read them, each with the revision of the scope it was made from.
    handed: [Option<(u64, Persistent<JsValue<'static>>)>; 5],
}

/// What the prelude gives the engine to work with.
struct Tools {
    freeze: Persistent<Function<'static>>,
    describe: Persistent<Function<'static>>,
    spin: Persistent<Function<'static>>,
    say: Persistent<Function<'static>>,
    log: Persistent<Function<'static>>,
}

#[derive(Clone)]
struct Compiled {
    function: Persistent<Function<'static>>,
    bindings: Rc<[Binding]>,
}

/// A function about to be called, with the objects that are read back afterwards.
struct Call<'js> {
    function: Function<'js>,
    args: Args<'js>,
    memory: Vec<(usize, JsValue<'js>)>,
}

type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
);

impl Engine {
    pub(super) fn new(memory_bytes: usize, gauge: &Rc<Gauge>) -> Engine {
        let runtime = Runtime::new().expect("there is memory for an empty runtime");
        runtime.set_max_stack_size(STACK_BYTES);
        let reserve = Rc::new(Reserve::default());
        let (asked, kept) = (gauge.clone(), reserve.clone());
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let stop = asked.interrupt();
            if stop {
                kept.take();
            }
            stop
        })));
        let context = Context::custom::<Intrinsics>(&runtime).expect("there is memory for an empty context");
        gauge.set_pace(Pace::Free);
        let tools = context.with(|ctx| Tools::new(&ctx, gauge)).expect("the prelude is our own and runs");
        runtime.set_memory_limit(memory_bytes);
        let handed = [const { None }; 5];
        let realm = Realm { gauge: gauge.clone(), reserve, tools, functions: HashMap::new(), handed };
        Engine { realm, context }
    }

    /// Forgets the objects of the turn before.
    pub(super) fn forget(&mut self) {
        self.realm.handed = [const { None }; 5];
    }

    pub(super) fn evaluate(&mut self, job: Job, pace: Pace) -> Run<Value> {
        let Engine { realm, context } = self;
        context.with(|ctx| match realm.value(&ctx, job, pace) {
            Ok(result) => Run { result, fault: None },
            Err(fault) => Run { result: Value::Null, fault: Some(fault) },
        })
    }

    pub(super) fn execute(&mut self, job: Job, pace: Pace) -> Run<Changes> {
        let Engine { realm, context } = self;
        context.with(|ctx| realm.statements(&ctx, job, pace))
    }
}

impl Realm {
    fn value(&mut self, ctx: &Ctx<'_>, job: Job, pace: Pace) -> Result<Value, Fault> {
        let call = self.prepare(ctx, job, pace)?;
        let result: JsValue = call.function.call_arg(call.args).map_err(|_| self.fault(ctx, job.script))?;
        let value = value::from_js(ctx, &result, RESULT_BYTES_MAX)
            .map_err(|trouble| self.not_json(ctx, "the value", trouble))?;
        if self.gauge.stopped() { Err(Fault::OutOfSteps) } else { Ok(value) }
    }

    fn statements(&mut self, ctx: &Ctx<'_>, job: Job, pace: Pace) -> Run<Changes> {
        let call = match self.prepare(ctx, job, pace) {
            Ok(call) => call,
            Err(fault) => return Run { result: Changes::new(), fault: Some(fault) },
        };
        let called: rquickjs::Result<JsValue> = call.function.call_arg(call.args);
        let mut fault = called.err().map(|_| self.fault(ctx, job.script));
        let mut changes = Changes::new();
        for (index, object) in call.memory {
            match self.read_back(ctx, index, &object) {
                Ok(map) => changes.push((index, map)),
                Err(trouble) => fault = fault.or(Some(trouble)),
            }
        }
        if self.gauge.stopped() {
            fault = Some(Fault::OutOfSteps);
        }
        Run { result: changes, fault }
    }

    /// Everything up to the call is ours and not counted. Counting begins at a known place, so that the same
    /// script takes the same number of steps whatever ran before it.
    fn prepare<'js>(&mut self, ctx: &Ctx<'js>, job: Job, pace: Pace) -> Result<Call<'js>, Fault> {
        self.gauge.set_pace(Pace::Free);
        let compiled = self.compiled(ctx, job.script)?;
        let call = self.call(ctx, job, compiled).map_err(|_| self.fault(ctx, job.script))?;
        if pace == Pace::Counted {
            self.gauge.set_pace(Pace::Short);
            let spin = self.tools.spin.clone().restore(ctx).map_err(|_| self.fault(ctx, job.script))?;
            if spin.call::<_, ()>(()).is_err() {
                ctx.catch();
            }
        }
        self.keep_reserve(ctx).map_err(|_| self.fault(ctx, job.script))?;
        self.gauge.set_pace(pace);
        Ok(call)
    }

    fn keep_reserve(&self, ctx: &Ctx<'_>) -> rquickjs::Result<()> {
        let mut reserve = self.reserve.borrow_mut();
        if reserve.is_none() {
            let text = rquickjs::String::from_str(ctx.clone(), &" ".repeat(RESERVE_BYTES))?;
            *reserve = Some(Persistent::save(ctx, text));
        }
        Ok(())
    }

    fn compiled(&mut self, ctx: &Ctx<'_>, script: &Script) -> Result<Compiled, Fault> {
        if let Some(compiled) = self.functions.get(&script.id) {
            return Ok(compiled.clone());
        }
        let bindings = syntax::bindings(script.kind, &script.source, &script.locals);
        syntax::parse(ctx, script.kind, &script.source, &bindings)
            .map_err(|error| Fault::Thrown(format!("SyntaxError: {error}")))?;
        let text = syntax::function(script.kind, &script.source, &bindings);
        let function = ctx
            .eval_with_options::<Function, _>(text, syntax::options())
            .map_err(|_| self.fault(ctx, script))?;
        let compiled = Compiled { function: Persistent::save(ctx, function), bindings: bindings.into() };
        if self.functions.len() >= FUNCTIONS_MAX {
            self.functions.clear();
        }
        self.functions.insert(script.id, compiled.clone());
        Ok(compiled)
    }

    fn call<'js>(&mut self, ctx: &Ctx<'js>, job: Job, compiled: Compiled) -> rquickjs::Result<Call<'js>> {
        let mut args = Args::new(ctx.clone(), compiled.bindings.len());
        let mut memory = Vec::new();
        for binding in compiled.bindings.iter() {
            match binding {
                Binding::Object(index @ (CONTEXT | PROFILE)) if job.script.kind == ScriptKind::Code => {
                    let object = value::map_to_js(ctx, job.scope.object(*index))?;
                    memory.push((*index, object.clone()));
                    args.push_arg(object)?;
                }
                Binding::Object(index) => args.push_arg(self.handed(ctx, job.scope, *index)?)?,
                Binding::Say => args.push_arg(self.tools.say.clone())?,
                Binding::Log => args.push_arg(self.tools.log.clone())?,
                Binding::Local(name) => args.push_arg(self.local(ctx, job.locals, name)?)?,
            }
        }
        Ok(Call { function: compiled.function.restore(ctx)?, args, memory })
    }

    /// An object to be read: parsed and frozen once, as long as the scope does not change it.
    fn handed<'js>(&mut self, ctx: &Ctx<'js>, scope: &Scope, index: usize) -> rquickjs::Result<JsValue<'js>> {
        if let Some((revision, object)) = &self.handed[index]
            && *revision == scope.revision(index)
        {
            return object.clone().restore(ctx);
        }
        let object = self.frozen(ctx, value::map_to_js(ctx, scope.object(index))?)?;
        self.handed[index] = Some((scope.revision(index), Persistent::save(ctx, object.clone())));
        Ok(object)
    }

    fn local<'js>(
        &self,
        ctx: &Ctx<'js>,
        locals: &[(String, Value)],
        name: &str,
    ) -> rquickjs::Result<JsValue<'js>> {
        let innermost = locals.iter().rev().find(|(local, _)| local == name);
        let Some((_, value)) = innermost else { return Ok(JsValue::new_undefined(ctx.clone())) };
        self.frozen(ctx, value::to_js(ctx, value)?)
    }

    fn frozen<'js>(&self, ctx: &Ctx<'js>, value: JsValue<'js>) -> rquickjs::Result<JsValue<'js>> {
        if !value.is_object() {
            return Ok(value);
        }
        self.tools.freeze.clone().restore(ctx)?.call((value,))
    }

    fn read_back<'js>(&self, ctx: &Ctx<'js>, index: usize, object: &JsValue<'js>) -> Result<Map, Fault> {
        let name = crate::model::OBJECTS[index];
        match value::from_js(ctx, object, RESULT_BYTES_MAX) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(Fault::NotJson(format!("{name} is no object any more"))),
            Err(trouble) => Err(self.not_json(ctx, name, trouble)),
        }
    }

    fn not_json(&self, ctx: &Ctx<'_>, what: &str, trouble: Trouble) -> Fault {
        match trouble {
            Trouble::NotJson(why) | Trouble::TooLarge(why) => Fault::NotJson(format!("{what}: {why}")),
            Trouble::Exception => match self.exception(ctx) {
                Ok((text, _)) => Fault::NotJson(format!("{what}: {text}")),
                Err(fault) => fault,
            },
        }
    }

    /// What the script threw, with the line it stands on.
    fn fault(&self, ctx: &Ctx<'_>, script: &Script) -> Fault {
        let (text, stack) = match self.exception(ctx) {
            Ok(described) => described,
            Err(fault) => return fault,
        };
        let lines = script.kind == ScriptKind::Code || script.source.contains('\n');
        match realm::position(&stack, syntax::FILE) {
            Some((line, _)) if lines && line > 1 => Fault::Thrown(format!("{text} (line {})", line - 1)),
            _ => Fault::Thrown(text),
        }
    }

    /// The text and stack of the exception that waits; or, if it was the engine that threw it, the fault it means.
    fn exception(&self, ctx: &Ctx<'_>) -> Result<(String, String), Fault> {
        let thrown = ctx.catch();
        if self.gauge.stopped() {
            return Err(Fault::OutOfSteps);
        }
        // With no memory left even for an exception, QuickJS throws nothing or null. Scripts that throw null
        // themselves are too rare to be told apart.
        if thrown.is_null() || thrown.type_of() == rquickjs::Type::Uninitialized {
            return Err(Fault::OutOfMemory);
        }
        let described = self.describe(ctx, thrown).unwrap_or_else(|_| {
            ctx.catch();
            Vec::new()
        });
        if self.gauge.stopped() {
            return Err(Fault::OutOfSteps);
        }
        match <[String; 2]>::try_from(described) {
            Ok([text, _]) if text == "InternalError: out of memory" => Err(Fault::OutOfMemory),
            Ok([text, stack]) => Ok((text, stack)),
            Err(_) => Ok(("something that cannot be shown was thrown".to_owned(), String::new())),
        }
    }

    fn describe<'js>(&self, ctx: &Ctx<'js>, thrown: JsValue<'js>) -> Result<Vec<String>, Error> {
        self.tools.describe.clone().restore(ctx)?.call((thrown,))
    }
}

/// The handler of interrupts lives as long as the runtime; what it shares must go before.
impl Drop for Realm {
    fn drop(&mut self) {
        self.reserve.take();
    }
}

impl Tools {
    fn new(ctx: &Ctx<'_>, gauge: &Rc<Gauge>) -> rquickjs::Result<Tools> {
        let (time, chance, work, said, logged) =
            (gauge.clone(), gauge.clone(), gauge.clone(), gauge.clone(), gauge.clone());
        let hosts = realm::Hosts {
            now: move || time.at.get() as f64,
            chance: move || realm::draw(&chance.chance),
            work: move |cost: f64| work.charge(cost),
        };
        let kit = realm::make(ctx, hosts, &[], Vec::new())?;
        let prelude: Function = realm::evaluate(ctx, "prelude", include_str!("prelude.js"))?;
        let tools: Object = prelude.call((
            kit,
            Function::new(ctx.clone(), move |text: String, data: Option<String>| said.say(text, data))?,
            Function::new(ctx.clone(), move |line: String| logged.log(&line))?,
        ))?;
        let tool = |name: &str| tools.get::<_, Function>(name).map(|tool| Persistent::save(ctx, tool));
        Ok(Tools {
            freeze: tool("freeze")?,
            describe: tool("describe")?,
            spin: tool("spin")?,
            say: tool("say")?,
            log: tool("log")?,
        })
    }
}
