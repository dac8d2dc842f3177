//! The server over real sockets: what clients may rely on, and what hostile ones run into.

mod answers;
mod clients;
mod limits;
mod running;
mod stop;
