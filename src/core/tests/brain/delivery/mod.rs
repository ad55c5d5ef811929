//! Tests of a delivery into a terminal, against scripted programs and against recorded screens of real ones.

mod course;
mod screens;
