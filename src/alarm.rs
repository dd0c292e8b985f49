//! One timer of an actor, for the earliest of all the times at which it has something to do.

use std::time::Duration;

use actix::{Actor, AsyncContext, SpawnHandle};

/// When it rings, and the timer that will make it.
#[derive(Default)]
pub struct Alarm(Option<(u64, SpawnHandle)>);

impl Alarm {
    /// Rings at this time, milliseconds since 1970, if it would not ring earlier anyway. Whoever is rung takes the alarm away
    /// first, and sets it anew.
    pub fn set<A: Actor>(
        &mut self,
        ctx: &mut A::Context,
        at: u64,
        now: u64,
        ring: fn(&mut A, &mut A::Context),
    ) where
        A::Context: AsyncContext<A>,
    {
        if let Some((set_at, handle)) = self.0 {
            if set_at <= at {
                return;
            }
            ctx.cancel_future(handle);
        }
        self.0 = Some((at, ctx.run_later(Duration::from_millis(at.saturating_sub(now)), ring)));
    }
}
