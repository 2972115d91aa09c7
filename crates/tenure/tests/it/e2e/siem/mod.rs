//! `tenure events --follow` into a file and into a real receiver of syslog, while the follower, the
//! receiver and the server are stopped and killed. What arrives is compared with the log itself, as
//! another call of the API tells it.

mod file;
mod rig;
mod rsyslog;
mod syslog;
