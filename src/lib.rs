//! Antiphon: a conversation engine that never drops, doubles or disorders a turn.
pub mod clock;
pub mod config;
pub mod delivery;
pub mod flow;
pub mod http;
pub mod model;
pub mod project;
pub mod script;
pub mod serve;
pub mod session;
pub mod store;
pub mod turn;
pub mod yaml;
