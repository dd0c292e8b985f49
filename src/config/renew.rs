//! Which settings a server that runs takes over when its project is read anew, and which need a restart.
//! Those that something was built from at the start (sockets, threads, the store, the log) stay as they are.

use super::{Limits, Log, Settings};

impl Settings {
    /// These settings with all that can change while the server runs taken from `read`, and the paths of those
    /// that `read` has otherwise and that stay.
    pub fn renewed(&self, read: &Settings) -> (Settings, Vec<&'static str>) {
        // Without "..": a new setting is put on one of the two sides.
        let Settings { listen, state, workers, admin_keys, egress_allow, limits, log, watch } = self;
        // `console` is looked up each time that it is needed.
        let Log { level, format, console: _ } = log;
        let mut differ = vec![
            ("listen", *listen != read.listen),
            ("state", *state != read.state),
            ("workers", *workers != read.workers),
            ("admin.keys", *admin_keys != read.admin_keys),
            ("egress.allow", *egress_allow != read.egress_allow),
        ];
        let limits = limits.renewed(&read.limits, &mut differ);
        differ.extend([
            ("log.level", *level != read.log.level),
            ("log.format", *format != read.log.format),
            ("watch", *watch != read.watch),
        ]);
        let restart_for = differ.into_iter().filter_map(|(path, differs)| differs.then_some(path)).collect();
        let log = Log { console: read.log.console, ..log.clone() };
        (Settings { limits, log, ..self.clone() }, restart_for)
    }
}

impl Limits {
    fn renewed(&self, read: &Limits, differ: &mut Vec<(&'static str, bool)>) -> Limits {
        let Limits {
            script_memory_bytes,
            inputs_in_flight,
            cache_bytes,
            free_disk_bytes,
            free_disk_percent,
            // These are looked up each time that they are needed.
            body_bytes: _,
            steps_per_input: _,
            goto_repeats: _,
            context_bytes: _,
            script_steps: _,
            transformer_ms: _,
            transformer_wait_ms: _,
            transformer_memory_bytes: _,
            transformer_requests: _,
            passivate_after_ms: _,
            callbacks_per_host: _,
            delivered_hours: _,
        } = *self;
        differ.extend([
            ("limits.scriptMemoryBytes", script_memory_bytes != read.script_memory_bytes),
            ("limits.inputsInFlight", inputs_in_flight != read.inputs_in_flight),
            ("limits.cacheBytes", cache_bytes != read.cache_bytes),
            ("limits.freeDiskBytes", free_disk_bytes != read.free_disk_bytes),
            ("limits.freeDiskPercent", free_disk_percent != read.free_disk_percent),
        ]);
        Limits {
            script_memory_bytes,
            inputs_in_flight,
            cache_bytes,
            free_disk_bytes,
            free_disk_percent,
            ..read.clone()
        }
    }
}
