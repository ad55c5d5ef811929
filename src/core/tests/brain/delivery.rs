//! One delivery into a terminal, against scripted programs and against the screens of real ones.

mod course;
mod screens;
