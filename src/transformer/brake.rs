//! Brings a stopped run to its end. The exception with which QuickJS interrupts a run cannot be caught by JavaScript, but
//! is swallowed by some of QuickJS's own functions (the executor of a promise, closing an iterator, …), and a
//! loop around one of those would go on for ever. So the moment a run is stopped its stack is taken away: it cannot call
//! anything any more, each loop is interrupted where it stands, and the run ends after a bounded number of loops.
//!
//! And gives room where a run compiles something: the parser of QuickJS writes to nowhere when its memory ends.
//!
//! rquickjs can do neither while JavaScript runs. The only unsafe code besides src/store/sync.rs.
#![allow(unsafe_code)]

use std::cell::Cell;

use rquickjs::{Context, qjs};

/// What is added to the memory with each pull, so that the exception of the interrupt always finds room.
const ROOM_BYTES: usize = 64 << 10;
/// What is added while something is compiled: enough for the longest file.
pub(super) const COMPILE_BYTES: usize = 64 << 20;

/// Belongs to one runtime: to its handler of interrupts, and to the engine around it.
pub(super) struct Brake {
    runtime: *mut qjs::JSRuntime,
    memory_bytes: Cell<usize>,
}

impl Brake {
    pub(super) fn of(context: &Context) -> Brake {
        Brake { runtime: context.get_runtime_ptr(), memory_bytes: Cell::new(0) }
    }

    /// The limit that the memory has from here on.
    pub(super) fn set_memory(&self, bytes: usize) {
        self.memory_bytes.set(bytes);
    }

    /// Does what compiles and runs nothing, with memory that does not end meanwhile.
    pub(super) fn with_room<T>(&self, compile: impl FnOnce() -> T) -> T {
        self.limit(self.memory_bytes.get().saturating_add(COMPILE_BYTES));
        let compiled = compile();
        self.limit(self.memory_bytes.get());
        compiled
    }

    fn limit(&self, bytes: usize) {
        // SAFETY: the runtime is alive, because whoever compiles in it holds it, on the thread it belongs to. The function sets a
        // number in it and nothing else; QuickJS reads that anew with each allocation.
        unsafe { qjs::JS_SetMemoryLimit(self.runtime, bytes as _) }
    }

    /// Only to be called by the handler of interrupts. No other run is to have the runtime afterwards.
    pub(super) fn pull(&self) {
        let bytes = self.memory_bytes.get().saturating_add(ROOM_BYTES);
        self.memory_bytes.set(bytes);
        self.limit(bytes);
        // SAFETY: as above; it is the runtime itself that calls its handler of interrupts, and reads the number with each call.
        unsafe { qjs::JS_SetMaxStackSize(self.runtime, 1) }
    }
}
