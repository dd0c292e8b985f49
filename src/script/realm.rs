//! The place in which JavaScript runs, whoever runs it: globals, frozen and without clock or chance of their own, and
//! what the engines make of stack traces. Scripts and transformers put their own things into it before they seal it.
//! Never holds state of a run.

use std::cell::Cell;

use rquickjs::{Ctx, Function, Object, Value, context::EvalOptions};

/// What the realm asks of its engine: the time in milliseconds, a number of chance, and whether to stop instead of
/// going around a built-in loop as often as it says.
pub(crate) struct Hosts<N, C, W> {
    pub(crate) now: N,
    pub(crate) chance: C,
    pub(crate) work: W,
}

/// Makes the realm. `more` are globals to keep beyond those of scripts; `kinds` are a function of each kind besides
/// plain functions and generators. The object that comes back has a `seal`, to be called when all is in place.
pub(crate) fn make<'js, N, C, W>(
    ctx: &Ctx<'js>,
    hosts: Hosts<N, C, W>,
    more: &[&str],
    kinds: Vec<Value<'js>>,
) -> rquickjs::Result<Object<'js>>
where
    N: Fn() -> f64 + 'js,
    C: Fn() -> f64 + 'js,
    W: Fn(f64) -> bool + 'js,
{
    let realm: Function = evaluate(ctx, "realm", include_str!("realm.js"))?;
    let now = Function::new(ctx.clone(), hosts.now)?;
    let chance = Function::new(ctx.clone(), hosts.chance)?;
    let work = Function::new(ctx.clone(), hosts.work)?;
    let charges: Function = evaluate(ctx, "charges", include_str!("charges.js"))?;
    realm.call((now, chance, work, charges, more.to_vec(), kinds))
}

/// A source of ours. `name` is what stack traces call it.
pub(crate) fn evaluate<'js, T: rquickjs::FromJs<'js>>(
    ctx: &Ctx<'js>,
    name: &str,
    source: &str,
) -> rquickjs::Result<T> {
    let mut options = EvalOptions::default();
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(source, options)
}

/// Line and column of the innermost frame of a stack trace that is in `file`, as JavaScript counts them.
pub(crate) fn position(stack: &str, file: &str) -> Option<(usize, usize)> {
    let (_, at) = stack.split_once(&format!("{file}:"))?;
    let mut numbers = at.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// A number from 0 to below 1. SplitMix64: one number of state, and every seed is a good one.
pub(crate) fn draw(state: &Cell<u64>) -> f64 {
    state.set(state.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
    let mut bits = state.get();
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
