//! HD Form Script: scripts that sites add to forms; its fields are data.

mod events;
